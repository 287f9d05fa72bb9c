/* SPDX-License-Identifier: BSD-2-Clause */
/* The packets of chrony's command protocol, version 6: numbers, lengths and field formats, for both
 * ends of the wire. A request is a header of 20 bytes, its body, and zeros up to the length of the
 * reply that it may get, so that nobody can be flooded by answers to requests that he did not send.
 *
 * Signs are those of the wire: see what chronyc_report.h says of each reply. All integers are
 * big-endian and go through core/bytes.h. */
#ifndef TOKI_WIRE_CHRONY_PACKET_H
#define TOKI_WIRE_CHRONY_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/bytes.h"
#include "core/time.h"

#define CHRONYC_PORT 323
#define CHRONYC_VERSION 6
#define CHRONYC_VERSION_ANSWERED 5 /* older ones are told that theirs is not ours */
#define CHRONYC_REQUEST 1          /* packet types */
#define CHRONYC_REPLY 2
#define CHRONYC_REQUEST_HEADER 20
#define CHRONYC_REPLY_HEADER 28
#define CHRONYC_PACKET_MIN 28 /* of a request: the shortest reply */
#define CHRONYC_PACKET_MAX 860
#define CHRONYC_REPLY_MAX 520
#define CHRONYC_NAME_LENGTH 256
#define CHRONYC_NEVER UINT32_MAX /* as "seconds ago" */

enum chronyc_command {
    CHRONYC_NULL = 0,
    CHRONYC_ONLINE = 1,
    CHRONYC_OFFLINE = 2,
    CHRONYC_BURST = 3,
    CHRONYC_MINPOLL = 4,
    CHRONYC_MAXPOLL = 5,
    CHRONYC_DUMP = 6,
    CHRONYC_MAXDELAY = 7,
    CHRONYC_MAXDELAYRATIO = 8,
    CHRONYC_MAXUPDATESKEW = 9,
    CHRONYC_SETTIME = 11,
    CHRONYC_MANUAL = 13,
    CHRONYC_N_SOURCES = 14,
    CHRONYC_SOURCE_DATA = 15,
    CHRONYC_REKEY = 16,
    CHRONYC_ALLOW = 17,
    CHRONYC_ALLOW_ALL = 18,
    CHRONYC_DENY = 19,
    CHRONYC_DENY_ALL = 20,
    CHRONYC_CMDALLOW = 21,
    CHRONYC_CMDALLOW_ALL = 22,
    CHRONYC_CMDDENY = 23,
    CHRONYC_CMDDENY_ALL = 24,
    CHRONYC_ACCHECK = 25,
    CHRONYC_CMDACCHECK = 26,
    CHRONYC_DELETE_SOURCE = 29,
    CHRONYC_WRITE_RTC = 30,
    CHRONYC_DFREQ = 31,
    CHRONYC_DOFFSET_OLD = 32,
    CHRONYC_TRACKING = 33,
    CHRONYC_SOURCESTATS = 34,
    CHRONYC_RTC_REPORT = 35,
    CHRONYC_TRIM_RTC = 36,
    CHRONYC_CYCLE_LOGS = 37,
    CHRONYC_MANUAL_LIST = 41,
    CHRONYC_MANUAL_DELETE = 42,
    CHRONYC_MAKESTEP = 43,
    CHRONYC_ACTIVITY = 44,
    CHRONYC_MINSTRATUM = 45,
    CHRONYC_POLLTARGET = 46,
    CHRONYC_MAXDELAYDEVRATIO = 47,
    CHRONYC_RESELECT = 48,
    CHRONYC_RESELECTDIST = 49,
    CHRONYC_MODIFY_MAKESTEP = 50,
    CHRONYC_SMOOTHING = 51,
    CHRONYC_SMOOTHTIME = 52,
    CHRONYC_REFRESH = 53,
    CHRONYC_SERVER_STATS = 54,
    CHRONYC_CLIENT_ACCESSES_OLD = 55, /* of chronyc 3.5, as are ... */
    CHRONYC_LOCAL_OLD = 56,
    CHRONYC_NTP_DATA = 57,
    CHRONYC_ADD_SERVER_OLD = 60, /* ... these */
    CHRONYC_ADD_PEER_OLD = 61,
    CHRONYC_SHUTDOWN = 62,
    CHRONYC_ONOFFLINE = 63,
    CHRONYC_ADD_SOURCE = 64,
    CHRONYC_SOURCE_NAME = 65,
    CHRONYC_RESET_SOURCES = 66,
    CHRONYC_AUTH_DATA = 67,
    CHRONYC_CLIENT_ACCESSES = 68,
    CHRONYC_SELECT_DATA = 69,
    CHRONYC_RELOAD_SOURCES = 70,
    CHRONYC_DOFFSET = 71,
    CHRONYC_SELECTOPTS = 72,
    CHRONYC_OFFSET = 73,
    CHRONYC_LOCAL = 74,
    CHRONYC_COMMANDS
};

/* What a reply holds. */
enum chronyc_reply {
    CHRONYC_REPLY_NULL = 1,
    CHRONYC_REPLY_N_SOURCES = 2,
    CHRONYC_REPLY_SOURCE_DATA = 3,
    CHRONYC_REPLY_TRACKING = 5,
    CHRONYC_REPLY_SOURCESTATS = 6,
    CHRONYC_REPLY_RTC = 7,
    CHRONYC_REPLY_ACTIVITY = 12,
    CHRONYC_REPLY_SMOOTHING = 13,
    CHRONYC_REPLY_SERVER_STATS = 14,        /* chronyc 3.5 */
    CHRONYC_REPLY_CLIENT_ACCESSES_OLD = 15, /* likewise */
    CHRONYC_REPLY_NTP_DATA = 16,            /* to 4.5 */
    CHRONYC_REPLY_MANUAL_TIMESTAMP = 17,
    CHRONYC_REPLY_MANUAL_LIST = 18,
    CHRONYC_REPLY_SOURCE_NAME = 19,
    CHRONYC_REPLY_AUTH_DATA = 20,
    CHRONYC_REPLY_CLIENT_ACCESSES = 21,
    CHRONYC_REPLY_SERVER_STATS2 = 22, /* 4.0, 4.1 */
    CHRONYC_REPLY_SELECT_DATA = 23,
    CHRONYC_REPLY_SERVER_STATS3 = 24, /* 4.2, 4.3 */
    CHRONYC_REPLY_SERVER_STATS4 = 25, /* since 4.4 */
    CHRONYC_REPLY_NTP_DATA2 = 26,     /* since 4.6 */
    CHRONYC_REPLIES
};

enum chronyc_status {
    CHRONYC_SUCCESS = 0,
    CHRONYC_FAILED = 1,
    CHRONYC_UNAUTHORISED = 2,
    CHRONYC_INVALID = 3,
    CHRONYC_NO_SUCH_SOURCE = 4,
    CHRONYC_NOT_ENABLED = 6,
    CHRONYC_BAD_SUBNET = 7,
    CHRONYC_ACCESS_ALLOWED = 8,
    CHRONYC_ACCESS_DENIED = 9,
    CHRONYC_SOURCE_KNOWN = 11,
    CHRONYC_TOO_MANY_SOURCES = 12,
    CHRONYC_NO_RTC = 13,
    CHRONYC_INACTIVE = 15,
    CHRONYC_BAD_SAMPLE = 16,
    CHRONYC_INVALID_FAMILY = 17,
    CHRONYC_BAD_VERSION = 18,
    CHRONYC_BAD_LENGTH = 19,
    CHRONYC_INVALID_NAME = 21
};

/* Options of a source in CHRONYC_ADD_SOURCE, and the new ones in CHRONYC_SELECTOPTS. */
enum chronyc_source_flags {
    CHRONYC_SOURCE_ONLINE = 0x1,
    CHRONYC_SOURCE_AUTO_OFFLINE = 0x2,
    CHRONYC_SOURCE_IBURST = 0x4,
    CHRONYC_SOURCE_PREFER = 0x8,
    CHRONYC_SOURCE_NOSELECT = 0x10,
    CHRONYC_SOURCE_TRUST = 0x20,
    CHRONYC_SOURCE_REQUIRE = 0x40,
    CHRONYC_SOURCE_INTERLEAVED = 0x80,
    CHRONYC_SOURCE_BURST = 0x100,
    CHRONYC_SOURCE_NTS = 0x200,
    CHRONYC_SOURCE_COPY = 0x400,
    CHRONYC_SOURCE_EXTENSION_ROOT = 0x800,
    CHRONYC_SOURCE_EXTENSION_CORRECTION = 0x1000,
    CHRONYC_SOURCE_IPV4 = 0x2000,
    CHRONYC_SOURCE_IPV6 = 0x4000
};

/* Options of a source in CHRONYC_REPLY_SELECT_DATA, and the mask of CHRONYC_SELECTOPTS. */
enum chronyc_select_flags {
    CHRONYC_SELECT_NOSELECT = 1,
    CHRONYC_SELECT_PREFER = 2,
    CHRONYC_SELECT_TRUST = 4,
    CHRONYC_SELECT_REQUIRE = 8
};

/* How a source is in CHRONYC_REPLY_SOURCE_DATA. */
enum chronyc_source_state {
    CHRONYC_STATE_SELECTED = 0,    /* * */
    CHRONYC_STATE_UNUSABLE = 1,    /* ? */
    CHRONYC_STATE_FALSETICKER = 2, /* x */
    CHRONYC_STATE_JITTERY = 3,     /* ~ */
    CHRONYC_STATE_COMBINED = 4,    /* + */
    CHRONYC_STATE_NOT_COMBINED = 5 /* - */
};
enum chronyc_source_mode { CHRONYC_MODE_SERVER, CHRONYC_MODE_PEER, CHRONYC_MODE_REFCLOCK };

/* An address as the protocol has it: of a family, or the number of a source without one. */
enum chronyc_family {
    CHRONYC_FAMILY_NONE = 0,
    CHRONYC_FAMILY_V4 = 1,
    CHRONYC_FAMILY_V6 = 2,
    CHRONYC_FAMILY_ID = 3
};
struct chronyc_host {
    uint16_t family; /* enum chronyc_family; others may come from the wire */
    struct address address;
    uint32_t id;
};

struct chronyc_request {
    uint8_t version, type, zero1, zero2;
    uint16_t command, attempt;
    uint32_t sequence;
};

struct chronyc_response {
    uint8_t version, type, zero1, zero2;
    uint16_t command, reply, status;
    uint32_t sequence;
};

/* Bytes of the shortest request of this command that the daemon takes: its header, its body, and
 * zeros up to the shortest reply that it can have; 0: there is no such command. */
size_t chronyc_packet_request_length(unsigned command);

/* What today's chronyc sends: room for the longest reply. */
size_t chronyc_packet_request_length_now(unsigned command);

/* Bytes of a whole reply of this kind; 0: there is none. */
size_t chronyc_packet_reply_length(unsigned reply);

struct chronyc_request chronyc_packet_read_request(struct bytes_reader *r);
void chronyc_packet_write_request(struct bytes_writer *w, const struct chronyc_request *request);
struct chronyc_response chronyc_packet_read_response(struct bytes_reader *r);
void chronyc_packet_write_response(struct bytes_writer *w, const struct chronyc_response *response);

/* The protocol's floating point: signed exponent of 7 bits, signed coefficient of 25 bits; value =
 * coefficient * 2^(exponent - 25). What is too large saturates, too small a number and NaN are 0.
 */
uint32_t chronyc_packet_encode_float(double value);
double chronyc_packet_decode_float(uint32_t bits);

static inline void chronyc_packet_write_float(struct bytes_writer *w, double value)
{
    bytes_write_u32(w, chronyc_packet_encode_float(value));
}

static inline double chronyc_packet_read_float(struct bytes_reader *r)
{
    return chronyc_packet_decode_float(bytes_read_u32(r));
}

/* 20 bytes. */
void chronyc_packet_write_host(struct bytes_writer *w, const struct chronyc_host *host);
struct chronyc_host chronyc_packet_read_host(struct bytes_reader *r);

/* The host of an address; ADDRESS_NONE: CHRONYC_FAMILY_NONE. */
struct chronyc_host chronyc_packet_host(const struct address *address);

/* 12 bytes. */
void chronyc_packet_write_time(struct bytes_writer *w, struct wall_time t);
struct wall_time chronyc_packet_read_time(struct bytes_reader *r);

/* Zeros. */
void chronyc_packet_pad(struct bytes_writer *w, size_t count);

#endif
