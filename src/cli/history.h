/* SPDX-License-Identifier: BSD-2-Clause */
/* A layer of tokid's history, read from its answer; and a picture of it. */
#ifndef TOKI_CLI_HISTORY_H
#define TOKI_CLI_HISTORY_H

#include <jansson.h>
#include <stdbool.h>
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

/* Of an answer to `history`, which outlives it; false: it is none, or there is no memory. Free
 * rows. */
bool history_read(const json_t *answer, struct history_rows *out);

/* Three panels over the time of the layer: offset within its bound, frequency, sources. SVG: plain
 * shapes and text on a light ground. */
void history_plot(const struct history_rows *h, const char *title, FILE *out);

#endif
