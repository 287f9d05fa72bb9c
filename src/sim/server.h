/* SPDX-License-Identifier: BSD-2-Clause */
/* A server that is only there to be asked: toki's own respond() on a clock of known error, with
 * every way of lying, failing and attacking that the scenarios need. */
#ifndef TOKI_SIM_SERVER_H
#define TOKI_SIM_SERVER_H

#include "core/address.h"
#include "core/packet.h"
#include "core/reference.h"
#include "sim/oscillator.h"

#define SERVER_REPLIES_MAX 4 /* to one request, forged ones included */

/* When something holds: true seconds, from <= t < to. Both 0: never. */
struct period {
    double from_s, to_s;
};

struct server_settings {
    struct oscillator_settings clock;
    uint8_t stratum, leap; /* stratum 0: 1 is taken */
    uint32_t refid;        /* 0: "GPS" */
    int8_t precision;      /* 0: -30 */
    double root_delay_s, root_dispersion_s;
    double turnaround_s; /* between receiving and sending */
    struct period unsynchronised;
    struct period dead; /* it does not answer */
    struct period kiss; /* it answers with this kiss: */
    uint32_t kiss_code;
    bool kiss_forged;          /* ... whose origin is not the request's */
    struct period leap_period; /* it announces leap_announced */
    uint8_t leap_announced;
    double replay;         /* probability: an old reply comes again after the right one */
    double forge;          /* probability: a reply with a guessed origin comes first */
    double garbage;        /* probability: random bytes come first */
    double forge_offset_s; /* what the forged replies claim */
};

struct server {
    struct server_settings settings;
    struct prng prng;
    uint8_t old[8][PACKET_HEADER_LENGTH]; /* replies to be replayed */
    unsigned old_count;
    unsigned answered;
};

struct server_reply {
    uint8_t data[PACKET_DATAGRAM_MAX];
    size_t length;
    double after_s; /* the request's arrival */
    bool genuine;
};

void server_init(struct server *s, const struct server_settings *settings, uint64_t seed,
                 uint64_t stream);

/* What the server sends on receiving a request, at the present reading of its clock; number of
 * replies. */
unsigned server_answer(struct server *s, const struct oscillator *clock, double now_s,
                       const struct address *from, const uint8_t *request, size_t length,
                       struct server_reply replies[SERVER_REPLIES_MAX]);

#endif
