/* SPDX-License-Identifier: BSD-2-Clause */
/* The bounds of our error as they grow between two updates of the clock. */
#include "core/reference.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/bytes.h"

/* MAXDISP of RFC 5905 section 7.1: we know nothing. */
#define DISPERSION_MAX_S 16.0

void reference_init(struct reference *r, int8_t precision)
{
    memset(r, 0, sizeof *r);
    r->leap = LEAP_UNSYNCHRONISED;
    r->stratum = STRATUM_UNSYNCHRONISED;
    r->precision = precision;
    r->refid = REFID('I', 'N', 'I', 'T');
    r->root_dispersion_s = DISPERSION_MAX_S;
}

double reference_dispersion(const struct reference *r, struct mono_time now)
{
    double age_s = s_from_ns(ns_subtract(now.ns, r->at.ns));

    return r->root_dispersion_s + (age_s > 0.0 ? age_s * r->dispersion_rate : 0.0);
}

double reference_distance(const struct reference *r, struct mono_time now)
{
    return r->root_delay_s / 2.0 + reference_dispersion(r, now);
}

/* Units of the integers in struct reference_wire. */
#define AGE_UNIT_LOG2 10
#define AGE_MAX ((UINT64_C(1) << 47) - 1)  /* 4 years: what is multiplied by 16 bits */
#define DISPERSION_PER_S 281474976710656.0 /* 2^48 */
#define RATE_PER_UNIT (18446744073709551616.0 * 1024e-9) /* 2^64 for each 1024 ns */

static uint64_t round_up(double value, uint64_t max)
{
    if (!(value > 0.0)) {
        return 0;
    }
    return value >= (double)max ? max : (uint64_t)ceil(value);
}

static uint32_t short_from_fine(uint64_t fine)
{
    return fine > UINT64_C(0xffffffff00000000) ? UINT32_MAX : (uint32_t)((fine + UINT32_MAX) >> 32);
}

void reference_to_wire(const struct reference *r, struct reference_wire *out)
{
    bool synchronised =
        r->leap != LEAP_UNSYNCHRONISED && r->stratum >= 1 && r->stratum <= STRATUM_MAX;
    struct bytes_writer w = bytes_writer(out->head, sizeof out->head);

    out->at_ns = r->at.ns;
    out->dispersion = round_up(r->root_dispersion_s * DISPERSION_PER_S, UINT64_MAX);
    out->dispersion_rate = round_up(r->dispersion_rate * RATE_PER_UNIT, UINT64_MAX);
    bytes_write_u8(&w, (uint8_t)((synchronised ? r->leap : LEAP_UNSYNCHRONISED) << 6));
    bytes_write_u8(&w, synchronised ? r->stratum : 0); /* RFC 5905 figure 11: 16 goes as 0 */
    bytes_write_u8(&w, 0);
    bytes_write_u8(&w, (uint8_t)r->precision);
    bytes_write_u32(&w, ntp_short_from_s(r->root_delay_s));
    bytes_write_u32(&w, short_from_fine(out->dispersion));
    bytes_write_u32(&w, r->refid);
    bytes_write_u64(&w, r->updated.ns != 0 ? ntp_from_wall(r->updated) : 0);
}

uint32_t reference_wire_dispersion(const struct reference_wire *w, struct mono_time now)
{
    int64_t age_ns = ns_subtract(now.ns, w->at_ns);
    uint64_t age =
        age_ns > 0 ? ((uint64_t)age_ns + ((1u << AGE_UNIT_LOG2) - 1)) >> AGE_UNIT_LOG2 : 0;
    uint64_t upper, lower, sum;

    /* The product may have more than 64 bits; its last 16 are not wanted. */
    age = age < AGE_MAX ? age : AGE_MAX;
    lower = (age * (w->dispersion_rate & 0xffff) + 0xffff) >> 16;
    if (__builtin_mul_overflow(age, w->dispersion_rate >> 16, &upper) ||
        __builtin_add_overflow(upper, lower, &sum) ||
        __builtin_add_overflow(sum, w->dispersion, &sum)) {
        return UINT32_MAX;
    }
    return short_from_fine(sum);
}
