/* SPDX-License-Identifier: BSD-2-Clause */
/* Each role does its work inside its sandbox, and is stopped or refused outside of it. All of it
 * happens in forked children, which answer by exit status or by dying of SIGSYS. */
#include "os/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/timex.h> /* clock_adjtime */
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/names.h"
#include "os/process.h"
#include "os/random.h"
#include "os/stream.h"
#include "os/udp.h"
#include "os/wait.h"

static char folder[64];

static int run(enum sandbox_role role, int (*body)(void))
{
    int status = -1;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        if (sandbox_enter(role)) {
            _exit(99);
        }
        _exit(body());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void assert_works(enum sandbox_role role, int (*body)(void))
{
    assert_int_equal(run(role, body), 0);
}

static void assert_killed(enum sandbox_role role, int (*body)(void))
{
    int status = run(role, body);

    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

/* An exchange over loopback with a server socket that was opened before. */
static int server_fd;
static struct address server_address;

static int exchange(void)
{
    static struct datagram d, in[UDP_BATCH];
    struct wait_set set = {.count = 0};
    int client = udp_connect(&server_address, NULL, NULL, 46);

    if (client < 0) {
        return 1;
    }
    d.length = 48;
    if (udp_send(client, &d, 1, NULL) != 1) {
        return 2;
    }
    wait_add(&set, server_fd, WAIT_READ);
    wait_until(&set, mono_after(clock_now().mono, 60));
    if (udp_receive(server_fd, in, UDP_BATCH) != 1) {
        return 3;
    }
    udp_close(client);
    return 0;
}

/* What sync does all day. */
static int sync_body(void)
{
    static struct address own[16];
    char path[128], text[16];
    struct clock_status status;
    struct stream_peer peer;
    uint8_t seed[32];
    long holder;
    int fd, client;

    snprintf(path, sizeof(path), "%s/drift", folder);
    if (file_replace(path, "1 2\n", 4, 0644) || file_read_into(path, text, sizeof(text)) != 4) {
        return 10;
    }
    snprintf(path, sizeof(path), "%s/pid", folder);
    fd = file_lock_pid(path, &holder);
    if (fd < 0) {
        return 11;
    }
    file_unlock_pid(fd, path);
    snprintf(path, sizeof(path), "%s/run/sock", folder);
    fd = stream_listen_unix(path, 0660);
    client = stream_connect_unix(path);
    if (fd < 0 || client < 0 || stream_accept(fd, &peer) < 0 || peer.pid != getpid()) {
        return 12;
    }
    random_system(seed, sizeof(seed));
    clock_now();
    if (clock_get_status(&status)) { /* adjtimex that changes nothing */
        return 13;
    }
    if (udp_own_addresses(own, 16) == 0) {
        return 14;
    }
    free(malloc(10000000)); /* mmap */
    process_notify("WATCHDOG=1");
    printf("%s", ""); /* stdio asks for the terminal */
    fflush(stdout);
    kill(getpid(), 0); /* ourselves only */
    if (!kill(getppid(), 0)) {
        return 15;
    }
    return exchange();
}

static void test_sync_works(void **state)
{
    (void)state;
    assert_works(SANDBOX_SYNC, sync_body);
}

/* A worker: its socket, its clock, the page and its log. */
static int serve_body(void)
{
    static struct datagram in[UDP_BATCH];
    struct wait_set set = {.count = 0};
    struct instant t = clock_now();
    uint8_t seed[32];
    unsigned sent;

    random_system(seed, sizeof(seed));
    wait_add(&set, server_fd, WAIT_READ);
    wait_until(&set, mono_after(t.mono, 60));
    if (udp_receive(server_fd, in, UDP_BATCH) != 2) {
        return 1;
    }
    sent = udp_send(server_fd, in, 2, NULL);
    (void)!write(STDERR_FILENO, "", 0);
    if (process_parent_id() <= 1 || sent != 2) {
        return 2;
    }
    return 0;
}

static void test_serve_works(void **state)
{
    static struct datagram d[2];
    int client = udp_connect(&server_address, NULL, NULL, 0);

    (void)state;
    d[0].length = d[1].length = 48;
    assert_int_equal(udp_send(client, d, 2, NULL), 2);
    assert_works(SANDBOX_SERVE, serve_body);
    udp_close(client);
}

static int serve_refused_body(void)
{
    void *page = process_shared_memory("test", 4096, NULL);

    process_protect(page, 4096);
    return 0;
}

/* The page of server state cannot be made writable again. */
static int serve_remap_body(void)
{
    void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED || mprotect(p, 4096, PROT_READ | PROT_WRITE) != -1 || errno != EPERM) {
        return 1;
    }
    if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) {
        return 2;
    }
    if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EPERM) {
        return 3;
    }
    if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || kill(getppid(), 0) != -1) {
        return 4;
    }
    return fork() == -1 ? 0 : 5;
}

static void test_serve_is_refused(void **state)
{
    (void)state;
    assert_works(SANDBOX_SERVE, serve_remap_body);
    assert_int_equal(WTERMSIG(run(SANDBOX_SERVE, serve_refused_body)), SIGABRT);
}

/* The whole way through nsswitch, and answers by a channel. */
static int lookup_body(void)
{
    struct address out[NAMES_MAX];
    int pair[2];

    if (names_look_up("localhost", ADDRESS_NONE, out, NAMES_MAX, NULL) == 0) {
        return 1;
    }
    names_look_up("name.invalid", ADDRESS_NONE, out, NAMES_MAX, NULL);
    if (process_channel(pair) || process_send(pair[0], "x", 1) != 1) {
        return 2;
    }
    clock_now();
    return 0;
}

static int lookup_refused_body(void)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/new", folder);
    if (open(path, O_WRONLY | O_CREAT, 0600) >= 0 || errno != EPERM) {
        return 1;
    }
    if (open(path, O_RDWR | O_CREAT, 0600) >= 0 || errno != EPERM) {
        return 2;
    }
    if (fork() != -1 || kill(getppid(), 0) != -1) {
        return 3;
    }
    return unlink(folder) == -1 && errno == EPERM ? 0 : 4;
}

static void test_lookup(void **state)
{
    (void)state;
    assert_works(SANDBOX_LOOKUP, lookup_body);
    assert_works(SANDBOX_LOOKUP, lookup_refused_body);
}

/* A thread of the name service may start, though a process may not. */
static int thread_main(void *unused)
{
    (void)unused;
    return 0;
}

static int lookup_thread_body(void)
{
    static char stack[65536];
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;

    return clone(thread_main, stack + sizeof(stack), flags, NULL) > 0 ? 0 : 1;
}

static void test_lookup_thread(void **state)
{
    (void)state;
    assert_works(SANDBOX_LOOKUP, lookup_thread_body);
}

static int exec_body(void)
{
    execl("/bin/true", "true", (char *)NULL);
    return 0;
}

static int ptrace_body(void)
{
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    return 0;
}

static int mount_body(void)
{
    mount("none", "/nowhere", "tmpfs", 0, NULL);
    return 0;
}

static int raw_socket_body(void)
{
    socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
    return 0;
}

static int packet_socket_body(void)
{
    socket(AF_PACKET, SOCK_DGRAM, 0);
    return 0;
}

static int unshare_body(void)
{
    unshare(CLONE_NEWUSER);
    return 0;
}

static void test_hostile(void **state)
{
    static int (*const bodies[])(void) = {exec_body,       ptrace_body,        mount_body,
                                          raw_socket_body, packet_socket_body, unshare_body};
    static const enum sandbox_role roles[] = {SANDBOX_SYNC, SANDBOX_SERVE, SANDBOX_LOOKUP};

    (void)state;
    for (size_t r = 0; r < 3; r++) {
        for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
            assert_killed(roles[r], bodies[i]);
        }
    }
}

static int read_kernel_clock_body(void)
{
    struct timex t = {.modes = 0}; /* changes nothing, but only sync may even ask */

    return adjtimex(&t) < 0;
}

static int other_clock_body(void)
{
    struct timex t = {.modes = 0};

    return clock_adjtime(CLOCK_TAI, &t) == -1 && errno == EPERM ? 0 : 1;
}

static int tcp_body(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EPERM ? 0 : 1;
}

static void test_clock_is_for_sync(void **state)
{
    (void)state;
    assert_works(SANDBOX_SYNC, read_kernel_clock_body);
    assert_works(SANDBOX_SYNC, other_clock_body);
    assert_works(SANDBOX_SYNC, tcp_body);
    assert_killed(SANDBOX_SERVE, read_kernel_clock_body);
    assert_killed(SANDBOX_LOOKUP, read_kernel_clock_body);
}

static int no_new_rights_body(void)
{
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 1;
}

static void test_no_new_rights(void **state)
{
    (void)state;
    assert_works(SANDBOX_LOOKUP, no_new_rights_body);
}

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/toki-sandbox-XXXXXX");
    if (!mkdtemp(folder) || !address_parse("127.0.0.1", &server_address)) {
        return -1;
    }
    server_address.port = 40123;
    do {
        server_fd = udp_listen(&server_address, NULL, false, 0);
    } while (server_fd == -EADDRINUSE && ++server_address.port < 41000);
    return server_fd < 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    udp_close(server_fd);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sync_works),        cmocka_unit_test(test_serve_works),
        cmocka_unit_test(test_serve_is_refused),  cmocka_unit_test(test_lookup),
        cmocka_unit_test(test_lookup_thread),     cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_clock_is_for_sync), cmocka_unit_test(test_no_new_rights),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
