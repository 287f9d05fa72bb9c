/* SPDX-License-Identifier: BSD-2-Clause */
/* A source's measurements -> offset and frequency of our oscillator, with their deviations.
 *
 * Noise of a sample. A two-way exchange sees the queues e1 (out) and e2 (back) beyond the empty
 * path: the delay is base + e1 + e2, and the offset is wrong by (e1 - e2)/2. Given the excess
 * s = delay - base the error lies within +-s/2, and for queues with exponential tails it is uniform
 * there: variance s^2/12. So a sample that came quickly says more than one that waited, and
 *   R = c (s + base_error)^2 + dispersion^2,   c = 1/12 at first.
 * Where queues are one-sided the error follows the excess: offset error = -b s. Both c and b are
 * found from what the Kalman filter did not expect, by weighted regression with a prior.
 * base_error is what the smallest of n delays is expected to miss of the true base:
 * about spread * sqrt(2/n) for a sum of two exponentials (its density starts linearly). */
#ifndef TOKI_CORE_FILTER_H
#define TOKI_CORE_FILTER_H

#include <stdbool.h>

#include "core/kalman.h"
#include "core/sample.h"

#define FILTER_WINDOW 64 /* samples kept */
#define FILTER_RECENT 32 /* of them judge the spread of the delays */

struct filter {
    struct sample window[FILTER_WINDOW]; /* ring */
    float surprises[FILTER_WINDOW];      /* of each, see filter_surprise() */
    unsigned count, newest;
    unsigned total; /* samples since the last restart, saturating */
    struct kalman kalman;
    double rate_prior, rate_prior_sd;
    double known_base_s;  /* set by hand; 0: it is found */
    bool has_known_slope; /* likewise */
    double known_slope;

    double min_delay_s;    /* base: the path without queues, as far as seen */
    unsigned base_samples; /* how many samples that is the least of */
    double spread_s;       /* scale of one direction's queue: mean of e1, of e2 */
    double share;          /* c */
    double share_sum, share_weight;
    double slope; /* b */
    double slope_sum, slope_weight;
    double floor_s; /* noise without a queue: found for reference clocks */

    double jitter_s;   /* deviation of a typical sample */
    unsigned suspects; /* samples in a row that no wander explains */
};

enum filter_verdict {
    FILTER_TAKEN,
    FILTER_SUSPECT,  /* far from all that the oscillator could have done; kept aside */
    FILTER_RESTARTED /* so were the ones before: the source or the clock jumped; begun anew */
};

/* `rate`: what is known of the oscillator beforehand. */
void filter_init(struct filter *f, double rate, double rate_sd);

/* Forgets all measurements of the clock, but not what was learnt of the path. */
void filter_restart(struct filter *f, double rate, double rate_sd);

enum filter_verdict filter_add(struct filter *f, const struct sample *s);

/* The newest sample, if it is the one of `at`, is `s` after all: the list is put right, what was
 * concluded from it is not. */
void filter_amend(struct filter *f, struct free_time at, const struct sample *s);

/* Variance of a sample's offset by the noise model, s^2; > 0. */
double filter_variance(const struct filter *f, const struct sample *s);

/* The sample as the Kalman filter takes it: less what its excess delay explains, with the variance
 * of the noise model as it is now. `bias` as in core/kalman.h. */
struct kalman_measurement filter_measurement(const struct filter *f, const struct sample *s,
                                             int bias);

/* State at a time not before the newest sample. */
struct estimate filter_estimate(const struct filter *f, struct free_time at);

/* The i-th newest sample, i < f->count. */
const struct sample *filter_sample(const struct filter *f, unsigned i);

/* How many deviations that sample was off what the ones before it let expect; HUGE_VAL if they were
 * too few to expect anything. */
double filter_surprise(const struct filter *f, unsigned i);

/* The clock was stepped by `step_s`. */
void filter_shift(struct filter *f, double step_s);

#endif
