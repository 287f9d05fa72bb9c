/* SPDX-License-Identifier: BSD-2-Clause */
/* The accuracy table in print. */
#include "sim/accuracy_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX 100

const char *accuracy_report_seconds(double value, char text[16])
{
    static const char *const units[] = {"s", "ms", "us", "ns"};
    unsigned unit = 0;

    if (!isfinite(value) || value == 0) {
        snprintf(text, 16, "%s", value == 0 ? "0" : "never");
        return text;
    }
    while (unit < 3 && fabs(value) < 1) {
        value *= 1000;
        unit++;
    }
    snprintf(text, 16, "%.3g %s", value, units[unit]);
    return text;
}

/* A frequency error in three digits. */
static const char *frequency(double value, char text[16])
{
    snprintf(text, 16, value < 1e-7 ? "%.3g ppb" : "%.3g ppm", value * (value < 1e-7 ? 1e9 : 1e6));
    return text;
}

static const char *ratio(double value, char text[16])
{
    snprintf(text, 16, value > 0 ? "%.2f" : "-", value);
    return text;
}

static void print_head(bool markdown)
{
    if (markdown) {
        printf(
            "| scenario | rms | max | settle | poll (s) | limit | x limit | limit at 64 s | "
            "x limit at 64 s | frequency | limit | x limit | x chronyd | outside bound | said/true "
            "| max x honest |\n"
            "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    } else {
        printf("%-34s %9s %9s %8s %6s %9s %7s %9s %6s %9s %6s %9s %8s %6s %8s\n", "scenario", "rms",
               "max", "settle", "poll", "limit", "x limit", "at 64 s", "x 64", "freq", "x freq",
               "x chronyd", "outside", "said", "x honest");
    }
}

/* "outage 12h w=1e-10 / holdover" */
static void line_name(const struct accuracy_line *l, char name[NAME_MAX])
{
    const char *window = l->window->name;

    snprintf(name, NAME_MAX, "%.63s%s%.30s", l->scenario->name, window ? " / " : "",
             window ? window : "");
}

static void print_line(const struct accuracy_line *l, bool markdown)
{
    char t[12][16], name[NAME_MAX];
    bool starts = l->scenario->score_settle;

    line_name(l, name);
    accuracy_report_seconds(l->rms_s, t[0]);
    accuracy_report_seconds(l->max_s, t[1]);
    accuracy_report_seconds(l->settle_s, t[2]);
    accuracy_report_seconds(l->limit_s, t[3]);
    ratio(starts ? 0 : l->x_limit, t[4]);
    accuracy_report_seconds(l->limit_64_s, t[5]);
    if (starts) {
        snprintf(t[3], sizeof t[3], "-");
        snprintf(t[5], sizeof t[5], "-");
    }
    ratio(starts ? 0 : l->x_limit_64, t[6]);
    ratio(l->x_chronyd, t[7]);
    frequency(l->freq, t[8]);
    frequency(l->freq_limit, t[9]);
    ratio(starts ? 0 : l->x_freq, t[10]);
    ratio(l->x_honest, t[11]);
    if (markdown) {
        printf(
            "| %s | %s | %s | %s | %.3g | %s | %s | %s | %s | %s | %s | %s | %s%s | %.2f %% | %.2f "
            "| %s |\n",
            name, t[0], t[1], t[2], l->poll_s, t[3], t[4], t[5], t[6], t[8], starts ? "-" : t[9],
            t[10], t[7], starts ? "*" : "", l->outside * 100, l->estimate, t[11]);
    } else {
        printf("%-34s %9s %9s %8s %6.3g %9s %7s %9s %6s %9s %6s %8s%1s %6.2f %% %6.2f %8s\n", name,
               t[0], t[1], t[2], l->poll_s, t[3], t[4], t[5], t[6], t[8], t[10], t[7],
               starts ? "*" : "", l->outside * 100, l->estimate, t[11]);
    }
}

static void print_group(const struct accuracy_line *lines, unsigned count, const char *group)
{
    double limit = 0, freq = 0, chronyd = 0, n = 0, n_limit = 0, n_chronyd = 0;

    for (unsigned i = 0; i < count; i++) {
        if (strcmp(lines[i].scenario->group, group) != 0) {
            continue;
        }
        n++;
        if (lines[i].has_limit) {
            limit += log(lines[i].x_limit);
            freq += log(lines[i].x_freq);
            n_limit++;
        }
        if (lines[i].x_chronyd > 0) {
            chronyd += log(lines[i].x_chronyd);
            n_chronyd++;
        }
    }
    n_limit = fmax(1, n_limit);
    printf("%-10s geometric mean of %2.0f: x limit %6.2f   frequency %6.2f   x chronyd %6.2f\n",
           group, n, exp(limit / n_limit), exp(freq / n_limit),
           n_chronyd > 0 ? exp(chronyd / n_chronyd) : 0.0);
}

/* Geometric means of each group, in the order of the table. */
static void print_groups(const struct accuracy_line *lines, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bool first = true;

        for (unsigned k = 0; k < i; k++) {
            first = first && strcmp(lines[k].scenario->group, lines[i].scenario->group) != 0;
        }
        if (first) {
            print_group(lines, count, lines[i].scenario->group);
        }
    }
}

void accuracy_report_table(const struct accuracy_line *lines, unsigned count, bool markdown)
{
    print_head(markdown);
    for (unsigned i = 0; i < count; i++) {
        print_line(&lines[i], markdown);
    }
    printf("\n");
    print_groups(lines, count);
}

void accuracy_report_worst(const struct accuracy_line *lines, unsigned count)
{
    printf("%-34s %9s %6s %8s\n", "scenario", "max", "seed", "x honest");
    for (unsigned i = 0; i < count; i++) {
        char name[NAME_MAX], max[16], times[16];

        line_name(&lines[i], name);
        printf("%-34s %9s %6llu %8s\n", name, accuracy_report_seconds(lines[i].max_s, max),
               (unsigned long long)lines[i].max_seed, ratio(lines[i].x_honest, times));
    }
}
