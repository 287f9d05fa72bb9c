/* SPDX-License-Identifier: BSD-2-Clause */
/* The pictures of toki query, toki history and toki simulate: what a reader has to see is in them,
 * at its place. */
#include <math.h>

#include "cli/draw/chart.h"
#include "cli/draw/history_plot.h"
#include "cli/draw/plot.h"
#include "svg_lab.h"

#define UNKNOWN ((double)NAN)
#define START_S 1795820040.0 /* 2026-11-27 22:54 UTC */
#define ROWS 60
#define CURVE "<path class=\"l\" stroke=\"#0072b2\" d=\""

static char *text; /* of the picture of the present test */
static size_t length;

static FILE *open_picture(void **state)
{
    FILE *out = open_memstream(&text, &length);

    (void)state;
    assert_non_null(out);
    return out;
}

static void close_picture(FILE *out)
{
    assert_int_equal(fclose(out), 0);
    lab_check(text);
}

static int forget_picture(void **state)
{
    (void)state;
    free(text);
    text = NULL;
    return 0;
}

static void write_chart(void **state, struct chart *c)
{
    FILE *out = open_picture(state);

    chart_write(c, "Offsets of <&\"servers\">", "two words", out);
    close_picture(out);
    chart_free(c);
}

/* All labels of the vertical axis have the same unit. */
static void test_chart_has_one_unit(void **state)
{
    struct chart *c = chart_new();

    for (unsigned i = 0; i < 10; i++) {
        chart_add(c, "ntp1.example", START_S + i, i % 2 ? 1.3e-3 : -0.4e-3);
    }
    write_chart(state, c);
    assert_int_equal(lab_count(text, "class=\"t e\">"),
                     lab_count(text, " ms</text>") + 1); /* and 0 */
    assert_int_equal(lab_count(text, " us<") + lab_count(text, "\u00b5s<"), 0);
    assert_int_equal(lab_count(text, "<circle"), 10);
    assert_int_equal(lab_count(text, "Offsets of &#60;&#38;&#34;servers&#34;&#62;"), 2);
}

/* A server that never answered is named as such, and no line stands for it. */
static void test_chart_of_a_silent_server(void **state)
{
    struct chart *c = chart_new();

    for (unsigned i = 0; i < 4; i++) {
        chart_add(c, "silent.example", START_S + i, UNKNOWN);
        chart_add(c, "often.example", START_S + i, i == 2 ? UNKNOWN : 1e-3);
        chart_add(c, "always.example", START_S + i, 2e-3);
    }
    write_chart(state, c);
    assert_int_equal(lab_count(text, "height=\"4\" fill="), 2); /* samples in the legend */
    assert_int_equal(lab_count(text, ">silent.example: no usable answer<"), 1);
    assert_int_equal(lab_count(text, ">often.example: no usable answer in 1 of 4 rounds<"), 1);
    assert_int_equal(lab_count(text, ">always.example<"), 1);
    assert_int_equal(lab_count(text, "<circle"), 3 + 4);
}

static void test_chart_of_many_servers(void **state)
{
    struct chart *c = chart_new();
    char name[32];

    for (unsigned i = 0; i < CHART_CURVES_MAX; i++) {
        snprintf(name, sizeof name, "server %u", i);
        chart_add(c, name, START_S, i * 1e-3);
    }
    write_chart(state, c);
    assert_int_equal(lab_count(text, "others are not drawn"), 0);
    forget_picture(state);
    c = chart_new();
    for (unsigned i = 0; i <= CHART_CURVES_MAX; i++) {
        snprintf(name, sizeof name, "server %u", i);
        chart_add(c, name, START_S, i * 1e-3);
    }
    write_chart(state, c);
    assert_int_equal(lab_count(text, "<circle"), CHART_CURVES_MAX);
    assert_int_equal(lab_count(text, "others are not drawn"), 1);
    forget_picture(state);
    write_chart(state, chart_new()); /* nothing */
}

/* A server that is wrong by much does not make flat lines of the others. */
static void test_chart_of_a_falseticker(void **state)
{
    struct chart *c = chart_new();
    double places[8];

    for (unsigned i = 0; i < 4; i++) {
        chart_add(c, "good.example", START_S + i, i % 2 ? 1e-4 : -1e-4);
        chart_add(c, "false.example", START_S + i, 0.25);
    }
    write_chart(state, c);
    assert_int_equal(lab_numbers(lab_after(text, CURVE, 0), places, 8), 8);
    assert_true(places[1] - places[3] > 30);
}

/* ---- history ---- */

static struct history_row row_at(unsigned i)
{
    double offset_s = i % 2 ? 1e-5 : -1e-5;

    return (struct history_row){.start_s = START_S + i * 10.0,
                                .looks = 1,
                                .synchronised = 1,
                                .offset_s = {offset_s - 1e-6, offset_s, offset_s + 1e-6},
                                .bound_s = {5e-3, 6e-3, 7e-3},
                                .frequency_ppm = {-12.31, -12.3, -12.29},
                                .used = {3, 3.5, 4},
                                .reach = {1, 1, 1}};
}

static void write_history(void **state, struct history_row *rows, size_t count)
{
    const struct history_rows h = {.now_s = START_S + 600,
                                   .width_s = 10,
                                   .room = 360,
                                   .layer = "hour",
                                   .count = count,
                                   .rows = rows};
    FILE *out = open_picture(state);

    assert_true(history_plot(&h, "The clock in the last <hour>", out));
    close_picture(out);
}

/* The error can be seen beside its bound, which is a band about zero. */
static void test_history_of_a_good_clock(void **state)
{
    struct history_row rows[ROWS];
    double line[2 * ROWS], band[4 * ROWS];

    for (unsigned i = 0; i < ROWS; i++) {
        rows[i] = row_at(i);
    }
    write_history(state, rows, ROWS);
    assert_int_equal(lab_numbers(lab_after(text, CURVE, 0), line, 2 * ROWS), 2 * ROWS);
    assert_true(line[1] - line[3] > 20);                        /* not flat */
    assert_true(fabs((line[1] + line[3]) / 2 - 115) < 0.11);    /* zero is in the middle */
    assert_true(line[0] < 10 && line[2 * ROWS - 2] > 840 - 10); /* the span that has data */
    assert_int_equal(lab_numbers(lab_after(text, "<path class=\"b\" stroke=\"#0072b2\" d=\"", 0),
                                 band, 4 * ROWS),
                     4 * ROWS);
    assert_true(band[1] < line[3] - 20 && band[4 * ROWS - 1] > line[1] + 20);
    assert_true(fabs(band[1] + band[4 * ROWS - 1] - 230) < 0.21);
    assert_int_equal(lab_count(text, "class=\"l\""), 3);
    assert_int_equal(lab_count(text, "class=\"r\""), 3 + 1);
    assert_int_equal(lab_count(text, ">mean of each 10 s<"), 1);
    assert_int_equal(lab_count(text, ">bound of the error (root distance)<"), 1);
    assert_int_equal(lab_count(text, "stepped") + lab_count(text, "synchronised"), 0);
    assert_int_equal(lab_count(text, "Error bound: at most 7.00 ms; steps of the clock: 0"), 1);
    assert_int_equal(lab_count(text, "The clock in the last &#60;hour&#62;"), 2);
    assert_int_equal(lab_count(text, ">22:56</text>"), 3);
}

static void test_history_of_steps(void **state)
{
    struct history_row rows[ROWS];

    for (unsigned i = 0; i < ROWS; i++) {
        rows[i] = row_at(i < ROWS / 2 ? i : i + 6); /* a gap of a minute */
    }
    rows[ROWS / 2].steps = 1;
    rows[ROWS / 2].synchronised = 0;
    rows[ROWS / 2].bound_s = (struct history_range){UNKNOWN, UNKNOWN, UNKNOWN};
    write_history(state, rows, ROWS);
    assert_int_equal(lab_count(text, CURVE), 2 * 3);
    assert_int_equal(lab_count(text, "class=\"k\""), 3 + 1); /* in each panel, and in the legend */
    assert_int_equal(lab_count(text, "class=\"u\""), 3 + 1);
    assert_int_equal(lab_count(text, ">the clock was stepped<"), 1);
    assert_int_equal(lab_count(text, ">not always synchronised<"), 1);
    assert_int_equal(lab_count(text, "steps of the clock: 1"), 1);
}

static void test_history_of_little(void **state)
{
    struct history_row row = row_at(0);

    write_history(state, &row, 1);
    assert_int_equal(lab_count(text, "<circle"), 3); /* one slot is a dot in each panel */
    forget_picture(state);
    write_history(state, NULL, 0);
    assert_int_equal(lab_count(text, "Error bound: unknown"), 1);
}

/* ---- simulation ---- */

static void write_simulation(void **state, unsigned curves, bool wild)
{
    struct plot *p = plot_new(3600, 900);
    struct dice d = {.state = 8};
    FILE *out = open_picture(state);

    for (unsigned i = 0; i < curves; i++) {
        plot_begin(p);
        for (unsigned s = 1; s <= 3600; s++) {
            bool bad = wild && dice_below(&d, 3) == 0;

            plot_add(p, s,
                     bad      ? ldexp(1, (int)dice_below(&d, 2000) - 900) / dice_below(&d, 2)
                     : s < 10 ? 0.5
                              : 1e-3,
                     bad ? UNKNOWN : 5e-3);
        }
        plot_name(p, "clock: 1.00 ms rms");
    }
    plot_write(p, "Predicted", "delay 10 ms", "", out);
    plot_free(p);
    close_picture(out);
}

static void test_simulation_of_one_clock(void **state)
{
    double line[2048];
    unsigned count;

    write_simulation(state, 1, false);
    count =
        lab_numbers(lab_after(text, "<path class=\"s\" stroke=\"#0072b2\" d=\"", 1), line, 2048);
    assert_int_equal(count, 4 * 512);
    /* 1 ms settled; the bound is 5 ms: a linear scale to 5.75 ms */
    assert_true(fabs(line[201] - 160 * (1 - 1 / 5.75)) < 0.11);
    assert_true(fabs(line[0] - (328 + 0.5)) < 0.51);
    assert_int_equal(lab_count(text, "class=\"b\""), 2 + 1);
    assert_int_equal(lab_count(text, ">time since the start (min)<"), 1);
    assert_int_equal(lab_count(text, ">clock error (clock \u2212 true time)<"), 1);
}

static void test_simulation_of_several(void **state)
{
    double line[1024];

    write_simulation(state, 2, false);
    assert_int_equal(lab_count(text, "class=\"l\""), 2 * 2);
    assert_int_equal(lab_count(text, "class=\"l d\""), 2 * 2);
    assert_int_equal(lab_count(text, ">clock: 1.00 ms rms<"), 2);
    assert_int_equal(lab_numbers(lab_after(text, CURVE, 1), line, 1024), 1024);
    assert_true(fabs(line[1023] - 320 / 2.0) < 0.11); /* 1 ms from 100 us to 10 ms */
}

static void test_simulation_of_anything(void **state)
{
    write_simulation(state, 1, true);
    forget_picture(state);
    write_simulation(state, PLOT_CURVES_MAX, true);
    forget_picture(state);
    write_simulation(state, 0, false);
}

#define TEST(name) cmocka_unit_test_teardown(name, forget_picture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_chart_has_one_unit),      TEST(test_chart_of_a_silent_server),
        TEST(test_chart_of_many_servers),   TEST(test_chart_of_a_falseticker),
        TEST(test_history_of_a_good_clock), TEST(test_history_of_steps),
        TEST(test_history_of_little),       TEST(test_simulation_of_one_clock),
        TEST(test_simulation_of_several),   TEST(test_simulation_of_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
