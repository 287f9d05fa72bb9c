/* SPDX-License-Identifier: BSD-2-Clause */
/* What is drawn from what: each second is kept for the start, and gathered in bins for the whole
 * run. Panels have their own scales: symmetric-logarithmic ("symlog": linear about zero) where sign
 * matters, logarithmic where sizes are compared. */
#include "cli/draw/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 960
#define TOP 122
#define PANEL_HEIGHT 320
#define LEGEND_ROW 22
#define START_LEFT 92
#define START_WIDTH 230
#define WHOLE_LEFT 420
#define WHOLE_WIDTH 512

#define START_S 21600 /* seconds that are kept each by itself */
#define BINS 512
#define START_BINS 230
#define SMOOTH 8 /* bins to either side, for sizes; of the start: */
#define START_SMOOTH 3
#define CALM_S 600

struct bin {
    double low, high, squares, count;
    double bound; /* largest; NAN: none */
};

struct curve {
    char label[PLOT_TEXT_MAX];
    struct bin whole[BINS];
    struct {
        float error, bound;
    } start[START_S];
    unsigned start_count;
    double settled_most, settled_bound; /* largest */
    double settled_squares, settled_count;
    double start_most;
};

struct plot {
    double length_s, settled_s;
    unsigned count;
    struct curve *curves[PLOT_CURVES_MAX];
};

/* Okabe and Ito's colours, told apart by (nearly) every eye. */
static const char *const colours[PLOT_CURVES_MAX] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                     "#e69f00", "#56b4e9", "#000000", "#8c6d31"};

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
    b->low = b->count > 0 ? fmin(b->low, error_s) : error_s;
    b->high = b->count > 0 ? fmax(b->high, error_s) : error_s;
    b->bound = b->count > 0 ? fmax(b->bound, bound_s) : bound_s; /* fmax() prefers numbers */
    b->squares += error_s * error_s;
    b->count++;
}

void plot_add(struct plot *p, double now_s, double error_s, double bound_s)
{
    struct curve *c;
    double place = now_s / p->length_s * BINS;

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
    c->start_most = fmax(c->start_most, fabs(error_s));
    if (now_s > p->settled_s) {
        c->settled_most = fmax(c->settled_most, fabs(error_s));
        c->settled_bound = fmax(c->settled_bound, bound_s);
        c->settled_squares += error_s * error_s;
        c->settled_count++;
    }
}

/* ---- scales ---- */

/* A panel with its scales. */
struct panel {
    double left, width;
    double to_s;          /* its time begins at 0 */
    double most;          /* upper end, s */
    double least;         /* lower end of a logarithmic scale; 0: symmetric about zero */
    double linear, share; /* symlog: linear up to this size, which takes so many decades' room */
};

static double panel_x(const struct panel *p, double at_s)
{
    return p->left + p->width * at_s / p->to_s;
}

static double symlog(const struct panel *p, double v)
{
    double size = fabs(v), way;

    way = size <= p->linear ? p->share * size / p->linear : p->share + log10(size / p->linear);
    return v < 0 ? -way : way;
}

static double panel_y(const struct panel *p, double v)
{
    double part;

    if (p->least > 0) {
        part = log10(fmax(v, p->least / 1000) / p->least) / log10(p->most / p->least);
    } else {
        part = 0.5 + symlog(p, v) / symlog(p, p->most) / 2;
    }
    return TOP + PANEL_HEIGHT * (1 - fmax(-1, fmin(part, 2))); /* the rest is clipped */
}

/* The smallest of 1, 2, 5 times a power of ten that is not below v. */
static double nice_above(double v)
{
    double power = pow(10, floor(log10(v) + 1e-9)), part = v / power;

    return power * (part <= 1.0001 ? 1 : part <= 2.0001 ? 2 : part <= 5.0001 ? 5 : 10);
}

static double settled_rms(const struct curve *c)
{
    return c->settled_count > 0 ? sqrt(c->settled_squares / c->settled_count) : c->start_most;
}

/* When the start is over: the error is and stays for a while as small as later. */
static double calm_from(const struct curve *c)
{
    double limit = fmax(1.2 * c->settled_most, 2 * settled_rms(c));
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
    double wanted = 0;
    size_t i = 0;

    for (unsigned k = 0; k < p->count; k++) {
        wanted = fmax(wanted, 3 * calm_from(p->curves[k]));
    }
    while (i + 1 < sizeof lengths / sizeof lengths[0] && lengths[i] < wanted) {
        i++;
    }
    return fmin(lengths[i], p->length_s);
}

/* Symmetric scale for what reaches `most`, with room about zero for what stays below `usual`. */
static void scale_signed(struct panel *p, double most, double usual)
{
    most = fmax(most, 1e-12);
    p->least = 0;
    p->most = most * 1.15;
    if (most < 6 * usual) { /* linear */
        p->linear = p->most;
        p->share = 1;
        return;
    }
    p->linear = fmin(nice_above(fmax(usual, most * 1e-9)), most);
    p->share = fmax(1, 0.8 * log10(p->most / p->linear));
}

static void scale_sizes(const struct plot *plot, struct panel *start, struct panel *whole)
{
    double least = HUGE_VAL, most = 0, start_most = 0;

    for (unsigned i = 0; i < plot->count; i++) {
        const struct curve *c = plot->curves[i];

        least = fmin(least, settled_rms(c));
        most = fmax(most, fmax(c->settled_most, c->settled_bound));
        start_most = fmax(start_most, c->start_most);
    }
    least = fmax(least, 1e-12);
    start->least = whole->least = pow(10, floor(log10(least / 3)));
    whole->most = pow(10, ceil(log10(fmax(most, 10 * least))));
    start->most = pow(10, ceil(log10(fmax(start_most, whole->most))));
}

/* ---- SVG ---- */

static void put_text(FILE *out, const char *text)
{
    const unsigned char *begin = (const unsigned char *)text;

    for (const unsigned char *c = begin; *c; c++) {
        const char *name = *c == '<'   ? "&lt;"
                           : *c == '>' ? "&gt;"
                           : *c == '&' ? "&amp;"
                           : *c == '"' ? "&quot;"
                           : *c < ' '  ? "?"
                                       : NULL;

        if (name) {
            fputs(name, out);
        } else if (c[0] == 'u' && c[1] == 's' && (c[2] == '\0' || c[2] < 'a') && c > begin &&
                   c[-1] == ' ') {
            fputs("\u00b5", out); /* "us" is for terminals */
        } else {
            fputc(*c, out);
        }
    }
}

static void put_label(FILE *out, double x, double y, const char *style, const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, style);
    put_text(out, text);
    fputs("</text>\n", out);
}

/* "+200 µs"; `sign`: also of what is above zero. */
static const char *tick_text(double v, bool sign, char text[32])
{
    static const struct {
        double size;
        const char *name;
    } units[] = {{86400, "d"},      {3600, "h"},  {1, "s"},     {1e-3, "ms"},
                 {1e-6, "\u00b5s"}, {1e-9, "ns"}, {1e-12, "ps"}};
    size_t i = 0;

    if (fabs(v) < 1e-13) {
        return "0";
    }
    while (i < 6 && fabs(v) < units[i].size * 0.9999) {
        i++;
    }
    snprintf(text, 32, "%s%.3g %s",
             v < 0  ? "\u2212"
             : sign ? "+"
                    : "",
             fabs(v) / units[i].size, units[i].name);
    return text;
}

static void put_y_tick(FILE *out, const struct panel *p, double v)
{
    double y = panel_y(p, v);
    char text[32];

    fprintf(out,
            "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#000\" "
            "stroke-opacity=\"%s\"/>\n",
            p->left, p->left + p->width, y, y, fabs(v) < 1e-13 ? ".45" : ".11");
    put_label(out, p->left - 7, y + 4, "class=\"t e\"", tick_text(v, p->least <= 0, text));
}

static void put_y_axis(FILE *out, const struct panel *p)
{
    double step = nice_above(p->linear / 4);

    if (p->least > 0) {
        for (double v = p->least; v <= p->most * 1.001; v *= 10) {
            put_y_tick(out, p, v);
        }
        return;
    }
    put_y_tick(out, p, 0);
    if (p->linear < p->most) {
        step = p->linear / 2;
    }
    for (double v = step; v <= p->linear * 1.0001; v += step) {
        put_y_tick(out, p, v);
        put_y_tick(out, p, -v);
    }
    for (double v = 10 * p->linear; v <= p->most; v *= 10) {
        put_y_tick(out, p, v);
        put_y_tick(out, p, -v);
    }
}

static void put_x_axis(FILE *out, const struct panel *p, unsigned ticks)
{
    static const double steps[] = {
        5,     10,    20,          30,          60,           120,          300,
        600,   900,   1800,        3600,        7200,         10800,        21600,
        43200, 86400, 2 * 86400.0, 5 * 86400.0, 10 * 86400.0, 50 * 86400.0, 100 * 86400.0};
    double unit = p->to_s >= 2 * 86400.0 ? 86400 : p->to_s >= 7200 ? 3600 : p->to_s >= 120 ? 60 : 1;
    const char *name = unit > 3600 ? "days"
                       : unit > 60 ? "hours"
                       : unit > 1  ? "minutes"
                                   : "seconds";
    char text[64];
    size_t i = 0;

    while (i + 1 < sizeof steps / sizeof steps[0] && p->to_s / steps[i] > ticks) {
        i++;
    }
    for (double at = 0; at <= p->to_s * 1.0001; at += steps[i]) {
        double x = panel_x(p, at);

        fprintf(out, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#777\"/>\n", x, x,
                TOP + PANEL_HEIGHT, TOP + PANEL_HEIGHT + 5);
        snprintf(text, sizeof text, "%g", at / unit);
        put_label(out, x, TOP + PANEL_HEIGHT + 20, "class=\"t m\"", text);
    }
    snprintf(text, sizeof text, "time since the start (%s)", name);
    put_label(out, p->left + p->width / 2, TOP + PANEL_HEIGHT + 40, "class=\"a m\"", text);
}

/* ---- curves ---- */

/* Bins with the middle of the first at x0 and so on. */
struct series {
    const struct bin *bins;
    unsigned count;
    double first_s, step_s;
};

static double series_x(const struct panel *p, const struct series *s, unsigned i)
{
    return panel_x(p, s->first_s + i * s->step_s);
}

static double size_at(const struct series *s, unsigned i, unsigned smooth)
{
    unsigned from = i > smooth ? i - smooth : 0,
             to = i + smooth < s->count ? i + smooth : s->count - 1;
    double squares = 0, count = 0;

    for (unsigned k = from; k <= to; k++) {
        squares += s->bins[k].squares;
        count += s->bins[k].count;
    }
    return count > 0 ? sqrt(squares / count) : 0;
}

/* The bound as a band about zero, for each stretch of time in which there is one. */
static void put_band(FILE *out, const struct panel *p, const struct series *s)
{
    for (unsigned i = 0; i < s->count; i++) {
        unsigned end = i;

        while (end < s->count && s->bins[end].count > 0 && !isnan(s->bins[end].bound)) {
            end++;
        }
        if (end == i) {
            continue;
        }
        fputs("<path class=\"b\" d=\"M", out);
        for (unsigned k = i; k < end; k++) {
            fprintf(out, "%.1f %.1f ", series_x(p, s, k), panel_y(p, s->bins[k].bound));
        }
        for (unsigned k = end; k-- > i;) {
            fprintf(out, "%.1f %.1f ", series_x(p, s, k), panel_y(p, -s->bins[k].bound));
        }
        fputs("Z\"/>\n", out);
        i = end;
    }
}

/* The error from the lowest to the highest in each bin. */
static void put_error(FILE *out, const struct panel *p, const struct series *s)
{
    fprintf(out,
            "<path fill=\"%s\" stroke=\"%s\" stroke-width=\"1.3\" stroke-linejoin=\"round\" "
            "d=\"M",
            colours[0], colours[0]);
    for (unsigned i = 0; i < s->count; i++) {
        if (s->bins[i].count > 0) {
            fprintf(out, "%.1f %.1f ", series_x(p, s, i), panel_y(p, s->bins[i].high));
        }
    }
    for (unsigned i = s->count; i-- > 0;) {
        if (s->bins[i].count > 0) {
            fprintf(out, "%.1f %.1f ", series_x(p, s, i), panel_y(p, s->bins[i].low));
        }
    }
    fputs("Z\"/>\n", out);
}

static void put_size(FILE *out, const struct panel *p, const struct series *s, unsigned smooth,
                     const char *colour)
{
    bool pen = false;

    fprintf(out,
            "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\" "
            "stroke-linejoin=\"round\" d=\"M",
            colour);
    for (unsigned i = 0; i < s->count; i++) {
        if (s->bins[i].count > 0) {
            fprintf(out, "%.1f %.1f ", series_x(p, s, i), panel_y(p, size_at(s, i, smooth)));
        }
    }
    fprintf(out,
            "\"/>\n<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.1\" opacity=\"0.75\" "
            "stroke-dasharray=\"5 4\" d=\"",
            colour);
    for (unsigned i = 0; i < s->count; i++) {
        bool there = s->bins[i].count > 0 && !isnan(s->bins[i].bound);

        if (there) {
            fprintf(out, "%c%.1f %.1f ", pen ? 'L' : 'M', series_x(p, s, i),
                    panel_y(p, s->bins[i].bound));
        }
        pen = there;
    }
    fputs("\"/>\n", out);
}

static void put_curve(FILE *out, const struct plot *plot, const struct panel *p,
                      const struct series *s, unsigned index, unsigned smooth)
{
    if (plot->count == 1) {
        put_band(out, p, s);
        put_error(out, p, s);
    } else {
        put_size(out, p, s, smooth, colours[index]);
    }
}

/* The kept seconds of the start, gathered to what a panel can show. */
static void put_start_curve(FILE *out, const struct plot *plot, const struct panel *p,
                            unsigned index)
{
    const struct curve *c = plot->curves[index];
    unsigned seconds = (unsigned)fmin(p->to_s, c->start_count);
    unsigned each = (seconds + START_BINS - 1) / START_BINS;
    struct bin bins[START_BINS + 1] = {0};
    struct series s = {.bins = bins, .first_s = 1 + (each - 1) / 2.0, .step_s = each};

    for (unsigned i = 0; i < seconds; i++) {
        bin_add(&bins[i / each], (double)c->start[i].error, (double)c->start[i].bound);
    }
    s.count = seconds > 0 ? (seconds - 1) / each + 1 : 0;
    put_curve(out, plot, p, &s, index, START_SMOOTH);
}

static void put_whole_curve(FILE *out, const struct plot *plot, const struct panel *p,
                            unsigned index)
{
    double step = plot->length_s / BINS;
    struct series s = {
        .bins = plot->curves[index]->whole, .count = BINS, .first_s = step / 2, .step_s = step};

    put_curve(out, plot, p, &s, index, SMOOTH);
}

static void put_panel(FILE *out, const struct plot *plot, const struct panel *p, const char *clip,
                      const char *title, unsigned ticks,
                      void put(FILE *, const struct plot *, const struct panel *, unsigned))
{
    put_label(out, p->left, TOP - 10, "class=\"h\"", title);
    fprintf(out,
            "<clipPath id=\"%s\"><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>"
            "</clipPath>\n",
            clip, p->left, TOP, p->width, PANEL_HEIGHT);
    fprintf(out, "<g clip-path=\"url(#%s)\">\n", clip);
    for (unsigned i = 0; i < plot->count; i++) {
        put(out, plot, p, i);
    }
    fprintf(out,
            "</g>\n<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"none\" "
            "stroke=\"#777\"/>\n",
            p->left, TOP, p->width, PANEL_HEIGHT);
    put_y_axis(out, p);
    put_x_axis(out, p, ticks);
}

/* ---- the whole ---- */

static unsigned legend_rows(const struct plot *p)
{
    return p->count == 1 ? 1 : (p->count + 1) / 2 + 1;
}

static void put_legend(FILE *out, const struct plot *p)
{
    double y = TOP + PANEL_HEIGHT + 72;

    if (p->count == 1) {
        fprintf(out, "<rect x=\"%d\" y=\"%.1f\" width=\"26\" height=\"4\" fill=\"%s\"/>\n",
                START_LEFT, y - 6, colours[0]);
        put_label(out, START_LEFT + 34, y, "class=\"a\"",
                  "error of the clock: above zero it is fast");
        fprintf(out, "<rect class=\"b\" x=\"%d\" y=\"%.1f\" width=\"26\" height=\"12\"/>\n",
                WHOLE_LEFT, y - 10);
        put_label(out, WHOLE_LEFT + 34, y, "class=\"a\"",
                  "bound that clients are told (root distance)");
        return;
    }
    put_label(out, START_LEFT, y, "class=\"a\"",
              "Solid: size of the error (rms of a stretch). Dashed: bound that clients are told "
              "(root distance).");
    for (unsigned i = 0; i < p->count; i++) {
        double x = i % 2 ? WHOLE_LEFT + 70 : START_LEFT, at = y + LEGEND_ROW * (1 + i / 2);

        fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"26\" height=\"4\" fill=\"%s\"/>\n", x,
                at - 6, colours[i]);
        put_label(out, x + 34, at, "class=\"a\"", p->curves[i]->label);
    }
}

static void put_head(FILE *out, const struct plot *p, const char *title, const char *subtitle,
                     const char *result)
{
    unsigned height = TOP + PANEL_HEIGHT + 64 + LEGEND_ROW * legend_rows(p);

    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" "
            "viewBox=\"0 0 %d %u\" role=\"img\" "
            "font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\">\n<title>",
            WIDTH, height, WIDTH, height);
    put_text(out, title);
    fputs("</title>\n<desc>", out);
    put_text(out, subtitle);
    fputs(
        "</desc>\n<style>text{fill:#333}.h{font-size:13px;font-weight:bold}.t{font-size:12px}"
        ".a{font-size:13px}.m{text-anchor:middle}.e{text-anchor:end}"
        ".b{fill:#d6e7f5;stroke:#a9c8e4}</style>\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        out);
    put_label(out, 24, 36, "font-size=\"20\" font-weight=\"bold\"", title);
    put_label(out, 24, 60, "font-size=\"14\"", subtitle);
    put_label(out, 24, 80, "font-size=\"14\"", result);
}

void plot_write(const struct plot *p, const char *title, const char *subtitle, const char *result,
                FILE *out)
{
    struct panel start = {.left = START_LEFT, .width = START_WIDTH, .to_s = start_length(p)};
    struct panel whole = {.left = WHOLE_LEFT, .width = WHOLE_WIDTH, .to_s = p->length_s};

    if (p->count == 0) {
        return;
    }
    if (p->count == 1) {
        const struct curve *c = p->curves[0];

        scale_signed(&start, fmax(c->start_most, c->settled_most), 1.2 * c->settled_most);
        scale_signed(&whole, fmax(c->settled_most, c->settled_bound), 1.2 * c->settled_most);
    } else {
        scale_sizes(p, &start, &whole);
    }
    put_head(out, p, title, subtitle, result);
    put_panel(out, p, &start, "s", "The start", 5, put_start_curve);
    put_panel(out, p, &whole, "w", "The whole run", 9, put_whole_curve);
    fprintf(out, "<text class=\"a m\" transform=\"translate(22 %d) rotate(-90)\">%s</text>\n",
            TOP + PANEL_HEIGHT / 2,
            p->count == 1 ? "clock error (clock \u2212 true time)" : "size of the clock error");
    put_legend(out, p);
    fputs("</svg>\n", out);
}
