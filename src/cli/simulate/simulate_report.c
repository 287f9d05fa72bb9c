/* SPDX-License-Identifier: BSD-2-Clause */
/* The result of `toki simulate`: words for one case, a table for several, JSON, a picture. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/draw/render.h"
#include "cli/simulate/simulate.h"
#include "control/document.h"

#define JSON_MAX (1 << 18)
#define TEXT_MAX 512

/* ---- values ---- */

static bool varies(const struct simulation *s, unsigned axis)
{
    return s->options.axes[axis].count > 1;
}

/* "64 s", "64 to 1024 s" */
static const char *poll_text(int low, int high, char text[32])
{
    if (low == high) {
        snprintf(text, 32, "%g s", ldexp(1, low));
    } else {
        snprintf(text, 32, "%g to %g s", ldexp(1, low), ldexp(1, high));
    }
    return text;
}

/* "1e-9" */
static const char *power_text(double v, char text[32])
{
    int power = v > 0 ? (int)floor(log10(v) + 1e-9) : 0;

    snprintf(text, 32, "%.3g", v / pow(10, power));
    if (v > 0) {
        size_t used = strlen(text);

        snprintf(text + used, 32 - used, "e%d", power);
    }
    return text;
}

/* The value of a case on an axis, as people write it. */
static const char *value_text(const struct test_case *c, unsigned axis, char text[32])
{
    const struct simulate_value *v = &c->values[axis];

    switch ((enum simulate_axis)axis) {
    case AXIS_SERVERS: snprintf(text, 32, "%.0f", v->value); return text;
    case AXIS_POLL: return poll_text((int)v->value, (int)v->second, text);
    case AXIS_LOSS: snprintf(text, 32, "%.3g %%", v->value * 100); return text;
    case AXIS_WANDER: return power_text(v->value, text);
    case AXIS_CORRECTION: snprintf(text, 32, v->value > 0 ? "%.4g" : "auto", v->value); return text;
    case AXIS_DELAY:
    case AXIS_JITTER:
    case AXIS_ASYMMETRY:
    case SIMULATE_AXES: break;
    }
    snprintf(text, 32, "%.3g ms", v->value * 1000);
    return text;
}

static const char *const axis_names[SIMULATE_AXES] = {
    [AXIS_SERVERS] = "servers",     [AXIS_POLL] = "poll",
    [AXIS_DELAY] = "delay",         [AXIS_JITTER] = "jitter",
    [AXIS_LOSS] = "loss",           [AXIS_WANDER] = "wander",
    [AXIS_ASYMMETRY] = "asymmetry", [AXIS_CORRECTION] = "corrtimeratio",
};

void simulate_report_label(const struct simulation *s, const struct test_case *c, char *out,
                           size_t capacity)
{
    size_t used = 0;
    char text[32];

    out[0] = '\0';
    for (unsigned i = 0; i < SIMULATE_AXES && used < capacity; i++) {
        if (varies(s, i)) {
            bool number_first = i == AXIS_SERVERS;
            const char *value = value_text(c, i, text);
            int n = snprintf(out + used, capacity - used, "%s%s %s", used ? ", " : "",
                             number_first ? value : axis_names[i],
                             !number_first             ? value
                             : strcmp(value, "1") == 0 ? "server"
                                                       : "servers");

            used += n > 0 ? (size_t)n : 0;
        }
    }
    if (used < capacity) {
        snprintf(out + used, capacity - used, ": %.20s rms", render_seconds(c->result.rms_s, text));
    }
}

/* ---- words ---- */

static const char *plural(unsigned n)
{
    return n == 1 ? "" : "s";
}

/* A mean poll interval. */
static const char *poll_text_s(double s, char text[32])
{
    snprintf(text, 32, s < 9.5 ? "%.2g s" : "%.0f s", s);
    return s > 0 ? text : "-";
}

static const char *plain_seconds(double s, char text[32])
{
    return s > 0 ? render_seconds(s, text) : "0";
}

/* "5 servers, 1 reference clock" */
static void sources_text(const struct test_case *c, char out[64])
{
    char clocks[40] = "";

    if (c->refclocks) {
        snprintf(clocks, sizeof clocks, "%u reference clock%s", c->refclocks, plural(c->refclocks));
    }
    if (c->servers || !c->refclocks) {
        snprintf(out, 64, "%u server%s%s%s", c->servers, plural(c->servers), clocks[0] ? ", " : "",
                 clocks);
    } else {
        snprintf(out, 64, "%s", clocks);
    }
}

/* Adds ", word text" for an axis that all cases share. */
static size_t add_shared(const struct simulation *s, unsigned axis, const char *word, char *out,
                         size_t used)
{
    char text[32];
    int n;

    if (varies(s, axis) || s->options.axes[axis].count == 0 || used >= TEXT_MAX) {
        return used;
    }
    n = snprintf(out + used, TEXT_MAX - used, "%s%s%s", used ? ", " : "", word,
                 value_text(&s->cases[0], axis, text));
    return used + (n > 0 ? (size_t)n : 0);
}

/* "round trip 20 ms, jitter 1 ms, loss 1 %, wander 1e-9" */
static void network_text(const struct simulation *s, char out[TEXT_MAX])
{
    const struct simulate_options *o = &s->options;
    size_t used = 0;

    out[0] = '\0';
    used = add_shared(s, AXIS_DELAY, "round trip ", out, used);
    used = add_shared(s, AXIS_JITTER, "jitter ", out, used);
    if (varies(s, AXIS_LOSS) || s->cases[0].values[AXIS_LOSS].value > 0) {
        used = add_shared(s, AXIS_LOSS, "loss ", out, used);
    }
    if (fabs(s->cases[0].values[AXIS_ASYMMETRY].value) > 0) {
        used = add_shared(s, AXIS_ASYMMETRY, "asymmetry ", out, used);
    }
    used = add_shared(s, AXIS_WANDER, "wander ", out, used);
    if (o->temperature.value > 0 && used < TEXT_MAX) {
        char period[32];

        snprintf(out + used, TEXT_MAX - used, ", temperature %.3g ppm in %.20s",
                 o->temperature.value * 1e6, render_duration(o->temperature.second, period));
    }
}

static void print_setting(const struct simulation *s)
{
    const struct simulate_options *o = &s->options;
    char text[TEXT_MAX], name[TEXT_MAX], length[32], skipped[32], off[32];

    sources_text(&s->cases[0], text);
    printf("%s: %s\n", render_clean(s->name, name, sizeof name),
           varies(s, AXIS_SERVERS) ? "server counts compared" : text);
    for (unsigned i = 0; i < s->case_count; i++) {
        if (s->cases[i].left_out) {
            printf("  (%u more source%s did not fit into the simulated world)\n",
                   s->cases[i].left_out, plural(s->cases[i].left_out));
            break;
        }
    }
    network_text(s, text);
    printf("%s\n", text);
    printf(
        "%.20s, %u run%s; the clock starts %.20s %s and %.3g ppm %s; the accuracy excludes the "
        "first %.20s\n\n",
        render_duration(o->length_s, length), s->cases[0].runs, plural(s->cases[0].runs),
        plain_seconds(fabs(o->offset_s), off), o->offset_s < 0 ? "fast" : "slow",
        fabs(o->freq) * 1e6, o->freq < 0 ? "fast" : "slow", render_duration(s->settled_s, skipped));
}

static void print_corrections(const struct simulation *s)
{
    const struct test_case *c = &s->cases[0];
    char value[32], error[32], freq[32];

    value_text(c, AXIS_CORRECTION, value);
    printf("corrections  corrtimeratio %s%s\n", value,
           s->alternative_count > 0 ? "; other values would give" : "");
    for (unsigned i = 0; i < s->alternative_count; i++) {
        const struct test_case *other = &s->alternatives[i];

        printf("             %-4s  error %9s rms, frequency %9s rms\n",
               value_text(other, AXIS_CORRECTION, value), plain_seconds(other->result.rms_s, error),
               render_frequency(other->result.freq_rms, freq));
    }
}

static void print_one(const struct simulation *s)
{
    const struct test_case *c = &s->cases[0];
    const struct forecast_result *r = &c->result;
    char t[8][32];

    printf("accuracy     %s rms; 95 %% of the time below %s, 99 %% below %s, at most %s\n",
           plain_seconds(r->rms_s, t[0]), plain_seconds(r->p95_s, t[1]),
           plain_seconds(r->p99_s, t[2]), plain_seconds(r->max_s, t[3]));
    printf("frequency    error %s rms, at most %s\n", render_frequency(r->freq_rms, t[0]),
           render_frequency(r->freq_max, t[1]));
    printf("error bound  %s, at most %s; the error exceeded it %.2g %% of the time\n",
           plain_seconds(r->bound_s, t[0]), plain_seconds(r->bound_max_s, t[1]), r->outside * 100);
    printf("convergence  first set after %s; below 1 ms after %s, 100 us: %s, 10 us: %s\n",
           render_duration(r->first_set_s, t[0]), render_duration(r->below_s[0], t[1]),
           render_duration(r->below_s[1], t[2]), render_duration(r->below_s[2], t[3]));
    if (c->servers) {
        printf("packets      %.0f a day to %u server%s (%.3g an hour); mean poll interval %s\n",
               r->requests_per_day, c->servers, plural(c->servers), r->requests_per_day / 24,
               poll_text_s(r->poll_s, t[0]));
    }
    if (r->unsynchronised > 0) {
        printf("             not synchronised %.2g %% of the time\n", r->unsynchronised * 100);
    }
    print_corrections(s);
}

/* Columns of an axis in the table. */
static int axis_width(unsigned axis)
{
    return axis == AXIS_POLL ? 17 : (int)fmax(9, (double)strlen(axis_names[axis]));
}

static void print_table(const struct simulation *s)
{
    char t[32], t2[32];

    for (unsigned i = 0; i < SIMULATE_AXES; i++) {
        if (varies(s, i)) {
            printf("%-*s ", axis_width(i), axis_names[i]);
        }
    }
    printf("%9s %9s %9s %9s %9s | %9s %9s | %8s %8s %8s %8s | %8s %9s\n", "rms", "95 %", "99 %",
           "max", "bound", "freq rms", "max", "set", "<1 ms", "<100 us", "<10 us", "pkts/day",
           "mean poll");
    for (unsigned k = 0; k < s->case_count; k++) {
        const struct test_case *c = &s->cases[k];
        const struct forecast_result *r = &c->result;
        const double sizes[] = {r->rms_s, r->p95_s, r->p99_s, r->max_s, r->bound_s};
        const double times[] = {r->first_set_s, r->below_s[0], r->below_s[1], r->below_s[2]};

        for (unsigned i = 0; i < SIMULATE_AXES; i++) {
            if (varies(s, i)) {
                printf("%-*s ", axis_width(i), value_text(c, i, t));
            }
        }
        for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            printf("%9s ", plain_seconds(sizes[i], t));
        }
        printf("| %9s %9s |", render_frequency(r->freq_rms, t), render_frequency(r->freq_max, t2));
        for (unsigned i = 0; i < sizeof times / sizeof *times; i++) {
            printf(" %8s", render_duration(times[i], t));
        }
        printf(" | %8.0f %9s\n", r->requests_per_day, poll_text_s(r->poll_s, t));
    }
}

void simulate_report_words(const struct simulation *s)
{
    char hold[32];

    print_setting(s);
    if (s->case_count == 1) {
        print_one(s);
    } else {
        print_table(s);
    }
    printf("\n'Below' means for at least %.20s; times are medians over the runs. %s\n",
           render_duration(forecast_hold_s(s->options.length_s), hold),
           fabs(s->options.axes[AXIS_ASYMMETRY].values[0].value) > 0
               ? "Half of\nthe asymmetry is in the error."
               : "An\nasymmetric path adds half of its asymmetry to the error (--asymmetry).");
}

/* ---- JSON ---- */

/* Seconds, or null for never. */
static void document_when(struct document *d, const char *key, double s)
{
    if (isinf(s)) {
        document_null(d, key);
    } else {
        document_number(d, key, s);
    }
}

static void document_case(struct document *d, const struct simulation *s, const struct test_case *c)
{
    const struct forecast_result *r = &c->result;

    document_open_object(d, NULL);
    document_integer(d, "servers", c->servers);
    document_integer(d, "refclocks", c->refclocks);
    document_integer(d, "left_out", c->left_out);
    document_integer(d, "runs", c->runs);
    if (s->options.axes[AXIS_POLL].count > 0) {
        document_integer(d, "minpoll", (int64_t)c->values[AXIS_POLL].value);
        document_integer(d, "maxpoll", (int64_t)c->values[AXIS_POLL].second);
    } else {
        document_null(d, "minpoll"); /* as the lines of the file say */
        document_null(d, "maxpoll");
    }
    if (c->values[AXIS_CORRECTION].value > 0) {
        document_number(d, "corrtimeratio", c->values[AXIS_CORRECTION].value);
    } else {
        document_null(d, "corrtimeratio"); /* automatic */
    }
    document_number(d, "delay_s", c->values[AXIS_DELAY].value);
    document_number(d, "jitter_s", c->values[AXIS_JITTER].value);
    document_number(d, "loss", c->values[AXIS_LOSS].value);
    document_number(d, "asymmetry_s", c->values[AXIS_ASYMMETRY].value);
    document_number(d, "wander", c->values[AXIS_WANDER].value);
    document_number(d, "rms_s", r->rms_s);
    document_number(d, "p95_s", r->p95_s);
    document_number(d, "p99_s", r->p99_s);
    document_number(d, "max_s", r->max_s);
    document_number(d, "frequency_rms_ppm", r->freq_rms * 1e6);
    document_number(d, "frequency_max_ppm", r->freq_max * 1e6);
    document_number(d, "bound_s", r->bound_s);
    document_number(d, "bound_max_s", r->bound_max_s);
    document_number(d, "outside", r->outside);
    document_number(d, "unsynchronised", r->unsynchronised);
    document_when(d, "first_set_s", r->first_set_s);
    document_when(d, "below_1ms_s", r->below_s[0]);
    document_when(d, "below_100us_s", r->below_s[1]);
    document_when(d, "below_10us_s", r->below_s[2]);
    document_number(d, "packets", r->requests);
    document_number(d, "packets_per_day", r->requests_per_day);
    document_number(d, "poll_s", r->poll_s);
    document_number(d, "steps", r->steps);
    document_close_object(d);
}

void simulate_report_json(const struct simulation *s)
{
    static char out[JSON_MAX];
    struct document d;

    document_begin(&d, out, sizeof out);
    document_open_object(&d, NULL);
    document_integer(&d, "version", 1);
    document_string(&d, "command", "simulate");
    document_string(&d, "config", s->options.config);
    document_string(&d, "language", config_dialect_name(s->config->dialect));
    document_number(&d, "length_s", s->options.length_s);
    document_number(&d, "settled_from_s", s->settled_s);
    document_integer(&d, "seed", (int64_t)s->options.seed);
    document_open_array(&d, "results");
    for (unsigned i = 0; i < s->case_count; i++) {
        document_case(&d, s, &s->cases[i]);
    }
    document_close_array(&d);
    document_close_object(&d);
    if (document_finish(&d)) {
        fputs(out, stdout);
    }
}

/* ---- the picture ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* "Predicted clock error: chrony.conf, 2 servers", "...: poll and servers compared" */
static void plot_title(const struct simulation *s, char out[TEXT_MAX])
{
    const char *file = s->options.config ? base_name(s->options.config) : "";
    size_t used = (size_t)snprintf(out, TEXT_MAX, "Predicted clock error: %.100s", file);
    const char *between = file[0] ? ", " : "";
    char sources[64];

    if (!varies(s, AXIS_SERVERS)) {
        sources_text(&s->cases[0], sources);
        used += (size_t)snprintf(out + used, TEXT_MAX - used, "%s%s", between, sources);
        between = ", ";
    }
    for (unsigned i = 0; i < SIMULATE_AXES; i++) {
        if (varies(s, i)) {
            used += (size_t)snprintf(out + used, TEXT_MAX - used, "%s%s", between, axis_names[i]);
            between = " and ";
        }
    }
    if (s->case_count > 1) {
        snprintf(out + used, TEXT_MAX - used, " compared");
    }
}

bool simulate_report_plot(const struct simulation *s)
{
    char title[TEXT_MAX], network[TEXT_MAX], result[TEXT_MAX] = "", t[3][32];
    FILE *out = fopen(s->options.plot, "w");
    bool good;

    if (!out) {
        fputs("toki: cannot write ", stderr);
        perror(s->options.plot);
        return false;
    }
    network_text(s, network);
    plot_title(s, title);
    if (s->case_count == 1) {
        const struct forecast_result *r = &s->cases[0].result;

        snprintf(result, sizeof result,
                 "Error %.16s rms, 99 %% of the time below %.16s; bound %.16s; %.0f packets a day",
                 plain_seconds(r->rms_s, t[0]), plain_seconds(r->p99_s, t[1]),
                 plain_seconds(r->bound_s, t[2]), r->requests_per_day);
    }
    plot_write(s->plot, title, network, result, out);
    good = !ferror(out);
    if (fclose(out) != 0 || !good) {
        fprintf(stderr, "toki: simulate: cannot write %s\n", s->options.plot);
        return false;
    }
    return true;
}
