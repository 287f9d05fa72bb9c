/* SPDX-License-Identifier: BSD-2-Clause */
/* Bookkeeping of the adjustments: mono <-> free by straight lines, wall by a constant. Called by
 * the engine for each sample and after each adjustment. */
#include "core/timeline.h"

#include <math.h>
#include <string.h>

void timeline_init(struct timeline *t, struct instant now, double rate)
{
    memset(t, 0, sizeof *t);
    t->count = 1;
    t->segments[0].mono = now.mono;
    t->segments[0].rate = rate;
    t->wall_minus_mono_ns = ns_subtract(now.wall.ns, now.mono.ns);
    t->base_ns = now.wall.ns;
}

double timeline_rate(const struct timeline *t)
{
    return t->segments[t->newest].rate;
}

/* The segment that holds `mono`: the newest that had begun by then. */
static const struct timeline_segment *timeline_segment_at(const struct timeline *t,
                                                          struct mono_time mono)
{
    const struct timeline_segment *s = &t->segments[t->newest];

    for (unsigned i = 1; i < t->count && s->mono.ns > mono.ns; i++) {
        s = &t->segments[(t->newest + TIMELINE_SEGMENTS - i) % TIMELINE_SEGMENTS];
    }
    return s;
}

/* Free ns since the segment's start, whole and fraction. The product is taken of the small rate
 * only, so that days of mono time cost no precision. */
static int64_t timeline_elapsed(const struct timeline_segment *s, struct mono_time mono,
                                double *fraction)
{
    int64_t d = ns_subtract(mono.ns, s->mono.ns);
    double less = (double)d * (s->rate / (1.0 + s->rate)) - s->fraction_ns;
    double whole = floor(less);

    *fraction = whole - less;
    return ns_subtract(d, (int64_t)whole);
}

struct free_time timeline_free(const struct timeline *t, struct mono_time mono)
{
    const struct timeline_segment *s = timeline_segment_at(t, mono);
    double fraction;
    int64_t elapsed = timeline_elapsed(s, mono, &fraction);

    return (struct free_time){ns_add(s->free.ns, elapsed)};
}

struct free_time timeline_free_from_wall(const struct timeline *t, struct wall_time wall)
{
    return timeline_free(t, (struct mono_time){ns_subtract(wall.ns, t->wall_minus_mono_ns)});
}

struct wall_time timeline_free_wall(const struct timeline *t, struct free_time at)
{
    return (struct wall_time){ns_add(at.ns, t->base_ns)};
}

/* What the adjustments since the last step have added to the wall clock, s. */
static double timeline_added(const struct timeline *t, struct mono_time mono)
{
    const struct timeline_segment *s = timeline_segment_at(t, mono);
    double fraction;
    int64_t elapsed = timeline_elapsed(s, mono, &fraction);
    int64_t wall = ns_add(mono.ns, t->wall_minus_mono_ns);
    int64_t free_wall = ns_add(ns_add(s->free.ns, elapsed), t->base_ns);

    return s_from_ns(ns_subtract(wall, free_wall)) - fraction * 1e-9;
}

double timeline_clock_offset(const struct timeline *t, struct mono_time mono, double free_offset_s)
{
    return free_offset_s - timeline_added(t, mono);
}

double timeline_free_offset(const struct timeline *t, struct mono_time mono, double clock_offset_s)
{
    return clock_offset_s + timeline_added(t, mono);
}

void timeline_record_rate(struct timeline *t, struct mono_time mono, double rate)
{
    const struct timeline_segment *s = &t->segments[t->newest];
    struct timeline_segment next;

    if (mono.ns < s->mono.ns) {
        mono = s->mono; /* never out of order, whatever the caller read */
    }
    next.mono = mono;
    next.free.ns = ns_add(s->free.ns, timeline_elapsed(s, mono, &next.fraction_ns));
    next.rate = rate;
    t->newest = (t->newest + 1) % TIMELINE_SEGMENTS;
    t->segments[t->newest] = next;
    if (t->count < TIMELINE_SEGMENTS) {
        t->count++;
    }
}

void timeline_record_step(struct timeline *t, int64_t step_ns)
{
    t->wall_minus_mono_ns = ns_add(t->wall_minus_mono_ns, step_ns);
    t->base_ns = ns_add(t->base_ns, step_ns);
}

int64_t timeline_unexplained_ns(const struct timeline *t, struct instant now)
{
    return ns_subtract(ns_subtract(now.wall.ns, now.mono.ns), t->wall_minus_mono_ns);
}
