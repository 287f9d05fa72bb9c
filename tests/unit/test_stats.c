/* SPDX-License-Identifier: BSD-2-Clause */
/* Order statistics against their definitions: sorted, a permutation, and half on either side. */
#include "core/stats.h"

#include "check.h"

static unsigned count_of(const double *values, unsigned n, double value)
{
    unsigned count = 0;

    for (unsigned i = 0; i < n; i++) {
        count += !(values[i] < value) && !(values[i] > value);
    }
    return count;
}

static void test_sort_is_an_ordered_permutation(void **state)
{
    struct dice dice = {1};

    (void)state;
    for (unsigned run = 0; run < 2000; run++) {
        double before[64], after[64];
        unsigned n = 1 + dice_below(&dice, 64);

        for (unsigned i = 0; i < n; i++) {
            before[i] = after[i] = (double)dice_below(&dice, 20) - 10; /* many equals */
        }
        stats_sort(after, n);
        for (unsigned i = 0; i < n; i++) {
            assert_true(i == 0 || after[i - 1] <= after[i]);
            assert_int_equal(count_of(before, n, after[i]), count_of(after, n, after[i]));
        }
    }
}

static void test_median(void **state)
{
    static const double one[] = {7}, two[] = {1, 2}, three[] = {1, 5, 100}, four[] = {1, 2, 4, 9};

    (void)state;
    assert_true(stats_median(one, 1) == 7);
    assert_true(stats_median(two, 2) == 1.5);
    assert_true(stats_median(three, 3) == 5);
    assert_true(stats_median(four, 4) == 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sort_is_an_ordered_permutation),
        cmocka_unit_test(test_median),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
