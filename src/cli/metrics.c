/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers of tokid -> metrics; see the header. Most are rows of the tables below: a member of the
 * JSON, a name by the conventions of Prometheus, one line of help. Labels are bounded by the
 * configuration: sources, and names from fixed lists. */
#include "cli/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/daemon.h"
#include "toki_build.h"

#define LABELS_MAX 1200
#define PPM 1e-6

enum type { TYPE_GAUGE, TYPE_COUNTER, TYPE_HISTOGRAM };

struct metrics {
    FILE *f;
    enum metrics_format format;
};

struct family {
    const char *name; /* without _total */
    const char *unit; /* what the name ends in, if it has a unit; NULL */
    enum type type;
    const char *help;
};

/* A metric that is a number in the JSON. */
struct row {
    const char *member;
    double scale; /* 0: 1 */
    struct family family;
};

#define GAUGE(name_, unit_, help_)                                                                 \
    {                                                                                              \
        .name = name_, .unit = unit_, .type = TYPE_GAUGE, .help = help_                            \
    }
#define COUNTER(name_, help_)                                                                      \
    {                                                                                              \
        .name = name_, .type = TYPE_COUNTER, .help = help_                                         \
    }

static const struct row clock_rows[] = {
    {"offset_s", 0,
     GAUGE("toki_clock_offset_seconds", "seconds", "Estimate of true time minus clock")},
    {"offset_sd_s", 0,
     GAUGE("toki_clock_offset_deviation_seconds", "seconds", "Standard deviation of the offset")},
    {"error_bound_s", 0,
     GAUGE("toki_clock_error_bound_seconds", "seconds", "Upper bound of the error of the clock")},
    {"frequency_ppm", PPM,
     GAUGE("toki_clock_frequency_ratio", "ratio", "Correction that the oscillator needs")},
    {"frequency_sd_ppm", PPM,
     GAUGE("toki_clock_frequency_deviation_ratio", "ratio", "Standard deviation of the frequency")},
    {"root_delay_s", 0,
     GAUGE("toki_root_delay_seconds", "seconds", "Round trip to the reference clock")},
    {"root_dispersion_s", 0,
     GAUGE("toki_root_dispersion_seconds", "seconds", "Dispersion up to the reference clock")},
    {"precision_s", 0,
     GAUGE("toki_clock_precision_seconds", "seconds", "Precision of reading the clock")},
    {"stratum", 0, GAUGE("toki_stratum", NULL, "Stratum served to clients; 16: unsynchronised")},
    {"updates", 0, COUNTER("toki_clock_updates", "Updates of the clock since the start")},
    {"steps", 0, COUNTER("toki_clock_steps", "Steps of the clock since the start")},
};

static const struct row source_rows[] = {
    {"offset_s", 0,
     GAUGE("toki_source_offset_seconds", "seconds", "Time of the source minus clock")},
    {"offset_sd_s", 0,
     GAUGE("toki_source_offset_deviation_seconds", "seconds", "Standard deviation of the offset")},
    {"delay_s", 0, GAUGE("toki_source_delay_seconds", "seconds", "Round trip to the source")},
    {"jitter_s", 0,
     GAUGE("toki_source_jitter_seconds", "seconds", "Deviation of a typical measurement")},
    {"root_distance_s", 0,
     GAUGE("toki_source_root_distance_seconds", "seconds",
           "Upper bound of the error of the source")},
    {"last_sample_age_s", 0,
     GAUGE("toki_source_last_sample_age_seconds", "seconds",
           "Time since the last good measurement")},
    {"stratum", 0, GAUGE("toki_source_stratum", NULL, "Stratum of the source")},
    {"samples", 0, GAUGE("toki_source_samples", NULL, "Measurements that are kept")},
    {"sent", 0, COUNTER("toki_source_requests", "Requests sent")},
    {"received", 0,
     COUNTER("toki_source_packets_received", "Packets received in reply to requests")},
};

static const struct row client_rows[] = {
    {"known", 0, GAUGE("toki_clients_known", NULL, "Clients in the table")},
    {"room", 0, GAUGE("toki_clients_room", NULL, "Capacity of the client table")},
    {"fresh", 0, COUNTER("toki_clients_fresh", "Clients added to the table")},
    {"recycled", 0, COUNTER("toki_clients_recycled", "Clients replaced by new ones")},
    {"lost", 0, COUNTER("toki_clients_lost", "Requests not recorded because the table was full")},
};

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

const char *metrics_content_type(enum metrics_format format)
{
    return format == METRICS_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

/* ---- the formats ---- */

static void begin_family(struct metrics *m, const struct family *family)
{
    static const char *const types[] = {
        [TYPE_GAUGE] = "gauge", [TYPE_COUNTER] = "counter", [TYPE_HISTOGRAM] = "histogram"};
    bool open = m->format == METRICS_OPENMETRICS;
    const char *tail = family->type == TYPE_COUNTER && !open ? "_total" : "";

    fprintf(m->f, "# HELP %s%s %s.\n", family->name, tail, family->help);
    /* a histogram of what is there now is a type of its own there */
    fprintf(m->f, "# TYPE %s%s %s\n", family->name, tail,
            open && family->type == TYPE_HISTOGRAM ? "gaugehistogram" : types[family->type]);
    if (open && family->unit) {
        fprintf(m->f, "# UNIT %s %s\n", family->name, family->unit);
    }
}

static void write_value(struct metrics *m, const char *name, const char *tail, const char *labels,
                        double value)
{
    fprintf(m->f, "%s%s%s%s%s ", name, tail, *labels ? "{" : "", labels, *labels ? "}" : "");
    if (fabs(value) < 9e15 && value == rint(value)) {
        fprintf(m->f, "%" PRId64 "\n", (int64_t)value);
    } else {
        fprintf(m->f, "%.12g\n", value);
    }
}

static void write_sample(struct metrics *m, const struct family *family, const char *labels,
                         double value)
{
    if (isfinite(value)) {
        write_value(m, family->name, family->type == TYPE_COUNTER ? "_total" : "", labels, value);
    }
}

static void write_one(struct metrics *m, struct family family, const char *labels, double value)
{
    begin_family(m, &family);
    write_sample(m, &family, labels, value);
}

/* name="value", with what may stand in names escaped. */
static void add_label(char labels[LABELS_MAX], const char *name, const char *value)
{
    size_t used = strlen(labels);

    used += (size_t)snprintf(labels + used, LABELS_MAX - used, "%s%s=\"", used ? "," : "", name);
    for (; *value && used + 8 < LABELS_MAX; value++) {
        if (*value == '\\' || *value == '"') {
            labels[used++] = '\\';
        }
        labels[used++] = *value == '\n' ? ' ' : *value;
    }
    snprintf(labels + used, LABELS_MAX - used, "\"");
}

/* ---- the clock ---- */

static void write_rows(struct metrics *m, const struct row *rows, size_t count,
                       const json_t *object)
{
    for (size_t i = 0; i < count; i++) {
        double scale = rows[i].scale != 0 ? rows[i].scale : 1;

        write_one(m, rows[i].family, "", scale * daemon_number(object, rows[i].member));
    }
}

static double truth(const json_t *object, const char *member)
{
    return json_is_true(json_object_get(object, member)) ? 1 : 0;
}

static double leap_number(const char *leap)
{
    return strcmp(leap, "insert") == 0 ? 1 : strcmp(leap, "delete") == 0 ? -1 : 0;
}

static void write_clock(struct metrics *m, const json_t *status)
{
    const json_t *clock = json_object_get(status, "clock");
    const char *daemon = daemon_text(status, "daemon"), *space = strchr(daemon, ' ');
    double now = daemon_number(status, "now");
    char labels[LABELS_MAX] = "";

    add_label(labels, "version", space ? space + 1 : daemon); /* "tokid 0.1.0" */
    add_label(labels, "driver", daemon_text(clock, "driver"));
    add_label(labels, "language", daemon_text(json_object_get(status, "config"), "language"));
    write_one(m, (struct family)GAUGE("toki_daemon_info", NULL, "The running tokid"), labels, 1);
    write_one(m, (struct family)GAUGE("toki_uptime_seconds", "seconds", "Time since tokid started"),
              "", daemon_number(status, "uptime_s"));
    write_one(m, (struct family)GAUGE("toki_synchronised", NULL, "1: the clock is synchronised"),
              "", truth(clock, "synchronised"));
    labels[0] = '\0';
    add_label(labels, "code", daemon_text(clock, "code"));
    write_one(m,
              (struct family)GAUGE("toki_clock_code", NULL, "Why it is, or is not, synchronised"),
              labels, 1);
    write_one(m,
              (struct family)GAUGE("toki_reference_age_seconds", "seconds",
                                   "Time since the last update of the clock"),
              "", now - daemon_number(clock, "reference_time"));
    write_one(m,
              (struct family)GAUGE("toki_leap_announced", NULL,
                                   "1: a second will be inserted, -1: deleted, 0: neither"),
              "", leap_number(daemon_text(clock, "leap")));
    write_rows(m, clock_rows, COUNT(clock_rows), clock);
}

/* ---- sources ---- */

/* source="ntp.example",address="192.0.2.1" */
static void source_labels(const json_t *source, char labels[LABELS_MAX])
{
    char address[160];
    double port = daemon_number(source, "port");

    labels[0] = '\0';
    snprintf(address, sizeof address, "%s", daemon_text(source, "address"));
    if (*address && port != 123 && isfinite(port)) {
        size_t length = strlen(address);

        snprintf(address + length, sizeof address - length, " port %.0f", port);
    }
    add_label(labels, "source", daemon_text(source, "name"));
    add_label(labels, "address", address);
}

/* Slots of a pool that have no address yet look all the same, and a label set may come but once. */
static bool is_first(const json_t *sources, size_t index, const char *labels)
{
    char other[LABELS_MAX];

    for (size_t i = 0; i < index; i++) {
        source_labels(json_array_get(sources, i), other);
        if (strcmp(other, labels) == 0) {
            return false;
        }
    }
    return true;
}

/* Of the last eight requests. */
static double answered_share(double reach)
{
    unsigned bits = 0;

    for (unsigned value = reach >= 0 && reach < 256 ? (unsigned)reach : 0; value; value >>= 1) {
        bits += value & 1;
    }
    return bits / 8.0;
}

static double find_code(const json_t *source, char labels[LABELS_MAX])
{
    add_label(labels, "status", daemon_text(source, "status"));
    add_label(labels, "code", daemon_text(source, "code"));
    return 1;
}

static double find_used(const json_t *source, char labels[LABELS_MAX])
{
    const char *status = daemon_text(source, "status");

    (void)labels;
    return strcmp(status, "selected") == 0 || strcmp(status, "combined") == 0;
}

static double find_reach(const json_t *source, char labels[LABELS_MAX])
{
    (void)labels;
    return answered_share(daemon_number(source, "reach"));
}

static double find_interval(const json_t *source, char labels[LABELS_MAX])
{
    (void)labels;
    return exp2(daemon_number(source, "poll"));
}

/* Those whose value, and perhaps a label more, is found for each source. */
static const struct {
    struct family family;
    double (*find)(const json_t *source, char labels[LABELS_MAX]);
} found_rows[] = {
    {GAUGE("toki_source_code", NULL, "Status of the source and its reason"), find_code},
    {GAUGE("toki_source_used", NULL, "1: the clock follows it"), find_used},
    {GAUGE("toki_source_reach_ratio", "ratio",
           "Share of the last eight requests that were answered"),
     find_reach},
    {GAUGE("toki_source_poll_interval_seconds", "seconds", "Time between two requests"),
     find_interval},
};

static void write_verdicts(struct metrics *m, const json_t *sources)
{
    static const struct family family = COUNTER("toki_source_replies", "Packets by verdict");
    const json_t *source;
    size_t i;

    begin_family(m, &family);
    json_array_foreach(sources, i, source)
    {
        json_t *verdicts = json_object_get(source, "verdicts");
        char labels[LABELS_MAX], all[LABELS_MAX];

        source_labels(source, labels);
        for (void *it = json_object_iter(verdicts); it && is_first(sources, i, labels);
             it = json_object_iter_next(verdicts, it)) {
            snprintf(all, sizeof all, "%s", labels);
            add_label(all, "verdict", json_object_iter_key(it));
            write_sample(m, &family, all, json_number_value(json_object_iter_value(it)));
        }
    }
}

/* One family, by `find` or, where that is NULL, by the member. */
static void each_source(struct metrics *m, const json_t *sources, const struct family *family,
                        const char *member,
                        double (*find)(const json_t *source, char labels[LABELS_MAX]))
{
    const json_t *source;
    size_t i;

    begin_family(m, family);
    json_array_foreach(sources, i, source)
    {
        char labels[LABELS_MAX];

        source_labels(source, labels);
        if (is_first(sources, i, labels)) {
            double value = find ? find(source, labels) : daemon_number(source, member);

            write_sample(m, family, labels, value);
        }
    }
}

static void write_sources(struct metrics *m, const json_t *sources)
{
    for (size_t i = 0; i < COUNT(found_rows); i++) {
        each_source(m, sources, &found_rows[i].family, NULL, found_rows[i].find);
    }
    for (size_t i = 0; i < COUNT(source_rows); i++) {
        each_source(m, sources, &source_rows[i].family, source_rows[i].member, NULL);
    }
    write_verdicts(m, sources);
}

/* ---- server and clients ---- */

static void write_server(struct metrics *m, const json_t *server)
{
    static const struct family family = COUNTER("toki_server_requests", "Requests by result");
    json_t *counters = json_object_get(server, "counters");

    write_one(m, (struct family)GAUGE("toki_server_open", NULL, "1: clients are served"), "",
              truth(server, "open"));
    begin_family(m, &family);
    for (void *it = json_object_iter(counters); it; it = json_object_iter_next(counters, it)) {
        char labels[LABELS_MAX] = "";

        add_label(labels, "result", json_object_iter_key(it));
        write_sample(m, &family, labels, json_number_value(json_object_iter_value(it)));
    }
}

static void write_histogram(struct metrics *m, const json_t *clients)
{
    static const struct family family = {.name = "toki_client_interval_seconds",
                                         .unit = "seconds",
                                         .type = TYPE_HISTOGRAM,
                                         .help = "Clients by the average time between requests"};
    const json_t *classes = json_object_get(clients, "interval_histogram"), *class;
    bool open = m->format == METRICS_OPENMETRICS;
    double count = 0;
    size_t i;

    begin_family(m, &family);
    json_array_foreach(classes, i, class)
    {
        double up_to = daemon_number(class, "up_to_s");
        char labels[LABELS_MAX] = "", bound[32] = "+Inf";

        if (isfinite(up_to)) {
            snprintf(bound, sizeof bound, open && up_to == rint(up_to) ? "%.1f" : "%g", up_to);
        }
        add_label(labels, "le", bound);
        count += daemon_number(class, "clients");
        write_value(m, family.name, "_bucket", labels, count);
    }
    write_value(m, family.name, open ? "_gsum" : "_sum", "",
                daemon_number(clients, "interval_sum_s"));
    write_value(m, family.name, open ? "_gcount" : "_count", "", count);
}

char *metrics_write(const json_t *status, const json_t *clients, enum metrics_format format,
                    size_t *length)
{
    char *text = NULL, labels[LABELS_MAX] = "";
    struct metrics m = {.f = open_memstream(&text, length), .format = format};

    if (!m.f) {
        return NULL;
    }
    write_one(&m, (struct family)GAUGE("toki_up", NULL, "1: tokid answers"), "", status != NULL);
    add_label(labels, "version", TOKI_VERSION);
    write_one(&m, (struct family)GAUGE("toki_exporter_build_info", NULL, "This exporter"), labels,
              1);
    if (status) {
        write_clock(&m, status);
        write_sources(&m, json_object_get(status, "sources"));
        write_server(&m, json_object_get(status, "server"));
    }
    if (status && clients && json_is_true(json_object_get(clients, "enabled"))) {
        write_rows(&m, client_rows, COUNT(client_rows), clients);
        write_histogram(&m, clients);
    }
    if (format == METRICS_OPENMETRICS) {
        fputs("# EOF\n", m.f);
    }
    if (fclose(m.f) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
