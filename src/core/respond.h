/* SPDX-License-Identifier: BSD-2-Clause */
/* Request + reference -> reply: the one responder behind every transport (RFC 5905 sections 9.2
 * and 14). Stateless: the same request gets the same reply but for the times. Never longer than
 * the request, never an answer to an answer. */
#ifndef TOKI_CORE_RESPOND_H
#define TOKI_CORE_RESPOND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/auth.h"
#include "core/packet.h"
#include "core/reference.h"

enum respond_verdict {
    RESPOND_ANSWERED,
    RESPOND_KISS,           /* answered by a kiss: RATE, or the NAK of an authentication */
    RESPOND_DROPPED_SHORT,  /* not an NTP packet */
    RESPOND_DROPPED_FORMAT, /* bad version, length or extension fields */
    RESPOND_DROPPED_MODE,   /* not a request */
    RESPOND_DROPPED_SOURCE, /* port 0, our own address, multicast, ... */
    RESPOND_DROPPED_ACCESS,
    RESPOND_DROPPED_RATE,
    RESPOND_DROPPED_AUTH, /* a MAC that is wrong, or of a key that we do not know */
    RESPOND_CONTROL,      /* mode 6: for control/, if access allows; not answered here */
    RESPOND_VERDICTS
};

/* Short name for counters: "answered", "kiss", "dropped-short", ... */
const char *respond_verdict_name(enum respond_verdict v);

/* False for addresses that no honest request comes from (S16, S17): port 0, unspecified, 0.0.0.0/8,
 * multicast, class E and broadcast. `self` may be NULL; else equal address and port are refused
 * (LAND). */
bool respond_source_acceptable(const struct address *from, const struct address *self);

/* A control request (mode 6), whatever else is in it. */
bool respond_is_control(const uint8_t *request, size_t length);

/* Judges a request and, on RESPOND_ANSWERED and RESPOND_KISS, writes PACKET_HEADER_LENGTH bytes to
 * `reply`; otherwise `reply` is left alone. The transmit timestamp is `transmit`, but always after
 * the receive timestamp. `limited`: answer with a RATE kiss instead (RESPOND_KISS). `random` fuzzes
 * the bits below our precision. */
enum respond_verdict respond(const struct reference *reference, const uint8_t *request,
                             size_t length, const struct address *from, struct wall_time received,
                             struct wall_time transmit, struct mono_time now, bool limited,
                             uint64_t random, uint8_t reply[PACKET_HEADER_LENGTH])
    __attribute__((warn_unused_result));

/* How a server wants its requests authenticated. */
struct respond_auth {
    struct auth *auth; /* of auth_of_server(), new for each request */
    bool required;     /* a request without authentication is RESPOND_DROPPED_ACCESS */
};

/* The same for a server that authenticates: a request with a right proof gets its reply, kisses
 * included, with a proof of the same kind; a wrong one gets nothing, unless the method has a NAK
 * (RESPOND_KISS). Writes *reply_length bytes, never more than the request has. */
enum respond_verdict respond_with_auth(const struct reference_wire *reference,
                                       const struct respond_auth *how, const uint8_t *request,
                                       size_t length, const struct address *from,
                                       struct wall_time received, struct wall_time transmit,
                                       struct mono_time now, bool limited, uint64_t random,
                                       uint8_t reply[PACKET_DATAGRAM_MAX], size_t *reply_length)
    __attribute__((warn_unused_result));

#endif
