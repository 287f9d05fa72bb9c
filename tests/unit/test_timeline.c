/* SPDX-License-Identifier: BSD-2-Clause */
/* The timeline against a model in long double that keeps every segment: exact over days and a
 * hundred thousand changes of rate, for old readings, steps and leaps of somebody else. */
#include "core/timeline.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"

#define EPOCH_NS (INT64_C(1795000000) * NS_PER_S)

/* What the timeline promises, by brute force: free(mono) as a long double of ns. */
struct model {
    int64_t mono[TIMELINE_SEGMENTS];
    long double free_ns[TIMELINE_SEGMENTS];
    double rate[TIMELINE_SEGMENTS];
    unsigned count;
};

static long double model_free(const struct model *m, int64_t mono)
{
    unsigned i = m->count - 1;

    while (i > 0 && m->mono[i] > mono) {
        i--;
    }
    return m->free_ns[i] + (long double)(mono - m->mono[i]) / (1.0L + (long double)m->rate[i]);
}

static void model_record(struct model *m, int64_t mono, double rate)
{
    long double at = model_free(m, mono);

    if (m->count == TIMELINE_SEGMENTS) {
        for (unsigned i = 1; i < m->count; i++) {
            m->mono[i - 1] = m->mono[i];
            m->free_ns[i - 1] = m->free_ns[i];
            m->rate[i - 1] = m->rate[i];
        }
        m->count--;
    }
    m->mono[m->count] = mono;
    m->free_ns[m->count] = at;
    m->rate[m->count++] = rate;
}

static double random_rate(struct dice *d, double size)
{
    return ((double)dice_below(d, 2000001) / 1e6 - 1) * size;
}

static struct instant at(int64_t wall_ns, int64_t mono_ns)
{
    return (struct instant){.wall = {wall_ns}, .mono = {mono_ns}};
}

static void check_against(const struct timeline *t, const struct model *m, int64_t mono)
{
    long double wanted = model_free(m, mono);
    long double added = (long double)mono - wanted; /* wall - (free + base): base cancels mono 0 */
    double offset = timeline_clock_offset(t, (struct mono_time){mono}, 0.25);

    assert_true(fabsl((long double)timeline_free(t, (struct mono_time){mono}).ns - wanted) <=
                1.01L);
    assert_true(fabsl((long double)offset - (0.25L - added * 1e-9L)) < 2e-11L);
    offset = timeline_free_offset(t, (struct mono_time){mono}, offset);
    assert_true(fabs(offset - 0.25) < 1e-12);
}

static void test_exact_over_many_changes(void **state)
{
    struct dice dice = {4};
    struct timeline t;
    struct model m = {.count = 1};
    int64_t mono = 0;

    (void)state;
    timeline_init(&t, at(EPOCH_NS, 0), 12e-6);
    m.rate[0] = 12e-6;
    for (unsigned i = 0; i < 100000; i++) { /* 1e6 s in all */
        double rate = random_rate(&dice, i % 7 == 0 ? 0.08 : 500e-6);

        mono += (int64_t)(dice_u64(&dice) % (20 * (uint64_t)NS_PER_S));
        check_against(&t, &m, mono);
        timeline_record_rate(&t, (struct mono_time){mono}, rate);
        model_record(&m, mono, rate);
        assert_true(timeline_rate(&t) == rate);
        /* readings from before the last changes, as far as they are kept */
        check_against(&t, &m, m.mono[dice_below(&dice, m.count)] + 1);
        check_against(&t, &m, (m.mono[m.count / 2] + mono) / 2);
    }
    assert_true(mono > 900000 * NS_PER_S);
}

static void test_one_long_stretch(void **state)
{
    struct timeline t;
    struct model m = {.count = 1};

    (void)state;
    timeline_init(&t, at(EPOCH_NS, 0), -499.123456789e-6);
    m.rate[0] = -499.123456789e-6;
    for (int64_t day = 0; day < 4000; day += 13) {
        int64_t mono = day * 86400 * NS_PER_S + 123456789;
        long double wanted = model_free(&m, mono);

        /* the rate alone is multiplied: 1e-16 of 5e-4 of the distance, besides the rounding */
        assert_true(fabsl((long double)timeline_free(&t, (struct mono_time){mono}).ns - wanted) <
                    1.01L + (long double)mono * 2e-19L);
    }
}

static void test_older_than_all_that_is_kept(void **state)
{
    struct timeline t;
    int64_t oldest;

    (void)state;
    timeline_init(&t, at(EPOCH_NS, 1000 * NS_PER_S), 0.01);
    for (int i = 1; i <= 40; i++) {
        timeline_record_rate(&t, (struct mono_time){(1000 + i) * NS_PER_S}, i % 2 ? 0.02 : -0.02);
    }
    oldest = timeline_free(&t, (struct mono_time){(1000 + 25) * NS_PER_S}).ns;
    /* 10 s before the oldest kept: by the rate of that segment (the 25th: +0.02) */
    assert_true(llabs(oldest - timeline_free(&t, (struct mono_time){(1000 + 15) * NS_PER_S}).ns -
                      (int64_t)(10e9 / 1.02)) <= 2);
}

static void test_order_of_records_is_forced(void **state)
{
    struct timeline t;
    int64_t before, after;

    (void)state;
    timeline_init(&t, at(EPOCH_NS, 0), 0);
    timeline_record_rate(&t, (struct mono_time){10 * NS_PER_S}, 0.05);
    before = timeline_free(&t, (struct mono_time){10 * NS_PER_S}).ns;
    timeline_record_rate(&t, (struct mono_time){9 * NS_PER_S}, 0.0); /* read too early */
    after = timeline_free(&t, (struct mono_time){10 * NS_PER_S}).ns;
    assert_true(llabs(before - after) <= 1);
    assert_true(
        llabs(timeline_free(&t, (struct mono_time){11 * NS_PER_S}).ns - before - NS_PER_S) <= 1);
}

static void test_a_step_moves_wall_and_base(void **state)
{
    struct timeline t;
    struct mono_time mono = {50 * NS_PER_S};
    struct free_time free;
    double offset;

    (void)state;
    timeline_init(&t, at(EPOCH_NS, 0), 100e-6);
    free = timeline_free(&t, mono);
    offset = timeline_clock_offset(&t, mono, 37.5);
    assert_int_equal(timeline_unexplained_ns(&t, at(EPOCH_NS + mono.ns, mono.ns)), 0);
    timeline_record_step(&t, 37 * NS_PER_S);
    /* the free clock reads on; what is stored is shifted by the caller, so the sum stays */
    assert_int_equal(timeline_free(&t, mono).ns, free.ns);
    assert_true(fabs(timeline_clock_offset(&t, mono, 37.5 - 37) - (offset - 37)) < 1e-12);
    assert_int_equal(timeline_unexplained_ns(&t, at(EPOCH_NS + mono.ns + 37 * NS_PER_S, mono.ns)),
                     0);
    assert_int_equal(timeline_free_wall(&t, free).ns, EPOCH_NS + free.ns + 37 * NS_PER_S);
    assert_int_equal(
        timeline_free_from_wall(&t, (struct wall_time){EPOCH_NS + mono.ns + 37 * NS_PER_S}).ns,
        free.ns);
}

static void test_steps_of_others_are_seen_to_the_ns(void **state)
{
    static const int64_t steps[] = {1, -1, 999999, -1000000, NS_PER_S, -86400 * NS_PER_S};
    struct timeline t;
    int64_t sum = 0;

    (void)state;
    timeline_init(&t, at(EPOCH_NS, 5), 0);
    for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct instant now = at(EPOCH_NS + sum + steps[i] + 1000, 5 + 1000);

        assert_int_equal(timeline_unexplained_ns(&t, now), steps[i]);
        timeline_record_step(&t, steps[i]);
        assert_int_equal(timeline_unexplained_ns(&t, now), 0);
        sum += steps[i];
    }
}

static void test_extreme_readings_saturate(void **state)
{
    static const int64_t extremes[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX};
    struct timeline t;

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        for (unsigned j = 0; j < 6; j++) {
            timeline_init(&t, at(extremes[i], extremes[j]), -0.08);
            timeline_record_step(&t, extremes[j]);
            timeline_record_rate(&t, (struct mono_time){extremes[i]}, 0.08);
            for (unsigned k = 0; k < 6; k++) {
                (void)timeline_free(&t, (struct mono_time){extremes[k]});
                (void)timeline_free_from_wall(&t, (struct wall_time){extremes[k]});
                (void)timeline_unexplained_ns(&t, at(extremes[k], extremes[i]));
                assert_true(
                    isfinite(timeline_clock_offset(&t, (struct mono_time){extremes[k]}, 1e9)));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_over_many_changes),
        cmocka_unit_test(test_one_long_stretch),
        cmocka_unit_test(test_older_than_all_that_is_kept),
        cmocka_unit_test(test_order_of_records_is_forced),
        cmocka_unit_test(test_a_step_moves_wall_and_base),
        cmocka_unit_test(test_steps_of_others_are_seen_to_the_ns),
        cmocka_unit_test(test_extreme_readings_saturate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
