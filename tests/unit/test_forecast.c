/* SPDX-License-Identifier: BSD-2-Clause */
/* sim/forecast: its account of a run against one made here from the same seconds, and which sources
 * it makes of which lines. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "sim/forecast.h"
#include "sim/scenario.h"

#define LENGTH_S 40000

static struct settings settings;
static struct forecast forecast;
static struct forecast_result result;

/* What the callback saw. */
static struct {
    unsigned count, settled;
    double errors[LENGTH_S], bounds[LENGTH_S];
    double squares, last_s, rate_squares, rate_most; /* rates: means of a second */
} seen;

static void look(void *context, double now_s, double error_s, double bound_s)
{
    const struct forecast_setup *setup = context;
    double rate = error_s - seen.last_s;

    seen.count++;
    seen.last_s = error_s;
    if (now_s > setup->settled_s) {
        seen.errors[seen.settled] = fabs(error_s);
        seen.bounds[seen.settled++] = bound_s;
        seen.squares += error_s * error_s;
        seen.rate_squares += rate * rate;
        seen.rate_most = fmax(seen.rate_most, fabs(rate));
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static struct forecast_setup make_setup(void)
{
    struct link_settings path = {.delay_s = 5e-3, .jitter_s = 1e-4};

    return (struct forecast_setup){.settings = &settings,
                                   .up = path,
                                   .down = path,
                                   .clock = {.offset_s = 0.3, .freq = 1e-5, .wander = 1e-9},
                                   .refclock_noise_s = 1e-6,
                                   .length_s = LENGTH_S,
                                   .settled_s = LENGTH_S / 4.0};
}

static void add_line(enum source_kind kind, unsigned max_sources)
{
    struct source_spec *spec = scenario_add_source(&settings, settings.spec_count);

    spec->kind = kind;
    spec->max_sources = max_sources;
    spec->address.family = ADDRESS_NONE; /* a name */
    spec->key_id = 7;
    spec->offset_correction_s = 0.1;
    spec->iburst = true;
}

static void run(const struct forecast_setup *setup, uint64_t seed)
{
    forecast_init(&forecast);
    forecast_run(&forecast, setup, seed);
    forecast_finish(&forecast, &result);
}

static void assert_near(double value, double expected, double part)
{
    if (!(fabs(value - expected) <= part * expected)) {
        fail_msg("%g, not %g", value, expected);
    }
}

static void test_account(void **state)
{
    struct forecast_setup setup = make_setup();

    (void)state;
    scenario_settings_chrony(&settings);
    settings.step_threshold_s = 0.1;
    settings.step_updates = 3;
    add_line(SOURCE_SERVER, 0);
    memset(&seen, 0, sizeof seen);
    setup.second = look;
    setup.context = &setup;
    run(&setup, 3);
    assert_int_equal(seen.count, LENGTH_S);
    assert_int_equal(seen.settled, LENGTH_S * 3 / 4);
    assert_near(result.rms_s, sqrt(seen.squares / seen.settled), 1e-9);
    qsort(seen.errors, seen.settled, sizeof seen.errors[0], by_size);
    qsort(seen.bounds, seen.settled, sizeof seen.bounds[0], by_size);
    assert_near(result.p95_s, seen.errors[seen.settled * 95 / 100], 0.015);
    assert_near(result.p99_s, seen.errors[seen.settled * 99 / 100], 0.015);
    assert_near(result.max_s, seen.errors[seen.settled - 1], 1e-9);
    assert_near(result.freq_rms, sqrt(seen.rate_squares / seen.settled), 0.05);
    assert_near(result.freq_max, seen.rate_most, 0.3);
    assert_near(result.bound_s, seen.bounds[seen.settled / 2], 0.015);
    assert_near(result.bound_max_s, seen.bounds[seen.settled - 1], 1e-9);
    assert_true(result.bound_s > 5e-3); /* half the round trip */
    assert_true(result.rms_s > 1e-6 && result.rms_s < 1e-4);
    assert_true(result.steps > 0 && result.first_set_s < 60);
    assert_true(result.below_s[0] < 600 && result.below_s[0] <= result.below_s[1]);
    assert_near(result.requests_per_day * result.poll_s, 86400, 1e-6);
}

static void test_seed_decides(void **state)
{
    struct forecast_setup setup = make_setup();
    double first;

    (void)state;
    scenario_settings_ntp(&settings);
    add_line(SOURCE_SERVER, 0);
    run(&setup, 1);
    first = result.rms_s;
    run(&setup, 1);
    assert_true(memcmp(&first, &result.rms_s, sizeof first) == 0);
    run(&setup, 2);
    assert_true(memcmp(&first, &result.rms_s, sizeof first) != 0);
}

static void test_lines(void **state)
{
    struct forecast_setup setup = make_setup();

    (void)state;
    setup.length_s = 4000;
    setup.settled_s = 1000;
    scenario_settings_chrony(&settings);
    add_line(SOURCE_PEER, 0);
    add_line(SOURCE_POOL, 4);
    settings.specs[settings.spec_count++] =
        (struct source_spec){.kind = SOURCE_REFCLOCK,
                             .name = "SHM0",
                             .minpoll = 4,
                             .maxpoll = 4,
                             .offset_correction_s = 0.5, /* of a wire that is not there */
                             .refclock_refid = REFID('S', 'H', 'M', '0')};
    add_line(SOURCE_SERVER, 0);
    run(&setup, 1);
    assert_int_equal(forecast.servers, 6);
    assert_int_equal(forecast.refclocks, 1);
    assert_int_equal(forecast.left_out, 0);
    assert_true(result.max_s < 20e-6);
    add_line(SOURCE_POOL, 16);
    run(&setup, 1);
    assert_int_equal(forecast.servers, FORECAST_SERVERS_MAX);
    assert_int_equal(forecast.left_out, 22 - FORECAST_SERVERS_MAX);
}

static void test_nothing_to_ask(void **state)
{
    struct forecast_setup setup = make_setup();

    (void)state;
    setup.up.outage_to_s = LENGTH_S;
    scenario_settings_chrony(&settings);
    add_line(SOURCE_SERVER, 0);
    run(&setup, 1);
    assert_true(isinf(result.first_set_s) && isinf(result.below_s[0]));
    assert_near(result.unsynchronised, 1, 1e-9);
    assert_true(result.requests > 0 && result.max_s > 0.3);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_account),
        cmocka_unit_test(test_seed_decides),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_nothing_to_ask),
    };

    return cmocka_run_group_tests_name("forecast", tests, NULL, NULL);
}
