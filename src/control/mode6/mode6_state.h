/* SPDX-License-Identifier: BSD-2-Clause */
/* What mode 6 has to remember between requests, and what its parts work with for one of them. */
#ifndef TOKI_CONTROL_MODE6_MODE6_STATE_H
#define TOKI_CONTROL_MODE6_MODE6_STATE_H

#include "control/report.h"
#include "wire/mode6_list.h"

/* The last event of the system or of a source, in the codes of the protocol, and how many. */
struct mode6_events {
    uint8_t code, count;       /* count stops at 15 */
    struct mono_time reach_at; /* when the source became reachable or unreachable; 0: never */
};

/* Sockets of the server, as ifstats shows them. */
#define MODE6_INTERFACES_MAX 64

struct mode6 {
    uint64_t key[2]; /* of nonces */
    char processor[65], system[65], release[65];
    struct mono_time started;
    struct mode6_events system_events, source_events[SOURCES_MAX];
    struct report_server mark; /* counters at the beginning of this hour, for "recent" ones */
    struct mono_time marked;
    int64_t wall_minus_mono_ns; /* by which instants of clients are told while a list is read */
    struct address interfaces[MODE6_INTERFACES_MAX]; /* where requests are answered */
    unsigned interface_count;
};

/* What an answer is made from. */
struct mode6_scope {
    const struct mode6 *mode6;
    const struct report *report;
};

#endif
