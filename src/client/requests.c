/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends, receives and closes on the client's sockets. The order in a round matters: transmit stamps
 * come before replies, and the effects of each reply before the next reply. */
#include "client/requests.h"

#include <errno.h>
#include <string.h>

#include "os/clock.h"
#include "os/udp.h"

/* A wake-up whose cause nobody can name must not become a busy loop. */
#define IDLE_ERRORS_MAX 4

static void close_slot(struct request_socket *slot, struct wait_set *wait)
{
    if (slot->fd >= 0) {
        wait_remove(wait, slot->fd);
        udp_close(slot->fd);
        slot->fd = -1;
    }
    slot->answered = false;
}

void requests_init(struct requests *r, int dscp)
{
    memset(r, 0, sizeof *r);
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        r->sockets[i] = (struct request_socket){.fd = -1};
    }
    r->dscp = dscp;
}

void requests_send(struct requests *r, struct wait_set *wait, struct engine *engine,
                   const struct effect_send *send)
{
    struct request_socket *slot = &r->sockets[send->source];
    static struct datagram datagram; /* large, and of no meaning between calls */
    struct address from = send->from;
    struct wall_time sent;
    int error = 0;

    close_slot(slot, wait);
    from.port = r->port;
    slot->fd = udp_connect(&send->to, &from, r->device[0] ? r->device : NULL, r->dscp);
    slot->serial = send->serial;
    slot->sent_by = STAMP_DAEMON;
    slot->idle_errors = 0;
    if (slot->fd < 0 || !wait_add(wait, slot->fd, WAIT_READ | WAIT_ERROR)) {
        error = slot->fd < 0 ? -slot->fd : ENOSPC;
        close_slot(slot, wait);
        engine_send_failed(engine, clock_now(), send->source, send->serial, error);
        return;
    }
    datagram.peer = send->to;
    datagram.length = send->length;
    memcpy(datagram.data, send->data, send->length);
    /* Read before the call: on a fast path the reply can be here before it returns, and a T1 that
     * is too early only widens the delay, which is measured, and never hides any. */
    sent = clock_now().wall;
    if (udp_send(slot->fd, &datagram, 1, &error) != 1) {
        close_slot(slot, wait);
        engine_send_failed(engine, clock_now(), send->source, send->serial, error);
        return;
    }
    from = udp_local(slot->fd);
    engine_sent_from(engine, send->source, send->serial, &from);
    engine_sent(engine, clock_now(), send->source, send->serial, (struct stamped){.at = sent});
}

void requests_cancel(struct requests *r, struct wait_set *wait, const struct effect_cancel *cancel)
{
    struct request_socket *slot = &r->sockets[cancel->source];

    if (slot->serial != cancel->serial) {
        return;
    }
    if (cancel->answered && slot->fd >= 0 && slot->sent_by == STAMP_DAEMON &&
        wait_add(wait, slot->fd, WAIT_ERROR)) {
        slot->answered = true;
        return;
    }
    close_slot(slot, wait);
}

/* Gives the engine the stamp that is there, if any. */
static bool take_stamp(struct request_socket *slot, struct engine *engine, uint16_t source)
{
    struct stamped stamp;

    if (!udp_transmit_stamp(slot->fd, &stamp)) {
        return false;
    }
    slot->sent_by = stamp.by;
    engine_sent(engine, clock_now(), source, slot->serial, stamp);
    return true;
}

void requests_read_stamps(struct requests *r, struct wait_set *wait, struct engine *engine)
{
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        struct request_socket *slot = &r->sockets[i];
        bool explained;
        int error;

        if (slot->fd < 0 || !(wait_ready(wait, slot->fd) & WAIT_ERROR)) {
            continue;
        }
        explained = take_stamp(slot, engine, i);
        if (slot->answered) { /* whatever it was, there was no more to wait for */
            close_slot(slot, wait);
            continue;
        }
        error = udp_error(slot->fd);
        if (error != 0) {
            engine_send_failed(engine, clock_now(), i, slot->serial, error < 0 ? -error : error);
            explained = true;
        }
        slot->idle_errors = explained ? 0 : slot->idle_errors + 1;
        if (slot->idle_errors >= IDLE_ERRORS_MAX) {
            engine_send_failed(engine, clock_now(), i, slot->serial, 0);
            slot->idle_errors = 0;
        }
    }
}

/* Do our own access rules drop all that comes from there? */
static bool is_ignored(const struct requests *r, const struct address *source)
{
    uint32_t flags = 0;

    if (r->access) {
        flags = r->have_source_access ? acl_flags_of_source(r->access, source, r->source_access)
                                      : acl_flags(r->access, source);
    }

    return (flags & ACCESS_IGNORE) != 0;
}

bool requests_receive(struct requests *r, const struct wait_set *wait, struct engine *engine,
                      uint16_t source)
{
    struct request_socket *slot = &r->sockets[source];
    static struct datagram datagram;
    int received;

    if (slot->fd < 0 || slot->answered || !(wait_ready(wait, slot->fd) & WAIT_READ)) {
        return false;
    }
    received = udp_receive(slot->fd, &datagram, 1);
    if (received > 0 && is_ignored(r, &engine->sources[source].address)) {
        engine_restricted(engine, clock_now(), source, slot->serial);
        return true;
    }
    if (received > 0) {
        engine_receive(engine, clock_now(), source, slot->serial, datagram.data, datagram.length,
                       (struct stamped){.at = datagram.stamp,
                                        .by = datagram.stamped_by,
                                        .interface = datagram.interface});
        return true;
    }
    if (received < 0 && received != -EAGAIN) {
        engine_send_failed(engine, clock_now(), source, slot->serial, -received);
        return true;
    }
    return false;
}

bool requests_have_route(const struct requests *r, const struct source *s)
{
    int fd = udp_connect(&s->address, &s->config.from[s->address.family == ADDRESS_V6],
                         r->device[0] ? r->device : NULL, r->dscp);

    if (fd >= 0) {
        udp_close(fd);
    }
    return fd >= 0;
}

void requests_close_all(struct requests *r, struct wait_set *wait)
{
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        close_slot(&r->sockets[i], wait);
    }
}
