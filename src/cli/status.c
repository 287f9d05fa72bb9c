/* SPDX-License-Identifier: BSD-2-Clause */
/* toki status, toki sources: what a running tokid says, for people or as it is (--json). */
#include <getopt.h>
#include <math.h>
#include <stdio.h>

#include "cli/daemon.h"
#include "cli/probe.h"
#include "cli/render.h"
#include "cli/toki.h"

struct wanted {
    const char *control;
    bool json, probe, no_probe;
};

static bool parse(int argc, char **argv, struct wanted *out)
{
    static const struct option options[] = {{"control", required_argument, NULL, 'c'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"probe", no_argument, NULL, 'p'},
                                            {"no-probe", no_argument, NULL, 'n'},
                                            {NULL, 0, NULL, 0}};
    int option;

    *out = (struct wanted){0};
    while ((option = getopt_long(argc, argv, "j", options, NULL)) != -1) {
        if (option == '?') {
            return false;
        }
        if (option == 'c') {
            out->control = optarg;
        }
        out->json = out->json || option == 'j';
        out->probe = out->probe || option == 'p';
        out->no_probe = out->no_probe || option == 'n';
    }
    return optind == argc;
}

/* The answer, or NULL. */
static json_t *ask(int argc, char **argv, const char *request, const char *options,
                   struct wanted *wanted)
{
    char problem[512];
    json_t *answer;

    if (!parse(argc, argv, wanted)) {
        fprintf(stderr, "toki: usage: toki %s %s[--json] [--control PATH]\n", request, options);
        return NULL;
    }
    answer = daemon_ask_json(wanted->control, request, problem, sizeof problem);
    if (!answer) {
        fprintf(stderr, "toki: %s\n", problem);
    }
    return answer;
}

static void print_clock(const json_t *answer)
{
    const json_t *clock = json_object_get(answer, "clock");
    const json_t *server = json_object_get(answer, "server");
    bool synchronised = json_is_true(json_object_get(clock, "synchronised"));
    double frequency = daemon_number(clock, "frequency_ppm");
    double truth = daemon_number(clock, "true_error_s");
    char text[2][32], sentence[RENDER_TEXT_MAX];

    printf("%s%s%s\n", render_style(synchronised ? STYLE_GOOD : STYLE_BAD),
           render_clean(daemon_text(clock, "sentence"), sentence, sizeof sentence),
           render_style(STYLE_PLAIN));
    printf("estimated error %s, give or take %s",
           render_offset(-daemon_number(clock, "offset_s"), text[0]),
           render_seconds(daemon_number(clock, "offset_sd_s"), text[1]));
    if (!isnan(frequency)) {
        printf("; frequency corrected by %+.3f ppm", frequency);
    }
    printf("; steps %.0f\n", daemon_number(clock, "steps"));
    if (!isnan(truth)) {
        printf("true error of the virtual clock %s\n", render_offset(truth, text[0]));
    }
    if (json_is_true(json_object_get(server, "open"))) {
        printf("serves on UDP port %.0f: %.0f requests, %.0f answered\n",
               daemon_number(server, "port"), daemon_number(server, "received"),
               daemon_number(server, "answered"));
    }
}

int status_run(int argc, char **argv)
{
    struct wanted wanted;
    bool synchronised;
    json_t *answer = ask(argc, argv, "status", "[--probe|--no-probe] ", &wanted);

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
        render_sources(json_object_get(answer, "sources"), true);
    }
    json_decref(answer);
    return synchronised ? EXIT_GOOD : EXIT_BAD;
}

int sources_run(int argc, char **argv)
{
    struct wanted wanted;
    json_t *answer = ask(argc, argv, "sources", "", &wanted);

    if (!answer) {
        return EXIT_USAGE;
    }
    if (wanted.json) {
        render_json(answer);
    } else {
        render_sources(json_object_get(answer, "sources"), false);
    }
    json_decref(answer);
    return EXIT_GOOD;
}
