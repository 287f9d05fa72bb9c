/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting: order, kinds of readiness, deadlines on our clock, signals. */
#include "os/wait.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "os/clock.h"

#define TRIES 100 /* once undisturbed by other work is enough */

static struct mono_time in_s(double s)
{
    return mono_after(clock_now().mono, s);
}

static void test_set(void **state)
{
    static struct wait_set set;

    (void)state;
    set.count = 0;
    for (int fd = 0; fd < WAIT_MAX; fd++) {
        assert_true(wait_add(&set, fd, WAIT_READ));
    }
    assert_false(wait_add(&set, WAIT_MAX, WAIT_READ));
    assert_true(wait_add(&set, 7, WAIT_WRITE)); /* a change needs no room */
    assert_int_equal(set.entries[7].want, WAIT_WRITE);
    wait_remove(&set, 3);
    wait_remove(&set, 1000);
    assert_int_equal(set.count, WAIT_MAX - 1);
    assert_int_equal(set.entries[2].fd, 2);
    assert_int_equal(set.entries[3].fd, 4); /* the order stays */
    assert_int_equal(set.entries[WAIT_MAX - 2].fd, WAIT_MAX - 1);
    wait_remove(&set, WAIT_MAX - 1);
    assert_int_equal(set.count, WAIT_MAX - 2);
    assert_int_equal(wait_ready(&set, 3), 0);
}

static void test_ready(void **state)
{
    struct wait_set set = {.count = 0};
    int a[2], b[2];
    char byte = 'x';

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
    wait_add(&set, a[0], WAIT_READ);
    wait_add(&set, b[0], WAIT_READ | WAIT_WRITE);
    assert_int_equal(wait_until(&set, in_s(5)), 1);
    assert_int_equal(wait_ready(&set, a[0]), 0);
    assert_int_equal(wait_ready(&set, b[0]), WAIT_WRITE);
    assert_int_equal(write(a[1], &byte, 1), 1);
    assert_int_equal(wait_until(&set, in_s(5)), 2);
    assert_int_equal(wait_ready(&set, a[0]), WAIT_READ);
    assert_int_equal(read(a[0], &byte, 1), 1);
    wait_remove(&set, b[0]);
    assert_int_equal(wait_until(&set, in_s(0)), 0);
    assert_int_equal(wait_ready(&set, a[0]), 0);
    close(a[1]); /* hang-up: told as such, and readable to meet the end */
    assert_int_equal(wait_until(&set, in_s(5)), 1);
    assert_int_equal(wait_ready(&set, a[0]), WAIT_READ | WAIT_ERROR);
    close(a[0]);
    close(b[0]);
    close(b[1]);

    assert_int_equal(pipe(a), 0); /* here the kernel itself says only "hang-up" */
    set.count = 0;
    wait_add(&set, a[0], WAIT_READ);
    close(a[1]);
    assert_int_equal(wait_until(&set, in_s(5)), 1);
    assert_int_equal(wait_ready(&set, a[0]), WAIT_READ | WAIT_ERROR);
    close(a[0]);
}

static void test_deadline(void **state)
{
    struct wait_set set = {.count = 0};
    int64_t waited_ns = INT64_MAX, passed_ns = INT64_MAX;

    (void)state;
    for (int i = 0; i < TRIES && waited_ns >= 500000000; i++) {
        struct mono_time start = clock_now().mono;

        assert_int_equal(wait_until(&set, in_s(0.0312)), 0);
        waited_ns = clock_now().mono.ns - start.ns;
        assert_true(waited_ns >= 31200000); /* not before it */
    }
    assert_true(waited_ns < 500000000);
    for (int i = 0; i < TRIES && passed_ns >= 100000000; i++) {
        struct mono_time start = clock_now().mono;

        assert_int_equal(wait_until(&set, in_s(-1e9)), 0); /* long past: at once */
        passed_ns = clock_now().mono.ns - start.ns;
    }
    assert_true(passed_ns < 100000000);
}

/* The deadline counts on our clock: a virtual clock that runs 10 % fast gets there sooner. */
static void test_deadline_virtual(void **state)
{
    struct clock_options fast = {.kind = CLOCK_VIRTUAL, .virtual_rate = 0.1};
    struct clock_options none = {.kind = CLOCK_NONE};
    struct wait_set set = {.count = 0};
    struct mono_time host;
    double waited = 9.0;

    (void)state;
    for (int i = 0; i < TRIES && waited >= 0.54; i++) {
        host = clock_now().mono;
        assert_int_equal(clock_open(&fast), 0);
        wait_until(&set, in_s(0.55));
        assert_int_equal(clock_open(&none), 0);
        waited = s_from_ns(clock_now().mono.ns - host.ns);
        assert_true(waited >= 0.5);
    }
    assert_true(waited < 0.54);
}

static void on_alarm(int number)
{
    (void)number;
}

static void test_signal(void **state)
{
    struct sigaction action = {.sa_handler = on_alarm};
    /* again and again: the first one may come before the wait has begun */
    struct itimerval soon = {.it_value = {.tv_usec = 30000}, .it_interval = {.tv_usec = 30000}};
    struct itimerval never = {0};
    struct wait_set set = {.count = 0};
    struct mono_time deadline = in_s(300);
    int pair[2];

    (void)state;
    assert_int_equal(pipe(pair), 0);
    wait_add(&set, pair[0], WAIT_READ);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(wait_until(&set, deadline), 0);
    assert_true(clock_now().mono.ns < deadline.ns);
    setitimer(ITIMER_REAL, &never, NULL);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),      cmocka_unit_test(test_ready),
        cmocka_unit_test(test_deadline), cmocka_unit_test(test_deadline_virtual),
        cmocka_unit_test(test_signal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
