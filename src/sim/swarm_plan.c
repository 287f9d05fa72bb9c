/* SPDX-License-Identifier: BSD-2-Clause */
/* What may happen in a swarm world, and how likely. Ranges are those of real networks and machines,
 * and a little beyond. Where the clock cannot be expected to keep its promise (liars in the
 * majority, an oscillator that breaks the drift bound that it was promised) `majority` is false. */
#include "sim/swarm_plan.h"

#include <stdio.h>
#include <string.h>

#define STREAM_PLAN 77

static double sign(struct prng *r)
{
    return prng_chance(r, 0.5) ? 1 : -1;
}

static struct period some_time(struct prng *r, const struct plan *p, double most_s)
{
    double from_s = prng_between(r, 0.1, 0.9) * p->length_s;

    return (struct period){from_s, from_s + prng_between_log(r, 60, most_s)};
}

static struct link_settings one_way(struct prng *r, double delay_s, double jitter_s)
{
    struct link_settings l = {.delay_s = delay_s, .jitter_s = jitter_s};

    if (prng_chance(r, 0.2)) {
        l.spike_often = prng_between(r, 0.01, 0.2);
        l.spike_s = prng_between_log(r, 1e-3, 1);
    }
    if (prng_chance(r, 0.3)) {
        l.loss = prng_between(r, 0, 0.3);
    }
    if (prng_chance(r, 0.2)) {
        l.duplicate = prng_between(r, 0, 0.5);
    }
    if (prng_chance(r, 0.2)) {
        l.reorder = prng_between(r, 0, 0.5);
    }
    if (prng_chance(r, 0.15)) {
        l.busy_period_s = prng_between(r, 3600, 20000);
        l.busy_from_s = prng_between(r, 0, 2000);
        l.busy_s = prng_between(r, 60, 1500);
        l.queue_s = prng_between_log(r, 1e-3, 0.1);
        l.queue_jitter_s = prng_between_log(r, 1e-4, 0.05);
    }
    return l;
}

static void plan_path(struct prng *r, struct scenario_server *s)
{
    double delay_s = prng_between_log(r, 5e-5, 0.15), jitter_s = prng_between_log(r, 1e-6, 1e-2);
    double asymmetry = prng_chance(r, 0.4) ? prng_between(r, -0.9, 0.9) : 0;

    s->up = one_way(r, delay_s * (1 + asymmetry), jitter_s);
    s->down = one_way(r, delay_s * (1 - asymmetry), jitter_s * prng_between_log(r, 0.2, 5));
}

/* Honest: its own error is within the root distance that it tells. */
static void plan_honest(struct prng *r, struct server_settings *s)
{
    s->stratum = (uint8_t)(1 + prng_below(r, 4));
    s->precision = (int8_t)(-18 - (int)prng_below(r, 10));
    s->turnaround_s = prng_between_log(r, 1e-6, 1e-3);
    if (s->stratum > 1) {
        s->refid = 0xc0000200u + prng_below(r, 250);
        s->root_delay_s = prng_between_log(r, 1e-4, 0.05);
        s->root_dispersion_s = prng_between_log(r, 1e-4, 0.02);
        s->clock.offset_s = sign(r) * prng_unit(r) * 0.4 * s->root_dispersion_s;
        s->clock.amplitude = 1e-7 * s->root_dispersion_s; /* it hunts a little */
        s->clock.period_s = 4000;
    }
}

/* Servers that are sometimes away: not where that would leave liars alone. */
static void plan_failures(struct prng *r, const struct plan *p, struct scenario_server *s)
{
    static const uint32_t codes[] = {REFID('R', 'A', 'T', 'E'), REFID('D', 'E', 'N', 'Y'),
                                     REFID('R', 'S', 'T', 'R'), REFID('X', 'X', 'X', 'X')};

    if (prng_chance(r, 0.2)) {
        s->server.unsynchronised = some_time(r, p, 10000);
    }
    if (prng_chance(r, 0.2)) {
        s->server.dead = some_time(r, p, 30000);
    }
    if (prng_chance(r, 0.15)) {
        s->server.kiss = some_time(r, p, 5000);
        s->server.kiss_code = codes[prng_below(r, 4)];
        s->server.kiss_forged = prng_chance(r, 0.3);
    }
    if (prng_chance(r, 0.15)) {
        struct period outage = some_time(r, p, 40000);

        s->up.outage_from_s = outage.from_s;
        s->up.outage_to_s = outage.to_s;
    }
}

static void plan_attacks(struct prng *r, struct server_settings *s)
{
    s->forge = prng_chance(r, 0.3) ? prng_unit(r) : 0;
    s->replay = prng_chance(r, 0.3) ? prng_unit(r) : 0;
    s->garbage = prng_chance(r, 0.3) ? prng_unit(r) : 0;
    s->forge_offset_s = sign(r) * prng_between_log(r, 1e-3, 1e6);
}

static void plan_liar(struct prng *r, const struct plan *p, struct server_settings *s)
{
    *s = (struct server_settings){.stratum = 1};
    if (prng_chance(r, 0.2)) {
        s->clock.freq = sign(r) * prng_between_log(r, 1e-7, 1e-3);
    } else if (prng_chance(r, 0.3)) {
        s->clock.step_s = sign(r) * prng_between_log(r, 1e-3, 1e5);
        s->clock.step_at_s = prng_unit(r) * p->length_s;
    } else {
        s->clock.offset_s = sign(r) * prng_between_log(r, 1e-3, 1e9);
    }
}

static void plan_servers(struct prng *r, struct plan *p)
{
    p->server_count = 1 + prng_below(r, PLAN_SERVERS_MAX);
    if (p->server_count >= 3 && prng_chance(r, 0.5)) {
        p->liars = 1 + prng_below(r, (p->server_count - 1) / 2);
    } else if (prng_chance(r, 0.1)) {
        p->liars = 1 + prng_below(r, p->server_count);
    }
    p->majority = 2 * p->liars < p->server_count;
    for (unsigned i = 0; i < p->server_count; i++) {
        struct scenario_server *s = &p->servers[i];

        plan_path(r, s);
        plan_honest(r, &s->server);
        if (p->liars == 0) {
            plan_failures(r, p, s);
        } else {
            s->up.loss = s->down.loss = 0;
        }
        if (i < p->liars) {
            plan_liar(r, p, &s->server);
            s->liar = true;
        }
        plan_attacks(r, &s->server);
    }
}

static void plan_lines(struct prng *r, struct plan *p)
{
    if (p->named) {
        struct source_spec *spec = scenario_add_source(&p->settings, 1);

        snprintf(spec->name, sizeof spec->name, "pool.example.net");
        spec->address = (struct address){.family = ADDRESS_NONE};
        spec->kind = SOURCE_POOL;
        spec->max_sources = p->server_count;
        spec->iburst = prng_chance(r, 0.5);
        return;
    }
    for (unsigned i = 0; i < p->server_count; i++) {
        struct source_spec *spec = scenario_add_source(&p->settings, i + 1);

        spec->iburst = prng_chance(r, 0.6);
        spec->burst = prng_chance(r, 0.1);
        spec->prefer = prng_chance(r, 0.1);
        spec->minpoll = 3 + (int)prng_below(r, 5);
        spec->maxpoll = spec->minpoll + (int)prng_below(r, 5);
    }
}

static void plan_client(struct prng *r, struct plan *p)
{
    struct settings *s = &p->settings;

    if (p->ntp) {
        scenario_settings_ntp(s);
        s->panic_first_allowed = prng_chance(r, 0.5);
    } else {
        scenario_settings_chrony(s);
        /* The bound must allow for what the oscillator does below. */
        s->max_clock_error = 15e-6;
        if (prng_chance(r, 0.7)) {
            s->step_threshold_s = prng_between_log(r, 0.01, 1);
            s->step_updates = prng_chance(r, 0.2) ? -1 : 1 + (int)prng_below(r, 5);
        }
    }
    s->clock_control = !prng_chance(r, 0.05);
    p->clock.offset_s = sign(r) * prng_between_log(r, 1e-6, prng_chance(r, 0.2) ? 1e8 : 1);
    p->clock.freq = sign(r) * prng_between_log(r, 1e-7, p->ntp ? 200e-6 : 400e-6);
    p->clock.wander = prng_between_log(r, 1e-11, 2e-8);
    if (prng_chance(r, 0.3)) {
        p->clock.amplitude = prng_between_log(r, 1e-8, 2e-6);
        p->clock.period_s = prng_between_log(r, 1800, 86400);
    }
    if (prng_chance(r, 0.2)) {
        p->clock.jump = sign(r) * prng_between_log(r, 1e-7, 5e-6);
        p->clock.jump_at_s = prng_unit(r) * p->length_s;
    }
}

static void plan_events(struct prng *r, struct plan *p)
{
    double at_s = prng_between(r, 0.05, 0.4) * p->length_s;

    p->event_count = prng_chance(r, 0.5) ? prng_below(r, PLAN_EVENTS_MAX + 1) : 0;
    for (unsigned i = 0; i < p->event_count; i++) {
        struct plan_event *e = &p->events[i];

        e->kind = (enum plan_event_kind)prng_below(r, 5);
        e->at_s = at_s;
        e->value = sign(r) * prng_between_log(r, 2e-3, 1000);
        e->length_s = prng_between_log(r, 5, 5000);
        at_s += e->length_s + prng_between(r, 0.02, 0.2) * p->length_s;
    }
}

void swarm_plan(struct plan *p, uint64_t seed)
{
    struct prng r;

    memset(p, 0, sizeof *p);
    prng_seed(&r, seed, STREAM_PLAN);
    p->seed = seed;
    p->daemon = prng_chance(&r, 0.4);
    p->follower = prng_chance(&r, 0.3);
    p->ntp = prng_chance(&r, 0.5);
    p->hostile = prng_chance(&r, 0.3);
    p->named = prng_chance(&r, 0.15);
    p->name_failures = p->named ? prng_below(&r, 6) : 0;
    p->length_s = p->daemon ? 20000 : prng_between(&r, 30000, 100000);
    plan_servers(&r, p);
    plan_client(&r, p);
    plan_lines(&r, p);
    plan_events(&r, p);
    scenario_settings_ntp(&p->follower_settings);
    scenario_add_source(&p->follower_settings, 0)->iburst = true;
    p->follower_settings.panic_first_allowed = true;
}

void swarm_describe(const struct plan *p, char *out, size_t capacity)
{
    snprintf(out, capacity,
             "%s, %s, %u servers (%u liars)%s%s%s, %u events, clock %+.2g s %+.0f ppm wander %.1g",
             p->daemon ? "daemon" : "engine", p->ntp ? "ntp" : "chrony", p->server_count, p->liars,
             p->named ? ", by name" : "", p->follower ? ", follower" : "",
             p->hostile ? ", hostile" : "", p->event_count, p->clock.offset_s, p->clock.freq * 1e6,
             p->clock.wander);
}
