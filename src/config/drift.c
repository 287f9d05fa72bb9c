/* SPDX-License-Identifier: BSD-2-Clause */
/* chronyd writes "frequency skew" with the frequency of the bare clock (positive: it
 * runs fast); ntpd writes one number, the correction that it applies (positive: it runs slow). */
#include "config/drift.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/text.h"

#define DRIFT_TEXT_MAX 256
#define DRIFT_LIMIT_PPM 500.0
#define SKEW_LIMIT_PPM 1e6

static const char *skip_blanks(const char *p)
{
    while (text_is_blank(*p) || *p == '\n') {
        p++;
    }
    return p;
}

/* A number that is followed by a blank, a line's end or the end. */
static bool read_number(const char **p, double *number)
{
    const char *end;

    if (!text_number(*p, number, &end) || (*end != '\0' && *end != '\n' && !text_is_blank(*end))) {
        return false;
    }
    *p = skip_blanks(end);
    return true;
}

bool drift_parse(const char *text, size_t length, enum drift_format format, double *rate,
                 double *skew)
{
    char copy[DRIFT_TEXT_MAX];
    double frequency_ppm, skew_ppm = 0;

    if (length >= sizeof copy || memchr(text, 0, length)) {
        return false;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    const char *p = skip_blanks(copy);
    if (!read_number(&p, &frequency_ppm) || fabs(frequency_ppm) > DRIFT_LIMIT_PPM) {
        return false;
    }
    if (format == DRIFT_CHRONY) {
        if (!read_number(&p, &skew_ppm) || skew_ppm < 0 || skew_ppm > SKEW_LIMIT_PPM) {
            return false;
        }
        frequency_ppm = -frequency_ppm;
    }
    if (*p != '\0') {
        return false; /* another format, or none */
    }
    *rate = frequency_ppm * 1e-6;
    *skew = skew_ppm * 1e-6;
    return true;
}

/* Digits by hand: printf follows the locale's decimal point. micro = value in millionths. */
static size_t put_millionths(char *out, size_t capacity, double micro, int width)
{
    long long whole = llround(micro);
    unsigned long long size = (unsigned long long)(whole < 0 ? -whole : whole);
    char number[48];

    snprintf(number, sizeof number, "%s%llu.%06llu", whole < 0 ? "-" : "", size / 1000000,
             size % 1000000);
    int length = snprintf(out, capacity, "%*s", width, number);
    return length > 0 && (size_t)length < capacity ? (size_t)length : 0;
}

size_t drift_format_text(char *out, size_t capacity, enum drift_format format, double rate,
                         double skew)
{
    size_t used, more;

    if (!isfinite(rate) || fabs(rate) * 1e6 > DRIFT_LIMIT_PPM || !isfinite(skew) || skew < 0 ||
        skew * 1e6 > SKEW_LIMIT_PPM) {
        return 0;
    }
    /* ppm in millionths is the rate times 1e12 */
    if (format == DRIFT_NTP) {
        used = put_millionths(out, capacity, rate * 1e12, 0);
    } else {
        used = put_millionths(out, capacity, -rate * 1e12, 20);
        more = used > 0 && used + 1 < capacity
                   ? put_millionths(out + used + 1, capacity - used - 1, skew * 1e12, 20)
                   : 0;
        if (more == 0) {
            return 0;
        }
        out[used] = ' ';
        used += 1 + more;
    }
    if (used == 0 || used + 1 >= capacity) {
        return 0;
    }
    out[used++] = '\n';
    out[used] = '\0';
    return used;
}
