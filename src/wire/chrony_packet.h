/* SPDX-License-Identifier: BSD-2-Clause */
/* The packets of chrony's command protocol, version 6: headers, and requests with one list of
 * fields each, for both ends of the wire. A request is a header of 20 bytes, its body, and zeros up
 * to the length of the reply that it may get: forged requests do not multiply. Pure. */
#ifndef TOKI_WIRE_CHRONY_PACKET_H
#define TOKI_WIRE_CHRONY_PACKET_H

#include "wire/chrony_reply.h"

#define CHRONY_PORT 323
#define CHRONY_VERSION 6
#define CHRONY_VERSION_ANSWERED 5 /* older ones get a version mismatch */
#define CHRONY_REQUEST 1          /* packet types */
#define CHRONY_REPLY 2
#define CHRONY_REQUEST_HEADER 20
#define CHRONY_PACKET_MIN 28 /* of a request: the shortest reply */
#define CHRONY_PACKET_MAX 860

/* Name, number, body of the request, shortest and longest reply. chronyc 3.5 has those whose name
 * ends in OLD. */
#define CHRONY_COMMAND_LIST(X)                                                                     \
    X(NULL, 0, nothing, NULL, NULL)                                                                \
    X(ONLINE, 1, subnet, NULL, NULL)                                                               \
    X(OFFLINE, 2, subnet, NULL, NULL)                                                              \
    X(BURST, 3, burst, NULL, NULL)                                                                 \
    X(MINPOLL, 4, modify, NULL, NULL)                                                              \
    X(MAXPOLL, 5, modify, NULL, NULL)                                                              \
    X(DUMP, 6, nothing, NULL, NULL)                                                                \
    X(MAXDELAY, 7, modify_real, NULL, NULL)                                                        \
    X(MAXDELAYRATIO, 8, modify_real, NULL, NULL)                                                   \
    X(MAXUPDATESKEW, 9, real, NULL, NULL)                                                          \
    X(SETTIME, 11, time, MANUAL_TIMESTAMP, MANUAL_TIMESTAMP)                                       \
    X(MANUAL, 13, number, NULL, NULL)                                                              \
    X(N_SOURCES, 14, nothing, N_SOURCES, N_SOURCES)                                                \
    X(SOURCE_DATA, 15, number, SOURCE_DATA, SOURCE_DATA)                                           \
    X(REKEY, 16, nothing, NULL, NULL)                                                              \
    X(ALLOW, 17, access, NULL, NULL)                                                               \
    X(ALLOW_ALL, 18, access, NULL, NULL)                                                           \
    X(DENY, 19, access, NULL, NULL)                                                                \
    X(DENY_ALL, 20, access, NULL, NULL)                                                            \
    X(CMDALLOW, 21, access, NULL, NULL)                                                            \
    X(CMDALLOW_ALL, 22, access, NULL, NULL)                                                        \
    X(CMDDENY, 23, access, NULL, NULL)                                                             \
    X(CMDDENY_ALL, 24, access, NULL, NULL)                                                         \
    X(ACCHECK, 25, host, NULL, NULL)                                                               \
    X(CMDACCHECK, 26, host, NULL, NULL)                                                            \
    X(DELETE_SOURCE, 29, host, NULL, NULL)                                                         \
    X(WRITE_RTC, 30, nothing, NULL, NULL)                                                          \
    X(DFREQ, 31, real, NULL, NULL)                                                                 \
    X(DOFFSET_OLD, 32, real, NULL, NULL)                                                           \
    X(TRACKING, 33, nothing, TRACKING, TRACKING)                                                   \
    X(SOURCESTATS, 34, number, SOURCESTATS, SOURCESTATS)                                           \
    X(RTC_REPORT, 35, nothing, RTC, RTC)                                                           \
    X(TRIM_RTC, 36, nothing, NULL, NULL)                                                           \
    X(CYCLE_LOGS, 37, nothing, NULL, NULL)                                                         \
    X(MANUAL_LIST, 41, nothing, MANUAL_LIST, MANUAL_LIST)                                          \
    X(MANUAL_DELETE, 42, number, NULL, NULL)                                                       \
    X(MAKESTEP, 43, nothing, NULL, NULL)                                                           \
    X(ACTIVITY, 44, nothing, ACTIVITY, ACTIVITY)                                                   \
    X(MINSTRATUM, 45, modify, NULL, NULL)                                                          \
    X(POLLTARGET, 46, modify, NULL, NULL)                                                          \
    X(MAXDELAYDEVRATIO, 47, modify_real, NULL, NULL)                                               \
    X(RESELECT, 48, nothing, NULL, NULL)                                                           \
    X(RESELECTDIST, 49, real, NULL, NULL)                                                          \
    X(MODIFY_MAKESTEP, 50, makestep, NULL, NULL)                                                   \
    X(SMOOTHING, 51, nothing, SMOOTHING, SMOOTHING)                                                \
    X(SMOOTHTIME, 52, number, NULL, NULL)                                                          \
    X(REFRESH, 53, nothing, NULL, NULL)                                                            \
    X(SERVER_STATS, 54, nothing, SERVER_STATS, SERVER_STATS4)                                      \
    X(CLIENT_ACCESSES_OLD, 55, list_old, CLIENT_ACCESSES_OLD, CLIENT_ACCESSES_OLD)                 \
    X(LOCAL_OLD, 56, local_old, NULL, NULL)                                                        \
    X(NTP_DATA, 57, host, NTP_DATA, NTP_DATA2)                                                     \
    X(ADD_SERVER_OLD, 60, new_source_old, NULL, NULL)                                              \
    X(ADD_PEER_OLD, 61, new_source_old, NULL, NULL)                                                \
    X(SHUTDOWN, 62, nothing, NULL, NULL)                                                           \
    X(ONOFFLINE, 63, nothing, NULL, NULL)                                                          \
    X(ADD_SOURCE, 64, new_source, NULL, NULL)                                                      \
    X(SOURCE_NAME, 65, host, SOURCE_NAME, SOURCE_NAME)                                             \
    X(RESET_SOURCES, 66, nothing, NULL, NULL)                                                      \
    X(AUTH_DATA, 67, host, AUTH_DATA, AUTH_DATA)                                                   \
    X(CLIENT_ACCESSES, 68, list, CLIENT_ACCESSES, CLIENT_ACCESSES)                                 \
    X(SELECT_DATA, 69, number, SELECT_DATA, SELECT_DATA)                                           \
    X(RELOAD_SOURCES, 70, nothing, NULL, NULL)                                                     \
    X(DOFFSET, 71, real, NULL, NULL)                                                               \
    X(SELECTOPTS, 72, selectopts, NULL, NULL)                                                      \
    X(OFFSET, 73, offset, NULL, NULL)                                                              \
    X(LOCAL, 74, local, NULL, NULL)

#define CHRONY_COMMAND(name, number, ...) CHRONY_##name = (number),
enum chrony_command { CHRONY_COMMAND_LIST(CHRONY_COMMAND) CHRONY_COMMANDS };
#undef CHRONY_COMMAND

/* Name, number, and chronyc's text. */
#define CHRONY_STATUS_LIST(X)                                                                      \
    X(SUCCESS, 0, "200 OK")                                                                        \
    X(FAILED, 1, "500 Failure")                                                                    \
    X(UNAUTHORISED, 2, "501 Not authorised")                                                       \
    X(INVALID, 3, "502 Invalid command")                                                           \
    X(NO_SUCH_SOURCE, 4, "503 No such source")                                                     \
    X(STALE_LOGON, 5, "504 Duplicate or stale logon detected")                                     \
    X(NOT_ENABLED, 6, "505 Facility not enabled in daemon")                                        \
    X(BAD_SUBNET, 7, "507 Bad subnet")                                                             \
    X(ACCESS_ALLOWED, 8, "208 Access allowed")                                                     \
    X(ACCESS_DENIED, 9, "209 Access denied")                                                       \
    X(NO_COMMAND_ACCESS, 10, "510 No command access from this host")                               \
    X(SOURCE_KNOWN, 11, "511 Source already present")                                              \
    X(TOO_MANY_SOURCES, 12, "512 Too many sources present")                                        \
    X(NO_RTC, 13, "513 RTC driver not running")                                                    \
    X(BAD_RTC_FILE, 14, "514 Can't write RTC parameters")                                          \
    X(INACTIVE, 15, "519 Client logging is not active in the daemon")                              \
    X(BAD_SAMPLE, 16, "516 Sample index out of range")                                             \
    X(INVALID_FAMILY, 17, "515 Invalid address family")                                            \
    X(BAD_VERSION, 18, "517 Protocol version mismatch")                                            \
    X(BAD_LENGTH, 19, "518 Packet length mismatch")                                                \
    X(INVALID_NAME, 21, "521 Invalid name")

#define CHRONY_STATUS(name, number, text) CHRONY_##name = (number),
enum chrony_status { CHRONY_STATUS_LIST(CHRONY_STATUS) };
#undef CHRONY_STATUS

/* Options of a source in CHRONY_ADD_SOURCE, and the new values in CHRONY_SELECTOPTS. */
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

struct chrony_request chrony_packet_read_request(struct bytes_reader *r);
void chrony_packet_write_request(struct bytes_writer *w, const struct chrony_request *request);
struct chrony_response chrony_packet_read_response(struct bytes_reader *r);
void chrony_packet_write_response(struct bytes_writer *w, const struct chrony_response *response);

/* ---- bodies of requests ---- */

struct chrony_subnet {
    struct chrony_host mask, address; /* both of no family: all */
};

struct chrony_burst {
    struct chrony_subnet subnet;
    int32_t answers, requests;
};

struct chrony_modify {
    struct chrony_host host;
    int32_t value;
};

struct chrony_modify_real {
    struct chrony_host host;
    double value;
};

struct chrony_access {
    struct chrony_host host;
    int32_t bits;
};

/* A source by its address, or a reference clock by its id: then the host is of no family. */
struct chrony_selectopts {
    struct chrony_host host;
    uint32_t refid, mask, options; /* enum chrony_select_flags, enum chrony_source_flags */
};

struct chrony_offset {
    struct chrony_host host;
    uint32_t refid;
    double offset_s;
};

struct chrony_makestep {
    int32_t limit;
    double threshold_s;
};

struct chrony_local {
    int32_t on, stratum;
    double distance_s;
    int32_t orphan;
    double activate_s, wait_synced_s, wait_unsynced_s; /* since 4.6 */
};

/* Records from number `first` on. */
struct chrony_list {
    uint32_t first, count, least_packets, reset;
};

enum { CHRONY_ADD_SERVER = 1, CHRONY_ADD_PEER, CHRONY_ADD_POOL };

struct chrony_new_source {
    uint32_t type;
    char name[CHRONY_NAME_LENGTH + 1];
    struct chrony_host host; /* before 4.0, in place of type and name */
    uint32_t port;
    int32_t minpoll, maxpoll, presend;
    uint32_t min_stratum, poll_target, version, max_sources;
    int32_t min_samples, max_samples;
    uint32_t key_id, nts_port;
    double max_delay_s, max_delay_ratio, max_delay_deviation, min_delay_s, asymmetry, offset_s;
    uint32_t flags; /* enum chrony_source_flags */
    int32_t filter;
    uint32_t certificates;
    double max_delay_quantile;
    int32_t max_unreachable;
};

/* Which member holds follows from the command. */
union chrony_request_body {
    struct chrony_host host;
    struct chrony_subnet subnet;
    struct chrony_burst burst;
    struct chrony_modify modify;
    struct chrony_modify_real modify_real;
    struct chrony_access access;
    struct chrony_selectopts selectopts;
    struct chrony_offset offset;
    struct chrony_makestep makestep;
    struct chrony_local local;
    struct chrony_list list;
    struct chrony_new_source new_source;
    struct wall_time time;
    uint32_t number;
    double real;
};

/* The body behind the header; of commands that have none nothing is read or written. */
void chrony_packet_write_body(struct bytes_writer *w, enum chrony_command command,
                              const union chrony_request_body *body);
void chrony_packet_read_body(struct bytes_reader *r, enum chrony_command command,
                             union chrony_request_body *body);

#endif
