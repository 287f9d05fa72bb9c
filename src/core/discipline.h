/* SPDX-License-Identifier: BSD-2-Clause */
/* Estimate -> what to do with the clock: slew, step, hold or refuse (RFC 5905 section 12, with a
 * Kalman estimate in place of the PLL). Pure arithmetic on the timeline: the error left at any
 * moment is the estimate less what the timeline says was already corrected, so nothing is lost
 * when a correction is late, cut short or refused. */
#ifndef TOKI_CORE_DISCIPLINE_H
#define TOKI_CORE_DISCIPLINE_H

#include <stdbool.h>

#include "core/sample.h"
#include "core/settings.h"
#include "core/timeline.h"

enum clock_action {
    CLOCK_KEEP,
    CLOCK_SET_RATE, /* run at `rate` from now on */
    CLOCK_STEP      /* add step_ns to the wall clock, then run at `rate` */
};

struct clock_command {
    enum clock_action action;
    double rate; /* of the clock against the bare oscillator, less 1; includes any slew */
    int64_t step_ns;
};

enum discipline_state {
    DISCIPLINE_UNSET, /* no update yet */
    DISCIPLINE_TRACKING,
    DISCIPLINE_HOLDOVER, /* no selectable source: keeps the last rate, error bound grows */
    DISCIPLINE_SPIKE,    /* an offset above the step threshold is waiting for stepout */
    DISCIPLINE_PANIC     /* a correction was refused; held until it is gone or allowed */
};

struct discipline {
    enum discipline_state state;
    struct estimate estimate; /* the combined one, last used; relative to the free clock */
    unsigned updates;         /* of the clock since the start, or since a foreign step */
    bool stepping;            /* a step was ordered and has not been reported yet */
    unsigned steps;           /* done */
    double drift, drift_sd;   /* rate of the oscillator: from the drift file, then measured */
    bool slewing;
    struct mono_time slew_end; /* of the part that runs at the present rate */
    bool slew_ends;            /* with this part all is corrected */
    double slew_size_s;        /* offset that it began with */
    double slew_constant_s;    /* T: it decays by a factor of e in that time */
    double slew_step_s;        /* length of a part, at least */
    struct mono_time spike_since;
    double refused_s;         /* correction refused by panic */
    double last_correction_s; /* offset that the last update set out to correct */
};

/* `drift`: the rate to begin with, known to `drift_sd`. */
void discipline_init(struct discipline *d, double drift, double drift_sd);

/* A new estimate, valid at `now`; the next one is expected in `interval_s`. */
struct clock_command discipline_update(struct discipline *d, const struct settings *settings,
                                       const struct timeline *timeline,
                                       const struct estimate *estimate, struct instant now,
                                       double interval_s);

/* Time passes: the next part of a slew, or its end. */
struct clock_command discipline_tick(struct discipline *d, const struct settings *settings,
                                     const struct timeline *timeline, struct mono_time now);

/* A step of the whole estimated offset, on request. */
struct clock_command discipline_step(struct discipline *d, const struct timeline *timeline,
                                     struct mono_time now);

/* True time - our clock at `now`, as far as the last estimate tells. */
double discipline_offset(const struct discipline *d, const struct timeline *timeline,
                         struct mono_time now);

/* Our step was done, of `step_s`: the estimate moves with the samples. */
void discipline_shift(struct discipline *d, double step_s);

/* The clock could not be changed: a step that was not done does not count as an update, a slew that
 * was not begun does not end. */
void discipline_fail(struct discipline *d);

/* "unset", "tracking", "holdover", "spike", "panic". */
const char *discipline_state_name(enum discipline_state s);

#endif
