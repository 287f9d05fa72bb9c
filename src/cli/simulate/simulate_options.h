/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of `toki simulate`: numbers with units and ranges, lists for comparisons. */
#ifndef TOKI_CLI_SIMULATE_SIMULATE_OPTIONS_H
#define TOKI_CLI_SIMULATE_SIMULATE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "args/args.h"

#define SIMULATE_VALUES_MAX 12

/* What can be given several values: one row of the table for each combination. */
enum simulate_axis {
    AXIS_SERVERS,
    AXIS_POLL,
    AXIS_CORRECTION,
    AXIS_DELAY,
    AXIS_JITTER,
    AXIS_LOSS,
    AXIS_ASYMMETRY,
    AXIS_WANDER,
    SIMULATE_AXES
};

struct simulate_value {
    double value;
    double second; /* of a pair (5%/20ms) or a range (6..10) */
};

struct simulate_list {
    struct simulate_value values[SIMULATE_VALUES_MAX];
    unsigned count; /* 0: not given, and there is no default */
};

struct simulate_options {
    const char *config, *plot; /* NULL: none */
    bool json;
    struct simulate_list axes[SIMULATE_AXES];
    struct simulate_value spikes;      /* part, mean size in s */
    struct simulate_value temperature; /* amplitude, period in s */
    struct simulate_value outage;      /* begin, length in s */
    double offset_s, freq;             /* > 0: the clock is slow, it loses time */
    double refclock_noise_s, length_s;
    unsigned runs; /* 0: as many as are quick */
    uint64_t seed;
};

extern const struct args_option simulate_option_rows[];

/* The defaults, and what follows the name of the command. False: *exit_code is the end (help was
 * printed, or a usage error told). */
bool simulate_options_read(const struct args_command *command, int argc, char **argv,
                           struct simulate_options *out, int *exit_code);

#endif
