/* SPDX-License-Identifier: BSD-2-Clause */
/* The accuracy scenarios as data. `chronyd` is what chronyd (git 8f2db839, after 4.8) reached under
 * clknetsim with these parameters, mean of seeds 1 to 6: rms error in s, or settling time in s
 * where that is the score. It is only shown beside our own result when nothing is scaled. */
#include "sim/accuracy_table.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct table {
    const struct accuracy_scale *scale;
    struct scenario *out;
    unsigned count;
};

struct row {
    const char *name, *group;
    double delay_s, jitter_s, wander, settle_s, chronyd;
};

static struct scenario_server path(const struct table *t, double delay_s, double jitter_s)
{
    struct link_settings link = {.delay_s = delay_s * t->scale->delay,
                                 .jitter_s = jitter_s * t->scale->jitter};

    return (struct scenario_server){.up = link, .down = link};
}

/* A scenario with one server. */
static struct scenario *add(struct table *t, const struct row *row)
{
    struct scenario *s = &t->out[t->count++];

    assert(t->count <= ACCURACY_SCENARIOS_MAX);
    scenario_default(s);
    snprintf(s->name, sizeof s->name, "%s", row->name);
    s->group = row->group;
    s->clock.wander = row->wander * t->scale->wander;
    s->server_count = 1;
    s->servers[0] = path(t, row->delay_s, row->jitter_s);
    s->windows[0].settle_below_s = row->settle_s;
    if (!(t->scale->jitter < 1 || t->scale->jitter > 1 || t->scale->wander < 1 ||
          t->scale->wander > 1 || t->scale->delay < 1 || t->scale->delay > 1)) {
        s->windows[0].chronyd = row->chronyd;
    }
    return s;
}

static void set_length(struct scenario *s, double length_s, double from_s)
{
    s->length_s = length_s;
    s->windows[0].from_s = from_s;
    s->windows[0].to_s = length_s;
    s->windows[0].settle_to_s = from_s;
}

static void add_server(struct scenario *s, struct scenario_server server)
{
    s->servers[s->server_count++] = server;
}

/* Three jitters times three wanders, with any poll and with 64 s alone. */
static void add_grids(struct table *t)
{
    static const double jitters[] = {1e-6, 1e-5, 1e-4}, wanders[] = {1e-10, 1e-9, 1e-8};
    static const double lan[3][3] = {
        {2.62e-6, 2.19e-6, 11e-6}, {10.5e-6, 20.9e-6, 18.1e-6}, {53.8e-6, 92.8e-6, 121e-6}};
    static const double pinned[3][3] = {
        {.554e-6, 1.4e-6, 11e-6}, {2.31e-6, 5.56e-6, 14e-6}, {10.7e-6, 23.1e-6, 54.9e-6}};

    for (unsigned p = 0; p < 2; p++) {
        for (unsigned i = 0; i < 9; i++) {
            double j = jitters[i / 3], w = wanders[i % 3];
            char name[64];
            struct scenario *s;

            snprintf(name, sizeof name, "%s j=%g w=%g", p ? "poll 6" : "lan", j, w);
            s = add(t, &(struct row){.name = name,
                                     .group = p ? "pinned" : "lan",
                                     .delay_s = 1e-4,
                                     .jitter_s = j,
                                     .wander = w,
                                     .settle_s = 1e-3,
                                     .chronyd = p ? pinned[i / 3][i % 3] : lan[i / 3][i % 3]});
            s->maxpoll = p ? 6 : s->maxpoll;
        }
    }
}

static void add_wide_area(struct table *t)
{
    struct scenario *s;

    add(t, &(struct row){"wan j=0.001", "wan", 0.02, 1e-3, 1e-9, 5e-3, 545e-6});
    add(t, &(struct row){"noisy j=0.01", "wan", 0.05, 1e-2, 1e-9, 5e-2, 1.71e-3});
    s = add(t, &(struct row){"asymjitter", "wan", 1e-3, 1e-3, 1e-9, 5e-3, 136e-6});
    s->servers[0].up.jitter_s *= 0.06;
    s->servers[0].down.jitter_s *= 1.94;
    s = add(t, &(struct row){"spiky", "wan", 0.01, 1e-4, 1e-9, 1e-3, 153e-6});
    s->servers[0].up.spike_often = s->servers[0].down.spike_often = 0.1;
    s->servers[0].up.spike_s = s->servers[0].down.spike_s = 5e-3;
    s = add(t, &(struct row){"congestion", "wan", 5e-3, 5e-5, 1e-9, 1e-3, 88.4e-6});
    s->servers[0].down.busy_period_s = 14400;
    s->servers[0].down.busy_from_s = 7200;
    s->servers[0].down.busy_s = 1800;
    s->servers[0].down.queue_s = 5e-3;
    s->servers[0].down.queue_jitter_s = 5e-3;
    s = add(t, &(struct row){"multi4 wan", "multi", 0.02, 1e-3, 1e-9, 5e-3, 524e-6});
    add_server(s, path(t, 0.02, 1e-3));
    add_server(s, path(t, 0.03, 1e-3));
    add_server(s, path(t, 0.01, 1e-3));
    s = add(t, &(struct row){"poll 6 wan", "pinned", 0.02, 1e-3, 1e-9, 5e-3, 108e-6});
    s->maxpoll = 6;
    s = add(t, &(struct row){"poll 6 multi4 wan", "pinned", 0.02, 1e-3, 1e-9, 5e-3, 63.5e-6});
    s->maxpoll = 6;
    add_server(s, path(t, 0.02, 1e-3));
    add_server(s, path(t, 0.03, 1e-3));
    add_server(s, path(t, 0.01, 1e-3));
}

static struct scenario *add_start(struct table *t, const char *name, double offset_s, double freq,
                                  double chronyd)
{
    struct scenario *s = add(t, &(struct row){name, "start", 1e-3, 2e-5, 1e-10, 3e-4, chronyd});

    s->clock.offset_s = offset_s;
    s->clock.freq = freq;
    s->score_settle = true;
    set_length(s, 12000, 0);
    s->windows[0].settle_to_s = 12000;
    return s;
}

static void add_starts(struct table *t)
{
    static const struct {
        double offset_s, freq, chronyd[3];
    } cases[] = {{1, 1e-4, {130, 5, 17}},
                 {-1, -1e-4, {130, 5, 17}},
                 {100, -1e-4, {130, 5, 1200}},
                 {-100, 1e-4, {130, 5, 1200}}};
    static const char *const kinds[] = {"makestep", "makestep+iburst", "slew+iburst"};
    struct scenario *s;

    for (unsigned kind = 0; kind < 3; kind++) {
        for (unsigned i = 0; i < 4; i++) {
            char name[64];

            snprintf(name, sizeof name, "start %+gs %+g %s", cases[i].offset_s, cases[i].freq,
                     kinds[kind]);
            s = add_start(t, name, cases[i].offset_s, cases[i].freq, cases[i].chronyd[kind]);
            s->iburst = kind > 0;
            s->makestep_s = kind < 2 ? 0.1 : 0;
            s->makestep_updates = 3;
        }
    }
    s = add_start(t, "start small iburst", 0.05, 2e-5, 74);
    s->windows[0].settle_below_s = 1e-4;
    s->iburst = true;
    s->makestep_s = 1;
    s->makestep_updates = 3;
}

static void add_outages(struct table *t)
{
    static const double wanders[] = {1e-10, 1e-11};
    static const double chronyd[2][2] = {{260e-6, 137e-6}, {50.9e-6, 36.1e-6}};

    for (unsigned i = 0; i < 2; i++) {
        char name[64];
        struct scenario *s;
        struct scenario_window *w;

        snprintf(name, sizeof name, "outage 12h w=%g", wanders[i]);
        s = add(t, &(struct row){name, "fault", 1e-3, 1e-4, wanders[i], 1e-3, chronyd[i][0]});
        s->length_s = 130000;
        s->servers[0].up.outage_from_s = s->servers[0].down.outage_from_s = 60000;
        s->servers[0].up.outage_to_s = s->servers[0].down.outage_to_s = 103200;
        w = s->windows;
        s->window_count = 2;
        w[1] = w[0];
        w[0] = (struct scenario_window){
            .name = "holdover", .from_s = 60000, .to_s = 103200, .chronyd = w[1].chronyd};
        w[1] = (struct scenario_window){.name = "return",
                                        .from_s = 103200,
                                        .to_s = 130000,
                                        .settle_from_s = 103200,
                                        .settle_to_s = 130000,
                                        .settle_below_s = 1e-3,
                                        .chronyd = w[1].chronyd > 0 ? chronyd[i][1] : 0};
    }
}

static void add_lies(struct table *t)
{
    struct scenario *s;

    for (unsigned liars = 1; liars <= 2; liars++) {
        s = add(t, &(struct row){liars == 1 ? "falseticker 1of4" : "falseticker 2of5", "select",
                                 1e-3, 1e-4, 1e-9, 1e-3, liars == 1 ? 126e-6 : 130e-6});
        while (s->server_count < 3 + liars) {
            add_server(s, path(t, 1e-3, 1e-4));
        }
        for (unsigned i = 0; i < liars; i++) {
            s->servers[i].server.clock.offset_s = 0.05;
            s->servers[i].liar = true;
        }
    }
    s = add(t, &(struct row){"source step", "select", 1e-4, 5e-5, 1e-9, 1e-3, 83.5e-6});
    s->length_s = 120000;
    s->servers[0].server.clock.step_s = 0.02;
    s->servers[0].server.clock.step_at_s = 60000;
    s->servers[0].liar = true;
    add_server(s, path(t, 1e-3, 5e-5));
    add_server(s, path(t, 1e-3, 5e-5));
    s->windows[0].from_s = s->windows[0].settle_from_s = 60000;
    s->windows[0].to_s = s->windows[0].settle_to_s = 120000;
}

/* The networks that servers mislead on. */
struct network {
    const char *name, *alone; /* the scenario of its single server */
    double delay_s, jitter_s, settle_s;
};

static const struct network lan = {"lan", "lan j=1e-05 w=1e-09", 1e-4, 1e-5, 1e-3};
static const struct network wan = {"wan", "wan j=0.001", 0.02, 1e-3, 5e-3};

static struct scenario *add_several(struct table *t, const struct network *n, const char *name,
                                    unsigned servers)
{
    struct scenario *s =
        add(t, &(struct row){name, "misled", n->delay_s, n->jitter_s, 1e-9, n->settle_s, 0});

    while (s->server_count < servers) {
        add_server(s, path(t, n->delay_s, n->jitter_s));
    }
    return s;
}

/* The first of several servers is to mislead, or the only one. */
static struct scenario_server *add_misleader(struct table *t, const struct network *n,
                                             const char *how, unsigned servers)
{
    char name[64];
    struct scenario *s;

    snprintf(name, sizeof name, "%s %s 1of%u", n->name, how, servers);
    s = add_several(t, n, name, servers);
    s->servers[0].liar = servers > 1; /* of one alone, the oracle has to make the best */
    if (servers > 1) {
        snprintf(s->honest, sizeof s->honest, "%s %u servers", n->name, servers);
    } else {
        snprintf(s->honest, sizeof s->honest, "%s", n->alone);
    }
    return s->servers;
}

/* Servers that leave the others slowly or suddenly, and paths of two lengths. */
static void add_misleaders(struct table *t)
{
    struct oscillator_settings *clock;

    for (unsigned servers = 3; servers <= 5; servers++) {
        char name[64];

        snprintf(name, sizeof name, "lan %u servers", servers);
        add_several(t, &lan, name, servers);
        add_misleader(t, &lan, "wander", servers)->server.clock.wander = 2e-8;
    }
    add_several(t, &wan, "wan 5 servers", 5);
    add_misleader(t, &lan, "creep", 5)->server.clock.freq = 2e-7;
    add_misleader(t, &wan, "creep", 5)->server.clock.freq = 2e-7;
    for (unsigned servers = 1; servers <= 3; servers += 2) {
        struct scenario_server *server = add_misleader(t, &lan, "detour", servers);

        server->up.detour_often = server->down.detour_often = 1.0 / 3;
        server->up.detour_s = server->down.detour_s = 2e-3;
    }
    clock = &add_misleader(t, &lan, "step", 3)->server.clock;
    clock->step_s = 5e-3;
    clock->step_at_s = 60000;
}

static void add_oscillators(struct table *t)
{
    struct scenario *s;

    for (unsigned i = 0; i < 2; i++) {
        s = add(t, &(struct row){i ? "temp 24h" : "temp 1h", "osc", 1e-4, 1e-5, 1e-10, 1e-3,
                                 i ? 21.9e-6 : 24e-6});
        s->clock.amplitude = 1e-6;
        s->clock.period_s = i ? 86400 : 3600;
        s->oracle_search = true;
        s->length_s = s->windows[0].to_s = 280000;
    }
    s = add(t, &(struct row){"freq step", "osc", 1e-4, 1e-5, 1e-10, 1e-4, 269e-6});
    s->clock.jump = 1e-5;
    s->clock.jump_at_s = 60000;
    s->oracle_search = true;
    s->length_s = 120000;
    s->windows[0].from_s = s->windows[0].settle_from_s = 60000;
    s->windows[0].to_s = 80000;
    s->windows[0].settle_to_s = 120000;
}

static void add_polls(struct table *t)
{
    static const struct {
        int poll;
        double length_s, from_s, settle_s, chronyd;
    } polls[] = {{10, 200000, 20000, 1e-3, 67.8e-6},
                 {4, 200000, 20000, 1e-3, 2.65e-6},
                 {0, 20000, 4000, 1e-4, 1.06e-6},
                 {-4, 4000, 1000, 1e-4, 983e-9}};
    struct scenario *s;

    for (unsigned i = 0; i < 4; i++) {
        char name[64];

        snprintf(name, sizeof name, "poll %d", polls[i].poll);
        s = add(t,
                &(struct row){name, "poll", 1e-4, 1e-5, 1e-9, polls[i].settle_s, polls[i].chronyd});
        s->minpoll = s->maxpoll = polls[i].poll;
        set_length(s, polls[i].length_s, polls[i].from_s);
    }
    s = add(t, &(struct row){"SHM refclock j=1e-06", "refclock", 1e-4, 0, 1e-9, 1e-4, 413e-9});
    s->refclock_noise_s = 1e-6 * t->scale->jitter;
    s->server_count = 0;
    set_length(s, 60000, 10000);
}

unsigned accuracy_table(const struct accuracy_scale *scale,
                        struct scenario out[ACCURACY_SCENARIOS_MAX])
{
    struct table t = {.scale = scale, .out = out};
    struct scenario *s;

    add_grids(&t);
    add_wide_area(&t);
    add_polls(&t);
    add_oscillators(&t);
    s = add(&t, &(struct row){"loss 0.3", "fault", 5e-3, 1e-4, 1e-9, 1e-3, 251e-6});
    s->servers[0].up.loss = s->servers[0].down.loss = 0.3;
    add_outages(&t);
    add_lies(&t);
    add_misleaders(&t);
    add_starts(&t);
    return t.count;
}
