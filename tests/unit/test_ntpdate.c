/* SPDX-License-Identifier: BSD-2-Clause */
/* ntpdate_choose(): the majority, then the lowest stratum, then the least distance. */
#include "check.h"
#include "cli/others/ntpdate.h"

static struct measure_target answers[5];

static void set(unsigned i, uint8_t stratum, double offset_s, double distance_s)
{
    answers[i] = (struct measure_target){.fate = MEASURE_GOOD,
                                         .stratum = stratum,
                                         .offset_s = offset_s,
                                         .root_distance_s = distance_s};
}

static void test_no_answer_is_no_choice(void **state)
{
    (void)state;
    assert_int_equal(ntpdate_choose(answers, 0), -1);
    set(0, 1, 0, 0.001);
    answers[0].fate = MEASURE_REJECTED;
    assert_int_equal(ntpdate_choose(answers, 1), -1);
}

static void test_stratum_before_distance(void **state)
{
    (void)state;
    set(0, 3, 0.010, 0.020);
    set(1, 2, 0.011, 0.050);
    set(2, 2, 0.009, 0.030);
    assert_int_equal(ntpdate_choose(answers, 3), 2);
    assert_int_equal(ntpdate_choose(answers, 2), 1);
}

static void test_a_liar_is_outvoted_whatever_his_stratum(void **state)
{
    (void)state;
    set(0, 1, 3600, 0.001);
    set(1, 4, 0.010, 0.020);
    set(2, 3, 0.012, 0.020);
    assert_int_equal(ntpdate_choose(answers, 3), 2);
}

static void test_without_a_majority_nobody_is_believed(void **state)
{
    (void)state;
    set(0, 1, 0, 0.001);
    set(1, 1, 1, 0.001);
    set(2, 1, 2, 0.001);
    assert_int_equal(ntpdate_choose(answers, 3), -1);
    set(2, 1, 1, 0.001);
    set(3, 1, 0, 0.001);
    assert_int_equal(ntpdate_choose(answers, 4), -1); /* two against two */
}

static void test_of_two_that_disagree_the_lower_stratum(void **state)
{
    (void)state;
    set(0, 2, 0, 0.001);
    set(1, 1, 1, 0.001);
    assert_int_equal(ntpdate_choose(answers, 2), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_answer_is_no_choice),
        cmocka_unit_test(test_stratum_before_distance),
        cmocka_unit_test(test_a_liar_is_outvoted_whatever_his_stratum),
        cmocka_unit_test(test_without_a_majority_nobody_is_believed),
        cmocka_unit_test(test_of_two_that_disagree_the_lower_stratum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
