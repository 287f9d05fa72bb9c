/* SPDX-License-Identifier: BSD-2-Clause */
/* toki query: asks many servers at once, without a daemon and without touching the clock: a table,
 * JSON, or again and again with a picture of their offsets over time. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/base/measured.h"
#include "cli/base/options.h"
#include "cli/draw/chart.h"
#include "cli/draw/table.h"
#include "cli/toki.h"
#include "control/report.h"
#include "control/report_json.h"
#include "os/clock.h"
#include "os/process.h"
#include "os/terminal.h"
#include "os/wait.h"

#define RESULTS_MAX 1024
#define JSON_MAX (RESULTS_MAX * 1024)
#define WATCH_DEFAULT_S 10.0
#define WATCH_LEAST_S 1.0 /* nobody needs more, and servers are not ours */

struct wanted {
    struct measure_options settings;
    bool json, watch;
    double interval_s;
    unsigned rounds; /* 0: until it is interrupted */
    const char *plot;
};

/* What all rounds say of one result. */
struct answers {
    unsigned rounds, answers;
    double sum_s, squares_s; /* of offsets less the first one */
    double first_s;
};

struct query {
    struct wanted wanted;
    struct measure_target results[RESULTS_MAX];
    struct answers histories[RESULTS_MAX];
    unsigned count;
    struct chart *chart;
    struct wall_time begun;
};

static void show_progress(unsigned done, unsigned total)
{
    fprintf(stderr, "\r\033[K%u of %u answered", done, total);
}

static void clear_progress(const struct query *q)
{
    if (q->wanted.settings.progress) {
        fputs("\r\033[K", stderr);
    }
}

/* ---- words ---- */

static double scatter(const struct answers *h)
{
    double mean = h->sum_s / h->answers;

    return h->answers > 1 ? sqrt(fmax(0, h->squares_s / h->answers - mean * mean) * h->answers /
                                 (h->answers - 1))
                          : (double)NAN;
}

static void add_row(struct table *table, const struct query *q, unsigned index)
{
    const struct measure_target *r = &q->results[index];
    const struct answers *h = &q->histories[index];
    char text[MEASURED_WORDS_MAX], number[32];

    table_begin_row(table, r->fate == MEASURE_GOOD ? STYLE_PLAIN : STYLE_BAD);
    table_cell(table, 0, r->host);
    table_cell(table, 1, measured_address(r, text)[0] ? text : "-");
    if (r->heard) {
        snprintf(text, sizeof text, "%u", r->stratum);
        table_cell(table, 2, text);
        table_cell(table, 3, report_refid(r->refid, r->stratum, text));
    }
    if (r->fate == MEASURE_GOOD) {
        table_cell(table, 4, render_offset(r->offset_s, number));
        table_cell(table, 5, render_seconds(r->delay_s, number));
        table_cell(table, 6, render_seconds(r->root_distance_s, number));
    }
    if (q->wanted.watch) {
        table_cell(table, 7, render_seconds(scatter(h), number));
        snprintf(text, sizeof text, "%u/%u", h->answers, h->rounds);
        table_cell(table, 8, text);
    }
    table_note(table, measured_words(r, q->wanted.settings.timeout_s, text));
}

static void print_words(const struct query *q)
{
    static const struct table_column columns[] = {
        {"host", true, true},       {"address", true, true},   {"st", false, false},
        {"refid", true, false},     {"offset", false, false},  {"delay", false, false},
        {"distance", false, false}, {"scatter", false, false}, {"answers", false, false}};
    struct table table;

    table_init(&table, columns, q->wanted.watch ? 9 : 7);
    for (unsigned i = 0; i < q->count; i++) {
        add_row(&table, q, i);
    }
    table_print(&table, render_columns(), stdout);
    table_free(&table);
}

/* ---- JSON ---- */

static void print_json(const struct query *q)
{
    static char out[JSON_MAX];
    struct document d;

    document_begin(&d, out, sizeof out);
    document_open_object(&d, NULL);
    document_integer(&d, "version", REPORT_JSON_VERSION);
    document_string(&d, "command", "query");
    document_instant(&d, "now", clock_now().wall);
    document_open_array(&d, "results");
    for (unsigned i = 0; i < q->count; i++) {
        document_open_object(&d, NULL);
        document_string(&d, "host", q->results[i].host);
        measured_write(&d, &q->results[i], q->wanted.settings.timeout_s, true);
        document_close_object(&d);
    }
    document_close_array(&d);
    document_close_object(&d);
    if (document_finish(&d)) {
        fputs(out, stdout);
    }
}

/* ---- rounds ---- */

static void remember(struct query *q)
{
    double at_s = s_from_ns(ns_subtract(clock_now().wall.ns, q->begun.ns));

    for (unsigned i = 0; i < q->count; i++) {
        const struct measure_target *r = &q->results[i];
        struct answers *h = &q->histories[i];
        char name[CHART_NAME_MAX], address[ADDRESS_TEXT_MAX];

        h->rounds++;
        if (r->fate == MEASURE_GOOD) {
            double more_s;

            h->first_s = h->answers++ > 0 ? h->first_s : r->offset_s;
            more_s = r->offset_s - h->first_s;
            h->sum_s += more_s;
            h->squares_s += more_s * more_s;
        }
        if (q->chart) {
            snprintf(name, sizeof name, "%.60s %.60s", r->host,
                     strcmp(r->host, measured_address(r, address)) == 0 ? "" : address);
            chart_add(q->chart, name, at_s, r->offset_s);
        }
    }
}

static bool write_plot(const struct query *q)
{
    char subtitle[160];
    FILE *out = q->wanted.plot ? fopen(q->wanted.plot, "w") : NULL;

    if (!q->wanted.plot) {
        return true;
    }
    if (!out) {
        fprintf(stderr, "toki: cannot write %s\n", q->wanted.plot);
        return false;
    }
    snprintf(subtitle, sizeof subtitle,
             "True time less this clock, as each server says: above zero this clock is slow. %u "
             "rounds.",
             q->histories[0].rounds);
    chart_write(q->chart, "Offsets of time servers", subtitle, out);
    return fclose(out) == 0;
}

/* Each table has its time where they follow each other. */
static void print_date(void)
{
    time_t now = (time_t)(clock_now().wall.ns / NS_PER_S);
    char date[64];
    struct tm parts;

    if (gmtime_r(&now, &parts) && strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S UTC", &parts)) {
        puts(date);
    }
}

static void print_round(const struct query *q)
{
    clear_progress(q);
    if (q->wanted.json) {
        print_json(q);
    } else {
        if (q->wanted.watch && render_is_terminal()) {
            fputs("\033[H\033[J", stdout); /* the table stands still */
        } else if (q->wanted.watch) {
            print_date();
        }
        print_words(q);
    }
    fflush(stdout);
}

static void look_up_all(struct query *q, char **hosts, int count)
{
    for (int i = 0; i < count; i++) {
        if (q->wanted.settings.progress) {
            fprintf(stderr, "\r\033[Klooking up %d of %d", i + 1, count);
        }
        q->count += measure_look_up(hosts[i], &q->wanted.settings, q->results + q->count,
                                    RESULTS_MAX - q->count);
    }
}

static bool go_on(const struct query *q, unsigned round)
{
    return q->wanted.watch && (q->wanted.rounds == 0 || round < q->wanted.rounds);
}

static void ask_rounds(struct query *q)
{
    struct wait_set nothing = {0};
    unsigned round = 0;
    bool whole;

    q->begun = clock_now().wall;
    do {
        struct mono_time next = mono_after(clock_now().mono, q->wanted.interval_s);

        whole = measure_run(&q->wanted.settings, q->results, q->count);
        if (!whole && round > 0) {
            break; /* half a round is no news */
        }
        remember(q);
        print_round(q);
        while (whole && go_on(q, round + 1) && clock_now().mono.ns < next.ns) {
            wait_until(&nothing, next);
            whole = !process_take_signal(SIGNAL_END);
        }
    } while (whole && go_on(q, ++round));
    clear_progress(q);
}

/* ---- options ---- */

static const char usage[] =
    "toki: usage: toki query HOST... [--port N] [--samples N] [-4|-6] [--timeout TIME]\n"
    "             [--watch [--interval TIME] [--count N]] [--plot FILE.svg] [--json]\n";

static bool take_option(int option, struct wanted *w)
{
    unsigned port;

    switch (option) {
    case '4':
    case '6':
        w->settings.family = option == '4' ? ADDRESS_V4 : ADDRESS_V6;
        return true;
    case 'j':
        w->json = true;
        return true;
    case 'w':
        w->watch = true;
        return true;
    case 'o':
        w->plot = optarg;
        return true;
    case 'i':
        w->watch = true;
        return options_time("--interval", optarg, &w->interval_s);
    case 'c':
        w->watch = true;
        return options_count("--count", optarg, 1, 1000000, &w->rounds);
    case 'p':
        if (!options_count("--port", optarg, 1, 65535, &port)) {
            return false;
        }
        w->settings.port = (uint16_t)port;
        return true;
    case 'n':
        return options_count("--samples", optarg, 1, MEASURE_SAMPLES_MAX, &w->settings.samples);
    case 't':
        return options_time("--timeout", optarg, &w->settings.timeout_s);
    default:
        fputs(usage, stderr);
        return false;
    }
}

static bool parse(int argc, char **argv, struct wanted *w)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {"port", required_argument, NULL, 'p'},
                                            {"samples", required_argument, NULL, 'n'},
                                            {"timeout", required_argument, NULL, 't'},
                                            {"watch", no_argument, NULL, 'w'},
                                            {"interval", required_argument, NULL, 'i'},
                                            {"count", required_argument, NULL, 'c'},
                                            {"plot", required_argument, NULL, 'o'},
                                            {NULL, 0, NULL, 0}};
    int option;

    *w = (struct wanted){
        .settings = {.port = NTP_PORT, .version = 4, .samples = 1, .timeout_s = 5},
        .interval_s = WATCH_DEFAULT_S,
    };
    while ((option = getopt_long(argc, argv, "46jp:n:t:w", options, NULL)) != -1) {
        if (!take_option(option, w)) {
            return false;
        }
    }
    if (optind >= argc) {
        fputs(usage, stderr);
        return false;
    }
    w->interval_s = fmax(w->interval_s, WATCH_LEAST_S);
    w->settings.progress = terminal_is_stderr() && !w->json ? show_progress : NULL;
    return true;
}

int query_run(int argc, char **argv)
{
    static struct query q;
    struct clock_options clock = {.kind = CLOCK_NONE};
    bool usable = false, written;

    if (!parse(argc, argv, &q.wanted)) {
        return EXIT_USAGE;
    }
    clock_open(&clock);
    if (q.wanted.watch) {
        process_signals(); /* an end by Ctrl-C is a good one: the picture is still written */
    }
    q.chart = q.wanted.plot ? chart_new() : NULL;
    look_up_all(&q, argv + optind, argc - optind);
    ask_rounds(&q);
    written = write_plot(&q);
    chart_free(q.chart);
    for (unsigned i = 0; i < q.count; i++) {
        usable = usable || q.histories[i].answers > 0;
    }
    return !written ? EXIT_USAGE : usable ? EXIT_GOOD : EXIT_BAD;
}
