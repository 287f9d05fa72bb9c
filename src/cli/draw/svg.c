/* SPDX-License-Identifier: BSD-2-Clause */
/* Scales, ticks with their labels, text, shapes, and the layout of head, panels and legend. */
#include "cli/draw/svg.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "cli/draw/render.h"

#define PICTURE_WIDTH 960
#define MARGIN 24
#define LEFT 92      /* room for the labels of the leftmost panels */
#define HEAD 82      /* above the uppermost panels, if there is no line below the title */
#define HEAD_LINE 20 /* for each such line */
#define LEGEND 72    /* from the lowest panel to the first row of the legend */
#define LEGEND_ROW 22
#define SPREAD 20          /* largest to usual size, from which the latter would be a flat line */
#define LEAST_S 1e-8       /* beside larger errors, smaller ones need not be told apart */
#define DRAWABLE_MOST 1e12 /* s: 30,000 years */
#define TICKS_MAX 64
#define LABEL 24 /* height that a label of an axis needs */
#define DAY_S 86400.0

/* Letters that there is room for: in the title, in a line, in half a line of the legend. */
enum { TITLE_LETTERS = 78, LINE_LETTERS = 125, HALF_LETTERS = 52 };

/* Okabe and Ito's colours, told apart by (nearly) every eye. */
static const char *const colours[SVG_COLOURS] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                 "#e69f00", "#56b4e9", "#000000", "#8c6d31"};

static const char style[] =
    "<style>text{fill:#333}.h{font-size:13px;font-weight:bold}.t{font-size:12px}"
    ".a{font-size:13px}.m{text-anchor:middle}.e{text-anchor:end}"
    ".l{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}"
    ".d{stroke-width:1.1;stroke-dasharray:5 4;opacity:.75}"
    ".b{fill:#0072b2;fill-opacity:.16;stroke:#0072b2;stroke-opacity:.3}"
    ".r{fill:#0072b2;fill-opacity:.3;stroke:none}.s{fill:#0072b2;stroke:#0072b2;stroke-width:1.3;"
    "stroke-linejoin:round}.k{fill:#d55e00}.u{fill:#d55e00;fill-opacity:.15}"
    ".g{stroke:#000;stroke-opacity:.11}.z{stroke:#000;stroke-opacity:.45}"
    ".x{fill:none;stroke:#777}</style>\n";

/* ---- scales ---- */

bool svg_drawable(double v)
{
    return fabs(v) <= DRAWABLE_MOST;
}

/* The smallest number that is 1, 2 or 5 times a power of ten and not below v. */
static double nice_above(double v)
{
    double power = pow(10, floor(log10(v) + 1e-9)), part = v / power;

    return power * (part <= 1.0001 ? 1 : part <= 2.0001 ? 2 : part <= 5.0001 ? 5 : 10);
}

struct svg_axis svg_times(enum svg_quantity quantity, double from, double to)
{
    from = svg_drawable(from) ? from : 0;
    to = svg_drawable(to) ? to : from;
    return (struct svg_axis){.quantity = quantity, .low = from, .high = fmax(to, from + 1)};
}

struct svg_axis svg_log(double least, double most)
{
    least = fmin(fmax(least, 1e-12), DRAWABLE_MOST);
    most = fmin(fmax(most, 10 * least), 10 * DRAWABLE_MOST);
    return (struct svg_axis){.scale = SVG_LOG,
                             .low = pow(10, floor(log10(least) + 1e-9)),
                             .high = pow(10, ceil(log10(most) - 1e-9))};
}

struct svg_axis svg_signed(double most, double usual)
{
    struct svg_axis a = {.scale = SVG_SYMLOG};

    most = fmin(fmax(most, 1e-12), DRAWABLE_MOST);
    if (most < 6 * usual) {
        return (struct svg_axis){.low = -1.15 * most, .high = 1.15 * most};
    }
    a.high = 1.5 * most;
    a.low = -a.high;
    a.linear = fmin(nice_above(fmax(usual, most * 1e-9)), most);
    a.share = fmax(1, 0.8 * log10(a.high / a.linear));
    return a;
}

static bool is_gap(const struct svg_point *p)
{
    return !svg_drawable(p->x) || !svg_drawable(p->y) || !svg_drawable(p->low) ||
           !svg_drawable(p->high);
}

struct svg_axis svg_fit(enum svg_quantity quantity, const struct svg_curve *curves, size_t count)
{
    double low = (double)NAN, high = (double)NAN, usual = HUGE_VAL, most, room;

    for (size_t i = 0; i < count; i++) {
        double logarithms = 0, drawn = 0;

        for (size_t k = 0; k < curves[i].count; k++) {
            const struct svg_point *p = &curves[i].points[k];

            if (!is_gap(p)) {
                low = fmin(low, fmin(p->y, p->low)); /* fmin() and fmax() prefer numbers */
                high = fmax(high, fmax(p->y, p->high));
                logarithms += log(fmax(fabs(p->y), LEAST_S));
                drawn++;
            }
        }
        usual = drawn > 0 ? fmin(usual, 4 * exp(logarithms / drawn)) : usual;
    }
    room = isnan(low) ? 1 : quantity == SVG_PPM ? 1e-3 : 1e-9;
    low = isnan(low) || quantity == SVG_COUNT ? 0 : low;
    high = fmax(high, quantity == SVG_COUNT ? 1 : low); /* also if it is NAN */
    most = fmax(fabs(low), fabs(high));
    if (quantity == SVG_SECONDS && most > SPREAD * usual) {
        return svg_signed(most, usual);
    }
    /* never so narrow that labels would differ in their sixth digit only */
    room = fmax(0.08 * (high - low), (fmax(1e-5 * most, room) - (high - low)) / 2);
    return (struct svg_axis){
        .quantity = quantity, .low = low - (quantity == SVG_COUNT ? 0 : room), .high = high + room};
}

static double symlog(const struct svg_axis *a, double v)
{
    double size = fabs(v) / a->linear;

    return copysign(size <= 1 ? a->share * size : a->share + log10(size), v);
}

/* 0 at the low end, 1 at the high one. What is far outside is clipped anyway. */
static double part_of(const struct svg_axis *a, double v)
{
    double part = 0;

    switch (a->scale) {
    case SVG_LINEAR: part = (v - a->low) / (a->high - a->low); break;
    case SVG_LOG: part = log10(fmax(v, a->low / 1000) / a->low) / log10(a->high / a->low); break;
    case SVG_SYMLOG: part = 0.5 + symlog(a, v) / symlog(a, a->high) / 2; break;
    }
    return fmax(-1, fmin(part, 2));
}

static double x_of(const struct svg_panel *p, double v)
{
    return p->left + p->width * part_of(&p->x, v);
}

static double y_of(const struct svg_panel *p, double v)
{
    return p->top + p->height * (1 - part_of(&p->y, v));
}

/* ---- text ---- */

/* Is this the "us" of "12.3 us", which is for terminals? */
static bool is_microseconds(const char *begin, const char *c)
{
    return strncmp(c, "us", 2) == 0 && (c[2] < 'a' || c[2] > 'z') && c - begin > 1 &&
           c[-1] == ' ' && c[-2] >= '0' && c[-2] <= '9';
}

/* Escaped, and cut after this many letters. */
static void put_escaped(FILE *out, const char *text, unsigned most)
{
    for (const char *c = text; *c; most--) {
        size_t length = render_letter(c);

        if (most == 0) {
            fputs("\u2026", out);
            return;
        }
        if (length == 0) {
            fputc('?', out);
        } else if (is_microseconds(text, c)) {
            fputs("\u00b5", out);
        } else if (strchr("<>&\"'", *c)) {
            fprintf(out, "&#%d;", *c);
        } else {
            fwrite(c, 1, length, out);
        }
        c += length > 0 ? length : 1;
    }
}

static void put_text(FILE *out, double x, double y, const char *attributes, const char *text,
                     unsigned most)
{
    if (text && text[0]) {
        fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attributes);
        put_escaped(out, text, most);
        fputs("</text>\n", out);
    }
}

static void put_box(FILE *out, const char *name, double x, double y, double width, double height)
{
    fprintf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
            name, x, y, width, height);
}

/* ---- the vertical axis ---- */

struct unit {
    double size;
    const char *name;
};

/* The largest unit that is not above `size`. */
static struct unit unit_of(enum svg_quantity quantity, double size)
{
    static const struct unit units[] = {{DAY_S, "d"}, {3600, "h"},  {60, "min"},
                                        {1, "s"},     {1e-3, "ms"}, {1e-6, "\u00b5s"},
                                        {1e-9, "ns"}, {1e-12, "ps"}};
    size_t i = 0;

    if (quantity == SVG_PPM || quantity == SVG_COUNT) {
        return (struct unit){1, quantity == SVG_PPM ? "ppm" : ""};
    }
    while (i + 1 < sizeof units / sizeof units[0] && size < units[i].size * 0.9999) {
        i++;
    }
    return units[i];
}

/* A line and its label, "+200 µs": in the axis' unit with the decimals that `step` needs; without
 * a step, in the unit of the value. */
static void put_y_tick(FILE *out, const struct svg_panel *p, double v, double step)
{
    const struct svg_axis *a = &p->y;
    struct unit unit = unit_of(a->quantity, step > 0 ? fmax(fabs(a->low), fabs(a->high)) : fabs(v));
    double y = y_of(p, v);
    bool zero = fabs(v) <= step * 1e-3;
    char text[64];

    snprintf(text, sizeof text, step > 0 ? "%s%.*f%s%s" : "%s%.*g%s%s",
             v < 0                                             ? "\u2212"
             : a->scale == SVG_LOG || a->quantity == SVG_COUNT ? ""
                                                               : "+",
             step > 0 ? (int)fmax(0, -floor(log10(step / unit.size) + 1e-9)) : 3,
             fabs(v) / unit.size, unit.name[0] ? " " : "", unit.name);
    fprintf(out, "<path class=\"%s\" d=\"M%.1f %.1fh%.1f\"/>\n", zero ? "z" : "g", p->left, y,
            p->width);
    put_text(out, p->left - 7, y + 4, "class=\"t e\"", zero ? "0" : text, sizeof text);
}

/* Ticks at every `stride`th power of ten from 10^low on, on both sides of zero where both are. */
static void put_decades(FILE *out, const struct svg_panel *p, double low, double stride)
{
    for (double power = ceil(low - 1e-9); pow(10, power) <= p->y.high * 1.001; power += stride) {
        put_y_tick(out, p, pow(10, power), 0);
        if (p->y.scale == SVG_SYMLOG) {
            put_y_tick(out, p, -pow(10, power), 0);
        }
    }
}

static void put_y_axis(FILE *out, const struct svg_panel *p)
{
    const struct svg_axis *a = &p->y;
    double size = unit_of(a->quantity, fmax(fabs(a->low), fabs(a->high))).size, step, first;

    switch (a->scale) {
    case SVG_LINEAR:
        step = size * nice_above((a->high - a->low) / size / fmax(3, p->height / 45));
        step = a->quantity == SVG_COUNT ? ceil(step) : step;
        first = ceil(a->low / step - 1e-6);
        for (int i = 0; i < TICKS_MAX && (first + i) * step <= a->high + 1e-6 * step; i++) {
            put_y_tick(out, p, (first + i) * step, step);
        }
        break;
    case SVG_LOG:
        put_decades(out, p, log10(a->low), ceil(LABEL * log10(a->high / a->low) / p->height));
        break;
    case SVG_SYMLOG:
        for (int i = -2; i <= 2; i++) {
            put_y_tick(out, p, a->linear * i / 2, 0);
        }
        step = ceil(LABEL * 2 * symlog(a, a->high) / p->height);
        put_decades(out, p, log10(a->linear) + 0.7 * step, step);
        break;
    }
}

/* ---- the horizontal axis ---- */

/* For a tick among others that are `step` apart; 0: in full. */
static const char *utc_text(double at, double step, char text[24])
{
    time_t seconds = (time_t)at;
    struct tm tm;

    if (!gmtime_r(&seconds, &tm) || !strftime(text, 24,
                                              step <= 0             ? "%Y-%m-%d %H:%M"
                                              : fmod(at, DAY_S) < 1 ? "%b %d"
                                              : step < 60           ? "%H:%M:%S"
                                                                    : "%H:%M",
                                              &tm)) {
        return "?";
    }
    return text;
}

/* A step of clocks or calendars that is not below this. */
static double time_step(double least)
{
    static const double steps[] = {1,   2,   5,    10,   15,   30,    60,    120,  300,
                                   600, 900, 1800, 3600, 7200, 10800, 21600, 43200};

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (least <= steps[i]) {
            return steps[i];
        }
    }
    return DAY_S * nice_above(fmax(1, least / DAY_S));
}

static void put_x_axis(FILE *out, const struct svg_panel *p, bool titled)
{
    bool utc = p->x.quantity == SVG_UTC;
    double length = p->x.high - p->x.low, bottom = p->top + p->height;
    double step = time_step(length / p->width * (utc ? 80 : 46));
    double first = ceil(p->x.low / step - 1e-6);
    struct unit unit = unit_of(SVG_SECONDS, fmax(1, length / 2));
    char text[64], times[2][24];

    for (int i = 0; i < TICKS_MAX && (first + i) * step <= p->x.high + 1e-6 * step; i++) {
        double at = (first + i) * step;

        snprintf(text, sizeof text, "%.6g", at / unit.size);
        fprintf(out, "<path class=\"x\" d=\"M%.1f %.1fv5\"/>\n", x_of(p, at), bottom);
        put_text(out, x_of(p, at), bottom + 20, "class=\"t m\"",
                 utc ? utc_text(at, step, times[0]) : text, sizeof text);
    }
    if (utc) {
        snprintf(text, sizeof text, "UTC, %s to %s", utc_text(p->x.low, 0, times[0]),
                 utc_text(p->x.high, 0, times[1]));
    } else {
        snprintf(text, sizeof text, "time since the start (%s)", unit.name);
    }
    put_text(out, p->left + p->width / 2, bottom + 40, "class=\"a m\"", titled ? text : NULL,
             sizeof text);
}

/* ---- curves ---- */

/* The classes of `style`. */
static const char *const classes[] = {
    [SVG_PLAIN] = "",   [SVG_LINE] = "l",  [SVG_DASHED] = "l d",
    [SVG_DOTTED] = "l", [SVG_BOUND] = "b", [SVG_RANGE] = "r",
    [SVG_DENSE] = "s",  [SVG_MARK] = "k",  [SVG_SHADE] = "u",
};

void svg_draw(const struct svg_panel *panel, enum svg_look look, unsigned colour,
              const struct svg_curve *curve, FILE *out)
{
    bool area = look == SVG_BOUND || look == SVG_RANGE || look == SVG_DENSE;
    const struct svg_point *p = curve->points;

    for (size_t i = 0, end; i < curve->count; i = end + 1) {
        for (end = i; end < curve->count && !is_gap(&p[end]); end++) {
            if (end == i) {
                fprintf(out, "<path class=\"%s\" stroke=\"%s\" d=\"M", classes[look],
                        colours[colour]);
            }
            fprintf(out, "%.1f %.1f ", x_of(panel, p[end].x),
                    y_of(panel, area ? p[end].high : p[end].y));
        }
        for (size_t k = end; area && k-- > i;) {
            fprintf(out, "%.1f %.1f ", x_of(panel, p[k].x), y_of(panel, p[k].low));
        }
        fputs(end == i ? "" : area ? "Z\"/>\n" : "\"/>\n", out);
        for (size_t k = i; k < end && (look == SVG_DOTTED || (!area && end == i + 1)); k++) {
            fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>\n",
                    x_of(panel, p[k].x), y_of(panel, p[k].y), colours[colour]);
        }
    }
}

void svg_stripe(const struct svg_panel *panel, enum svg_look look, double from, double to,
                FILE *out)
{
    if (svg_drawable(from) && svg_drawable(to)) {
        put_box(out, classes[look], x_of(panel, from), panel->top,
                fmax(1.5, x_of(panel, to) - x_of(panel, from)), panel->height);
    }
}

/* ---- layout ---- */

/* `bottom`: of the lowest panel. */
static void put_panel(const struct svg_picture *picture, unsigned index, double bottom, FILE *out)
{
    const struct svg_panel *p = &picture->panels[index];
    char clip[64];

    /* named by its place: pictures in one page share a name only where they share the place */
    snprintf(clip, sizeof clip, "c%.0f-%.0f-%.0f-%.0f", p->left, p->top, p->width, p->height);
    put_text(out, p->left, p->top - 10, "class=\"h\"", p->title, LINE_LETTERS);
    put_y_axis(out, p);
    fprintf(out, "<clipPath id=\"%s\">", clip);
    put_box(out, "", p->left, p->top, p->width, p->height);
    fprintf(out, "</clipPath>\n<g clip-path=\"url(#%s)\">\n", clip);
    picture->draw(picture->context, p, index, out);
    fputs("</g>\n", out);
    put_box(out, "x", p->left, p->top, p->width, p->height);
    put_x_axis(out, p, p->top + p->height >= bottom);
    if (p->y_title) {
        fprintf(out, "<g transform=\"translate(%d %.1f) rotate(-90)\">", 22 - LEFT,
                p->top + p->height / 2);
        put_text(out, 0, 0, "class=\"a m\"", p->y_title, LINE_LETTERS);
        fputs("</g>\n", out);
    }
}

static void put_key(const struct svg_key *key, double x, double y, FILE *out)
{
    if (key->look == SVG_LINE) {
        fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"26\" height=\"4\" fill=\"%s\"/>\n", x,
                y - 6, colours[key->colour]);
    } else if (key->look == SVG_MARK) {
        put_box(out, classes[key->look], x + 12, y - 11, 1.5, 13);
    } else if (key->look != SVG_PLAIN) {
        put_box(out, classes[key->look], x, y - 10, 26, 12);
    }
    put_text(out, key->look == SVG_PLAIN ? x : x + 34, y, "class=\"a\"", key->text, LINE_LETTERS);
}

void svg_write(const struct svg_picture *picture, FILE *out)
{
    unsigned columns = 2, keys = picture->key_count;
    double bottom = 0, head = HEAD, y = 60, height;

    for (unsigned i = 0; i < 2; i++) {
        head += picture->lines[i] && picture->lines[i][0] ? HEAD_LINE : 0;
    }
    for (unsigned i = 0; i < picture->panel_count; i++) {
        bottom = fmax(bottom, picture->panels[i].top + picture->panels[i].height);
    }
    for (unsigned i = 0; i < keys; i++) {
        columns = render_length(picture->keys[i].text) > HALF_LETTERS ? 1 : columns;
    }
    height = head + bottom + LEGEND + LEGEND_ROW * ((keys + columns - 1) / columns);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" "
            "viewBox=\"0 0 %d %.0f\" role=\"img\" font-family=\"Helvetica, Arial, 'DejaVu Sans', "
            "sans-serif\">\n<title>",
            PICTURE_WIDTH, height, PICTURE_WIDTH, height);
    put_escaped(out, picture->title, TITLE_LETTERS);
    fprintf(out, "</title>\n%s<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", style);
    put_text(out, MARGIN, 36, "font-size=\"20\" font-weight=\"bold\"", picture->title,
             TITLE_LETTERS);
    for (unsigned i = 0; i < 2; i++) {
        put_text(out, MARGIN, y, "font-size=\"14\"", picture->lines[i], LINE_LETTERS);
        y += HEAD_LINE;
    }
    fprintf(out, "<g transform=\"translate(%d %.0f)\">\n", LEFT, head);
    for (unsigned i = 0; i < picture->panel_count; i++) {
        put_panel(picture, i, bottom, out);
    }
    for (unsigned i = 0; i < keys; i++) {
        put_key(&picture->keys[i], i % columns * (SVG_WIDTH / 2.0),
                bottom + LEGEND + i / columns * LEGEND_ROW, out);
    }
    fputs("</g>\n</svg>\n", out);
}
