/* SPDX-License-Identifier: BSD-2-Clause */
/* The main loop. loop_dispatch() is the order in which things happen in a round:
 * stamps of what was sent, replies, reference clocks, names, requests of our own clients, control,
 * what is due. */
#include "daemon/loop.h"

#include <math.h>
#include <string.h>

#include "daemon/chronicle.h"
#include "daemon/commands.h"
#include "daemon/effects.h"
#include "daemon/log.h"
#include "daemon/lookup.h"
#include "daemon/parent.h"
#include "daemon/statistics.h"
#include "os/clock.h"
#include "os/random.h"

/* The longest sleep: a signal between the look at its flag and the sleep waits that long. */
#define LOOP_SLEEP_MAX_S 1.0

/* A frequency that is known worse than this is no better than none (the engine holds it so too). */
#define DRIFT_SD_WORTH_KEEPING 1e-5

/* How often the addresses that work are looked at, to be kept if they are others. */
#define COLLECTION_S 60.0

/* What the command line overrides in the settings of the config. */
static void make_settings(const struct loop_setup *setup, struct settings *out)
{
    *out = setup->config->settings;
    out->keys = &setup->config->keys;
    out->clock_control = out->clock_control && setup->clock_control;
    for (unsigned i = 0; i < out->spec_count; i++) {
        struct source_spec *spec = &out->specs[i];

        if (setup->remote_port) {
            spec->port = setup->remote_port;
            spec->address.port = spec->address.family ? setup->remote_port : 0;
        }
        spec->iburst = spec->iburst || setup->quick;
        for (unsigned family = 0; family < 2; family++) {
            if (spec->from[family].family == ADDRESS_NONE) {
                spec->from[family] = setup->config->acquisition_address[family];
            }
        }
    }
}

/* How requests leave, and whose replies are dropped. */
static void configure_requests(struct requests *r, const struct config *config)
{
    r->dscp = config->dscp;
    r->port = (uint16_t)config->acquisition_port;
    memcpy(r->device, config->acquisition_device, sizeof r->device);
    r->access = &config->access;
    r->have_source_access = config->have_source_access;
    r->source_access = config->source_access;
}

void loop_init(struct loop *loop, const struct loop_setup *setup)
{
    struct engine_start start = {.now = clock_now(),
                                 .precision_s = clock_precision(),
                                 .rate = clock_initial_rate(),
                                 .have_drift = setup->have_drift,
                                 .drift = setup->drift,
                                 .drift_sd = setup->drift_sd};
    struct settings settings;

    memset(loop, 0, sizeof *loop);
    loop->setup = *setup;
    loop->started = start.now;
    loop->heartbeat = start.now.mono;
    loop->next_collection = mono_after(start.now.mono, COLLECTION_S);
    loop->next_served = mono_after(start.now.mono, STATISTICS_SERVED_S);
    if (setup->addresses) {
        loop->addresses = *setup->addresses;
    }
    requests_init(&loop->requests, setup->config->dscp);
    configure_requests(&loop->requests, setup->config);
    if (setup->config->clock_precision_s > 0) {
        start.precision_s = setup->config->clock_precision_s;
    }
    random_system(start.seed, sizeof start.seed);
    start.self_count =
        udp_own_addresses(start.self, (unsigned)(sizeof start.self / sizeof start.self[0]));
    make_settings(setup, &settings);
    engine_init(&loop->engine, &settings, &start);
    if (setup->lookup >= 0) {
        wait_add(&loop->wait, setup->lookup, WAIT_READ);
    }
    if (setup->parent >= 0) {
        wait_add(&loop->wait, setup->parent, WAIT_READ);
    }
    for (unsigned i = 0; setup->worker && i < setup->server_count; i++) {
        wait_add(&loop->wait, setup->servers[i], WAIT_READ);
    }
    if (setup->refclocks) {
        refclocks_register(setup->refclocks, &loop->wait);
    }
    if (setup->endpoint) {
        endpoint_register(setup->endpoint, &loop->wait);
    }
    if (setup->queries) {
        queries_register(setup->queries, &loop->wait);
    }
    if (setup->chronyc) {
        chronyc_endpoint_register(setup->chronyc, &loop->wait);
    }
    effects_carry_out(loop);
}

/* Samples of the reference clocks that are due. */
static void read_refclocks(struct loop *loop)
{
    struct refclocks *refclocks = loop->setup.refclocks;

    for (uint16_t i = 0; refclocks && refclocks->count > 0 && i < SOURCES_MAX; i++) {
        if (refclocks_read(refclocks, &loop->wait, &loop->engine, i)) {
            effects_carry_out(loop);
        }
    }
}

static struct mono_time earlier(struct mono_time a, struct mono_time b)
{
    return a.ns < b.ns ? a : b;
}

/* Worker processes want a sign of life each second; a worker in this loop does not. */
static bool has_heartbeat(const struct loop *loop)
{
    return loop->setup.server_port && loop->setup.page && !loop->setup.worker;
}

struct mono_time loop_deadline(const struct loop *loop)
{
    struct mono_time deadline = engine_deadline(&loop->engine);

    if (has_heartbeat(loop)) {
        deadline = earlier(deadline, loop->heartbeat);
    }
    if (loop->setup.endpoint) {
        deadline = earlier(deadline, endpoint_deadline(loop->setup.endpoint));
    }
    if (loop->setup.chronyc) {
        deadline = earlier(deadline, chronyc_endpoint_deadline(loop->setup.chronyc));
    }
    if (loop->setup.refclocks) {
        deadline = earlier(deadline, refclocks_deadline(loop->setup.refclocks, &loop->engine));
    }
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        if (loop->lookup_pending[i]) {
            deadline = earlier(deadline, loop->lookup_limit[i]);
        }
    }
    return deadline;
}

/* Answers of the lookup role. One for a source that is gone meanwhile is dropped. */
static void receive_names(struct loop *loop)
{
    struct lookup_answer answer;

    if (loop->setup.lookup < 0 || !(wait_ready(&loop->wait, loop->setup.lookup) & WAIT_READ)) {
        return;
    }
    while (lookup_receive(loop->setup.lookup, &answer)) {
        const struct source *source = &loop->engine.sources[answer.source];

        if (loop->lookup_pending[answer.source] && strcmp(source->config.name, answer.name) == 0) {
            loop->lookup_pending[answer.source] = false;
            engine_look_up_failed(&loop->engine, answer.source, (int)answer.error);
            addresses_resolved(&loop->addresses, &loop->engine, clock_now(), answer.source,
                               answer.addresses, answer.count);
            effects_carry_out(loop);
        }
    }
}

static void expire_names(struct loop *loop, struct instant now)
{
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        if (loop->lookup_pending[i] && loop->lookup_limit[i].ns <= now.mono.ns) {
            loop->lookup_pending[i] = false;
            engine_look_up_failed(&loop->engine, i, NAMES_SILENT);
            addresses_resolved(&loop->addresses, &loop->engine, now, i, NULL, 0);
            effects_carry_out(loop);
        }
    }
}

/* What the workers counted, summed up. */
static void report_server(const struct loop *loop, struct report_server *out)
{
    const struct serve_page *page = loop->setup.page;

    *out = (struct report_server){
        .open = loop->setup.server_port != 0,
        .port = loop->setup.server_port,
        .workers = loop->setup.server_port && !loop->setup.worker ? loop->setup.worker_count : 0};
    for (unsigned w = 0; page && w < PAGE_WORKERS_MAX; w++) {
        out->received += page->counters[w].received;
        out->send_errors += page->counters[w].send_errors;
        out->authenticated += page->counters[w].authenticated;
        out->kernel_stamps += page->counters[w].stamps[STAMP_KERNEL];
        for (unsigned i = 0; i < 8; i++) {
            out->old_version += i < 4 ? page->counters[w].versions[i] : 0;
            out->versions[i] += page->counters[w].versions[i];
            out->old_modes[i] += page->counters[w].old_modes[i];
        }
        for (unsigned v = 0; v < RESPOND_VERDICTS; v++) {
            out->counters[v] += page->counters[w].verdicts[v];
        }
    }
    out->answered = out->counters[RESPOND_ANSWERED];
}

/* What reports are made from. */
static void fill_input(const struct loop *loop, struct instant now, struct report_input *out)
{
    *out = (struct report_input){
        .engine = &loop->engine,
        .now = now,
        .uptime_s = s_from_ns(now.mono.ns - loop->started.mono.ns),
        .pid = parent_pid(loop->setup.parent),
        .config_file = loop->setup.config_file,
        .language = config_dialect_name(loop->setup.config->dialect),
        .driver = loop->setup.driver,
        .config = loop->setup.config,
        .clients = loop->setup.clients,
        .history = loop->setup.history,
        .wakeups = loop->wakeups,
        .good_wakeups = loop->good_wakeups,
        .max_rate = clock_max_rate(),
    };
    if (!clock_true_error(&out->true_error_s)) {
        out->true_error_s = (double)NAN;
    }
    clock_get_status(&out->kernel);
    report_server(loop, &out->server);
}

static void serve_control(struct loop *loop, struct instant now)
{
    struct endpoint *endpoint = loop->setup.endpoint;
    struct chronyc_endpoint *chronyc = loop->setup.chronyc;
    struct report_input input;

    if (endpoint && (endpoint_is_ready(endpoint, &loop->wait) ||
                     endpoint_deadline(endpoint).ns <= now.mono.ns)) {
        fill_input(loop, now, &input);
        endpoint_handle(endpoint, &loop->wait, &input);
    }
    if (chronyc && (chronyc_endpoint_is_ready(chronyc, &loop->wait) ||
                    chronyc_endpoint_deadline(chronyc).ns <= now.mono.ns)) {
        fill_input(loop, now, &input);
        chronyc_endpoint_handle(chronyc, &loop->wait, &input);
    }
}

/* Control requests that workers passed on. */
static void serve_queries(struct loop *loop, struct instant now)
{
    struct queries *queries = loop->setup.queries;
    struct report_input input;

    if (queries && queries_is_ready(queries, &loop->wait)) {
        fill_input(loop, now, &input);
        queries_handle(queries, &input);
    }
}

/* Those of the worker in this loop. */
static void answer_queries(struct loop *loop, int fd)
{
    struct report_input input;

    if (loop->setup.queries && loop->setup.worker->control_count > 0) {
        fill_input(loop, clock_now(), &input);
        queries_handle_batch(loop->setup.queries, loop->setup.worker, fd, &input);
    }
}

static void serve_requests(struct loop *loop)
{
    for (unsigned i = 0; loop->setup.worker && i < loop->setup.server_count; i++) {
        if (wait_ready(&loop->wait, loop->setup.servers[i])) {
            worker_batch(loop->setup.worker, loop->setup.servers[i]);
            answer_queries(loop, loop->setup.servers[i]);
        }
    }
}

static void record_served(struct loop *loop, struct instant now)
{
    struct report_server total;

    if (loop->next_served.ns <= now.mono.ns) {
        report_server(loop, &total);
        statistics_served(loop, &total, now);
    }
}

static void collect_addresses(struct loop *loop, struct instant now)
{
    loop->next_collection = mono_after(now.mono, COLLECTION_S);
    if (addresses_collect(&loop->addresses, &loop->engine, now.wall)) {
        parent_store_addresses(loop->setup.parent, loop->setup.config, &loop->addresses);
    }
}

/* Says again that sync is alive; the reference itself only changes by EFFECT_PUBLISH. */
static void beat(struct loop *loop, struct instant now)
{
    if (has_heartbeat(loop) && loop->heartbeat.ns <= now.mono.ns) {
        effects_publish(loop);
    }
}

void loop_dispatch(struct loop *loop)
{
    struct instant now;

    requests_read_stamps(&loop->requests, &loop->wait, &loop->engine);
    effects_carry_out(loop);
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        if (requests_receive(&loop->requests, &loop->wait, &loop->engine, i)) {
            effects_carry_out(loop);
        }
    }
    read_refclocks(loop);
    receive_names(loop);
    serve_requests(loop);
    now = clock_now();
    serve_control(loop, now);
    serve_queries(loop, now);
    expire_names(loop, now);
    now = clock_now();
    if (engine_deadline(&loop->engine).ns <= now.mono.ns || loop->look_at.ns <= now.mono.ns) {
        loop->look_at = mono_after(now.mono, LOOP_SLEEP_MAX_S);
        engine_tick(&loop->engine, now);
        effects_carry_out(loop);
    }
    if (loop->next_collection.ns <= now.mono.ns) {
        collect_addresses(loop, now);
    }
    record_served(loop, now);
    chronicle_keep(loop, now);
    beat(loop, now);
}

void loop_once(struct loop *loop)
{
    struct mono_time limit = mono_after(clock_now().mono, LOOP_SLEEP_MAX_S);

    loop->good_wakeups += wait_until(&loop->wait, earlier(loop_deadline(loop), limit)) > 0;
    loop->wakeups++;
    loop_dispatch(loop);
}

void loop_configure(struct loop *loop, const struct config *config)
{
    struct settings settings;

    loop->setup.config = config;
    configure_requests(&loop->requests, config);
    make_settings(&loop->setup, &settings);
    if (loop->setup.refclocks) {
        refclocks_unregister(loop->setup.refclocks, &loop->wait);
        refclocks_configure(loop->setup.refclocks, &settings);
        refclocks_register(loop->setup.refclocks, &loop->wait);
    }
    engine_configure(&loop->engine, clock_now(), &settings);
    effects_carry_out(loop);
    if (loop->setup.chronyc) {
        chronyc_endpoint_configure(loop->setup.chronyc, &loop->wait, config);
        commands_tell(loop->setup.chronyc, false);
    }
}

void loop_keep(struct loop *loop)
{
    const struct discipline *d = &loop->engine.discipline;

    if (d->updates > 0 && d->drift_sd < DRIFT_SD_WORTH_KEEPING) {
        parent_store(loop->setup.parent, loop->setup.config, d->drift, d->drift_sd);
    }
    if (!loop->setup.quick) {
        collect_addresses(loop, clock_now());
        chronicle_store(loop);
    }
}

void loop_serve(struct loop *loop, struct worker *worker, const int *sockets, unsigned count)
{
    struct loop_setup *setup = &loop->setup;

    for (unsigned i = 0; setup->worker && i < setup->server_count; i++) {
        wait_remove(&loop->wait, setup->servers[i]);
    }
    setup->worker = worker;
    setup->server_count = count;
    for (unsigned i = 0; i < count; i++) {
        setup->servers[i] = sockets[i];
        wait_add(&loop->wait, sockets[i], WAIT_READ);
    }
}

void loop_end(struct loop *loop)
{
    loop_keep(loop);
    requests_close_all(&loop->requests, &loop->wait);
    if (loop->setup.chronyc) {
        chronyc_endpoint_close(loop->setup.chronyc, &loop->wait);
    }
}
