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

#include "wire/chrony_field.h"

#define CHRONY_PORT 323
#define CHRONY_VERSION 6
#define CHRONY_VERSION_ANSWERED 5 /* older ones are told that theirs is not ours */
#define CHRONY_REQUEST 1          /* packet types */
#define CHRONY_REPLY 2
#define CHRONY_REQUEST_HEADER 20
#define CHRONY_REPLY_HEADER 28
#define CHRONY_PACKET_MIN 28 /* of a request: the shortest reply */
#define CHRONY_PACKET_MAX 860
#define CHRONY_REPLY_MAX 520
#define CHRONY_NAME_LENGTH 256
#define CHRONY_NEVER UINT32_MAX /* as "seconds ago" */

enum chrony_command {
    CHRONY_NULL = 0,
    CHRONY_ONLINE = 1,
    CHRONY_OFFLINE = 2,
    CHRONY_BURST = 3,
    CHRONY_MINPOLL = 4,
    CHRONY_MAXPOLL = 5,
    CHRONY_DUMP = 6,
    CHRONY_MAXDELAY = 7,
    CHRONY_MAXDELAYRATIO = 8,
    CHRONY_MAXUPDATESKEW = 9,
    CHRONY_SETTIME = 11,
    CHRONY_MANUAL = 13,
    CHRONY_N_SOURCES = 14,
    CHRONY_SOURCE_DATA = 15,
    CHRONY_REKEY = 16,
    CHRONY_ALLOW = 17,
    CHRONY_ALLOW_ALL = 18,
    CHRONY_DENY = 19,
    CHRONY_DENY_ALL = 20,
    CHRONY_CMDALLOW = 21,
    CHRONY_CMDALLOW_ALL = 22,
    CHRONY_CMDDENY = 23,
    CHRONY_CMDDENY_ALL = 24,
    CHRONY_ACCHECK = 25,
    CHRONY_CMDACCHECK = 26,
    CHRONY_DELETE_SOURCE = 29,
    CHRONY_WRITE_RTC = 30,
    CHRONY_DFREQ = 31,
    CHRONY_DOFFSET_OLD = 32,
    CHRONY_TRACKING = 33,
    CHRONY_SOURCESTATS = 34,
    CHRONY_RTC_REPORT = 35,
    CHRONY_TRIM_RTC = 36,
    CHRONY_CYCLE_LOGS = 37,
    CHRONY_MANUAL_LIST = 41,
    CHRONY_MANUAL_DELETE = 42,
    CHRONY_MAKESTEP = 43,
    CHRONY_ACTIVITY = 44,
    CHRONY_MINSTRATUM = 45,
    CHRONY_POLLTARGET = 46,
    CHRONY_MAXDELAYDEVRATIO = 47,
    CHRONY_RESELECT = 48,
    CHRONY_RESELECTDIST = 49,
    CHRONY_MODIFY_MAKESTEP = 50,
    CHRONY_SMOOTHING = 51,
    CHRONY_SMOOTHTIME = 52,
    CHRONY_REFRESH = 53,
    CHRONY_SERVER_STATS = 54,
    CHRONY_CLIENT_ACCESSES_OLD = 55, /* of chronyc 3.5, as are ... */
    CHRONY_LOCAL_OLD = 56,
    CHRONY_NTP_DATA = 57,
    CHRONY_ADD_SERVER_OLD = 60, /* ... these */
    CHRONY_ADD_PEER_OLD = 61,
    CHRONY_SHUTDOWN = 62,
    CHRONY_ONOFFLINE = 63,
    CHRONY_ADD_SOURCE = 64,
    CHRONY_SOURCE_NAME = 65,
    CHRONY_RESET_SOURCES = 66,
    CHRONY_AUTH_DATA = 67,
    CHRONY_CLIENT_ACCESSES = 68,
    CHRONY_SELECT_DATA = 69,
    CHRONY_RELOAD_SOURCES = 70,
    CHRONY_DOFFSET = 71,
    CHRONY_SELECTOPTS = 72,
    CHRONY_OFFSET = 73,
    CHRONY_LOCAL = 74,
    CHRONY_COMMANDS
};

/* What a reply holds. */
enum chrony_reply {
    CHRONY_REPLY_NULL = 1,
    CHRONY_REPLY_N_SOURCES = 2,
    CHRONY_REPLY_SOURCE_DATA = 3,
    CHRONY_REPLY_TRACKING = 5,
    CHRONY_REPLY_SOURCESTATS = 6,
    CHRONY_REPLY_RTC = 7,
    CHRONY_REPLY_ACTIVITY = 12,
    CHRONY_REPLY_SMOOTHING = 13,
    CHRONY_REPLY_SERVER_STATS = 14,        /* chronyc 3.5 */
    CHRONY_REPLY_CLIENT_ACCESSES_OLD = 15, /* likewise */
    CHRONY_REPLY_NTP_DATA = 16,            /* to 4.5 */
    CHRONY_REPLY_MANUAL_TIMESTAMP = 17,
    CHRONY_REPLY_MANUAL_LIST = 18,
    CHRONY_REPLY_SOURCE_NAME = 19,
    CHRONY_REPLY_AUTH_DATA = 20,
    CHRONY_REPLY_CLIENT_ACCESSES = 21,
    CHRONY_REPLY_SERVER_STATS2 = 22, /* 4.0, 4.1 */
    CHRONY_REPLY_SELECT_DATA = 23,
    CHRONY_REPLY_SERVER_STATS3 = 24, /* 4.2, 4.3 */
    CHRONY_REPLY_SERVER_STATS4 = 25, /* since 4.4 */
    CHRONY_REPLY_NTP_DATA2 = 26,     /* since 4.6 */
    CHRONY_REPLIES
};

enum chrony_status {
    CHRONY_SUCCESS = 0,
    CHRONY_FAILED = 1,
    CHRONY_UNAUTHORISED = 2,
    CHRONY_INVALID = 3,
    CHRONY_NO_SUCH_SOURCE = 4,
    CHRONY_STALE_LOGON = 5, /* of old daemons */
    CHRONY_NOT_ENABLED = 6,
    CHRONY_BAD_SUBNET = 7,
    CHRONY_ACCESS_ALLOWED = 8,
    CHRONY_ACCESS_DENIED = 9,
    CHRONY_NO_COMMAND_ACCESS = 10, /* likewise */
    CHRONY_SOURCE_KNOWN = 11,
    CHRONY_TOO_MANY_SOURCES = 12,
    CHRONY_NO_RTC = 13,
    CHRONY_BAD_RTC_FILE = 14,
    CHRONY_INACTIVE = 15,
    CHRONY_BAD_SAMPLE = 16,
    CHRONY_INVALID_FAMILY = 17,
    CHRONY_BAD_VERSION = 18,
    CHRONY_BAD_LENGTH = 19,
    CHRONY_INVALID_NAME = 21
};

/* Options of a source in CHRONY_ADD_SOURCE, and the new ones in CHRONY_SELECTOPTS. */
enum chrony_source_flags {
    CHRONY_SOURCE_ONLINE = 0x1,
    CHRONY_SOURCE_AUTO_OFFLINE = 0x2,
    CHRONY_SOURCE_IBURST = 0x4,
    CHRONY_SOURCE_PREFER = 0x8,
    CHRONY_SOURCE_NOSELECT = 0x10,
    CHRONY_SOURCE_TRUST = 0x20,
    CHRONY_SOURCE_REQUIRE = 0x40,
    CHRONY_SOURCE_INTERLEAVED = 0x80,
    CHRONY_SOURCE_BURST = 0x100,
    CHRONY_SOURCE_NTS = 0x200,
    CHRONY_SOURCE_COPY = 0x400,
    CHRONY_SOURCE_EXTENSION_ROOT = 0x800,
    CHRONY_SOURCE_EXTENSION_CORRECTION = 0x1000,
    CHRONY_SOURCE_IPV4 = 0x2000,
    CHRONY_SOURCE_IPV6 = 0x4000
};
#define CHRONY_SOURCE_FLAGS 15 /* bits */

/* Options of a source in CHRONY_REPLY_SELECT_DATA, and the mask of CHRONY_SELECTOPTS. */
enum chrony_select_flags {
    CHRONY_SELECT_NOSELECT = 1,
    CHRONY_SELECT_PREFER = 2,
    CHRONY_SELECT_TRUST = 4,
    CHRONY_SELECT_REQUIRE = 8
};

/* How a source is in CHRONY_REPLY_SOURCE_DATA. */
enum chrony_source_state {
    CHRONY_STATE_SELECTED = 0,    /* * */
    CHRONY_STATE_UNUSABLE = 1,    /* ? */
    CHRONY_STATE_FALSETICKER = 2, /* x */
    CHRONY_STATE_JITTERY = 3,     /* ~ */
    CHRONY_STATE_COMBINED = 4,    /* + */
    CHRONY_STATE_NOT_COMBINED = 5 /* - */
};
enum chrony_source_mode { CHRONY_MODE_SERVER, CHRONY_MODE_PEER, CHRONY_MODE_REFCLOCK };

struct chrony_request {
    uint8_t version, type, zero1, zero2;
    uint16_t command, attempt;
    uint32_t sequence;
};

struct chrony_response {
    uint8_t version, type, zero1, zero2;
    uint16_t command, reply, status;
    uint32_t sequence;
};

/* Bytes of the shortest request of this command that the daemon takes: its header, its body, and
 * zeros up to the shortest reply that it can have; 0: there is no such command. */
size_t chrony_packet_request_length(unsigned command);

/* What today's chronyc sends: room for the longest reply. */
size_t chrony_packet_request_length_now(unsigned command);

/* Bytes of a whole reply of this kind; 0: there is none. */
size_t chrony_packet_reply_length(unsigned reply);

struct chrony_request chrony_packet_read_request(struct bytes_reader *r);
void chrony_packet_write_request(struct bytes_writer *w, const struct chrony_request *request);
struct chrony_response chrony_packet_read_response(struct bytes_reader *r);
void chrony_packet_write_response(struct bytes_writer *w, const struct chrony_response *response);

#endif
