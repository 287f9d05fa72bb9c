/* SPDX-License-Identifier: BSD-2-Clause */
/* Roles: channels, signals, forks that die with their parent, daemons, dropped rights. What must be
 * done in a process of its own is done in a forked child that answers by its exit status. */
#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "os/udp.h"

static int status_of(pid_t child)
{
    int status = -1;

    assert_true(child > 0);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

/* Runs `body` in a child; its result is the exit status, 0 = as it should be. */
static void in_child(int (*body)(void))
{
    pid_t child = fork();

    if (child == 0) {
        _exit(body());
    }
    assert_int_equal(status_of(child), 0);
}

static bool becomes_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 60000) == 1;
}

static void test_channel(void **state)
{
    char small[4], buffer[64];
    int pair[2];

    (void)state;
    assert_int_equal(process_channel(pair), 0);
    assert_int_equal(fcntl(pair[0], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(process_receive(pair[0], buffer, sizeof(buffer)), -EAGAIN);
    assert_int_equal(process_send(pair[1], "first", 5), 5);
    assert_int_equal(process_send(pair[1], "second", 6), 6);
    assert_int_equal(process_receive(pair[0], buffer, sizeof(buffer)), 5); /* whole messages */
    assert_memory_equal(buffer, "first", 5);
    assert_int_equal(process_receive(pair[0], small, sizeof(small)), -EMSGSIZE);
    assert_int_equal(process_receive(pair[0], buffer, sizeof(buffer)), -EAGAIN);
    assert_int_equal(process_send(pair[0], "unread", 6), 6);
    close(pair[1]);
    assert_int_equal(process_receive(pair[0], buffer, sizeof(buffer)), 0);
    assert_int_equal(process_send(pair[0], "x", 1), -EPIPE); /* and no SIGPIPE */
    close(pair[0]);
}

static void test_channel_full(void **state)
{
    char message[1000] = {0};
    long n = 0;
    int pair[2];

    (void)state;
    assert_int_equal(process_channel(pair), 0);
    for (int i = 0; i < 10000 && n >= 0; i++) {
        n = process_send(pair[0], message, sizeof(message));
    }
    assert_int_equal(n, -EAGAIN); /* a role that hangs does not hang us */
    close(pair[0]);
    close(pair[1]);
}

static int signals_body(void)
{
    process_signals();
    if (process_take_signal(SIGNAL_END) || process_take_signal(SIGNAL_RELOAD)) {
        return 1;
    }
    raise(SIGHUP);
    raise(SIGHUP);
    raise(SIGPIPE);
    if (!process_take_signal(SIGNAL_RELOAD) || process_take_signal(SIGNAL_RELOAD) ||
        process_take_signal(SIGNAL_END)) {
        return 2;
    }
    for (int i = 0; i < 3; i++) {
        raise((int[]){SIGTERM, SIGINT, SIGQUIT}[i]);
        if (!process_take_signal(SIGNAL_END) || process_take_signal(SIGNAL_RELOAD)) {
            return 3;
        }
    }
    return 0;
}

static void test_signals(void **state)
{
    (void)state;
    in_child(signals_body);
}

static int fork_body(void)
{
    struct timespec pause = {.tv_nsec = 5000000};
    int status = 0;
    long child, reaped = 0;

    process_signals();
    raise(SIGHUP); /* pending in the parent, not in the child */
    if (process_reap(&status) != 0) {
        return 1;
    }
    child = process_fork("toki-test", false);
    if (child == 0) {
        char name[16] = "";
        int death = 0;

        prctl(PR_GET_NAME, name);
        prctl(PR_GET_PDEATHSIG, &death);
        if (strcmp(name, "toki-test") || death != SIGKILL || process_take_signal(SIGNAL_RELOAD)) {
            _exit(50);
        }
        raise(SIGTERM); /* handlers are the default ones */
        _exit(51);
    }
    if (child < 0 || !process_exists(child)) {
        return 2;
    }
    for (int i = 0; i < 12000 && !reaped; i++) {
        nanosleep(&pause, NULL);
        reaped = process_reap(&status);
    }
    if (reaped != child || !WIFSIGNALED(status) || WTERMSIG(status) != SIGTERM) {
        return 3;
    }
    if (!process_take_signal(SIGNAL_CHILD) || process_exists(child) || process_exists(0)) {
        return 4;
    }
    return process_id() == getpid() && process_parent_id() == getppid() ? 0 : 5;
}

static void test_fork(void **state)
{
    (void)state;
    in_child(fork_body);
}

/* A child that handles signals misses none, however soon it comes: a worker that is replaced while
 * it starts still answers what waits for it. */
static int early_signal_body(void)
{
    struct timespec pause = {.tv_nsec = 1000000};

    process_signals();
    for (int i = 0; i < 300; i++) {
        long child = process_fork("toki-test", true), reaped = 0;
        int status = 0;

        while (child == 0) {
            if (process_take_signal(SIGNAL_END)) {
                _exit(7);
            }
            nanosleep(&pause, NULL);
        }
        process_kill(child, SIGTERM);
        while (!reaped) {
            nanosleep(&pause, NULL);
            reaped = process_reap(&status);
        }
        if (reaped != child || !WIFEXITED(status) || WEXITSTATUS(status) != 7) {
            return 1;
        }
    }
    return 0;
}

static void test_early_signal(void **state)
{
    (void)state;
    in_child(early_signal_body);
}

/* The end of a pipe that only the grandchild holds closes when it dies, which it does with its
 * parent. */
static void test_dies_with_parent(void **state)
{
    int alive[2];
    char byte;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(alive), 0);
    child = fork();
    if (child == 0) {
        close(alive[0]);
        if (process_fork("grandchild", false) == 0) {
            (void)!write(alive[1], "a", 1);
            pause();
        }
        close(alive[1]);
        pause();
    }
    close(alive[1]);
    assert_int_equal(read(alive[0], &byte, 1), 1);
    process_kill(child, SIGKILL);
    assert_true(WIFSIGNALED(status_of(child)));
    assert_true(becomes_readable(alive[0]));
    assert_int_equal(read(alive[0], &byte, 1), 0);
    close(alive[0]);
}

/* The starter ends 0 when the daemon is ready, and the daemon lives on in a session of its own. */
static void test_daemonize(void **state)
{
    int report[2];
    long facts[3] = {0};
    pid_t starter;

    (void)state;
    assert_int_equal(pipe(report), 0);
    starter = fork();
    if (starter == 0) {
        char folder[8] = "";

        if (process_daemonize()) {
            _exit(9);
        }
        process_ready();
        process_ready(); /* harmless */
        facts[0] = getpid();
        facts[1] = getsid(0);
        facts[2] = getcwd(folder, sizeof(folder)) && strcmp(folder, "/") == 0;
        (void)!write(report[1], facts, sizeof(facts));
        _exit(3); /* too late to reach the starter */
    }
    assert_int_equal(status_of(starter), 0);
    assert_true(becomes_readable(report[0]));
    assert_int_equal(read(report[0], facts, sizeof(facts)), sizeof(facts));
    assert_int_equal(facts[0], facts[1]);
    assert_int_not_equal(facts[0], starter);
    assert_int_equal(facts[2], 1);
    close(report[0]);
    close(report[1]);
}

static void test_daemon_that_fails(void **state)
{
    pid_t starter = fork();

    (void)state;
    if (starter == 0) {
        _exit(process_daemonize() ? 9 : 7); /* the daemon ends before it is ready */
    }
    assert_int_equal(WEXITSTATUS(status_of(starter)), 7);
    starter = fork();
    if (starter == 0) {
        if (!process_daemonize()) {
            signal(SIGKILL, SIG_DFL);
            raise(SIGKILL);
        }
        _exit(0);
    }
    assert_int_equal(WEXITSTATUS(status_of(starter)), EXIT_FAILURE);
}

static void test_shared_memory(void **state)
{
    unsigned char *p = process_shared_memory("test", 10000, NULL);
    pid_t child;

    (void)state;
    assert_non_null(p);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(p[i], 0);
    }
    child = fork();
    if (child == 0) {
        p[9999] = 42;
        process_protect(p, 10000);
        if (p[9999] != 42) {
            _exit(1);
        }
        signal(SIGSEGV, SIG_DFL);
        p[0] = 1; /* must be the end of it */
        _exit(2);
    }
    assert_int_equal(WTERMSIG(status_of(child)), SIGSEGV);
    assert_int_equal(p[9999], 42); /* shared both ways */
    p[0] = 2;
}

/* A foreign reader finds it by its name, and can map it for reading alone. */
static void test_named_memory(void **state)
{
    char path[64], link[64] = "";
    unsigned char *p, *q;
    int fd, again;

    (void)state;
    p = process_shared_memory("test-name", 4096, &fd);
    assert_non_null(p);
    assert_true(fd >= 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    assert_true(readlink(path, link, sizeof link - 1) > 0);
    assert_string_equal(link, "/memfd:test-name (deleted)");
    again = open(path, O_RDONLY);
    assert_true(again >= 0);
    q = mmap(NULL, 4096, PROT_READ, MAP_SHARED, again, 0);
    assert_true(q != MAP_FAILED);
    p[100] = 42;
    assert_int_equal(q[100], 42);
    assert_true(mprotect(q, 4096, PROT_READ | PROT_WRITE) < 0);
    assert_true(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
    assert_true(ftruncate(fd, 0) < 0);
    assert_true(write(fd, "x", 1) < 0);
    munmap(q, 4096);
    close(again);
    close(fd);
    p[0] = 1; /* it stays */
}

static void test_notify(void **state)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    union {
        struct sockaddr any;
        struct sockaddr_un un;
    } bound;
    socklen_t length = sizeof(sa_family_t); /* autobind: an abstract name */
    char path[64] = "@", buffer[64];
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    (void)state;
    bound.un = name;
    assert_int_equal(bind(fd, &bound.any, length), 0);
    length = sizeof(bound);
    assert_int_equal(getsockname(fd, &bound.any, &length), 0);
    memcpy(path + 1, bound.un.sun_path + 1, length - sizeof(sa_family_t) - 1);
    unsetenv("NOTIFY_SOCKET");
    process_notify("READY=1");
    setenv("NOTIFY_SOCKET", "relative-and-nobody-there", 1);
    process_notify("READY=1");
    assert_int_equal(recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT), -1);
    setenv("NOTIFY_SOCKET", path, 1);
    process_notify("READY=1");
    assert_int_equal(recv(fd, buffer, sizeof(buffer), 0), 7);
    assert_memory_equal(buffer, "READY=1", 7);
    unsetenv("NOTIFY_SOCKET");
    close(fd);
}

static bool has_capability(cap_value_t c)
{
    cap_t caps = cap_get_proc();
    cap_flag_value_t permitted = CAP_CLEAR, effective = CAP_CLEAR;

    cap_get_flag(caps, c, CAP_PERMITTED, &permitted);
    cap_get_flag(caps, c, CAP_EFFECTIVE, &effective);
    cap_free(caps);
    return permitted == CAP_SET && effective == CAP_SET;
}

/* Whether it may keep a right depends on having had it (containers). */
static int drop_to_user_body(void)
{
    bool had_bind = has_capability(CAP_NET_BIND_SERVICE);
    int death = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (process_drop("nobody", RIGHT_BIND_PORT)) {
        return 1;
    }
    if (geteuid() == 0 || getuid() == 0 || getegid() == 0 || process_is_root()) {
        return 2;
    }
    if (has_capability(CAP_NET_BIND_SERVICE) != had_bind || has_capability(CAP_SYS_TIME) ||
        has_capability(CAP_NET_RAW) || has_capability(CAP_SETUID) ||
        has_capability(CAP_DAC_OVERRIDE)) {
        return 3;
    }
    if (!setuid(0) || !seteuid(0)) {
        return 4;
    }
    prctl(PR_GET_PDEATHSIG, &death);
    if (death != SIGKILL) {
        return 5;
    }
    return prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 1 ? 6 : 0;
}

static int drop_rights_body(void)
{
    if (process_drop(NULL, 0)) {
        return 1;
    }
    if (geteuid() != 0) {
        return 2;
    }
    return has_capability(CAP_NET_BIND_SERVICE) || has_capability(CAP_SYS_TIME) ||
           has_capability(CAP_DAC_OVERRIDE) || has_capability(CAP_KILL);
}

static int drop_twice_body(void)
{
    return process_drop("nobody", RIGHT_BIND_PORT) || process_drop("nobody", 0) ||
           process_drop(NULL, RIGHT_SET_CLOCK) || has_capability(CAP_NET_BIND_SERVICE) ||
           has_capability(CAP_SYS_TIME);
}

static void test_drop(void **state)
{
    (void)state;
    assert_true(process_user_exists("root"));
    assert_false(process_user_exists("no-such-user"));
    if (!process_is_root()) {
        assert_int_equal(process_drop("no-such-user", 0), 0); /* nothing to drop */
        return;
    }
    assert_int_equal(process_drop("no-such-user", 0), -ENOENT);
    in_child(drop_to_user_body);
    in_child(drop_rights_body);
    in_child(drop_twice_body);
}

static void test_spawn(void **state)
{
    char *const three[] = {(char[]){"sh"}, (char[]){"-c"}, (char[]){"echo loud; exit 3"}, NULL};
    long pid = process_spawn("/bin/sh", three, true);

    (void)state;
    assert_true(pid > 0);
    assert_int_equal(WEXITSTATUS(status_of((pid_t)pid)), 3);
    assert_int_equal(process_spawn("/no/such/program", three, true), -ENOENT);
}

static void test_port_holder(void **state)
{
    struct address a;
    char name[32], own[32] = "";
    int fd = -1;
    uint16_t port = 40000;

    (void)state;
    assert_true(address_parse("127.0.0.1", &a));
    while (fd < 0 && port < 41000) {
        a.port = ++port;
        fd = udp_listen(&a, NULL, false, 0);
    }
    assert_true(fd >= 0);
    prctl(PR_GET_NAME, own);
    assert_int_equal(process_port_holder(port, name, sizeof(name)), getpid());
    assert_string_equal(name, own);
    udp_close(fd);
    assert_int_equal(process_port_holder(port, name, sizeof(name)), 0);
    assert_string_equal(name, "");
    if (address_parse("::1", &a)) {
        a.port = port;
        fd = udp_listen(&a, NULL, false, 0);
        if (fd >= 0) {
            assert_int_equal(process_port_holder(port, name, 4), getpid());
            assert_int_equal(strlen(name), 3);
            udp_close(fd);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_channel),       cmocka_unit_test(test_channel_full),
        cmocka_unit_test(test_signals),       cmocka_unit_test(test_fork),
        cmocka_unit_test(test_early_signal),  cmocka_unit_test(test_dies_with_parent),
        cmocka_unit_test(test_daemonize),     cmocka_unit_test(test_daemon_that_fails),
        cmocka_unit_test(test_shared_memory), cmocka_unit_test(test_named_memory),
        cmocka_unit_test(test_notify),        cmocka_unit_test(test_drop),
        cmocka_unit_test(test_spawn),         cmocka_unit_test(test_port_holder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
