/* SPDX-License-Identifier: BSD-2-Clause */
/* An adaptive Kalman filter of the oscillator.
 *
 * State:  x, the offset of the free clock (s); y, its rate (s/s); and one bias b_k for each source
 *         k that the filter combines: what the path to k and k's own clock add to its measurements
 *         (no biases: the filter of a single source).
 * Model:  dx = y dt,  dy = w dW,  db_k = s_k dW   (W: a Wiener process of unit intensity)
 *         so over dt: var x += w^2 dt^3/3, cov xy += w^2 dt^2/2, var y += w^2 dt.
 * Measurement of source k at t:  z = x + y (t - at) + b_k + noise of variance R.
 *
 * The wander w of an oscillator is not known and changes with its temperature, so a bank of models
 * with w on a logarithmic grid runs side by side; each is weighted by how well it predicted the
 * measurements, and before each update the models are mixed by a Markov chain: the interacting
 * multiple model estimator (H. A. P. Blom, Y. Bar-Shalom, "The interacting multiple model algorithm
 * for systems with Markovian switching coefficients", IEEE Trans. Automatic Control 33, 1988). A
 * steady oscillator is thus averaged for hours, and a jump in frequency is followed at once. */
#ifndef TOKI_CORE_KALMAN_H
#define TOKI_CORE_KALMAN_H

#include <stdbool.h>

#include "core/sample.h"

#define KALMAN_MODELS 11     /* w = 1e-11, 10^-10.5, ... 1e-6 (1/s^0.5) */
#define KALMAN_BIASES_MAX 10 /* sources combined at one time */
#define KALMAN_STATES_MAX (2 + KALMAN_BIASES_MAX)

struct kalman_model {
    double mean[KALMAN_STATES_MAX];
    double covariance[KALMAN_STATES_MAX][KALMAN_STATES_MAX];
};

struct kalman {
    unsigned biases;
    struct free_time at;                  /* the states hold at this time */
    double bias_drift[KALMAN_BIASES_MAX]; /* s_k^2: variance that b_k gains in 1 s, s^2/s */
    double weight[KALMAN_MODELS];         /* probabilities of the models; sum 1 */
    struct kalman_model models[KALMAN_MODELS];
    struct kalman_model mixture; /* of the models by their weights, kept up with them */
};

/* x and y known to these deviations at `at`; no biases. All models are equally likely. */
void kalman_init(struct kalman *k, struct free_time at, double offset_s, double offset_sd_s,
                 double rate, double rate_sd);

/* A new bias, zero within `sd_s`, constant until k->bias_drift[] says otherwise. Its index; the
 * caller sees to it that there are fewer than KALMAN_BIASES_MAX. */
unsigned kalman_add_bias(struct kalman *k, double sd_s);

/* More doubt about bias `index`: its source seems to have moved. */
void kalman_loosen_bias(struct kalman *k, unsigned index, double variance_s2);

/* Forgets bias `index`; those above it move down by one. */
void kalman_remove_bias(struct kalman *k, unsigned index);

/* What a measurement of source `bias` (-1: without bias) at `at` should be, and the variance of
 * that. */
struct kalman_prediction {
    double offset_s, variance_s2;
    double widest_variance_s2; /* of the model with the largest wander */
};
struct kalman_prediction kalman_predict(const struct kalman *k, struct free_time at, int bias);

struct kalman_measurement {
    struct free_time at; /* may be a little before the last one: replies overtake each other */
    int bias;            /* whose; -1: without bias */
    double offset_s, variance_s2;
};

void kalman_update(struct kalman *k, const struct kalman_measurement *z);

/* No model weighs more than this of it (sum >= 1); what is too much goes to all in proportion to
 * that. */
void kalman_restrain(struct kalman *k, const double most[KALMAN_MODELS]);

/* The clock was stepped by `step_s`: what was x is now x - step. */
void kalman_shift(struct kalman *k, double step_s);

/* The mixture of the models, at k->at (`samples` is left 0). */
struct estimate kalman_estimate(const struct kalman *k);

/* The same later, with what the wander adds. */
struct estimate kalman_estimate_at(const struct kalman *k, struct free_time at);

/* Mixture of a bias and its deviation. */
double kalman_bias(const struct kalman *k, unsigned index, double *sd_s);

/* Most likely wander: geometric mean over the models. */
double kalman_wander(const struct kalman *k);

#endif
