/* SPDX-License-Identifier: BSD-2-Clause */
/* The bounds of our error as they grow between two updates of the clock. */
#include "core/reference.h"

#include <string.h>

#include "core/packet.h"

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
