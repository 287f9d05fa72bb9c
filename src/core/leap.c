/* SPDX-License-Identifier: BSD-2-Clause */
/* The calendar that leap seconds need. Called by the engine's judgement. */
#include "core/leap.h"

#define DAY_S INT64_C(86400)

/* Days from 1970-01-01 to a date of the Gregorian calendar. A year is taken to begin in March, so
 * that the leap day is its last. */
static int64_t leap_days(int64_t year, int64_t month, int64_t day)
{
    int64_t era, of_era, of_year;

    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    of_era = year - era * 400;
    of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool leap_may_end_today(struct wall_time now)
{
    int64_t seconds = now.ns / NS_PER_S - (now.ns % NS_PER_S < 0);
    int64_t day = seconds / DAY_S - (seconds % DAY_S < 0);
    int64_t year = 1970 + day / 365; /* too high by a year at most, within int64 of ns */

    for (int64_t y = year - 1; y <= year; y++) {
        if (day == leap_days(y, 6, 30) || day == leap_days(y, 12, 31)) {
            return true;
        }
    }
    return false;
}
