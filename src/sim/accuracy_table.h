/* SPDX-License-Identifier: BSD-2-Clause */
/* The scenarios that clock accuracy is measured in: the same parameters as bench/scenarios.json, so
 * that a row here and a row there can be compared. */
#ifndef TOKI_SIM_ACCURACY_TABLE_H
#define TOKI_SIM_ACCURACY_TABLE_H

#include "sim/scenario.h"

#define ACCURACY_SCENARIOS_MAX 80

/* Other values than the table's: a clock tuned to the table would show here. */
struct accuracy_scale {
    double jitter, wander, delay; /* factors */
};

/* Writes the scenarios; how many. */
unsigned accuracy_table(const struct accuracy_scale *scale,
                        struct scenario out[ACCURACY_SCENARIOS_MAX]);

#endif
