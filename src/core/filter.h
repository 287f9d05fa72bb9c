/* SPDX-License-Identifier: BSD-2-Clause */
/* A source's measurements -> what it says of our oscillator, and how sure that is. */
#ifndef TOKI_CORE_FILTER_H
#define TOKI_CORE_FILTER_H

#include <stdbool.h>

#include "core/sample.h"

#define FILTER_WINDOW 64 /* samples kept */

struct filter {
    struct sample window[FILTER_WINDOW]; /* ring */
    unsigned count, newest;
    unsigned total;           /* samples ever, saturating */
    struct estimate estimate; /* as of the newest sample */
    double min_delay_s;       /* the path without queues, as far as seen */
    double jitter_s;          /* noise of one sample, as found from the samples */
    double wander;            /* found instability of the rate: deviation after 1 s, 1/s^0.5 */
};

#endif
