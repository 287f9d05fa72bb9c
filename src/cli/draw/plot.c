/* SPDX-License-Identifier: BSD-2-Clause */
/* Each second is kept for the start, and gathered in bins for the whole run. Both panels have
 * scales of their own: symmetric where the sign matters, logarithmic where sizes are compared. */
#include "cli/draw/plot.h"

#include <math.h>
#include <stdlib.h>

#include "cli/draw/svg.h"

#define PANEL_HEIGHT 320
#define START_WIDTH 230
#define WHOLE_LEFT 328

#define START_S 21600 /* seconds that are kept each by itself */
#define BINS 512
#define START_BINS 230
#define SMOOTH 8 /* bins to either side, for sizes; of the start: */
#define START_SMOOTH 3
#define CALM_S 600

struct bin {
    double low, high, squares, count;
    double bound; /* the largest; NAN: none */
};

struct curve {
    char label[PLOT_TEXT_MAX];
    struct bin whole[BINS];
    struct {
        float error, bound;
    } start[START_S];
    unsigned start_count;
};

struct plot {
    double length_s, settled_s;
    unsigned count;
    struct curve *curves[PLOT_CURVES_MAX];
};

/* ---- gathering ---- */

struct plot *plot_new(double length_s, double settled_s)
{
    struct plot *p = calloc(1, sizeof *p);

    if (p) {
        p->length_s = length_s;
        p->settled_s = settled_s;
    }
    return p;
}

void plot_free(struct plot *p)
{
    for (unsigned i = 0; p && i < p->count; i++) {
        free(p->curves[i]);
    }
    free(p);
}

void plot_begin(struct plot *p)
{
    struct curve *c = p->count < PLOT_CURVES_MAX ? calloc(1, sizeof *c) : NULL;

    if (c) {
        p->curves[p->count++] = c;
    }
}

void plot_name(struct plot *p, const char *label)
{
    if (p->count > 0) {
        struct curve *c = p->curves[p->count - 1];

        snprintf(c->label, sizeof c->label, "%s", label);
    }
}

static void bin_add(struct bin *b, double error_s, double bound_s)
{
    if (!svg_drawable(error_s)) {
        return;
    }
    b->low = b->count > 0 ? fmin(b->low, error_s) : error_s;
    b->high = b->count > 0 ? fmax(b->high, error_s) : error_s;
    b->bound = b->count > 0 ? fmax(b->bound, bound_s) : bound_s; /* fmax() prefers numbers */
    b->squares += error_s * error_s;
    b->count++;
}

void plot_add(struct plot *p, double now_s, double error_s, double bound_s)
{
    double place = now_s / p->length_s * BINS;
    struct curve *c;

    if (p->count == 0) {
        return;
    }
    c = p->curves[p->count - 1];
    bin_add(&c->whole[(unsigned)fmax(0, fmin(place, BINS - 1))], error_s, bound_s);
    if (c->start_count < START_S) {
        c->start[c->start_count].error = (float)error_s;
        c->start[c->start_count].bound = (float)bound_s;
        c->start_count++;
    }
}

/* ---- scales ---- */

/* Sizes of the error and its bound: the largest of all times, and after the clock had settled. */
struct sizes {
    double most, settled, bound, rms;
};

static struct sizes measure(const struct plot *p, const struct curve *c)
{
    struct sizes s = {0};
    double squares = 0, count = 0;

    for (unsigned i = 0; i < BINS; i++) {
        const struct bin *b = &c->whole[i];
        double most = fmax(fabs(b->low), fabs(b->high));

        s.most = fmax(s.most, most);
        if (b->count > 0 && i * p->length_s >= p->settled_s * BINS) {
            s.settled = fmax(s.settled, most);
            s.bound = fmax(s.bound, b->bound); /* fmax() prefers numbers */
            squares += b->squares;
            count += b->count;
        }
    }
    s.rms = count > 0 ? sqrt(squares / count) : s.most;
    return s;
}

/* When the start is over: the error is and stays for a while as small as later. */
static unsigned calm_from(const struct plot *p, const struct curve *c)
{
    struct sizes s = measure(p, c);
    double limit = fmax(1.2 * s.settled, 2 * s.rms);
    unsigned calm = 0;

    for (unsigned i = 0; i < c->start_count; i++) {
        calm = fabs((double)c->start[i].error) > limit ? 0 : calm + 1;
        if (calm > CALM_S) {
            return i - CALM_S;
        }
    }
    return c->start_count;
}

static double start_length(const struct plot *p)
{
    static const double lengths[] = {60, 120, 300, 600, 1200, 1800, 3600, 7200, 10800, START_S};
    size_t i = 0;

    for (unsigned k = 0; k < p->count; k++) {
        while (lengths[i] < START_S && lengths[i] < 3 * calm_from(p, p->curves[k])) {
            i++;
        }
    }
    return fmin(lengths[i], p->length_s);
}

/* One curve with its sign, or the sizes of several; the start may need more room. */
static void choose_scales(const struct plot *p, struct svg_axis *start, struct svg_axis *whole)
{
    struct sizes all = {.rms = HUGE_VAL};

    for (unsigned i = 0; i < p->count; i++) {
        struct sizes s = measure(p, p->curves[i]);

        all.most = fmax(all.most, s.most);
        all.settled = fmax(all.settled, s.settled);
        all.bound = fmax(all.bound, fmax(s.settled, s.bound));
        all.rms = fmin(all.rms, s.rms);
    }
    if (p->count == 1) {
        *start = svg_signed(all.most, 1.2 * all.settled);
        *whole = svg_signed(all.bound, 1.2 * all.settled);
    } else {
        *start = svg_log(all.rms / 3, fmax(all.most, all.bound));
        *whole = svg_log(all.rms / 3, all.bound);
    }
}

/* ---- curves ---- */

/* Root mean square of a bin and its neighbours. */
static double size_at(const struct bin *bins, unsigned count, unsigned i, unsigned smooth)
{
    double squares = 0, seconds = 0;

    for (unsigned k = i > smooth ? i - smooth : 0; k <= i + smooth && k < count; k++) {
        squares += bins[k].squares;
        seconds += bins[k].count;
    }
    return sqrt(squares / seconds);
}

/* Bins of this width from 0 s on: error and bound of one clock as areas, of several as lines. */
static void draw_bins(const struct plot *plot, const struct svg_panel *panel, unsigned index,
                      const struct bin *bins, unsigned count, double width_s, unsigned smooth,
                      FILE *out)
{
    struct svg_point error[BINS], bound[BINS];
    const struct svg_curve errors = {error, count}, bounds = {bound, count};

    for (unsigned i = 0; i < count; i++) {
        const struct bin *b = &bins[i];
        double at = b->count > 0 ? (i + 0.5) * width_s : (double)NAN; /* or a gap */

        error[i] = (struct svg_point){at, size_at(bins, count, i, smooth), b->low, b->high};
        bound[i] = (struct svg_point){at, b->bound, -b->bound, b->bound};
    }
    svg_draw(panel, plot->count == 1 ? SVG_BOUND : SVG_LINE, index,
             plot->count == 1 ? &bounds : &errors, out);
    svg_draw(panel, plot->count == 1 ? SVG_DENSE : SVG_DASHED, index,
             plot->count == 1 ? &errors : &bounds, out);
}

/* The kept seconds of the start are gathered to what the first panel can show. */
static void draw(const void *context, const struct svg_panel *panel, unsigned which, FILE *out)
{
    const struct plot *p = context;

    for (unsigned i = 0; i < p->count; i++) {
        const struct curve *c = p->curves[i];
        unsigned seconds = (unsigned)fmin(panel->x.high, c->start_count);
        unsigned each = (seconds + START_BINS - 1) / START_BINS;
        struct bin bins[START_BINS] = {0};

        for (unsigned k = 0; k < seconds && which == 0; k++) {
            bin_add(&bins[k / each], (double)c->start[k].error, (double)c->start[k].bound);
        }
        if (which == 0) {
            draw_bins(p, panel, i, bins, START_BINS, each, START_SMOOTH, out);
        } else {
            draw_bins(p, panel, i, c->whole, BINS, p->length_s / BINS, SMOOTH, out);
        }
    }
}

/* ---- the whole ---- */

static void add_keys(const struct plot *p, struct svg_picture *picture)
{
    struct svg_key *key = picture->keys;

    if (p->count == 1) {
        *key++ = (struct svg_key){SVG_LINE, 0, "error of the clock: above zero it is fast"};
        *key++ = (struct svg_key){SVG_BOUND, 0, "error bound sent to clients (root distance)"};
    } else {
        for (unsigned i = 0; i < p->count; i++) {
            *key++ = (struct svg_key){SVG_LINE, i, p->curves[i]->label};
        }
        *key++ = (struct svg_key){SVG_PLAIN, 0, "solid: size of the error (rms)"};
        *key++ = (struct svg_key){SVG_PLAIN, 0, "dashed: error bound sent to clients"};
    }
    picture->key_count = (unsigned)(key - picture->keys);
}

void plot_write(const struct plot *p, const char *title, const char *subtitle, const char *result,
                FILE *out)
{
    struct svg_panel panels[] = {{.title = "The start",
                                  .y_title = p->count == 1 ? "clock error (clock \u2212 true time)"
                                                           : "size of the clock error",
                                  .width = START_WIDTH,
                                  .height = PANEL_HEIGHT,
                                  .x = svg_times(SVG_ELAPSED, 0, start_length(p))},
                                 {.title = "The whole run",
                                  .left = WHOLE_LEFT,
                                  .width = SVG_WIDTH - WHOLE_LEFT,
                                  .height = PANEL_HEIGHT,
                                  .x = svg_times(SVG_ELAPSED, 0, p->length_s)}};
    struct svg_picture picture = {.title = title,
                                  .lines = {subtitle, result},
                                  .panels = panels,
                                  .panel_count = 2,
                                  .draw = draw,
                                  .context = p};

    choose_scales(p, &panels[0].y, &panels[1].y);
    add_keys(p, &picture);
    svg_write(&picture, out);
}
