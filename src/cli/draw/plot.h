/* SPDX-License-Identifier: BSD-2-Clause */
/* A picture of clocks' errors over time, each second of which is known. One curve is drawn with its
 * sign and its bound as a band; several are compared by their size on a logarithmic scale. Beside
 * the run as a whole stands its start. */
#ifndef TOKI_CLI_DRAW_PLOT_H
#define TOKI_CLI_DRAW_PLOT_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/draw/svg.h"

#define PLOT_CURVES_MAX SVG_COLOURS
#define PLOT_TEXT_MAX 160

struct plot;

/* For a run of this length; what comes before settled_s does not decide the scale. NULL: no
 * memory. */
struct plot *plot_new(double length_s, double settled_s);
void plot_free(struct plot *p);

/* Begins the next curve, to which plot_add() adds. At most PLOT_CURVES_MAX. */
void plot_begin(struct plot *p);

/* Its name in the legend. */
void plot_name(struct plot *p, const char *label);

/* One second: clock - true time, and the error bound sent to clients (NAN: not synchronised). */
void plot_add(struct plot *p, double now_s, double error_s, double bound_s);

/* Two lines stand below the title; either may be "". */
void plot_write(const struct plot *p, const char *title, const char *subtitle, const char *result,
                FILE *out);

#endif
