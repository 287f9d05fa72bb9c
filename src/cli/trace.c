/* SPDX-License-Identifier: BSD-2-Clause */
/* toki trace: from a server to the one that it follows, and so on to stratum 1. A server names its
 * own source by a reference ID: the address of an IPv4 source, a hash of an IPv6 one (RFC 5905
 * section 7.3), where the trace ends. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/measured.h"
#include "cli/draw/table.h"
#include "cli/toki.h"
#include "control/report.h"
#include "control/report_json.h"
#include "os/clock.h"

#define HOPS_MAX 16 /* there are no more strata */
#define JSON_MAX 65536

enum ending { END_PRIMARY, END_SILENT, END_UNSYNCHRONISED, END_HASH, END_LOOP, END_LONG };

struct trace {
    struct measure_options settings;
    const char *host;
    struct measure_target hops[HOPS_MAX];
    char names[HOPS_MAX][ADDRESS_TEXT_MAX]; /* of those that only a reference ID named */
    unsigned count;
    enum ending ending;
    bool json;
};

static const struct {
    const char *code, *sentence;
} endings[] = {
    [END_PRIMARY] = {"primary",
                     "The last one is a primary server: its time comes from a reference clock."},
    [END_SILENT] = {"silent",
                    "The last one does not answer: many servers answer only their own clients. And "
                    "the reference ID of one that follows an IPv6 address is a hash, which can "
                    "look like an address."},
    [END_UNSYNCHRONISED] = {"unsynchronised",
                            "The last one is not synchronised to anything at the moment."},
    [END_HASH] = {"no-address",
                  "The last one follows a server whose reference ID is not an IPv4 address: for "
                  "IPv6 it is a hash."},
    [END_LOOP] = {"loop", "A loop: the last one follows a server that is already in the list."},
    [END_LONG] = {"too-long", "The chain has more servers than there are strata."},
};

/* The reference ID as an address that could be a server's. */
static bool reference_address(uint32_t refid, struct address *out)
{
    *out = (struct address){.family = ADDRESS_V4, .port = NTP_PORT};
    for (unsigned i = 0; i < 4; i++) {
        out->bytes[i] = (uint8_t)(refid >> (24 - 8 * i));
    }
    return out->bytes[0] != 0 && out->bytes[0] != 127 && out->bytes[0] < 224;
}

static bool passed(const struct trace *t, const struct address *address)
{
    for (unsigned i = 0; i < t->count; i++) {
        if (address_equal(&t->hops[i].address, address)) {
            return true;
        }
    }
    return false;
}

/* Asks the last hop. False: there is no next one, and why is known. */
static bool follow(struct trace *t, struct address *next)
{
    struct measure_target *last = &t->hops[t->count - 1];

    measure_run(&t->settings, last, 1);
    if (last->fate != MEASURE_GOOD) {
        t->ending = last->heard ? END_UNSYNCHRONISED : END_SILENT;
    } else if (last->stratum <= 1) {
        t->ending = END_PRIMARY;
    } else if (!reference_address(last->refid, next)) {
        t->ending = END_HASH;
    } else if (passed(t, next)) {
        t->ending = END_LOOP;
    } else {
        t->ending = END_LONG;
        return t->count < HOPS_MAX;
    }
    return false;
}

static void walk(struct trace *t)
{
    struct address next;

    t->count = measure_look_up(t->host, &t->settings, t->hops, 1);
    while (follow(t, &next)) {
        measure_target_init(&t->hops[t->count], address_format(&next, t->names[t->count]), &next);
        t->count++;
    }
}

static void print_words(const struct trace *t)
{
    static const struct table_column columns[] = {
        {"server", true, true},    {"st", false, false},    {"refid", true, false},
        {"offset", false, false},  {"delay", false, false}, {"root delay", false, false},
        {"distance", false, false}};
    struct table table;
    char text[RENDER_TEXT_MAX], number[32], address[ADDRESS_TEXT_MAX], words[MEASURED_WORDS_MAX];

    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (unsigned i = 0; i < t->count; i++) {
        const struct measure_target *hop = &t->hops[i];
        bool usable = hop->fate == MEASURE_GOOD;
        bool same = strcmp(hop->host, measured_address(hop, address)) == 0 || !address[0];

        table_begin_row(&table, usable ? STYLE_GOOD : STYLE_BAD);
        snprintf(text, sizeof text, "%u %s%s%s", i + 1, hop->host, same ? "" : " ",
                 same ? "" : address);
        table_cell(&table, 0, text);
        if (hop->heard) {
            snprintf(text, sizeof text, "%u", hop->stratum);
            table_cell(&table, 1, text);
            table_cell(&table, 2, report_refid(hop->refid, hop->stratum, text));
        }
        table_cell(&table, 3, render_offset(hop->offset_s, number));
        table_cell(&table, 4, render_seconds(hop->delay_s, number));
        table_cell(&table, 5, render_seconds(usable ? hop->root_delay_s : (double)NAN, number));
        table_cell(&table, 6, render_seconds(hop->root_distance_s, number));
        table_note(&table, measured_words(hop, t->settings.timeout_s, words));
    }
    table_print(&table, render_columns(), stdout);
    table_free(&table);
    render_paragraph(endings[t->ending].sentence, 0, render_columns(), stdout);
}

static void print_json(const struct trace *t)
{
    static char out[JSON_MAX];
    struct document d;

    document_begin(&d, out, sizeof out);
    document_open_object(&d, NULL);
    document_integer(&d, "version", REPORT_JSON_VERSION);
    document_string(&d, "command", "trace");
    document_string(&d, "host", t->host);
    document_bool(&d, "complete", t->ending == END_PRIMARY);
    document_string(&d, "end", endings[t->ending].code);
    document_string(&d, "sentence", endings[t->ending].sentence);
    document_open_array(&d, "hops");
    for (unsigned i = 0; i < t->count; i++) {
        document_open_object(&d, NULL);
        document_integer(&d, "hop", i + 1);
        document_string(&d, "name", t->hops[i].host);
        measured_write(&d, &t->hops[i], t->settings.timeout_s, false);
        document_close_object(&d);
    }
    document_close_array(&d);
    document_close_object(&d);
    if (document_finish(&d)) {
        fputs(out, stdout);
    }
}

static const struct args_argument arguments[] = {
    {"HOST", ARGS_HOST, offsetof(struct trace, host), .help = "the server to start from"},
    {.name = NULL}};

static const struct args_option options[] = {
    ARGS_IPV4(struct trace, settings.family, "use IPv4 only"),
    ARGS_IPV6(struct trace, settings.family, "use IPv6 only"),
    {'t', "timeout", ARGS_SECONDS, offsetof(struct trace, settings.timeout_s), .least = 1e-3,
     .most = 3600, .expected = "a time up to 1 h, such as 5s", .fallback = "3s",
     .help = "time to wait for the reply of each server"},
    ARGS_JSON(struct trace, json),
    {.help = NULL}};

static int run(const struct args_command *self, int argc, char **argv)
{
    static struct trace t = {
        .settings = {.port = NTP_PORT, .version = 4, .samples = 1, .timeout_s = 3}};
    struct clock_options clock = {.kind = CLOCK_NONE};
    int code;

    if (!args_parse(self, argc, argv, &t, &code)) {
        return code;
    }
    clock_open(&clock);
    walk(&t);
    if (t.json) {
        print_json(&t);
    } else {
        print_words(&t);
    }
    return t.ending == END_PRIMARY ? EXIT_GOOD : EXIT_BAD;
}

const struct args_command trace_command = {
    .name = "trace",
    .summary = "Follow a server from source to source, up to stratum 1",
    .arguments = arguments,
    .options = options,
    .exits = {"stratum 1 was reached", "stratum 1 was not reached", "wrong usage"},
    .examples = "toki trace ntp.example.org",
    .run = run,
    .group = GROUP_SERVERS,
};
