/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs scenarios: builds the world, lets it go on second by second, and keeps account of the
 * clock's true error, of the error that the engine admits, and of what an oracle would have
 * reached. */
#include "sim/scenario.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/engine_node.h"
#include "sim/oracle.h"

#define SEED_64 UINT64_C(0x6464646464646464) /* the paths that the 64 s oracle sees */

void scenario_default(struct scenario *s)
{
    *s = (struct scenario){.length_s = 200000, .minpoll = 6, .maxpoll = 10, .window_count = 1};
    s->clock = (struct oscillator_settings){.offset_s = 1e-3, .freq = 1e-5, .wander = 1e-9};
    s->windows[0] = (struct scenario_window){
        .from_s = 20000, .to_s = s->length_s, .settle_to_s = 20000, .settle_below_s = 1e-4};
}

void scenario_settings_chrony(struct settings *out)
{
    settings_default(out);
    out->max_distance_s = 3;
    out->max_jitter_s = 1;
    out->step_threshold_s = 0;
    out->step_updates = 0;
    out->stepout_s = 0;
    out->panic_s = 0;
    out->max_slew_rate = 0.083333;
    out->max_clock_error = 1e-6;
    out->max_drift = 0.5;
    out->build_time_s = (uint64_t)WORLD_EPOCH_S - 100 * 86400;
}

void scenario_settings_ntp(struct settings *out)
{
    settings_default(out);
    out->max_distance_s = 1.5;
    out->step_threshold_s = 0.128;
    out->step_updates = 1;
    out->stepout_s = 300;
    out->panic_s = 1000;
    out->max_slew_rate = 500e-6;
    out->build_time_s = (uint64_t)WORLD_EPOCH_S - 100 * 86400;
}

struct source_spec *scenario_add_source(struct settings *settings, unsigned node)
{
    struct source_spec *spec = &settings->specs[settings->spec_count++];
    struct address address = world_address(node);

    assert(settings->spec_count <= SOURCE_SPECS_MAX);
    *spec = (struct source_spec){.kind = SOURCE_SERVER,
                                 .address = address,
                                 .port = NTP_PORT,
                                 .minpoll = 6,
                                 .maxpoll = 10,
                                 .version = 4,
                                 .max_delay_s = 3};
    address_format(&address, spec->name);
    return spec;
}

/* Settings as a chrony.conf with this scenario's lines gives them. */
static void scenario_settings(const struct scenario *s, struct settings *out)
{
    scenario_settings_chrony(out);
    out->max_clock_error = 15e-6; /* PHI of RFC 5905: oscillators jump by 10 ppm here */
    if (s->makestep_s > 0) {
        out->step_threshold_s = s->makestep_s;
        out->step_updates = s->makestep_updates;
    }
    for (unsigned i = 0; i < s->server_count; i++) {
        struct source_spec *spec = scenario_add_source(out, i + 1);

        spec->minpoll = s->minpoll;
        spec->maxpoll = s->maxpoll;
        spec->iburst = s->iburst;
    }
    if (s->refclock_noise_s > 0) {
        struct source_spec *spec = &out->specs[out->spec_count++];

        *spec = (struct source_spec){.kind = SOURCE_REFCLOCK,
                                     .name = "SHM0",
                                     .minpoll = 4,
                                     .maxpoll = 4,
                                     .refclock_refid = REFID('S', 'H', 'M', '0')};
    }
}

/* ---- one run ---- */

struct run {
    const struct scenario *scenario;
    struct world world;
    struct node *client;
    struct oracle oracle, oracle_64;
    struct link links_64[SCENARIO_SERVERS_MAX][2];
};

struct sums {
    double error, most, freq, estimate;
    double oracle[ORACLE_BANK], oracle_64[ORACLE_BANK], oracle_freq[ORACLE_BANK];
    unsigned seconds, synchronised, outside;
};

static double client_x_s(const struct run *r)
{
    return r->client->clock.free_ns_error * 1e-9;
}

static double now_s(const struct run *r)
{
    return (double)r->world.now_ns * 1e-9;
}

static void on_exchange(void *context, struct node *client, unsigned server, double up_s,
                        double down_s)
{
    struct run *r = context;
    unsigned index = server - 1;

    if (client == r->client && index < r->scenario->server_count &&
        !r->scenario->servers[index].liar) {
        oracle_exchange(&r->oracle, index, now_s(r), client_x_s(r), up_s, down_s);
    }
}

static void on_refclock(void *context, struct node *node, double noise_s, double deviation_s)
{
    struct run *r = context;

    (void)node;
    oracle_measure(&r->oracle, now_s(r), client_x_s(r), -noise_s, deviation_s);
}

/* The oracle that asks each honest server every 64 s, spread evenly, over paths of its own. */
static void ask_64(struct run *r)
{
    unsigned count = r->scenario->server_count;

    for (unsigned i = 0; i < count; i++) {
        double up_s[LINK_COPIES_MAX], down_s[LINK_COPIES_MAX];

        if (r->scenario->servers[i].liar || (r->world.second + 64 * i / count) % 64 != 0) {
            continue;
        }
        if (link_carry(&r->links_64[i][0], now_s(r), up_s) > 0 &&
            link_carry(&r->links_64[i][1], now_s(r), down_s) > 0) {
            oracle_exchange(&r->oracle_64, i, now_s(r), client_x_s(r), up_s[0], down_s[0]);
        }
    }
}

static void set_up(struct run *r, const struct scenario *s, uint64_t seed)
{
    struct world *w = &r->world;
    struct settings *settings = malloc(sizeof *settings);
    struct engine_node_setup setup = {.settings = settings};
    unsigned client;

    assert(settings);
    r->scenario = s;
    world_init(w, seed);
    scenario_settings(s, settings);
    client = engine_node_add(w, &s->clock, &setup);
    free(settings);
    r->client = &w->nodes[client];
    oracle_init(&r->oracle, s->clock.wander, s->oracle_search);
    oracle_init(&r->oracle_64, s->clock.wander, s->oracle_search);
    for (unsigned i = 0; i < s->server_count; i++) {
        const struct scenario_server *server = &s->servers[i];
        unsigned node = world_add_server(w, &server->server);

        world_set_path(w, client, node, &server->up, &server->down);
        link_init(&r->links_64[i][0], &server->up, seed ^ SEED_64, 2 * i);
        link_init(&r->links_64[i][1], &server->down, seed ^ SEED_64, 2 * i + 1);
        r->oracle.up_jitter_s[i] = r->oracle_64.up_jitter_s[i] = server->up.jitter_s;
        r->oracle.down_jitter_s[i] = r->oracle_64.down_jitter_s[i] = server->down.jitter_s;
    }
    if (s->refclock_noise_s > 0) {
        engine_node_add_refclock(w, client, 0, 1, s->refclock_noise_s);
    }
    w->observer =
        (struct world_observer){.context = r, .exchange = on_exchange, .refclock = on_refclock};
}

static void count_bound(const struct engine *e, struct mono_time mono, double error_s,
                        struct sums *sums)
{
    const struct reference *reference = &e->reference;

    if (reference->stratum >= STRATUM_UNSYNCHRONISED || reference->leap == LEAP_UNSYNCHRONISED) {
        return;
    }
    sums->synchronised++;
    sums->outside += fabs(error_s) > reference_distance(reference, mono);
    sums->estimate +=
        reference->offset_s * reference->offset_s + reference->offset_sd_s * reference->offset_sd_s;
}

static void account(struct run *r, const struct scenario_window *window, struct sums *sums)
{
    double error_s = world_error_s(&r->world, r->client->index);
    double freq = world_error_freq(&r->world, r->client->index);

    if (!(now_s(r) > window->from_s && now_s(r) <= window->to_s)) {
        return;
    }
    sums->seconds++;
    sums->error += error_s * error_s;
    sums->most = fmax(sums->most, fabs(error_s));
    sums->freq += freq * freq;
    for (unsigned i = 0; i < r->oracle.bank; i++) {
        sums->oracle[i] += r->oracle.error[i] * r->oracle.error[i];
        sums->oracle_freq[i] += r->oracle.frequency_error[i] * r->oracle.frequency_error[i];
        sums->oracle_64[i] += r->oracle_64.error[i] * r->oracle_64.error[i];
    }
    count_bound(r->client->engine, (struct mono_time){r->client->clock.mono_ns}, error_s, sums);
}

static double least(const double *values, unsigned count)
{
    double best = values[0];

    for (unsigned i = 1; i < count; i++) {
        best = fmin(best, values[i]);
    }
    return best;
}

static struct scenario_window_result judge(const struct run *r, const struct sums *sums)
{
    double n = sums->seconds, synchronised = sums->synchronised;
    struct scenario_window_result result = {.settle_s = -1};

    result.rms_s = sqrt(sums->error / n);
    result.max_s = sums->most;
    result.freq_rms = sqrt(sums->freq / n);
    result.limit_s = sqrt(least(sums->oracle, r->oracle.bank) / n);
    result.freq_limit = sqrt(least(sums->oracle_freq, r->oracle.bank) / n);
    if (r->scenario->server_count > 0) {
        result.limit_64_s = sqrt(least(sums->oracle_64, r->oracle.bank) / n);
    }
    result.unsynchronised = 1 - synchronised / n;
    if (sums->synchronised > 0) {
        result.outside = sums->outside / synchronised;
        result.estimate_s = sqrt(sums->estimate / synchronised);
    }
    return result;
}

/* Seconds from settle_from until the error is below the limit for good; -1: never. */
static void follow_settling(const struct scenario_window *window, double now, double error_s,
                            double *last_bad_s)
{
    if (now > window->settle_from_s && now <= window->settle_to_s &&
        !(fabs(error_s) < window->settle_below_s)) {
        *last_bad_s = now;
    }
}

static double settling_time(const struct scenario_window *window, double last_bad_s)
{
    if (last_bad_s < window->settle_from_s) {
        return 0;
    }
    return last_bad_s >= window->settle_to_s - 0.5 ? -1 : last_bad_s - window->settle_from_s;
}

static void fill_totals(const struct run *r, struct scenario_result *result)
{
    const struct node_counters *c = &r->client->counters;

    result->requests = c->sent;
    result->steps = c->steps;
    result->runs = c->runs;
    result->stuck = c->stuck;
    result->effects_lost = r->client->engine->effects.lost;
    result->trace = r->world.trace;
    result->poll_s =
        c->sent > 0 ? r->scenario->length_s * r->scenario->server_count / (double)c->sent : 0;
}

void scenario_run(const struct scenario *s, uint64_t seed, double *errors,
                  struct scenario_result *result)
{
    struct run *r = calloc(1, sizeof *r);
    struct sums sums[SCENARIO_WINDOWS_MAX] = {0};
    double last_bad_s[SCENARIO_WINDOWS_MAX];

    assert(r);
    *result = (struct scenario_result){0};
    for (unsigned i = 0; i < SCENARIO_WINDOWS_MAX; i++) {
        last_bad_s[i] = -1;
    }
    set_up(r, s, seed);
    world_start(&r->world);
    for (int64_t second = 0; second < (int64_t)s->length_s; second++) {
        double error_s;

        world_run_second(&r->world);
        error_s = world_error_s(&r->world, r->client->index);
        ask_64(r);
        oracle_look(&r->oracle, now_s(r), client_x_s(r), r->client->clock.freq);
        oracle_look(&r->oracle_64, now_s(r), client_x_s(r), r->client->clock.freq);
        for (unsigned i = 0; i < s->window_count; i++) {
            account(r, &s->windows[i], &sums[i]);
            follow_settling(&s->windows[i], now_s(r), error_s, &last_bad_s[i]);
        }
        if (errors) {
            errors[second] = error_s;
        }
    }
    for (unsigned i = 0; i < s->window_count; i++) {
        result->windows[i] = judge(r, &sums[i]);
        result->windows[i].settle_s = settling_time(&s->windows[i], last_bad_s[i]);
    }
    fill_totals(r, result);
    world_free(&r->world);
    free(r);
}
