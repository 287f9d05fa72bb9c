/* SPDX-License-Identifier: BSD-2-Clause */
/* A clock that is wrong in a known way, over true time: an oscillator whose frequency walks, swings
 * and jumps, with a rate correction and steps on top, as a kernel has them. True time is whole ns
 * since the start of the world; readings carry a fraction, so nothing is lost over years. */
#ifndef TOKI_SIM_OSCILLATOR_H
#define TOKI_SIM_OSCILLATOR_H

#include <stdbool.h>

#include "core/time.h"
#include "sim/prng.h"

struct oscillator_settings {
    double offset_s;            /* clock - truth at the start; positive: fast */
    double freq;                /* of the bare oscillator, no unit; positive: fast */
    double wander;              /* deviation of the step that freq takes every second */
    double amplitude, period_s; /* sinusoid on top of freq; 0: none */
    double jump, jump_at_s;     /* added to freq from then on; 0: none */
    double step_s, step_at_s;   /* the wall clock is stepped once; 0: none */
    double step_back_at_s;      /* and back again; 0: never */
};

struct oscillator {
    struct oscillator_settings settings;
    struct prng prng;
    int64_t true_ns;  /* the readings below hold at this true time */
    double walk;      /* present sum of the random steps */
    double freq;      /* of the bare oscillator in this second */
    double rate;      /* correction in force */
    int64_t mono_ns;  /* reading, whole part */
    double mono_part; /* and the rest, in [0, 1) ns */
    int64_t wall_minus_mono_ns;
    double
        free_ns_error; /* untouched oscillator - truth since the start: what an oracle must find */
    bool stepped;      /* settings.step_s is done */
    bool stepped_back;
};

/* `epoch_ns`: Unix time of the start of the world. */
void oscillator_init(struct oscillator *o, const struct oscillator_settings *settings,
                     uint64_t seed, uint64_t stream, int64_t epoch_ns);

/* To a later true time, within one second of the world. */
void oscillator_advance(struct oscillator *o, int64_t true_ns);

/* The clock stands at a whole second of the world: a new frequency is drawn. */
void oscillator_begin_second(struct oscillator *o);

/* Reading at o->true_ns. */
struct instant oscillator_read(const struct oscillator *o);

/* Clock - truth, s, with its fraction of a ns. */
double oscillator_error_s(const struct oscillator *o, int64_t epoch_ns);

/* Rate of the clock against truth, less 1. */
double oscillator_total_rate(const struct oscillator *o);

/* First true time at which mono shows `mono` or more, if the frequency stays; o->true_ns if that is
 * past. */
int64_t oscillator_when(const struct oscillator *o, struct mono_time mono);

void oscillator_set_rate(struct oscillator *o, double rate);
void oscillator_step(struct oscillator *o, int64_t step_ns);

/* The machine sleeps until `true_ns`: mono stands still, wall goes on by a clock that is
 * `error_s` off at the end. May span seconds. */
void oscillator_suspend(struct oscillator *o, int64_t true_ns, double error_s);

#endif
