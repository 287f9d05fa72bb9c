/* SPDX-License-Identifier: BSD-2-Clause */
/* What a person may order of the engine: a burst, a step. */
#include "engine_lab.h"

static void test_a_burst(void **state)
{
    struct engine_lab *lab = lab_new(2, 0, 0);
    unsigned before;

    (void)state;
    lab->settings.specs[1].offline = true;
    lab_begin(lab);
    lab_run(lab, 300);
    before = lab->servers[0].asked;
    assert_true(engine_burst(&lab->engine, lab_now(lab), 0, 4, 4));
    lab_run(lab, 20);
    assert_in_range(lab->servers[0].asked - before, 4, 5);
    assert_true(lab->servers[0].least_gap_ns >= 19 * NS_PER_S / 10);
    before = lab->servers[0].asked;
    assert_false(engine_burst(&lab->engine, lab_now(lab), 0, 4, 4)); /* it was asked a moment ago */
    assert_false(engine_burst(&lab->engine, lab_now(lab), 1, 4, 4)); /* it is offline */
    assert_false(engine_burst(&lab->engine, lab_now(lab), 2, 4, 4)); /* there is none */
    assert_false(engine_burst(&lab->engine, lab_now(lab), UINT16_MAX, 4, 4));
    lab_run(lab, 10);
    assert_in_range(lab->servers[0].asked - before, 0, 1);
    assert_int_equal(lab->servers[1].asked, 0);
}

static void test_a_step_by_order(void **state)
{
    struct engine_lab *lab = lab_new(3, 0.3, 0);
    int64_t before;

    (void)state;
    lab->settings.step_threshold_s = 0; /* never by itself */
    lab->settings.max_slew_rate = 1e-6;
    lab_begin(lab);
    assert_false(engine_make_step(&lab->engine, lab_now(lab))); /* nothing is known yet */
    lab_run(lab, 30);
    assert_true(fabs(lab_error_s(lab)) > 0.25);
    assert_int_equal(lab->steps, 0);
    before = lab->servers[0].least_gap_ns;
    assert_true(engine_make_step(&lab->engine, lab_now(lab)));
    lab_take_effects(lab);
    lab_run(lab, 1);
    assert_int_equal(lab->steps, 1);
    assert_true(fabs(lab_error_s(lab)) < 1e-3);
    assert_true(lab->engine.synchronised);
    lab_run(lab, 300);
    assert_int_equal(lab->steps, 1);
    assert_true(fabs(lab_error_s(lab)) < 1e-3);
    assert_true(lab->servers[0].least_gap_ns <= before);
}

/* What the panic threshold refuses, a person may still order. */
static void test_a_step_out_of_a_panic(void **state)
{
    struct engine_lab *lab = lab_new(3, 5000, 0);

    (void)state;
    lab->settings.panic_s = 1000;
    lab->settings.panic_first_allowed = false;
    lab_begin(lab);
    lab_run(lab, 30);
    assert_int_equal(lab->engine.discipline.state, DISCIPLINE_PANIC);
    assert_true(engine_make_step(&lab->engine, lab_now(lab)));
    lab_take_effects(lab);
    lab_run(lab, 200);
    assert_true(fabs(lab_error_s(lab)) < 1e-3);
    assert_true(lab->engine.synchronised);
    assert_int_equal(lab->engine.discipline.state, DISCIPLINE_TRACKING);
}

static void test_no_step_without_clock_control(void **state)
{
    struct engine_lab *lab = lab_new(3, 0.3, 0);

    (void)state;
    lab->settings.clock_control = false;
    lab_begin(lab);
    lab_run(lab, 30);
    assert_false(engine_make_step(&lab->engine, lab_now(lab)));
    lab_run(lab, 10);
    assert_int_equal(lab->steps + lab->adjusts, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst),
        cmocka_unit_test(test_a_step_by_order),
        cmocka_unit_test(test_a_step_out_of_a_panic),
        cmocka_unit_test(test_no_step_without_clock_control),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
