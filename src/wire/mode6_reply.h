/* SPDX-License-Identifier: BSD-2-Clause */
/* The answer to a mode 6 request, put together from its fragments: the asking end of the protocol
 * (RFC 9327). Pure: datagrams in, text out; nothing that comes from the network is believed before
 * it fits. */
#ifndef TOKI_WIRE_MODE6_REPLY_H
#define TOKI_WIRE_MODE6_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODE6_REPLY_MAX 65536 /* an offset has 16 bits */
#define MODE6_FRAGMENTS_MAX 256

enum mode6_reply_verdict {
    MODE6_REPLY_IGNORED, /* not an answer to this request, or a piece that we have */
    MODE6_REPLY_MORE,    /* taken; others are missing */
    MODE6_REPLY_DONE,
    MODE6_REPLY_ERROR, /* the server refuses: see `error` */
    MODE6_REPLY_BAD    /* an answer to this request that contradicts itself */
};

struct mode6_fragment {
    uint16_t offset, count;
};

struct mode6_reply {
    uint8_t opcode; /* of the request */
    uint16_t sequence;
    uint16_t status; /* of the last fragment */
    uint8_t error;
    uint8_t leap; /* of the server, from the header */
    bool have_last;
    unsigned count;
    struct mode6_fragment fragments[MODE6_FRAGMENTS_MAX]; /* by ascending offset */
    size_t length;
    char data[MODE6_REPLY_MAX + 1]; /* a NUL behind it once it is done */
};

/* Ready for the answers to this request. */
void mode6_reply_start(struct mode6_reply *r, uint8_t opcode, uint16_t sequence);

enum mode6_reply_verdict mode6_reply_take(struct mode6_reply *r, const uint8_t *datagram,
                                          size_t length);

#endif
