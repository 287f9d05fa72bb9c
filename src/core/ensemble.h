/* SPDX-License-Identifier: BSD-2-Clause */
/* The combined estimate: one Kalman filter of our oscillator that takes in the samples of all
 * sources in use, each with its own noise and its own unknown constant bias (the asymmetry of its
 * path, the error of its clock). Sources are weighed by their information; a frequency is learnt
 * from all of them together. */
#ifndef TOKI_CORE_ENSEMBLE_H
#define TOKI_CORE_ENSEMBLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/filter.h"
#include "core/kalman.h"
#include "core/selection.h"

struct ensemble {
    bool started;
    struct kalman kalman;
    double rate_prior, rate_prior_sd;    /* of the oscillator, when it began */
    uint16_t members[KALMAN_BIASES_MAX]; /* source of each bias */
    double doubts_s[KALMAN_BIASES_MAX];  /* by which its newest sample did not fit; 0: it did */
    unsigned samples;                    /* taken in, saturating */
};

/* A source that may take part. */
struct ensemble_member {
    uint16_t source;
    const struct filter *filter;
    double bias_sd_s;     /* how far its mean may be off */
    double bias_drift_s2; /* variance that this gains in a second, s^2/s */
};

/* What is known of the oscillator beforehand: to be called before the first members of an ensemble
 * that has not started. */
void ensemble_set_prior(struct ensemble *e, double rate, double rate_sd);

/* Makes these the members: newcomers get a bias of their own, the others keep theirs. The first
 * time, and as long as all their samples are still kept, it begins from those: true then, and the
 * newest samples are already in. */
bool ensemble_set_members(struct ensemble *e, const struct ensemble_member *members,
                          unsigned count);

/* Takes in the newest sample of a member; nothing happens if `source` is none. One that does not
 * fit is our clock's jump if members with most of the information say the same. If it is as the
 * source's own filter expected, twice in a row, the source's bias moves; else it counts for little.
 * What that source had said before may have been misjudged too: while all samples are still kept,
 * all is weighed anew by what is known of the noise now. */
void ensemble_add(struct ensemble *e, const struct ensemble_member *members, unsigned count,
                  uint16_t source);

/* The combined estimate. Its deviation is that of what the best known member says: biases common
 * to all cannot be seen from here and belong to the root distance. */
struct estimate ensemble_estimate(const struct ensemble *e, struct free_time at);

/* The source jumped: what it said before no longer counts. */
void ensemble_forget(struct ensemble *e, uint16_t source);

/* The source is no more: its bias goes, what is known of the oscillator stays. */
void ensemble_release(struct ensemble *e, uint16_t source);

bool ensemble_has(const struct ensemble *e, uint16_t source);

/* What a member is believed to add to the true offset, at the last sample; 0 for others. */
double ensemble_bias(const struct ensemble *e, uint16_t source);

/* Forgets everything (the clock or the majority jumped). */
void ensemble_reset(struct ensemble *e);

void ensemble_shift(struct ensemble *e, double step_s);

#endif
