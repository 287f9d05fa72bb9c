/* SPDX-License-Identifier: BSD-2-Clause */
/* The two days of a year at whose end a leap second may come, against a calendar that counts day
 * by day, over all years that an int64 of ns can hold. */
#include "core/leap.h"

#include "check.h"

static bool is_leap_year(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap_year(year));
}

static void check_day(int64_t day, bool wanted)
{
    const int64_t start = day * 86400 * NS_PER_S;

    assert_int_equal(leap_may_end_today((struct wall_time){start}), wanted);
    assert_int_equal(leap_may_end_today((struct wall_time){start + 43200 * NS_PER_S}), wanted);
    assert_int_equal(leap_may_end_today((struct wall_time){start + 86400 * NS_PER_S - 1}), wanted);
}

static void test_every_day_from_1970_to_2261(void **state)
{
    int64_t day = 0;

    (void)state;
    for (int year = 1970; year <= 2261; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int d = 1; d <= days_of_month(year, month); d++) {
                check_day(day++, (month == 6 && d == 30) || (month == 12 && d == 31));
            }
        }
    }
}

static void test_every_day_before_1970(void **state)
{
    int64_t day = -1;

    (void)state;
    for (int year = 1969; year >= 1678; year--) {
        for (int month = 12; month >= 1; month--) {
            for (int d = days_of_month(year, month); d >= 1; d--) {
                check_day(day--, (month == 6 && d == 30) || (month == 12 && d == 31));
            }
        }
    }
}

static void test_the_ends_of_time(void **state)
{
    (void)state;
    assert_false(leap_may_end_today((struct wall_time){INT64_MAX})); /* 2262-04-11 */
    assert_false(leap_may_end_today((struct wall_time){INT64_MIN})); /* 1677-09-21 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day_from_1970_to_2261),
        cmocka_unit_test(test_every_day_before_1970),
        cmocka_unit_test(test_the_ends_of_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
