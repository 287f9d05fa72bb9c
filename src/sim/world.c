/* SPDX-License-Identifier: BSD-2-Clause */
/* The world's clockwork: an event heap ordered by true time (and by age, so that ties are the same
 * every time), nodes that are run when their clock says so, and the carrying out of an engine's
 * effects. What the daemon does in daemon/effects.c, carry_out() does here for engine nodes. */
#include "sim/world.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/respond.h"

enum stream {
    STREAM_CLOCK = 1000,
    STREAM_SERVER = 2000,
    STREAM_NODE = 3000,
    STREAM_REFCLOCK = 4000,
    STREAM_LINK = 10000
};

/* A kernel holds rates in units of 2^-16 ppm. */
#define KERNEL_RATE_UNIT (1e-6 / 65536)
#define KERNEL_RATE_MAX 0.1
#define STUCK_REST_NS INT64_C(1000000)

static double seconds(const struct world *w)
{
    return (double)w->now_ns * 1e-9;
}

void world_trace(struct world *w, const void *data, size_t length)
{
    const uint8_t *p = data;

    for (size_t at = 0; at < length; at += 8) {
        uint64_t x = 0;

        memcpy(&x, p + at, length - at < 8 ? length - at : 8);
        w->trace = prng_mix(w->trace ^ x);
    }
}

static void trace_numbers(struct world *w, const struct node *node, int64_t what, double value)
{
    int64_t numbers[4] = {w->now_ns, (int64_t)node->index, what, 0};

    memcpy(&numbers[3], &value, sizeof value);
    world_trace(w, numbers, sizeof numbers);
}

/* ---- the queue ---- */

static bool earlier(const struct world_event *a, const struct world_event *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

/* A fresh event in the heap; NULL if there is no room: the packet is lost, and counted. */
static struct world_event *push(struct world *w, int64_t at_ns, enum world_event_kind kind)
{
    struct world_event *e;
    uint16_t slot;
    unsigned i;

    if (w->unused_count == 0) {
        w->events_lost++;
        return NULL;
    }
    slot = w->unused[--w->unused_count];
    e = &w->events[slot];
    e->at_ns = at_ns;
    e->order = w->order++;
    e->kind = kind;
    for (i = w->heap_count++; i > 0; i = (i - 1) / 2) {
        uint16_t parent = w->heap[(i - 1) / 2];

        if (!earlier(e, &w->events[parent])) {
            break;
        }
        w->heap[i] = parent;
    }
    w->heap[i] = slot;
    return e;
}

/* Takes the first event out; it stays valid until the next push(). */
static struct world_event *pop(struct world *w)
{
    uint16_t first = w->heap[0], last = w->heap[--w->heap_count];
    unsigned i = 0;

    for (;;) {
        unsigned child = 2 * i + 1;

        if (child >= w->heap_count) {
            break;
        }
        if (child + 1 < w->heap_count &&
            earlier(&w->events[w->heap[child + 1]], &w->events[w->heap[child]])) {
            child++;
        }
        if (!earlier(&w->events[w->heap[child]], &w->events[last])) {
            break;
        }
        w->heap[i] = w->heap[child];
        i = child;
    }
    w->heap[i] = last;
    w->unused[w->unused_count++] = first;
    return &w->events[first];
}

/* ---- building ---- */

void world_init(struct world *w, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    w->seed = seed;
    w->epoch_ns = WORLD_EPOCH_S * NS_PER_S;
    w->events = calloc(WORLD_EVENTS_MAX, sizeof *w->events);
    assert(w->events);
    for (unsigned i = 0; i < WORLD_EVENTS_MAX; i++) {
        w->unused[w->unused_count++] = (uint16_t)(WORLD_EVENTS_MAX - 1 - i);
    }
}

void world_free(struct world *w)
{
    for (unsigned i = 0; i < w->node_count; i++) {
        free(w->nodes[i].engine);
        free(w->nodes[i].settings);
    }
    free(w->events);
    w->events = NULL;
}

struct address world_address(unsigned index)
{
    return (struct address){
        .family = ADDRESS_V4, .bytes = {10, 0, 0, (uint8_t)(index + 1)}, .port = NTP_PORT};
}

static struct node *add_node(struct world *w, enum node_kind kind,
                             const struct oscillator_settings *clock)
{
    struct node *node = &w->nodes[w->node_count];

    assert(w->node_count < WORLD_NODES_MAX);
    node->kind = kind;
    node->index = w->node_count++;
    node->address = world_address(node->index);
    node->precision_s = 1e-7;
    node->due_mono_ns = WORLD_NOT_DUE;
    oscillator_init(&node->clock, clock, w->seed, STREAM_CLOCK + node->index, w->epoch_ns);
    prng_seed(&node->prng, w->seed, STREAM_NODE + node->index);
    return node;
}

unsigned world_add_server(struct world *w, const struct server_settings *settings)
{
    struct node *node = add_node(w, NODE_SERVER, &settings->clock);

    server_init(&node->server, settings, w->seed, STREAM_SERVER + node->index);
    return node->index;
}

unsigned world_add_engine(struct world *w, const struct oscillator_settings *clock,
                          const struct settings *settings)
{
    struct node *node = add_node(w, NODE_ENGINE, clock);

    node->engine = calloc(1, sizeof *node->engine);
    node->settings = malloc(sizeof *node->settings);
    assert(node->engine && node->settings);
    *node->settings = *settings;
    return node->index;
}

unsigned world_add_daemon(struct world *w, const struct oscillator_settings *clock)
{
    return add_node(w, NODE_DAEMON, clock)->index;
}

void world_set_path(struct world *w, unsigned a, unsigned b, const struct link_settings *there,
                    const struct link_settings *back)
{
    link_init(&w->links[a][b], there, w->seed, STREAM_LINK + a * WORLD_NODES_MAX + b);
    link_init(&w->links[b][a], back, w->seed, STREAM_LINK + b * WORLD_NODES_MAX + a);
}

void world_set_refclock(struct world *w, unsigned node, uint16_t source, double interval_s,
                        double noise_s)
{
    struct node_refclock *r = &w->nodes[node].refclock;

    r->present = true;
    r->source = source;
    r->interval_s = interval_s;
    r->noise_s = noise_s;
    prng_seed(&r->prng, w->seed, STREAM_REFCLOCK + node);
}

void world_at(struct world *w, double at_s, unsigned node, world_action *action, double value)
{
    struct world_event *e = push(w, ns_from_s(at_s), WORLD_ACTION);

    assert(e);
    e->node = (uint16_t)node;
    e->action = action;
    e->value = value;
}

double world_error_s(const struct world *w, unsigned node)
{
    return oscillator_error_s(&w->nodes[node].clock, w->epoch_ns);
}

/* ---- packets ---- */

static int node_of(const struct world *w, const struct address *a)
{
    unsigned index = a->bytes[3] - 1u;

    if (a->family != ADDRESS_V4 || a->bytes[0] != 10 || a->bytes[1] || a->bytes[2]) {
        return -1;
    }
    return index < w->node_count ? (int)index : -1;
}

static void send_packet(struct world *w, const struct world_packet *packet)
{
    double delays_s[LINK_COPIES_MAX];
    unsigned copies;
    int to = node_of(w, &packet->to);

    world_trace(w, &w->now_ns, sizeof w->now_ns);
    world_trace(w, packet->data, packet->length);
    if (to < 0) {
        return;
    }
    copies = link_carry(&w->links[packet->from_node][to], seconds(w), delays_s);
    for (unsigned i = 0; i < copies; i++) {
        struct world_event *e = push(w, w->now_ns + ns_from_s(delays_s[i]), WORLD_PACKET);

        if (e) {
            e->node = (uint16_t)to;
            e->packet = *packet;
            e->packet.to_node = (uint8_t)to;
            e->packet.path_s = delays_s[i];
        }
    }
}

void world_send(struct world *w, unsigned from_node, const struct address *from,
                const struct address *to, const void *data, size_t length)
{
    struct world_packet packet = {.from = *from, .to = *to, .from_node = (uint8_t)from_node};

    if (length <= sizeof packet.data) {
        memcpy(packet.data, data, length);
        packet.length = (uint16_t)length;
        send_packet(w, &packet);
    }
}

static void answer(struct world *w, const struct node *node, const struct world_packet *request,
                   const struct server_reply *reply)
{
    struct world_packet packet = {.from = node->address,
                                  .to = request->from,
                                  .from_node = (uint8_t)node->index,
                                  .length = (uint16_t)reply->length,
                                  .earlier_s = request->path_s,
                                  .genuine = reply->genuine};

    memcpy(packet.data, reply->data, reply->length);
    send_packet(w, &packet);
}

static void server_receive(struct world *w, struct node *node, const struct world_packet *request)
{
    struct server_reply replies[SERVER_REPLIES_MAX];
    unsigned count = server_answer(&node->server, &node->clock, seconds(w), &request->from,
                                   request->data, request->length, replies);

    for (unsigned i = 0; i < count; i++) {
        int64_t now = w->now_ns;

        /* A turnaround is short: nothing else can happen to this server meanwhile. */
        w->now_ns += ns_from_s(replies[i].after_s);
        answer(w, node, request, &replies[i]);
        w->now_ns = now;
        node->counters.answered++;
    }
}

/* ---- engine nodes ---- */

static struct instant read_clock(struct world *w, struct node *node)
{
    oscillator_advance(&node->clock, w->now_ns);
    return oscillator_read(&node->clock);
}

static void send_request(struct world *w, struct node *node, const struct effect_send *send)
{
    struct node_port *port = &node->ports[node->port_count++ % WORLD_PORTS];
    struct address from = node->address;

    *port = (struct node_port){.port = (uint16_t)(1024 + prng_below(&node->prng, 64512)),
                               .source = send->source,
                               .serial = send->serial,
                               .open = true};
    from.port = port->port;
    node->counters.sent++;
    world_send(w, node->index, &from, &send->to, send->data, send->length);
    engine_sent(node->engine, send->source, send->serial, read_clock(w, node).wall, true);
}

static void close_port(struct node *node, const struct effect_cancel *cancel)
{
    for (unsigned i = 0; i < WORLD_PORTS; i++) {
        struct node_port *p = &node->ports[i];

        if (p->open && p->source == cancel->source && p->serial == cancel->serial) {
            p->open = false;
        }
    }
}

static double kernel_rate(double rate)
{
    double clamped = rate > KERNEL_RATE_MAX    ? KERNEL_RATE_MAX
                     : rate < -KERNEL_RATE_MAX ? -KERNEL_RATE_MAX
                                               : rate;
    double units = clamped / KERNEL_RATE_UNIT;

    return (double)(int64_t)(units + (units < 0 ? -0.5 : 0.5)) * KERNEL_RATE_UNIT;
}

static void adjust_clock(struct world *w, struct node *node, const struct clock_command *command)
{
    struct clock_command done = *command;

    read_clock(w, node);
    node->counters.adjustments++;
    if (node->clock_error) {
        done = (struct clock_command){.action = CLOCK_KEEP, .rate = node->clock.rate};
    } else if (command->action != CLOCK_KEEP) {
        done.rate = kernel_rate(command->rate);
        oscillator_set_rate(&node->clock, done.rate);
        if (command->action == CLOCK_STEP) {
            oscillator_step(&node->clock, command->step_ns);
            node->counters.steps++;
        }
    }
    trace_numbers(w, node, done.action == CLOCK_STEP ? done.step_ns : 0, done.rate);
    engine_adjusted(node->engine, read_clock(w, node), &done, node->clock_error);
}

static void look_up(struct world *w, struct node *node, const struct effect_look_up *look_up)
{
    unsigned i;
    struct world_event *e;

    for (i = 0; i < w->name_count && strcmp(w->names[i].name, look_up->name) != 0; i++) {
    }
    e = push(w, w->now_ns + ns_from_s(i < w->name_count ? w->names[i].delay_s : 1), WORLD_RESOLVED);
    if (e) {
        e->node = (uint16_t)node->index;
        e->source = look_up->source;
        e->name = (uint16_t)i;
    }
}

static void carry_out(struct world *w, struct node *node, const struct effect *effect)
{
    node->counters.effects++;
    switch (effect->type) {
    case EFFECT_SEND:
        send_request(w, node, &effect->send);
        break;
    case EFFECT_CANCEL:
        close_port(node, &effect->cancel);
        break;
    case EFFECT_ADJUST_CLOCK:
        adjust_clock(w, node, &effect->adjust);
        break;
    case EFFECT_LOOK_UP:
        look_up(w, node, &effect->look_up);
        break;
    case EFFECT_EVENT:
        node->counters.events[effect->event.type]++;
        trace_numbers(w, node, (int64_t)effect->event.type, effect->event.value);
        break;
    case EFFECT_SET_STATUS:
    case EFFECT_PUBLISH: /* clients are answered from engine->reference itself */
    case EFFECT_STORE:
        break;
    }
}

void world_node_resume(struct world *w, struct node *node)
{
    struct effect effect;

    while (engine_take_effect(node->engine, &effect)) {
        if (w->observer.effect) {
            w->observer.effect(w->observer.context, node, &effect);
        }
        carry_out(w, node, &effect);
    }
    node->due_mono_ns = engine_deadline(node->engine).ns;
}

static void tick(struct world *w, struct node *node)
{
    struct instant now = read_clock(w, node);

    node->counters.ticks++;
    node->counters.ticks_this_second++;
    engine_tick(node->engine, now);
    world_node_resume(w, node);
    if (node->due_mono_ns <= node->clock.mono_ns) {
        node->counters.stuck++;
        node->due_mono_ns = node->clock.mono_ns + STUCK_REST_NS;
    }
}

static void start_engine(struct world *w, struct node *node)
{
    struct engine_start start = {.now = read_clock(w, node),
                                 .precision_s = node->precision_s,
                                 .have_drift = node->have_drift,
                                 .drift = node->drift,
                                 .drift_sd = 1e-7,
                                 .self = {node->address},
                                 .self_count = 1};

    prng_fill(&node->prng, start.seed, sizeof start.seed);
    engine_init(node->engine, node->settings, &start);
    node->started = true;
    world_node_resume(w, node);
}

static void engine_answer(struct world *w, struct node *node, const struct world_packet *request)
{
    struct server_reply reply = {.length = PACKET_HEADER_LENGTH};
    struct instant now = read_clock(w, node);
    enum respond_verdict verdict =
        respond(&node->engine->reference, request->data, request->length, &request->from, now.wall,
                now.wall, now.mono, false, prng_u64(&node->prng), reply.data);

    if (verdict == RESPOND_ANSWERED || verdict == RESPOND_KISS) {
        node->counters.answered++;
        answer(w, node, request, &reply);
    }
}

static void engine_node_receive(struct world *w, struct node *node,
                                const struct world_packet *packet)
{
    struct instant now = read_clock(w, node);

    if (packet->to.port == NTP_PORT) {
        engine_answer(w, node, packet);
        return;
    }
    for (unsigned i = 0; i < WORLD_PORTS; i++) {
        struct node_port *p = &node->ports[(node->port_count - 1 - i) % WORLD_PORTS];

        if (p->port != packet->to.port) {
            continue;
        }
        if (!p->open && !node->keep_ports) {
            return;
        }
        node->counters.received++;
        node->counters.late_delivered += !p->open;
        if (packet->genuine && w->observer.exchange) {
            w->observer.exchange(w->observer.context, node, packet->from_node, packet->earlier_s,
                                 packet->path_s);
        }
        engine_receive(node->engine, now, p->source, p->serial, packet->data, packet->length,
                       now.wall, true);
        world_node_resume(w, node);
        return;
    }
}

static void resolved(struct world *w, struct node *node, const struct world_event *event)
{
    const struct world_name *name = event->name < w->name_count ? &w->names[event->name] : NULL;
    unsigned count = name ? name->count : 0;

    if (name && name->failures > 0) {
        w->names[event->name].failures--;
        count = 0;
    }
    engine_resolved(node->engine, read_clock(w, node), event->source, name ? name->addresses : NULL,
                    count);
    world_node_resume(w, node);
}

static void refclock_sample(struct world *w, struct node *node)
{
    struct node_refclock *r = &node->refclock;
    struct instant now = read_clock(w, node);
    double noise_s = r->noise_s * prng_gauss(&r->prng);
    double offset_s = r->offset_s - oscillator_error_s(&node->clock, w->epoch_ns) + noise_s;
    struct world_event *e = push(w, w->now_ns + ns_from_s(r->interval_s), WORLD_REFCLOCK);

    if (e) {
        e->node = (uint16_t)node->index;
    }
    if (node->asleep) {
        return;
    }
    if (w->observer.refclock) {
        w->observer.refclock(w->observer.context, node, noise_s);
    }
    engine_refclock(node->engine, now, r->source, now.wall, offset_s, r->dispersion_s, LEAP_NONE);
    world_node_resume(w, node);
}

/* ---- things that happen ---- */

void world_action_step(struct world *w, struct node *node, double step_s)
{
    (void)w;
    oscillator_step(&node->clock, ns_from_s(step_s));
}

static void wake(struct world *w, struct node *node, double error_s)
{
    oscillator_suspend(&node->clock, w->now_ns, error_s);
    node->asleep = false;
}

void world_action_suspend(struct world *w, struct node *node, double length_s)
{
    oscillator_advance(&node->clock, w->now_ns);
    node->asleep = true;
    world_at(w, seconds(w) + length_s, node->index, wake, 0);
}

void world_action_clock_error(struct world *w, struct node *node, double error_number)
{
    (void)w;
    node->clock_error = (int)error_number;
}

static void deliver(struct world *w, struct node *node, const struct world_packet *packet)
{
    if (node->asleep || !node->started) {
        return;
    }
    oscillator_advance(&node->clock, w->now_ns);
    switch (node->kind) {
    case NODE_SERVER:
        server_receive(w, node, packet);
        break;
    case NODE_ENGINE:
        engine_node_receive(w, node, packet);
        break;
    case NODE_DAEMON:
        w->daemon_calls->receive(w, node, packet);
        break;
    }
}

static void start_node(struct world *w, struct node *node)
{
    switch (node->kind) {
    case NODE_SERVER:
        node->started = true;
        break;
    case NODE_ENGINE:
        start_engine(w, node);
        break;
    case NODE_DAEMON:
        oscillator_advance(&node->clock, w->now_ns);
        w->daemon_calls->start(w, node);
        node->started = true;
        break;
    }
    if (node->refclock.present) {
        struct world_event *e =
            push(w, w->now_ns + ns_from_s(node->refclock.interval_s), WORLD_REFCLOCK);

        assert(e);
        e->node = (uint16_t)node->index;
    }
}

static void happen(struct world *w, const struct world_event *first)
{
    struct world_event event = *first; /* its slot may be taken again by what follows */
    struct node *node = &w->nodes[event.node];

    switch (event.kind) {
    case WORLD_PACKET:
        deliver(w, node, &event.packet);
        break;
    case WORLD_RESOLVED:
        resolved(w, node, &event);
        break;
    case WORLD_REFCLOCK:
        refclock_sample(w, node);
        break;
    case WORLD_START:
        start_node(w, node);
        break;
    case WORLD_ACTION:
        oscillator_advance(&node->clock, node->asleep ? node->clock.true_ns : w->now_ns);
        event.action(w, node, event.value);
        break;
    }
}

void world_start(struct world *w)
{
    for (unsigned i = 0; i < w->node_count; i++) {
        struct world_event *e = push(w, ns_from_s(w->nodes[i].start_s), WORLD_START);

        assert(e);
        e->node = (uint16_t)i;
    }
}

/* The node that is due first before `before_ns`, or NULL. */
static struct node *first_due(struct world *w, int64_t before_ns, int64_t *at_ns)
{
    struct node *first = NULL;

    for (unsigned i = 0; i < w->node_count; i++) {
        struct node *node = &w->nodes[i];
        int64_t at;

        if (node->kind == NODE_SERVER || !node->started || node->asleep ||
            node->due_mono_ns == WORLD_NOT_DUE) {
            continue;
        }
        at = oscillator_when(&node->clock, (struct mono_time){node->due_mono_ns});
        at = at < w->now_ns ? w->now_ns : at;
        if (at < before_ns) {
            before_ns = at;
            first = node;
        }
    }
    *at_ns = before_ns;
    return first;
}

static void begin_second(struct world *w)
{
    w->now_ns = ++w->second * NS_PER_S;
    for (unsigned i = 0; i < w->node_count; i++) {
        struct node *node = &w->nodes[i];

        if (!node->asleep) {
            oscillator_advance(&node->clock, w->now_ns);
            oscillator_begin_second(&node->clock);
        }
        if (node->counters.ticks_this_second > node->counters.ticks_worst_second) {
            node->counters.ticks_worst_second = node->counters.ticks_this_second;
        }
        node->counters.ticks_this_second = 0;
    }
}

void world_run_second(struct world *w)
{
    int64_t end = (w->second + 1) * NS_PER_S;

    for (;;) {
        int64_t limit = end, at;
        struct node *due;

        if (w->heap_count > 0 && w->events[w->heap[0]].at_ns < limit) {
            limit = w->events[w->heap[0]].at_ns;
        }
        due = first_due(w, limit, &at);
        if (!due && limit == end) {
            break;
        }
        w->now_ns = at > w->now_ns ? at : w->now_ns;
        if (!due) {
            happen(w, pop(w));
        } else if (due->kind == NODE_ENGINE) {
            tick(w, due);
        } else {
            oscillator_advance(&due->clock, w->now_ns);
            w->daemon_calls->run(w, due);
        }
    }
    begin_second(w);
}
