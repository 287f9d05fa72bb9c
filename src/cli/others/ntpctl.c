/* SPDX-License-Identifier: BSD-2-Clause */
/* toki ntpctl: what tokid says of itself, in the lines of OpenNTPD's ntpctl. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/daemon.h"
#include "cli/base/exits.h"
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

/* 'a', 'p', 'S' or 's' for the beginning of a word; 0: none. */
static char find_word(const char *text)
{
    static const char *const words[] = {"all", "peers", "Sensors", "status"};

    for (size_t i = 0; *text && i < sizeof words / sizeof words[0]; i++) {
        if (strncmp(words[i], text, strlen(text)) == 0) {
            return words[i][0];
        }
    }
    return 0;
}

static int complain(const char *modifier)
{
    if (modifier) {
        fprintf(stderr, "ntpctl: Unknown show modifier '%s'\n", modifier);
    }
    fputs("usage: ntpctl -s all | peers | Sensors | status\n", stderr);
    return EXIT_BAD;
}

int ntpctl_run(int argc, char **argv)
{
    static const struct option options[] = {{"control", required_argument, NULL, 'c'},
                                            {NULL, 0, NULL, 0}};
    const char *modifier = NULL, *control = NULL;
    char problem[512], what;
    unsigned valid, sensors;
    json_t *answer;
    int option;

    while ((option = getopt_long(argc, argv, "s:", options, NULL)) != -1) {
        if (option == '?') {
            return complain(NULL);
        }
        *(option == 's' ? &modifier : &control) = optarg;
    }
    if (!modifier || optind != argc) {
        return complain(NULL);
    }
    what = find_word(modifier);
    if (!what) {
        return complain(modifier);
    }
    answer = daemon_ask_json(control, "status", problem, sizeof problem);
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
