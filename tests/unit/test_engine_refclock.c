/* SPDX-License-Identifier: BSD-2-Clause */
/* Reference clocks at the engine: which samples it believes, how their reach is counted, and that a
 * clock is steered by them alone. */
#include "check.h"

#include <math.h>
#include <string.h>

#include "core/engine.h"

#define NOW_S INT64_C(1800000000)

struct lab {
    struct engine engine;
    struct settings settings;
    struct instant now;
    double error_s; /* of our clock against the truth; positive: fast */
};

static struct lab lab;

static void carry_out(void)
{
    struct effect effect;

    while (engine_take_effect(&lab.engine, &effect)) {
        if (effect.type == EFFECT_ADJUST_CLOCK) {
            struct clock_command done = effect.adjust;

            if (done.action == CLOCK_STEP) {
                lab.now.wall.ns += done.step_ns;
                lab.error_s += s_from_ns(done.step_ns);
            }
            engine_adjusted(&lab.engine, lab.now, &done, 0);
        }
        assert_int_not_equal(effect.type, EFFECT_SEND); /* nobody to ask */
    }
}

static void pass(double s)
{
    for (double left = s; left > 0; left -= 0.5) {
        lab.now.wall.ns += ns_from_s(fmin(left, 0.5));
        lab.now.mono.ns += ns_from_s(fmin(left, 0.5));
        if (engine_deadline(&lab.engine).ns <= lab.now.mono.ns) {
            engine_tick(&lab.engine, lab.now);
            carry_out();
        }
    }
}

static int begin(void **state)
{
    struct engine_start start = {.precision_s = 1e-7};
    struct source_spec spec = {.kind = SOURCE_REFCLOCK,
                               .name = "SHM0",
                               .minpoll = 4,
                               .maxpoll = 4,
                               .iburst = true, /* as -q sets it for all: nothing to burst here */
                               .offset_correction_s = 0.25,
                               .refclock_stratum = 3,
                               .refclock_delay_s = 0.01,
                               .refclock_refid = REFID('G', 'P', 'S', 0)};
    (void)state;

    memset(&lab, 0, sizeof lab);
    settings_default(&lab.settings);
    lab.settings.clock_control = true;
    lab.settings.step_threshold_s = 0.1;
    lab.settings.step_updates = -1;
    lab.settings.specs[0] = spec;
    lab.settings.spec_count = 1;
    lab.now = (struct instant){{NOW_S * NS_PER_S}, {1000 * NS_PER_S}};
    start.now = lab.now;
    engine_init(&lab.engine, &lab.settings, &start);
    carry_out();
    return 0;
}

static const struct source *clock0(void)
{
    return &lab.engine.sources[0];
}

/* A sample stamped `age_s` ago, by a clock that lags by the correction which its line makes. */
static void feed(double age_s, double offset_s, uint8_t leap)
{
    struct wall_time at = {lab.now.wall.ns - ns_from_s(age_s)};

    engine_refclock(&lab.engine, lab.now, 0,
                    &(struct reading){
                        .at = at, .offset_s = offset_s - 0.25, .dispersion_s = 1e-6, .leap = leap});
    carry_out();
}

static void check_counted(enum reply_verdict verdict, uint32_t wanted)
{
    assert_int_equal(clock0()->verdicts[verdict], wanted);
}

static void a_sample_says_who_it_is(void **state)
{
    (void)state;
    pass(1);
    assert_int_equal(clock0()->status, SOURCE_WAITING);
    feed(0.1, 0.003, LEAP_INSERT);
    check_counted(REPLY_ACCEPTED, 1);
    assert_true(clock0()->heard);
    assert_int_equal(clock0()->stratum, 3);
    assert_int_equal(clock0()->leap, LEAP_INSERT);
    assert_int_equal(clock0()->refid, REFID('G', 'P', 'S', 0));
    assert_float_equal(clock0()->root_delay_s, 0.01, 1e-12);
    assert_float_equal(clock0()->last.offset_s, 0.003, 1e-9); /* the correction is in it */
    assert_int_equal(clock0()->reach, 1);
}

static void old_and_future_samples_are_dropped(void **state)
{
    static const double bad[] = {8.5, 3600, 1e9, -0.01, -3600};
    (void)state;

    pass(1);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        feed(bad[i], 0, LEAP_NONE);
        check_counted(REPLY_LATE, i + 1);
    }
    assert_int_equal(clock0()->reach, 0);
    assert_int_equal(clock0()->filter.count, 0);
    feed(7.5, 0, LEAP_NONE);
    feed(0, 0, LEAP_NONE);
    check_counted(REPLY_ACCEPTED, 2);
    assert_true(lab.engine.sources[0].filter.count == 2);
}

static void nonsense_is_dropped(void **state)
{
    (void)state;
    pass(1);
    feed(0, (double)NAN, LEAP_NONE);
    feed(0, (double)INFINITY, LEAP_NONE);
    engine_refclock(&lab.engine, lab.now, 0,
                    &(struct reading){.at = lab.now.wall, .dispersion_s = (double)NAN});
    check_counted(REPLY_MALFORMED, 3);
    engine_refclock(&lab.engine, lab.now, 1, &(struct reading){.at = lab.now.wall});
    engine_refclock(&lab.engine, lab.now, SOURCES_MAX, &(struct reading){.at = lab.now.wall});
    assert_int_equal(clock0()->filter.count, 0);
}

static void a_receiver_without_time_is_named_so(void **state)
{
    (void)state;
    pass(1);
    for (int i = 0; i < 80; i++) { /* past a round of judgement */
        feed(0, 0, LEAP_UNSYNCHRONISED);
        pass(1);
    }
    check_counted(REPLY_UNSYNCHRONISED, 80);
    assert_false(lab.engine.synchronised);
    assert_int_equal(clock0()->reach, 0);
    assert_int_equal(clock0()->status, SOURCE_SERVER_UNSYNCHRONISED);
}

static void reach_moves_with_the_poll_interval(void **state)
{
    (void)state;
    pass(0.5);
    for (int i = 0; i < 160; i++) {
        feed(0, 0, LEAP_NONE);
        pass(1);
    }
    feed(0, 0, LEAP_NONE);
    assert_int_equal(clock0()->reach, 0xff);
    assert_int_equal(clock0()->status, SOURCE_SELECTED);
    assert_true(lab.engine.synchronised);
    assert_int_equal(lab.engine.reference.stratum, 4);
    assert_int_equal(lab.engine.reference.refid, REFID('G', 'P', 'S', 0));
    assert_int_equal(clock0()->poll, 4);
    pass(40); /* two or three intervals of 16 s */
    assert_true((clock0()->reach & 3) == 0 && clock0()->reach != 0);
    pass(120);
    assert_int_equal(clock0()->reach, 0);
    assert_int_equal(clock0()->status, SOURCE_UNREACHABLE);
    feed(0, 0, LEAP_NONE);
    assert_int_equal(clock0()->reach, 1);
}

/* What was stamped before a step and comes after it would show the error twice. */
static void samples_around_a_step(void **state)
{
    unsigned late;
    (void)state;

    lab.error_s = -5; /* we are slow */
    pass(0.5);
    for (int i = 0; i < 10 && lab.engine.discipline.steps == 0; i++) {
        feed(0, -lab.error_s, LEAP_NONE);
        pass(1);
    }
    assert_int_equal(lab.engine.discipline.steps, 1);
    assert_true(fabs(lab.error_s) < 1e-6);
    late = clock0()->verdicts[REPLY_LATE];
    feed(1.5, 5, LEAP_NONE); /* still of the old clock */
    check_counted(REPLY_LATE, late + 1);
    pass(2);
    for (int i = 0; i < 30; i++) {
        feed(0, -lab.error_s, LEAP_NONE);
        pass(1);
    }
    assert_int_equal(lab.engine.discipline.steps, 1);
    assert_true(fabs(engine_clock_offset(&lab.engine, lab.now.mono)) < 1e-6);

    /* the same when somebody else steps the clock */
    lab.now.wall.ns += 60 * NS_PER_S;
    late = clock0()->verdicts[REPLY_LATE];
    feed(0, 0, LEAP_NONE);
    check_counted(REPLY_LATE, late + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_sample_says_who_it_is, begin),
        cmocka_unit_test_setup(old_and_future_samples_are_dropped, begin),
        cmocka_unit_test_setup(nonsense_is_dropped, begin),
        cmocka_unit_test_setup(a_receiver_without_time_is_named_so, begin),
        cmocka_unit_test_setup(reach_moves_with_the_poll_interval, begin),
        cmocka_unit_test_setup(samples_around_a_step, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
