/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual clock for real, the arithmetic of the kernel clock on paper. The kernel driver itself
 * is only ever run in the guest of the real-kernel test. */
#include "os/clock.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "os/linux/clock_rate.h"
#include "os/posix/clock_segment.h"

#define NOMINAL 10000L

static int64_t host_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = 0, .tv_nsec = ms * 1000000};

    while (nanosleep(&t, &t)) {
    }
}

static void open_virtual(double offset_s, double rate)
{
    struct clock_options o = {
        .kind = CLOCK_VIRTUAL, .virtual_offset_s = offset_s, .virtual_rate = rate};

    assert_int_equal(clock_open(&o), 0);
}

static double true_error(void)
{
    double e = 0;

    assert_true(clock_true_error(&e));
    return e;
}

/* Small rates use freq alone and leave the tick as it is. */
static void test_rate_small(void **state)
{
    static const double rates[] = {0.0, 1e-9, -1e-9, 40e-6, -40e-6, 499.9e-6, -499.9e-6, 500e-6};

    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct clock_rate s = clock_rate_split(rates[i], NOMINAL);

        assert_int_equal(s.tick, NOMINAL);
        assert_int_equal(s.freq, lround(rates[i] * 65536e6));
        assert_true(fabs(clock_rate_join(s, NOMINAL) - rates[i]) <= 0.5 / 65536e6 + 1e-18);
    }
}

/* Known settings, from the manual page's units: one tick unit is 100 ppm, 65536 freq are 1 ppm. */
static void test_rate_known(void **state)
{
    struct clock_rate s = clock_rate_split(0.001, NOMINAL);

    (void)state;
    assert_int_equal(s.tick, 10010);
    assert_int_equal(s.freq, 0);
    s = clock_rate_split(-0.00073, NOMINAL); /* -7 ticks, -30 ppm */
    assert_int_equal(s.tick, 9993);
    assert_int_equal(s.freq, -30 * 65536);
    assert_true(fabs(clock_rate_join((struct clock_rate){10001, -65536 * 50}, NOMINAL) - 50e-6) <
                1e-15);
}

static void test_rate_limits(void **state)
{
    struct dice d = {7};

    (void)state;
    assert_int_equal(clock_rate_split(5.0, NOMINAL).tick, 11000);
    assert_int_equal(clock_rate_split(-HUGE_VAL, NOMINAL).tick, 9000);
    assert_int_equal(clock_rate_split(-HUGE_VAL, NOMINAL).freq, 0);
    assert_int_equal(clock_rate_split(nan(""), NOMINAL).tick, NOMINAL);
    assert_int_equal(clock_rate_split(nan(""), NOMINAL).freq, 0);
    for (unsigned i = 0; i < 100000; i++) {
        double rate = ((double)dice_below(&d, 2000001) - 1e6) * 1e-7;
        struct clock_rate s = clock_rate_split(rate, NOMINAL);

        assert_in_range(s.tick, 9000, 11000);
        assert_true(labs(s.freq) <= 500L * 65536L);
        assert_true(fabs(clock_rate_join(s, NOMINAL) - rate) <= 0.51 / 65536e6);
    }
}

/* 30 days at 10 % and 40 ppm: exact to the nanosecond, and going on from there loses nothing. */
static void test_segment_exact(void **state)
{
    int64_t month = INT64_C(30) * 86400 * NS_PER_S;
    struct clock_segment s = {.raw_ns = 123456789,
                              .mono_ns = INT64_C(1800000000123456789),
                              .steps_ns = -5,
                              .oscillator = 0.0,
                              .rate = 0.0625};
    struct instant t = clock_segment_read(&s, s.raw_ns + month);

    (void)state;
    assert_int_equal(t.mono.ns, s.mono_ns + month + month / 16);
    assert_int_equal(t.wall.ns, t.mono.ns - 5);
    t = clock_segment_read(&s, s.raw_ns + month + 16);
    assert_int_equal(t.mono.ns, s.mono_ns + month + month / 16 + 17);
    t = clock_segment_read(&s, s.raw_ns - 32);
    assert_int_equal(t.mono.ns, s.mono_ns - 34);

    s.oscillator = 0.03125; /* both at once: 1.03125 * 1.0625 = 1.095703125 */
    t = clock_segment_read(&s, s.raw_ns + 1000000000);
    assert_int_equal(t.mono.ns, s.mono_ns + 1095703125);
}

static void test_starts_wrong(void **state)
{
    int64_t before, ours, after;

    (void)state;
    open_virtual(0.7, 40e-6);
    assert_true(fabs(true_error() - 0.7) < 0.001);
    before = host_ns(CLOCK_REALTIME);
    ours = clock_now().wall.ns;
    after = host_ns(CLOCK_REALTIME);
    assert_true(s_from_ns(ours - before) > 0.695 && s_from_ns(ours - after) < 0.705);
    assert_true(clock_initial_rate() == 0.0);
}

static void test_origin(void **state)
{
    int64_t raw = host_ns(CLOCK_MONOTONIC_RAW);
    struct clock_options o = {.kind = CLOCK_VIRTUAL,
                              .virtual_offset_s = -0.25,
                              .origin_wall_ns = INT64_C(1900000000) * NS_PER_S,
                              .origin_raw_ns = raw - 5 * NS_PER_S};
    double ours_s, passed_s;

    (void)state;
    assert_int_equal(clock_open(&o), 0);
    /* truth is origin + 5 s, and what passed since then; the clock is 0.25 s behind it */
    ours_s = s_from_ns(clock_now().wall.ns - o.origin_wall_ns);
    passed_s = s_from_ns(host_ns(CLOCK_MONOTONIC_RAW) - raw);
    assert_true(ours_s > 4.749 && ours_s < 4.751 + passed_s);
    assert_true(fabs(true_error() + 0.25) < 1e-3);
}

/* Measures how fast the clock runs against the raw clock, less 1. On a busy machine a measurement
 * may be interrupted between two readings: the one of the shortest interruption counts, and it is
 * repeated until there is a short one. */
static double measured_rate(void)
{
    int64_t least = INT64_MAX;
    double rate = 0;

    for (int i = 0; i < 5 || (i < 500 && least > 10000); i++) {
        int64_t a = host_ns(CLOCK_MONOTONIC_RAW), ours = clock_now().mono.ns;
        int64_t b = host_ns(CLOCK_MONOTONIC_RAW), c, d;

        pause_ms(20);
        c = host_ns(CLOCK_MONOTONIC_RAW);
        ours = clock_now().mono.ns - ours;
        d = host_ns(CLOCK_MONOTONIC_RAW);
        if (b - a + d - c < least) {
            least = b - a + d - c;
            rate = (double)ours / (double)((c + d) / 2 - (a + b) / 2) - 1.0;
        }
    }
    return rate;
}

static void test_oscillator_drifts(void **state)
{
    double before, rate;

    (void)state;
    open_virtual(0.0, 0.01);
    before = true_error();
    rate = measured_rate();
    assert_true(fabs(rate - 0.01) < 1e-3);
    assert_true(true_error() - before > 0.5e-3); /* at least 100 ms at 1 % */
}

static void test_rate(void **state)
{
    struct clock_command c = {.action = CLOCK_SET_RATE, .rate = -0.05}, done;
    struct instant before, set, after;

    (void)state;
    open_virtual(0.0, 0.0);
    before = clock_now();
    assert_int_equal(clock_adjust(&c, &done, &set), 0);
    assert_int_equal(done.action, CLOCK_SET_RATE);
    assert_true(done.rate == -0.05);
    assert_int_equal(done.step_ns, 0);
    assert_true(set.mono.ns >= before.mono.ns); /* no jump back */
    assert_true(fabs(measured_rate() + 0.05) < 1e-3);
    after = clock_now();
    assert_int_equal(after.wall.ns - after.mono.ns, before.wall.ns - before.mono.ns);
}

static void test_rate_is_clamped(void **state)
{
    struct clock_command c = {.action = CLOCK_SET_RATE, .rate = 3.0}, done;
    struct instant after;

    (void)state;
    open_virtual(0.0, 0.0);
    assert_int_equal(clock_adjust(&c, &done, &after), 0);
    assert_true(done.rate == clock_max_rate());
    c.rate = nan("");
    assert_int_equal(clock_adjust(&c, &done, &after), -EINVAL);
    assert_int_equal(done.action, CLOCK_KEEP);
    assert_true(done.rate == clock_max_rate());
}

/* A step moves wall by exactly that, mono not at all, and only a step changes wall - mono. */
static void test_step(void **state)
{
    struct clock_command c = {.action = CLOCK_STEP, .rate = 0.0, .step_ns = INT64_C(-37000000001)};
    struct clock_command done;
    struct instant before, after, later;

    (void)state;
    open_virtual(37.000000001, 0.0);
    before = clock_now();
    assert_int_equal(clock_adjust(&c, &done, &after), 0);
    assert_int_equal(done.action, CLOCK_STEP);
    assert_int_equal(done.step_ns, INT64_C(-37000000001));
    assert_int_equal(after.wall.ns - after.mono.ns,
                     before.wall.ns - before.mono.ns - INT64_C(37000000001));
    later = clock_now();
    assert_true(later.mono.ns >= after.mono.ns && after.mono.ns >= before.mono.ns);
    assert_int_equal(later.wall.ns - later.mono.ns, after.wall.ns - after.mono.ns);
    assert_true(fabs(true_error()) < 1e-9);

    c = (struct clock_command){.action = CLOCK_SET_RATE}; /* after a step mono still goes on */
    assert_int_equal(clock_adjust(&c, &done, &after), 0);
    assert_true(after.mono.ns >= later.mono.ns && after.mono.ns - later.mono.ns < NS_PER_S);
    assert_int_equal(after.wall.ns - after.mono.ns, later.wall.ns - later.mono.ns);
}

static void test_keep(void **state)
{
    struct clock_command c = {.action = CLOCK_SET_RATE, .rate = 0.02}, done;
    struct instant after;

    (void)state;
    open_virtual(0.0, 0.0);
    clock_adjust(&c, &done, &after);
    c = (struct clock_command){.action = CLOCK_KEEP, .rate = 0.5, .step_ns = 99};
    assert_int_equal(clock_adjust(&c, &done, &after), 0);
    assert_int_equal(done.action, CLOCK_KEEP);
    assert_true(done.rate == 0.02);
    assert_int_equal(done.step_ns, 0);
}

/* Stamps of the host become readings of ours; one taken before a step belongs to the time before.
 */
static void test_from_kernel(void **state)
{
    struct clock_command c = {.action = CLOCK_STEP, .step_ns = 5 * NS_PER_S}, done;
    struct wall_time host, ours;
    struct instant after;
    int64_t apart_ns;

    (void)state;
    open_virtual(100.0, 0.0);
    host.ns = host_ns(CLOCK_REALTIME);
    ours = clock_now().wall;
    apart_ns = host_ns(CLOCK_REALTIME) - host.ns + 1000000; /* the two readings, at most */
    pause_ms(10);
    assert_true(llabs(clock_from_kernel(host).ns - ours.ns) < apart_ns);
    clock_adjust(&c, &done, &after);
    assert_true(llabs(clock_from_kernel(host).ns - ours.ns) < apart_ns);
    host.ns = host_ns(CLOCK_REALTIME);
    ours = clock_now().wall;
    apart_ns = host_ns(CLOCK_REALTIME) - host.ns + 1000000;
    assert_true(llabs(clock_from_kernel(host).ns - ours.ns) < apart_ns);
}

static void test_shared_with_children(void **state)
{
    struct clock_command c = {.action = CLOCK_STEP, .rate = 0.0, .step_ns = 1000 * NS_PER_S};
    struct clock_command done;
    struct instant after;
    int looked[2], go[2], status = -1;
    char byte = 0;
    pid_t child;

    (void)state;
    open_virtual(0.0, 0.0);
    assert_int_equal(pipe(looked), 0);
    assert_int_equal(pipe(go), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* sees a step that its parent makes later */
        double before = 0, now = 0;

        clock_true_error(&before);
        if (write(looked[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 1) {
            _exit(2);
        }
        clock_true_error(&now);
        _exit(before < 1.0 && fabs(now - 1000.0) < 1.0 ? 0 : 1);
    }
    assert_int_equal(read(looked[0], &byte, 1), 1);
    clock_adjust(&c, &done, &after);
    assert_int_equal(write(go[1], &byte, 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(looked[0]);
    close(looked[1]);
    close(go[0]);
    close(go[1]);
}

/* A reader in another process never sees half a change: mono goes on without a jump back although
 * the writer changes rate and steps as fast as it can, and wall - mono is one of the two sums. */
static void test_no_torn_reads(void **state)
{
    struct clock_command done;
    struct instant after;
    struct mono_time last = {0};
    int status = -1;
    pid_t child;

    (void)state;
    open_virtual(0.0, 0.0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (int i = 0; i < 300000; i++) {
            struct clock_command c = {.action = CLOCK_STEP,
                                      .rate = i % 2 ? 0.0 : 0.05,
                                      .step_ns = (i % 2 ? -50 : 50) * 1000000};

            clock_adjust(&c, &done, &after);
        }
        _exit(0);
    }
    while (waitpid(child, &status, WNOHANG) == 0) {
        struct instant t = clock_now();
        int64_t steps = t.wall.ns - t.mono.ns;

        /* A writer that is interrupted in the midst of a change is late by 5 % of that. */
        assert_true(t.mono.ns >= last.ns - 10000000);
        last = t.mono;
        assert_true(steps == 0 || steps == 50000000);
    }
    assert_int_equal(status, 0);
}

static void test_status(void **state)
{
    struct clock_status s;

    (void)state;
    open_virtual(0.0, 0.0);
    assert_int_equal(clock_get_status(&s), 0);
    assert_false(s.synchronised);
    assert_int_equal(clock_set_status(true, 0.002, 0.001, 1, false), 0);
    assert_int_equal(clock_get_status(&s), 0);
    assert_true(s.synchronised);
    assert_true(s.max_error_s == 0.002 && s.est_error_s == 0.001);
    assert_int_equal(s.leap, 1);
}

static void test_bad_options(void **state)
{
    struct clock_options o = {.kind = CLOCK_VIRTUAL, .virtual_rate = 0.5};

    (void)state;
    assert_int_equal(clock_open(&o), -EINVAL);
    o.virtual_rate = nan("");
    assert_int_equal(clock_open(&o), -EINVAL);
    o = (struct clock_options){.kind = CLOCK_VIRTUAL, .virtual_offset_s = nan("")};
    assert_int_equal(clock_open(&o), -EINVAL);
}

/* -x: reads the system clock, refuses nothing, does nothing. */
static void test_none(void **state)
{
    struct clock_options o = {.kind = CLOCK_NONE};
    struct clock_command c = {.action = CLOCK_STEP, .rate = 0.01, .step_ns = NS_PER_S}, done;
    struct instant first, now, after;
    int64_t before;
    double e;

    (void)state;
    assert_int_equal(clock_open(&o), 0);
    before = host_ns(CLOCK_REALTIME);
    first = clock_now();
    assert_true(first.wall.ns > before - 1000000 &&
                first.wall.ns < host_ns(CLOCK_REALTIME) + 1000000);
    for (int i = 0; i < 10000; i++) { /* to the nanosecond, though read one after the other */
        now = clock_now();
        assert_int_equal(now.wall.ns - now.mono.ns, first.wall.ns - first.mono.ns);
    }
    assert_int_equal(clock_adjust(&c, &done, &after), 0);
    assert_int_equal(done.action, CLOCK_KEEP);
    assert_true(done.rate == 0.0 && done.step_ns == 0);
    assert_int_equal(after.wall.ns - after.mono.ns, first.wall.ns - first.mono.ns);
    assert_int_equal(clock_from_kernel(first.wall).ns, first.wall.ns);
    assert_false(clock_true_error(&e));
    assert_true(clock_precision() >= 9e-10 && clock_precision() <= 1.0 / 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate_small),
        cmocka_unit_test(test_rate_known),
        cmocka_unit_test(test_rate_limits),
        cmocka_unit_test(test_segment_exact),
        cmocka_unit_test(test_starts_wrong),
        cmocka_unit_test(test_origin),
        cmocka_unit_test(test_oscillator_drifts),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_rate_is_clamped),
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_keep),
        cmocka_unit_test(test_from_kernel),
        cmocka_unit_test(test_shared_with_children),
        cmocka_unit_test(test_no_torn_reads),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
