/* SPDX-License-Identifier: BSD-2-Clause */
/* The common look of all pictures: SVG of plain shapes and text on a light ground, without scripts
 * or fonts of its own. Panels with axes, a head above and a legend below. Any text may be passed:
 * it is escaped here. */
#ifndef TOKI_CLI_DRAW_SVG_H
#define TOKI_CLI_DRAW_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define SVG_WIDTH 840 /* of all panels side by side, without the labels of the first one */
#define SVG_COLOURS 8 /* of lines: more could not be told apart */
#define SVG_KEYS 10   /* of a legend */

/* Lines go through `y`, areas reach from `low` to `high`. A place where svg_drawable() refuses any
 * of these is a gap. */
struct svg_point {
    double x, y, low, high;
};

struct svg_curve {
    struct svg_point *points;
    size_t count;
};

/* Finite, and not beyond what a clock can show. */
bool svg_drawable(double v);

enum svg_scale {
    SVG_LINEAR,
    SVG_LOG,   /* zero and negative values lie below the panel */
    SVG_SYMLOG /* both signs: linear about zero, logarithmic beyond */
};

enum svg_quantity {
    SVG_SECONDS, /* labels have a sign and the unit that fits */
    SVG_PPM,     /* with a sign */
    SVG_COUNT,   /* whole numbers, from 0 on */
    SVG_ELAPSED, /* horizontal: s since the start */
    SVG_UTC      /* horizontal: Unix time, s */
};

struct svg_axis {
    enum svg_scale scale;
    enum svg_quantity quantity;
    double low, high; /* low < high */
    double linear;    /* SVG_SYMLOG: linear up to this size, */
    double share;     /* which takes the room of this many decades */
};

/* Fits the values of all curves, with some room around: symmetric-logarithmic if the usual seconds
 * of any curve could not be seen otherwise. */
struct svg_axis svg_fit(enum svg_quantity quantity, const struct svg_curve *curves, size_t count);

/* Times from `from` to `to` (NAN: unknown), or a second if that is longer. */
struct svg_axis svg_times(enum svg_quantity quantity, double from, double to);

/* Seconds, symmetric about zero, up to `most`; linear below `usual` where that is much less. */
struct svg_axis svg_signed(double most, double usual);

/* Seconds, in whole decades from below `least` to above `most`. */
struct svg_axis svg_log(double least, double most);

struct svg_panel {
    const char *title, *y_title; /* above it and beside it; NULL: none */
    double left, width;          /* up to SVG_WIDTH together */
    double top, height;          /* below the head: the uppermost panels have 0 */
    struct svg_axis x, y;
};

/* How something is drawn, in a panel and as a sample in the legend. */
enum svg_look {
    SVG_PLAIN, /* a text of the legend without a sample */
    SVG_LINE,  /* a point between two gaps is a dot */
    SVG_DASHED,
    SVG_DOTTED, /* a line with a dot at each point */
    SVG_BOUND,  /* areas: pale with an outline, */
    SVG_RANGE,  /* translucent, behind a line of colour 0, */
    SVG_DENSE,  /* solid: the envelope of more values than a line could show */
    SVG_MARK,   /* a moment */
    SVG_SHADE   /* a stretch of time */
};

struct svg_key {
    enum svg_look look;
    unsigned colour;
    const char *text;
};

struct svg_picture {
    const char *title;
    const char *lines[2]; /* below it; NULL or "": none */
    const struct svg_panel *panels;
    unsigned panel_count, key_count;
    struct svg_key keys[SVG_KEYS];
    /* Draws the inside of a panel, which is clipped at its edges. */
    void (*draw)(const void *context, const struct svg_panel *panel, unsigned index, FILE *out);
    const void *context;
};

void svg_write(const struct svg_picture *picture, FILE *out);

/* Inside a panel; `colour` of lines: from 0 to SVG_COLOURS - 1. */
void svg_draw(const struct svg_panel *panel, enum svg_look look, unsigned colour,
              const struct svg_curve *curve, FILE *out);

/* SVG_MARK or SVG_SHADE from the top of a panel to its bottom. */
void svg_stripe(const struct svg_panel *panel, enum svg_look look, double from, double to,
                FILE *out);

#endif
