/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of the accuracy table, and how they are printed. */
#ifndef TOKI_SIM_ACCURACY_REPORT_H
#define TOKI_SIM_ACCURACY_REPORT_H

#include "sim/scenario.h"

/* One line of the table, over all seeds. */
struct accuracy_line {
    const struct scenario *scenario;
    const struct scenario_window *window;
    double rms_s, max_s, settle_s, limit_s, limit_64_s, x_limit, x_limit_64, x_chronyd, poll_s;
    double freq, freq_limit, x_freq;
    double outside, unsynchronised, estimate; /* estimate: rms admitted / true rms */
    double outside_worst;                     /* of one seed */
    uint64_t max_seed;                        /* gave max_s */
    /* the oracle says what could be reached: not where it is misled, and the rms of a start says
     * nothing */
    bool has_limit;
    double x_honest; /* max_s / that of the world without what misleads; 0: nothing does */
};

/* Seconds in three digits with a unit. */
const char *accuracy_report_seconds(double value, char text[16]);

/* All columns, for a terminal or a document, and the means of each group. */
void accuracy_report_table(const struct accuracy_line *lines, unsigned count, bool markdown);

/* The largest errors alone. */
void accuracy_report_worst(const struct accuracy_line *lines, unsigned count);

#endif
