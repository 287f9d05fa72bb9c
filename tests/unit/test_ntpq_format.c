/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/ntpq_format: words and columns as ntpq has them. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "cli/ntpq/ntpq_format.h"

static char text[NTPQ_TEXT_MAX];

static void status_words(void **state)
{
    (void)state;
    assert_string_equal(ntpq_format_status(NTPQ_STATUS_SYSTEM, 0xc016, text),
                        "leap_alarm, sync_unspec, 1 event, restart");
    assert_string_equal(ntpq_format_status(NTPQ_STATUS_SYSTEM, 0x0615, text),
                        "leap_none, sync_ntp, 1 event, clock_sync");
    assert_string_equal(ntpq_format_status(NTPQ_STATUS_PEER, 0xb61a, text),
                        "conf, auth, reach, sel_sys.peer, 1 event, sys_peer");
    assert_string_equal(ntpq_format_status(NTPQ_STATUS_PEER, 0x8011, text),
                        "conf, sel_reject, 1 event, mobilize");
    assert_string_equal(ntpq_format_status(NTPQ_STATUS_CLOCK, 0, text), "no events, clk_unspec");
    assert_string_equal(ntpq_format_status(NTPQ_STATUS_SYSTEM, 0xffff, text),
                        "leap_alarm, , 15 events, stale_leapsecond_values");
    assert_string_equal(ntpq_format_peer_event(0x9014), "reachable");
    assert_string_equal(ntpq_format_peer_event(0x901b), "clock_alarm");
    assert_string_equal(ntpq_format_peer_event(0x901c), "");
}

static void numbers_fill_eight_columns(void **state)
{
    static const struct {
        double value;
        unsigned decimals;
        const char *text;
    } cases[] = {{0.08164, 4, "  0.0816"}, {-0.08164, 4, " -0.0816"},  {999.99999, 4, "1000.0000"},
                 {1000, 4, "1000.000"},    {-100, 4, "-100.000"},      {15937.5, 4, "15937.50"},
                 {123456, 3, "123456.0"},  {1e7, 3, "10000000"},       {-99999.5, 3, "-99999.5"},
                 {12.3456, 3, "  12.346"}, {-1234.5678, 3, "-1234.57"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(ntpq_format_number(cases[i].value, cases[i].decimals, ".", text),
                            cases[i].text);
    }
    assert_string_equal(ntpq_format_number((double)NAN, 3, ".", text), "       .");
}

static void intervals_change_their_unit(void **state)
{
    (void)state;
    assert_string_equal(ntpq_format_interval(0, text), "-");
    assert_string_equal(ntpq_format_interval(-3, text), "-");
    assert_string_equal(ntpq_format_interval(2048, text), "2048");
    assert_string_equal(ntpq_format_interval(2049, text), "34m");
    assert_string_equal(ntpq_format_interval(17971, text), "300m");
    assert_string_equal(ntpq_format_interval(17972, text), "5h");
    assert_string_equal(ntpq_format_interval(5 * 86400, text), "5d");
    assert_string_equal(ntpq_format_duration(44, text), "00:00:44");
    assert_string_equal(ntpq_format_duration(3 * 86400 + 3661, text), "3D 01:01:01");
}

static void dates_are_unfolded(void **state)
{
    struct wall_time now = {INT64_C(1795313048) * NS_PER_S};

    (void)state;
    assert_string_equal(ntpq_format_date(UINT64_C(0xeeaccc045aba59f2), now, text),
                        "eeaccc04.5aba59f2 2026-11-22T02:03:48.354Z");
    assert_string_equal(ntpq_format_date(0, now, text),
                        "00000000.00000000 2036-02-07T06:28:16.000Z");
}

static void variables_by_their_kind(void **state)
{
    static const struct {
        struct variable v;
        const char *text;
    } cases[] = {
        {{"leap", "3", false}, "leap=11"},
        {{"reach", "0xff", false}, "reach=377"},
        {{"flash", "0x1200", false}, "flash=1200 peer_stratum peer_unreach"},
        {{"flash", "0x0", false}, "flash=00 ok"},
        {{"refid", "GPS", false}, "refid=GPS"},
        {{"system", "Linux", true}, "system=\"Linux\""},
        {{"offset", "-0.012000", false}, "offset=-0.012000"},
        {{"mru_enabled", "0x3", false}, "mru_enabled=3"},
        {{"leapsec", "201701010000", false}, "leapsec=201701010000"},
        {{"filtdelay", "0.1 0.2", false}, " filtdelay =0.1\t0.2"},
        {{"rec", "0xeeaccc04.5aba59f2", false}, "rec=eeaccc04.5aba59f2 2026-11-22T02:03:48.354Z"}};
    struct wall_time now = {INT64_C(1795313048) * NS_PER_S};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ntpq_format_variable(&cases[i].v, now, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_words),
        cmocka_unit_test(numbers_fill_eight_columns),
        cmocka_unit_test(intervals_change_their_unit),
        cmocka_unit_test(dates_are_unfolded),
        cmocka_unit_test(variables_by_their_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
