/* SPDX-License-Identifier: BSD-2-Clause */
/* Builds the world that settings ask for, runs it, and keeps account of the clock. */
#include "sim/forecast.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/engine_node.h"

#define SIZE_LEAST 1e-13 /* lower end of the scale of sizes, s */
#define BUCKETS_PER_DECADE 200
#define HOLD_S 3600.0

const double forecast_level_s[FORECAST_LEVELS] = {1e-3, 1e-4, 1e-5};

struct run {
    struct world world;
    struct settings settings;
    struct node *client;
    double below_since_s[FORECAST_LEVELS]; /* HUGE_VAL: above */
};

/* ---- sizes ---- */

static void count_size(struct forecast_sizes *sizes, double size)
{
    double place = BUCKETS_PER_DECADE * log10(fmax(size, SIZE_LEAST) / SIZE_LEAST);

    sizes->count++;
    sizes->buckets[(unsigned)fmin(place, FORECAST_BUCKETS - 1)]++;
}

/* The size that `part` of all stay below, to one bucket: 1.2 %. */
static double size_below(const struct forecast_sizes *sizes, double part)
{
    double wanted = part * (double)sizes->count, sum = 0;

    for (unsigned i = 0; i < FORECAST_BUCKETS; i++) {
        sum += (double)sizes->buckets[i];
        if (sum >= wanted && sum > 0) {
            return SIZE_LEAST * pow(10, (i + 1.0) / BUCKETS_PER_DECADE);
        }
    }
    return 0;
}

/* ---- the world ---- */

/* One server for a line, on a node of its own. */
static void add_server(struct forecast *f, struct run *r, const struct source_spec *line)
{
    struct server_settings server = {.precision = -24};
    struct source_spec *spec = &r->settings.specs[r->settings.spec_count];
    unsigned node;

    if (f->servers == FORECAST_SERVERS_MAX || r->settings.spec_count == SOURCE_SPECS_MAX) {
        f->left_out++;
        return;
    }
    r->settings.spec_count++;
    f->servers++;
    node = world_add_server(&r->world, &server);
    *spec = *line;
    spec->kind = SOURCE_SERVER;
    spec->address = world_address(node);
    spec->port = NTP_PORT;
    spec->family = ADDRESS_NONE;
    spec->key_id = 0;              /* no forged packets here */
    spec->offset_correction_s = 0; /* it mends what this world's servers do not have */
    address_format(&spec->address, spec->name);
}

static void add_refclock(struct forecast *f, struct run *r, const struct source_spec *line)
{
    struct source_spec *spec = &r->settings.specs[r->settings.spec_count];

    if (f->refclocks == ENGINE_NODE_REFCLOCKS_MAX) {
        f->left_out++;
        return;
    }
    r->settings.spec_count++;
    f->refclocks++;
    *spec = *line;
    spec->offset_correction_s = 0;
}

static void add_lines(struct forecast *f, const struct forecast_setup *setup, struct run *r)
{
    const struct settings *given = setup->settings;

    f->servers = f->refclocks = f->left_out = 0;
    r->settings = *given;
    r->settings.spec_count = 0;
    if (r->settings.build_time_s > (uint64_t)WORLD_EPOCH_S) {
        r->settings.build_time_s = (uint64_t)WORLD_EPOCH_S;
    }
    for (unsigned i = 0; i < given->spec_count; i++) {
        const struct source_spec *line = &given->specs[i];
        unsigned sources = line->kind == SOURCE_POOL ? line->max_sources : 1;

        if (line->kind == SOURCE_REFCLOCK) {
            add_refclock(f, r, line);
            continue;
        }
        while (sources-- > 0) {
            add_server(f, r, line);
        }
    }
}

static void set_up(struct forecast *f, const struct forecast_setup *setup, struct run *r,
                   uint64_t seed)
{
    struct engine_node_setup node = {.settings = &r->settings};
    unsigned client;

    world_init(&r->world, seed);
    add_lines(f, setup, r);
    client = engine_node_add(&r->world, &setup->clock, &node);
    r->client = &r->world.nodes[client];
    for (unsigned i = 0; i < client; i++) {
        world_set_path(&r->world, client, i, &setup->up, &setup->down);
    }
    /* the engine's sources are in the order of the lines */
    for (unsigned i = 0; i < r->settings.spec_count; i++) {
        const struct source_spec *spec = &r->settings.specs[i];

        if (spec->kind == SOURCE_REFCLOCK) {
            engine_node_add_refclock(&r->world, client, (uint16_t)i,
                                     s_from_log2(spec->refclock_poll), setup->refclock_noise_s);
        }
    }
}

/* ---- account ---- */

double forecast_hold_s(double length_s)
{
    return fmin(HOLD_S, length_s / 4);
}

static void follow_levels(struct forecast *f, const struct forecast_setup *setup, struct run *r,
                          double now_s, double error_s)
{
    for (unsigned i = 0; i < FORECAST_LEVELS; i++) {
        double *since = &r->below_since_s[i], *found = &f->below_s[i][f->runs];

        if (!(fabs(error_s) < forecast_level_s[i])) {
            *since = HUGE_VAL;
        } else if (isinf(*since)) {
            *since = now_s;
        }
        if (isinf(*found) && now_s - *since >= forecast_hold_s(setup->length_s)) {
            *found = *since;
        }
    }
}

static void count_settled(struct forecast *f, double error_s, double freq, double bound_s)
{
    f->seconds++;
    f->squares += error_s * error_s;
    f->most_s = fmax(f->most_s, fabs(error_s));
    f->freq_squares += freq * freq;
    f->freq_most = fmax(f->freq_most, fabs(freq));
    count_size(&f->errors, fabs(error_s));
    if (isnan(bound_s)) {
        f->unsynchronised++;
        return;
    }
    f->outside += fabs(error_s) > bound_s;
    f->bound_most_s = fmax(f->bound_most_s, bound_s);
    count_size(&f->bounds, bound_s);
}

/* What clients would be told now; NAN if that the clock is not synchronised. */
static double bound_now(const struct node *client)
{
    const struct reference *r = &client->engine->reference;

    return r->leap == LEAP_UNSYNCHRONISED
               ? (double)NAN
               : reference_distance(r, (struct mono_time){client->clock.mono_ns});
}

void forecast_init(struct forecast *f)
{
    memset(f, 0, sizeof *f);
}

void forecast_run(struct forecast *f, const struct forecast_setup *setup, uint64_t seed)
{
    struct run *r = calloc(1, sizeof *r);
    uint64_t requests_before = 0;

    assert(r && f->runs < FORECAST_RUNS_MAX);
    set_up(f, setup, r, seed);
    f->first_set_s[f->runs] = HUGE_VAL;
    for (unsigned i = 0; i < FORECAST_LEVELS; i++) {
        f->below_s[i][f->runs] = r->below_since_s[i] = HUGE_VAL;
    }
    world_start(&r->world);
    for (int64_t second = 0; second < (int64_t)setup->length_s; second++) {
        double now_s, error_s, bound_s;

        world_run_second(&r->world);
        now_s = world_now_s(&r->world);
        error_s = world_error_s(&r->world, r->client->index);
        bound_s = bound_now(r->client);
        follow_levels(f, setup, r, now_s, error_s);
        if (isinf(f->first_set_s[f->runs]) && r->client->engine->discipline.updates > 0) {
            f->first_set_s[f->runs] = now_s;
        }
        if (now_s <= setup->settled_s) {
            requests_before = r->client->counters.sent;
        } else {
            count_settled(f, error_s, world_error_freq(&r->world, r->client->index), bound_s);
        }
        if (setup->second) {
            setup->second(setup->context, now_s, error_s, bound_s);
        }
    }
    f->requests += r->client->counters.sent;
    f->settled_requests += r->client->counters.sent - requests_before;
    f->steps += r->client->counters.steps;
    f->runs++;
    world_free(&r->world);
    free(r);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(const double *values, unsigned count)
{
    double sorted[FORECAST_RUNS_MAX];

    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, by_size);
    return sorted[count / 2];
}

void forecast_finish(const struct forecast *f, struct forecast_result *out)
{
    double seconds = (double)f->seconds, synchronised = (double)f->bounds.count;
    double sent = (double)f->settled_requests;

    assert(f->runs > 0 && f->seconds > 0);
    *out = (struct forecast_result){
        .rms_s = sqrt(f->squares / seconds),
        .p95_s = fmin(size_below(&f->errors, 0.95), f->most_s),
        .p99_s = fmin(size_below(&f->errors, 0.99), f->most_s),
        .max_s = f->most_s,
        .freq_rms = sqrt(f->freq_squares / seconds),
        .freq_max = f->freq_most,
        .bound_s = fmin(size_below(&f->bounds, 0.5), f->bound_most_s),
        .bound_max_s = f->bound_most_s,
        .outside = synchronised > 0 ? (double)f->outside / synchronised : 0,
        .unsynchronised = (double)f->unsynchronised / seconds,
        .first_set_s = median(f->first_set_s, f->runs),
        .requests = (double)f->requests / f->runs,
        .requests_per_day = sent / seconds * 86400,
        .poll_s = sent > 0 ? seconds * f->servers / sent : 0,
        .steps = (double)f->steps / f->runs,
    };
    for (unsigned i = 0; i < FORECAST_LEVELS; i++) {
        out->below_s[i] = median(f->below_s[i], f->runs);
    }
}
