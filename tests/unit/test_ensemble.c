/* SPDX-License-Identifier: BSD-2-Clause */
/* The combined filter over synthetic sources with biases and noise of their own: what it knows, who
 * joins and leaves, and that nothing said by one who left is held against another. */
#include "core/ensemble.h"

#include <math.h>

#include "check.h"

#define POLL_S 16.0
#define RATE 12e-6

struct world {
    struct dice dice;
    struct filter filters[12];
    double bias_s[12], noise_s[12];
    struct ensemble ensemble;
    struct ensemble_member members[KALMAN_BIASES_MAX];
    unsigned member_count;
    double now_s, offset_s;
    unsigned rebuilds;
};

static double unit(struct dice *d)
{
    return ((double)(dice_u64(d) >> 11) + 0.5) / 9007199254740992.0;
}

static double true_offset(const struct world *w)
{
    return w->offset_s + RATE * w->now_s;
}

static struct world *start(unsigned n)
{
    static struct world w;

    w = (struct world){.dice = {60}, .offset_s = 0.02};
    for (unsigned i = 0; i < 12; i++) {
        filter_init(&w.filters[i], 0, 1e-4);
        w.noise_s[i] = 1e-5;
    }
    for (unsigned i = 0; i < n; i++) {
        w.members[i] = (struct ensemble_member){
            .source = (uint16_t)(i + 20), .filter = &w.filters[i], .bias_sd_s = 1e-3};
    }
    w.member_count = n;
    ensemble_reset(&w.ensemble);
    ensemble_set_prior(&w.ensemble, 0, 1e-4);
    return &w;
}

/* One sample of source i, which is heard by its filter, and by the ensemble as judge.c does it. */
static void feed(struct world *w, unsigned i, double lie_s)
{
    double out = -w->noise_s[i] * log(unit(&w->dice)), back = -w->noise_s[i] * log(unit(&w->dice));
    struct sample s = {.at = {ns_from_s(w->now_s)},
                       .offset_s = true_offset(w) + w->bias_s[i] + (out - back) / 2 + lie_s,
                       .delay_s = 0.02 + out + back,
                       .dispersion_s = 1e-8};
    enum filter_verdict v = filter_add(&w->filters[i], &s);

    if (v == FILTER_RESTARTED) {
        ensemble_forget(&w->ensemble, (uint16_t)(i + 20));
    }
    if (ensemble_set_members(&w->ensemble, w->members, w->member_count)) {
        w->rebuilds++;
    } else if (v != FILTER_SUSPECT) {
        ensemble_add(&w->ensemble, w->members, w->member_count, (uint16_t)(i + 20));
    }
}

static void feed_all(struct world *w, unsigned n, unsigned rounds)
{
    for (unsigned r = 0; r < rounds; r++) {
        for (unsigned i = 0; i < n; i++) {
            w->now_s += POLL_S / n;
            feed(w, i, 0);
        }
    }
}

static struct estimate estimate(const struct world *w)
{
    return ensemble_estimate(&w->ensemble, (struct free_time){ns_from_s(w->now_s)});
}

static void test_knows_more_than_its_members(void **state)
{
    struct world *w = NULL;
    unsigned better = 0;

    (void)state;
    for (unsigned run = 0; run < 60; run++) {
        double together = 0, alone = 0;

        w = start(4);
        w->dice.state = 100 + run;
        feed_all(w, 4, 12);
        for (unsigned r = 0; r < 20; r++) {
            double error;

            feed_all(w, 4, 1);
            error = estimate(w).rate - RATE;
            together += error * error;
            for (unsigned i = 0; i < 4; i++) {
                struct free_time at = {ns_from_s(w->now_s)};

                error = filter_estimate(&w->filters[i], at).rate - RATE;
                alone += error * error / 4;
            }
        }
        better += together < alone / 2;
        assert_true(fabs(estimate(w).rate - RATE) < 5 * estimate(w).rate_sd);
        assert_true(fabs(estimate(w).offset_s - true_offset(w)) < 2e-4); /* biases: up to 1 ms */
    }
    assert_true(better >= 40); /* of 60; in the mean the square is a fourth */
    for (uint16_t i = 20; i < 24; i++) {
        assert_true(ensemble_has(&w->ensemble, i));
    }
    assert_false(ensemble_has(&w->ensemble, 0));
    assert_false(ensemble_has(&w->ensemble, 24));
}

static void test_biases_are_told_apart(void **state)
{
    struct world *w = start(3);
    double mean;

    (void)state;
    w->bias_s[0] = 4e-4;
    w->bias_s[1] = -6e-4;
    w->bias_s[2] = 2e-4;
    feed_all(w, 3, 500);
    mean = (ensemble_bias(&w->ensemble, 20) + ensemble_bias(&w->ensemble, 21) +
            ensemble_bias(&w->ensemble, 22)) /
           3;
    for (uint16_t i = 0; i < 3; i++) { /* all but their common part, which nobody can see */
        assert_true(fabs(ensemble_bias(&w->ensemble, (uint16_t)(i + 20)) - mean - w->bias_s[i]) <
                    3e-5);
    }
    assert_true(ensemble_bias(&w->ensemble, 7) == 0);
    assert_true(fabs(estimate(w).offset_s - true_offset(w)) < 1e-4);
}

static void test_it_begins_from_what_the_members_have(void **state)
{
    struct world *w = start(0);

    (void)state;
    feed_all(w, 2, 20); /* nobody is a member yet */
    assert_false(w->ensemble.started);
    w->member_count = 2;
    w->members[0] = (struct ensemble_member){20, &w->filters[0], 1e-3, 0};
    w->members[1] = (struct ensemble_member){21, &w->filters[1], 1e-3, 0};
    assert_true(ensemble_set_members(&w->ensemble, w->members, 2));
    assert_int_equal(w->ensemble.samples, 40);
    assert_true(fabs(estimate(w).offset_s - true_offset(w)) < 1e-4);
    assert_true(fabs(estimate(w).rate - RATE) < 1e-6);
    assert_false(ensemble_set_members(&w->ensemble, w->members, 2)); /* the same again */
    assert_int_equal(w->ensemble.samples, 40);
}

/* A sample that its own filter kept aside must not come in by the back door of a rebuild. */
static void test_a_rebuild_does_not_bring_outliers_back(void **state)
{
    struct world *w = start(1);

    (void)state;
    feed_all(w, 2, 12); /* source 21 only watches */
    w->now_s += 1;
    feed(w, 0, 0.8);
    w->now_s += 1;
    feed(w, 1, -0.8);
    feed_all(w, 2, 3);
    w->member_count = 2;
    w->members[1] = (struct ensemble_member){21, &w->filters[1], 1e-3, 0};
    w->now_s += 1;
    feed(w, 0, 0);
    assert_true(w->rebuilds >= 2);
    assert_true(fabs(estimate(w).offset_s - true_offset(w)) < 1e-4);
    assert_true(fabs(estimate(w).rate - RATE) < 1e-6);
}

static void test_members_come_and_go(void **state)
{
    struct world *w = start(3);
    struct estimate before, after;

    (void)state;
    feed_all(w, 6, 200);
    for (unsigned turn = 0; turn < 60; turn++) {
        before = estimate(w);
        w->member_count = 0;
        for (unsigned i = 0; i < 6; i++) {
            if (dice_below(&w->dice, 2) || i == turn % 6) {
                w->members[w->member_count++] =
                    (struct ensemble_member){(uint16_t)(20 + i), &w->filters[i], 1e-3, 1e-15};
            }
        }
        assert_false(ensemble_set_members(&w->ensemble, w->members, w->member_count));
        assert_int_equal(w->ensemble.kalman.biases, w->member_count);
        after = estimate(w); /* a change of members is no news of the clock */
        assert_true(fabs(after.offset_s - before.offset_s) < 1e-12);
        assert_true(fabs(after.rate - before.rate) < 1e-18);
        for (unsigned i = 0; i < 6; i++) {
            bool wanted = false;

            for (unsigned m = 0; m < w->member_count; m++) {
                wanted = wanted || w->members[m].source == 20 + i;
            }
            assert_int_equal(ensemble_has(&w->ensemble, (uint16_t)(20 + i)), wanted);
        }
        feed_all(w, 6, 3);
        assert_true(fabs(estimate(w).offset_s - true_offset(w)) < 3e-4);
        assert_true(fabs(estimate(w).rate - RATE) < 1e-6);
    }
}

static void test_who_is_no_member_has_no_say(void **state)
{
    struct world *w = start(2);
    struct estimate before, after;

    (void)state;
    feed_all(w, 3, 100);
    before = estimate(w);
    for (unsigned i = 0; i < 10; i++) {
        feed(w, 2, 0.5);
        ensemble_add(&w->ensemble, w->members, w->member_count, 22);
    }
    after = estimate(w);
    assert_true(before.offset_s == after.offset_s && before.rate == after.rate);
}

static void test_forget_and_release(void **state)
{
    struct world *w = start(2);
    struct estimate before;

    (void)state;
    feed_all(w, 2, 100);
    before = estimate(w);
    ensemble_forget(&w->ensemble, 99); /* unknown */
    ensemble_release(&w->ensemble, 99);
    assert_int_equal(w->ensemble.kalman.biases, 2);
    ensemble_forget(&w->ensemble, 20);
    assert_true(w->ensemble.started && !ensemble_has(&w->ensemble, 20));
    ensemble_release(&w->ensemble, 21); /* the last one is no more: the oscillator is still known */
    assert_true(w->ensemble.started);
    assert_int_equal(w->ensemble.kalman.biases, 0);
    assert_true(fabs(estimate(w).offset_s - before.offset_s) < 1e-12);
    assert_true(fabs(estimate(w).rate - before.rate) < 1e-18);
    assert_true(isfinite(estimate(w).offset_sd_s));
    w->member_count = 1;
    assert_false(ensemble_set_members(&w->ensemble, w->members, 1));
    ensemble_forget(&w->ensemble, 20); /* the last one jumped: then nothing is known */
    assert_false(w->ensemble.started);
    assert_true(w->ensemble.rate_prior_sd == 1e-4); /* but what was known at the start */
}

static void test_a_jump_of_one_is_not_a_jump_of_the_clock(void **state)
{
    (void)state;
    for (unsigned who = 0; who < 3; who++) {
        struct world *w = start(3);

        feed_all(w, 3, 200);
        w->bias_s[who] += 0.003; /* three deviations of what its path may be wrong by */
        for (unsigned r = 0; r < 30; r++) {
            feed_all(w, 3, 1);
            /* a newcomer's word on the offset counts, but the rate is not touched */
            assert_true(fabs(estimate(w).offset_s - true_offset(w)) < 1.2e-3);
            assert_true(fabs(estimate(w).rate - RATE) < 1e-7);
        }
    }
}

/* One of three runs away from the others, slowly enough that none of its samples surprises it. */
static void test_who_creeps_drags_nobody(void **state)
{
    static const double rates[] = {2e-7, -1e-6, 5e-6};

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        for (unsigned who = 0; who < 3; who++) {
            struct world *w = start(3);

            w->dice.state = 300 + k;
            for (unsigned i = 0; i < 3; i++) {
                w->members[i].bias_sd_s = 1e-5; /* what the path lets expect */
            }
            feed_all(w, 3, 30);
            for (unsigned r = 0; r < 200; r++) {
                w->bias_s[who] += rates[k] * POLL_S;
                feed_all(w, 3, 1);
                assert_true(fabs(estimate(w).offset_s - true_offset(w)) < 6e-5);
                assert_true(fabs(estimate(w).rate - RATE) < 2e-6);
            }
        }
    }
}

/* The oscillator's own change is followed, however many sources see it. */
static void test_a_change_of_the_clock_is_followed(void **state)
{
    static const double changes[] = {2e-7, -2e-6, 2e-5};

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        for (unsigned n = 1; n <= 4; n++) {
            struct world *w = start(n);

            feed_all(w, n, 100);
            for (unsigned r = 0; r < 40; r++) {
                w->offset_s += changes[k] * POLL_S;
                feed_all(w, n, 1);
            }
            /* what it ran off before anybody saw it may be taken for biases */
            assert_true(fabs(estimate(w).offset_s - true_offset(w)) <
                        3e-5 + fabs(changes[k]) * POLL_S);
            assert_true(fabs(estimate(w).rate - RATE - changes[k]) < 1e-7);
        }
    }
}

static void test_shift(void **state)
{
    struct world *w = start(3);
    struct estimate before;

    (void)state;
    ensemble_shift(&w->ensemble, 5); /* nothing there yet */
    assert_false(w->ensemble.started);
    feed_all(w, 3, 100);
    before = estimate(w);
    ensemble_shift(&w->ensemble, 37);
    for (unsigned i = 0; i < 3; i++) {
        filter_shift(&w->filters[i], 37);
    }
    w->offset_s -= 37;
    assert_true(fabs(estimate(w).offset_s + 37 - before.offset_s) < 1e-12);
    feed_all(w, 3, 50);
    assert_true(fabs(estimate(w).offset_s - true_offset(w)) < 2e-4);
}

static void test_more_members_than_room(void **state)
{
    struct ensemble_member members[12];
    struct world *w = start(0);

    (void)state;
    feed_all(w, 12, 100);
    for (unsigned i = 0; i < 12; i++) {
        members[i] = (struct ensemble_member){(uint16_t)(i + 20), &w->filters[i], 1e-3, 0};
    }
    assert_true(ensemble_set_members(&w->ensemble, members, 12));
    assert_int_equal(w->ensemble.kalman.biases, KALMAN_BIASES_MAX);
    (void)ensemble_set_members(&w->ensemble, members, 12);
    assert_int_equal(w->ensemble.kalman.biases, KALMAN_BIASES_MAX);
    assert_true(fabs(estimate(w).offset_s - true_offset(w)) < 3e-4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_knows_more_than_its_members),
        cmocka_unit_test(test_biases_are_told_apart),
        cmocka_unit_test(test_it_begins_from_what_the_members_have),
        cmocka_unit_test(test_a_rebuild_does_not_bring_outliers_back),
        cmocka_unit_test(test_members_come_and_go),
        cmocka_unit_test(test_who_is_no_member_has_no_say),
        cmocka_unit_test(test_forget_and_release),
        cmocka_unit_test(test_a_jump_of_one_is_not_a_jump_of_the_clock),
        cmocka_unit_test(test_who_creeps_drags_nobody),
        cmocka_unit_test(test_a_change_of_the_clock_is_followed),
        cmocka_unit_test(test_shift),
        cmocka_unit_test(test_more_members_than_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
