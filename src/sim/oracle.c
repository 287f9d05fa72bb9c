/* SPDX-License-Identifier: BSD-2-Clause */
/* State (x, y) = (phase, frequency) of the oscillator; y is a random walk of intensity q = wander^2
 * per second, so over t seconds
 *     F = [1 t; 0 1],  Q = q [t^3/3 t^2/2; t^2/2 t].
 * An exchange whose two delays have queueing parts e1, e2 measures x with the error (e2 - e1)/2.
 * For exponential queues of means a and b, e1 is, given s = e1 + e2, an exponential of rate
 * c = 1/a - 1/b cut off at s: uniform if a = b, which gives the error the variance s^2/12. The path
 * without queues is not known: s is measured against the smallest round trip so far, which itself
 * is about jitter * sqrt(2/n) too long after n exchanges. */
#include "sim/oracle.h"

#include <math.h>

void oracle_init(struct oracle *o, double wander, bool search)
{
    static const double tried[ORACLE_BANK] = {3e-10, 1e-9, 2e-9, 4e-9, 8e-9, 1.5e-8, 3e-8, 1e-7};

    *o = (struct oracle){.bank = search ? ORACLE_BANK : 1};
    for (unsigned i = 0; i < o->bank; i++) {
        o->wander[i] = search ? tried[i] : wander;
        o->estimate[i] = (struct oracle_estimate){.pxx = 1e4, .pyy = 1e-6};
    }
    for (unsigned i = 0; i < ORACLE_SOURCES; i++) {
        o->least_s[i] = HUGE_VAL;
    }
}

static void predict(struct oracle_estimate *e, double t, double q)
{
    e->x += e->y * t;
    e->pxx += 2 * e->pxy * t + e->pyy * t * t + q * t * t * t / 3;
    e->pxy += e->pyy * t + q * t * t / 2;
    e->pyy += q * t;
}

static void update(struct oracle_estimate *e, double z, double variance)
{
    double s = e->pxx + variance, gain_x = e->pxx / s, gain_y = e->pxy / s, innovation = z - e->x;

    e->x += gain_x * innovation;
    e->y += gain_y * innovation;
    e->pyy -= gain_y * e->pxy;
    e->pxy *= variance / s;
    e->pxx *= variance / s;
}

static void update_all(struct oracle *o, double at_s, double z, double variance)
{
    for (unsigned i = 0; i < o->bank; i++) {
        predict(&o->estimate[i], at_s - o->at_s, o->wander[i] * o->wander[i]);
        update(&o->estimate[i], z, variance);
    }
    o->at_s = at_s;
}

/* Mean and variance of e1, given the sum s of both. */
static void share_of_sum(double a, double b, double s, double *mean, double *variance)
{
    double c = a > 0 && b > 0 ? 1 / a - 1 / b : 0, e;

    if (fabs(c * s) < 1e-3) {
        *mean = s / 2;
        *variance = s * s / 12;
        return;
    }
    e = exp(-fabs(c * s)); /* written for c > 0; the other case is its mirror image */
    *mean = 1 / fabs(c) - s * e / (1 - e);
    *variance = 1 / (c * c) - s * s * e / ((1 - e) * (1 - e));
    *mean = c > 0 ? *mean : s - *mean;
}

void oracle_exchange(struct oracle *o, unsigned source, double at_s, double x_s, double up_s,
                     double down_s)
{
    double trip = up_s + down_s, jitter, s, mean, variance;

    if (source >= ORACLE_SOURCES) {
        return;
    }
    jitter = (o->up_jitter_s[source] + o->down_jitter_s[source]) / 2;
    o->samples[source]++;
    o->least_s[source] = fmin(o->least_s[source], trip);
    s = trip - o->least_s[source] + jitter * sqrt(2.0 / o->samples[source]);
    share_of_sum(o->up_jitter_s[source], o->down_jitter_s[source], s, &mean, &variance);
    update_all(o, at_s, x_s + (down_s - up_s) / 2 + (mean - s / 2), variance + 1e-22);
}

void oracle_measure(struct oracle *o, double at_s, double x_s, double noise_s, double deviation_s)
{
    update_all(o, at_s, x_s + noise_s, deviation_s * deviation_s);
}

void oracle_look(struct oracle *o, double at_s, double x_s, double frequency)
{
    for (unsigned i = 0; i < o->bank; i++) {
        o->error[i] = o->estimate[i].x + o->estimate[i].y * (at_s - o->at_s) - x_s;
        o->frequency_error[i] = o->estimate[i].y - frequency;
    }
}
