/* SPDX-License-Identifier: BSD-2-Clause */
/* The sync role: the loop with what belongs around it, that is configuration, reload and the order
 * to end. */
#include "daemon/sync.h"

#include <math.h>
#include <stdio.h>

#include "daemon/commands.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/orders.h"
#include "daemon/parent.h"
#include "daemon/rights.h"
#include "daemon/state_files.h"
#include "os/process.h"

static struct loop loop; /* large; one for each process */
static struct refclocks refclocks;
static struct addresses addresses;
static struct chronyc_endpoint chronyc;

/* How well a frequency is known that an admin wrote down. */
#define CONFIGURED_DRIFT_SD 1e-6

static struct loop_setup make_setup(struct tokid *t, const struct role_start *start)
{
    const struct config *config = configuration_current(t->config);
    struct loop_setup setup = {.config = config,
                               .config_file = t->config->file,
                               .clock_control = t->clock_control,
                               .remote_port = (uint16_t)t->options.remote_port,
                               .server_port = t->server.port,
                               .page = t->page,
                               .clients = t->clients,
                               .history = t->history,
                               .worker = t->worker,
                               .worker_count = t->options.workers,
                               .server_count = t->server.count,
                               .refclocks = &refclocks,
                               .lookup = start->others[ROLE_LOOKUP][0],
                               .parent = start->parent,
                               .endpoint = t->endpoint,
                               .driver = t->driver};

    state_files_read_addresses(config, &addresses);
    setup.addresses = &addresses;
    setup.have_drift = state_files_read_drift(config, &setup.drift, &setup.drift_sd);
    if (config->have_frequency) {
        setup.have_drift = true;
        setup.drift = config->frequency;
        setup.drift_sd = CONFIGURED_DRIFT_SD;
    }
    for (unsigned i = 0; i < t->server.count; i++) {
        setup.servers[i] = t->server.sockets[i];
    }
    return setup;
}

static struct queries *new_queries(const int channels[ROLE_PLACES_MAX])
{
    struct queries *q = queries_new(channels, ROLE_PLACES_MAX);

    if (q) {
        process_system_names(q->mode6.system, q->mode6.release, q->mode6.processor);
    }
    return q;
}

int sync_run(struct tokid *t, const struct role_start *start)
{
    struct loop_setup setup = make_setup(t, start);
    struct orders orders;

    refclocks_configure(&refclocks, &setup.config->settings);
    setup.queries = new_queries(start->others[ROLE_SERVE]);
    commands_open(&chronyc, setup.config, rights_user(t));
    setup.chronyc = &chronyc;
    if (!rights_drop(t, start->role)) {
        return 1;
    }
    loop_init(&loop, &setup);
    orders_init(&orders, t, &loop, start->parent);
    log_line(LEVEL_NOTICE, "started config=%s language=\"%s\" clock=%s sources=%u drift_ppm=%.3f",
             t->config->file, config_dialect_name(setup.config->dialect), t->driver,
             setup.config->settings.spec_count, setup.have_drift ? setup.drift * 1e6 : 0.0);
    parent_ready(start->parent);
    while (!process_take_signal(SIGNAL_END) && !orders.end) {
        orders_carry_out(&orders);
        loop_once(&loop);
    }
    loop_end(&loop);
    log_line(LEVEL_NOTICE, "ended");
    return 0;
}

/* What a run of -q or -Q has come to. */
struct progress {
    unsigned sources, ready, used;
};

/* A burst is over when a source gave this number of samples, or has clearly nothing to say. */
#define ONCE_SAMPLES 4
#define ONCE_MISSED 3

static struct progress look(const struct engine *e)
{
    struct progress p = {0};

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &e->sources[i];

        if (s->status != SOURCE_UNUSED) {
            p.sources++;
            p.ready += s->filter.total >= ONCE_SAMPLES || s->missed >= ONCE_MISSED;
            p.used += s->status == SOURCE_SELECTED || s->status == SOURCE_COMBINED;
        }
    }
    return p;
}

/* After a failure: what each source has to say. */
static void print_reasons(const struct engine *e, struct instant now)
{
    static struct report report;
    struct report_input input = {.engine = e, .now = now, .true_error_s = (double)NAN};

    report_fill(&report, &input);
    fprintf(stderr, "tokid: no good time found. %s\n", report.clock.words.sentence);
    for (unsigned i = 0; i < report.source_count; i++) {
        fprintf(stderr, "  %s: %s\n", report.sources[i].name, report.sources[i].words.sentence);
    }
}

static void print_result(bool set, struct instant begin, struct progress p)
{
    struct instant now = clock_now();
    double offset_s = engine_clock_offset(&loop.engine, now.mono);
    double stepped_s = s_from_ns((now.wall.ns - begin.wall.ns) - (now.mono.ns - begin.mono.ns));

    if (!set) {
        printf(
            "tokid: the clock is %.6f s %s (offset %+.9f s, give or take %.6f s; %u of %u "
            "sources used); not changed\n",
            fabs(offset_s), offset_s < 0 ? "fast" : "slow", offset_s,
            loop.engine.discipline.estimate.offset_sd_s, p.used, p.sources);
        return;
    }
    printf(
        "tokid: the clock was %.6f s %s and has been set (stepped by %+.6f s; %+.9f s left; %u "
        "of %u sources used)\n",
        fabs(stepped_s + offset_s), stepped_s + offset_s < 0 ? "fast" : "slow", stepped_s, offset_s,
        p.used, p.sources);
}

/* With -q the engine may step by whatever it finds, each time: nothing runs yet that would mind. */
#define ONCE_STEP_S 0.001

int sync_run_once(struct tokid *t, const struct role_start *start)
{
    static struct config config;
    struct loop_setup setup = make_setup(t, start);
    struct instant begin = clock_now();
    struct mono_time limit = mono_after(begin.mono, t->options.timeout_s);
    struct mono_time patience = mono_after(begin.mono, t->options.timeout_s / 2);
    bool set = t->options.set_once;

    config = *setup.config;
    config.settings.step_threshold_s = ONCE_STEP_S;
    config.settings.step_updates = -1;
    config.settings.stepout_s = 0;
    config.driftfile[0] = '\0'; /* too short a look to learn a frequency from */
    setup.config = &config;
    setup.quick = true;
    setup.endpoint = NULL;
    setup.page = NULL;
    setup.history = NULL;
    setup.worker = NULL;
    setup.server_count = 0;
    refclocks_configure(&refclocks, &setup.config->settings);
    if (!rights_drop(t, start->role)) {
        return 1;
    }
    loop_init(&loop, &setup);
    while (!process_take_signal(SIGNAL_END)) {
        struct progress p = look(&loop.engine);
        struct mono_time now = clock_now().mono;
        bool known = loop.engine.selection.valid && p.used > 0 &&
                     (!set || loop.engine.discipline.updates > 0);

        if (known && (p.ready == p.sources || now.ns >= patience.ns)) {
            print_result(set, begin, p);
            loop_end(&loop);
            return 0;
        }
        if (now.ns >= limit.ns || loop.engine.discipline.state == DISCIPLINE_PANIC) {
            break;
        }
        loop_once(&loop);
    }
    print_reasons(&loop.engine, clock_now());
    loop_end(&loop);
    return 1;
}
