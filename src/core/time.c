/* SPDX-License-Identifier: BSD-2-Clause */
/* Arithmetic on instants and the NTP wire formats. Everything here is total: it saturates instead
 * of overflowing, because its operands may come from a packet. */
#include "core/time.h"

#include <math.h>

/* Doubles from here up do not fit an int64 any more: 2^63. */
#define INT64_LIMIT 9223372036854775808.0

#define LOG2_MIN (-64)
#define LOG2_MAX 63

int64_t ns_from_s(double s)
{
    double ns = s * 1e9;

    if (isnan(ns)) {
        return 0;
    }
    if (ns >= INT64_LIMIT) {
        return INT64_MAX;
    }
    if (ns <= -INT64_LIMIT) {
        return INT64_MIN;
    }
    return llround(ns);
}

double s_from_ns(int64_t ns)
{
    return (double)ns / 1e9;
}

int64_t ns_subtract(int64_t a, int64_t b)
{
    int64_t difference;

    if (__builtin_sub_overflow(a, b, &difference)) {
        return a < 0 ? INT64_MIN : INT64_MAX;
    }
    return difference;
}

int64_t ns_add(int64_t a, int64_t b)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum)) {
        return a < 0 ? INT64_MIN : INT64_MAX;
    }
    return sum;
}

struct mono_time mono_after(struct mono_time t, double s)
{
    return (struct mono_time){ns_add(t.ns, ns_from_s(s))};
}

/* Seconds since 1900 of any era, rounded down, and the rest in ns. */
static int64_t ntp_seconds(struct wall_time t, uint64_t *rest_ns)
{
    int64_t seconds = t.ns / NS_PER_S;
    int64_t rest = t.ns % NS_PER_S;

    if (rest < 0) {
        rest += NS_PER_S;
        seconds--;
    }
    *rest_ns = (uint64_t)rest;
    return seconds + NTP_UNIX_OFFSET_S;
}

uint64_t ntp_from_wall(struct wall_time t)
{
    uint64_t rest_ns;
    uint64_t seconds = (uint64_t)ntp_seconds(t, &rest_ns);

    return seconds << 32 | (rest_ns << 32) / (uint64_t)NS_PER_S;
}

struct wall_time wall_from_ntp(uint64_t timestamp, struct wall_time pivot)
{
    uint64_t rest_ns;
    int64_t pivot_seconds = ntp_seconds(pivot, &rest_ns);
    uint64_t pivot_fraction = (rest_ns << 32) / (uint64_t)NS_PER_S;
    uint64_t fraction = timestamp & 0xffffffffu;
    /* How far the timestamp is from the pivot: the difference modulo 2^64 taken as signed, so at
     * most half an era (68 years) either way. */
    int64_t distance = (int64_t)(timestamp - ntp_from_wall(pivot));
    uint64_t carry = (pivot_fraction + ((uint64_t)distance & 0xffffffffu)) >> 32;
    int64_t seconds = pivot_seconds + (distance >> 32) + (int64_t)carry - NTP_UNIX_OFFSET_S;
    int64_t ns;

    if (__builtin_mul_overflow(seconds, NS_PER_S, &ns)) {
        return (struct wall_time){seconds < 0 ? INT64_MIN : INT64_MAX};
    }
    /* Rounded to the nearest, so that wall -> ntp -> wall gives the same ns back. */
    fraction = (fraction * (uint64_t)NS_PER_S + (UINT64_C(1) << 31)) >> 32;
    return (struct wall_time){ns_add(ns, (int64_t)fraction)};
}

uint32_t ntp_short_from_s(double s)
{
    double units = ceil(s * 65536.0);

    if (!(units > 0.0)) {
        return 0;
    }
    return units >= 4294967295.0 ? UINT32_MAX : (uint32_t)units;
}

double s_from_ntp_short(uint32_t value)
{
    return (double)value / 65536.0;
}

static int clamp_log2(int exponent)
{
    if (exponent < LOG2_MIN) {
        return LOG2_MIN;
    }
    return exponent > LOG2_MAX ? LOG2_MAX : exponent;
}

double s_from_log2(int exponent)
{
    return ldexp(1.0, clamp_log2(exponent));
}

int log2_from_s(double s)
{
    int exponent;

    if (!(s > 0.0)) {
        return LOG2_MIN;
    }
    if (isinf(s)) {
        return LOG2_MAX;
    }
    /* s = fraction * 2^exponent with 1/2 <= fraction < 1. */
    if (frexp(s, &exponent) <= 0.5) {
        exponent--;
    }
    return clamp_log2(exponent);
}
