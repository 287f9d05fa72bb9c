/* SPDX-License-Identifier: BSD-2-Clause */
/* Poll interval control: always within its bounds, up by one, down at once, and the trade between
 * noise and wander that poll.h states. */
#include "core/poll.h"

#include <math.h>

#include "check.h"

/* A settled source on a long path whose best interval is 2^10 s. */
static struct poll_facts settled(void)
{
    const double wander = 1e-9, interval = 1024;

    return (struct poll_facts){.poll = 6,
                               .minpoll = 6,
                               .maxpoll = 17,
                               .samples = 100,
                               .since_change = 100,
                               .jitter_s =
                                   sqrt(3 * wander * wander * interval * interval * interval),
                               .wander = wander,
                               .delay_s = 0.02};
}

static void test_always_within_bounds(void **state)
{
    struct dice dice = {3};

    (void)state;
    for (unsigned run = 0; run < 200000; run++) {
        struct poll_facts f = {.minpoll = (int)dice_below(&dice, 32) - 7};
        int chosen;

        f.maxpoll = f.minpoll + (int)dice_below(&dice, (unsigned)(25 - f.minpoll));
        f.poll = f.minpoll + (int)dice_below(&dice, (unsigned)(f.maxpoll - f.minpoll + 1));
        f.samples = dice_below(&dice, 20);
        f.since_change = dice_below(&dice, 5);
        f.jitter_s = dice_below(&dice, 20) ? pow(10, -(double)dice_below(&dice, 15)) : 0;
        f.wander = pow(10, -6 - (double)dice_below(&dice, 6));
        f.delay_s = pow(10, -(double)dice_below(&dice, 8));
        f.unsettled = dice_below(&dice, 4) == 0;
        chosen = poll_choose(&f);
        assert_in_range(chosen + 100, f.minpoll + 100, f.maxpoll + 100);
        assert_true(chosen <= f.poll + 1);
        if (f.unsettled || f.samples < 8) {
            assert_int_equal(chosen, f.minpoll);
        }
    }
}

static void test_grows_by_one_to_the_best_interval(void **state)
{
    struct poll_facts f = settled();

    (void)state;
    for (int wanted = 7; wanted <= 10; wanted++) {
        f.since_change = 1;
        assert_int_equal(poll_choose(&f), f.poll); /* not on the first sample */
        f.since_change = 2;
        assert_int_equal(poll_choose(&f), wanted);
        f.poll = wanted;
    }
    assert_int_equal(poll_choose(&f), 10);
}

static void test_shrinks_at_once(void **state)
{
    struct poll_facts f = settled();

    (void)state;
    f.poll = 17;
    f.since_change = 0;
    assert_int_equal(poll_choose(&f), 10);
    f.unsettled = true;
    assert_int_equal(poll_choose(&f), 6);
}

static void test_more_wander_or_less_noise_asks_sooner(void **state)
{
    struct poll_facts f = settled();

    (void)state;
    f.poll = 10;
    f.wander *= 8; /* (1/8)^(2/3) = 1/4 */
    assert_int_equal(poll_choose(&f), 8);
    f = settled();
    f.poll = 10;
    f.jitter_s /= 8;
    assert_int_equal(poll_choose(&f), 8);
}

static void test_a_short_path_is_asked_each_128_s_at_least(void **state)
{
    struct poll_facts f = settled();

    (void)state;
    f.poll = 10;
    f.delay_s = 0.0005;
    assert_int_equal(poll_choose(&f), 7);
    f.minpoll = 9; /* but not against the configuration */
    assert_int_equal(poll_choose(&f), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_always_within_bounds),
        cmocka_unit_test(test_grows_by_one_to_the_best_interval),
        cmocka_unit_test(test_shrinks_at_once),
        cmocka_unit_test(test_more_wander_or_less_noise_asks_sooner),
        cmocka_unit_test(test_a_short_path_is_asked_each_128_s_at_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
