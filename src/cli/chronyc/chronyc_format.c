/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers, times and intervals in the columns of chronyc. */
#include "cli/chronyc/chronyc_format.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "wire/chrony_packet.h"

const char *chronyc_format_interval(uint32_t s, char text[CHRONYC_TEXT_MAX])
{
    if (s == CHRONY_NEVER) {
        return "   -";
    }
    if (s < 1200) {
        snprintf(text, CHRONYC_TEXT_MAX, "%4u", s);
    } else if (s < 36000) {
        snprintf(text, CHRONYC_TEXT_MAX, "%3um", s / 60);
    } else if (s < 345600) {
        snprintf(text, CHRONYC_TEXT_MAX, "%3uh", s / 3600);
    } else if (s / 86400 <= 999) {
        snprintf(text, CHRONYC_TEXT_MAX, "%3ud", s / 86400);
    } else {
        snprintf(text, CHRONYC_TEXT_MAX, "%3uy", s / 86400 / 365);
    }
    return text;
}

/* Up to which amount a unit is taken, what it is worth, and how it is written. */
static const struct unit {
    double below, worth;
    const char *name;
    int width, decimals;
} units[] = {
    {9999.5e-9, 1e-9, "ns", 4, 0},
    {9999.5e-6, 1e-6, "us", 4, 0},
    {9999.5e-3, 1e-3, "ms", 4, 0},
    {999.5, 1, "s", 5, 1},
    {99999.5, 1, "s", 5, 0},
    {99999.5 * 60, 60, "m", 5, 0},
    {99999.5 * 3600, 3600, "h", 5, 0},
    {99999.5 * 86400, 86400, "d", 5, 0},
    {(double)INFINITY, 86400.0 * 365, "y", 5, 0},
};

static const struct unit *unit_of(double s)
{
    const struct unit *u = units;

    while (u->below < (double)INFINITY && !(fabs(s) < u->below)) {
        u++;
    }
    return u;
}

const char *chronyc_format_seconds(double s, char text[CHRONYC_TEXT_MAX])
{
    const struct unit *u = unit_of(s);

    snprintf(text, CHRONYC_TEXT_MAX, "%*.*f%s", u->width, u->decimals, fabs(s) / u->worth, u->name);
    return text;
}

const char *chronyc_format_signed_seconds(double s, char text[CHRONYC_TEXT_MAX])
{
    const struct unit *u = unit_of(s);

    snprintf(text, CHRONYC_TEXT_MAX, "%+*.*f%s", u->width + 1, u->decimals, s / u->worth, u->name);
    return text;
}

const char *chronyc_format_ppm(double ppm, bool sign, char text[CHRONYC_TEXT_MAX])
{
    int decimals = fabs(ppm) < 99999.5 ? 3 : 0;

    snprintf(text, CHRONYC_TEXT_MAX, sign ? "%+10.*f" : "%10.*f", decimals, ppm);
    return text;
}

const char *chronyc_format_refid(uint32_t refid, char text[CHRONYC_TEXT_MAX])
{
    unsigned length = 0;

    for (unsigned i = 0; i < 4; i++) {
        unsigned c = refid >> (24 - 8 * i) & 0xff;

        if (c >= ' ' && c < 127) {
            text[length++] = (char)c;
        }
    }
    text[length] = '\0';
    return text;
}

/* Whole seconds, downwards. */
static time_t second_of(struct wall_time t)
{
    return (time_t)(t.ns / NS_PER_S - (t.ns % NS_PER_S < 0));
}

const char *chronyc_format_time(struct wall_time t, char text[CHRONYC_TEXT_MAX])
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t second = second_of(t);
    struct tm date = {0};

    gmtime_r(&second, &date);
    snprintf(text, CHRONYC_TEXT_MAX, "%.3s %.3s %02d %02d:%02d:%02d %d", days + 3L * date.tm_wday,
             months + 3L * date.tm_mon, date.tm_mday, date.tm_hour, date.tm_min, date.tm_sec,
             date.tm_year + 1900);
    return text;
}

const char *chronyc_format_date(struct wall_time t, char text[CHRONYC_TEXT_MAX])
{
    time_t second = second_of(t);
    struct tm date = {0};

    gmtime_r(&second, &date);
    snprintf(text, CHRONYC_TEXT_MAX, "%04d-%02d-%02d %02d:%02d:%02d", date.tm_year + 1900,
             date.tm_mon + 1, date.tm_mday, date.tm_hour, date.tm_min, date.tm_sec);
    return text;
}

const char *chronyc_format_stamp(struct wall_time t, char text[CHRONYC_TEXT_MAX])
{
    int64_t rest = t.ns % NS_PER_S;

    snprintf(text, CHRONYC_TEXT_MAX, "%lld.%09lld", (long long)second_of(t),
             (long long)(rest < 0 ? rest + NS_PER_S : rest));
    return text;
}

const char *chronyc_format_log2(int8_t value, char text[CHRONYC_TEXT_MAX])
{
    snprintf(text, CHRONYC_TEXT_MAX, value == 127 ? " -" : "%2d", value);
    return text;
}
