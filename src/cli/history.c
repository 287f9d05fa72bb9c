/* SPDX-License-Identifier: BSD-2-Clause */
/* toki history: what the clock was like in the last hour, day or month, as a table, a picture or
 * as tokid says it. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/base/daemon.h"
#include "cli/draw/history_plot.h"
#include "cli/draw/render.h"
#include "cli/toki.h"
#include "os/file.h"

#define LINES 24 /* of the table: slots are put together until they fit */
#define UNKNOWN ((double)NAN)

/* ---- reading ---- */

static double at(const json_t *slot, size_t column)
{
    const json_t *value = json_array_get(slot, column);

    return json_is_number(value) ? json_number_value(value) : UNKNOWN;
}

static struct history_range range_at(const json_t *slot, size_t column)
{
    return (struct history_range){
        .least = at(slot, column), .mean = at(slot, column + 1), .most = at(slot, column + 2)};
}

/* The column of this name; SIZE_MAX, at which nothing is found, if there is none. */
static size_t column_of(const json_t *columns, const char *name)
{
    const json_t *column;
    size_t i;

    json_array_foreach(columns, i, column)
    {
        const char *text = json_string_value(column);

        if (text && strcmp(text, name) == 0) {
            return i;
        }
    }
    return SIZE_MAX / 2;
}

/* Of an answer to `history`, which outlives it; false: it is none, or there is no memory. Free
 * rows. */
static bool history_read(const json_t *answer, struct history_rows *out)
{
    const json_t *columns = json_object_get(answer, "columns"), *slot;
    const json_t *slots = json_object_get(answer, "slots");
    size_t offset = column_of(columns, "min_offset_s"), i;
    size_t bound = column_of(columns, "min_error_bound_s");
    size_t frequency = column_of(columns, "min_frequency_ppm");
    size_t used = column_of(columns, "min_used"), reach = column_of(columns, "min_reach");

    *out = (struct history_rows){.now_s = daemon_number(answer, "now"),
                                 .width_s = daemon_number(answer, "width_s"),
                                 .room = daemon_number(answer, "room"),
                                 .layer = daemon_text(answer, "layer"),
                                 .count = json_array_size(slots)};
    out->rows = calloc(out->count + 1, sizeof *out->rows);
    if (!out->rows || !(out->width_s > 0) || !(out->room > 0)) {
        return false;
    }
    json_array_foreach(slots, i, slot)
    {
        out->rows[i] =
            (struct history_row){.start_s = at(slot, column_of(columns, "start")),
                                 .looks = at(slot, column_of(columns, "looks")),
                                 .synchronised = at(slot, column_of(columns, "synchronised")),
                                 .steps = at(slot, column_of(columns, "steps")),
                                 .offset_s = range_at(slot, offset),
                                 .bound_s = range_at(slot, bound),
                                 .frequency_ppm = range_at(slot, frequency),
                                 .used = range_at(slot, used),
                                 .reach = range_at(slot, reach)};
    }
    return true;
}

/* ---- the table ---- */

/* Takes `b`, which is `weight` of both together, into `a`. */
static void join(struct history_range *a, const struct history_range *b, double weight)
{
    a->least = fmin(a->least, b->least); /* fmin() and fmax() prefer numbers */
    a->most = fmax(a->most, b->most);
    a->mean = isnan(a->mean)   ? b->mean
              : isnan(b->mean) ? a->mean
                               : a->mean + (b->mean - a->mean) * weight;
}

static void join_rows(struct history_row *a, const struct history_row *b)
{
    double weight = b->looks / (a->looks + b->looks);

    join(&a->offset_s, &b->offset_s, weight);
    join(&a->bound_s, &b->bound_s, weight);
    join(&a->frequency_ppm, &b->frequency_ppm, weight);
    join(&a->used, &b->used, weight);
    join(&a->reach, &b->reach, weight);
    a->looks += b->looks;
    a->synchronised += b->synchronised;
    a->steps += b->steps;
}

static const char *time_text(double at_s, bool with_day, char text[32])
{
    time_t seconds = (time_t)at_s;
    struct tm tm;

    if (!gmtime_r(&seconds, &tm) ||
        !strftime(text, 32, with_day ? "%m-%d %H:%M" : "%H:%M:%S", &tm)) {
        text[0] = '\0';
    }
    return text;
}

static void print_row(const struct history_row *row, bool with_day)
{
    char when[32], text[4][32], frequency[32] = "-", used[32];

    if (!isnan(row->frequency_ppm.mean)) {
        snprintf(frequency, sizeof frequency, "%+.3f", row->frequency_ppm.mean);
    }
    if (row->used.least < row->used.most) {
        snprintf(used, sizeof used, "%.0f-%.0f", row->used.least, row->used.most);
    } else {
        snprintf(used, sizeof used, "%.0f", row->used.most);
    }
    printf("%-12s %10s %10s %10s %10s %10s %6s %5.0f%% %5.0f%s\n",
           time_text(row->start_s, with_day, when), render_offset(row->offset_s.mean, text[0]),
           render_offset(row->offset_s.least, text[1]), render_offset(row->offset_s.most, text[2]),
           render_seconds(row->bound_s.most, text[3]), frequency, used,
           isnan(row->reach.mean) ? 0 : 100 * row->reach.mean, row->steps,
           row->synchronised < row->looks ? "  not always synchronised" : "");
}

static void print_table(const struct history_rows *h)
{
    double step_s = h->width_s * ceil(h->room / LINES);
    bool with_day = step_s * LINES > 86400;
    size_t i = 0;

    if (h->count == 0) {
        printf("No data for the last %s yet.\n", h->layer);
        return;
    }
    printf("The last %s; offset is true time minus clock.\n", h->layer);
    printf("%-12s %10s %10s %10s %10s %10s %6s %6s %5s\n", with_day ? "from (UTC)" : "from, UTC",
           "offset", "least", "most", "bound", "ppm", "used", "reach", "steps");
    while (i < h->count) {
        struct history_row row = h->rows[i];
        double end_s = (floor(row.start_s / step_s) + 1) * step_s;

        for (i++; i < h->count && h->rows[i].start_s < end_s; i++) {
            join_rows(&row, &h->rows[i]);
        }
        print_row(&row, with_day);
    }
}

/* ---- the command ---- */

static int write_plot(const struct history_rows *h, const char *path)
{
    char title[160], *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    bool whole = false;
    int error;

    snprintf(title, sizeof title, "The clock in the last %s", h->layer);
    if (out) {
        whole = history_plot(h, title, out);
        whole = fclose(out) == 0 && whole;
    }
    error = whole ? file_replace(path, text, length, 0644) : -ENOMEM;
    free(text);
    if (error < 0) {
        fprintf(stderr, "toki: cannot write %s: %s\n", path, strerror(-error));
        return EXIT_USAGE;
    }
    printf("%s: %zu slots of the last %s\n", path, h->count, h->layer);
    return EXIT_GOOD;
}

struct wanted {
    const char *layer, *plot, *control;
    bool json;
};

static const char *const layers[] = {"hour", "day", "month", NULL};

static const struct args_option options[] = {
    {0, "layer", ARGS_CHOICE, offsetof(struct wanted, layer), .choices = layers, .fallback = "day",
     .help = "period to show"},
    {0, "plot", ARGS_PATH, offsetof(struct wanted, plot), .value = "FILE.svg", .excludes = "json",
     .help = "draw it into an SVG file"},
    ARGS_JSON(struct wanted, json),
    ARGS_CONTROL(struct wanted, control),
    {.help = NULL}};

static int run(const struct args_command *self, int argc, char **argv)
{
    struct history_rows rows = {0};
    struct wanted wanted = {.layer = "day"};
    char request[64], problem[512];
    json_t *answer;
    int code;

    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    snprintf(request, sizeof request, "history %s", wanted.layer);
    answer = daemon_ask_json(wanted.control, request, problem, sizeof problem);
    if (!answer) {
        fprintf(stderr, "toki: %s\n", problem);
        return EXIT_USAGE;
    }
    if (wanted.json) {
        render_json(answer);
    } else if (!history_read(answer, &rows)) {
        fprintf(stderr, "toki: invalid answer from tokid\n");
        code = EXIT_USAGE;
    } else if (wanted.plot) {
        code = write_plot(&rows, wanted.plot);
    } else {
        print_table(&rows);
    }
    free(rows.rows);
    json_decref(answer);
    return code;
}

const struct args_command history_command = {
    .name = "history",
    .summary = "Print or draw the history of the clock",
    .help =
        "Shows its offset, error bound and frequency, and the sources in use. The daemon keeps it "
        "across restarts.",
    .options = options,
    .exits = {"printed, or the picture is written", NULL,
              "wrong usage, the daemon cannot be reached, or the picture cannot be written"},
    .examples = "toki history\ntoki history --layer month --plot clock.svg",
    .run = run,
    .group = GROUP_STATE,
};
