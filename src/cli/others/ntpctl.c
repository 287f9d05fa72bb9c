/* SPDX-License-Identifier: BSD-2-Clause */
/* toki ntpctl: the state of tokid in the format of OpenNTPD's ntpctl. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "args/args_value.h"
#include "cli/base/command.h"
#include "cli/base/daemon.h"
#include "cli/draw/render.h"
#include "cli/others/tools.h"

#define TRUST_MIN 2 /* of a peer that does not answer; OpenNTPD counts to ten */
#define NAME_MAX_LENGTH 256

static bool is_sensor(const json_t *source)
{
    return strcmp(daemon_text(source, "kind"), "refclock") == 0;
}

static bool is_valid(const json_t *source)
{
    const char *tally = daemon_text(source, "tally");

    return *tally && *tally != ' ' && *tally != 'x' && *tally != '?';
}

static void count(const json_t *sources, bool sensors, unsigned *valid, unsigned *total)
{
    const json_t *source;
    size_t i;

    *valid = *total = 0;
    json_array_foreach(sources, i, source)
    {
        if (is_sensor(source) == sensors) {
            *total += 1;
            *valid += is_valid(source);
        }
    }
}

static void print_status(const json_t *answer)
{
    const json_t *clock = json_object_get(answer, "clock");
    double offset = daemon_number(clock, "offset_s");
    unsigned valid, total, all = 0;

    for (int sensors = 0; sensors < 2; sensors++) {
        count(json_object_get(answer, "sources"), sensors, &valid, &total);
        if (total > 0) {
            printf("%u/%u %s valid, ", valid, total, sensors ? "sensors" : "peers");
        }
        all += total;
    }
    if (all == 0) {
        printf("no peers and no sensors configured, ");
    }
    if (json_is_true(json_object_get(clock, "synchronised"))) {
        printf("clock synced, stratum %.0f\n", daemon_number(clock, "stratum"));
    } else if (isnan(offset)) {
        puts("clock unsynced");
    } else {
        printf("clock unsynced, clock offset is %.3fms\n", offset * 1e3);
    }
}

/* Answered requests among the last eight. */
static unsigned answered(const json_t *source)
{
    unsigned reach = (unsigned)json_integer_value(json_object_get(source, "reach")), n = 0;

    for (; reach; reach &= reach - 1) {
        n++;
    }
    return n;
}

static void print_source(const json_t *source, bool sensor)
{
    char name[NAME_MAX_LENGTH], address[NAME_MAX_LENGTH];
    double poll_s = exp2(daemon_number(source, "poll"));
    double age_s = daemon_number(source, "last_sample_age_s");
    double next_s = isnan(age_s) ? poll_s : fmax(0, poll_s - age_s);
    unsigned trust = TRUST_MIN + answered(source), weight = 1;
    char mark = strcmp(daemon_text(source, "tally"), "*") == 0 ? '*' : ' ';

    render_clean(daemon_text(source, "name"), name, sizeof name);
    render_clean(daemon_text(source, "address"), address, sizeof address);
    if (sensor) {
        printf("%s %s\n", name, daemon_text(source, "refid"));
    } else if (strcmp(daemon_text(source, "kind"), "pool") == 0) {
        printf("%s from pool %s\n", *address ? address : "not resolved", name);
    } else {
        printf("%s \n", *address ? address : name);
    }
    if (!is_valid(source)) {
        printf(" %c %2u %2u  - %4.0fs %4.0fs             ---- %s not valid ----\n", mark, weight,
               sensor ? 0 : trust, next_s, poll_s, sensor ? "sensor" : "peer");
        return;
    }
    printf(" %c %2u %2u %2.0f %4.0fs %4.0fs %13.3fms %9.3fms", mark, weight, sensor ? 1 : trust,
           daemon_number(source, "stratum"), next_s, poll_s,
           daemon_number(source, "offset_s") * 1e3,
           sensor ? 0.0 : daemon_number(source, "delay_s") * 1e3);
    if (!sensor) {
        printf(" %9.3fms", daemon_number(source, "jitter_s") * 1e3);
    }
    putchar('\n');
}

static void print_sources(const json_t *answer, bool sensors)
{
    const json_t *sources = json_object_get(answer, "sources"), *source;
    unsigned valid, total;
    size_t i;

    count(sources, sensors, &valid, &total);
    if (total == 0) {
        puts(sensors ? "no sensors configured" : "no peers configured");
        return;
    }
    puts(sensors ? "sensor\n   wt gd st  next  poll          offset  correction"
                 : "peer\n   wt tl st  next  poll          offset       delay      jitter");
    json_array_foreach(sources, i, source)
    {
        if (is_sensor(source) == sensors) {
            print_source(source, sensors);
        }
    }
}

struct wanted {
    char what; /* the first letter of a word of `words`; 0: not told */
    const char *control;
};

static const char *const words[] = {"all", "peers", "Sensors", "status", NULL};

/* The beginning of a word is enough. */
static bool set_what(const struct args_option *option, const char *text, void *out, char *problem,
                     size_t capacity)
{
    struct wanted *wanted = out;
    char expected[ARGS_VALUE_MAX];

    for (size_t i = 0; *text && words[i]; i++) {
        if (strncmp(words[i], text, strlen(text)) == 0) {
            wanted->what = words[i][0];
            return true;
        }
    }
    snprintf(problem, capacity, "Unknown show modifier '%.80s': expected %s", text,
             args_value_expected(option, expected));
    return false;
}

static const struct args_option options[] = {
    {'s', NULL, ARGS_CHOICE, .set = set_what, .choices = words,
     .help = "what to print; the beginning of the word is enough"},
    ARGS_CONTROL(struct wanted, control),
    {.help = NULL}};

static int run(const struct args_command *self, int argc, char **argv)
{
    struct wanted wanted = {.what = 0};
    char problem[512], what;
    unsigned valid, sensors;
    json_t *answer;
    int code;

    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    what = wanted.what;
    if (!what) {
        return args_complain(self, "-s is missing: give all, peers, Sensors or status");
    }
    answer = daemon_ask_json(wanted.control, "status", problem, sizeof problem);
    if (!answer) {
        fprintf(stderr, "ntpctl: %s\n", problem);
        return EXIT_BAD;
    }
    if (what == 's' || what == 'a') {
        print_status(answer);
    }
    if (what == 'a') {
        putchar('\n');
    }
    if (what == 'p' || what == 'a') {
        print_sources(answer, false);
    }
    count(json_object_get(answer, "sources"), true, &valid, &sensors);
    if (what == 'S' || (what == 'a' && sensors > 0)) {
        if (what == 'a') {
            putchar('\n');
        }
        print_sources(answer, true);
    }
    json_decref(answer);
    return EXIT_GOOD;
}

const struct args_command ntpctl_command = {
    .name = "ntpctl",
    .summary = "Print the state of tokid in the format of OpenNTPD's ntpctl",
    .options = options,
    .exits = {"printed", "wrong usage, or the daemon cannot be reached", NULL},
    .examples = "toki ntpctl -s all",
    .run = run,
    .group = GROUP_TOOLS,
    .program = true,
    .wrong = EXIT_BAD,
};
