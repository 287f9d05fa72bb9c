/* SPDX-License-Identifier: BSD-2-Clause */
/* What `toki simulate` runs, its results, and how they are printed. */
#ifndef TOKI_CLI_SIMULATE_SIMULATE_H
#define TOKI_CLI_SIMULATE_SIMULATE_H

#include "cli/draw/plot.h"
#include "cli/simulate/simulate_options.h"
#include "config/config.h"
#include "sim/forecast.h"

#define SIMULATE_CASES_MAX 48
#define SIMULATE_ALTERNATIVES_MAX 4

/* One combination of the values to be compared. */
struct test_case {
    struct simulate_value values[SIMULATE_AXES];
    unsigned runs, servers, refclocks, left_out;
    struct forecast_result result;
};

struct simulation {
    struct simulate_options options;
    struct config *config;
    const char *name;      /* of the configuration */
    bool correction_given; /* by an option: it is that of the file otherwise */
    double settled_s;      /* when the accuracy begins to count */
    struct test_case cases[SIMULATE_CASES_MAX];
    unsigned case_count;
    struct test_case
        alternatives[SIMULATE_ALTERNATIVES_MAX]; /* the one case, corrected otherwise */
    unsigned alternative_count;
    struct plot *plot;
    struct settings settings; /* of the present case */
    struct forecast forecast; /* likewise */
};

/* What is special about a case, and its result: "4 servers, poll 64 s: 35.3 us rms". */
void simulate_report_label(const struct simulation *s, const struct test_case *c, char *out,
                           size_t capacity);

void simulate_report_words(const struct simulation *s);
void simulate_report_json(const struct simulation *s);

/* False: an error was printed. */
bool simulate_report_plot(const struct simulation *s);

extern const struct args_command simulate_command;

#endif
