/* SPDX-License-Identifier: BSD-2-Clause */
/* One association (RFC 5905 section 9): when to ask, whether to believe the answer, how it fares.
 * Knows nothing of the other sources. */
#ifndef TOKI_CORE_SOURCE_H
#define TOKI_CORE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/address.h"
#include "core/filter.h"
#include "core/packet.h"
#include "core/random.h"
#include "core/sample.h"
#include "core/settings.h"
#include "core/timeline.h"

/* What became of a packet from a source. Each has a counter; the names are in source.c.
 * Tests by their RFC 5905 number (section 9.2, figure 16) where they have one. */
enum reply_verdict {
    REPLY_ACCEPTED,
    REPLY_UNEXPECTED,     /* nothing was asked, or it was answered already (test 1) */
    REPLY_MALFORMED,      /* not an NTP packet */
    REPLY_MODE,           /* not mode 4 (2 for a peer) */
    REPLY_VERSION,        /* not the version asked, nor 3 or 4 */
    REPLY_ORIGIN,         /* origin is not the nonce we sent (test 2) */
    REPLY_ZERO,           /* a zero receive or transmit timestamp (test 3) */
    REPLY_AUTH,           /* MAC missing or wrong (test 5) */
    REPLY_KISS_RATE,
    REPLY_KISS_DENY,      /* DENY or RSTR */
    REPLY_KISS_OTHER,
    REPLY_UNSYNCHRONISED, /* leap 3 or stratum 16 (test 6) */
    REPLY_STRATUM,        /* 0 without a kiss, or above 16 */
    REPLY_DISTANCE,       /* root delay/2 + dispersion >= 16 s (test 7) */
    REPLY_TURNAROUND,     /* T3 before T2, or more than 4 s after it */
    REPLY_DELAY,          /* negative beyond reading error, or above the maximum */
    REPLY_LOOP,           /* its reference is us (test 8) */
    REPLY_DATE,           /* outside the dates that we can believe */
    REPLY_LATE,           /* valid, but the clock was stepped meanwhile */
    REPLY_VERDICTS
};

const char *reply_verdict_name(enum reply_verdict v);

/* Why a source does, or does not, steer the clock: what `toki status` explains. */
enum source_status {
    SOURCE_UNUSED,         /* slot is free */
    SOURCE_UNRESOLVED,     /* the name has no address yet */
    SOURCE_WAITING,        /* asked, nothing known yet */
    SOURCE_UNREACHABLE,    /* the last eight requests got no usable answer */
    SOURCE_SERVER_UNSYNCHRONISED, /* it answers that it does not know the time */
    SOURCE_REFUSED,        /* it sent a DENY or RSTR kiss */
    SOURCE_LOOPED,         /* it follows us */
    SOURCE_FEW_SAMPLES,    /* answers, too few to judge */
    SOURCE_TOO_DISTANT,    /* root distance above the limit */
    SOURCE_TOO_JITTERY,
    SOURCE_FALSETICKER,    /* the majority says another time */
    SOURCE_NO_MAJORITY,    /* the sources disagree, and no side has more than half */
    SOURCE_NOSELECT,       /* configured so */
    SOURCE_OUTLYING,       /* truechimer, but adds nothing beside the others */
    SOURCE_COMBINED,       /* used, beside the selected one */
    SOURCE_SELECTED,       /* the system peer */
    SOURCE_STATUSES
};

/* "unresolved", "falseticker", ...: codes in JSON. */
const char *source_status_name(enum source_status s);

struct source_request {
    bool outstanding;
    uint16_t serial;          /* tells late events of an old request apart */
    uint64_t nonce;           /* random transmit timestamp; never printed (CVE-2015-8139) */
    struct wall_time sent;    /* T1: daemon's, replaced by the kernel's when it comes */
    struct mono_time sent_mono;
    bool kernel_stamp;
};

struct source {
    enum source_status status;
    uint16_t spec;             /* index in settings.specs */
    struct source_spec config;
    struct address address;    /* with port; ADDRESS_NONE until known */

    /* asking */
    struct mono_time next;     /* of the next request */
    int poll;                  /* log2 s, within config.minpoll..maxpoll unless a kiss raised it */
    int poll_floor;            /* raised by RATE kisses */
    unsigned burst_left;
    struct source_request request;
    uint8_t reach;             /* RFC 5905: shift register of the last eight requests */
    bool lookup_pending;
    struct mono_time lookup_next;
    unsigned lookup_failures;

    /* last valid packet */
    bool heard;                /* the fields below hold */
    struct mono_time heard_at; /* any answer that passed the origin test */
    uint8_t leap, stratum, version, mode;
    int8_t server_poll, precision;
    uint32_t refid;
    double root_delay_s, root_dispersion_s;
    struct wall_time reference_time;
    struct sample last;        /* latest accepted sample */
    uint32_t kiss;             /* last kiss code, 0 = none */
    bool kernel_receive, kernel_transmit; /* kind of the last stamps */

    struct filter filter;

    /* counters */
    uint32_t sent, received, verdicts[REPLY_VERDICTS];
    uint32_t missed; /* requests without an answer since the last one */

    bool falseticker; /* as last judged, for events on a change */
};

#endif
