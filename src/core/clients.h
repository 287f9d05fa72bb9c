/* SPDX-License-Identifier: BSD-2-Clause */
/* Recent clients: one record for each client address, in fixed memory that workers write and sync
 * reads, in other processes and without a lock. A set-associative table: a request touches the line
 * of tags of its bucket and the line of its record, no more; a new client takes the place of the
 * one in its bucket that has been silent longest. The hash is keyed, so forged addresses cannot aim
 * at a bucket. What is read is checked: a worker that was taken over can lie, but not do harm. */
#ifndef TOKI_CORE_CLIENTS_H
#define TOKI_CORE_CLIENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/time.h"

#define CLIENTS_WAYS 7
#define CLIENTS_RECORD_WORDS 7

/* A record, an even sequence number if it is whole: one cache line. */
struct clients_slot {
    _Atomic uint32_t sequence;
    uint32_t unused;
    _Atomic uint64_t words[CLIENTS_RECORD_WORDS];
};

/* Tags: part of the hash << 32 | time of the last request in ms modulo 2^32; 0: free. */
struct clients_bucket {
    _Alignas(64) _Atomic uint64_t tags[CLIENTS_WAYS];
    uint64_t unused;
    struct clients_slot slots[CLIENTS_WAYS];
};

struct clients {
    uint64_t key[2];
    uint32_t capacity;         /* buckets that there is memory for, a power of two */
    _Atomic uint32_t count;    /* buckets in use, a power of two; 0: no recording */
    _Atomic uint64_t fresh;    /* clients that came, known ones that came again included */
    _Atomic uint64_t recycled; /* whose place was taken by another */
    _Atomic uint64_t lost;     /* requests not noted: two workers had the same client at once */
    struct clients_bucket buckets[];
};

/* What became of a request. */
enum clients_outcome {
    CLIENTS_ANSWERED,
    CLIENTS_KISSED,  /* over the rate limit, and told so */
    CLIENTS_LIMITED, /* over the rate limit, and dropped */
    CLIENTS_REFUSED  /* dropped for another reason: access rules, keys, format */
};

/* A record as it is read. */
struct client {
    struct address address;       /* with the port of the last request */
    struct mono_time first;       /* request */
    struct mono_time last;        /* request */
    uint64_t requests;            /* all of them */
    uint32_t limited, refused;    /* of those */
    uint32_t kisses;              /* likewise; stops at 65535 */
    double interval_s;            /* average of the last some ten; 0: it asked once */
    uint8_t mode, version;        /* of the last request */
    enum clients_outcome outcome; /* likewise */
    uint32_t flags;               /* enum access_flags that held for it */
};

/* Bytes for a table of this number of buckets. */
size_t clients_size(uint32_t buckets);

/* `table` is zeroed memory of clients_size(capacity), best aligned to 64 bytes. No client is
 * noted until clients_resize(). */
void clients_init(struct clients *table, uint32_t capacity, const uint8_t seed[16]);

/* Uses this number of bytes for clients from now on, as far as the capacity allows, rounded down to
 * a power of two; below one bucket no client is noted. A change of size empties the table. Only for
 * the process that made the table; workers may go on. */
void clients_resize(struct clients *table, size_t bytes);

/* Notes a request: `first_byte` of the packet has its version and mode. */
void clients_note(struct clients *table, const struct address *from, struct mono_time now,
                  uint8_t first_byte, uint32_t flags, enum clients_outcome outcome);

/* Room for clients, and how many are there now. */
size_t clients_room(const struct clients *table);
size_t clients_count(const struct clients *table);

/* The record of an address (its port does not count); false: not known. */
bool clients_find(const struct clients *table, const struct address *address, struct client *out);

/* Record number `index` < clients_room(); false if there is none there, or it is being written. To
 * walk through the table: the order means nothing. */
bool clients_get(const struct clients *table, size_t index, struct client *out);

/* What a list begins with. */
enum clients_order {
    CLIENTS_BUSIEST,     /* most requests first */
    CLIENTS_RECENT,      /* last request latest first */
    CLIENTS_LIMITED_MOST /* most requests over the limit first; the others are left out */
};

/* The first `max` clients in this order, in `out`: how many. One pass through the table. */
size_t clients_list(const struct clients *table, enum clients_order order, struct client *out,
                    size_t max);

/* The `max` clients that asked first after `after`, in that order. */
size_t clients_list_after(const struct clients *table, struct mono_time after, struct client *out,
                          size_t max);

#endif
