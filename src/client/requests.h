/* SPDX-License-Identifier: BSD-2-Clause */
/* The client's sockets: one for each outstanding request, from a fresh port (RFC 9109), closed when
 * the engine is done with it. Stands between the engine and os/udp.h, for the daemon, the simulator
 * and `toki query` alike. A fixed table, one slot for each source; allocates nothing. */
#ifndef TOKI_CLIENT_REQUESTS_H
#define TOKI_CLIENT_REQUESTS_H

#include <stdbool.h>

#include "core/acl.h"
#include "core/engine.h"
#include "os/wait.h"

struct request_socket {
    int fd; /* -1: none */
    uint16_t serial;
    enum stamp sent_by;   /* the best transmit stamp that came */
    bool answered;        /* it is only open for a better one, and receives nothing */
    unsigned idle_errors; /* wake-ups by an error that could not be found */
};

struct requests {
    struct request_socket sockets[SOURCES_MAX];
    int dscp;
    char device[16];          /* requests leave by it; "": by any */
    uint16_t port;            /* and from this port; 0: a fresh one for each */
    const struct acl *access; /* what ACCESS_IGNORE says of a source's address is dropped; NULL */
    bool have_source_access;  /* these flags hold for sources without a rule of their own */
    uint32_t source_access;
};

void requests_init(struct requests *r, int dscp);

/* Carries out EFFECT_SEND; a failure is passed to the engine. */
void requests_send(struct requests *r, struct wait_set *wait, struct engine *engine,
                   const struct effect_send *send);

/* Carries out EFFECT_CANCEL; a late one, of an older request, does nothing. Where the request was
 * answered before its transmit stamp came the socket stays until that comes, but no longer than to
 * the next request. */
void requests_cancel(struct requests *r, struct wait_set *wait, const struct effect_cancel *cancel);

/* Transmit stamps and network errors that the last wait announced. To be called before any
 * requests_receive() of the round, so that T1 is the kernel's when its reply is judged. */
void requests_read_stamps(struct requests *r, struct wait_set *wait, struct engine *engine);

/* Receives at most one datagram on the socket of this source, if one is ready, and gives it to the
 * engine. True if the engine was told something: its effects are due before the next input. */
bool requests_receive(struct requests *r, const struct wait_set *wait, struct engine *engine,
                      uint16_t source);

/* Is there a route to the address of this source? */
bool requests_have_route(const struct requests *r, const struct source *s);

void requests_close_all(struct requests *r, struct wait_set *wait);

#endif
