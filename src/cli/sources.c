/* SPDX-License-Identifier: BSD-2-Clause */
/* toki sources: the measurements of each source as a table, or with -v all that is known of it. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/daemon.h"
#include "cli/draw/render.h"
#include "cli/source_table.h"
#include "cli/toki.h"

#define INDENT 4

static void print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void print_line(const char *format, ...)
{
    char text[RENDER_TEXT_MAX], clean[RENDER_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    render_paragraph(render_clean(text, clean, sizeof clean), INDENT, render_columns(), stdout);
}

static const char *or_none(const json_t *source, const char *key)
{
    const char *text = daemon_text(source, key);

    return text[0] ? text : "-";
}

static unsigned count_of(const json_t *source, const char *key)
{
    return (unsigned)json_integer_value(json_object_get(source, key));
}

/* The eight requests of the reach register, oldest first. */
static const char *reach_picture(unsigned reach, char text[9])
{
    for (unsigned i = 0; i < 8; i++) {
        text[i] = reach >> (7 - i) & 1 ? '*' : '.';
    }
    text[8] = '\0';
    return text;
}

static void print_head(const json_t *source)
{
    const char *tally = daemon_text(source, "tally"), *address = daemon_text(source, "address");
    char text[RENDER_TEXT_MAX], clean[RENDER_TEXT_MAX];

    snprintf(text, sizeof text, "%s%s%s, %s%s%s, port %u, %s, %s",
             strcmp(tally, " ") == 0 ? "" : tally, strcmp(tally, " ") == 0 ? "" : " ",
             daemon_text(source, "name"), address, address[0] ? " by " : "no address",
             daemon_text(source, "address_from"), count_of(source, "port"),
             daemon_text(source, "kind"), daemon_text(source, "status"));
    fputs(render_style(tally[0] == '*' || tally[0] == '+' ? STYLE_GOOD
                       : tally[0] == 'x'                  ? STYLE_BAD
                                                          : STYLE_BOLD),
          stdout);
    render_paragraph(render_clean(text, clean, sizeof clean), 0, render_columns(), stdout);
    fputs(render_style(STYLE_PLAIN), stdout);
}

static void print_measurements(const json_t *source)
{
    char text[8][32];
    double frequency = daemon_number(source, "frequency_ppm");

    if (isnan(daemon_number(source, "offset_s"))) {
        print_line("nothing measured yet");
        return;
    }
    print_line(
        "offset %s, give or take %s; delay %s; jitter %s; its frequency against ours %+.3f "
        "ppm; %u samples, the last one %s ago",
        render_offset(daemon_number(source, "offset_s"), text[0]),
        render_seconds(daemon_number(source, "offset_sd_s"), text[1]),
        render_seconds(daemon_number(source, "delay_s"), text[2]),
        render_seconds(daemon_number(source, "jitter_s"), text[3]), frequency,
        count_of(source, "samples"),
        render_seconds(daemon_number(source, "last_sample_age_s"), text[4]));
    print_line("root distance %s (root delay %s, root dispersion %s)",
               render_seconds(daemon_number(source, "root_distance_s"), text[5]),
               render_seconds(daemon_number(source, "root_delay_s"), text[6]),
               render_seconds(daemon_number(source, "root_dispersion_s"), text[7]));
}

static void print_counts(const json_t *source)
{
    json_t *verdicts = json_object_get(source, "verdicts"), *value;
    char text[RENDER_TEXT_MAX];
    size_t used = 0;
    const char *name;

    print_line("%u requests sent, %u packets received, %u requests missed in a row; error: %s",
               count_of(source, "sent"), count_of(source, "received"), count_of(source, "missed"),
               or_none(source, "error"));
    text[0] = '\0';
    json_object_foreach(verdicts, name, value)
    {
        if (used < sizeof text) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %lld",
                                     used ? ", " : "packets: ", name,
                                     (long long)json_integer_value(value));
        }
    }
    if (text[0]) {
        print_line("%s", text);
    }
}

static void print_source(const json_t *source)
{
    double stratum = daemon_number(source, "stratum"), key = daemon_number(source, "key");
    char bits[9], number[2][32], poll[32];

    print_head(source);
    print_line("%s (%s)", daemon_text(source, "sentence"), daemon_text(source, "code"));
    snprintf(number[0], sizeof number[0], isnan(stratum) ? "-" : "%.0f", stratum);
    snprintf(number[1], sizeof number[1], isnan(key) ? "none" : "%.0f", key);
    print_line(
        "stratum %s, reference %s, leap %s; polled every %s (poll %.0f), reach %o (%s), kiss code "
        "%s",
        number[0], or_none(source, "refid"), or_none(source, "leap"),
        render_seconds(exp2(daemon_number(source, "poll")), poll), daemon_number(source, "poll"),
        count_of(source, "reach"), reach_picture(count_of(source, "reach"), bits),
        or_none(source, "kiss"));
    print_measurements(source);
    print_counts(source);
    print_line("timestamps by the %s, %s mode, key %s", daemon_text(source, "timestamps"),
               json_is_true(json_object_get(source, "interleaved")) ? "interleaved" : "basic",
               number[1]);
}

static void print_all(const json_t *sources)
{
    const json_t *source;
    size_t index;

    json_array_foreach(sources, index, source)
    {
        if (index > 0) {
            putchar('\n');
        }
        print_source(source);
    }
}

struct wanted {
    const char *control;
    bool json, verbose;
};

static const struct args_option options[] = {{'v', "verbose", ARGS_FLAG,
                                              offsetof(struct wanted, verbose),
                                              .help = "print all details of each source"},
                                             ARGS_JSON(struct wanted, json),
                                             ARGS_CONTROL(struct wanted, control),
                                             {.help = NULL}};

static int run(const struct args_command *self, int argc, char **argv)
{
    struct wanted wanted = {.control = NULL};
    json_t *answer;
    int code;

    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    answer = daemon_report(wanted.control, "sources");
    if (!answer) {
        return EXIT_USAGE;
    }
    if (wanted.json) {
        render_json(answer);
    } else if (wanted.verbose) {
        print_all(json_object_get(answer, "sources"));
    } else {
        source_table_print(json_object_get(answer, "sources"), false, render_columns(), stdout);
    }
    json_decref(answer);
    return EXIT_GOOD;
}

const struct args_command sources_command = {
    .name = "sources",
    .summary = "Print the sources of the daemon with their measurements",
    .options = options,
    .exits = {"the sources were printed", NULL, "wrong usage, or the daemon cannot be reached"},
    .examples = "toki sources\ntoki sources -v",
    .run = run,
    .group = GROUP_STATE,
};
