/* SPDX-License-Identifier: BSD-2-Clause */
/* A stretch of the virtual clock's life between two adjustments. Pure arithmetic. */
#ifndef TOKI_OS_POSIX_CLOCK_SEGMENT_H
#define TOKI_OS_POSIX_CLOCK_SEGMENT_H

#include "core/time.h"

/* From raw_ns on the clock runs at (1 + oscillator) * (1 + rate) of the raw clock. */
struct clock_segment {
    int64_t raw_ns, mono_ns, steps_ns; /* steps: wall - mono */
    double oscillator, rate;
};

/* Seconds of the clock for one of the raw clock, less 1. */
double clock_segment_excess(const struct clock_segment *s);

/* What the clock shows at raw_ns, also before the segment's start. */
struct instant clock_segment_read(const struct clock_segment *s, int64_t raw_ns);

#endif
