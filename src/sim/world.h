/* SPDX-License-Identifier: BSD-2-Clause */
/* A small world under true time: nodes with clocks, paths between them, a queue of what is about to
 * happen. Everything follows from the seed. Nodes are servers (sim/server.h), engines (the engine
 * of toki driven directly: fast) or daemons (the whole daemon over sim/os_sim.h).
 *
 *   world_init(&world, seed); world_add_...(); world_set_path();
 *   world_start(); while (world.now_ns < end) world_run_second(&world);
 *
 * Nothing is allocated after world_start(). */
#ifndef TOKI_SIM_WORLD_H
#define TOKI_SIM_WORLD_H

#include <stdbool.h>

#include "core/engine.h"
#include "sim/link.h"
#include "sim/oscillator.h"
#include "sim/server.h"

#define WORLD_NODES_MAX 16
#define WORLD_NAMES_MAX 8
#define WORLD_EVENTS_MAX 4096
#define WORLD_PACKET_MAX 256
#define WORLD_PORTS 256 /* remembered ports of an engine node */
#define WORLD_EPOCH_S INT64_C(1800000000)
#define WORLD_NOT_DUE INT64_MAX

enum node_kind { NODE_SERVER, NODE_ENGINE, NODE_DAEMON };

/* The port that a request of an engine node left from. */
struct node_port {
    uint16_t port, source, serial;
    bool open;
};

struct node_counters {
    uint64_t sent, received, answered; /* requests sent, replies received, requests answered */
    uint64_t ticks, steps, adjustments, effects;
    uint64_t ticks_this_second, ticks_worst_second;
    uint64_t stuck;           /* the deadline did not move although the engine was just run */
    uint64_t replies_unasked; /* sent to somebody who had not asked (must stay 0) */
    uint64_t late_delivered;  /* replies given to the engine on ports that it had closed */
    uint64_t events[EVENT_TYPES];
};

/* A hardware clock that gives an engine node a sample each `interval_s`. */
struct node_refclock {
    bool present;
    uint16_t source; /* of the engine */
    double interval_s, noise_s, offset_s, dispersion_s;
    struct prng prng;
};

struct node {
    enum node_kind kind;
    unsigned index;
    struct oscillator clock;
    struct address address;
    struct server server;
    struct engine *engine;
    struct settings *settings; /* that it starts with */
    double start_s, precision_s, drift;
    bool started, have_drift, asleep;
    bool keep_ports; /* hostile network: replies reach closed ports too */
    int clock_error; /* the kernel refuses to set the clock with this errno; 0: it obeys */
    struct node_port ports[WORLD_PORTS];
    unsigned port_count;
    struct node_refclock refclock;
    int64_t due_mono_ns; /* engine_deadline() after the last input */
    struct prng prng;
    struct node_counters counters;
    void *daemon; /* sim/os_sim.c */
};

/* A name and the addresses it has; the first `failures` look-ups fail. */
struct world_name {
    char name[64];
    struct address addresses[16];
    unsigned count, failures;
    double delay_s;
};

enum world_event_kind { WORLD_PACKET, WORLD_RESOLVED, WORLD_REFCLOCK, WORLD_START, WORLD_ACTION };

struct world_packet {
    struct address from, to;
    uint8_t from_node, to_node;
    uint16_t length;
    double path_s;    /* how long this copy took */
    double earlier_s; /* and its request, for a reply of a server */
    bool genuine;
    uint8_t data[WORLD_PACKET_MAX];
};

struct world;
typedef void world_action(struct world *w, struct node *node, double value);

struct world_event {
    int64_t at_ns;
    uint64_t order;
    enum world_event_kind kind;
    uint16_t node, source, name;
    world_action *action;
    double value;
    struct world_packet packet;
};

/* Who looks on: checks, oracles. Any of them may be NULL. */
struct world_observer {
    void *context;
    void (*effect)(void *context, struct node *node, const struct effect *effect);
    /* A genuine reply of `server` reaches `client` now; the two paths took so long. */
    void (*exchange)(void *context, struct node *client, unsigned server, double up_s,
                     double down_s);
    void (*refclock)(void *context, struct node *node, double noise_s);
};

/* What a daemon node does; set by sim/os_sim.c. */
struct world_daemon_calls {
    void (*start)(struct world *w, struct node *node);
    void (*run)(struct world *w, struct node *node); /* its due time has come */
    void (*receive)(struct world *w, struct node *node, const struct world_packet *packet);
};

struct world {
    uint64_t seed;
    int64_t now_ns, second, epoch_ns;
    struct node nodes[WORLD_NODES_MAX];
    unsigned node_count;
    struct link links[WORLD_NODES_MAX][WORLD_NODES_MAX];
    struct world_name names[WORLD_NAMES_MAX];
    unsigned name_count;
    struct world_event *events; /* WORLD_EVENTS_MAX of them */
    uint16_t heap[WORLD_EVENTS_MAX], unused[WORLD_EVENTS_MAX];
    unsigned heap_count, unused_count;
    uint64_t order, events_lost;
    struct world_observer observer;
    const struct world_daemon_calls *daemon_calls;
    uint64_t trace; /* hash of all that happened */
};

/* A fresh world; with the default epoch. Memory is freed by world_free(). */
void world_init(struct world *w, uint64_t seed);
void world_free(struct world *w);

/* Each gives the index of the node; its address is world_address(index). */
unsigned world_add_server(struct world *w, const struct server_settings *settings);
unsigned world_add_engine(struct world *w, const struct oscillator_settings *clock,
                          const struct settings *settings);
unsigned world_add_daemon(struct world *w, const struct oscillator_settings *clock);

/* 10.0.0.(index + 1), port 123. */
struct address world_address(unsigned index);

/* Both directions of the path between two nodes. */
void world_set_path(struct world *w, unsigned a, unsigned b, const struct link_settings *there,
                    const struct link_settings *back);

/* A reference clock for an engine node: its source with this index. */
void world_set_refclock(struct world *w, unsigned node, uint16_t source, double interval_s,
                        double noise_s);

/* Does something at a moment, e.g. steps a clock behind the engine's back. */
void world_at(struct world *w, double at_s, unsigned node, world_action *action, double value);
void world_action_step(struct world *w, struct node *node, double step_s);
void world_action_suspend(struct world *w, struct node *node, double length_s);
void world_action_clock_error(struct world *w, struct node *node, double error_number);

/* Nodes begin at their start_s. */
void world_start(struct world *w);

/* To the end of the present second; oscillators then stand at the beginning of the next. */
void world_run_second(struct world *w);

/* What the world calls on behalf of nodes, and os_sim too. `at`: true time of sending. */
void world_send(struct world *w, unsigned from_node, const struct address *from,
                const struct address *to, const void *data, size_t length);
void world_node_resume(struct world *w, struct node *node);
void world_trace(struct world *w, const void *data, size_t length);

/* Clock - truth of a node, s, now. */
double world_error_s(const struct world *w, unsigned node);

#endif
