/* SPDX-License-Identifier: BSD-2-Clause */
/* The NTP packet header (RFC 5905 section 7.3) and the frame of extension fields (RFC 7822).
 * Values are as on the wire, in host order; conversion to time is the caller's. */
#ifndef TOKI_CORE_PACKET_H
#define TOKI_CORE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_HEADER_LENGTH 48
#define PACKET_TEMPLATE_LENGTH 24 /* of a reply: all before the origin timestamp */
/* The longest datagram that is read, and the size of every buffer for one: what an Ethernet frame
 * carries over IPv4 (1500 less 20 and 8; over IPv6 it is 1452). Authentication by extension fields
 * needs it: a request of NTS with seven placeholders has up to 1280 bytes. */
#define PACKET_DATAGRAM_MAX 1472
#define NTP_PORT 123

enum packet_mode {
    MODE_RESERVED = 0,
    MODE_SYMMETRIC_ACTIVE = 1,
    MODE_SYMMETRIC_PASSIVE = 2,
    MODE_CLIENT = 3,
    MODE_SERVER = 4,
    MODE_BROADCAST = 5,
    MODE_CONTROL = 6,
    MODE_PRIVATE = 7
};

enum packet_leap { LEAP_NONE = 0, LEAP_INSERT = 1, LEAP_DELETE = 2, LEAP_UNSYNCHRONISED = 3 };

#define STRATUM_KISS 0
#define STRATUM_MAX 15
#define STRATUM_UNSYNCHRONISED 16

/* Four ASCII characters as a reference id: REFID('R', 'A', 'T', 'E'). */
#define REFID(a, b, c, d)                                                                          \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

struct packet {
    uint8_t leap, version, mode;
    uint8_t stratum;
    int8_t poll, precision;               /* log2 s */
    uint32_t root_delay, root_dispersion; /* NTP short format */
    uint32_t refid;
    uint64_t reference, origin, receive, transmit; /* NTP timestamp format */
};

enum packet_verdict {
    PACKET_OK,          /* bare header */
    PACKET_OK_TRAILER,  /* header, then extension fields and/or a MAC: see packet_trailer */
    PACKET_SHORT,       /* fewer than 48 bytes */
    PACKET_BAD_LENGTH,  /* not a multiple of four, or above PACKET_DATAGRAM_MAX */
    PACKET_BAD_VERSION, /* not 1..4 */
    PACKET_BAD_TRAILER  /* extension fields that run past the end or are too short (RFC 7822) */
};

/* Where the parts of a datagram lie; all 0 when there is no trailer. */
struct packet_trailer {
    size_t fields_at, fields_length; /* extension fields */
    size_t mac_at, mac_length;       /* key id and digest; 4 = crypto-NAK */
    uint32_t key_id;
};

/* Decodes any bytes; `trailer` may be NULL. Total: no input makes it read outside data[0..length).
 * The header is in *out unless the verdict is PACKET_SHORT. */
enum packet_verdict packet_decode(const uint8_t *data, size_t length, struct packet *out,
                                  struct packet_trailer *trailer)
    __attribute__((warn_unused_result));

/* Writes exactly PACKET_HEADER_LENGTH bytes. */
void packet_encode(const struct packet *p, uint8_t out[PACKET_HEADER_LENGTH]);

/* Puts a new transmit timestamp into an encoded packet: the last thing done before sending. */
void packet_set_transmit(uint8_t data[PACKET_HEADER_LENGTH], uint64_t transmit);

#endif
