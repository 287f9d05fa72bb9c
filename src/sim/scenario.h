/* SPDX-License-Identifier: BSD-2-Clause */
/* A scenario: one client of toki's engine, its oscillator, its servers and the paths to them, as
 * plain data; and what came of running it. The accuracy table, the named tests and `toki simulate`
 * are all made of these. */
#ifndef TOKI_SIM_SCENARIO_H
#define TOKI_SIM_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#include "core/settings.h"
#include "sim/world.h"

#define SCENARIO_SERVERS_MAX 8
#define SCENARIO_WINDOWS_MAX 2

struct scenario_server {
    struct server_settings server;
    struct link_settings up, down;
    bool liar; /* the oracle does not listen to it */
};

/* Where the error is judged. */
struct scenario_window {
    const char *name; /* NULL: the only one */
    double from_s, to_s;
    double settle_from_s, settle_to_s, settle_below_s; /* below 0: no settling time */
    double chronyd; /* score of chronyd, bench/accuracy.md; 0: unknown */
};

struct scenario {
    char name[64];
    const char *group;
    double length_s;
    struct oscillator_settings clock;
    struct scenario_server servers[SCENARIO_SERVERS_MAX];
    unsigned server_count;
    struct scenario_window windows[SCENARIO_WINDOWS_MAX];
    unsigned window_count;
    bool score_settle; /* the score is the settling time, not the rms error */

    /* the client's lines */
    int minpoll, maxpoll;
    bool iburst;
    double makestep_s; /* threshold; 0: never steps */
    int makestep_updates;
    double refclock_noise_s; /* > 0: a sample a second from a reference clock */

    /* the oracle */
    bool oracle_search; /* the oscillator is no random walk */

    /* A server or a path misleads the clock, and the oracle, which is told so, is no limit for it:
     * the scenario of this name is the same world without that. "": nobody misleads. */
    char honest[64];
};

struct scenario_window_result {
    double rms_s, max_s;
    double settle_s;       /* -1: never */
    double freq_rms;       /* true frequency error of the steered clock */
    double freq_limit;     /* that of the oracle: a clock steered by its frequency alone */
    double limit_s;        /* rms of the oracle with the same packets */
    double limit_64_s;     /* and of one that asks every server every 64 s; 0: no servers */
    double outside;        /* part of the synchronised seconds with the error beyond the bound */
    double unsynchronised; /* part of all seconds */
    double estimate_s;     /* rms of the engine's own idea of its error */
};

struct scenario_result {
    struct scenario_window_result windows[SCENARIO_WINDOWS_MAX];
    double poll_s; /* mean time between requests to one server */
    uint64_t requests, steps, runs, stuck, effects_lost, trace;
};

/* A client with the defaults of accuracy scenarios: LAN, 1 ms and 10 ppm off, polls 6..10. */
void scenario_default(struct scenario *s);

/* As chronyd's and ntpd's defaults are, with no source. */
void scenario_settings_chrony(struct settings *out);
void scenario_settings_ntp(struct settings *out);

/* Adds a server line for a node of a world. */
struct source_spec *scenario_add_source(struct settings *settings, unsigned node);

/* Runs it. `errors` (may be NULL) has room for length_s values: clock - truth at each second. */
void scenario_run(const struct scenario *s, uint64_t seed, double *errors,
                  struct scenario_result *result);

#endif
