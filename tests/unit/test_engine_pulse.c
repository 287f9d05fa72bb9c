/* SPDX-License-Identifier: BSD-2-Clause */
/* Pulses without a number at the engine: they count while another source in use tells which second
 * they begin, and are then as exact as they are. */
#include "engine_lab.h"

#define PULSE 1u /* its source: behind one server */

/* A server, and a clock of pulses; `offset_s` as of lab_new(). */
static struct engine_lab *begin(double offset_s)
{
    struct engine_lab *lab = lab_new(1, offset_s, 10e-6);
    struct source_spec spec = {.kind = SOURCE_REFCLOCK,
                               .name = "PPS0",
                               .minpoll = 4,
                               .maxpoll = 4,
                               .refclock_refid = REFID('P', 'P', 'S', 0)};

    lab->settings.specs[PULSE] = spec;
    lab->settings.spec_count = 2;
    lab_begin(lab);
    return lab;
}

static const struct source *pulses(const struct engine_lab *lab)
{
    return &lab->engine.sources[PULSE];
}

/* The pulse of the next second, wrong by `error_s`, told 10 ms later. */
static void pulse(struct engine_lab *lab, double error_s)
{
    int64_t second_ns = (lab->true_ns / NS_PER_S + 1) * NS_PER_S;
    struct reading r = {.kind = READING_FRACTION, .dispersion_s = 1e-9};
    double offset_s;

    lab_run(lab, s_from_ns(second_ns - lab->true_ns));
    r.at = lab_now(lab).wall;
    offset_s = lab_error_s(lab) + error_s;
    r.offset_s = offset_s - round(offset_s);
    lab_run(lab, 0.01);
    engine_refclock(&lab->engine, lab_now(lab), PULSE, &r);
    lab_take_effects(lab);
}

static void test_numbered(void **state)
{
    struct engine_lab *lab = begin(0.05);

    (void)state;
    lab_run(lab, 30); /* the server's burst */
    for (unsigned i = 0; i < 600; i++) {
        pulse(lab, 0);
    }
    assert_int_equal(pulses(lab)->verdicts[REPLY_ACCEPTED], 600);
    assert_int_equal(pulses(lab)->status, SOURCE_SELECTED);
    assert_true(pulses(lab)->reach != 0);
    assert_true(fabs(lab_error_s(lab)) < 1e-6);
    assert_int_equal(lab->engine.reference.refid, REFID('P', 'P', 'S', 0));
}

/* Whole seconds come from the server: a clock that is off by many is not taken for right. */
static void test_seconds_are_the_server_s(void **state)
{
    static const double offsets[] = {3.3, -3.3, 0.45, -0.45, 0.55, -1000.25};

    (void)state;
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        struct engine_lab *lab = begin(offsets[i]);

        lab->settings.clock_control = false; /* it stays as wrong as it is */
        lab_begin(lab);
        lab_run(lab, 30);
        for (unsigned k = 0; k < 20; k++) {
            pulse(lab, 1e-4);
        }
        assert_int_equal(pulses(lab)->verdicts[REPLY_ACCEPTED], 20);
        assert_true(fabs(pulses(lab)->last_clock_offset_s - lab_error_s(lab) - 1e-4) < 1e-5);
    }
}

/* Alone, before the server is in use, and when it has fallen silent for good. */
static void test_nobody_tells(void **state)
{
    struct engine_lab *lab = begin(0.05);
    uint32_t before;

    (void)state;
    lab->servers[0].answer = LAB_SILENT;
    for (unsigned i = 0; i < 20; i++) {
        pulse(lab, 0);
    }
    assert_int_equal(pulses(lab)->verdicts[REPLY_UNSYNCHRONISED], 20);
    assert_int_equal(pulses(lab)->filter.total, 0);
    assert_int_equal(pulses(lab)->missed, 0); /* it is there */
    assert_int_equal(lab->adjusts, 0);
    assert_int_equal(lab->engine.sources[0].verdicts[REPLY_ACCEPTED], 0);

    lab->servers[0].answer = LAB_GOOD;
    lab_run(lab, 300);
    pulse(lab, 0);
    assert_int_equal(pulses(lab)->verdicts[REPLY_ACCEPTED], 1);
    lab->servers[0].answer = LAB_SILENT;
    for (unsigned i = 0; i < 2 * 86400 && lab->engine.sources[0].status >= SOURCE_OUTLYING; i++) {
        pulse(lab, 0);
    }
    assert_true(lab->engine.sources[0].status < SOURCE_OUTLYING);
    before = pulses(lab)->verdicts[REPLY_ACCEPTED];
    for (unsigned i = 0; i < 20; i++) {
        pulse(lab, 0);
    }
    assert_int_equal(pulses(lab)->verdicts[REPLY_ACCEPTED], before);
}

/* The wrong edge of a long pulse lies between two seconds: nobody can say which is meant. A second
 * clock of pulses tells no second either. */
static void test_ambiguous(void **state)
{
    struct engine_lab *lab = begin(0.001);
    struct reading r = {.kind = READING_FRACTION, .dispersion_s = 1e-9};

    (void)state;
    lab_run(lab, 30);
    for (unsigned i = 0; i < 10; i++) {
        pulse(lab, i % 2 ? 0.45 : -0.45);
    }
    assert_int_equal(pulses(lab)->verdicts[REPLY_UNSYNCHRONISED], 10);
    pulse(lab, 0.3); /* far off, and plain: the vote may judge it */
    assert_int_equal(pulses(lab)->verdicts[REPLY_ACCEPTED], 1);
    r.at = lab_now(lab).wall;
    engine_refclock(&lab->engine, lab_now(lab), 0, &r); /* not a clock: nothing */
    assert_false(lab->engine.sources[0].pulses);
}

/* Its line's correction belongs to the pulse, before its second is looked for. */
static void test_correction(void **state)
{
    struct engine_lab *lab = begin(0.001);

    (void)state;
    lab->engine.sources[PULSE].config.offset_correction_s = 0.4;
    lab_run(lab, 30);
    for (unsigned i = 0; i < 10; i++) {
        pulse(lab, -0.4);
    }
    assert_int_equal(pulses(lab)->verdicts[REPLY_ACCEPTED], 10);
    assert_true(fabs(pulses(lab)->last_clock_offset_s - lab_error_s(lab)) < 1e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbered),     cmocka_unit_test(test_seconds_are_the_server_s),
        cmocka_unit_test(test_nobody_tells), cmocka_unit_test(test_ambiguous),
        cmocka_unit_test(test_correction),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
