/* SPDX-License-Identifier: BSD-2-Clause */
/* toki simulate: how good would this configuration be on that network? The user's file is read as
 * tokid would, and its sources are put into simulated worlds (sim/forecast.h), one for each
 * combination of the values to be compared. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/command.h"
#include "cli/simulate/simulate.h"

#define SETTLE_MAX_S 21600.0 /* not counted for the accuracy */
#define RUNS_DEFAULT 5
#define RUNS_SAMPLES 400000.0 /* without --runs: as many as give about this many samples */
/* Alternatives nobody asked for: what a sample costs, in simulated seconds, and how many of those
 * an alternative may take (a second or less of real time). */
#define SAMPLE_WORK_S 80.0
#define ALTERNATIVE_WORK_MAX_S 1e7

static const char default_text[] = "server HOST iburst\nmakestep 1 3\n";

/* ---- the configuration ---- */

static bool load_config(struct simulation *s)
{
    struct simulate_list *ratios = &s->options.axes[AXIS_CORRECTION];
    const char *file = s->options.config;
    char text[2048];
    bool good;

    s->config = config_new();
    if (!s->config) {
        fputs("toki: out of memory\n", stderr);
        return false;
    }
    s->name = file ? file : "no file given, server HOST iburst";
    good = file ? config_load(s->config, file, DIALECT_UNKNOWN)
                : config_load_text(s->config, "default", default_text, sizeof default_text - 1,
                                   DIALECT_CHRONY);
    for (unsigned i = 0; i < s->config->message_count; i++) {
        if (s->config->messages[i].severity == CONFIG_ERROR) {
            config_message_format(&s->config->messages[i], text, sizeof text);
            fputs(text, stderr);
        }
    }
    if (!good) {
        fprintf(stderr, "toki: simulate: %s has errors; 'toki check' lists all of them\n", file);
    }
    s->correction_given = ratios->count > 0;
    if (!s->correction_given) {
        ratios->values[ratios->count++].value = s->config->settings.correction_ratio;
    }
    return good;
}

/* Adds `count` servers of a line, up to `most` in all. */
static unsigned add_servers(struct settings *out, const struct source_spec *line, unsigned count,
                            unsigned most)
{
    unsigned added = 0;

    while (added < count && added < most && out->spec_count < SOURCE_SPECS_MAX) {
        out->specs[out->spec_count] = *line;
        out->specs[out->spec_count++].kind = SOURCE_SERVER;
        added++;
    }
    return added;
}

/* The same settings, but with the first `wanted` servers: pools count with their members; if there
 * are not enough, the last one is there several times. */
static void choose_servers(struct settings *s, unsigned wanted)
{
    const struct settings *given = s;
    struct settings *out = malloc(sizeof *out);
    struct source_spec last = {.kind = SOURCE_SERVER,
                               .port = NTP_PORT,
                               .minpoll = 6,
                               .maxpoll = 10,
                               .version = 4,
                               .max_delay_s = 3,
                               .iburst = true};
    unsigned have = 0;

    assert(out);
    *out = *given;
    out->spec_count = 0;
    for (unsigned i = 0; i < given->spec_count; i++) {
        const struct source_spec *line = &given->specs[i];

        if (line->kind == SOURCE_REFCLOCK) {
            out->specs[out->spec_count++] = *line;
            continue;
        }
        have += add_servers(out, line, line->kind == SOURCE_POOL ? line->max_sources : 1,
                            wanted - have);
        last = *line;
    }
    add_servers(out, &last, wanted - have, wanted - have);
    *s = *out;
    free(out);
}

static void choose_poll(struct settings *s, const struct simulate_value *poll)
{
    for (unsigned i = 0; i < s->spec_count; i++) {
        if (s->specs[i].kind != SOURCE_REFCLOCK) {
            s->specs[i].minpoll = (int)poll->value;
            s->specs[i].maxpoll = (int)poll->second;
        }
    }
}

/* ---- cases ---- */

/* Every combination of the lists; the last axis changes first. */
static bool make_cases(struct simulation *s)
{
    unsigned place[SIMULATE_AXES] = {0};

    while (s->case_count < SIMULATE_CASES_MAX) {
        struct test_case *c = &s->cases[s->case_count++];
        int axis = SIMULATE_AXES - 1;

        for (unsigned i = 0; i < SIMULATE_AXES; i++) {
            c->values[i] = s->options.axes[i].values[place[i]];
        }
        while (axis >= 0 && ++place[axis] >= s->options.axes[axis].count) {
            place[axis--] = 0;
        }
        if (axis < 0) {
            if (s->options.plot && s->case_count > PLOT_CURVES_MAX) {
                fprintf(stderr,
                        "toki: simulate: %u combinations are too many for one picture: at most %d, "
                        "or omit --plot\n",
                        s->case_count, PLOT_CURVES_MAX);
                return false;
            }
            return true;
        }
    }
    fprintf(stderr, "toki: simulate: more than %d combinations\n", SIMULATE_CASES_MAX);
    return false;
}

/* ---- running ---- */

static void to_plot(void *context, double now_s, double error_s, double bound_s)
{
    plot_add(context, now_s, error_s, bound_s);
}

static struct link_settings make_path(const struct simulation *s, const struct test_case *c,
                                      double sign)
{
    const struct simulate_options *o = &s->options;

    return (struct link_settings){
        .delay_s =
            fmax(0, (c->values[AXIS_DELAY].value + sign * c->values[AXIS_ASYMMETRY].value) / 2),
        .jitter_s = c->values[AXIS_JITTER].value,
        .loss = c->values[AXIS_LOSS].value,
        .spike_often = o->spikes.value,
        .spike_s = o->spikes.second,
        .outage_from_s = o->outage.value,
        .outage_to_s = o->outage.value + o->outage.second,
    };
}

/* Samples of a run, if all poll at their fastest. */
static double samples_of(const struct settings *s, double length_s)
{
    double per_second = 0;

    for (unsigned i = 0; i < s->spec_count; i++) {
        const struct source_spec *spec = &s->specs[i];
        double sources = spec->kind == SOURCE_POOL ? spec->max_sources : 1;

        per_second += sources * ldexp(1, spec->kind == SOURCE_REFCLOCK ? -spec->refclock_poll
                                                                       : -spec->minpoll);
    }
    return fmax(1, per_second * length_s);
}

static void run_case(struct simulation *s, struct test_case *c, struct plot *plot)
{
    const struct simulate_options *o = &s->options;
    struct forecast_setup setup = {
        .settings = &s->settings,
        .up = make_path(s, c, 1),
        .down = make_path(s, c, -1),
        /* the simulator's clocks are ahead by positive numbers */
        .clock = {.offset_s = -o->offset_s,
                  .freq = -o->freq,
                  .wander = c->values[AXIS_WANDER].value,
                  .amplitude = o->temperature.value,
                  .period_s = o->temperature.second},
        .refclock_noise_s = o->refclock_noise_s,
        .length_s = o->length_s,
        .settled_s = s->settled_s,
    };
    char label[PLOT_TEXT_MAX];

    s->settings = s->config->settings;
    s->settings.correction_ratio = c->values[AXIS_CORRECTION].value;
    if (o->axes[AXIS_SERVERS].count > 0) {
        choose_servers(&s->settings, (unsigned)c->values[AXIS_SERVERS].value);
    }
    if (o->axes[AXIS_POLL].count > 0) {
        choose_poll(&s->settings, &c->values[AXIS_POLL]);
    }
    c->runs = o->runs;
    if (c->runs == 0) {
        c->runs = (unsigned)fmax(
            1, fmin(RUNS_DEFAULT, RUNS_SAMPLES / samples_of(&s->settings, o->length_s)));
    }
    forecast_init(&s->forecast);
    for (unsigned i = 0; i < c->runs; i++) {
        setup.second = i == 0 && plot ? to_plot : NULL;
        setup.context = plot;
        if (setup.second) {
            plot_begin(plot);
        }
        forecast_run(&s->forecast, &setup, o->seed + i);
    }
    forecast_finish(&s->forecast, &c->result);
    if (plot) {
        simulate_report_label(s, c, label, sizeof label);
        plot_name(plot, label);
    }
    c->servers = s->forecast.servers;
    c->refclocks = s->forecast.refclocks;
    c->left_out = s->forecast.left_out;
}

/* What other corrections would make of the only case, if nobody asked and it takes no time. */
static void run_alternatives(struct simulation *s)
{
    static const double ratios[SIMULATE_ALTERNATIVES_MAX] = {0, 1, 3, 10}; /* chronyd has 3 */
    const struct simulate_options *o = &s->options;
    const struct test_case *only = &s->cases[0];
    double work_s = o->length_s + SAMPLE_WORK_S * samples_of(&s->settings, o->length_s);

    if (s->case_count > 1 || s->correction_given || o->json ||
        only->runs * work_s > ALTERNATIVE_WORK_MAX_S) {
        return;
    }
    for (unsigned i = 0; i < SIMULATE_ALTERNATIVES_MAX; i++) {
        struct test_case *other = &s->alternatives[s->alternative_count];

        *other = *only;
        other->values[AXIS_CORRECTION].value = ratios[i];
        if (fabs(ratios[i] - only->values[AXIS_CORRECTION].value) > 0) {
            run_case(s, other, NULL);
            s->alternative_count++;
        }
    }
}

/* ---- all ---- */

static bool run_cases(struct simulation *s)
{
    s->settled_s = fmin(SETTLE_MAX_S, s->options.length_s / 4);
    if (s->options.plot) {
        s->plot = plot_new(s->options.length_s, s->settled_s);
        if (!s->plot) {
            fputs("toki: out of memory\n", stderr);
            return false;
        }
    }
    for (unsigned i = 0; i < s->case_count; i++) {
        run_case(s, &s->cases[i], s->plot);
        if (s->cases[i].servers + s->cases[i].refclocks == 0) {
            fprintf(stderr,
                    "toki: simulate: %s has no source of time; add one, or give --servers N\n",
                    s->name);
            return false;
        }
    }
    run_alternatives(s);
    return true;
}

static bool check_options(const struct simulation *s)
{
    const struct simulate_list *delays = &s->options.axes[AXIS_DELAY];
    const struct simulate_list *asymmetries = &s->options.axes[AXIS_ASYMMETRY];

    for (unsigned i = 0; i < delays->count; i++) {
        for (unsigned k = 0; k < asymmetries->count; k++) {
            if (fabs(asymmetries->values[k].value) > delays->values[i].value) {
                fputs("toki: --asymmetry: a path cannot be more asymmetric than its --delay\n",
                      stderr);
                return false;
            }
        }
    }
    return true;
}

static int run(const struct args_command *self, int argc, char **argv)
{
    struct simulation *s = calloc(1, sizeof *s);
    int exit_code = EXIT_USAGE;
    bool good;

    if (!s) {
        fputs("toki: out of memory\n", stderr);
        return EXIT_USAGE;
    }
    good = simulate_options_read(self, argc, argv, &s->options, &exit_code);
    exit_code = good ? EXIT_USAGE : exit_code;
    if (good && check_options(s) && load_config(s) && make_cases(s) && run_cases(s)) {
        if (s->options.json) {
            simulate_report_json(s);
        } else {
            simulate_report_words(s);
        }
        exit_code = !s->options.plot || simulate_report_plot(s) ? EXIT_GOOD : EXIT_USAGE;
    }
    plot_free(s->plot);
    config_free(s->config);
    free(s);
    return exit_code;
}

static const char notes[] =
    "A LIST compares: --poll 6,8,10 --servers 1,4 gives a row, and a curve, for each\n"
    "combination. Units: ns us ms s min h d; % for parts; ppm, ppb or none for rates.\n"
    "\n"
    "Typical values           --delay         --jitter\n"
    "  LAN                    0.1ms to 0.3ms  5us to 50us\n"
    "  internet, same country 5ms to 20ms     0.1ms to 1ms\n"
    "  internet, far away     80ms to 300ms   0.5ms to 3ms\n"
    "  cable, ADSL            15ms to 40ms    0.5ms to 5ms   --asymmetry 2ms to 10ms\n"
    "  Wi-Fi                  2ms to 5ms      0.5ms to 3ms   --spikes 5%/20ms\n"
    "  LTE                    30ms to 60ms    5ms to 15ms    --spikes 3%/50ms\n"
    "  satellite              600ms           5ms to 30ms    --loss 1%\n"
    "  reference clock        PPS: --refclock-noise 1us; NMEA, serial line: 10ms\n"
    "Typical --wander: ordinary quartz 1e-9, the same in a busy laptop 1e-8,\n"
    "TCXO 1e-10, OCXO 1e-11.\n";

const struct args_command simulate_command = {
    .name = "simulate",
    .summary = "Predict accuracy and traffic of a configuration on a network",
    .options = simulate_option_rows,
    .help =
        "Predicts how well tokid would keep a clock with your configuration on your network, "
        "with tokid's own engine in a simulated world: accuracy of time and frequency, the error "
        "bound "
        "sent to clients, packets, and how soon after the start the clock is right. Nothing is "
        "sent, and "
        "no clock is touched.",
    .notes = notes,
    .exits = {"done", NULL,
              "wrong usage, a configuration with errors, or the picture cannot be written"},
    .examples =
        "toki simulate --config /etc/chrony.conf --delay 20ms --plot clock.svg\n"
        "toki simulate --poll 6,8,10 --servers 1,4 --delay 20ms --jitter 1ms\n"
        "toki simulate --corrtimeratio auto,1,3,10 --delay 0.2ms --jitter 20us",
    .run = run,
    .group = GROUP_CONFIGURATION,
};
