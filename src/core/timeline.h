/* SPDX-License-Identifier: BSD-2-Clause */
/* The free-running clock under the system clock. toki makes each adjustment itself, so it can say
 * what an untouched oscillator would have read; samples are kept on that line and no slew ever
 * rewrites them.
 *   mono runs at (1 + rate) times free, with one rate for each stretch between two adjustments;
 *   wall = mono + an offset that only steps change.
 * An offset "of the free clock" is true time - (free + base), where base is wall - free at the last
 * step (or the start): so it stays small and a double holds it to well below a nanosecond. */
#ifndef TOKI_CORE_TIMELINE_H
#define TOKI_CORE_TIMELINE_H

#include <stdbool.h>

#include "core/time.h"

#define TIMELINE_SEGMENTS 16

struct timeline_segment {
    struct mono_time mono; /* start */
    struct free_time free;
    double fraction_ns; /* of free, beyond its whole ns: roundings must not add up */
    double rate;        /* of mono against free, less 1, from here on */
};

struct timeline {
    struct timeline_segment segments[TIMELINE_SEGMENTS]; /* ring, oldest overwritten */
    unsigned count, newest;
    int64_t wall_minus_mono_ns;
    int64_t base_ns;
};

/* Starts at `now` with the rate correction that is already in force (a kernel that was left at
 * some frequency). */
void timeline_init(struct timeline *t, struct instant now, double rate);

/* The rate in force. */
double timeline_rate(const struct timeline *t);

/* The free clock at a reading of the clock. A reading older than the oldest segment kept is taken
 * to belong to that segment. */
struct free_time timeline_free(const struct timeline *t, struct mono_time mono);
struct free_time timeline_free_from_wall(const struct timeline *t, struct wall_time wall);

/* free + base: what the wall clock would show without adjustments since the last step. */
struct wall_time timeline_free_wall(const struct timeline *t, struct free_time at);

/* True time - wall clock at `mono`, for a free clock that is `free_offset_s` off then. */
double timeline_clock_offset(const struct timeline *t, struct mono_time mono, double free_offset_s);

/* The other way: offset of the free clock, from one of the wall clock at `mono`. */
double timeline_free_offset(const struct timeline *t, struct mono_time mono, double clock_offset_s);

/* The rate became `rate` at `mono`. */
void timeline_record_rate(struct timeline *t, struct mono_time mono, double rate);

/* The wall clock was stepped by `step_ns`, by us or by another program. The caller shifts each
 * stored offset by -step. */
void timeline_record_step(struct timeline *t, int64_t step_ns);

/* The part of wall - mono that no recorded step explains, ns. Another program stepped the clock, or
 * the machine slept, when this is more than the granularity of reading (1 ms to be safe). */
int64_t timeline_unexplained_ns(const struct timeline *t, struct instant now);

#endif
