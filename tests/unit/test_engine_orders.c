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

/* As many as asked for, and no more once enough of them were good. */
static void test_a_burst_of_another_length(void **state)
{
    struct engine_lab *lab = lab_new(1, 0, 0);
    unsigned before;

    (void)state;
    lab_begin(lab);
    lab_run(lab, 300);
    before = lab->servers[0].asked;
    assert_true(engine_burst(&lab->engine, lab_now(lab), 0, 8, 2));
    lab_run(lab, 30);
    assert_in_range(lab->servers[0].asked - before, 2, 3);
    lab_run(lab, 300);
    lab->servers[0].answer = LAB_SILENT;
    before = lab->servers[0].asked;
    assert_true(engine_burst(&lab->engine, lab_now(lab), 0, 6, 2));
    lab_run(lab, 40);
    assert_in_range(lab->servers[0].asked - before, 6, 7);
}

/* All that was measured goes, the frequency stays, and all is found again at once. */
static void test_all_is_forgotten(void **state)
{
    struct engine_lab *lab = lab_new(3, 0.3, 40e-6);

    (void)state;
    lab_begin(lab);
    lab_run(lab, 3600);
    assert_true(lab->engine.synchronised);
    lab_take_effects(lab);
    engine_forget(&lab->engine, lab_now(lab));
    lab_take_effects(lab);
    assert_false(lab->engine.synchronised);
    assert_int_equal(lab->engine.sources[0].filter.count, 0);
    assert_int_equal(lab->events[EVENT_CLOCK_STEP_SEEN], 0);
    lab_run(lab, 200);
    assert_true(lab->engine.synchronised);
    assert_true(fabs(lab_error_s(lab)) < 1e-3);
    assert_true(fabs(lab->engine.discipline.drift - 40e-6) < 2e-6 ||
                fabs(lab->engine.discipline.drift + 40e-6) < 2e-6);
    assert_int_equal(lab->steps, 1);
}

/* Without the advantage of the present peer the better one is taken. */
static void test_the_peer_is_chosen_anew(void **state)
{
    struct engine_lab *lab = lab_new(2, 0, 0);
    uint16_t other;

    (void)state;
    lab->settings.reselect_s = 10;
    lab->settings.stratum_weight_s = 1;
    lab_begin(lab);
    lab_run(lab, 600);
    other = !lab->engine.selection.chosen;
    lab->servers[other].stratum = 1;
    lab_run(lab, 3600);
    assert_int_not_equal(lab->engine.selection.chosen, other);
    engine_reselect(&lab->engine, lab_now(lab));
    lab_take_effects(lab);
    assert_int_equal(lab->engine.selection.chosen, other);
    assert_true(lab->engine.synchronised);
}

static void test_names_are_looked_up_again(void **state)
{
    struct engine_lab *lab = lab_new(2, 0, 0);
    struct address address;
    unsigned before;

    (void)state;
    assert_true(address_parse("192.0.2.2", &address));
    memset(&lab->settings.specs[1].address, 0, sizeof lab->settings.specs[1].address);
    strcpy(lab->settings.specs[1].name, "ntp.example");
    lab_begin(lab);
    lab_run(lab, 1);
    engine_resolved(&lab->engine, lab_now(lab), 1, &address, 1);
    lab_take_effects(lab);
    lab_run(lab, 600);
    before = lab->look_up_count;
    engine_refresh(&lab->engine, lab_now(lab));
    lab_run(lab, 2);
    assert_int_equal(lab->look_up_count, before + 1);
    assert_int_equal(lab->look_ups[before].source, 1);
    /* the server answers, and its name still has that address: nothing changes */
    before = lab->engine.sources[1].filter.count;
    engine_resolved(&lab->engine, lab_now(lab), 1, &address, 1);
    lab_take_effects(lab);
    assert_int_equal(lab->engine.sources[1].filter.count, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst),
        cmocka_unit_test(test_a_step_by_order),
        cmocka_unit_test(test_a_step_out_of_a_panic),
        cmocka_unit_test(test_no_step_without_clock_control),
        cmocka_unit_test(test_a_burst_of_another_length),
        cmocka_unit_test(test_all_is_forgotten),
        cmocka_unit_test(test_the_peer_is_chosen_anew),
        cmocka_unit_test(test_names_are_looked_up_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
