/* SPDX-License-Identifier: BSD-2-Clause */
/* What a clock would do with somebody's own settings on their own network: `toki simulate` asks.
 * Every source line of the settings gets a perfect server (or reference clock) of its own in a
 * world of the engine level; names are not looked up. Several runs with other dice are added up. */
#ifndef TOKI_SIM_FORECAST_H
#define TOKI_SIM_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/settings.h"
#include "sim/world.h"

#define FORECAST_SERVERS_MAX (WORLD_NODES_MAX - 1) /* that are simulated at one time */
#define FORECAST_LEVELS 3                          /* forecast_level_s[] */
#define FORECAST_RUNS_MAX 100
#define FORECAST_BUCKETS 3600

extern const double forecast_level_s[FORECAST_LEVELS]; /* 1 ms, 100 us, 10 us */

struct forecast_setup {
    const struct settings *settings;
    struct link_settings up, down; /* of the path to each server */
    struct oscillator_settings clock;
    double refclock_noise_s; /* of each reference clock's sample */
    double length_s;
    double settled_s; /* from then on the accuracy counts */
    /* Told of each second of a run, if not NULL; bound_s is NAN while not synchronised. */
    void (*second)(void *context, double now_s, double error_s, double bound_s);
    void *context;
};

/* How often a size occurred, on a logarithmic scale. */
struct forecast_sizes {
    uint64_t count, buckets[FORECAST_BUCKETS];
};

struct forecast {
    unsigned runs;
    unsigned servers, refclocks; /* simulated, of the settings */
    unsigned left_out;           /* sources that did not fit */
    struct forecast_sizes errors, bounds;
    double squares, most_s, bound_most_s, freq_squares, freq_most;
    uint64_t seconds, unsynchronised, outside; /* settled */
    uint64_t requests, settled_requests;
    uint64_t steps;
    double first_set_s[FORECAST_RUNS_MAX]; /* HUGE_VAL: never */
    double below_s[FORECAST_LEVELS][FORECAST_RUNS_MAX];
};

struct forecast_result {
    double rms_s, p95_s, p99_s, max_s; /* of the true error, settled */
    double freq_rms, freq_max;         /* of the true frequency error, settled */
    double bound_s, bound_max_s;       /* root distance served to clients: median, largest */
    double outside;                    /* part of the time with the error beyond it */
    double unsynchronised;             /* part of the time */
    double first_set_s;                /* medians over the runs; HUGE_VAL: never */
    double below_s[FORECAST_LEVELS];   /* below a level for a while (see forecast_hold_s()) */
    double requests;                   /* of a whole run, to all servers */
    double requests_per_day;           /* settled */
    double poll_s;                     /* mean time between two to one server; 0: no server */
    double steps;                      /* of a run */
};

void forecast_init(struct forecast *f);

/* Adds a run; at most FORECAST_RUNS_MAX. */
void forecast_run(struct forecast *f, const struct forecast_setup *setup, uint64_t seed);

void forecast_finish(const struct forecast *f, struct forecast_result *out);

/* How long the error has to stay below a level to count as below it. */
double forecast_hold_s(double length_s);

#endif
