/* SPDX-License-Identifier: BSD-2-Clause */
/* Unix datagram sockets: rights, who is answered, what stands in the way. */
#include "os/local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

static const char *const no_groups[] = {"toki-no-such-group", NULL};
static const struct local_owner owner = {.groups = no_groups};
static char folder[64], path[128], client_path[128];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/toki-local-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/run/chronyd.sock", folder);
    snprintf(client_path, sizeof client_path, "%s/run/chronyc.1.sock", folder);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void a_client_is_answered_at_its_own_path(void **state)
{
    int server = local_listen(path, &owner), client;
    struct local_peer to = {.length = 0}, from;
    char data[8] = "";
    struct stat s;

    (void)state;
    assert_true(server >= 0);
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0660);
    assert_int_equal(local_folder_group(path), getegid());
    client = local_listen(client_path, &owner);
    assert_true(client >= 0);
    to.length = (unsigned)strlen(path) + 1;
    memcpy(to.path, path, to.length);
    assert_int_equal(local_send(client, "ask", 3, &to), 0);
    assert_int_equal(local_receive(server, data, sizeof data, &from), 3);
    assert_memory_equal(data, "ask", 3);
    assert_string_equal(from.path, client_path);
    assert_int_equal(local_send(server, "answer", 6, &from), 0);
    assert_int_equal(local_receive(client, data, sizeof data, &to), 6);
    assert_int_equal(local_receive(client, data, sizeof data, &to), -EAGAIN);
    local_close(client);
    assert_int_equal(local_send(server, "late", 4, &from), -ECONNREFUSED);
    local_close(server);
}

static void the_folder_is_for_its_group_alone(void **state)
{
    int server = local_listen(path, &owner);
    char run[96];
    struct stat s;

    (void)state;
    snprintf(run, sizeof run, "%s/run", folder);
    assert_int_equal(stat(run, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0770);
    local_close(server);
    assert_int_equal(chmod(run, 0755), 0); /* the administrator's own stays as it is */
    unlink(path);
    server = local_listen(path, &owner);
    assert_true(server >= 0);
    assert_int_equal(stat(run, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0755);
    local_close(server);
}

static void a_client_without_a_path_cannot_be_answered(void **state)
{
    int server = local_listen(path, &owner), client = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct local_peer to = {.length = (unsigned)strlen(path) + 1}, from;
    char data[8];

    (void)state;
    memcpy(to.path, path, to.length);
    assert_int_equal(local_send(client, "ask", 3, &to), 0);
    assert_int_equal(local_receive(server, data, sizeof data, &from), 3);
    assert_int_equal(from.length, 0);
    assert_int_equal(local_send(server, "answer", 6, &from), -EDESTADDRREQ);
    close(client);
    local_close(server);
}

static void what_stands_in_the_way(void **state)
{
    int server = local_listen(path, &owner);
    FILE *file;

    (void)state;
    assert_int_equal(local_listen(path, &owner), -EADDRINUSE); /* alive */
    local_close(server);
    server = local_listen(path, &owner); /* dead */
    assert_true(server >= 0);
    local_close(server);
    unlink(path);
    file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(local_listen(path, &owner), -EADDRINUSE); /* no socket */
    unlink(path);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(local_listen(path, &owner), -EADDRINUSE);
    assert_int_equal(local_listen("", &owner), -ENOENT);
    memset(client_path, 'a', sizeof client_path - 1);
    client_path[sizeof client_path - 1] = '\0';
    assert_int_equal(local_listen(client_path, &owner), -ENAMETOOLONG);
    assert_int_equal(local_listen("/proc/toki/x.sock", &owner), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_client_is_answered_at_its_own_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_folder_is_for_its_group_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_client_without_a_path_cannot_be_answered, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_stands_in_the_way, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
