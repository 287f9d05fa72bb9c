/* SPDX-License-Identifier: BSD-2-Clause */
/* See the header. The scale goes from the least to the greatest value, with round numbers. */
#include "cli/draw/chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "control/explain.h"

#define WIDTH 960
#define LEFT 110
#define TOP 96
#define PANEL_WIDTH 820
#define PANEL_HEIGHT 340
#define LEGEND_ROW 22
#define TICKS 6

struct curve {
    char name[CHART_NAME_MAX];
    struct {
        double time_s, value_s;
    } * points;
    unsigned count, room;
};

struct chart {
    struct curve curves[CHART_CURVES_MAX];
    unsigned count;
};

/* Okabe and Ito's colours, told apart by (nearly) every eye. */
static const char *const colours[CHART_CURVES_MAX] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                      "#e69f00", "#56b4e9", "#000000", "#8c6d31"};

struct chart *chart_new(void)
{
    return calloc(1, sizeof(struct chart));
}

void chart_free(struct chart *c)
{
    for (unsigned i = 0; c && i < c->count; i++) {
        free(c->curves[i].points);
    }
    free(c);
}

static struct curve *find(struct chart *c, const char *name)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (strncmp(c->curves[i].name, name, CHART_NAME_MAX - 1) == 0) {
            return &c->curves[i];
        }
    }
    if (c->count == CHART_CURVES_MAX) {
        return NULL;
    }
    snprintf(c->curves[c->count].name, CHART_NAME_MAX, "%s", name);
    return &c->curves[c->count++];
}

void chart_add(struct chart *c, const char *name, double time_s, double value_s)
{
    struct curve *curve = find(c, name);

    if (!curve) {
        return;
    }
    if (curve->count == curve->room) {
        unsigned room = curve->room ? 2 * curve->room : 64;
        void *more = realloc(curve->points, room * sizeof *curve->points);

        if (!more) {
            return;
        }
        curve->points = more;
        curve->room = room;
    }
    curve->points[curve->count].time_s = time_s;
    curve->points[curve->count++].value_s = value_s;
}

/* ---- scales ---- */

struct scale {
    double low, high, step;
};

/* A step of 1, 2 or 5 times a power of ten. */
static double round_step(double span)
{
    double raw = span / TICKS, power = pow(10, floor(log10(raw)));

    return power * (raw <= power ? 1 : raw <= 2 * power ? 2 : raw <= 5 * power ? 5 : 10);
}

static struct scale make_scale(double low, double high, double least)
{
    struct scale s;
    double middle = (low + high) / 2, span = fmax(high - low, least);

    s.step = round_step(span);
    s.low = floor((middle - span / 2) / s.step) * s.step;
    s.high = ceil((middle + span / 2) / s.step) * s.step;
    return s;
}

static void find_scales(const struct chart *c, struct scale *times, struct scale *values)
{
    double t[2] = {(double)INFINITY, -(double)INFINITY}, v[2] = {t[0], t[1]};

    for (unsigned i = 0; i < c->count; i++) {
        for (unsigned k = 0; k < c->curves[i].count; k++) {
            double at = c->curves[i].points[k].time_s, value = c->curves[i].points[k].value_s;

            t[0] = fmin(t[0], at);
            t[1] = fmax(t[1], at);
            v[0] = isnan(value) ? v[0] : fmin(v[0], value);
            v[1] = isnan(value) ? v[1] : fmax(v[1], value);
        }
    }
    *times = isinf(t[0]) ? make_scale(0, 1, 1) : make_scale(t[0], t[1], 1);
    times->low = isinf(t[0]) ? 0 : t[0];
    times->high = fmax(isinf(t[0]) ? 1 : t[1], times->low + 1);
    *values = isinf(v[0]) ? make_scale(-1, 1, 1) : make_scale(v[0], v[1], 1e-6);
}

static double x_of(const struct scale *s, double t)
{
    return LEFT + PANEL_WIDTH * (t - s->low) / (s->high - s->low);
}

static double y_of(const struct scale *s, double v)
{
    return TOP + PANEL_HEIGHT * (s->high - v) / (s->high - s->low);
}

/* ---- drawing ---- */

static void put_text(FILE *out, double x, double y, const char *style, const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, style);
    for (; *text; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        default:
            putc(*text, out);
        }
    }
    fputs("</text>\n", out);
}

static void put_axes(FILE *out, const struct scale *times, const struct scale *values)
{
    double first = ceil((times->low - times->low) / times->step) * times->step;
    char text[32], label[40];

    for (int i = 0; values->low + i * values->step <= values->high + values->step / 2; i++) {
        double v = values->low + i * values->step, y = y_of(values, v);

        v = fabs(v) < values->step / 1e3 ? 0 : v;
        fprintf(out, "<path stroke=\"%s\" d=\"M%d %.1f h%d\"/>\n", v == 0 ? "#777" : "#ddd", LEFT,
                y, PANEL_WIDTH);
        snprintf(label, sizeof label, "%s%s", v > 0 ? "+" : "",
                 v == 0 ? "0" : explain_seconds(v, text));
        put_text(out, LEFT - 8, y + 4, "class=\"t e\"", label);
    }
    for (double t = first; t <= times->high - times->low; t += times->step) {
        double x = x_of(times, times->low + t);

        fprintf(out, "<path stroke=\"#777\" d=\"M%.1f %d v5\"/>\n", x, TOP + PANEL_HEIGHT);
        put_text(out, x, TOP + PANEL_HEIGHT + 20, "class=\"t m\"",
                 t == 0 ? "0" : explain_seconds(t, text));
    }
    fprintf(out,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#777\"/>\n",
            LEFT, TOP, PANEL_WIDTH, PANEL_HEIGHT);
}

static void put_curve(FILE *out, const struct curve *curve, const char *colour,
                      const struct scale *times, const struct scale *values)
{
    bool pen = false;

    fprintf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" d=\"", colour);
    for (unsigned i = 0; i < curve->count; i++) {
        double value = curve->points[i].value_s;

        if (!isnan(value)) {
            fprintf(out, "%c%.1f %.1f ", pen ? 'L' : 'M', x_of(times, curve->points[i].time_s),
                    y_of(values, value));
        }
        pen = !isnan(value);
    }
    fputs("\"/>\n", out);
    for (unsigned i = 0; i < curve->count; i++) {
        if (!isnan(curve->points[i].value_s)) {
            fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>\n",
                    x_of(times, curve->points[i].time_s), y_of(values, curve->points[i].value_s),
                    colour);
        }
    }
}

void chart_write(const struct chart *c, const char *title, const char *subtitle, FILE *out)
{
    struct scale times, values;
    unsigned height = TOP + PANEL_HEIGHT + 48 + LEGEND_ROW * ((c->count + 1) / 2);

    find_scales(c, &times, &values);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" viewBox=\"0 0 "
            "%d %u\" role=\"img\" font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\">\n"
            "<style>text{fill:#333}.t{font-size:12px}.a{font-size:13px}.m{text-anchor:middle}"
            ".e{text-anchor:end}</style>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
            WIDTH, height, WIDTH, height);
    put_text(out, 24, 36, "font-size=\"20\" font-weight=\"bold\"", title);
    put_text(out, 24, 62, "font-size=\"14\"", subtitle);
    put_axes(out, &times, &values);
    for (unsigned i = 0; i < c->count; i++) {
        double x = LEFT + (i % 2) * PANEL_WIDTH / 2;
        double y = TOP + PANEL_HEIGHT + 48 + LEGEND_ROW * (i / 2);

        put_curve(out, &c->curves[i], colours[i], &times, &values);
        fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"26\" height=\"4\" fill=\"%s\"/>\n", x,
                y - 6, colours[i]);
        put_text(out, x + 34, y, "class=\"a\"", c->curves[i].name);
    }
    fputs("</svg>\n", out);
}
