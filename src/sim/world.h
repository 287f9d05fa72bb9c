/* SPDX-License-Identifier: BSD-2-Clause */
/* A small world under true time: nodes with clocks, paths between them, a queue of what is about to
 * happen. Everything follows from the seed. Nodes are servers (sim/server.h), engines of toki
 * driven directly (sim/engine_node.h: fast) or whole daemons (sim/daemon_node.h).
 *
 *   world_init(&world, seed); world_add_server(); engine_node_add(); world_set_path();
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
#define WORLD_EPOCH_S INT64_C(1800000000)
#define WORLD_NOT_DUE INT64_MAX
#define WORLD_KERNEL_RATE_MAX 0.1

struct world;
struct node;

struct world_packet {
    struct address from, to;
    uint8_t from_node, to_node;
    uint16_t length;
    double path_s;    /* how long this copy took */
    double earlier_s; /* and its request, for a reply of a server */
    bool genuine;
    uint8_t data[PACKET_DATAGRAM_MAX]; /* the last member: only `length` of it is copied */
};

/* What makes a node more than a clock. */
struct node_calls {
    void (*start)(struct world *w, struct node *node);
    void (*run)(struct world *w, struct node *node); /* its due time has come */
    void (*receive)(struct world *w, struct node *node, const struct world_packet *packet);
    void (*free)(struct node *node);
};

struct node_counters {
    uint64_t sent, received, answered; /* requests sent, replies received, requests answered */
    uint64_t runs, steps, adjustments;
    uint64_t runs_this_second, runs_worst_second;
    uint64_t stuck;          /* it was due again at once, over and over */
    uint64_t unasked;        /* replies to addresses that had not asked */
    uint64_t late_delivered; /* replies given to the engine on ports that it had closed */
    uint64_t events[EVENT_TYPES];
};

struct node {
    const struct node_calls *calls; /* NULL: a server */
    unsigned index;
    struct oscillator clock;
    struct address address;
    struct server server;
    struct engine *engine; /* of toki's nodes, once started */
    void *state;           /* of `calls` */
    double start_s;
    bool started, asleep;
    int clock_error;     /* the kernel refuses to set the clock with this errno; 0: it obeys */
    int64_t due_mono_ns; /* when to run it */
    struct prng prng;
    struct node_counters counters;
};

/* A name and the addresses it has; the first `failures` look-ups fail. */
struct world_name {
    char name[64];
    struct address addresses[16];
    unsigned count, failures;
};

typedef void world_action(struct world *w, struct node *node, double value);

struct world_event {
    int64_t at_ns;
    uint64_t order;
    uint16_t node;
    world_action *action; /* NULL: the packet arrives */
    double value;
    struct world_packet packet;
};

/* Observers: checks, oracles. Any of them may be NULL. */
struct world_observer {
    void *context;
    /* A node of toki sends a request, steps its clock, has an event to tell. */
    void (*request)(void *context, struct node *node, const struct address *to);
    void (*step)(void *context, struct node *node, double step_s);
    void (*event)(void *context, struct node *node, const struct event *event);
    /* A genuine reply of `server` reaches `client` now; the two paths took so long. */
    void (*exchange)(void *context, struct node *client, unsigned server, double up_s,
                     double down_s);
    void (*refclock)(void *context, struct node *node, double noise_s, double deviation_s);
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
    uint64_t trace; /* hash of all that happened */
};

/* A fresh world; with the default epoch. Memory is freed by world_free(). */
void world_init(struct world *w, uint64_t seed);
void world_free(struct world *w);

/* Each gives the index of the node; its address is world_address(index). Nodes of toki are added by
 * engine_node_add() and daemon_node_add(). */
unsigned world_add_server(struct world *w, const struct server_settings *settings);
struct node *world_add_node(struct world *w, const struct oscillator_settings *clock,
                            const struct node_calls *calls);

/* 10.0.0.(index + 1), port 123: the address of a node, unless somebody gives it another one before
 * the start. */
struct address world_address(unsigned index);

/* Both directions of the path between two nodes. */
void world_set_path(struct world *w, unsigned a, unsigned b, const struct link_settings *there,
                    const struct link_settings *back);

/* Does something at a moment, e.g. steps a clock behind the engine's back. */
void world_at(struct world *w, double at_s, unsigned node, world_action *action, double value);
void world_action_step(struct world *w, struct node *node, double step_s);
void world_action_suspend(struct world *w, struct node *node, double length_s);
void world_action_clock_error(struct world *w, struct node *node, double error_number);

/* Nodes begin at their start_s. */
void world_start(struct world *w);

/* To the end of the present second; oscillators then stand at the beginning of the next. */
void world_run_second(struct world *w);

/* For implementations of nodes. */

/* A packet with these bytes, at most PACKET_DATAGRAM_MAX; the rest of its buffer is not touched. */
void world_packet_make(struct world_packet *out, const struct address *from,
                       const struct address *to, const uint8_t *data, size_t length);

/* Copies a packet, but of its buffer only what is used. */
void world_packet_copy(struct world_packet *out, const struct world_packet *packet);

double world_now_s(const struct world *w);
struct instant world_read_clock(struct world *w, struct node *node);
/* `request`: a packet of a client, not of a server. */
void world_send(struct world *w, struct node *node, const struct world_packet *packet,
                bool request);
/* What a kernel makes of a command: *done, and its error. */
int world_adjust_clock(struct world *w, struct node *node, const struct clock_command *command,
                       struct clock_command *done);
void world_tell(struct world *w, struct node *node, const struct event *event);
/* A genuine reply came in. */
void world_exchanged(struct world *w, struct node *client, const struct world_packet *reply);
/* The addresses of a name now; 0 if the look-up fails. */
unsigned world_look_up(struct world *w, const char *name, struct address *out, unsigned max);
/* After a node was run: when it is due next. */
void world_set_due(struct node *node, struct mono_time due);

/* Clock - truth of a node, s, now. */
double world_error_s(const struct world *w, unsigned node);

/* Frequency error of a node's clock now, slews included: its rate against truth, less 1. */
double world_error_freq(const struct world *w, unsigned node);

#endif
