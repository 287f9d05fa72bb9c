/* SPDX-License-Identifier: BSD-2-Clause */
/* Rate limit of clients in fixed memory: a table of cache-line buckets (4 ways), keyed by a keyed
 * hash of the v4 address or the v6 /64, so that a flood of forged sources can neither grow it nor
 * aim at one bucket. Token bucket for each client; a leak lets a few answers through at random, so
 * that a victim whose address is forged still gets time (reliability S27).
 * The access table says which clients are limited (ACCESS_LIMITED, ACCESS_KOD in acl.h). */
#ifndef TOKI_CORE_RATELIMIT_H
#define TOKI_CORE_RATELIMIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/time.h"

#define RATELIMIT_WAYS 4

struct ratelimit_settings {
    bool enabled;
    double interval_s;  /* average seconds for one answer; > 0 */
    double burst;       /* answers that may come at once; >= 1 */
    unsigned leak_log2; /* 1 in 2^leak of the limited is answered all the same; 0 = none */
    unsigned kod_log2;  /* 1 in 2^kod of the limited gets a kiss; 0 = none */
    double minimum_s;   /* gap under which a request is always over the limit (ntp.conf); 0 = none.
                           3/4 of it is enough: the client keeps it by its own clock and the network
                           jitters, and a client that keeps to the rule must not be limited */
};

/* 16 bytes; four of them are a cache line. Any number of workers, in processes of their own, may
 * share an array of them without a lock: an answer is one exchange of full_ns, so that no two of
 * them give the same one. Where two meet the same new client, or two new ones for the same place,
 * at the same moment, an answer more than the limit may be given, once. */
struct ratelimit_client {
    _Atomic int64_t full_ns; /* mono: when its bucket is full again */
    _Atomic uint64_t seen;   /* tag << 32 | time of the last request in ms modulo 2^32; 0: free */
};

struct ratelimit {
    struct ratelimit_settings settings;
    int64_t interval_ns, burst_ns, minimum_ms; /* derived from the settings */
    uint64_t hash_key[2], draw_key[2], draws;
    struct ratelimit_client *clients; /* caller's memory; may be that of others, too */
    size_t mask;                      /* number of buckets - 1 */
};

enum ratelimit_verdict { RATELIMIT_ANSWER, RATELIMIT_KISS, RATELIMIT_DROP };

/* `clients` is memory for `count` clients, a power of two >= 4, owned by the caller, zeroed or in
 * use by others whose seeds begin with the same 16 bytes (the key of the hash); best aligned to 64
 * bytes. Settings out of range are brought into it. */
void ratelimit_init(struct ratelimit *r, const struct ratelimit_settings *settings,
                    struct ratelimit_client *clients, size_t count, const uint8_t seed[32]);

/* Other settings from now on; what is known of the clients stays. */
void ratelimit_configure(struct ratelimit *r, const struct ratelimit_settings *settings);

/* Counts this request and judges it. */
enum ratelimit_verdict ratelimit_check(struct ratelimit *r, const struct address *client,
                                       struct mono_time now);

#endif
