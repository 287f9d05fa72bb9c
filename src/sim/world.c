/* SPDX-License-Identifier: BSD-2-Clause */
/* The world's clockwork: an event heap ordered by true time (and by age, so that ties are the same
 * every time), paths, clocks as a kernel keeps them, and nodes that are run when their clock says
 * so. */
#include "sim/world.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum stream { STREAM_CLOCK = 1000, STREAM_SERVER = 2000, STREAM_NODE = 3000, STREAM_LINK = 10000 };

/* A kernel holds rates in units of 2^-16 ppm. */
#define KERNEL_RATE_UNIT (1e-6 / 65536)
#define ROUNDS_MAX 4
#define STUCK_REST_NS INT64_C(1000000)

double world_now_s(const struct world *w)
{
    return (double)w->now_ns * 1e-9;
}

static void world_trace(struct world *w, const void *data, size_t length)
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
static struct world_event *push(struct world *w, int64_t at_ns, unsigned node, world_action *action,
                                double value)
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
    e->node = (uint16_t)node;
    e->action = action;
    e->value = value;
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
        if (w->nodes[i].calls) {
            w->nodes[i].calls->free(&w->nodes[i]);
        }
    }
    free(w->events);
    w->events = NULL;
}

struct address world_address(unsigned index)
{
    return (struct address){
        .family = ADDRESS_V4, .bytes = {10, 0, 0, (uint8_t)(index + 1)}, .port = NTP_PORT};
}

struct node *world_add_node(struct world *w, const struct oscillator_settings *clock,
                            const struct node_calls *calls)
{
    struct node *node = &w->nodes[w->node_count];

    assert(w->node_count < WORLD_NODES_MAX);
    node->calls = calls;
    node->index = w->node_count++;
    node->address = world_address(node->index);
    node->due_mono_ns = WORLD_NOT_DUE;
    oscillator_init(&node->clock, clock, w->seed, STREAM_CLOCK + node->index, w->epoch_ns);
    prng_seed(&node->prng, w->seed, STREAM_NODE + node->index);
    return node;
}

unsigned world_add_server(struct world *w, const struct server_settings *settings)
{
    struct node *node = world_add_node(w, &settings->clock, NULL);

    server_init(&node->server, settings, w->seed, STREAM_SERVER + node->index);
    return node->index;
}

void world_set_path(struct world *w, unsigned a, unsigned b, const struct link_settings *there,
                    const struct link_settings *back)
{
    link_init(&w->links[a][b], there, w->seed, STREAM_LINK + a * WORLD_NODES_MAX + b);
    link_init(&w->links[b][a], back, w->seed, STREAM_LINK + b * WORLD_NODES_MAX + a);
}

void world_at(struct world *w, double at_s, unsigned node, world_action *action, double value)
{
    push(w, ns_from_s(at_s), node, action, value);
}

double world_error_s(const struct world *w, unsigned node)
{
    return oscillator_error_s(&w->nodes[node].clock, w->epoch_ns);
}

double world_error_freq(const struct world *w, unsigned node)
{
    return oscillator_total_rate(&w->nodes[node].clock);
}

/* ---- packets ---- */

void world_packet_make(struct world_packet *out, const struct address *from,
                       const struct address *to, const uint8_t *data, size_t length)
{
    assert(length <= sizeof out->data);
    memset(out, 0, offsetof(struct world_packet, data));
    out->from = *from;
    out->to = *to;
    out->length = (uint16_t)length;
    memcpy(out->data, data, length);
}

void world_packet_copy(struct world_packet *out, const struct world_packet *packet)
{
    memcpy(out, packet, offsetof(struct world_packet, data) + packet->length);
}

static int node_of(const struct world *w, const struct address *a)
{
    for (unsigned i = 0; i < w->node_count; i++) {
        if (address_equal(&w->nodes[i].address, a)) {
            return (int)i;
        }
    }
    return -1;
}

static void send_packet(struct world *w, unsigned from, const struct world_packet *packet)
{
    double delays_s[LINK_COPIES_MAX];
    unsigned copies;
    int to = node_of(w, &packet->to);

    world_trace(w, &w->now_ns, sizeof w->now_ns);
    world_trace(w, packet->data, packet->length);
    if (to < 0) {
        return;
    }
    copies = link_carry(&w->links[from][to], world_now_s(w), delays_s);
    for (unsigned i = 0; i < copies; i++) {
        struct world_event *e = push(w, w->now_ns + ns_from_s(delays_s[i]), (unsigned)to, NULL, 0);

        if (e) {
            world_packet_copy(&e->packet, packet);
            e->packet.from_node = (uint8_t)from;
            e->packet.to_node = (uint8_t)to;
            e->packet.path_s = delays_s[i];
        }
    }
}

void world_send(struct world *w, struct node *node, const struct world_packet *packet, bool request)
{
    if (request) {
        node->counters.sent++;
        if (w->observer.request) {
            w->observer.request(w->observer.context, node, &packet->to);
        }
    } else {
        node->counters.answered++;
    }
    send_packet(w, node->index, packet);
}

static void server_receive(struct world *w, struct node *node, const struct world_packet *request)
{
    struct server_reply replies[SERVER_REPLIES_MAX];
    unsigned count = server_answer(&node->server, &node->clock, world_now_s(w), &request->from,
                                   request->data, request->length, replies);

    for (unsigned i = 0; i < count; i++) {
        struct world_packet packet;
        int64_t now = w->now_ns;

        world_packet_make(&packet, &node->address, &request->from, replies[i].data,
                          replies[i].length);
        packet.earlier_s = request->path_s;
        packet.genuine = replies[i].genuine;
        /* A turnaround is short: nothing else can happen to this server meanwhile. */
        w->now_ns += ns_from_s(replies[i].after_s);
        world_send(w, node, &packet, false);
        w->now_ns = now;
    }
}

void world_exchanged(struct world *w, struct node *client, const struct world_packet *reply)
{
    client->counters.received++;
    if (reply->genuine && w->observer.exchange) {
        w->observer.exchange(w->observer.context, client, reply->from_node, reply->earlier_s,
                             reply->path_s);
    }
}

unsigned world_look_up(struct world *w, const char *name, struct address *out, unsigned max)
{
    for (unsigned i = 0; i < w->name_count; i++) {
        struct world_name *n = &w->names[i];
        unsigned count = n->count < max ? n->count : max;

        if (strcmp(n->name, name) != 0) {
            continue;
        }
        if (n->failures > 0) {
            n->failures--;
            return 0;
        }
        memcpy(out, n->addresses, count * sizeof *out);
        return count;
    }
    return 0;
}

/* ---- clocks ---- */

struct instant world_read_clock(struct world *w, struct node *node)
{
    oscillator_advance(&node->clock, w->now_ns);
    return oscillator_read(&node->clock);
}

static double kernel_rate(double rate)
{
    double clamped = rate > WORLD_KERNEL_RATE_MAX    ? WORLD_KERNEL_RATE_MAX
                     : rate < -WORLD_KERNEL_RATE_MAX ? -WORLD_KERNEL_RATE_MAX
                                                     : rate;
    double units = clamped / KERNEL_RATE_UNIT;

    return (double)(int64_t)(units + (units < 0 ? -0.5 : 0.5)) * KERNEL_RATE_UNIT;
}

int world_adjust_clock(struct world *w, struct node *node, const struct clock_command *command,
                       struct clock_command *done)
{
    *done = *command;
    world_read_clock(w, node);
    node->counters.adjustments++;
    if (node->clock_error || command->action == CLOCK_KEEP) {
        *done = (struct clock_command){.action = CLOCK_KEEP, .rate = node->clock.rate};
    } else {
        done->rate = kernel_rate(command->rate);
        oscillator_set_rate(&node->clock, done->rate);
    }
    if (done->action == CLOCK_STEP) {
        oscillator_step(&node->clock, command->step_ns);
        node->counters.steps++;
        if (w->observer.step) {
            w->observer.step(w->observer.context, node, s_from_ns(command->step_ns));
        }
    }
    trace_numbers(w, node, done->action == CLOCK_STEP ? done->step_ns : 0, done->rate);
    return node->clock_error;
}

void world_tell(struct world *w, struct node *node, const struct event *event)
{
    node->counters.events[event->type]++;
    trace_numbers(w, node, (int64_t)event->type, event->value);
    if (w->observer.event) {
        w->observer.event(w->observer.context, node, event);
    }
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
    world_at(w, world_now_s(w) + length_s, node->index, wake, 0);
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
    if (node->calls) {
        node->calls->receive(w, node, packet);
    } else {
        server_receive(w, node, packet);
    }
}

static void start_node(struct world *w, struct node *node, double value)
{
    (void)value;
    node->started = true;
    if (node->calls) {
        node->calls->start(w, node);
    }
}

static void happen(struct world *w, const struct world_event *first)
{
    /* copies: its slot may be taken again by what follows */
    struct node *node = &w->nodes[first->node];
    world_action *action = first->action;
    double value = first->value;
    struct world_packet packet;

    if (!action) {
        world_packet_copy(&packet, &first->packet);
        deliver(w, node, &packet);
        return;
    }
    if (!node->asleep) {
        oscillator_advance(&node->clock, w->now_ns);
    }
    action(w, node, value);
}

void world_start(struct world *w)
{
    for (unsigned i = 0; i < w->node_count; i++) {
        world_at(w, w->nodes[i].start_s, i, start_node, 0);
    }
}

void world_set_due(struct node *node, struct mono_time due)
{
    node->due_mono_ns = due.ns;
}

/* A node may be due again at once (one thing led to another), but not for ever. */
static void run(struct world *w, struct node *node)
{
    unsigned rounds = 0;

    oscillator_advance(&node->clock, w->now_ns);
    do {
        node->counters.runs++;
        node->counters.runs_this_second++;
        node->calls->run(w, node);
    } while (node->due_mono_ns <= node->clock.mono_ns && ++rounds < ROUNDS_MAX);
    if (rounds == ROUNDS_MAX) {
        node->counters.stuck++;
        node->due_mono_ns = node->clock.mono_ns + STUCK_REST_NS;
    }
}

/* The node that is due first before `before_ns`, or NULL. */
static struct node *first_due(struct world *w, int64_t before_ns, int64_t *at_ns)
{
    struct node *first = NULL;

    for (unsigned i = 0; i < w->node_count; i++) {
        struct node *node = &w->nodes[i];
        int64_t at;

        if (!node->calls || !node->started || node->asleep || node->due_mono_ns == WORLD_NOT_DUE) {
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
        if (node->counters.runs_this_second > node->counters.runs_worst_second) {
            node->counters.runs_worst_second = node->counters.runs_this_second;
        }
        node->counters.runs_this_second = 0;
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
        if (due) {
            run(w, due);
        } else {
            happen(w, pop(w));
        }
    }
    begin_second(w);
}
