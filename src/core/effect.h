/* SPDX-License-Identifier: BSD-2-Clause */
/* What the engine wants done in the world: the complete list, and the queue it waits in. */
#ifndef TOKI_CORE_EFFECT_H
#define TOKI_CORE_EFFECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/discipline.h"
#include "core/event.h"
#include "core/packet.h"
#include "core/settings.h"
#include "core/source.h"

#define EFFECTS_MAX 512

enum effect_type {
    EFFECT_SEND,         /* a request: from a fresh port, to a source */
    EFFECT_CANCEL,       /* give up the request: its port may be closed */
    EFFECT_ADJUST_CLOCK, /* rate and/or step */
    EFFECT_SET_STATUS,   /* tell the kernel: synchronised or not, bounds, leap */
    EFFECT_LOOK_UP,      /* find the addresses of a name */
    EFFECT_PUBLISH,      /* engine->reference changed: give it to the responders */
    EFFECT_STORE,        /* the drift is worth keeping */
    EFFECT_MEASURED,     /* a source answered, or its clock gave a sample: for the records */
    EFFECT_UPDATED,      /* the clock has a new estimate: for the records */
    EFFECT_EVENT         /* for the log */
};

struct effect_send {
    uint16_t source, serial;
    struct address to, from; /* from: ADDRESS_NONE: any of ours */
    /* The engine's (a queue of whole datagrams would be mostly air): good until the next request to
     * this source. */
    const uint8_t *data;
    size_t length; /* up to PACKET_DATAGRAM_MAX */
};

struct effect_cancel {
    uint16_t source, serial;
    bool answered; /* a transmit stamp that still comes is worth telling */
};

struct effect_status {
    bool synchronised;
    double max_error_s, est_error_s;
    int leap; /* enum packet_leap: armed for the end of the day */
};

struct effect_look_up {
    uint16_t source;
    uint8_t family; /* enum address_family; ADDRESS_NONE: either */
    char name[SOURCE_NAME_MAX];
};

struct effect_store {
    double drift, drift_sd; /* rate that corrects the oscillator, and its deviation; no unit */
};

/* The packet itself is in source.exchange. Only answers to our requests are told, however many
 * strangers send. */
struct effect_measured {
    uint16_t source;
    enum reply_verdict verdict;
    struct instant at;
    double offset_s; /* of our clock as it shows; with the two below: of an accepted one */
    double delay_s, dispersion_s;
};

struct effect_updated {
    struct instant at;
    double offset_s;    /* of our clock, by the new estimate */
    double known_s;     /* what was known of it, and not yet corrected, before */
    double max_error_s; /* bound of the error just before */
};

struct effect {
    enum effect_type type;
    union {
        struct effect_send send;
        struct effect_cancel cancel;
        struct clock_command adjust;
        struct effect_status status;
        struct effect_look_up look_up;
        struct effect_store store;
        struct effect_measured measured;
        struct effect_updated updated;
        struct event event;
    };
};

struct effect_queue {
    struct effect ring[EFFECTS_MAX];
    unsigned first, count;
    uint64_t lost; /* no room: must stay 0 */
};

/* A new last effect, zeroed but for its type. Never NULL: without room the newest is overwritten
 * and counted as lost. */
struct effect *effect_push(struct effect_queue *q, enum effect_type type);

/* The first one; false if there is none. */
bool effect_take(struct effect_queue *q, struct effect *out);

/* Shorthand for EFFECT_EVENT. */
void effect_event(struct effect_queue *q, enum event_type type, uint16_t source, double value);

#endif
