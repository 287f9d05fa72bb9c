/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/draw/svg: places, ticks and texts of a picture are right against its data, whatever they
 * are. */
#include <math.h>

#include "cli/draw/svg.h"
#include "svg_lab.h"

#define HEIGHT 300
#define WIDTH 400
#define UNKNOWN ((double)NAN)
#define POINTS_MAX 64

/* A picture of one curve. */
struct drawn {
    enum svg_look look;
    struct svg_curve curve;
};

static void draw(const void *context, const struct svg_panel *panel, unsigned index, FILE *out)
{
    const struct drawn *d = context;

    assert_int_equal(index, 0);
    svg_draw(panel, d->look, 0, &d->curve, out);
}

/* To be freed. */
static char *picture_of(struct svg_axis x, struct svg_axis y, enum svg_look look,
                        struct svg_point *points, size_t count)
{
    const struct drawn d = {look, {points, count}};
    const struct svg_panel panel = {.width = WIDTH, .height = HEIGHT, .x = x, .y = y};
    const struct svg_picture picture = {
        .title = "", .panels = &panel, .panel_count = 1, .draw = draw, .context = &d};
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    assert_non_null(out);
    svg_write(&picture, out);
    assert_int_equal(fclose(out), 0);
    lab_check(text);
    return text;
}

static char *line_of(struct svg_axis x, struct svg_axis y, const double (*values)[2], size_t count)
{
    struct svg_point points[POINTS_MAX];

    for (size_t i = 0; i < count; i++) {
        points[i] = (struct svg_point){values[i][0], values[i][1], values[i][1], values[i][1]};
    }
    return picture_of(x, y, SVG_LINE, points, count);
}

/* Labels of the vertical or horizontal axis one after the other, with '|' between them. */
static const char *labels(const char *text, char which)
{
    static char out[1024];
    const char *begin = which == 'y' ? "class=\"t e\">" : "class=\"t m\">";

    out[0] = '\0';
    for (unsigned i = 0; i < lab_count(text, begin); i++) {
        const char *label = lab_after(text, begin, i);

        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%.*s", i ? "|" : "",
                 (int)strcspn(label, "<"), label);
    }
    return out;
}

static void check_numbers(const char *text, const char *before, unsigned n, const double *expected,
                          unsigned count)
{
    double got[POINTS_MAX];

    assert_int_equal(lab_numbers(lab_after(text, before, n), got, POINTS_MAX), count);
    for (unsigned i = 0; i < count; i++) {
        assert_true(fabs(got[i] - expected[i]) < 0.11);
    }
}

#define LINE "<path class=\"l\" stroke=\"#0072b2\" d=\""

static const struct svg_axis seconds = {.quantity = SVG_ELAPSED, .high = 100};

static void test_linear_scale(void **state)
{
    static const double values[][2] = {{0, 0}, {25, 1e-3}, {50, -1e-3}, {100, 0.5e-3}};
    static const double places[] = {0, 150, 100, 0, 200, 300, 400, 75};
    const struct svg_axis y = {.low = -1e-3, .high = 1e-3};
    char *text = line_of(seconds, y, values, 4);

    (void)state;
    check_numbers(text, LINE, 0, places, 8);
    assert_string_equal(
        labels(text, 'y'),
        "\u22121.0 ms|\u22120.5 ms|0|+0.5 ms|+1.0 ms"); /* one unit, one precision */
    assert_string_equal(labels(text, 'x'), "0|15|30|45|60|75|90");
    assert_int_equal(lab_count(text, "time since the start (s)"), 1);
    check_numbers(text, "<path class=\"g\" d=\"", 3, (const double[]){0, 0, 400}, 3);
    check_numbers(text, "<path class=\"z\" d=\"", 0, (const double[]){0, 150, 400}, 3);
    free(text);
}

static void test_units_of_linear_axes(void **state)
{
    static const struct {
        enum svg_quantity quantity;
        double low, high;
        const char *labels;
    } rows[] = {
        {SVG_SECONDS, 0.5, 0.5001,
         "+500.00 ms|+500.02 ms|+500.04 ms|+500.06 ms|+500.08 ms|+500.10 ms"},
        {SVG_SECONDS, -3e-9, 1e-9, "\u22123 ns|\u22122 ns|\u22121 ns|0|+1 ns"},
        {SVG_SECONDS, -250e-6, 50e-6,
         "\u2212250 \u00b5s|\u2212200 \u00b5s|\u2212150 \u00b5s|\u2212100 \u00b5s|\u221250 "
         "\u00b5s|0|+50 \u00b5s"},
        {SVG_SECONDS, 2, 10, "+2 s|+4 s|+6 s|+8 s|+10 s"},
        {SVG_SECONDS, 0, 300, "0|+1 min|+2 min|+3 min|+4 min|+5 min"},
        {SVG_PPM, -12.31, -12.29,
         "\u221212.310 ppm|\u221212.305 ppm|\u221212.300 ppm|\u221212.295 ppm|\u221212.290 ppm"},
        {SVG_COUNT, 0, 4, "0|1|2|3|4"},
        {SVG_COUNT, 0, 1, "0|1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct svg_axis y = {
            .quantity = rows[i].quantity, .low = rows[i].low, .high = rows[i].high};
        char *text = line_of(seconds, y, NULL, 0);

        assert_string_equal(labels(text, 'y'), rows[i].labels);
        free(text);
    }
}

static void test_logarithmic_scale(void **state)
{
    static const double values[][2] = {{0, 1e-6},  {10, 1e-5}, {20, 1e-4},
                                       {30, 1e-3}, {40, 0},    {50, -1}};
    /* zero and what is below it: under the panel, and clipped there */
    static const double places[] = {0, 300, 40, 200, 80, 100, 120, 0, 160, 600, 200, 600};
    struct svg_axis y = svg_log(1.5e-6, 0.8e-3);
    char *text = line_of(seconds, y, values, 6);

    (void)state;
    assert_true(fabs(y.low - 1e-6) < 1e-15 && fabs(y.high - 1e-3) < 1e-12);
    check_numbers(text, LINE, 0, places, 12);
    assert_string_equal(labels(text, 'y'), "1 \u00b5s|10 \u00b5s|100 \u00b5s|1 ms");
    free(text);
}

static void test_symmetric_scale(void **state)
{
    struct svg_axis y = svg_signed(0.1, 0.9e-3);
    static const double values[][2] = {{0, 0},       {10, 1e-3}, {20, -1e-3},
                                       {30, 0.5e-3}, {40, 0.01}, {50, 0.1}};
    double places[12];
    char *text = line_of(seconds, y, values, 6);

    (void)state;
    assert_int_equal(y.scale, SVG_SYMLOG);
    assert_true(fabs(y.linear - 1e-3) < 1e-12 && y.high > 0.1 && fabs(y.low + y.high) < 1e-12);
    assert_int_equal(lab_numbers(lab_after(text, LINE, 0), places, 12), 12);
    assert_true(fabs(places[1] - 150) < 0.11);
    assert_true(fabs(places[3] + places[5] - 300) < 0.11);             /* symmetric */
    assert_true(fabs(150 - places[7] - (150 - places[3]) / 2) < 0.11); /* linear inside */
    assert_true(fabs((places[9] - places[11]) - (places[3] - places[9])) < 0.21); /* even decades */
    assert_string_equal(labels(text, 'y'),
                        "\u22121 ms|\u2212500 \u00b5s|0|+500 \u00b5s|+1 ms|+10 ms|\u221210 ms|+100 "
                        "ms|\u2212100 ms");
    free(text);
    assert_int_equal(svg_signed(0.1, 0.09).scale, SVG_LINEAR);
}

static void test_fit(void **state)
{
    struct svg_point points[] = {{0, 1e-3, 1e-3, 1e-3},
                                 {1, 2e-3, 1e-3, 3e-3},
                                 {2, UNKNOWN, 9, 9},
                                 {3, HUGE_VAL, 9, 9},
                                 {4, 1e300, 9, 9}};
    struct svg_point spike[] = {
        {0, 1e-5, 1e-5, 1e-5}, {1, -1e-5, -1e-5, -1e-5}, {2, 2e-5, 2e-5, 2e-5}, {3, 0.5, 0.5, 0.5}};
    const struct svg_curve curves[] = {{points, 5}, {points, 1}}, spikes = {spike, 4};
    struct svg_axis a = svg_fit(SVG_SECONDS, curves, 2);

    (void)state;
    assert_true(a.scale == SVG_LINEAR && a.low < 1e-3 && a.low > 0.5e-3 && a.high > 3e-3 &&
                a.high < 3.5e-3);
    a = svg_fit(SVG_SECONDS, curves, 0);
    assert_true(a.low < 0 && a.high > 0);
    a = svg_fit(SVG_SECONDS, &curves[1], 1); /* one value */
    assert_true(a.low < 1e-3 && a.high > 1e-3 && a.high - a.low >= 1e-9);
    a = svg_fit(SVG_SECONDS, &spikes, 1); /* what is usual stays in sight */
    assert_true(a.scale == SVG_SYMLOG && a.high > 0.5 && a.linear >= 2e-5 && a.linear < 1.1e-3);
    a = svg_fit(SVG_PPM, &spikes, 1);
    assert_true(a.scale == SVG_LINEAR && a.low < 0 && a.high > 0.5);
    for (unsigned i = 0; i < 3; i++) {
        spike[i].y = spike[i].low = spike[i].high = 1e-10;
    }
    spike[3].y = spike[3].low = spike[3].high = 4e-5; /* where picoseconds do not matter */
    a = svg_fit(SVG_SECONDS, &spikes, 1);
    assert_true(a.scale == SVG_SYMLOG && a.linear >= 3e-7);
    a = svg_fit(SVG_COUNT, curves, 1);
    assert_true(a.low >= 0 && a.low <= 0 && a.high >= 1);
}

static void test_times(void **state)
{
    static const struct {
        enum svg_quantity quantity;
        double from, to;
        const char *labels, *title;
    } rows[] = {
        /* 1795820000: 2026-11-27 22:53:20 */
        {SVG_UTC, 1795820000, 1795820030, "22:53:20|22:53:30|22:53:40|22:53:50",
         "UTC, 2026-11-27 22:53 to 2026-11-27 22:53"},
        {SVG_UTC, 1795820000, 1795824000, "23:00|23:15|23:30|23:45|Nov 28",
         "UTC, 2026-11-27 22:53 to 2026-11-28 00:00"},
        {SVG_UTC, 1795820000, 1795820000 + 30 * 86400.0, "Dec 03|Dec 13|Dec 23",
         "UTC, 2026-11-27 22:53 to 2026-12-27 22:53"},
        {SVG_UTC, UNKNOWN, UNKNOWN, "Jan 01|00:00:01", "UTC, 1970-01-01 00:00 to 1970-01-01 00:00"},
        {SVG_ELAPSED, 0, 1200, "0|5|10|15|20", "time since the start (min)"},
        {SVG_ELAPSED, 0, 86400, "0|3|6|9|12|15|18|21|24", "time since the start (h)"},
        {SVG_ELAPSED, 0, 3 * 86400.0, "0|0.5|1|1.5|2|2.5|3", "time since the start (d)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text =
            line_of(svg_times(rows[i].quantity, rows[i].from, rows[i].to), svg_log(1, 10), NULL, 0);

        assert_string_equal(labels(text, 'x'), rows[i].labels);
        assert_int_equal(lab_count(text, rows[i].title), 1);
        free(text);
    }
}

/* A gap parts lines and areas; what stands alone is a dot. */
static void test_gaps(void **state)
{
    static const double values[][2] = {{0, UNKNOWN},   {1, 1}, {2, 2},       {3, UNKNOWN},
                                       {4, -HUGE_VAL}, {5, 1}, {6, UNKNOWN}, {UNKNOWN, 1}};
    const struct svg_axis y = {.low = 0, .high = 3};
    struct svg_point areas[] = {{0, 1, 0, 2}, {1, 1, 0, 3}, {2, 1, UNKNOWN, 2}, {3, 1, 0, 1}};
    char *text = line_of(seconds, y, values, 8);

    (void)state;
    assert_int_equal(lab_count(text, LINE), 2);
    check_numbers(text, LINE, 0, (const double[]){4, 200, 8, 100}, 4);
    assert_int_equal(lab_count(text, "<circle "), 1);
    check_numbers(text, "<circle cx=\"", 0, (const double[]){20}, 1);
    check_numbers(text, " cy=\"", 0, (const double[]){200}, 1);
    free(text);
    text = picture_of(seconds, y, SVG_BOUND, areas, 4);
    assert_int_equal(lab_count(text, "<path class=\"b\""), 2);
    check_numbers(text, "<path class=\"b\" stroke=\"#0072b2\" d=\"", 0,
                  (const double[]){0, 100, 4, 0, 4, 300, 0, 300}, 8);
    free(text);
    text = line_of(seconds, y, values, 1);
    assert_int_equal(lab_count(text, LINE), 0);
    free(text);
}

static void test_hostile_texts(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"a<b>&\"c'", "a&#60;b&#62;&#38;&#34;c&#39;"},
        {"]]><script>", "]]&#62;&#60;script&#62;"},
        {"\x1b[31m\x01\n\xff\xc3", "?[31m????"},
        {"\xc0\xbc \xed\xa0\x80 \xef\xbf\xbf \xf4\x90\x80\x80",
         "?? ??? ??? ????"}, /* '<' too long, a surrogate, no character, none */
        {"時計 é", "時計 é"},
        {"28.8 us rms, 3 us", "28.8 \u00b5s rms, 3 \u00b5s"},
        {"3 user, us, a us", "3 user, us, a us"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct svg_picture picture = {.title = rows[i].in,
                                            .lines = {rows[i].in, NULL},
                                            .key_count = 1,
                                            .keys = {{SVG_LINE, 1, rows[i].in}}};
        char text[8192], whole[256];
        FILE *out = fmemopen(text, sizeof text, "w");

        svg_write(&picture, out);
        fclose(out);
        lab_check(text);
        snprintf(whole, sizeof whole, ">%s<", rows[i].out);
        assert_int_equal(lab_count(text, whole), 4); /* also the <title> */
    }
}

static double wild(struct dice *d)
{
    static const double values[] = {(double)NAN, HUGE_VAL, -HUGE_VAL, 1e300, -1e300, 1e-320,
                                    0,           -0.0,     1e12,      -1e12, 1.8e9,  1e-9};
    double size = ldexp((double)(dice_u64(d) >> 11), (int)dice_below(d, 120) - 90);

    return dice_below(d, 3) == 0 ? values[dice_below(d, sizeof values / sizeof values[0])]
           : dice_below(d, 2)    ? size
                                 : -size;
}

/* Any values on any axis: well-formed, and every coordinate is a number. */
static void test_any_values(void **state)
{
    struct dice d = {.state = 20261127};

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        struct svg_point points[POINTS_MAX];
        const struct svg_curve curve = {points, dice_below(&d, POINTS_MAX)};
        struct svg_axis x = svg_times(dice_below(&d, 2) ? SVG_UTC : SVG_ELAPSED, wild(&d),
                                      wild(&d)),
                        y;

        for (size_t i = 0; i < curve.count; i++) {
            points[i] = (struct svg_point){wild(&d), wild(&d), wild(&d), wild(&d)};
        }
        switch (dice_below(&d, 3)) {
        case 0: y = svg_log(wild(&d), wild(&d)); break;
        case 1: y = svg_signed(wild(&d), wild(&d)); break;
        default: y = svg_fit((enum svg_quantity)dice_below(&d, 3), &curve, 1);
        }
        assert_true(isfinite(y.low) && isfinite(y.high) && y.low < y.high);
        free(picture_of(x, y, (enum svg_look)(1 + dice_below(&d, 6)), points, curve.count));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear_scale),
        cmocka_unit_test(test_units_of_linear_axes),
        cmocka_unit_test(test_logarithmic_scale),
        cmocka_unit_test(test_symmetric_scale),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_any_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
