/* SPDX-License-Identifier: BSD-2-Clause */
/* toki query: asks many servers at once, without a daemon and without touching the clock: a table,
 * JSON, or again and again with a picture of their offsets over time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/base/measured.h"
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
#define WATCH_LEAST_S 1.0 /* out of courtesy to servers of others */

struct wanted {
    struct measure_options settings;
    bool json, watch;
    double interval_s;
    unsigned rounds; /* 0: until it is interrupted */
    const char *plot;
    unsigned port;
    struct args_words hosts;
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
    double at_s = s_from_ns(clock_now().wall.ns);

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
            bool named = strcmp(r->host, measured_address(r, address)) != 0;

            snprintf(name, sizeof name, "%.60s%s%.60s", r->host, named ? " " : "",
                     named ? address : "");
            chart_add(q->chart, name, at_s, r->fate == MEASURE_GOOD ? r->offset_s : (double)NAN);
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
    snprintf(subtitle, sizeof subtitle, "%u round%s; above zero, this clock is slow",
             q->histories[0].rounds, q->histories[0].rounds == 1 ? "" : "s");
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

#define AT(member) offsetof(struct wanted, member)

static const struct args_argument arguments[] = {
    {"HOST", ARGS_HOST, AT(hosts), .repeats = true, .help = "the servers; all are queried at once"},
    {.name = NULL}};

static const struct args_option options[] = {
    ARGS_IPV4(struct wanted, settings.family, "use IPv4 only"),
    ARGS_IPV6(struct wanted, settings.family, "use IPv6 only"),
    {'p', "port", ARGS_COUNT, AT(port), .least = 1, .most = 65535, .fallback = "123",
     .help = "UDP port to query"},
    {'n', "samples", ARGS_COUNT, AT(settings.samples), .least = 1, .most = MEASURE_SAMPLES_MAX,
     .fallback = "1", .help = "samples to take from each server; the best one counts"},
    {'t', "timeout", ARGS_SECONDS, AT(settings.timeout_s), .least = 1e-3, .most = 3600,
     .expected = "a time up to 1 h, such as 2s", .fallback = "5s",
     .help = "time to wait for the replies"},
    {'w', "watch", ARGS_FLAG, AT(watch), .help = "repeat until interrupted"},
    {0, "interval", ARGS_SECONDS, AT(interval_s), .least = 1e-3, .most = 86400,
     .expected = "a time up to 1 d, such as 30s", .fallback = "10s",
     .help = "time between two rounds, at least 1 s; implies --watch"},
    {0, "count", ARGS_COUNT, AT(rounds), .least = 1, .most = 1000000,
     .help = "rounds; implies --watch"},
    {0, "plot", ARGS_PATH, AT(plot), .value = "FILE.svg",
     .help = "draw the offsets over time into an SVG file"},
    ARGS_JSON(struct wanted, json),
    {.help = NULL}};

static int run(const struct args_command *self, int argc, char **argv)
{
    static struct query q = {
        .wanted = {.settings = {.version = 4, .samples = 1, .timeout_s = 5}, .port = NTP_PORT},
    };
    struct wanted *w = &q.wanted;
    struct clock_options clock = {.kind = CLOCK_NONE};
    bool usable = false, written;
    int code;

    if (!args_parse(self, argc, argv, w, &code)) {
        return code;
    }
    w->watch = w->watch || w->interval_s > 0 || w->rounds > 0;
    w->interval_s = w->interval_s > 0 ? fmax(w->interval_s, WATCH_LEAST_S) : WATCH_DEFAULT_S;
    w->settings.port = (uint16_t)w->port;
    w->settings.progress = terminal_is_stderr() && !w->json ? show_progress : NULL;
    clock_open(&clock);
    if (q.wanted.watch) {
        process_signals(); /* an end by Ctrl-C is a good one: the picture is still written */
    }
    q.chart = q.wanted.plot ? chart_new() : NULL;
    look_up_all(&q, w->hosts.words, w->hosts.count);
    ask_rounds(&q);
    written = write_plot(&q);
    chart_free(q.chart);
    for (unsigned i = 0; i < q.count; i++) {
        usable = usable || q.histories[i].answers > 0;
    }
    return !written ? EXIT_USAGE : usable ? EXIT_GOOD : EXIT_BAD;
}

const struct args_command query_command = {
    .name = "query",
    .summary = "Query time servers, without touching the clock",
    .help = "Needs no daemon. A reply that tokid would reject is rejected for the same reason.",
    .arguments = arguments,
    .options = options,
    .exits = {"at least one server gave a usable reply", "no server did",
              "wrong usage, or the picture cannot be written"},
    .examples =
        "toki query ntp1.example.org ntp2.example.org\n"
        "toki query --interval 30s --plot offsets.svg ntp1.example.org",
    .run = run,
    .group = GROUP_SERVERS,
};
