/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeps the points of each curve, and draws them in one panel over UTC. */
#include "cli/draw/chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PANEL_HEIGHT 340
#define KEY_MAX (CHART_NAME_MAX + 48)

struct chart {
    char names[CHART_CURVES_MAX][CHART_NAME_MAX];
    struct svg_curve curves[CHART_CURVES_MAX];
    size_t room[CHART_CURVES_MAX], answers[CHART_CURVES_MAX];
    unsigned count;
    bool more; /* curves than can be drawn */
    double from_s, to_s;
};

struct chart *chart_new(void)
{
    struct chart *c = calloc(1, sizeof *c);

    if (c) {
        c->from_s = c->to_s = (double)NAN;
    }
    return c;
}

void chart_free(struct chart *c)
{
    for (unsigned i = 0; c && i < c->count; i++) {
        free(c->curves[i].points);
    }
    free(c);
}

/* The index of the curve of this name, or CHART_CURVES_MAX. */
static unsigned find(struct chart *c, const char *name)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (strncmp(c->names[i], name, CHART_NAME_MAX - 1) == 0) {
            return i;
        }
    }
    c->more = c->more || c->count == CHART_CURVES_MAX;
    if (c->more) {
        return CHART_CURVES_MAX;
    }
    snprintf(c->names[c->count], CHART_NAME_MAX, "%s", name);
    return c->count++;
}

void chart_add(struct chart *c, const char *name, double time_s, double value_s)
{
    unsigned i = find(c, name);
    struct svg_curve *curve = &c->curves[i];

    if (i == CHART_CURVES_MAX) {
        return;
    }
    if (curve->count == c->room[i]) {
        size_t room = 2 * c->room[i] + 64;
        void *more = realloc(curve->points, room * sizeof *curve->points);

        if (!more) {
            return;
        }
        curve->points = more;
        c->room[i] = room;
    }
    curve->points[curve->count++] = (struct svg_point){time_s, value_s, value_s, value_s};
    c->answers[i] += svg_drawable(value_s);
    c->from_s = fmin(c->from_s, time_s); /* fmin() and fmax() prefer numbers */
    c->to_s = fmax(c->to_s, time_s);
}

static void draw(const void *context, const struct svg_panel *panel, unsigned index, FILE *out)
{
    const struct chart *c = context;

    for (unsigned i = index; i < c->count; i++) {
        svg_draw(panel, SVG_DOTTED, i, &c->curves[i], out);
    }
}

/* A server that never answered has no line, and so no sample of one. */
static void add_key(const struct chart *c, unsigned i, struct svg_picture *picture,
                    char text[KEY_MAX])
{
    size_t rounds = c->curves[i].count;
    bool silent = c->answers[i] == 0;
    int used = snprintf(text, KEY_MAX, "%s%s", c->names[i], silent ? ": no usable answer" : "");

    if (!silent && c->answers[i] < rounds) {
        snprintf(text + used, KEY_MAX - (size_t)used, ": no usable answer in %zu of %zu rounds",
                 rounds - c->answers[i], rounds);
    }
    picture->keys[picture->key_count++] = (struct svg_key){silent ? SVG_PLAIN : SVG_LINE, i, text};
}

void chart_write(const struct chart *c, const char *title, const char *subtitle, FILE *out)
{
    struct svg_panel panel = {.title = "Offset",
                              .y_title = "true time \u2212 this clock",
                              .width = SVG_WIDTH,
                              .height = PANEL_HEIGHT,
                              .x = svg_times(SVG_UTC, c->from_s, c->to_s),
                              .y = svg_fit(SVG_SECONDS, c->curves, c->count)};
    struct svg_picture picture = {.title = title,
                                  .lines = {subtitle},
                                  .panels = &panel,
                                  .panel_count = 1,
                                  .draw = draw,
                                  .context = c};
    char texts[CHART_CURVES_MAX][KEY_MAX];

    for (unsigned i = 0; i < c->count; i++) {
        add_key(c, i, &picture, texts[i]);
    }
    if (c->more) {
        picture.keys[picture.key_count++] = (struct svg_key){SVG_PLAIN, 0, "others are not drawn"};
    }
    svg_write(&picture, out);
}
