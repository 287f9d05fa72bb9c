/* SPDX-License-Identifier: BSD-2-Clause */
/* What we tell clients of our clock: the system variables of RFC 5905 section 11.2, as a function
 * of time (the dispersion grows). Plain data: it is copied whole into the serve page. */
#ifndef TOKI_CORE_REFERENCE_H
#define TOKI_CORE_REFERENCE_H

#include <stdint.h>

#include "core/time.h"

struct reference {
    uint8_t leap;                           /* enum packet_leap */
    uint8_t stratum;                        /* 1..15; 16 = unsynchronised */
    int8_t precision;                       /* log2 s, of reading our clock */
    int8_t poll;                            /* log2 s */
    uint32_t refid;                         /* host order */
    struct wall_time updated;               /* reference timestamp */
    struct mono_time at;                    /* the bounds below hold at this moment */
    double root_delay_s, root_dispersion_s; /* the dispersion includes what is still to be slewed */
    double dispersion_rate;                 /* growth of the dispersion, s/s */
    double offset_s, offset_sd_s; /* our best estimate of the error left, and its deviation */
};

/* An unsynchronised clock of this precision. */
void reference_init(struct reference *r, int8_t precision);

/* Root dispersion and root distance (delay/2 + dispersion: the bound of our error) at `now`. */
double reference_dispersion(const struct reference *r, struct mono_time now);
double reference_distance(const struct reference *r, struct mono_time now);

#endif
