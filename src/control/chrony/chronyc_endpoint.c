/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets of chrony's command protocol: opening, rate limits, orders in flight. An answer to an
 * order goes to where its request came from, if anybody is still there; chronyc asks again if it
 * takes too long. */
#include "control/chrony/chronyc_endpoint.h"

#include <errno.h>
#include <string.h>

#include "os/file.h"

#define BATCH 8 /* datagrams of one socket in one round */

enum { SOCKET_V4, SOCKET_V6, SOCKET_LOCAL };

/* Members of one of these groups may use the socket, as monitoring tools expect of chronyd. */
static const char *const groups[] = {"chrony", "_chrony", NULL};

/* ---- which sockets ---- */

/* What the config wants of this one: false, nothing. */
static bool find_wanted(const struct config *config, unsigned which, struct chronyc_socket *out)
{
    static const struct address loopback[] = {
        {.family = ADDRESS_V4, .bytes = {127, 0, 0, 1}},
        {.family = ADDRESS_V6, .bytes = {[15] = 1}},
    };

    memset(out, 0, sizeof *out);
    out->fd = -1;
    if (which == SOCKET_LOCAL) {
        memcpy(out->path, config->command_socket, sizeof out->path);
        return out->path[0] != '\0';
    }
    out->address = config->command_bind[which].family != ADDRESS_NONE ? config->command_bind[which]
                                                                      : loopback[which];
    out->address.port = (uint16_t)config->command_port;
    memcpy(out->device, config->command_device, sizeof out->device);
    return config->command_port != 0;
}

static bool is_same(const struct chronyc_socket *a, const struct chronyc_socket *b)
{
    return address_equal(&a->address, &b->address) && a->address.port == b->address.port &&
           strcmp(a->path, b->path) == 0 && strcmp(a->device, b->device) == 0;
}

static void open_socket(struct chronyc_endpoint *e, unsigned which, struct chronyc_socket *s)
{
    const struct local_owner owner = {.user = e->user, .groups = groups};

    s->fd = which == SOCKET_LOCAL
                ? local_listen(s->path, &owner)
                : udp_listen(&s->address, s->device[0] ? s->device : NULL, false, 0);
    s->error = s->fd < 0 ? s->fd : 0;
    s->fd = s->fd < 0 ? -1 : s->fd;
}

static void close_socket(struct chronyc_socket *s, struct wait_set *wait)
{
    if (s->fd < 0) {
        return;
    }
    wait_remove(wait, s->fd);
    if (s->path[0]) {
        file_remove(s->path);
        local_close(s->fd);
    } else {
        udp_close(s->fd);
    }
    s->fd = -1;
}

static void take_settings(struct chronyc_endpoint *e, const struct config *config)
{
    e->access = &config->command_access;
    e->open_commands = config->open_commands;
    ratelimit_configure(&e->limit, &config->command_ratelimit);
}

void chronyc_endpoint_open(struct chronyc_endpoint *e, const struct config *config,
                           const char *user, const uint8_t seed[32])
{
    e->user = user;
    ratelimit_init(&e->limit, &config->command_ratelimit, e->clients, CHRONYC_LIMITED_MAX, seed);
    take_settings(e, config);
    for (unsigned i = 0; i < CHRONYC_SOCKETS; i++) {
        if (find_wanted(config, i, &e->sockets[i])) {
            open_socket(e, i, &e->sockets[i]);
        }
    }
}

/* The new one is opened beside the old one, or in its place where they stand in each other's way.
 * Without the right to (it is given up after the start) the old one stays as it is. */
static void change_socket(struct chronyc_endpoint *e, unsigned which, struct wait_set *wait,
                          const struct chronyc_socket *wanted)
{
    struct chronyc_socket *s = &e->sockets[which];
    struct chronyc_socket next = *wanted;

    open_socket(e, which, &next);
    if (next.error == -EACCES && s->fd >= 0) {
        s->error = next.error;
        return;
    }
    close_socket(s, wait);
    if (next.fd < 0) {
        open_socket(e, which, &next);
    }
    *s = next;
    if (s->fd >= 0) {
        wait_add(wait, s->fd, WAIT_READ);
    }
}

void chronyc_endpoint_configure(struct chronyc_endpoint *e, struct wait_set *wait,
                                const struct config *config)
{
    take_settings(e, config);
    for (unsigned i = 0; i < CHRONYC_SOCKETS; i++) {
        struct chronyc_socket wanted;

        e->sockets[i].error = 0;
        if (!find_wanted(config, i, &wanted)) {
            close_socket(&e->sockets[i], wait);
            e->sockets[i] = wanted;
        } else if (e->sockets[i].fd < 0 || !is_same(&wanted, &e->sockets[i])) {
            change_socket(e, i, wait, &wanted);
        }
    }
}

void chronyc_endpoint_register(struct chronyc_endpoint *e, struct wait_set *wait)
{
    for (unsigned i = 0; i < CHRONYC_SOCKETS; i++) {
        if (e->sockets[i].fd >= 0) {
            wait_add(wait, e->sockets[i].fd, WAIT_READ);
        }
    }
}

bool chronyc_endpoint_is_ready(const struct chronyc_endpoint *e, const struct wait_set *wait)
{
    for (unsigned i = 0; i < CHRONYC_SOCKETS; i++) {
        if (e->sockets[i].fd >= 0 && wait_ready(wait, e->sockets[i].fd)) {
            return true;
        }
    }
    return false;
}

struct mono_time chronyc_endpoint_deadline(const struct chronyc_endpoint *e)
{
    struct mono_time first = {INT64_MAX};

    for (unsigned i = 0; i < CHRONYC_ORDERS_MAX; i++) {
        if (e->orders[i].state != CHRONYC_ORDER_FREE && e->orders[i].limit.ns < first.ns) {
            first = e->orders[i].limit;
        }
    }
    return first;
}

/* ---- requests ---- */

static bool is_wanted(struct chronyc_endpoint *e, const struct datagram *d, struct mono_time now)
{
    return d->peer.port != 0 && acl_allows(e->access, &d->peer) &&
           (address_is_loopback(&d->peer) ||
            ratelimit_check(&e->limit, &d->peer, now) == RATELIMIT_ANSWER);
}

static struct chronyc_context make_context(struct chronyc_endpoint *e,
                                           const struct report_input *input, bool may_change)
{
    return (struct chronyc_context){.input = input,
                                    .report = &e->report,
                                    .may_change = may_change,
                                    .open_commands = e->open_commands,
                                    .requests = e->requests,
                                    .refused = e->refused};
}

static void take_counts(struct chronyc_endpoint *e, const struct chronyc_context *context)
{
    e->requests = context->requests;
    e->refused = context->refused;
}

/* Reports only: nothing is ordered from here. */
static void serve_udp(struct chronyc_endpoint *e, int fd, const struct report_input *input)
{
    struct chronyc_context context = make_context(e, input, false);
    static struct command_order unused;
    uint8_t reply[CHRONY_REPLY_MAX];
    size_t length;
    int count = udp_receive(fd, e->batch, BATCH);

    for (int i = 0; i < count; i++) {
        struct datagram *d = &e->batch[i];

        if (!is_wanted(e, d, input->now.mono)) {
            context.refused++;
        } else if (chronyc_respond(&context, d->data, d->length, &unused, reply, &length) ==
                   CHRONYC_ANSWERED) {
            memcpy(d->data, reply, length);
            d->length = length;
            udp_send(fd, d, 1, NULL);
        }
    }
    take_counts(e, &context);
}

/* A place for an order; NULL: there are too many. */
static struct chronyc_order *find_room(struct chronyc_endpoint *e)
{
    for (unsigned i = 0; i < CHRONYC_ORDERS_MAX; i++) {
        if (e->orders[i].state == CHRONYC_ORDER_FREE) {
            return &e->orders[i];
        }
    }
    return NULL;
}

static void keep_order(struct chronyc_endpoint *e, const struct command_order *order,
                       const uint8_t *request, const struct local_peer *from, struct mono_time now)
{
    struct chronyc_order *room = find_room(e);

    if (!room) {
        return; /* the client asks again */
    }
    room->state = CHRONYC_ORDER_WAITS;
    room->serial = ++e->serial;
    room->limit = mono_after(now, CHRONYC_ORDER_TIMEOUT_S);
    room->from = *from;
    room->order = *order;
    memcpy(room->request, request, sizeof room->request);
}

static void serve_local(struct chronyc_endpoint *e, int fd, const struct report_input *input)
{
    struct chronyc_context context = make_context(e, input, true);
    uint8_t request[CHRONY_PACKET_MAX + 1], reply[CHRONY_REPLY_MAX];
    static struct command_order order; /* large, and of no meaning between calls */
    struct local_peer from;
    size_t length;

    for (unsigned i = 0; i < BATCH; i++) {
        long received = local_receive(fd, request, sizeof request, &from);
        enum chronyc_result result;

        if (received < 0) {
            break;
        }
        if (from.length == 0) {
            context.refused++; /* it could not be answered */
            continue;
        }
        result = chronyc_respond(&context, request, (size_t)received, &order, reply, &length);
        if (result == CHRONYC_ANSWERED) {
            local_send(fd, reply, length, &from);
        } else if (result == CHRONYC_ORDERED) {
            keep_order(e, &order, request, &from, input->now.mono);
        }
    }
    take_counts(e, &context);
}

void chronyc_endpoint_handle(struct chronyc_endpoint *e, const struct wait_set *wait,
                             const struct report_input *input)
{
    for (unsigned i = 0; i < CHRONYC_ORDERS_MAX; i++) {
        if (e->orders[i].limit.ns <= input->now.mono.ns) {
            e->orders[i].state = CHRONYC_ORDER_FREE;
        }
    }
    for (unsigned i = 0; i < CHRONYC_SOCKETS; i++) {
        const struct chronyc_socket *s = &e->sockets[i];

        if (s->fd < 0 || !wait_ready(wait, s->fd)) {
            continue;
        }
        if (i == SOCKET_LOCAL) {
            serve_local(e, s->fd, input);
        } else {
            serve_udp(e, s->fd, input);
        }
    }
}

bool chronyc_endpoint_take_order(struct chronyc_endpoint *e, struct command_order *order,
                                 struct chronyc_ticket *ticket)
{
    struct chronyc_order *first = NULL;

    for (unsigned i = 0; i < CHRONYC_ORDERS_MAX; i++) {
        struct chronyc_order *o = &e->orders[i];

        if (o->state == CHRONYC_ORDER_WAITS && (!first || o->limit.ns < first->limit.ns)) {
            first = o;
        }
    }
    if (!first) {
        return false;
    }
    first->state = CHRONYC_ORDER_TAKEN;
    *order = first->order;
    *ticket = (struct chronyc_ticket){(unsigned)(first - e->orders), first->serial};
    return true;
}

void chronyc_endpoint_answer(struct chronyc_endpoint *e, const struct chronyc_ticket *ticket,
                             const struct command_outcome *outcome)
{
    struct chronyc_order *o = &e->orders[ticket->order];
    uint8_t reply[CHRONY_REPLY_MAX];
    size_t length;

    if (o->state != CHRONYC_ORDER_TAKEN || o->serial != ticket->serial) {
        return;
    }
    o->state = CHRONYC_ORDER_FREE;
    length = chronyc_answer(o->request, outcome, reply);
    if (e->sockets[SOCKET_LOCAL].fd >= 0) {
        local_send(e->sockets[SOCKET_LOCAL].fd, reply, length, &o->from);
    }
}

void chronyc_endpoint_close(struct chronyc_endpoint *e, struct wait_set *wait)
{
    for (unsigned i = 0; i < CHRONYC_SOCKETS; i++) {
        close_socket(&e->sockets[i], wait);
    }
}
