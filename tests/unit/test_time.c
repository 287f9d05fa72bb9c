/* SPDX-License-Identifier: BSD-2-Clause */
/* Instants and wire formats: the dates of RFC 5905 figure 4, era turns, saturation. */
#include "core/time.h"

#include <math.h>

#include "check.h"

static struct wall_time at_s(int64_t s)
{
    return (struct wall_time){s * NS_PER_S};
}

/* RFC 5905 figure 4: date, era and seconds of the era. */
static void test_rfc_dates(void **state)
{
    static const struct {
        int64_t unix_s;
        uint32_t seconds;
    } rows[] = {
        {INT64_C(-2208988800), 0},          /* 1900-01-01, first day of NTP */
        {0, UINT32_C(2208988800)},          /* 1970-01-01 */
        {INT64_C(63072000), 2272060800u},   /* 1972-01-01, first day of UTC */
        {INT64_C(946684799), 3155673599u},  /* 1999-12-31 23:59:59 */
        {INT64_C(2085978495), 4294967295u}, /* 2036-02-07 06:28:15, last second of era 0 */
        {INT64_C(2085978496), 0},           /* era 1 begins */
        {INT64_C(2147483648), 61505152u},   /* 2038-01-19: 32-bit time_t ends */
        {INT64_C(6380945696), 4294967200u}, /* 2172-03-15 12:54:56, late in era 1 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t timestamp = ntp_from_wall(at_s(rows[i].unix_s));

        assert_int_equal(timestamp >> 32, rows[i].seconds);
        assert_int_equal(timestamp & 0xffffffffu, 0);
        assert_int_equal(wall_from_ntp(timestamp, at_s(rows[i].unix_s + 1000)).ns,
                         rows[i].unix_s * NS_PER_S);
    }
}

static void test_fraction_truncates(void **state)
{
    (void)state;
    assert_int_equal(ntp_from_wall((struct wall_time){500000000}) & 0xffffffffu, 0x80000000u);
    assert_int_equal(ntp_from_wall((struct wall_time){1}) & 0xffffffffu, 4);
    assert_int_equal(ntp_from_wall((struct wall_time){999999999}) & 0xffffffffu, 4294967291u);
    /* A negative instant: the fraction still counts upwards. */
    assert_int_equal(ntp_from_wall((struct wall_time){-250000000}),
                     UINT64_C(2208988799) << 32 | 0xc0000000u);
}

/* wall -> ntp -> wall gives the same ns for any pivot within half an era. */
static void test_round_trip(void **state)
{
    struct dice d = {1};

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        int64_t s = (int64_t)(dice_u64(&d) % UINT64_C(10000000000)) - INT64_C(2000000000);
        struct wall_time t = {s % 9000000000 * NS_PER_S + dice_below(&d, 1000000000)};
        int64_t away = (int64_t)(dice_u64(&d) % UINT64_C(4294967294)) - INT64_C(2147483647);
        struct wall_time pivot = {ns_add(t.ns, away * NS_PER_S)};

        assert_int_equal(wall_from_ntp(ntp_from_wall(t), pivot).ns, t.ns);
    }
}

/* The four stamps of an exchange across 2036-02-07 06:28:16 UTC (C47). */
static void test_era_turn(void **state)
{
    const int64_t turn = INT64_C(2085978496) * NS_PER_S;
    struct wall_time before = {turn - 1}, after = {turn + 1};

    (void)state;
    assert_int_equal(ntp_from_wall(before) >> 32, 0xffffffffu);
    assert_int_equal(ntp_from_wall(after) >> 32, 0);
    assert_int_equal(wall_from_ntp(ntp_from_wall(after), before).ns, after.ns);
    assert_int_equal(wall_from_ntp(ntp_from_wall(before), after).ns, before.ns);
    assert_int_equal(wall_from_ntp(0, before).ns, turn);
    assert_int_equal(wall_from_ntp(UINT64_MAX, after).ns, turn); /* 2^-32 s short: rounds up */
}

/* Nearest to the pivot: exactly half an era decides. */
static void test_nearest_era(void **state)
{
    const struct wall_time pivot = at_s(1700000000);
    const uint64_t far = ntp_from_wall(pivot) + (UINT64_C(1) << 63);

    (void)state;
    assert_int_equal(wall_from_ntp(far - 1, pivot).ns / NS_PER_S, 1700000000 + INT64_C(2147483648));
    assert_int_equal(wall_from_ntp(far, pivot).ns / NS_PER_S, 1700000000 - INT64_C(2147483648));
}

/* At the ends of int64 (1678 and 2262) the result saturates and nothing overflows. */
static void test_ends(void **state)
{
    struct dice d = {2};

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t timestamp = dice_u64(&d);

        (void)ntp_from_wall(wall_from_ntp(timestamp, (struct wall_time){INT64_MAX}));
        (void)ntp_from_wall(wall_from_ntp(timestamp, (struct wall_time){INT64_MIN}));
    }
    assert_int_equal(
        wall_from_ntp(ntp_from_wall((struct wall_time){INT64_MAX}) + (UINT64_C(9) << 32),
                      (struct wall_time){INT64_MAX})
            .ns,
        INT64_MAX);
    assert_int_equal(
        wall_from_ntp(ntp_from_wall((struct wall_time){INT64_MIN}) - (UINT64_C(9) << 32),
                      (struct wall_time){INT64_MIN})
            .ns,
        INT64_MIN);
}

static void test_seconds_and_ns(void **state)
{
    (void)state;
    assert_int_equal(ns_from_s(1.5), 1500000000);
    assert_int_equal(ns_from_s(-1.5), -1500000000);
    assert_int_equal(ns_from_s(0.6e-9), 1);
    assert_int_equal(ns_from_s(-0.6e-9), -1);
    assert_int_equal(ns_from_s(0.4e-9), 0);
    assert_int_equal(ns_from_s(9.3e9), INT64_MAX);
    assert_int_equal(ns_from_s(-9.3e9), INT64_MIN);
    assert_int_equal(ns_from_s((double)INFINITY), INT64_MAX);
    assert_int_equal(ns_from_s(-(double)INFINITY), INT64_MIN);
    assert_int_equal(ns_from_s((double)NAN), 0);
    assert_true(s_from_ns(1500000000) == 1.5);
    assert_true(s_from_ns(-1) == -1e-9);
    for (int64_t ns = 1; ns < INT64_C(1) << 52; ns = ns * 3 + 1) {
        assert_int_equal(ns_from_s(s_from_ns(ns)), ns);
    }
}

static void test_saturating(void **state)
{
    (void)state;
    assert_int_equal(ns_subtract(INT64_MIN, 1), INT64_MIN);
    assert_int_equal(ns_subtract(INT64_MAX, -1), INT64_MAX);
    assert_int_equal(ns_subtract(0, INT64_MIN), INT64_MAX);
    assert_int_equal(ns_subtract(5, 7), -2);
    assert_int_equal(ns_add(INT64_MAX, 1), INT64_MAX);
    assert_int_equal(ns_add(INT64_MIN, -1), INT64_MIN);
    assert_int_equal(ns_add(5, -7), -2);
    assert_int_equal(mono_after((struct mono_time){5}, 2e-9).ns, 7);
    assert_int_equal(mono_after((struct mono_time){INT64_MAX - 5}, 1.0).ns, INT64_MAX);
    assert_int_equal(mono_after((struct mono_time){0}, -1e30).ns, INT64_MIN);
}

/* S23: saturates, never wraps; C13: the top bit is no sign; a bound is never rounded down. */
static void test_short_format(void **state)
{
    (void)state;
    assert_int_equal(ntp_short_from_s(0.0), 0);
    assert_int_equal(ntp_short_from_s(-1.0), 0);
    assert_int_equal(ntp_short_from_s((double)NAN), 0);
    assert_int_equal(ntp_short_from_s(1.0), 0x10000);
    assert_int_equal(ntp_short_from_s(1e-9), 1);
    assert_int_equal(ntp_short_from_s(1.0 + 1e-9), 0x10001);
    assert_int_equal(ntp_short_from_s(65535.0), 0xffff0000u);
    assert_int_equal(ntp_short_from_s(65535.99999), 0xffffffffu);
    assert_int_equal(ntp_short_from_s(65536.0), 0xffffffffu);
    assert_int_equal(ntp_short_from_s(1e300), 0xffffffffu);
    assert_int_equal(ntp_short_from_s((double)INFINITY), 0xffffffffu);
    assert_true(s_from_ntp_short(0x80000000u) == 32768.0);
    assert_true(s_from_ntp_short(0xffffffffu) > 65535.9999);
    for (uint64_t v = 0; v <= 0xffffffffu; v = v * 2 + 1) {
        assert_int_equal(ntp_short_from_s(s_from_ntp_short((uint32_t)v)), v);
    }
}

/* C15: any exponent of a packet. */
static void test_log2(void **state)
{
    (void)state;
    for (int e = -128; e <= 127; e++) {
        int clamped = e < -64 ? -64 : e > 63 ? 63 : e;
        double s = s_from_log2(e);

        assert_true(s == ldexp(1.0, clamped));
        assert_int_equal(log2_from_s(s), clamped);
        if (clamped < 63) {
            assert_int_equal(log2_from_s(s * 1.0001), clamped + 1);
        }
    }
    assert_int_equal(log2_from_s(0.0), -64);
    assert_int_equal(log2_from_s(-1.0), -64);
    assert_int_equal(log2_from_s((double)NAN), -64);
    assert_int_equal(log2_from_s((double)INFINITY), 63);
    assert_int_equal(log2_from_s(1e-6), -19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc_dates),      cmocka_unit_test(test_fraction_truncates),
        cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_era_turn),
        cmocka_unit_test(test_nearest_era),    cmocka_unit_test(test_ends),
        cmocka_unit_test(test_seconds_and_ns), cmocka_unit_test(test_saturating),
        cmocka_unit_test(test_short_format),   cmocka_unit_test(test_log2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
