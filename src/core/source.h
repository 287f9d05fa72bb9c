/* SPDX-License-Identifier: BSD-2-Clause */
/* One association (RFC 5905 section 9): when to ask, whether to believe the answer, how it fares.
 * Knows nothing of the other sources. */
#ifndef TOKI_CORE_SOURCE_H
#define TOKI_CORE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/address.h"
#include "core/auth.h"
#include "core/filter.h"
#include "core/interleave.h"
#include "core/packet.h"
#include "core/random.h"
#include "core/sample.h"
#include "core/settings.h"
#include "core/stamp.h"
#include "core/timeline.h"

/* What became of a packet from a source. Each has a counter and a name.
 * Tests by their RFC 5905 number (section 9.2, figure 16) where they have one. */
enum reply_verdict {
    REPLY_ACCEPTED,
    REPLY_UNEXPECTED, /* nothing was asked, or it was answered already (test 1) */
    REPLY_MALFORMED,  /* not an NTP packet */
    REPLY_MODE,       /* not mode 4 */
    REPLY_VERSION,    /* not the version asked, nor 3 or 4 */
    REPLY_ORIGIN,     /* origin is not a nonce we sent (test 2) */
    REPLY_ZERO,       /* a zero receive or transmit timestamp (test 3) */
    REPLY_AUTH,       /* MAC missing, wrong, or of another key; crypto-NAK (test 5) */
    REPLY_KISS_RATE,
    REPLY_KISS_DENY, /* DENY or RSTR */
    REPLY_KISS_OTHER,
    REPLY_UNSYNCHRONISED, /* leap 3 or stratum 16 (test 6); a pulse without a second */
    REPLY_STRATUM,        /* 0 without a kiss, or above 16 */
    REPLY_DISTANCE,       /* root delay/2 + dispersion >= 16 s (test 7) */
    REPLY_TURNAROUND,     /* T3 before T2, or more than 4 s after it */
    REPLY_DELAY,          /* negative beyond reading error, or above the maximum */
    REPLY_LOOP,           /* its reference is us (test 8) */
    REPLY_DATE,           /* outside the dates that we can believe */
    REPLY_LATE,           /* valid, but the clock was stepped meanwhile */
    REPLY_RESTRICTED,     /* our own access rules drop all that this address sends */
    REPLY_VERDICTS
};

const char *reply_verdict_name(enum reply_verdict v);

/* Why a source does, or does not, steer the clock: what `toki status` explains. */
enum source_status {
    SOURCE_UNUSED,                /* slot is free */
    SOURCE_UNRESOLVED,            /* the name has no address yet */
    SOURCE_DUPLICATE,             /* its name has no address that no other source has */
    SOURCE_OFFLINE,               /* no requests are sent, as configured or by hand */
    SOURCE_WAITING,               /* asked, nothing known yet */
    SOURCE_UNREACHABLE,           /* the last eight requests got no usable answer */
    SOURCE_SERVER_UNSYNCHRONISED, /* it answers that it does not know the time */
    SOURCE_REFUSED,               /* it sent a DENY or RSTR kiss */
    SOURCE_LOOPED,                /* it follows us */
    SOURCE_FEW_SAMPLES,           /* answers, too few to judge */
    SOURCE_TOO_DISTANT,           /* root distance above the limit */
    SOURCE_TOO_JITTERY,
    SOURCE_WRONG_STRATUM, /* below or above what the configuration wants */
    SOURCE_ORPHAN,        /* serves its own clock in a group of which we or another lead */
    SOURCE_FALSETICKER,   /* the majority says another time */
    SOURCE_NO_MAJORITY,   /* the sources disagree, and no side has more than half */
    SOURCE_HELD,          /* would be used, but others that must be there are not */
    SOURCE_UNTRUSTED,     /* reaches beyond where the trusted sources agree */
    SOURCE_NOSELECT,      /* configured so */
    SOURCE_SAME_NETWORK,  /* others of its network vote already (core/diversity.h) */
    SOURCE_OUTLYING,      /* truechimer, but adds nothing beside the others */
    SOURCE_COMBINED,      /* used, beside the selected one */
    SOURCE_SELECTED,      /* the system peer */
    SOURCE_STATUSES
};

/* "unresolved", "falseticker", ...: codes in JSON. */
const char *source_status_name(enum source_status s);

#define SOURCE_DELAYS_KEPT 32 /* to find a quantile of */

struct source_request {
    bool outstanding;
    uint16_t serial;        /* tells late events of an old request apart */
    uint64_t nonce;         /* random transmit timestamp; never printed (CVE-2015-8139) */
    uint64_t receive_nonce; /* likewise, of an interleaved request; 0: it is a basic one */
    struct stamped sent;    /* T1: the best that came */
    struct mono_time sent_mono;
};

/* Answers since the last good one that were rejected: for reports alone, since anybody can send
 * packets that change it. */
struct source_rejections {
    uint32_t count;
    enum reply_verdict last;
    bool nak; /* the last that was not authentic said that our request was not, to them */
};

/* The last answer to a request of ours, whatever it was worth; strangers change nothing of it. The
 * origin in it is our nonce: not to be shown. */
struct source_exchange {
    struct packet packet; /* mode 0: there was none yet */
    struct stamped sent, received;
    bool interleaved;
};

/* The four timestamps of an exchange, ours taken to the free clock: a slew between them then
 * distorts nothing. */
struct source_stamps {
    struct free_time sent, came;
    struct wall_time receive, transmit; /* the server's */
};

struct source {
    enum source_status status;
    uint16_t spec; /* index in settings.specs */
    struct source_spec config;
    struct address address; /* with port; ADDRESS_NONE until known */
    struct address local;   /* of ours that the last request left from; ADDRESS_NONE: unknown */

    /* asking */
    struct mono_time next; /* of the next request */
    int poll;              /* log2 s, within config.minpoll..maxpoll unless a kiss raised it */
    int poll_floor;        /* raised by RATE kisses */
    unsigned poll_samples; /* samples since the interval was changed */
    unsigned burst_left;   /* requests still to be sent in a burst */
    unsigned burst_good;   /* answers still wanted from it, 2 s apart */
    struct mono_time burst_begun;
    double ease_s; /* interval of the rest of a burst that was answered; 0: there is none */
    struct source_request request;
    uint8_t reach; /* RFC 5905: shift register of the last eight requests */
    bool lookup_pending;
    struct mono_time lookup_next;
    unsigned lookup_failures, lookup_fruitless; /* in a row */
    int lookup_error;                           /* of the last one, as the caller numbers them */
    struct mono_time lookup_refresh;            /* of an address that works */
    struct mono_time good_at; /* of a pool's server: when it was last of any use */
    bool remembered;          /* the address is of the last run: no name service answered yet */
    bool duplicate;           /* all addresses of the name belong to other sources */

    /* last valid packet */
    bool heard;                /* the fields below hold */
    struct mono_time heard_at; /* any answer that passed the origin test */
    uint8_t leap, stratum, version, mode;
    int8_t server_poll, precision;
    uint32_t refid;
    double root_delay_s, root_dispersion_s;
    struct wall_time reference_time;
    struct sample last; /* latest accepted sample */
    struct mono_time last_at;
    double last_clock_offset_s;      /* what that sample said of the clock when it came */
    double turnaround_s;             /* of the server, in the last exchange that was measured */
    enum reply_verdict last_verdict; /* of the last answer to a request of ours */
    uint32_t kiss;                   /* last kiss code, 0 = none */
    bool refused;                    /* it sent DENY or RSTR */
    enum stamp receive_stamp, transmit_stamp; /* of the last valid packet and its request */

    struct source_exchange exchange;
    struct source_stamps stamps; /* of it, as it was measured */
    bool amendable; /* a better stamp of its request, should one come, changes the measurement: it
                       was accepted, and nothing was asked or stepped since */

    bool pulses; /* a reference clock that tells seconds apart, but not which they are */

    bool interleaved; /* the last answer was */
    struct interleave interleave;

    struct filter filter;
    double delays[SOURCE_DELAYS_KEPT]; /* ring of what was measured lately, used or not */
    unsigned delay_count;

    /* counters */
    uint32_t sent, received, verdicts[REPLY_VERDICTS];
    uint32_t missed;         /* requests without an answer since the last one */
    int send_error;          /* errno that a request met lately; 0: none */
    unsigned send_error_age; /* requests that met none since then: routers tell not of each */
    struct source_rejections rejections;
    uint32_t sent_by[STAMPS], received_by[STAMPS]; /* requests, and answers to them, by stamp */

    bool falseticker; /* as last judged, for events on a change */
    bool suspect;     /* its last sample did not fit what it said before */
};

/* What source_check_reply() needs to know beside the source. */
struct source_context {
    const struct timeline *timeline;
    struct auth *auth; /* of this source */
    struct instant now;
    double precision_s;         /* of our clock */
    double rate;                /* correction that the oscillator needs */
    uint64_t build_time_s;      /* no earlier date is believed */
    const struct address *self; /* our own addresses */
    unsigned self_count;
};

/* Makes a new association in a slot that was one before or is all zero; the address may be
 * ADDRESS_NONE. `rate`: prior of the oscillator. */
void source_init(struct source *s, uint16_t spec, const struct source_spec *config,
                 const struct address *address, struct mono_time first, double rate,
                 double rate_sd);

/* Forgets all measurements, and asks anew (with a burst if so configured) as soon as the server
 * bears it: what it asked for by a kiss still holds. */
void source_restart(struct source *s, struct mono_time now, double rate, double rate_sd);

/* Asks `requests` times, unless the last burst was less than a poll interval ago or the server
 * sent a kiss: 2 s apart until four are answered, then after 4, 8, 16 ... s, as long as that is
 * less than the poll interval. A frequency needs time more than samples. */
void source_burst(struct source *s, struct mono_time now, unsigned requests);

/* Seconds between two requests, as it is planned now. */
double source_spacing_s(const struct source *s);

/* Is a request due? */
bool source_due(const struct source *s, struct mono_time now);

/* Next moment at which source_due() or source_timed_out() changes. */
struct mono_time source_deadline(const struct source *s);

/* The outstanding request has waited long enough. */
bool source_timed_out(const struct source *s, struct mono_time now);

/* Writes the next request (a client request that carries nothing but a random transmit timestamp:
 * data minimisation and RFC 9109; in interleaved mode see core/interleave.h) and schedules the one
 * after it. */
void source_poll(struct source *s, struct random *random, struct mono_time now,
                 uint8_t out[PACKET_HEADER_LENGTH]);

/* A reference clock's poll interval is over: its reach register moves on. */
void source_age(struct source *s, struct mono_time now);

/* Keeps what a sample of a reference clock says of it; source_take_sample() is the other half. */
void source_take_reading(struct source *s, const struct sample *sample, struct mono_time now);

/* The request got no usable answer in time. */
void source_give_up(struct source *s);

/* The request left at this time, which may be told more than once: the better stamp counts. */
void source_sent(struct source *s, struct stamped sent);

/* Judges an answer to the outstanding request, received at `received`. On REPLY_ACCEPTED *sample is
 * the measurement, and the packet's variables are kept in the source. Any bytes may come. */
enum reply_verdict source_check_reply(struct source *s, const struct source_context *context,
                                      const uint8_t *data, size_t length, struct stamped received,
                                      struct sample *sample) __attribute__((warn_unused_result));

/* A stamp of the last request that came after its answer was measured. True if it is better and
 * makes another measurement of it: *sample, which belongs in the place of the last one. */
bool source_amend(struct source *s, const struct source_context *context, struct stamped sent,
                  struct sample *sample);

/* Takes an accepted sample into the filter and adapts the poll interval. */
enum filter_verdict source_take_sample(struct source *s, const struct sample *sample,
                                       struct random *random, struct mono_time now);

/* Half width of the interval in which the true time lies, by this source: RFC 5905's root
 * distance, at `now`. */
double source_root_distance(const struct source *s, const struct estimate *estimate);

/* Enough samples to take part in a selection? */
bool source_ready(const struct source *s);

#endif
