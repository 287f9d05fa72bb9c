/* SPDX-License-Identifier: BSD-2-Clause */
/* One path's noise model on synthetic queues: the base follows the route and not the traffic, share
 * and slope are learnt, outliers are kept aside and jumps believed, steps shift all. */
#include "core/filter.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"

#define POLL_S 16.0
#define RATE 12e-6
#define READING_S 1e-8

/* A path with exponential queues, and a clock that runs off at RATE. */
struct path {
    struct filter filter;
    struct dice dice;
    double base_s, out_s, back_s; /* means of the queues */
    double offset_s;              /* of the clock, besides RATE */
    unsigned n;                   /* samples so far */
    double worst_s;               /* error of the estimate, largest since reset by a test */
    double squares;
    unsigned squared;
};

static double unit(struct dice *d)
{
    return ((double)(dice_u64(d) >> 11) + 0.5) / 9007199254740992.0;
}

static double true_offset(const struct path *p)
{
    return p->offset_s + RATE * POLL_S * p->n;
}

static struct sample next_sample(struct path *p)
{
    double out = -p->out_s * log(unit(&p->dice)), back = -p->back_s * log(unit(&p->dice));

    p->n++;
    return (struct sample){.at = {ns_from_s(POLL_S * p->n)},
                           .offset_s = true_offset(p) + (out - back) / 2,
                           .delay_s = p->base_s + out + back,
                           .dispersion_s = READING_S};
}

static enum filter_verdict feed(struct path *p)
{
    struct sample s = next_sample(p);
    enum filter_verdict v = filter_add(&p->filter, &s);
    double error = filter_estimate(&p->filter, s.at).offset_s - true_offset(p);

    p->worst_s = fmax(p->worst_s, fabs(error));
    p->squares += error * error;
    p->squared++;
    return v;
}

static struct path *start(double base_s, double out_s, double back_s)
{
    static struct path p;

    p = (struct path){
        .dice = {50}, .base_s = base_s, .out_s = out_s, .back_s = back_s, .offset_s = 0.003};
    filter_init(&p.filter, 0, 1e-4);
    return &p;
}

static void feed_many(struct path *p, unsigned n)
{
    p->worst_s = p->squares = p->squared = 0;
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(feed(p), FILTER_TAKEN);
    }
}

static void test_learns_clock_and_path(void **state)
{
    struct path *p = start(0.02, 1e-4, 1e-4);
    struct estimate e;

    (void)state;
    feed_many(p, 2000);
    e = filter_estimate(&p->filter, p->filter.kalman.at);
    assert_true(fabs(e.offset_s - true_offset(p)) < 2e-5);
    assert_true(fabs(e.rate - RATE) < 2e-8);
    assert_true(fabs(e.offset_s - true_offset(p)) < 5 * e.offset_sd_s);
    assert_true(fabs(e.rate - RATE) < 5 * e.rate_sd);
    assert_true(p->filter.min_delay_s >= 0.02 && p->filter.min_delay_s < 0.02 + 2e-5);
    assert_true(p->filter.spread_s > 0.6e-4 && p->filter.spread_s < 1.6e-4);
    /* for exponential queues the error is uniform within the excess: c = 1/12 */
    assert_true(p->filter.share > 0.06 && p->filter.share < 0.11);
    assert_true(fabs(p->filter.slope) < 0.08);
    assert_int_equal(e.samples, 2000);
}

/* Deviations tell the truth: the mean square of error over deviation is near 1. */
static void test_deviations_are_honest(void **state)
{
    double sum = 0;
    unsigned n = 0;

    (void)state;
    for (unsigned run = 0; run < 30; run++) {
        struct path *p = start(0.01, 5e-5, 5e-5);

        p->dice.state = 1000 + run;
        for (unsigned i = 0; i < 400; i++) {
            struct estimate e;

            (void)feed(p);
            e = filter_estimate(&p->filter, p->filter.kalman.at);
            if (i > 50) {
                double error = (e.offset_s - true_offset(p)) / e.offset_sd_s;

                sum += error * error;
                n++;
            }
        }
    }
    assert_true(sum / n > 0.3 && sum / n < 2);
}

static void test_one_sided_queues_show_as_slope(void **state)
{
    struct path *p = start(0.02, 2e-4, 1e-9);

    (void)state;
    feed_many(p, 3000);
    /* the offset is wrong by +excess/2 */
    assert_true(p->filter.slope > 0.35 && p->filter.slope <= 0.5);
    feed_many(p, 1000);
    assert_true(sqrt(p->squares / p->squared) < 1e-5); /* 1e-4 without */
    p = start(0.02, 1e-9, 2e-4);
    feed_many(p, 3000);
    assert_true(p->filter.slope < -0.35 && p->filter.slope >= -0.5);
}

static void test_a_longer_route_becomes_the_base(void **state)
{
    static const double longer[] = {0.002, 0.02, 0.2};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct path *p = start(0.02, 2e-5, 2e-5);
        double variance;
        struct sample s;

        feed_many(p, 200);
        s = next_sample(p);
        variance = filter_variance(&p->filter, &s);
        p->base_s += longer[i]; /* both ways alike */
        for (unsigned k = 0; k < 40; k++) {
            assert_int_equal(feed(p), FILTER_TAKEN);
        }
        assert_true(p->filter.min_delay_s >= p->base_s && p->filter.min_delay_s < p->base_s + 2e-5);
        feed_many(p, 100);
        assert_true(p->worst_s < 1e-4);
        s = next_sample(p);
        assert_true(filter_variance(&p->filter, &s) < 50 * variance + 1e-10);
    }
}

static void test_a_shorter_route_becomes_the_base_at_once(void **state)
{
    struct path *p = start(0.05, 2e-5, 2e-5);

    (void)state;
    feed_many(p, 200);
    p->base_s = 0.03;
    assert_int_equal(feed(p), FILTER_TAKEN);
    assert_true(p->filter.min_delay_s < 0.0302);
    feed_many(p, 200);
    assert_true(p->worst_s < 1e-4);
}

static void test_congestion_does_not_move_the_base(void **state)
{
    struct path *p = start(0.02, 2e-5, 2e-5);

    (void)state;
    feed_many(p, 200);
    for (unsigned k = 0; k < 50; k++) { /* rush hours: queues of 20 ms out, hardly any back */
        p->out_s = k % 2 ? 2e-2 : 2e-5;
        feed_many(p, 20);
        assert_true(p->filter.min_delay_s < 0.0201);
    }
    assert_true(p->worst_s < 0.005);
}

static void test_equal_delays_do_no_harm(void **state)
{
    struct path *p = start(0.001, 1e-15, 1e-15);

    (void)state;
    feed_many(p, 300);
    assert_true(p->worst_s < 1e-6);
    p->base_s = 0.003; /* and a longer route is found there too */
    feed_many(p, 100);
    assert_true(p->filter.min_delay_s > 0.0029);
}

static void test_outliers_are_kept_aside(void **state)
{
    struct path *p = start(0.02, 2e-5, 2e-5);
    struct sample s;
    struct estimate before, after;
    unsigned count;

    (void)state;
    feed_many(p, 200);
    for (unsigned k = 0; k < 20; k++) {
        before = filter_estimate(&p->filter, p->filter.kalman.at);
        count = p->filter.total;
        for (unsigned bad = 0; bad < 1 + k % 2; bad++) { /* one or two in a row */
            s = next_sample(p);
            s.offset_s += k % 3 ? 0.5 : -3600;
            s.delay_s = 0.02;
            assert_int_equal(filter_add(&p->filter, &s), FILTER_SUSPECT);
            assert_int_equal(p->filter.total, count);
            assert_true(filter_sample(&p->filter, 0)->offset_s != s.offset_s); /* not kept */
        }
        after = filter_estimate(&p->filter, p->filter.kalman.at);
        assert_true(before.offset_s == after.offset_s && before.rate == after.rate);
        feed_many(p, 10);
        assert_int_equal(p->filter.suspects, 0);
    }
    assert_true(p->worst_s < 1e-4);
}

static void test_a_jump_is_believed_the_third_time(void **state)
{
    static const double jumps[] = {0.01, -1, 1e5};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct path *p = start(0.02, 2e-5, 2e-5);

        feed_many(p, 200);
        p->offset_s += jumps[i];
        assert_int_equal(feed(p), FILTER_SUSPECT);
        assert_int_equal(feed(p), FILTER_SUSPECT);
        assert_int_equal(feed(p), FILTER_RESTARTED);
        assert_int_equal(p->filter.total, 1);
        assert_int_equal(p->filter.count, 1);
        feed_many(p, 20);
        feed_many(p, 50);
        assert_true(p->worst_s < 5e-5);
        assert_true(fabs(filter_estimate(&p->filter, p->filter.kalman.at).rate - RATE) < 5e-7);
    }
}

/* A source that jumps within its first answers has moved: its jump is no rate. */
static void test_an_early_jump_is_no_rate(void **state)
{
    static const double jumps_s[] = {0.05, -0.05, 1, -100, 1e6};

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        for (unsigned before = 1; before < 8; before++) {
            struct path *p = start(0.02, 1e-4, 1e-4);

            for (unsigned n = 0; n < before; n++) {
                assert_int_equal(feed(p), FILTER_TAKEN);
            }
            p->offset_s += jumps_s[i];
            assert_int_equal(feed(p), FILTER_SUSPECT);
            assert_int_equal(feed(p), FILTER_SUSPECT);
            assert_int_equal(feed(p), FILTER_RESTARTED);
            for (unsigned n = 0; n < 4; n++) {
                assert_int_equal(feed(p), FILTER_TAKEN);
                assert_true(fabs(filter_estimate(&p->filter, p->filter.kalman.at).rate) < 2e-4);
            }
        }
    }
}

static void test_a_frequency_step_is_followed(void **state)
{
    struct path *p = start(0.02, 2e-5, 2e-5);
    unsigned lost = 0;

    (void)state;
    feed_many(p, 300);
    for (unsigned i = 0; i < 100; i++) { /* 2 ppm more: 32 us each poll */
        p->offset_s += 2e-6 * POLL_S;
        lost += feed(p) != FILTER_TAKEN;
    }
    assert_true(lost <= 3);
    assert_true(fabs(filter_estimate(&p->filter, p->filter.kalman.at).rate - RATE - 2e-6) < 1e-7);
}

static void test_shift_moves_everything(void **state)
{
    static struct path moved;
    struct path *p = start(0.02, 2e-5, 2e-5);

    (void)state;
    feed_many(p, 300);
    moved = *p;
    filter_shift(&moved.filter, 37);
    moved.offset_s -= 37;
    for (unsigned i = 0; i < p->filter.count; i++) {
        assert_true(fabs(filter_sample(&p->filter, i)->offset_s - 37 -
                         filter_sample(&moved.filter, i)->offset_s) < 1e-12);
    }
    feed_many(p, 100);
    feed_many(&moved, 100);
    assert_true(fabs(filter_estimate(&p->filter, p->filter.kalman.at).offset_s - 37 -
                     filter_estimate(&moved.filter, p->filter.kalman.at).offset_s) < 1e-9);
}

static void test_a_refclock_finds_its_noise(void **state)
{
    static const double noises[] = {1e-7, 1e-6, 1e-4};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct path *p = start(0, 1e-15, 1e-15);

        for (unsigned k = 0; k < 200; k++) {
            struct sample s = next_sample(p);
            double sum = 0;

            for (unsigned g = 0; g < 12; g++) {
                sum += unit(&p->dice);
            }
            s.offset_s += noises[i] * (sum - 6);
            s.delay_s = 0;
            assert_int_equal(filter_add(&p->filter, &s), FILTER_TAKEN);
        }
        assert_true(p->filter.floor_s > 0.6 * noises[i] && p->filter.floor_s < 1.6 * noises[i]);
        assert_true(p->filter.jitter_s > 0.6 * noises[i] && p->filter.jitter_s < 1.6 * noises[i]);
    }
}

/* Any sample that passed the tests of source.c; O12. */
static void test_hostile_samples(void **state)
{
    static const double offsets[] = {0, 1e-9, -1e-3, 5, -1e9, 4e9},
                        delays[] = {1e-9, 1e-7, 1e-3, 0.5, 3, 16}, errors[] = {1e-9, 1e-6, 0.016};
    struct dice dice = {51};

    (void)state;
    for (unsigned run = 0; run < 200; run++) {
        static struct filter f;
        double at = 0;

        filter_init(&f, 1e-5, 1e-4);
        for (unsigned i = 0; i < 150; i++) {
            struct sample s;
            struct estimate e;

            at += dice_below(&dice, 20) ? pow(2, (double)dice_below(&dice, 12)) : 1e8;
            s = (struct sample){.at = {ns_from_s(at)},
                                .offset_s = offsets[dice_below(&dice, 6)] * unit(&dice),
                                .delay_s = delays[dice_below(&dice, 6)],
                                .dispersion_s = errors[dice_below(&dice, 3)]};
            (void)filter_add(&f, &s);
            e = filter_estimate(&f, s.at);
            assert_true(isfinite(e.offset_s) && isfinite(e.rate));
            assert_true(e.offset_sd_s > 0 && isfinite(e.offset_sd_s) && e.rate_sd > 0);
            assert_true(isfinite(f.jitter_s) && f.jitter_s > 0);
            assert_true(f.min_delay_s > 0 && f.spread_s >= 0);
            assert_true(f.share >= 0.02 && f.share <= 0.34 && fabs(f.slope) <= 0.5);
            assert_true(filter_variance(&f, &s) > 0);
            assert_true(f.count >= 1 && f.count <= FILTER_WINDOW);
        }
    }
}

/* Normal to within what twelve uniform numbers give. */
static double normal(struct dice *d)
{
    double sum = -6;

    for (unsigned i = 0; i < 12; i++) {
        sum += unit(d);
    }
    return sum;
}

/* A clock without a path: its noise is found, and found again when it changes, but a spike is none.
 */
static void test_noise_of_a_reference_clock(void **state)
{
    struct path *p = start(0, 0, 0);

    (void)state;
    for (unsigned i = 0; i < 12000; i++) {
        double noise_s = i < 8000 ? 1e-6 : 4e-6, spike_s = i % 500 == 499 ? 1e-4 : 0;
        struct sample s = {.at = {ns_from_s(i)}, .dispersion_s = 1e-9};

        s.offset_s = RATE * i + noise_s * normal(&p->dice) + spike_s;
        (void)filter_add(&p->filter, &s);
        if ((i > 600 && i < 8000) || i > 11000) {
            assert_true(p->filter.floor_s > 0.8 * noise_s && p->filter.floor_s < 1.25 * noise_s);
        }
    }
}

/* Four packets of five go a way that is 2 ms longer: a dozen of them in a row are no longer route,
 * a hundred are. */
static void test_a_path_that_alternates_keeps_its_base(void **state)
{
    (void)state;
    for (unsigned run = 0; run < 20; run++) {
        struct path *p = start(0.01, 1e-5, 1e-5);

        p->dice.state = 500 + run;
        for (unsigned i = 0; i < 100; i++) {
            p->base_s = dice_below(&p->dice, 5) ? 0.012 : 0.01;
            (void)feed(p);
        }
        p->base_s = 0.01;
        (void)feed(p);
        p->base_s = 0.012;
        for (unsigned i = 0; i < 100; i++) {
            (void)feed(p);
            assert_true(i >= 12 || p->filter.min_delay_s < 0.0101);
        }
        assert_true(p->filter.min_delay_s > 0.0119);
    }
}

static void test_what_surprises(void **state)
{
    struct path *p = start(0.01, 1e-5, 1e-5);
    unsigned surprises = 0;

    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(feed(p), FILTER_TAKEN);
        if (i < 8) {
            assert_true(filter_surprise(&p->filter, 0) >= HUGE_VAL); /* nothing is expected yet */
        } else {
            surprises += filter_surprise(&p->filter, 0) > 3;
        }
    }
    assert_in_range(surprises, 0, 9);
    p->offset_s += 3e-5;
    assert_int_equal(feed(p), FILTER_TAKEN);
    assert_true(filter_surprise(&p->filter, 0) > 2 && filter_surprise(&p->filter, 1) < 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns_clock_and_path),
        cmocka_unit_test(test_deviations_are_honest),
        cmocka_unit_test(test_one_sided_queues_show_as_slope),
        cmocka_unit_test(test_a_longer_route_becomes_the_base),
        cmocka_unit_test(test_a_shorter_route_becomes_the_base_at_once),
        cmocka_unit_test(test_congestion_does_not_move_the_base),
        cmocka_unit_test(test_equal_delays_do_no_harm),
        cmocka_unit_test(test_outliers_are_kept_aside),
        cmocka_unit_test(test_a_jump_is_believed_the_third_time),
        cmocka_unit_test(test_an_early_jump_is_no_rate),
        cmocka_unit_test(test_a_frequency_step_is_followed),
        cmocka_unit_test(test_shift_moves_everything),
        cmocka_unit_test(test_a_refclock_finds_its_noise),
        cmocka_unit_test(test_noise_of_a_reference_clock),
        cmocka_unit_test(test_a_path_that_alternates_keeps_its_base),
        cmocka_unit_test(test_what_surprises),
        cmocka_unit_test(test_hostile_samples),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
