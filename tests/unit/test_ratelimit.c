/* SPDX-License-Identifier: BSD-2-Clause */
/* The rate limit: averages, bursts, gaps, leak and kisses; what floods can and cannot do (S25 to
 * S29). */
#include "core/ratelimit.h"

#include <math.h>
#include <string.h>

#include "check.h"

#define CLIENTS 4096

static struct ratelimit_client table[CLIENTS];
static struct ratelimit limit;
static const uint8_t seed[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static void start(struct ratelimit_settings s)
{
    memset(table, 0, sizeof table);
    s.enabled = true;
    ratelimit_init(&limit, &s, table, CLIENTS, seed);
}

static struct mono_time at(double s)
{
    return (struct mono_time){ns_from_s(s)};
}

static struct address v4(uint32_t n)
{
    return (struct address){
        .family = ADDRESS_V4,
        .bytes = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n},
        .port = 123};
}

static enum ratelimit_verdict ask(uint32_t n, double s)
{
    struct address a = v4(n);

    return ratelimit_check(&limit, &a, at(s));
}

static void test_burst_then_average(void **state)
{
    (void)state;
    start((struct ratelimit_settings){.interval_s = 8, .burst = 8});
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(ask(1, 1000.0), RATELIMIT_ANSWER);
    }
    assert_int_equal(ask(1, 1000.0), RATELIMIT_DROP);
    assert_int_equal(ask(1, 1007.999), RATELIMIT_DROP);
    assert_int_equal(ask(1, 1008.0), RATELIMIT_ANSWER);
    assert_int_equal(ask(1, 1008.0), RATELIMIT_DROP);
    assert_int_equal(ask(2, 1008.0), RATELIMIT_ANSWER); /* others do not suffer */
    /* Full again after 8 x 8 s, never more than full. */
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(ask(1, 1e6), RATELIMIT_ANSWER);
    }
    assert_int_equal(ask(1, 1e6), RATELIMIT_DROP);
}

/* A flood gets its average whatever its speed: nothing is lost in rounding. */
static void test_flood_gets_average(void **state)
{
    (void)state;
    for (double step = 1e-5; step < 2.0; step *= 7.0) {
        unsigned answers = 0;

        start((struct ratelimit_settings){.interval_s = 3, .burst = 1});
        for (double t = 100.0; t < 130.0; t += step) {
            answers += ask(7, t) == RATELIMIT_ANSWER;
        }
        /* With one token, what comes late by up to a step is late for good. */
        assert_in_range(answers, (unsigned)(30.0 / (3.0 + step)), 11);
    }
}

/* S29: many clients behind one address, below the average rate. */
static void test_below_average_never_limited(void **state)
{
    struct dice d = {10};

    (void)state;
    start((struct ratelimit_settings){.interval_s = 0.25, .burst = 16});
    for (double t = 0; t < 3000; t += 0.32) { /* 3.1 requests/s, jittered by up to 1 s */
        assert_int_equal(ask(9, t + dice_below(&d, 1000) * 1e-3), RATELIMIT_ANSWER);
    }
}

static void test_minimum_gap(void **state)
{
    (void)state;
    start((struct ratelimit_settings){.interval_s = 0.1, .burst = 100, .minimum_s = 2});
    assert_int_equal(ask(1, 10.0), RATELIMIT_ANSWER);
    assert_int_equal(ask(1, 11.0), RATELIMIT_DROP);
    assert_int_equal(ask(1, 12.0), RATELIMIT_DROP); /* the gap counts from the last request */
    assert_int_equal(ask(1, 14.0), RATELIMIT_ANSWER);
    assert_int_equal(ask(1, 15.6), RATELIMIT_ANSWER); /* iburst every 2 s, with jitter */
    assert_int_equal(ask(1, 17.05), RATELIMIT_DROP);
    assert_int_equal(ask(2, 17.05), RATELIMIT_ANSWER);
}

static unsigned count_verdicts(enum ratelimit_verdict which, unsigned n)
{
    unsigned count = 0;

    (void)ask(5, 1.0);
    for (unsigned i = 0; i < n; i++) {
        count += ask(5, 1.0) == which;
    }
    return count;
}

/* S27: the victim of a forged address still gets its share; kisses are seldom. */
static void test_leak_and_kod(void **state)
{
    const unsigned n = 64000;

    (void)state;
    start((struct ratelimit_settings){.interval_s = 8, .burst = 1});
    assert_int_equal(count_verdicts(RATELIMIT_DROP, n), n);
    start((struct ratelimit_settings){.interval_s = 8, .burst = 1, .leak_log2 = 2});
    assert_in_range(count_verdicts(RATELIMIT_ANSWER, n), n / 4 - 700, n / 4 + 700);
    start((struct ratelimit_settings){.interval_s = 8, .burst = 1, .kod_log2 = 3});
    assert_in_range(count_verdicts(RATELIMIT_KISS, n), n / 8 - 550, n / 8 + 550);
    start((struct ratelimit_settings){.interval_s = 8, .burst = 1, .leak_log2 = 1, .kod_log2 = 1});
    assert_in_range(count_verdicts(RATELIMIT_KISS, n), n / 4 - 700, n / 4 + 700);
}

/* S26: a /64 is one client, and so is an address in its v4-mapped form. */
static void test_who_is_one_client(void **state)
{
    struct address a = {.family = ADDRESS_V6, .bytes = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1}}, b = a;
    struct address mapped = {.family = ADDRESS_V6,
                             .bytes = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1}};

    (void)state;
    start((struct ratelimit_settings){.interval_s = 8, .burst = 1});
    b.bytes[15] = 77;
    b.bytes[8] = 1;
    assert_int_equal(ratelimit_check(&limit, &a, at(1)), RATELIMIT_ANSWER);
    assert_int_equal(ratelimit_check(&limit, &b, at(1)), RATELIMIT_DROP);
    b.bytes[7] = 2;
    assert_int_equal(ratelimit_check(&limit, &b, at(1)), RATELIMIT_ANSWER);
    assert_int_equal(ask(0xc0000201u, 1), RATELIMIT_ANSWER);
    assert_int_equal(ratelimit_check(&limit, &mapped, at(1)), RATELIMIT_DROP);
}

/* S25: forged sources push out silent clients only; who asks keeps its place. */
static void test_table_is_fixed(void **state)
{
    struct dice d = {11};
    unsigned limited = 0;

    (void)state;
    start((struct ratelimit_settings){.interval_s = 100, .burst = 1});
    (void)ask(42, 0.0);
    for (unsigned i = 1; i < 4000; i++) {
        /* In each ms one forged source, and each 10 ms our greedy client. */
        (void)ask((uint32_t)dice_u64(&d) | 0x80000000u, i * 1e-3);
        if (i % 10 == 0) {
            limited += ask(42, i * 1e-3) == RATELIMIT_DROP;
        }
    }
    assert_int_equal(limited, 399);
}

/* Different seeds spread the same addresses differently, and every bucket is used evenly. */
static void test_spread(void **state)
{
    unsigned used = 0, most = 0;

    (void)state;
    start((struct ratelimit_settings){.interval_s = 100, .burst = 1});
    for (uint32_t i = 0; i < CLIENTS / 2; i++) {
        (void)ask(0x0a000000u + i, 1.0);
    }
    for (size_t bucket = 0; bucket < CLIENTS / 4; bucket++) {
        unsigned here = 0;

        for (size_t way = 0; way < 4; way++) {
            here += table[bucket * 4 + way].seen != 0;
        }
        used += here;
        most = here > most ? here : most;
    }
    /* Poisson with mean 2 into 4 ways: about 1 in 20 does not fit. */
    assert_in_range(used, CLIENTS / 2 * 92 / 100, CLIENTS / 2 * 98 / 100);
    assert_int_equal(most, 4);
}

/* Long gaps, clocks that go back, settings from the edge of sense: no overflow, a verdict. */
static void test_extremes(void **state)
{
    static const double values[] = {-1.0, 0.0, 1e-300, 1e-6, 1.0, 1e6, 1e300};
    static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
    struct address a = v4(1);

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        for (size_t k = 0; k < 7; k++) {
            start((struct ratelimit_settings){.interval_s = values[i],
                                              .burst = values[k],
                                              .minimum_s = values[i],
                                              .leak_log2 = 99,
                                              .kod_log2 = 99});
            for (size_t n = 0; n < 49; n++) {
                (void)ratelimit_check(&limit, &a, (struct mono_time){times[n % 7]});
                (void)ratelimit_check(&limit, &a, (struct mono_time){times[n / 7]});
            }
        }
    }
    start((struct ratelimit_settings){.interval_s = (double)NAN, .burst = (double)INFINITY});
    assert_int_equal(ratelimit_check(&limit, &a, at(0)), RATELIMIT_ANSWER);
}

static void test_disabled(void **state)
{
    struct ratelimit_settings s = {.interval_s = 8, .burst = 1};
    struct address a = v4(1);

    (void)state;
    memset(table, 0, sizeof table);
    ratelimit_init(&limit, &s, table, CLIENTS, seed);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(ratelimit_check(&limit, &a, at(1)), RATELIMIT_ANSWER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst_then_average),
        cmocka_unit_test(test_flood_gets_average),
        cmocka_unit_test(test_below_average_never_limited),
        cmocka_unit_test(test_minimum_gap),
        cmocka_unit_test(test_leak_and_kod),
        cmocka_unit_test(test_who_is_one_client),
        cmocka_unit_test(test_table_is_fixed),
        cmocka_unit_test(test_spread),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_disabled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
