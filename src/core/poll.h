/* SPDX-License-Identifier: BSD-2-Clause */
/* How often to ask: what does one more packet buy?
 * With noise of deviation j for one sample and an oscillator of wander w, a sample is worth having
 * about each T = (j^2 / (r w^2))^(1/3) seconds: the wander then adds as much between two samples as
 * the noise of one leaves (r is a constant near 1). Faster polling on a long path buys little that
 * its asymmetry does not swamp; on a short path a packet costs nobody anything, so there the clock
 * gets one at least each 128 s. */
#ifndef TOKI_CORE_POLL_H
#define TOKI_CORE_POLL_H

#include <stdbool.h>

struct poll_facts {
    int poll, minpoll, maxpoll; /* log2 s: present one and its bounds */
    unsigned samples;           /* taken since the filter began */
    unsigned since_change;      /* samples since the interval was last changed */
    double jitter_s, wander;    /* as the filter found them */
    double delay_s;             /* least delay of the path */
    unsigned target;            /* 8, or 0: as above; twice as much: half of that interval */
    bool unsettled;             /* the last sample did not fit: ask soon */
};

/* The next poll exponent. Grows by one at a time, shrinks at once. */
int poll_choose(const struct poll_facts *facts);

#endif
