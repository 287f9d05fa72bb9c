/* SPDX-License-Identifier: BSD-2-Clause */
/* How well could this clock have been known? A Kalman filter that is told the true noise of the
 * paths and of the oscillator and sees the very exchanges that the engine sees: the yardstick that
 * an engine, which must find the noise out by itself, is measured against. */
#ifndef TOKI_SIM_ORACLE_H
#define TOKI_SIM_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#define ORACLE_BANK 8
#define ORACLE_SOURCES 8

struct oracle_estimate {
    double x, y;          /* oscillator - truth, s; its frequency */
    double pxx, pxy, pyy; /* covariance */
};

struct oracle {
    unsigned bank; /* filters, that differ in the wander they assume */
    double wander[ORACLE_BANK];
    struct oracle_estimate estimate[ORACLE_BANK];
    double at_s;                    /* of the estimates, true time */
    double least_s[ORACLE_SOURCES]; /* smallest round trip seen */
    double up_jitter_s[ORACLE_SOURCES], down_jitter_s[ORACLE_SOURCES]; /* means, known */
    unsigned samples[ORACLE_SOURCES];
    /* prediction - truth at the last oracle_look(), of the offset and of the frequency */
    double error[ORACLE_BANK], frequency_error[ORACLE_BANK];
};

/* `wander` as the oscillator has it. `search`: the oscillator is no random walk; a bank of filters
 * is tried, and the best of them counts. */
void oracle_init(struct oracle *o, double wander, bool search);

/* An exchange with a source ended at true time `at_s`, when the oscillator was `x_s` ahead. */
void oracle_exchange(struct oracle *o, unsigned source, double at_s, double x_s, double up_s,
                     double down_s);

/* A direct measurement with Gaussian noise of this deviation. */
void oracle_measure(struct oracle *o, double at_s, double x_s, double noise_s, double deviation_s);

/* Compares the predictions for `at_s` with the truth: the oscillator is `x_s` ahead and runs fast
 * by `frequency`. */
void oracle_look(struct oracle *o, double at_s, double x_s, double frequency);

#endif
