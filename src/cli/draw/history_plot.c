/* SPDX-License-Identifier: BSD-2-Clause */
/* The picture of a layer of the history: one panel below the other with a common axis of time in
 * UTC. Shades reach from the least to the most of each slot, lines through the means; gaps are
 * times of which nothing is known. */
#include <math.h>
#include <time.h>

#include "cli/draw/history_plot.h"

#define WIDTH 960
#define LEFT 110
#define RIGHT 24
#define TOP 62
#define PANEL 190
#define GAP 58
#define PANELS 3
#define HEIGHT (TOP + PANELS * (PANEL + GAP) + 26)
#define COLOUR "#0072b2"
#define UNKNOWN ((double)NAN)

struct panel {
    const char *title;
    double top, low, high, scale; /* of values to what the ticks say */
    const char *unit;
};

struct picture {
    const struct history_rows *h;
    FILE *out;
    double from_s, to_s;
};

static double x_of(const struct picture *p, double at_s)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * (at_s - p->from_s) / (p->to_s - p->from_s);
}

static double y_of(const struct panel *panel, double value)
{
    double part = (value - panel->low) / (panel->high - panel->low);

    return panel->top + PANEL * (1 - fmax(0, fmin(1, part)));
}

/* The smallest of 1, 2, 5 times a power of ten that is not below v. */
static double nice_above(double v)
{
    double power = pow(10, floor(log10(v) + 1e-9)), part = v / power;

    return power * (part <= 1.0001 ? 1 : part <= 2.0001 ? 2 : part <= 5.0001 ? 5 : 10);
}

static const struct history_range *offset_of(const struct history_row *row)
{
    return &row->offset_s;
}

static const struct history_range *frequency_of(const struct history_row *row)
{
    return &row->frequency_ppm;
}

static const struct history_range *used_of(const struct history_row *row)
{
    return &row->used;
}

typedef const struct history_range *quantity(const struct history_row *row);

/* Ends of a scale about all values, with a little room. */
static void fit(struct panel *panel, const struct history_rows *h, quantity *of)
{
    double low = UNKNOWN, high = UNKNOWN, room;

    for (size_t i = 0; i < h->count; i++) {
        low = fmin(low, of(&h->rows[i])->least);
        high = fmax(high, of(&h->rows[i])->most);
    }
    if (isnan(low) || isnan(high)) {
        low = high = 0;
    }
    room = fmax((high - low) * 0.1, fmax(fabs(high) * 1e-3, 1e-9));
    panel->low = low - room;
    panel->high = high + room;
}

static void put_y_axis(const struct picture *p, const struct panel *panel)
{
    double step = nice_above((panel->high - panel->low) * panel->scale / 5);
    double first = ceil(panel->low * panel->scale / step) * step;

    fprintf(p->out, "<text x=\"%d\" y=\"%.1f\" class=\"a\">%s%s%s%s</text>\n", LEFT, panel->top - 8,
            panel->title, *panel->unit ? " (" : "", panel->unit, *panel->unit ? ")" : "");
    for (double v = first; v <= panel->high * panel->scale; v += step) {
        double y = y_of(panel, v / panel->scale);

        fprintf(p->out,
                "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#000\" "
                "stroke-opacity=\"%s\"/>\n<text x=\"%d\" y=\"%.1f\" class=\"t e\">%.6g</text>\n",
                LEFT, WIDTH - RIGHT, y, y, fabs(v) < step / 1000 ? ".4" : ".1", LEFT - 8, y + 4,
                fabs(v) < step / 1000 ? 0 : v);
    }
}

static void put_x_axis(const struct picture *p, double bottom)
{
    static const double steps[] = {60, 300, 600, 1800, 3600, 10800, 21600, 86400, 432000};
    double length_s = p->to_s - p->from_s;
    size_t i = 0;

    while (i + 1 < sizeof steps / sizeof steps[0] && length_s / steps[i] > 9) {
        i++;
    }
    for (double at = ceil(p->from_s / steps[i]) * steps[i]; at <= p->to_s; at += steps[i]) {
        time_t seconds = (time_t)at;
        char text[32] = "";
        struct tm tm;

        if (gmtime_r(&seconds, &tm)) {
            strftime(text, sizeof text, steps[i] < 86400 ? "%H:%M" : "%b %d", &tm);
        }
        fprintf(p->out,
                "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#777\"/>\n"
                "<text x=\"%.1f\" y=\"%.1f\" class=\"t m\">%s</text>\n",
                x_of(p, at), x_of(p, at), bottom, bottom + 5, x_of(p, at), bottom + 19, text);
    }
}

/* Rows from `i` on that follow each other and have this quantity: the index after the last. */
static size_t stretch_end(const struct picture *p, quantity *of, size_t i)
{
    const struct history_row *rows = p->h->rows;
    size_t end = i;

    while (end < p->h->count && !isnan(of(&rows[end])->mean) &&
           (end == i || rows[end].start_s - rows[end - 1].start_s < 1.5 * p->h->width_s)) {
        end++;
    }
    return end;
}

static void put_curve(const struct picture *p, const struct panel *panel, quantity *of)
{
    const struct history_row *rows = p->h->rows;

    for (size_t i = 0; i < p->h->count; i++) {
        size_t end = stretch_end(p, of, i);

        if (end == i) {
            continue;
        }
        fputs("<path class=\"r\" d=\"M", p->out);
        for (size_t k = i; k < end; k++) {
            fprintf(p->out, "%.1f %.1f ", x_of(p, rows[k].start_s + p->h->width_s / 2),
                    y_of(panel, of(&rows[k])->most));
        }
        for (size_t k = end; k-- > i;) {
            fprintf(p->out, "%.1f %.1f ", x_of(p, rows[k].start_s + p->h->width_s / 2),
                    y_of(panel, of(&rows[k])->least));
        }
        fputs("Z\"/>\n<path class=\"l\" d=\"M", p->out);
        for (size_t k = i; k < end; k++) {
            fprintf(p->out, "%.1f %.1f ", x_of(p, rows[k].start_s + p->h->width_s / 2),
                    y_of(panel, of(&rows[k])->mean));
        }
        fputs(end - i == 1 ? "h.1\"/>\n" : "\"/>\n", p->out); /* one alone is a dot */
        i = end - 1;
    }
}

/* Where the clock was not synchronised all the time, and where it was stepped. */
static void put_marks(const struct picture *p, const struct panel *panel)
{
    for (size_t i = 0; i < p->h->count; i++) {
        const struct history_row *row = &p->h->rows[i];
        double x = x_of(p, row->start_s);

        if (row->synchronised < row->looks) {
            fprintf(p->out,
                    "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"#d55e00\" "
                    "fill-opacity=\".15\"/>\n",
                    x, panel->top, fmax(x_of(p, row->start_s + p->h->width_s) - x, 1), PANEL);
        }
        if (row->steps > 0) {
            fprintf(p->out,
                    "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#d55e00\" "
                    "stroke-width=\"1.5\"><title>stepped</title></line>\n",
                    x, x, panel->top, panel->top + PANEL);
        }
    }
}

static double largest_bound(const struct history_rows *h)
{
    double most = UNKNOWN;

    for (size_t i = 0; i < h->count; i++) {
        most = fmax(most, h->rows[i].bound_s.most);
    }
    return most;
}

/* A unit that makes the numbers of ticks short. */
static void choose_unit(struct panel *panel)
{
    double size = fmax(fabs(panel->low), fabs(panel->high));

    panel->scale = size < 1e-6 ? 1e9 : size < 1e-3 ? 1e6 : size < 1 ? 1e3 : 1;
    panel->unit = size < 1e-6 ? "ns" : size < 1e-3 ? "\u00b5s" : size < 1 ? "ms" : "s";
}

void history_plot(const struct history_rows *h, const char *title, FILE *out)
{
    static quantity *const quantities[PANELS] = {offset_of, frequency_of, used_of};
    struct picture p = {.h = h, .out = out, .to_s = h->now_s};
    struct panel panels[PANELS] = {{.title = "Offset, true time less the clock"},
                                   {.title = "Frequency correction", .scale = 1, .unit = "ppm"},
                                   {.title = "Sources in use", .scale = 1, .unit = ""}};
    double bound_s = largest_bound(h);

    p.from_s = h->now_s - h->width_s * h->room;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "font-family=\"sans-serif\">\n<style>.t{font-size:12px;fill:#444}.a{font-size:13px;"
            "fill:#222}.e{text-anchor:end}.m{text-anchor:middle}.r{fill:" COLOUR
            ";fill-opacity:.2}.l{fill:none;stroke:" COLOUR
            ";stroke-width:1.4;stroke-linecap:round}</style>\n"
            "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
            "<text x=\"%d\" y=\"26\" font-size=\"18\">%s</text>\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT, LEFT, title);
    if (!isnan(bound_s)) {
        fprintf(out, "<text x=\"%d\" y=\"26\" class=\"t e\">error bound at most %.3g ms</text>\n",
                WIDTH - RIGHT, bound_s * 1e3);
    }
    for (unsigned i = 0; i < PANELS; i++) {
        panels[i].top = TOP + i * (double)(PANEL + GAP);
        fit(&panels[i], h, quantities[i]);
        if (i == 0) {
            choose_unit(&panels[i]);
        }
        put_marks(&p, &panels[i]);
        put_y_axis(&p, &panels[i]);
        put_curve(&p, &panels[i], quantities[i]);
        put_x_axis(&p, panels[i].top + PANEL);
    }
    fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"t m\">UTC</text>\n</svg>\n", WIDTH / 2,
            HEIGHT - 8);
}
