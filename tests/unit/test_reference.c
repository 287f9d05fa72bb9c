/* SPDX-License-Identifier: BSD-2-Clause */
/* The bounds that we announce, and the names and defaults that have no behaviour of their own. */
#include "core/reference.h"

#include <string.h>

#include "check.h"
#include "core/event.h"
#include "core/packet.h"
#include "core/respond.h"
#include "core/settings.h"

static void test_unsynchronised(void **state)
{
    struct reference r;

    (void)state;
    memset(&r, 0xff, sizeof r);
    reference_init(&r, -20);
    assert_int_equal(r.leap, LEAP_UNSYNCHRONISED);
    assert_int_equal(r.stratum, STRATUM_UNSYNCHRONISED);
    assert_int_equal(r.precision, -20);
    assert_int_equal(r.refid, REFID('I', 'N', 'I', 'T'));
    assert_true(reference_distance(&r, (struct mono_time){INT64_MAX}) >= 16.0);
}

static void test_dispersion_grows(void **state)
{
    struct reference r;
    const struct mono_time start = {5 * NS_PER_S};

    (void)state;
    reference_init(&r, -20);
    r.at = start;
    r.root_delay_s = 0.010;
    r.root_dispersion_s = 0.002;
    r.dispersion_rate = 15e-6;
    assert_true(reference_dispersion(&r, start) == 0.002);
    assert_true(reference_dispersion(&r, mono_after(start, 1000.0)) == 0.002 + 0.015);
    assert_true(reference_distance(&r, mono_after(start, 1000.0)) == 0.005 + (0.002 + 0.015));
    /* Never less than at its own time, and no overflow at the ends. */
    assert_true(reference_dispersion(&r, mono_after(start, -1000.0)) == 0.002);
    assert_true(reference_dispersion(&r, (struct mono_time){INT64_MIN}) == 0.002);
    assert_true(reference_dispersion(&r, (struct mono_time){INT64_MAX}) > 1e5);
}

/* Names are there, in lower case with hyphens, and no two are the same. */
static void check_names(const char *(*name)(unsigned), unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const char *text = name(i);

        assert_true(strlen(text) >= 4);
        assert_int_equal(strspn(text, "abcdefghijklmnopqrstuvwxyz-"), strlen(text));
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(text, name(k));
        }
    }
    assert_string_equal(name(count), "unknown");
    assert_string_equal(name(99999), "unknown");
}

static const char *event_text(unsigned i)
{
    return event_name((enum event_type)i);
}

static const char *verdict_text(unsigned i)
{
    return respond_verdict_name((enum respond_verdict)i);
}

static void test_names(void **state)
{
    (void)state;
    check_names(event_text, EVENT_TYPES);
    check_names(verdict_text, RESPOND_VERDICTS);
    assert_string_equal(event_name(EVENT_CLOCK_STEPPED), "clock-stepped");
    assert_string_equal(respond_verdict_name(RESPOND_DROPPED_SHORT), "dropped-short");
}

static void test_settings(void **state)
{
    static struct settings s;

    (void)state;
    memset(&s, 0xff, sizeof s);
    settings_default(&s);
    assert_int_equal(s.spec_count, 0);
    assert_int_equal(s.min_sources, 1);
    assert_true(s.clock_control);
    assert_false(s.local);
    assert_in_range(s.local_stratum, 1, STRATUM_MAX);
    assert_true(s.step_threshold_s == 0.128);
    assert_true(s.panic_s == 1000.0);
    assert_true(s.max_clock_error == 15e-6);
    assert_true(s.max_slew_rate > 0.0 && s.max_drift > 0.0 && s.max_update_skew > 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unsynchronised),
        cmocka_unit_test(test_dispersion_grows),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
