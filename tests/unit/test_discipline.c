/* SPDX-License-Identifier: BSD-2-Clause */
/* The step policy as a matrix against its wording in settings.h, for both dialects' values; slews
 * that keep to their rate, end, and are mended; and a closed loop with a clock that obeys late or
 * not at all. */
#include "core/discipline.h"

#include <math.h>

#include "check.h"

#define DRIFT 20e-6

struct rig {
    struct settings settings;
    struct timeline timeline;
    struct discipline discipline;
    struct instant now;
    double true_rate, true_offset_s; /* of the free clock, at free 0 */
};

static void rig_start(struct rig *rig)
{
    *rig = (struct rig){.true_rate = DRIFT};
    settings_default(&rig->settings);
    rig->now = (struct instant){.wall = {INT64_C(1795000000) * NS_PER_S}, .mono = {7 * NS_PER_S}};
    timeline_init(&rig->timeline, rig->now, DRIFT);
    discipline_init(&rig->discipline, DRIFT, 1e-7);
}

/* By our own clock. */
static void rig_pass(struct rig *rig, double seconds)
{
    rig->now.mono.ns += ns_from_s(seconds);
    rig->now.wall.ns += ns_from_s(seconds);
}

static double true_free_offset(const struct rig *rig)
{
    struct free_time at = timeline_free(&rig->timeline, rig->now.mono);

    return rig->true_offset_s + rig->true_rate * s_from_ns(at.ns);
}

static double true_clock_offset(const struct rig *rig)
{
    return timeline_clock_offset(&rig->timeline, rig->now.mono, true_free_offset(rig));
}

/* Makes the clock wrong by this much from now on. */
static void rig_set_offset(struct rig *rig, double offset_s)
{
    rig->true_offset_s += offset_s - true_clock_offset(rig);
}

static struct clock_command rig_update(struct rig *rig, double interval_s)
{
    struct estimate e = {.at = timeline_free(&rig->timeline, rig->now.mono),
                         .offset_s = true_free_offset(rig),
                         .rate = rig->true_rate,
                         .offset_sd_s = 1e-6,
                         .rate_sd = 1e-8,
                         .samples = 10};

    return discipline_update(&rig->discipline, &rig->settings, &rig->timeline, &e, rig->now,
                             interval_s);
}

/* What the engine does when the clock driver has obeyed. */
static void rig_obey(struct rig *rig, const struct clock_command *c)
{
    if (c->action == CLOCK_STEP) {
        rig->now.wall.ns += c->step_ns;
        timeline_record_step(&rig->timeline, c->step_ns);
        rig->true_offset_s -= s_from_ns(c->step_ns);
        discipline_shift(&rig->discipline, s_from_ns(c->step_ns));
    }
    if (c->action != CLOCK_KEEP) {
        timeline_record_rate(&rig->timeline, rig->now.mono, c->rate);
    }
}

/* The wording of settings.h, once more. */
struct policy {
    unsigned updates;
    bool spike;
    double spike_s;
};

static enum clock_action policy_says(struct policy *p, const struct settings *s, double size,
                                     double passed_s, enum discipline_state *state)
{
    bool was_spike = p->spike;

    p->spike = false;
    p->spike_s += passed_s;
    if (s->panic_s > 0 && size > s->panic_s && !(p->updates == 0 && s->panic_first_allowed)) {
        *state = DISCIPLINE_PANIC;
        return CLOCK_KEEP;
    }
    *state = DISCIPLINE_TRACKING;
    if (s->step_threshold_s <= 0 || size <= s->step_threshold_s) {
        p->updates++;
        return CLOCK_SET_RATE;
    }
    if (s->step_updates == -1 || (int)p->updates < s->step_updates) {
        p->updates++;
        return CLOCK_STEP;
    }
    if (s->stepout_s <= 0) {
        p->updates++;
        return CLOCK_SET_RATE;
    }
    if (was_spike && p->spike_s >= s->stepout_s) {
        p->updates++;
        return CLOCK_STEP;
    }
    p->spike_s = was_spike ? p->spike_s : 0;
    p->spike = true;
    *state = DISCIPLINE_SPIKE;
    return CLOCK_KEEP;
}

static void run_policy(const struct settings *settings, struct dice *dice)
{
    static const double sizes[] = {1e-6, 0.01, 0.127, 0.129, 0.5, 0.99, 1.01, 50, 999, 1001, 1e6};
    struct policy policy = {0};
    struct rig rig;
    double size = 0;

    rig_start(&rig);
    rig.settings = *settings;
    for (unsigned i = 0; i < 24; i++) {
        double sign = dice_below(dice, 2) ? 1 : -1;
        struct clock_command c;
        enum discipline_state state;
        enum clock_action wanted;

        if (i % 4 == 0 || dice_below(dice, 4) == 0) { /* it often stays for a while */
            size = sizes[dice_below(dice, sizeof sizes / sizeof *sizes)];
        }
        rig_pass(&rig, 64);
        rig_set_offset(&rig, sign * size);
        wanted = policy_says(&policy, settings, size, 64, &state);
        c = rig_update(&rig, 64);
        assert_int_equal(c.action, wanted);
        assert_int_equal(rig.discipline.state, state);
        assert_int_equal(rig.discipline.updates, policy.updates);
        if (state == DISCIPLINE_PANIC) {
            assert_true(fabs(rig.discipline.refused_s - sign * size) < 1e-6 * size);
        } else {
            assert_true(rig.discipline.refused_s == 0);
        }
        if (c.action == CLOCK_STEP) {
            assert_true(fabs(s_from_ns(c.step_ns) - sign * size) < 1e-6 + 1e-12 * size);
            assert_true(fabs(c.rate - DRIFT) < 1e-9);
        }
        if (c.action == CLOCK_SET_RATE) {
            double slew = c.rate - rig.discipline.drift;

            assert_true(fabs(slew) <= settings->max_slew_rate * (1 + 1e-12));
            assert_true(slew * sign > 0);
        }
    }
}

static void test_step_policy_matrix(void **state)
{
    static const double thresholds[] = {0, 0.128, 1}, stepouts[] = {0, 300, 900},
                        panics[] = {0, 1000};
    static const int updates[] = {0, 1, 3, -1};
    struct dice dice = {40};

    (void)state;
    for (unsigned i = 0; i < 3 * 4 * 3 * 2 * 2 * 20; i++) {
        struct settings s;
        unsigned k = i;

        settings_default(&s);
        s.step_threshold_s = thresholds[k % 3];
        s.step_updates = updates[(k /= 3) % 4];
        s.stepout_s = stepouts[(k /= 4) % 3];
        s.panic_s = panics[(k /= 3) % 2];
        s.panic_first_allowed = (k /= 2) % 2;
        s.max_slew_rate = i % 2 ? 0.0833 : 0.0005;
        run_policy(&s, &dice);
    }
}

/* Makes the loop run until the slew is over, always `late` of its duration late. */
static unsigned slew_out(struct rig *rig, double late)
{
    unsigned commands = 0;

    while (rig->discipline.slewing) {
        double left = s_from_ns(rig->discipline.slew_end.ns - rig->now.mono.ns);
        struct clock_command c;

        rig_pass(rig, left * 0.5);
        c = discipline_tick(&rig->discipline, &rig->settings, &rig->timeline, rig->now.mono);
        assert_int_equal(c.action, CLOCK_KEEP); /* not before its time */
        rig_pass(rig, s_from_ns(rig->discipline.slew_end.ns - rig->now.mono.ns) + left * late);
        c = discipline_tick(&rig->discipline, &rig->settings, &rig->timeline, rig->now.mono);
        assert_int_equal(c.action, CLOCK_SET_RATE);
        assert_true(fabs(c.rate - rig->discipline.drift) <=
                    rig->settings.max_slew_rate * (1 + 1e-12));
        rig_obey(rig, &c);
        commands++;
        assert_true(commands < 100);
    }
    return commands;
}

static void test_a_slew_corrects_all_and_ends(void **state)
{
    static const double offsets[] = {1e-7, -1e-5, 1e-3, -0.1, 10, -100},
                        intervals[] = {0.0625, 1, 16, 64, 1024}, rates[] = {0.0005, 0.0833};

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        for (unsigned k = 0; k < 5; k++) {
            for (unsigned r = 0; r < 2; r++) {
                struct rig rig;
                struct clock_command c;
                double constant_s;
                int64_t start;

                rig_start(&rig);
                rig.settings.step_threshold_s = 0;
                rig.settings.max_slew_rate = rates[r];
                rig_set_offset(&rig, offsets[i]);
                start = rig.now.mono.ns;
                c = rig_update(&rig, intervals[k]);
                assert_int_equal(c.action, CLOCK_SET_RATE);
                rig_obey(&rig, &c);
                assert_true(rig.discipline.slewing);
                assert_in_range(slew_out(&rig, 0), 1, 5);
                assert_true(fabs(true_clock_offset(&rig)) < 3e-9 + 1e-4 * fabs(offsets[i]));
                assert_true(fabs(timeline_rate(&rig.timeline) - DRIFT) < 1e-12);
                /* four time constants, or as long as the rate allows */
                constant_s = fmax(fmin(2 * intervals[k], 0.12 * 1e-6 / 1e-8), 0.04 * intervals[k]);
                assert_true(s_from_ns(rig.now.mono.ns - start) <=
                            1.1 * (4 * fmax(constant_s, 1) + fabs(offsets[i]) / rates[r]));
            }
        }
    }
}

/* A correction within its noise decays with T = c sd_x/sd_y, here 12 s; one of many deviations goes
 * faster, and what the settings say goes before both. */
static void test_the_law_of_the_slew(void **state)
{
    static const struct {
        double offset_s, ratio, constant_s;
    } cases[] = {
        {1e-6, 0, 12}, {-9.9e-6, 0, 12}, {20e-6, 0, 6}, {1e-3, 0, 0.04 * 64}, {1e-6, 0.75, 32}};

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        double part = 1 - exp(-1.0), wanted = part * cases[i].offset_s / cases[i].constant_s;
        struct clock_command c;
        struct rig rig;

        rig_start(&rig);
        rig.settings.correction_ratio = cases[i].ratio;
        rig.settings.max_slew_rate = 0.08;
        rig_set_offset(&rig, cases[i].offset_s);
        c = rig_update(&rig, 64);
        assert_true(fabs(c.rate - rig.discipline.drift - wanted) < 2e-3 * fabs(wanted));
        rig_obey(&rig, &c);
        rig_pass(&rig, cases[i].constant_s);
        assert_true(fabs(true_clock_offset(&rig) / cases[i].offset_s - exp(-1.0)) < 5e-3);
    }
}

static void test_a_late_end_is_mended(void **state)
{
    static const double lates[] = {0.001, 0.01, 0.1, 0.45};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct rig rig;
        struct clock_command c;

        rig_start(&rig);
        rig_set_offset(&rig, 0.05);
        c = rig_update(&rig, 64);
        rig_obey(&rig, &c);
        (void)slew_out(&rig, lates[i]);
        assert_true(fabs(true_clock_offset(&rig)) < 2e-6);
        assert_true(fabs(timeline_rate(&rig.timeline) - DRIFT) < 1e-12);
    }
}

static void test_a_new_update_takes_over_a_running_slew(void **state)
{
    struct rig rig;
    struct clock_command c;

    (void)state;
    rig_start(&rig);
    rig_set_offset(&rig, 0.1);
    c = rig_update(&rig, 64);
    rig_obey(&rig, &c);
    for (unsigned i = 0; i < 50; i++) { /* 500 ppm for 3200 s and more: 200 s are not enough */
        rig_pass(&rig, 4);
        c = rig_update(&rig, 64);
        assert_int_equal(c.action, CLOCK_SET_RATE);
        assert_true(c.rate - rig.discipline.drift <= 0.0005 * (1 + 1e-12));
        rig_obey(&rig, &c);
    }
    (void)slew_out(&rig, 0);
    assert_true(fabs(true_clock_offset(&rig)) < 1e-6);
}

static void test_offset_follows_the_timeline(void **state)
{
    struct rig rig;
    struct clock_command c;

    (void)state;
    rig_start(&rig);
    rig_set_offset(&rig, 0.02);
    c = rig_update(&rig, 64);
    rig_obey(&rig, &c);
    for (unsigned i = 0; i < 100; i++) {
        rig_pass(&rig, 0.37);
        assert_true(fabs(discipline_offset(&rig.discipline, &rig.timeline, rig.now.mono) -
                         true_clock_offset(&rig)) < 1e-9);
    }
}

static void test_a_step_leaves_nothing(void **state)
{
    static const double offsets[] = {0.2, -3600, 1e8};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct rig rig;
        struct clock_command c;

        rig_start(&rig);
        rig.settings.panic_s = 0;
        rig_set_offset(&rig, offsets[i]);
        c = rig_update(&rig, 64);
        assert_int_equal(c.action, CLOCK_STEP);
        assert_int_equal(rig.discipline.steps, 0); /* not done yet */
        rig_obey(&rig, &c);
        assert_int_equal(rig.discipline.steps, 1);
        assert_false(rig.discipline.slewing);
        assert_true(fabs(discipline_offset(&rig.discipline, &rig.timeline, rig.now.mono)) < 1e-7);
    }
}

static void test_rates_are_bounded_and_must_be_known(void **state)
{
    struct rig rig;
    struct estimate e = {.rate = 0.01, .rate_sd = 1e-7};
    struct clock_command c;

    (void)state;
    rig_start(&rig);
    rig.settings.max_drift = 500e-6;
    c = discipline_update(&rig.discipline, &rig.settings, &rig.timeline, &e, rig.now, 64);
    assert_true(rig.discipline.drift == 500e-6);
    e.rate = -0.01;
    c = discipline_update(&rig.discipline, &rig.settings, &rig.timeline, &e, rig.now, 64);
    assert_true(rig.discipline.drift == -500e-6);
    e.rate = 0;
    e.rate_sd = 0.01; /* worse than max_update_skew: no news */
    c = discipline_update(&rig.discipline, &rig.settings, &rig.timeline, &e, rig.now, 64);
    assert_true(rig.discipline.drift == -500e-6);
    assert_int_equal(c.action, CLOCK_SET_RATE);
}

static void test_without_clock_control_it_only_watches(void **state)
{
    static const double offsets[] = {1e-5, 0.5, 50};
    struct rig rig;

    (void)state;
    rig_start(&rig);
    rig.settings.clock_control = false;
    for (unsigned i = 0; i < 30; i++) {
        struct clock_command c;

        rig_pass(&rig, 16);
        rig_set_offset(&rig, offsets[i % 3]);
        c = rig_update(&rig, 16);
        assert_int_equal(c.action, CLOCK_KEEP);
        assert_false(rig.discipline.slewing); /* no deadline to wake up for */
        c = discipline_tick(&rig.discipline, &rig.settings, &rig.timeline, rig.now.mono);
        assert_int_equal(c.action, CLOCK_KEEP);
        assert_true(fabs(discipline_offset(&rig.discipline, &rig.timeline, rig.now.mono) -
                         offsets[i % 3]) < 1e-7);
    }
    assert_int_equal(rig.discipline.steps, 0);
    assert_true(rig.discipline.updates > 0);
}

/* A clock that refuses: what was not done is not taken for done, and the step may be tried again.
 * */
static void test_a_clock_that_refuses(void **state)
{
    struct rig rig;
    struct clock_command c;

    (void)state;
    rig_start(&rig);
    rig_set_offset(&rig, 5);
    for (unsigned i = 0; i < 4; i++) {
        c = rig_update(&rig, 64);
        assert_int_equal(c.action, CLOCK_STEP);
        discipline_fail(&rig.discipline);
        assert_int_equal(rig.discipline.updates, 0);
        assert_int_equal(rig.discipline.steps, 0);
        assert_true(fabs(discipline_offset(&rig.discipline, &rig.timeline, rig.now.mono) - 5) <
                    1e-3);
        rig_pass(&rig, 64);
    }
    c = rig_update(&rig, 64);
    rig_obey(&rig, &c);
    assert_int_equal(rig.discipline.updates, 1);
    assert_int_equal(rig.discipline.steps, 1);
    rig_pass(&rig, 64);
    rig_set_offset(&rig, 0.01); /* a slew that never began has no end */
    c = rig_update(&rig, 64);
    assert_int_equal(c.action, CLOCK_SET_RATE);
    discipline_fail(&rig.discipline);
    assert_false(rig.discipline.slewing);
    assert_int_equal(rig.discipline.updates, 2);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(discipline_state_name(DISCIPLINE_UNSET), "unset");
    assert_string_equal(discipline_state_name(DISCIPLINE_TRACKING), "tracking");
    assert_string_equal(discipline_state_name(DISCIPLINE_HOLDOVER), "holdover");
    assert_string_equal(discipline_state_name(DISCIPLINE_SPIKE), "spike");
    assert_string_equal(discipline_state_name(DISCIPLINE_PANIC), "panic");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_policy_matrix),
        cmocka_unit_test(test_a_slew_corrects_all_and_ends),
        cmocka_unit_test(test_the_law_of_the_slew),
        cmocka_unit_test(test_a_late_end_is_mended),
        cmocka_unit_test(test_a_new_update_takes_over_a_running_slew),
        cmocka_unit_test(test_offset_follows_the_timeline),
        cmocka_unit_test(test_a_step_leaves_nothing),
        cmocka_unit_test(test_rates_are_bounded_and_must_be_known),
        cmocka_unit_test(test_without_clock_control_it_only_watches),
        cmocka_unit_test(test_a_clock_that_refuses),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
