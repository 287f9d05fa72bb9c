/* SPDX-License-Identifier: BSD-2-Clause */
/* Drift files of both formats (reliability F01), their signs above all. */
#include "check.h"

#include <math.h>
#include <string.h>

#include "config/drift.h"

static void check_read(const char *text, enum drift_format format, double rate_ppm, double skew_ppm)
{
    double rate = 7, skew = 7;

    assert_true(drift_parse(text, strlen(text), format, &rate, &skew));
    assert_true(fabs(rate - rate_ppm * 1e-6) < 1e-15);
    assert_true(fabs(skew - skew_ppm * 1e-6) < 1e-15);
}

static void both_formats_are_read_with_their_sign(void **state)
{
    (void)state;
    /* chronyd: this clock is 12.5 ppm fast, so it must be slowed down */
    check_read("           12.500000             0.025000\n", DRIFT_CHRONY, -12.5, 0.025);
    check_read("-3.25 1e-2", DRIFT_CHRONY, 3.25, 0.01);
    /* ntpd: it is sped up by 12.5 ppm */
    check_read("12.500\n", DRIFT_NTP, 12.5, 0);
    check_read("-500", DRIFT_NTP, -500, 0);
    check_read("0.000\r\n", DRIFT_NTP, 0, 0);
}

static void rubbish_is_refused(void **state)
{
    static const struct {
        const char *text;
        size_t length;
    } bad[] = {
        {"", 0},
        {"\n", 1},
        {"nan\n", 4},
        {"inf 1\n", 6},
        {"1e999 1\n", 8},
        {"501 1\n", 6},
        {"-501\n", 5},
        {"1000 0.1\n", 9},
        {"1.2.3 1\n", 8},
        {"12,5\n", 5},
        {"1\0 2\n", 5},
        {"\x7f"
         "ELF",
         4},
        {"0x10 1\n", 7},
        {"1 2 3\n", 6},
        {"1 -1\n", 5},
        {"1 nan\n", 6},
        {"-", 1},
        {"1 x", 3},
        {"drift 1 2\n", 10},
    };
    double rate = 7, skew = 8;
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(drift_parse(bad[i].text, bad[i].length, DRIFT_CHRONY, &rate, &skew));
        assert_false(drift_parse(bad[i].text, bad[i].length, DRIFT_NTP, &rate, &skew));
    }
    /* one format is never taken for the other: the sign would be wrong */
    assert_false(drift_parse("12.5\n", 5, DRIFT_CHRONY, &rate, &skew));
    assert_false(drift_parse("12.5 0.1\n", 9, DRIFT_NTP, &rate, &skew));
    assert_true(rate == 7 && skew == 8);
}

static void large_files_are_refused(void **state)
{
    static char text[100000];
    double rate, skew;
    (void)state;

    memset(text, ' ', sizeof text);
    text[0] = '1';
    assert_false(drift_parse(text, sizeof text, DRIFT_NTP, &rate, &skew));
    assert_true(drift_parse(text, 100, DRIFT_NTP, &rate, &skew));
}

static void the_text_is_that_of_the_other_daemons(void **state)
{
    char out[64];
    (void)state;

    assert_int_equal(drift_format_text(out, sizeof out, DRIFT_CHRONY, -12.5e-6, 0.025e-6), 42);
    assert_string_equal(out, "           12.500000             0.025000\n");
    assert_int_equal(drift_format_text(out, sizeof out, DRIFT_NTP, -12.5e-6, 1e-6), 11);
    assert_string_equal(out, "-12.500000\n");
    drift_format_text(out, sizeof out, DRIFT_NTP, -0.25e-6, 0);
    assert_string_equal(out, "-0.250000\n");
    drift_format_text(out, sizeof out, DRIFT_NTP, 0, 0);
    assert_string_equal(out, "0.000000\n");
}

static void what_is_written_is_read(void **state)
{
    struct dice dice = {.state = 99};
    (void)state;

    for (unsigned i = 0; i < 10000; i++) {
        char out[64];
        double rate = ((double)dice_below(&dice, 1000001) - 500000) * 1e-9 * 0.999;
        double skew = dice_below(&dice, 1000000) * 1e-9, got_rate, got_skew;
        for (enum drift_format format = DRIFT_CHRONY; format <= DRIFT_NTP; format++) {
            size_t length = drift_format_text(out, sizeof out, format, rate, skew);
            assert_int_equal(length, strlen(out));
            assert_true(drift_parse(out, length, format, &got_rate, &got_skew));
            assert_true(fabs(got_rate - rate) <= 0.6e-12);
            assert_true(fabs(got_skew - (format == DRIFT_NTP ? 0 : skew)) <= 0.6e-12);
        }
    }
}

static void what_is_unfit_is_not_written(void **state)
{
    char out[64];
    (void)state;

    assert_int_equal(drift_format_text(out, sizeof out, DRIFT_NTP, (double)NAN, 0), 0);
    assert_int_equal(drift_format_text(out, sizeof out, DRIFT_NTP, (double)INFINITY, 0), 0);
    assert_int_equal(drift_format_text(out, sizeof out, DRIFT_NTP, 501e-6, 0), 0);
    assert_int_equal(drift_format_text(out, sizeof out, DRIFT_CHRONY, 0, -1), 0);
    assert_int_equal(drift_format_text(out, sizeof out, DRIFT_CHRONY, 0, (double)NAN), 0);
    for (size_t capacity = 0; capacity <= 42; capacity++) {
        assert_int_equal(drift_format_text(out, capacity, DRIFT_CHRONY, 1e-6, 1e-6), 0);
    }
    assert_int_equal(drift_format_text(out, 43, DRIFT_CHRONY, 1e-6, 1e-6), 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_formats_are_read_with_their_sign),
        cmocka_unit_test(rubbish_is_refused),
        cmocka_unit_test(large_files_are_refused),
        cmocka_unit_test(the_text_is_that_of_the_other_daemons),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_is_unfit_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
