/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon does in daemon/effects.c and client/requests.c, done for the simulator in the
 * fewest steps: one port a request, exact kernel stamps, replies straight into the engine. */
#include "sim/engine_node.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/respond.h"

#define PORTS 256 /* remembered */
#define STREAM_REFCLOCK 4000
#define LOOK_UP_S 0.05 /* how long a resolver takes */

/* The port that a request left from. */
struct engine_port {
    uint16_t port, source, serial;
    bool open;
    struct wall_time sent;
};

struct engine_refclock {
    uint16_t source;
    double interval_s, noise_s;
    struct prng prng;
};

struct engine_node {
    struct engine engine;
    struct settings settings;
    struct engine_node_setup setup;
    struct engine_port ports[PORTS];
    unsigned port_count;
    char looked_up[SOURCES_MAX][SOURCE_NAME_MAX];
    uint8_t family[SOURCES_MAX];
    struct engine_refclock refclocks[ENGINE_NODE_REFCLOCKS_MAX];
    unsigned refclock_count;
};

static void carry_out_all(struct world *w, struct node *node);

/* The kernel's transmit stamp, by the index of the port. */
static void tell_stamp(struct world *w, struct node *node, double value)
{
    struct engine_node *n = node->state;
    const struct engine_port *port = &n->ports[(unsigned)value];

    engine_sent(&n->engine, world_read_clock(w, node), port->source, port->serial,
                (struct stamped){.at = port->sent, .by = STAMP_KERNEL});
    carry_out_all(w, node);
}

static void tell_sent(struct world *w, struct node *node, unsigned index)
{
    struct engine_node *n = node->state;
    const struct engine_port *port = &n->ports[index];
    struct stamped sent = {.at = port->sent, .by = STAMP_KERNEL};

    if (n->setup.stamp_delay_s > 0) {
        sent.at.ns -= ns_from_s(n->setup.daemon_early_s);
        sent.by = STAMP_DAEMON;
        world_at(w, world_now_s(w) + n->setup.stamp_delay_s, node->index, tell_stamp, index);
    }
    engine_sent(&n->engine, world_read_clock(w, node), port->source, port->serial, sent);
}

static void send_request(struct world *w, struct node *node, const struct effect_send *send)
{
    struct engine_node *n = node->state;
    unsigned index = n->port_count++ % PORTS;
    struct engine_port *port = &n->ports[index];
    struct world_packet packet;

    world_packet_make(&packet, &node->address, &send->to, send->data, send->length);
    *port = (struct engine_port){.port = (uint16_t)(1024 + prng_below(&node->prng, 64512)),
                                 .source = send->source,
                                 .serial = send->serial,
                                 .open = true,
                                 .sent = world_read_clock(w, node).wall};
    packet.from.port = port->port;
    world_send(w, node, &packet, true);
    tell_sent(w, node, index);
}

static void close_port(struct engine_node *n, const struct effect_cancel *cancel)
{
    for (unsigned i = 0; i < PORTS; i++) {
        struct engine_port *p = &n->ports[i];

        if (p->open && p->source == cancel->source && p->serial == cancel->serial) {
            p->open = false;
        }
    }
}

static void adjust_clock(struct world *w, struct node *node, const struct clock_command *command)
{
    struct clock_command done;
    int error = world_adjust_clock(w, node, command, &done);

    engine_adjusted(node->engine, world_read_clock(w, node), &done, error);
}

static void resolve(struct world *w, struct node *node, double value)
{
    struct engine_node *n = node->state;
    uint16_t source = (uint16_t)value;
    struct address found[16];
    unsigned count = 0;

    if (n->family[source] != ADDRESS_V6) {
        count = world_look_up(w, n->looked_up[source], found, 16);
    }
    engine_resolved(&n->engine, world_read_clock(w, node), source, found, count);
    carry_out_all(w, node);
}

static void look_up(struct world *w, struct node *node, const struct effect_look_up *wanted)
{
    struct engine_node *n = node->state;

    memcpy(n->looked_up[wanted->source], wanted->name, sizeof wanted->name);
    n->family[wanted->source] = wanted->family;
    world_at(w, world_now_s(w) + LOOK_UP_S, node->index, resolve, wanted->source);
}

static void carry_out(struct world *w, struct node *node, const struct effect *effect)
{
    switch (effect->type) {
    case EFFECT_SEND: send_request(w, node, &effect->send); break;
    case EFFECT_CANCEL: close_port(node->state, &effect->cancel); break;
    case EFFECT_ADJUST_CLOCK: adjust_clock(w, node, &effect->adjust); break;
    case EFFECT_LOOK_UP: look_up(w, node, &effect->look_up); break;
    case EFFECT_EVENT: world_tell(w, node, &effect->event); break;
    case EFFECT_SET_STATUS:
    case EFFECT_PUBLISH: /* clients are answered from engine->reference itself */
    case EFFECT_STORE:
    case EFFECT_MEASURED:
    case EFFECT_UPDATED: break;
    }
}

static void carry_out_all(struct world *w, struct node *node)
{
    struct effect effect;

    while (engine_take_effect(node->engine, &effect)) {
        carry_out(w, node, &effect);
    }
    world_set_due(node, engine_deadline(node->engine));
}

static void node_run(struct world *w, struct node *node)
{
    engine_tick(node->engine, world_read_clock(w, node));
    carry_out_all(w, node);
}

static void refclock_sample(struct world *w, struct node *node, double value)
{
    struct engine_node *n = node->state;
    struct engine_refclock *clock = &n->refclocks[(unsigned)value];
    struct instant now;
    double noise_s = clock->noise_s * prng_gauss(&clock->prng);

    world_at(w, world_now_s(w) + clock->interval_s, node->index, refclock_sample, value);
    if (node->asleep) {
        return;
    }
    now = world_read_clock(w, node);
    if (w->observer.refclock) {
        w->observer.refclock(w->observer.context, node, noise_s, clock->noise_s);
    }
    engine_refclock(
        &n->engine, now, clock->source,
        &(struct reading){.at = now.wall,
                          .offset_s = noise_s - oscillator_error_s(&node->clock, w->epoch_ns),
                          .dispersion_s = 1e-9});
    carry_out_all(w, node);
}

static void node_start(struct world *w, struct node *node)
{
    struct engine_node *n = node->state;
    struct engine_start start = {.now = world_read_clock(w, node),
                                 .precision_s = n->setup.precision_s,
                                 .have_drift = n->setup.have_drift,
                                 .drift = n->setup.drift,
                                 .drift_sd = n->setup.drift_sd,
                                 .self = {node->address},
                                 .self_count = 1};

    prng_fill(&node->prng, start.seed, sizeof start.seed);
    engine_init(&n->engine, &n->settings, &start);
    node->engine = &n->engine;
    carry_out_all(w, node);
    for (unsigned i = 0; i < n->refclock_count; i++) {
        world_at(w, world_now_s(w) + n->refclocks[i].interval_s, node->index, refclock_sample, i);
    }
}

static void answer(struct world *w, struct node *node, const struct world_packet *request)
{
    struct world_packet reply;
    struct instant now = world_read_clock(w, node);
    uint8_t data[PACKET_HEADER_LENGTH];
    enum respond_verdict verdict =
        respond(&node->engine->reference, request->data, request->length, &request->from, now.wall,
                now.wall, now.mono, false, prng_u64(&node->prng), data);

    if (verdict == RESPOND_ANSWERED || verdict == RESPOND_KISS) {
        world_packet_make(&reply, &node->address, &request->from, data, sizeof data);
        world_send(w, node, &reply, false);
    }
}

static void node_receive(struct world *w, struct node *node, const struct world_packet *packet)
{
    struct engine_node *n = node->state;
    struct instant now = world_read_clock(w, node);

    if (packet->to.port == NTP_PORT) {
        answer(w, node, packet);
        return;
    }
    for (unsigned i = 0; i < PORTS; i++) {
        struct engine_port *p = &n->ports[(n->port_count - 1 - i) % PORTS];

        if (p->port != packet->to.port) {
            continue;
        }
        if (p->open || n->setup.keep_ports) {
            node->counters.late_delivered += !p->open;
            world_exchanged(w, node, packet);
            engine_receive(&n->engine, now, p->source, p->serial, packet->data, packet->length,
                           (struct stamped){.at = now.wall, .by = STAMP_KERNEL});
            carry_out_all(w, node);
        }
        return;
    }
}

static void node_free(struct node *node)
{
    free(node->state);
    node->state = NULL;
    node->engine = NULL;
}

unsigned engine_node_add(struct world *w, const struct oscillator_settings *clock,
                         const struct engine_node_setup *setup)
{
    static const struct node_calls calls = {node_start, node_run, node_receive, node_free};
    struct node *node = world_add_node(w, clock, &calls);
    struct engine_node *n = calloc(1, sizeof *n);

    assert(n);
    n->setup = *setup;
    n->settings = *setup->settings;
    n->setup.settings = NULL;
    if (!(n->setup.precision_s > 0)) {
        n->setup.precision_s = 1e-7;
    }
    node->state = n;
    return node->index;
}

void engine_node_add_refclock(struct world *w, unsigned node, uint16_t source, double interval_s,
                              double noise_s)
{
    struct engine_node *n = w->nodes[node].state;
    struct engine_refclock *clock = &n->refclocks[n->refclock_count];
    uint64_t stream = STREAM_REFCLOCK + node + UINT64_C(100) * n->refclock_count;

    assert(n->refclock_count < ENGINE_NODE_REFCLOCKS_MAX);
    n->refclock_count++;
    clock->source = source;
    clock->interval_s = interval_s;
    clock->noise_s = noise_s;
    prng_seed(&clock->prng, w->seed, stream);
}

void engine_node_configure(struct world *w, unsigned node, const struct settings *settings)
{
    struct node *the_node = &w->nodes[node];
    struct engine_node *n = the_node->state;

    n->settings = *settings;
    engine_configure(&n->engine, world_read_clock(w, the_node), &n->settings);
    carry_out_all(w, the_node);
}
