/* SPDX-License-Identifier: BSD-2-Clause */
/* A layer of tokid's history, and a picture of it. */
#ifndef TOKI_CLI_DRAW_HISTORY_PLOT_H
#define TOKI_CLI_DRAW_HISTORY_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* NAN: not known. */
struct history_range {
    double least, mean, most;
};

struct history_row {
    double start_s; /* Unix time */
    double looks, synchronised, steps;
    struct history_range offset_s, bound_s, frequency_ppm, used, reach;
};

struct history_rows {
    double now_s, width_s, room;
    const char *layer;
    size_t count;
    struct history_row *rows; /* oldest first */
};

/* Three panels over the time that has data: the estimated error with its bound, frequency, sources.
 * False: there is no memory. */
bool history_plot(const struct history_rows *h, const char *title, FILE *out);

#endif
