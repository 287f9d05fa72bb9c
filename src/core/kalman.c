/* SPDX-License-Identifier: BSD-2-Clause */
/* The interacting-multiple-model Kalman filter that kalman.h states. Called by filter (one source)
 * and ensemble (all that are used). */
#include "core/kalman.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Probability that the oscillator changes its model from one measurement to the next; half of it
 * goes to the neighbours on the grid, half to any model. Small: a change shows by its likelihood
 * anyway, and what leaks to the restless models is noise to a steady clock. Flat from 0.002 down to
 * 0.0001 over the accuracy scenarios; at 0.02 fast polls lose half their gain. */
#define KALMAN_SWITCH 0.0005

/* A model below this probability says nothing of the hours ahead. */
#define KALMAN_WEIGHT_SEEN 0.01

/* Variances stay above this square of 1e-13 s, so that rounding cannot make them negative. */
#define KALMAN_VARIANCE_MIN 1e-26

/* w of each model, 1/s^0.5: half a decade apart. */
static const double kalman_model_wander[KALMAN_MODELS] = {
    1e-11, 3.1623e-11, 1e-10, 3.1623e-10, 1e-9, 3.1623e-9, 1e-8, 3.1623e-8, 1e-7, 3.1623e-7, 1e-6};

/* How common oscillators of each model are: log-normal about 1e-9, what the quartz of computers
 * shows, with 0.55 decades, and a fifth of them with 0.8 (from 1e-10 in a calm room to 1e-8 in a
 * busy case). Matters only where noise hides the wander. */
static const double kalman_prior[KALMAN_MODELS] = {
    0.00259, 0.0157, 0.0784, 0.233, 0.34, 0.233, 0.0784, 0.0157, 0.00259, 0.000388, 4.43e-05};

static double seconds_between(struct free_time from, struct free_time to)
{
    return s_from_ns(ns_subtract(to.ns, from.ns));
}

/* Mixture of states with these weights: mean and covariance. */
static void kalman_mix(const struct kalman_model *const *parts, const double *weight,
                       unsigned count, unsigned n, struct kalman_model *out)
{
    for (unsigned i = 0; i < n; i++) { /* states that are not in use are left alone */
        out->mean[i] = 0;
        memset(out->covariance[i], 0, n * sizeof out->covariance[i][0]);
    }
    for (unsigned m = 0; m < count; m++) {
        for (unsigned i = 0; i < n; i++) {
            out->mean[i] += weight[m] * parts[m]->mean[i];
        }
    }
    for (unsigned m = 0; m < count; m++) {
        const struct kalman_model *s = parts[m];
        double d[KALMAN_STATES_MAX];

        if (weight[m] < 1e-12) {
            continue;
        }
        for (unsigned i = 0; i < n; i++) {
            d[i] = s->mean[i] - out->mean[i];
        }
        for (unsigned i = 0; i < n; i++) {
            for (unsigned j = 0; j <= i; j++) {
                out->covariance[i][j] += weight[m] * (s->covariance[i][j] + d[i] * d[j]);
            }
        }
    }
    for (unsigned i = 0; i < n; i++) {
        for (unsigned j = 0; j < i; j++) {
            out->covariance[j][i] = out->covariance[i][j];
        }
    }
}

/* After any change of the models. */
static void kalman_mix_all(struct kalman *k)
{
    const struct kalman_model *parts[KALMAN_MODELS];

    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        parts[m] = &k->models[m];
    }
    kalman_mix(parts, k->weight, KALMAN_MODELS, 2 + k->biases, &k->mixture);
}

void kalman_init(struct kalman *k, struct free_time at, double offset_s, double offset_sd_s,
                 double rate, double rate_sd)
{
    double sum = 0;

    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        sum += kalman_prior[m];
    }
    memset(k, 0, sizeof *k);
    k->at = at;
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        struct kalman_model *s = &k->models[m];

        k->weight[m] = kalman_prior[m] / sum; /* exactly 1 in all: an offset may be 1e9 s */
        s->mean[0] = offset_s;
        s->mean[1] = rate;
        s->covariance[0][0] = offset_sd_s * offset_sd_s;
        s->covariance[1][1] = rate_sd * rate_sd;
    }
    kalman_mix_all(k);
}

unsigned kalman_add_bias(struct kalman *k, double sd_s)
{
    unsigned i = k->biases;

    assert(i < KALMAN_BIASES_MAX);
    k->bias_drift[i] = 0;
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        struct kalman_model *s = &k->models[m];

        s->mean[2 + i] = 0;
        for (unsigned j = 0; j < 2 + i; j++) {
            s->covariance[2 + i][j] = s->covariance[j][2 + i] = 0;
        }
        s->covariance[2 + i][2 + i] = sd_s * sd_s;
    }
    k->biases++;
    kalman_mix_all(k);
    return i;
}

void kalman_loosen_bias(struct kalman *k, unsigned index, double variance_s2)
{
    assert(index < k->biases);
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        k->models[m].covariance[2 + index][2 + index] += variance_s2;
    }
    kalman_mix_all(k);
}

void kalman_remove_bias(struct kalman *k, unsigned index)
{
    unsigned n = 2 + k->biases, gone = 2 + index;

    assert(index < k->biases);
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        struct kalman_model *s = &k->models[m];

        for (unsigned i = gone; i + 1 < n; i++) {
            s->mean[i] = s->mean[i + 1];
            memcpy(s->covariance[i], s->covariance[i + 1], sizeof s->covariance[i]);
        }
        for (unsigned i = 0; i + 1 < n; i++) {
            for (unsigned j = gone; j + 1 < n; j++) {
                s->covariance[i][j] = s->covariance[i][j + 1];
            }
        }
    }
    for (unsigned i = index; i + 1 < k->biases; i++) {
        k->bias_drift[i] = k->bias_drift[i + 1];
    }
    k->biases--;
    kalman_mix_all(k);
}

/* Moves one model on by dt > 0. */
static void kalman_advance(struct kalman_model *s, const double *bias_drift, unsigned biases,
                           double dt, double wander)
{
    unsigned n = 2 + biases;
    double q = wander * wander;

    s->mean[0] += s->mean[1] * dt;
    s->covariance[0][0] += 2 * s->covariance[0][1] * dt + s->covariance[1][1] * dt * dt;
    s->covariance[0][1] += s->covariance[1][1] * dt;
    s->covariance[1][0] = s->covariance[0][1];
    for (unsigned i = 2; i < n; i++) {
        s->covariance[0][i] += s->covariance[1][i] * dt;
        s->covariance[i][0] = s->covariance[0][i];
        s->covariance[i][i] += bias_drift[i - 2] * dt;
    }
    s->covariance[0][0] += q * dt * dt * dt / 3;
    s->covariance[0][1] += q * dt * dt / 2;
    s->covariance[1][0] = s->covariance[0][1];
    s->covariance[1][1] += q * dt;
}

/* covariance x H, for H = (1, dt, ..., 1 at the bias, ...). */
static void kalman_gain_vector(const struct kalman_model *s, unsigned n, double dt, int bias,
                               double *out)
{
    for (unsigned i = 0; i < n; i++) {
        out[i] = s->covariance[i][0] + dt * s->covariance[i][1];
        if (bias >= 0) {
            out[i] += s->covariance[i][2 + bias];
        }
    }
}

static double kalman_measured(const struct kalman_model *s, double dt, int bias)
{
    return s->mean[0] + dt * s->mean[1] + (bias >= 0 ? s->mean[2 + bias] : 0);
}

/* Rounding must not leave a variance below its floor or a correlation beyond 1: the next gain would
 * be anything. Only measurements that differ by many orders of magnitude come near that. */
static void kalman_bound(struct kalman_model *s, unsigned n)
{
    double sd[KALMAN_STATES_MAX];

    for (unsigned i = 0; i < n; i++) {
        if (!(s->covariance[i][i] > KALMAN_VARIANCE_MIN)) {
            s->covariance[i][i] = KALMAN_VARIANCE_MIN;
        }
        sd[i] = sqrt(s->covariance[i][i]);
        for (unsigned j = 0; j < i; j++) {
            double most = sd[i] * sd[j];

            s->covariance[i][j] = fmax(-most, fmin(most, s->covariance[i][j]));
            s->covariance[j][i] = s->covariance[i][j];
        }
    }
}

/* One measurement into one model (the Joseph form is not needed: R is well above rounding); gives
 * the logarithm of its likelihood. */
static double kalman_update_model(struct kalman_model *s, unsigned n, double dt,
                                  const struct kalman_measurement *z)
{
    double ph[KALMAN_STATES_MAX] = {0}, innovation = z->offset_s - kalman_measured(s, dt, z->bias);
    double total;

    kalman_gain_vector(s, n, dt, z->bias, ph);
    total = fmax(ph[0] + dt * ph[1] + (z->bias >= 0 ? ph[2 + z->bias] : 0), 0);
    for (unsigned i = 0; i < n; i++) { /* Cauchy-Schwarz, against rounding */
        double most = sqrt(s->covariance[i][i] * total);

        ph[i] = fmax(-most, fmin(most, ph[i]));
    }
    total += fmax(z->variance_s2, KALMAN_VARIANCE_MIN);
    for (unsigned i = 0; i < n; i++) {
        s->mean[i] += ph[i] / total * innovation;
        for (unsigned j = 0; j <= i; j++) {
            s->covariance[i][j] -= ph[i] * ph[j] / total;
            s->covariance[j][i] = s->covariance[i][j];
        }
    }
    kalman_bound(s, n);
    return -0.5 * (innovation * innovation / total + log(total));
}

/* Probability of going from a model to its neighbour on the grid; the ends have one only. */
static double kalman_to_neighbour(unsigned from)
{
    return from == 0 || from == KALMAN_MODELS - 1 ? KALMAN_SWITCH / 2 : KALMAN_SWITCH / 4;
}

/* The interaction: each model starts from the mixture of those it may have been before. The half
 * of the switches that may come from anywhere comes from the mixture of all, which is the same for
 * each: that, the model itself and its neighbours are all its parts. */
static void kalman_interact(struct kalman *k)
{
    struct kalman_model mixed[KALMAN_MODELS];
    double weight[KALMAN_MODELS];
    unsigned n = 2 + k->biases;

    for (unsigned to = 0; to < KALMAN_MODELS; to++) {
        const struct kalman_model *parts[4] = {&k->mixture, &k->models[to]};
        double mu[4] = {KALMAN_SWITCH / 2 * kalman_prior[to], (1 - KALMAN_SWITCH) * k->weight[to]};
        double sum = mu[0] + mu[1];
        unsigned count = 2;

        for (unsigned from = to > 0 ? to - 1 : 1; from < KALMAN_MODELS && from <= to + 1;
             from += 2) {
            parts[count] = &k->models[from];
            mu[count] = kalman_to_neighbour(from) * k->weight[from];
            sum += mu[count++];
        }
        for (unsigned i = 0; i < count; i++) {
            mu[i] /= sum;
        }
        weight[to] = sum;
        kalman_mix(parts, mu, count, n, &mixed[to]);
    }
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        memcpy(k->models[m].mean, mixed[m].mean, n * sizeof mixed[m].mean[0]);
        for (unsigned i = 0; i < n; i++) {
            memcpy(k->models[m].covariance[i], mixed[m].covariance[i],
                   n * sizeof mixed[m].covariance[i][0]);
        }
    }
    memcpy(k->weight, weight, sizeof weight);
}

void kalman_update(struct kalman *k, const struct kalman_measurement *z)
{
    double dt = seconds_between(k->at, z->at), best = -HUGE_VAL, sum = 0;
    double likelihood[KALMAN_MODELS];
    unsigned n = 2 + k->biases;

    assert(z->bias < (int)k->biases);
    if (!isfinite(z->offset_s) || !isfinite(z->variance_s2) || z->variance_s2 < 0) {
        return; /* no measurement at all */
    }
    kalman_interact(k);
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        struct kalman_model *s = &k->models[m];

        if (dt > 0) {
            kalman_advance(s, k->bias_drift, k->biases, dt, kalman_model_wander[m]);
        }
        likelihood[m] = kalman_update_model(s, n, dt > 0 ? 0 : dt, z);
        best = fmax(best, likelihood[m]);
    }
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        /* nobody is ever ruled out: a weight of 0 could not come back */
        k->weight[m] = fmax(k->weight[m] * exp(likelihood[m] - best), 1e-9);
        sum += k->weight[m];
    }
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        k->weight[m] /= sum;
    }
    if (dt > 0) {
        k->at = z->at;
    }
    kalman_mix_all(k);
}

void kalman_restrain(struct kalman *k, const double most[KALMAN_MODELS])
{
    double excess = 0, all = 0;

    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        excess += fmax(k->weight[m] - most[m], 0);
        all += most[m];
    }
    if (!(excess > 0)) {
        return;
    }
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        k->weight[m] = fmin(k->weight[m], most[m]) + excess * most[m] / all;
    }
    kalman_mix_all(k);
}

struct kalman_prediction kalman_predict(const struct kalman *k, struct free_time at, int bias)
{
    double dt = seconds_between(k->at, at), spread = 0;
    struct kalman_prediction p = {0, 0, 0};
    double offset[KALMAN_MODELS];

    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        const struct kalman_model *s = &k->models[m];
        double ph[KALMAN_STATES_MAX] = {0}, w = kalman_model_wander[m], variance;

        kalman_gain_vector(s, 2 + k->biases, dt, bias, ph);
        variance = fmax(ph[0] + dt * ph[1] + (bias >= 0 ? ph[2 + bias] : 0), 0);
        if (dt > 0) {
            variance += w * w * dt * dt * dt / 3;
        }
        offset[m] = kalman_measured(s, dt, bias);
        p.offset_s += k->weight[m] * offset[m];
        p.variance_s2 += k->weight[m] * variance;
        p.widest_variance_s2 = fmax(p.widest_variance_s2, variance);
    }
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        spread += k->weight[m] * (offset[m] - p.offset_s) * (offset[m] - p.offset_s);
    }
    p.variance_s2 += spread;
    return p;
}

void kalman_shift(struct kalman *k, double step_s)
{
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        k->models[m].mean[0] -= step_s;
    }
    kalman_mix_all(k);
}

/* Variance of x; with biases, of x + b_k for the source k that it is least for: what is common to
 * all biases nobody can see. */
static double kalman_offset_variance(const struct kalman_model *s, unsigned biases)
{
    double least = biases > 0 ? HUGE_VAL : s->covariance[0][0];

    for (unsigned i = 2; i < 2 + biases; i++) {
        least = fmin(least, s->covariance[0][0] + 2 * s->covariance[0][i] + s->covariance[i][i]);
    }
    return fmax(least, KALMAN_VARIANCE_MIN);
}

static struct estimate kalman_to_estimate(const struct kalman_model *s, unsigned biases,
                                          struct free_time at)
{
    return (struct estimate){.at = at,
                             .offset_s = s->mean[0],
                             .rate = s->mean[1],
                             .offset_sd_s = sqrt(kalman_offset_variance(s, biases)),
                             .rate_sd = sqrt(fmax(s->covariance[1][1], KALMAN_VARIANCE_MIN)),
                             .covariance_s = s->covariance[0][1]};
}

struct estimate kalman_estimate(const struct kalman *k)
{
    return kalman_to_estimate(&k->mixture, k->biases, k->at);
}

struct estimate kalman_estimate_at(const struct kalman *k, struct free_time at)
{
    double dt = seconds_between(k->at, at), q = 0, sum = 0;
    struct kalman_model mixed = k->mixture;

    if (dt <= 0) {
        return kalman_estimate(k);
    }
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        /* models that are kept only in case would rule the mean of w^2: hours ahead they would
         * cry of errors that nobody has ever seen */
        if (k->weight[m] > KALMAN_WEIGHT_SEEN) {
            q += k->weight[m] * kalman_model_wander[m] * kalman_model_wander[m];
            sum += k->weight[m];
        }
    }
    kalman_advance(&mixed, k->bias_drift, k->biases, dt, sqrt(q / sum));
    return kalman_to_estimate(&mixed, k->biases, at);
}

double kalman_bias(const struct kalman *k, unsigned index, double *sd_s)
{
    double mean = 0, variance = 0;

    assert(index < k->biases);
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        mean += k->weight[m] * k->models[m].mean[2 + index];
    }
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        double d = k->models[m].mean[2 + index] - mean;

        variance += k->weight[m] * (k->models[m].covariance[2 + index][2 + index] + d * d);
    }
    if (sd_s) {
        *sd_s = sqrt(variance);
    }
    return mean;
}

double kalman_wander(const struct kalman *k)
{
    double exponent = 0;

    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        exponent += k->weight[m] * log(kalman_model_wander[m]);
    }
    return exp(exponent);
}
