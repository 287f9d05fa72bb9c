/* SPDX-License-Identifier: BSD-2-Clause */
/* Measurements over time as an SVG: a curve with its points for each name, a legend, no script. For
 * what is measured now and then; cli/draw/plot.h is for simulations that know each second. */
#ifndef TOKI_CLI_DRAW_CHART_H
#define TOKI_CLI_DRAW_CHART_H

#include <stdio.h>

#include "cli/draw/svg.h"

#define CHART_CURVES_MAX SVG_COLOURS
#define CHART_NAME_MAX 128

struct chart;

/* NULL: no memory. */
struct chart *chart_new(void);
void chart_free(struct chart *c);

/* One point of the curve of this name; times are Unix time, values seconds; NAN is a gap. Curves
 * beyond the most that there can be are left out. */
void chart_add(struct chart *c, const char *name, double time_s, double value_s);

/* `title` and the words below it. */
void chart_write(const struct chart *c, const char *title, const char *subtitle, FILE *out);

#endif
