/* SPDX-License-Identifier: BSD-2-Clause */
/* A random world from a seed: servers good and bad, paths, a client's settings, and what befalls it
 * while it runs. Kept apart from the running of it, so that the same plan can be run twice. */
#ifndef TOKI_SIM_SWARM_PLAN_H
#define TOKI_SIM_SWARM_PLAN_H

#include "sim/checks.h"
#include "sim/scenario.h"

#define PLAN_SERVERS_MAX 8
#define PLAN_EVENTS_MAX 6

enum plan_event_kind { PLAN_STEP, PLAN_SUSPEND, PLAN_REFUSE, PLAN_OFFLINE, PLAN_RESTART };

struct plan_event {
    enum plan_event_kind kind;
    double at_s, value, length_s;
};

struct plan {
    uint64_t seed;
    bool daemon;   /* whole daemons instead of engines alone */
    bool follower; /* a second node that follows the first one */
    bool ntp;      /* settings as of ntp.conf */
    bool majority; /* the honest have it, all the time: the bound must hold */
    bool hostile;  /* replies reach ports that the client closed */
    double length_s;
    struct settings settings, follower_settings;
    struct oscillator_settings clock;
    struct scenario_server servers[PLAN_SERVERS_MAX];
    unsigned server_count, liars;
    bool named; /* servers are found by a name, as a pool */
    unsigned name_failures;
    struct plan_event events[PLAN_EVENTS_MAX];
    unsigned event_count;
};

void swarm_plan(struct plan *p, uint64_t seed);

/* One line about it, for people. */
void swarm_describe(const struct plan *p, char *out, size_t capacity);

#endif
