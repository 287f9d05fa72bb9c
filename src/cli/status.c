/* SPDX-License-Identifier: BSD-2-Clause */
/* toki status, toki tracking: the state of the clock by a running tokid, as text or JSON. */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "cli/base/daemon.h"
#include "cli/draw/render.h"
#include "cli/probe.h"
#include "cli/source_table.h"
#include "cli/toki.h"

struct wanted {
    const char *control;
    bool json, probe, no_probe;
};

static void print_clean(const char *text)
{
    char clean[RENDER_TEXT_MAX];

    render_paragraph(render_clean(text, clean, sizeof clean), 0, render_columns(), stdout);
}

/* ---- status ---- */

static void print_clock(const json_t *answer)
{
    const json_t *clock = json_object_get(answer, "clock");
    const json_t *server = json_object_get(answer, "server");
    bool synchronised = json_is_true(json_object_get(clock, "synchronised"));
    double frequency = daemon_number(clock, "frequency_ppm");
    double truth = daemon_number(clock, "true_error_s");
    char number[2][32], text[RENDER_TEXT_MAX];
    size_t used;

    fputs(render_style(synchronised ? STYLE_GOOD : STYLE_BAD), stdout);
    print_clean(daemon_text(clock, "sentence"));
    fputs(render_style(STYLE_PLAIN), stdout);
    used = (size_t)snprintf(text, sizeof text, "estimated error %s, give or take %s",
                            render_offset(-daemon_number(clock, "offset_s"), number[0]),
                            render_seconds(daemon_number(clock, "offset_sd_s"), number[1]));
    if (!isnan(frequency)) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "; frequency corrected by %+.3f ppm", frequency);
    }
    snprintf(text + used, sizeof text - used, "; steps %.0f", daemon_number(clock, "steps"));
    print_clean(text);
    if (!isnan(truth)) {
        snprintf(text, sizeof text, "true error of the virtual clock %s",
                 render_offset(truth, number[0]));
        print_clean(text);
    }
    if (json_is_true(json_object_get(server, "open"))) {
        snprintf(text, sizeof text, "serves on UDP port %.0f: %.0f requests, %.0f answered",
                 daemon_number(server, "port"), daemon_number(server, "received"),
                 daemon_number(server, "answered"));
        print_clean(text);
    }
}

static const struct args_option status_options[] = {
    {0, "probe", ARGS_FLAG, offsetof(struct wanted, probe), .excludes = "no-probe",
     .help = "always send requests to the sources"},
    {0, "no-probe", ARGS_FLAG, offsetof(struct wanted, no_probe),
     .help = "never send requests; by default they are sent if no source answers"},
    ARGS_JSON(struct wanted, json),
    ARGS_CONTROL(struct wanted, control),
    {.help = NULL}};

static int run_status(const struct args_command *self, int argc, char **argv)
{
    struct wanted wanted = {.control = NULL};
    bool synchronised;
    json_t *answer;
    int code;

    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    answer = daemon_report(wanted.control, "status");
    if (!answer) {
        return EXIT_USAGE;
    }
    if (!wanted.no_probe && (wanted.probe || probe_is_wanted(answer))) {
        probe_sources(answer);
    }
    synchronised = json_is_true(json_object_get(json_object_get(answer, "clock"), "synchronised"));
    if (wanted.json) {
        render_json(answer);
    } else {
        print_clock(answer);
        putchar('\n');
        source_table_print(json_object_get(answer, "sources"), true, render_columns(), stdout);
    }
    json_decref(answer);
    return synchronised ? EXIT_GOOD : EXIT_BAD;
}

const struct args_command status_command = {
    .name = "status",
    .summary = "Report whether the clock is synchronised and how accurate it is",
    .help =
        "Names the source that the clock follows, and why each of the others is used or not. If "
        "none of them answers, it sends a few requests of its own to find out why.",
    .options = status_options,
    .exits = {"synchronised", "not synchronised", "wrong usage, or the daemon cannot be reached"},
    .examples = "toki status\ntoki status --json",
    .run = run_status,
    .group = GROUP_STATE,
};

/* ---- tracking ---- */

static void print_row(const char *label, const char *value)
{
    char clean[RENDER_TEXT_MAX];

    printf("%-22s %s\n", label, render_clean(value[0] ? value : "-", clean, sizeof clean));
}

static void print_number(const char *label, double value, const char *unit, int digits)
{
    char text[64];

    snprintf(text, sizeof text, isnan(value) ? "-" : "%+.*f %s", digits, value, unit);
    print_row(label, isnan(value) ? "-" : text);
}

static void print_seconds(const json_t *clock, const char *label, const char *key, bool is_signed)
{
    char number[32], text[96];
    double value = daemon_number(clock, key);

    if (isnan(value)) {
        print_row(label, "-");
        return;
    }
    snprintf(text, sizeof text, is_signed ? "%s (%+.9f s)" : "%s (%.9f s)",
             is_signed ? render_offset(value, number) : render_seconds(value, number), value);
    print_row(label, text);
}

static void print_reference_time(const json_t *answer, const json_t *clock)
{
    double then = daemon_number(clock, "reference_time"), now = daemon_number(answer, "now");
    char date[64] = "-", text[128], number[32];
    time_t seconds = (time_t)then;
    struct tm parts;

    if (!isnan(then) && gmtime_r(&seconds, &parts)) {
        strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S UTC", &parts);
    }
    snprintf(text, sizeof text, isnan(then) ? "-" : "%s (%s ago)", date,
             render_seconds(now - then, number));
    print_row("last update", text);
}

static void print_tracking(const json_t *answer)
{
    const json_t *clock = json_object_get(answer, "clock");
    char text[64];

    print_row("state", daemon_text(clock, "state"));
    print_row("code", daemon_text(clock, "code"));
    print_row("selected source", daemon_text(clock, "selected"));
    snprintf(text, sizeof text, "%.0f", daemon_number(clock, "stratum"));
    print_row("stratum", text);
    print_row("reference", daemon_text(clock, "refid"));
    print_reference_time(answer, clock);
    print_row("leap", daemon_text(clock, "leap"));
    print_seconds(clock, "offset (+: slow)", "offset_s", true);
    print_seconds(clock, "its deviation", "offset_sd_s", false);
    print_seconds(clock, "error at most", "error_bound_s", false);
    print_number("frequency (+: slow)", daemon_number(clock, "frequency_ppm"), "ppm", 6);
    print_number("its deviation", daemon_number(clock, "frequency_sd_ppm"), "ppm", 6);
    print_seconds(clock, "root delay", "root_delay_s", false);
    print_seconds(clock, "root dispersion", "root_dispersion_s", false);
    print_seconds(clock, "precision", "precision_s", false);
    snprintf(text, sizeof text, "%.0f, steps %.0f", daemon_number(clock, "updates"),
             daemon_number(clock, "steps"));
    print_row("updates", text);
    print_row("clock driver", daemon_text(clock, "driver"));
    if (!isnan(daemon_number(clock, "true_error_s"))) {
        print_seconds(clock, "true error (+: fast)", "true_error_s", true);
    }
}

static const struct args_option tracking_options[] = {
    ARGS_JSON(struct wanted, json), ARGS_CONTROL(struct wanted, control), {.help = NULL}};

static int run_tracking(const struct args_command *self, int argc, char **argv)
{
    struct wanted wanted = {.control = NULL};
    json_t *answer, *document;
    int code;

    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    answer = daemon_report(wanted.control, "status");
    if (!answer) {
        return EXIT_USAGE;
    }
    if (wanted.json) {
        document = json_pack(
            "{s:O, s:s, s:O, s:O, s:O}", "version", json_object_get(answer, "version"), "command",
            "tracking", "now", json_object_get(answer, "now"), "uptime_s",
            json_object_get(answer, "uptime_s"), "clock", json_object_get(answer, "clock"));
        render_json(document);
        json_decref(document);
    } else {
        print_tracking(answer);
    }
    json_decref(answer);
    return EXIT_GOOD;
}

const struct args_command tracking_command = {
    .name = "tracking",
    .summary = "Print all numbers of the clock",
    .options = tracking_options,
    .exits = {"the numbers were printed", NULL, "wrong usage, or the daemon cannot be reached"},
    .examples = "toki tracking",
    .run = run_tracking,
    .group = GROUP_STATE,
};
