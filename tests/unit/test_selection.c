/* SPDX-License-Identifier: BSD-2-Clause */
/* The vote. What Marzullo's intersection guarantees, and no more: if k of n intervals hold the true
 * time and k > n/2, there is a majority; the deepest point lies in at least one of those k, so it
 * is off by no more than the width of an honest interval; and at least one honest source is judged
 * true. If the liars' intervals do not touch the honest ones, the verdict is exact. */
#include "core/selection.h"

#include <math.h>

#include "check.h"
#include "core/packet.h"

static struct candidate at(uint16_t source, double offset_s, double distance_s)
{
    return (struct candidate){
        .source = source, .offset_s = offset_s, .distance_s = distance_s, .stratum = 2};
}

static double real(struct dice *d, double low, double high)
{
    return low + (high - low) * ((double)(dice_u64(d) >> 11) / 9007199254740992.0);
}

static bool holds(const struct candidate *c, double x)
{
    return fabs(c->offset_s - x) <= c->distance_s + 1e-12; /* ends are rounded */
}

static bool survives(const struct selection *s, uint16_t source)
{
    for (unsigned i = 0; i < s->survivor_count; i++) {
        if (s->survivors[i] == source) {
            return true;
        }
    }
    return false;
}

/* What holds for every result, majority or not. */
static void check_consistent(const struct selection *s, const struct candidate *c, unsigned n)
{
    unsigned trues = 0;

    for (unsigned i = 0; i < n; i++) {
        trues += s->judgements[i] == JUDGED_TRUE;
        assert_int_equal(s->judgements[i] == JUDGED_UNDECIDED, !s->valid);
        if (survives(s, c[i].source)) {
            assert_int_equal(s->judgements[i], JUDGED_TRUE);
        }
    }
    assert_int_equal(s->valid, s->chosen != SELECTION_NONE);
    assert_false(s->valid && s->held);
    assert_true(s->survivor_count <= trues);
    if (s->valid) {
        assert_true(s->low_s <= s->high_s);
        assert_true(trues >= 1);
        assert_int_equal(s->true_count, trues);
        assert_true(survives(s, s->chosen));
    }
}

static void test_what_marzullo_guarantees(void **state)
{
    struct dice dice = {30};

    (void)state;
    for (unsigned run = 0; run < 50000; run++) {
        struct candidate c[SOURCES_MAX];
        struct selection s;
        unsigned n = 1 + dice_below(&dice, run % 50 == 0 ? SOURCES_MAX : 9);
        unsigned honest = n / 2 + 1 + dice_below(&dice, n - n / 2), judged_true = 0, really = 0;
        double truth = real(&dice, -1, 1), width = 0;
        bool low_near = false, high_near = false;

        honest = honest > n ? n : honest;
        for (unsigned i = 0; i < n; i++) { /* liars anywhere, their intervals of any width */
            double distance = pow(10, -real(&dice, 0, 4));
            double offset = i < honest
                                ? truth + distance * real(&dice, -1, 1)
                                : truth + real(&dice, -2, 2) * (dice_below(&dice, 2) ? 1 : 0.01);

            c[i] = at((uint16_t)(i * 3 % 64), offset, distance);
        }
        for (unsigned i = n; i-- > 1;) { /* in any order */
            unsigned j = dice_below(&dice, i + 1);
            struct candidate swap = c[i];

            c[i] = c[j];
            c[j] = swap;
        }
        selection_init(&s);
        selection_update(&s, c, n, 1);
        assert_true(s.valid);
        check_consistent(&s, c, n);
        for (unsigned i = 0; i < n; i++) {
            if (holds(&c[i], truth)) {
                really++;
                judged_true += s.judgements[i] == JUDGED_TRUE;
                width = fmax(width, 2 * c[i].distance_s);
                low_near = low_near || holds(&c[i], s.low_s);
                high_near = high_near || holds(&c[i], s.high_s);
            }
        }
        assert_true(2 * really > n);
        assert_true(judged_true >= 1);
        assert_true(low_near && high_near);
        assert_true(fabs(s.low_s - truth) <= width && fabs(s.high_s - truth) <= width);
    }
}

static void test_liars_apart_are_all_found(void **state)
{
    struct dice dice = {31};

    (void)state;
    for (unsigned run = 0; run < 20000; run++) {
        struct candidate c[12];
        struct selection s;
        unsigned n = 3 + dice_below(&dice, 10), liars = dice_below(&dice, (n + 1) / 2);

        for (unsigned i = 0; i < n; i++) {
            double distance = real(&dice, 0.001, 0.1), truth = 0;
            double offset = truth + distance * real(&dice, -1, 1);

            if (i < liars) { /* together or alone, but clear of the honest */
                offset = (dice_below(&dice, 2) ? 1 : -1) * real(&dice, 0.4, 0.6);
            }
            c[i] = at((uint16_t)i, offset, distance);
        }
        selection_init(&s);
        selection_update(&s, c, n, 1);
        check_consistent(&s, c, n);
        for (unsigned i = 0; i < n; i++) {
            assert_int_equal(s.judgements[i], i < liars ? JUDGED_FALSE : JUDGED_TRUE);
        }
        assert_true(s.low_s <= 0 && s.high_s >= 0); /* the intersection holds the truth */
    }
}

static void test_no_majority(void **state)
{
    const struct candidate pairs[] = {at(0, 0, 0.01), at(1, 1, 0.01)},
                           three[] = {at(0, 0, 0.01), at(1, 1, 0.01), at(2, 2, 0.01)},
                           two_and_two[] = {at(0, 0, 0.01), at(1, 0, 0.01), at(2, 1, 0.01),
                                            at(3, 1, 0.01)};
    struct selection s;

    (void)state;
    selection_init(&s);
    selection_update(&s, pairs, 2, 1);
    assert_false(s.valid);
    check_consistent(&s, pairs, 2);
    selection_update(&s, three, 3, 1);
    assert_false(s.valid);
    selection_update(&s, two_and_two, 4, 1);
    assert_false(s.valid);
    check_consistent(&s, two_and_two, 4);
    selection_update(&s, pairs, 0, 1);
    assert_false(s.valid);
    selection_update(&s, pairs, 1, 1); /* one alone is believed */
    assert_true(s.valid);
    assert_int_equal(s.chosen, 0);
    selection_update(&s, pairs, 1, 2); /* but not if two are wanted */
    assert_false(s.valid);
}

static void test_touching_intervals_agree(void **state)
{
    const struct candidate c[] = {at(0, 0, 0.5), at(1, 1, 0.5)};
    struct selection s;

    (void)state;
    selection_init(&s);
    selection_update(&s, c, 2, 1);
    assert_true(s.valid);
    assert_true(s.low_s == 0.5 && s.high_s == 0.5);
}

static void test_prefer_still_needs_the_majority(void **state)
{
    struct candidate c[] = {at(5, 0, 0.01), at(6, 0.001, 0.01), at(7, 0.002, 0.01),
                            at(8, 1, 0.0001)};
    struct selection s;

    (void)state;
    c[3].prefer = true; /* C30: a preferred liar */
    c[3].stratum = 1;
    selection_init(&s);
    selection_update(&s, c, 4, 1);
    assert_true(s.valid);
    assert_int_equal(s.judgements[3], JUDGED_FALSE);
    assert_int_equal(s.survivor_count, 3);
    c[1].prefer = true; /* a preferred truechimer is the only survivor */
    selection_update(&s, c, 4, 1);
    assert_int_equal(s.survivor_count, 1);
    assert_int_equal(s.survivors[0], 6);
    assert_int_equal(s.chosen, 6);
    assert_int_equal(s.judgements[0], JUDGED_TRUE);
}

static void test_trusted_sources_outvote_all_others(void **state)
{
    struct candidate c[] = {at(0, 0, 0.01), at(1, 0, 0.01), at(2, 0, 0.01), at(3, 1, 0.01),
                            at(4, 1.001, 0.01)};
    struct selection s;

    (void)state;
    c[3].trust = c[4].trust = true;
    selection_init(&s);
    selection_update(&s, c, 5, 1);
    assert_true(s.valid);
    assert_int_equal(s.voters, 2);
    assert_int_equal(s.judgements[0], JUDGED_FALSE);
    assert_int_equal(s.judgements[3], JUDGED_TRUE);
    assert_int_equal(s.judgements[4], JUDGED_TRUE);
    c[4].offset_s = 2; /* they disagree: nobody is believed */
    selection_update(&s, c, 5, 1);
    assert_false(s.valid);
}

/* An untrusted interval must not cut short what the trusted ones leave open. */
static void test_untrusted_do_not_narrow_the_trusted(void **state)
{
    struct candidate c[] = {at(0, 0, 1), at(1, 0.2, 1), at(2, 1.7, 1), at(3, -0.8, 0.001)};
    struct selection s;

    (void)state;
    c[0].trust = c[1].trust = c[2].trust = true;
    c[3].offset_s = 0.7; /* just where their intersection begins */
    selection_init(&s);
    selection_update(&s, c, 4, 1);
    assert_true(s.valid);
    assert_true(fabs(s.low_s - 0.7) < 1e-12 && fabs(s.high_s - 1.0) < 1e-12);
    assert_true(fabs(s.hull_low_s + 0.8) < 1e-12 && fabs(s.hull_high_s - 1.2) < 1e-12);
}

/* Nor lead the clock out of there: it is used if it lies within, as a whole. */
static void test_untrusted_are_used_within_the_trusted(void **state)
{
    struct candidate c[] = {at(0, 0, 0.1), at(1, 0.05, 0.02), at(2, 0.095, 0.02), at(3, 1, 0.02),
                            at(4, 0, 2)};
    struct selection s;

    (void)state;
    c[0].trust = true;
    c[2].prefer = c[4].prefer = c[3].prefer = true;
    for (unsigned i = 1; i < 5; i++) {
        c[i].leap = LEAP_INSERT;
    }
    selection_init(&s);
    s.combine_limit = 10;
    selection_update(&s, c, 3, 1); /* 1 and 2 do not agree where 0 leaves it open */
    assert_int_equal(s.judgements[0], JUDGED_TRUE);
    assert_int_equal(s.judgements[1], JUDGED_TRUE);
    assert_int_equal(s.judgements[2], JUDGED_FALSE);
    c[2].offset_s = 0.085;
    selection_update(&s, c, 5, 1);
    assert_true(s.valid && s.trusted);
    assert_int_equal(s.voters, 1);
    assert_int_equal(s.agreeing, 1);
    assert_int_equal(s.judgements[0], JUDGED_TRUE);
    assert_int_equal(s.judgements[1], JUDGED_TRUE);
    assert_int_equal(s.judgements[2], JUDGED_UNTRUSTED);
    assert_int_equal(s.judgements[3], JUDGED_FALSE);
    assert_int_equal(s.judgements[4], JUDGED_UNTRUSTED);
    assert_int_equal(s.true_count, 2);
    assert_int_equal(s.leap, LEAP_NONE); /* only the trusted one can say so */
    assert_true(survives(&s, 0) && survives(&s, 1) && s.survivor_count == 2); /* none preferred */
    c[1].prefer = true;
    selection_update(&s, c, 5, 1);
    assert_true(s.chosen == 1 && s.survivor_count == 1);
    c[0].trust = false;
    selection_update(&s, c, 5, 1);
    assert_int_equal(s.judgements[2], JUDGED_TRUE);
    assert_int_equal(s.leap, LEAP_INSERT);
}

/* Two places have the majority of the same depth: certainly right is who holds both. Others are
 * believed if they say nothing that lies outside. */
static void test_two_places_of_the_same_depth(void **state)
{
    struct candidate c[] = {at(0, 3, 3), at(1, 0.5, 0.3), at(2, 5.5, 0.3)};
    struct selection s;

    (void)state;
    selection_init(&s);
    selection_update(&s, c, 3, 1);
    assert_true(s.valid);
    assert_true(fabs(s.low_s - 0.2) < 1e-12 && fabs(s.high_s - 5.8) < 1e-12);
    assert_int_equal(s.true_count, 3);
    c[1].offset_s = 0; /* both reach beyond it now */
    c[2].offset_s = 6;
    selection_update(&s, c, 3, 1);
    assert_true(s.valid);
    assert_int_equal(s.true_count, 1);
    assert_int_equal(s.chosen, 0);
}

/* A falseticker is none of those that there must be. */
static void test_enough_truechimers(void **state)
{
    const struct candidate c[] = {at(0, 0, 0.01), at(1, 0, 0.02), at(2, 0, 0.03), at(3, 1, 0.01)};
    struct selection s;

    (void)state;
    selection_init(&s);
    selection_update(&s, c, 4, 3);
    assert_true(s.valid);
    assert_int_equal(s.true_count, 3);
    selection_update(&s, c, 4, 4);
    assert_true(s.held && !s.valid && s.chosen == SELECTION_NONE && s.survivor_count == 0);
    assert_int_equal(s.true_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(s.judgements[i], JUDGED_UNDECIDED);
    }
    assert_int_equal(s.judgements[3], JUDGED_FALSE);
    selection_update(&s, &c[2], 2, 4); /* no majority is something else */
    assert_false(s.held || s.valid);
    assert_int_equal(s.judgements[1], JUDGED_UNDECIDED);
}

static void test_required_ones_must_tell_the_truth(void **state)
{
    struct candidate c[] = {at(0, 0, 0.01), at(1, 0, 0.02), at(2, 1, 0.01), at(3, 0, 0.005)};
    struct selection s;

    (void)state;
    selection_init(&s);
    s.require = true;
    c[2].require = true;
    selection_update(&s, c, 3, 1);
    assert_true(s.held && !s.valid);
    assert_int_equal(s.judgements[0], JUDGED_UNDECIDED);
    assert_int_equal(s.judgements[2], JUDGED_FALSE);
    c[1].require = true; /* one of them is enough */
    selection_update(&s, c, 3, 1);
    assert_true(s.valid && !s.held);
    assert_int_equal(s.survivor_count, 2); /* the other is used beside it */
    c[1].require = false;
    c[0].require = c[3].trust = true; /* it could lead the clock away from the trusted one */
    selection_update(&s, c, 4, 1);
    assert_true(s.held);
    assert_int_equal(s.judgements[0], JUDGED_UNTRUSTED);
    assert_int_equal(s.judgements[3], JUDGED_UNDECIDED);
}

static void test_the_peer_is_left_only_for_a_clearly_better_one(void **state)
{
    struct candidate c[] = {at(0, 0, 0.010), at(1, 0, 0.012)};
    struct selection s;

    (void)state;
    selection_init(&s);
    selection_update(&s, c, 2, 1);
    assert_int_equal(s.chosen, 0);
    c[1].distance_s = 0.009; /* better, but not by much */
    selection_update(&s, c, 2, 1);
    assert_int_equal(s.chosen, 0);
    c[1].distance_s = 0.004;
    selection_update(&s, c, 2, 1);
    assert_int_equal(s.chosen, 1);
    c[0].distance_s = 0.0039;
    selection_update(&s, c, 2, 1);
    assert_int_equal(s.chosen, 1);
    selection_update(&s, c, 1, 1); /* gone */
    assert_int_equal(s.chosen, 0);
}

static void test_a_lower_stratum_is_better(void **state)
{
    struct candidate c[] = {at(0, 0, 0.010), at(1, 0, 0.010)};
    struct selection s;

    (void)state;
    c[0].stratum = 5;
    selection_init(&s);
    selection_update(&s, c, 2, 1);
    assert_int_equal(s.chosen, 1);
}

static void test_leap_needs_a_majority_of_those_who_tell_the_truth(void **state)
{
    struct selection s;

    (void)state;
    for (unsigned announcing = 0; announcing <= 5; announcing++) {
        for (unsigned prefer = 0; prefer < 2; prefer++) {
            struct candidate c[5];

            for (unsigned i = 0; i < 5; i++) {
                c[i] = at((uint16_t)i, 0, 0.01);
                c[i].leap = i < announcing ? LEAP_DELETE : LEAP_NONE;
            }
            c[0].prefer = prefer; /* C34: being liked does not make a leap second */
            selection_init(&s);
            selection_update(&s, c, 5, 1);
            assert_int_equal(s.leap, announcing >= 3 ? LEAP_DELETE : LEAP_NONE);
        }
    }
    {
        struct candidate c[4] = {at(0, 0, 0.01), at(1, 0, 0.01), at(2, 1, 0.01), at(3, 0, 0.01)};

        c[0].leap = c[1].leap = LEAP_INSERT; /* the liar has no voice */
        selection_update(&s, c, 4, 1);
        assert_int_equal(s.leap, LEAP_INSERT);
        c[1].leap = LEAP_DELETE; /* they do not agree which */
        selection_update(&s, c, 4, 1);
        assert_int_equal(s.leap, LEAP_NONE);
    }
}

static void test_what_is_not_a_number_has_no_voice(void **state)
{
    struct candidate c[] = {at(0, (double)NAN, 0.01), at(1, 0, 0.01), at(2, 0, 0.01)};
    struct selection s;

    (void)state;
    selection_init(&s);
    selection_update(&s, c, 3, 1);
    assert_true(s.valid);
    assert_int_equal(s.judgements[0], JUDGED_FALSE);
    assert_int_equal(s.survivor_count, 2);
    c[1].offset_s = (double)NAN;
    selection_update(&s, c, 3, 1);
    assert_false(s.valid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_marzullo_guarantees),
        cmocka_unit_test(test_liars_apart_are_all_found),
        cmocka_unit_test(test_no_majority),
        cmocka_unit_test(test_touching_intervals_agree),
        cmocka_unit_test(test_prefer_still_needs_the_majority),
        cmocka_unit_test(test_trusted_sources_outvote_all_others),
        cmocka_unit_test(test_untrusted_do_not_narrow_the_trusted),
        cmocka_unit_test(test_untrusted_are_used_within_the_trusted),
        cmocka_unit_test(test_two_places_of_the_same_depth),
        cmocka_unit_test(test_enough_truechimers),
        cmocka_unit_test(test_required_ones_must_tell_the_truth),
        cmocka_unit_test(test_the_peer_is_left_only_for_a_clearly_better_one),
        cmocka_unit_test(test_a_lower_stratum_is_better),
        cmocka_unit_test(test_leap_needs_a_majority_of_those_who_tell_the_truth),
        cmocka_unit_test(test_what_is_not_a_number_has_no_voice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
