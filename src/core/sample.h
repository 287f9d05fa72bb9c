/* SPDX-License-Identifier: BSD-2-Clause */
/* One measurement of one source, and THE sign of the whole project:
 *   offset = true time - our clock; positive means that our clock is slow. */
#ifndef TOKI_CORE_SAMPLE_H
#define TOKI_CORE_SAMPLE_H

#include <stdint.h>

#include "core/time.h"

struct sample {
    struct free_time at; /* when, half-way between request and reply */
    double offset_s;     /* relative to the timeline's free clock (core/timeline.h) */
    double delay_s;      /* round trip less the server's turnaround; >= 0; 0 for a refclock */
    double dispersion_s; /* reading error of both clocks: their precisions and what they could
                            drift during the exchange; > 0 */
    double root_delay_s; /* of the server, from its packet */
    double root_dispersion_s;
    uint8_t leap, stratum;
};

/* The estimate of the clock from a set of samples, at one moment. */
struct estimate {
    struct free_time at;
    double offset_s; /* of the free clock, at `at` */
    double rate;     /* d offset / d free time: the correction the oscillator needs; no unit */
    double offset_sd_s, rate_sd, covariance_s; /* standard deviations; covariance(offset, rate) */
    unsigned samples;
};

#endif
