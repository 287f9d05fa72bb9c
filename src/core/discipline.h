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
    double rate;     /* of the clock against the bare oscillator, less 1; includes any slew */
    int64_t step_ns;
};

enum discipline_state {
    DISCIPLINE_UNSET,   /* no update yet */
    DISCIPLINE_TRACKING,
    DISCIPLINE_HOLDOVER, /* no selectable source: keeps the last rate, error bound grows */
    DISCIPLINE_SPIKE,   /* an offset above the step threshold is waiting for stepout */
    DISCIPLINE_PANIC    /* a correction was refused; held until it is gone or allowed */
};

struct discipline {
    enum discipline_state state;
    struct estimate estimate; /* the combined one, last used */
    unsigned updates;         /* of the clock, since the start */
    unsigned steps;
    bool have_drift;          /* rate known from the drift file or by measuring */
    double drift, drift_sd;
    bool slewing;
    struct mono_time slew_end; /* back to the bare rate then */
    struct mono_time spike_since;
    double refused_s;         /* correction refused by panic */
    double last_correction_s;
};

const char *discipline_state_name(enum discipline_state s);

#endif
