/* SPDX-License-Identifier: BSD-2-Clause */
/* Control sockets: rights, dead and living sockets in the way, links, ends. */
#include "os/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "os/clock.h"
#include "os/wait.h"

static char folder[64];
static char path[128];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/toki-stream-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/run/tokid.sock", folder);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static void test_talk(void **state)
{
    char buffer[16];
    struct stream_peer peer;
    struct stat s;
    mode_t mask = umask(0002);
    int server = stream_listen_unix(path, 0660), client, accepted;

    (void)state;
    assert_true(server >= 0);
    assert_int_equal(umask(mask), 0002); /* as it was */
    assert_int_equal(stat(path, &s), 0);
    assert_true(S_ISSOCK(s.st_mode));
    assert_int_equal(s.st_mode & 0777, 0660);
    assert_int_equal(fcntl(server, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(stream_accept(server, &peer), -EAGAIN);

    client = stream_connect_unix(path);
    assert_true(client >= 0);
    accepted = stream_accept(server, &peer);
    assert_true(accepted >= 0);
    assert_int_equal(fcntl(accepted, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(peer.uid, geteuid());
    assert_int_equal(peer.gid, getegid());
    assert_int_equal(peer.pid, getpid());
    assert_int_equal(stream_read(accepted, buffer, sizeof(buffer)), -EAGAIN);
    assert_int_equal(stream_write(client, "status\n", 7), 7);
    assert_int_equal(stream_read(accepted, buffer, sizeof(buffer)), 7);
    assert_memory_equal(buffer, "status\n", 7);
    stream_close(client);
    assert_int_equal(stream_read(accepted, buffer, sizeof(buffer)), 0);
    assert_int_equal(stream_write(accepted, "x", 1), -EPIPE); /* and no SIGPIPE */
    stream_close(accepted);
    stream_close(server);
    stream_close(-1);
}

static void test_full(void **state)
{
    static char data[100000];
    struct stream_peer peer;
    int server = stream_listen_unix(path, 0600), client, accepted;
    long n, total = 0;

    (void)state;
    client = stream_connect_unix(path);
    accepted = stream_accept(server, &peer);
    assert_true(accepted >= 0);
    for (int i = 0; i < 1000; i++) {
        n = stream_write(accepted, data, sizeof(data));
        if (n < 0) {
            break;
        }
        total += n;
    }
    assert_int_equal(n, -EAGAIN); /* who does not read does not block us */
    assert_true(total > 0);
    stream_close(client);
    stream_close(accepted);
    stream_close(server);
}

static void test_in_use(void **state)
{
    int server = stream_listen_unix(path, 0600), again;

    (void)state;
    assert_true(server >= 0);
    assert_int_equal(stream_listen_unix(path, 0600), -EADDRINUSE);
    stream_close(server); /* dead: its file stays, and is replaced */
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(stream_connect_unix(path), -ECONNREFUSED);
    again = stream_listen_unix(path, 0600);
    assert_true(again >= 0);
    stream_close(again);
}

/* Files and links in the way are not ours to remove. */
static void test_not_a_socket(void **state)
{
    char other[128];
    struct stat s;
    FILE *f;

    (void)state;
    snprintf(other, sizeof(other), "%s/run", folder);
    assert_int_equal(mkdir(other, 0755), 0);
    snprintf(other, sizeof(other), "%s/precious", folder);
    f = fopen(other, "w");
    fputs("x", f);
    fclose(f);
    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(stream_listen_unix(path, 0600), -EADDRINUSE);
    assert_int_equal(lstat(path, &s), 0);
    assert_true(S_ISLNK(s.st_mode));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(other), 0);
    assert_int_equal(symlink(other, path), 0); /* dangling */
    assert_int_equal(stream_listen_unix(path, 0600), -EADDRINUSE);
    assert_int_equal(lstat(other, &s), -1);
    assert_int_equal(unlink(path), 0);
    f = fopen(path, "w");
    fclose(f);
    assert_int_equal(stream_listen_unix(path, 0600), -EADDRINUSE);
}

static void test_bad_paths(void **state)
{
    char name[300];

    (void)state;
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(stream_listen_unix(name, 0600), -ENAMETOOLONG);
    assert_int_equal(stream_connect_unix(name), -ENAMETOOLONG);
    assert_int_equal(stream_listen_unix("", 0600), -ENOENT);
    assert_int_equal(stream_connect_unix(path), -ENOENT);
    assert_int_equal(stream_listen_unix("/proc/none/x/y", 0600), -ENOENT);
}

/* What a connection to this port of ours comes to. */
static int tcp_result(const struct address *to)
{
    struct wait_set wait = {0};
    int fd = stream_connect_tcp(to), error;

    if (fd < 0) {
        return -fd;
    }
    assert_true(wait_add(&wait, fd, WAIT_WRITE | WAIT_ERROR));
    while (!wait_ready(&wait, fd)) {
        wait_until(&wait, mono_after(clock_now().mono, 5));
    }
    error = stream_error(fd);
    stream_close(fd);
    return error;
}

static void test_tcp(void **state)
{
    struct clock_options options = {.kind = CLOCK_NONE};
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof name;
    struct address to;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(clock_open(&options), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &length), 0);
    assert_true(address_parse("127.0.0.1", &to));
    to.port = ntohs(name.sin_port);
    assert_int_equal(tcp_result(&to), ECONNREFUSED); /* bound, and nobody listens */
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(tcp_result(&to), 0);
    close(fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_talk),         TEST(test_full),      TEST(test_in_use),
        TEST(test_not_a_socket), TEST(test_bad_paths), TEST(test_tcp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
