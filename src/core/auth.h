/* SPDX-License-Identifier: BSD-2-Clause */
/* The door of authentication: how a packet proves where it comes from, for client and server. The
 * association (core/source.h) and the responder (core/respond.h) go through it and know of no
 * method. Symmetric keys (core/mac.h) are one; a method that lives in extension fields, as Network
 * Time Security does (RFC 8915), is another table of operations.
 *
 *   client:  auth_of_source(), auth_seal() of the request, auth_check() of each reply
 *   server:  auth_of_server(), auth_check() of the request, auth_seal() of its reply
 *
 * A `struct auth` is made anew for each call of a client, and for each exchange of a server, whose
 * seal uses what its check has found. What a method keeps of a client's exchange (the identifier of
 * the request) and from one to the next (cookies) is in its own memory, behind `session`. */
#ifndef TOKI_CORE_AUTH_H
#define TOKI_CORE_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mac.h"
#include "core/packet.h"
#include "core/random.h"
#include "core/settings.h"

enum auth_verdict {
    AUTH_RIGHT, /* authentic; for a source that wants no authentication: there is none */
    AUTH_NONE,  /* nothing in the packet claims to prove anything */
    AUTH_WRONG, /* what there is, is wrong, or of a key that we do not know or did not ask for */
    AUTH_NAK /* client: the server says that it cannot check our requests. Server: it cannot check
                   this one, and the client is to be told by a kiss */
};

struct auth;

struct auth_method {
    /* Puts the proof behind the `length` bytes of a packet (a header) in `data`, which has room for
     * `room`. Length of the whole; 0: it cannot be proven, and may not be sent without. */
    size_t (*seal)(struct auth *a, uint8_t *data, size_t length, size_t room);
    /* Any bytes may come: `p` and `t` are what packet_decode() made of `data`. A client asks about
     * replies with the right origin only, and one that is AUTH_RIGHT ends the exchange: that, and
     * not before, is when a method may keep what came with it. */
    enum auth_verdict (*check)(struct auth *a, const uint8_t *data, const struct packet *p,
                               const struct packet_trailer *t);
    uint32_t nak; /* kiss code of a server's AUTH_NAK; its reply is sealed like any other */
};

struct auth_mac {
    const struct mac_keys *keys; /* NULL: none */
    uint32_t key_id;             /* client: the key of the source; 0: no authentication */
    bool cut;                    /* client: long digests are cut in requests */
    const struct mac_key *key;   /* server: of the request; NULL: it has no MAC */
    size_t length;               /* server: of the request's MAC */
};

struct auth {
    const struct auth_method *method;
    struct random *random; /* nonces come from here: the engine's or the worker's generator */
    union {
        struct auth_mac mac;
        void *session; /* of a method with memory of its own, which whoever made this owns */
    };
};

/* How the requests to a source are authenticated. `keys` may be NULL. */
struct auth auth_of_source(const struct source_spec *spec, const struct mac_keys *keys,
                           struct random *random);

/* How a server that has these keys (NULL: none) authenticates: a reply bears a MAC of the same key
 * and length as the request. AUTH_NAK is not used: anybody can forge a crypto-NAK. `random` may be
 * NULL: MACs draw nothing. */
struct auth auth_of_server(const struct mac_keys *keys, struct random *random);

/* The operations of struct auth_method. */
static inline size_t auth_seal(struct auth *a, uint8_t *data, size_t length, size_t room)
{
    return a->method->seal(a, data, length, room);
}

static inline enum auth_verdict auth_check(struct auth *a, const uint8_t *data,
                                           const struct packet *p, const struct packet_trailer *t)
{
    return a->method->check(a, data, p, t);
}

#endif
