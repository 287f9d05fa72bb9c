/* SPDX-License-Identifier: BSD-2-Clause */
/* One direction of a path between two nodes: how long a packet takes, and whether it arrives. */
#ifndef TOKI_SIM_LINK_H
#define TOKI_SIM_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/prng.h"

#define LINK_COPIES_MAX 3

struct link_settings {
    double delay_s;                    /* the path without queues */
    double jitter_s;                   /* times Exp(1), added to it */
    double spike_often, spike_s;       /* with this probability, spike_s times Exp(1) more */
    double detour_often, detour_s;     /* with this probability, a way that is longer by this */
    double loss, duplicate;            /* probabilities; a duplicate takes its own way */
    double reorder;                    /* probability of being held up by several delays */
    double outage_from_s, outage_to_s; /* nothing arrives in between */
    /* Congestion: in each period, from `busy_from_s` on for `busy_s`, a queue. */
    double busy_period_s, busy_from_s, busy_s, queue_s, queue_jitter_s;
    /* The route changes: delay_s becomes this from then on. 0: never. */
    double reroute_at_s, reroute_delay_s;
};

struct link {
    struct link_settings settings;
    struct prng prng;
};

void link_init(struct link *l, const struct link_settings *settings, uint64_t seed,
               uint64_t stream);

/* Delays, in s, of the copies of a packet that leaves now; number of copies, 0: lost. */
unsigned link_carry(struct link *l, double now_s, double delays_s[LINK_COPIES_MAX]);

#endif
