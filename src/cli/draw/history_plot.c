/* SPDX-License-Identifier: BSD-2-Clause */
/* One panel below the other, over the time that has data. Areas reach from the least to the largest
 * value of each slot, lines go through the means; gaps are times of which nothing is known. */
#include "cli/draw/history_plot.h"

#include <math.h>
#include <stdlib.h>

#include "cli/draw/render.h"
#include "cli/draw/svg.h"

#define UNKNOWN ((double)NAN)

/* The first two share a panel. */
enum { CURVE_OFFSET, CURVE_BOUND, CURVE_FREQUENCY, CURVE_USED, CURVES, PANELS = CURVES - 1 };

static const size_t values[CURVES] = {
    [CURVE_OFFSET] = offsetof(struct history_row, offset_s),
    [CURVE_BOUND] = offsetof(struct history_row, bound_s),
    [CURVE_FREQUENCY] = offsetof(struct history_row, frequency_ppm),
    [CURVE_USED] = offsetof(struct history_row, used),
};

static const struct {
    unsigned curve, curve_count;
    enum svg_quantity quantity;
    struct svg_panel panel;
} rows[PANELS] = {
    {CURVE_OFFSET,
     2,
     SVG_SECONDS,
     {"Estimated error of the clock (true time \u2212 clock)",
      NULL,
      0,
      SVG_WIDTH,
      0,
      230,
      {0},
      {0}}},
    {CURVE_FREQUENCY, 1, SVG_PPM, {"Frequency correction", NULL, 0, SVG_WIDTH, 288, 130, {0}, {0}}},
    {CURVE_USED, 1, SVG_COUNT, {"Sources in use", NULL, 0, SVG_WIDTH, 476, 90, {0}, {0}}},
};

struct picture {
    const struct history_rows *h;
    struct svg_curve curves[CURVES];
};

/* With a gap where slots are missing. The bound holds on both sides of zero. */
static bool make_curve(const struct history_rows *h, unsigned which, struct svg_curve *out)
{
    out->points = calloc(2 * h->count + 1, sizeof *out->points);
    for (size_t i = 0; out->points && i < h->count; i++) {
        const struct history_row *row = &h->rows[i];
        const struct history_range *v = (const void *)((const char *)row + values[which]);

        if (i > 0 && row->start_s - row[-1].start_s > 1.5 * h->width_s) {
            out->points[out->count++].x = UNKNOWN;
        }
        out->points[out->count++] =
            (struct svg_point){row->start_s + h->width_s / 2, v->mean,
                               which == CURVE_BOUND ? -v->most : v->least, v->most};
    }
    return out->points;
}

static void draw(const void *context, const struct svg_panel *panel, unsigned index, FILE *out)
{
    const struct picture *p = context;
    const struct svg_curve *curve = &p->curves[rows[index].curve];
    const struct history_rows *h = p->h;

    for (size_t i = 0; i < h->count; i++) {
        if (h->rows[i].synchronised < h->rows[i].looks) {
            svg_stripe(panel, SVG_SHADE, h->rows[i].start_s, h->rows[i].start_s + h->width_s, out);
        }
    }
    for (size_t i = 0; i < h->count; i++) {
        if (h->rows[i].steps > 0) {
            svg_stripe(panel, SVG_MARK, h->rows[i].start_s, h->rows[i].start_s, out);
        }
    }
    if (rows[index].curve_count > 1) {
        svg_draw(panel, SVG_BOUND, 0, curve + 1, out);
    }
    svg_draw(panel, SVG_RANGE, 0, curve, out);
    svg_draw(panel, SVG_LINE, 0, curve, out);
}

/* The legend has what is in the picture; the line below the title sums it up. */
static void add_words(const struct history_rows *h, struct svg_picture *picture, char line[128],
                      char mean[64])
{
    double bound_s = UNKNOWN, steps = 0;
    struct svg_key *key = picture->keys;
    bool waiting = false;
    char text[32];

    for (size_t i = 0; i < h->count; i++) {
        bound_s = fmax(bound_s, h->rows[i].bound_s.most);
        steps += h->rows[i].steps;
        waiting = waiting || h->rows[i].synchronised < h->rows[i].looks;
    }
    snprintf(mean, 64, "mean of each %s", render_duration(h->width_s, text));
    *key++ = (struct svg_key){SVG_LINE, 0, mean};
    *key++ = (struct svg_key){SVG_RANGE, 0, "from the least to the largest value"};
    if (!isnan(bound_s)) {
        *key++ = (struct svg_key){SVG_BOUND, 0, "bound of the error (root distance)"};
    }
    if (steps > 0) {
        *key++ = (struct svg_key){SVG_MARK, 0, "the clock was stepped"};
    }
    if (waiting) {
        *key++ = (struct svg_key){SVG_SHADE, 0, "not always synchronised"};
    }
    picture->key_count = (unsigned)(key - picture->keys);
    snprintf(line, 128, "Error bound: %s%s; steps of the clock: %.0f",
             isnan(bound_s) ? "" : "at most ",
             isnan(bound_s) ? "unknown" : render_seconds(bound_s, text), steps);
}

bool history_plot(const struct history_rows *h, const char *title, FILE *out)
{
    struct picture p = {.h = h};
    struct svg_panel panels[PANELS];
    char line[128] = "", mean[64];
    struct svg_picture picture = {.title = title,
                                  .lines = {line},
                                  .panels = panels,
                                  .panel_count = PANELS,
                                  .draw = draw,
                                  .context = &p};
    double from_s = h->count > 0 ? h->rows[0].start_s : h->now_s - h->width_s;
    double to_s = h->count > 0 ? h->rows[h->count - 1].start_s + h->width_s : h->now_s;
    bool whole = true;

    for (unsigned i = 0; i < CURVES; i++) {
        whole = make_curve(h, i, &p.curves[i]) && whole;
    }
    for (unsigned i = 0; i < PANELS; i++) {
        panels[i] = rows[i].panel;
        panels[i].x = svg_times(SVG_UTC, from_s, to_s);
        panels[i].y = svg_fit(rows[i].quantity, &p.curves[rows[i].curve], rows[i].curve_count);
    }
    if (whole) {
        add_words(h, &picture, line, mean);
        svg_write(&picture, out);
    }
    for (unsigned i = 0; i < CURVES; i++) {
        free(p.curves[i].points);
    }
    return whole;
}
