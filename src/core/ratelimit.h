/* SPDX-License-Identifier: BSD-2-Clause */
/* Rate limit of clients in fixed memory: a table of cache-line buckets (4 ways), keyed by a keyed
 * hash of the v4 address or the v6 /64, so that a flood of forged sources can neither grow it nor
 * aim at one bucket. Token bucket for each client; a leak lets a few answers through at random, so
 * that a victim whose address is forged still gets time (reliability S27).
 * Who is limited at all is for the access table to say (ACCESS_LIMITED, ACCESS_KOD in acl.h). */
#ifndef TOKI_CORE_RATELIMIT_H
#define TOKI_CORE_RATELIMIT_H

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
                           jitters, and who keeps to the rule shall not be punished */
};

/* 16 bytes; four of them are a cache line. */
struct ratelimit_client {
    int64_t full_ns;  /* mono: when its bucket is full again */
    uint32_t seen_ms; /* mono, modulo 2^32 (50 days): last request */
    uint32_t tag;     /* part of the hash; 0 = free */
};

struct ratelimit {
    struct ratelimit_settings settings;
    int64_t interval_ns, burst_ns, minimum_ms; /* derived from the settings */
    uint64_t hash_key[2], draw_key[2], draws;
    struct ratelimit_client *clients; /* caller's memory */
    size_t mask;                      /* number of buckets - 1 */
};

enum ratelimit_verdict { RATELIMIT_ANSWER, RATELIMIT_KISS, RATELIMIT_DROP };

/* `clients` is zeroed memory for `count` clients, a power of two >= 4, owned by the caller; best
 * aligned to 64 bytes. Settings out of range are brought into it. */
void ratelimit_init(struct ratelimit *r, const struct ratelimit_settings *settings,
                    struct ratelimit_client *clients, size_t count, const uint8_t seed[32]);

/* Other settings from now on; what is known of the clients stays. */
void ratelimit_configure(struct ratelimit *r, const struct ratelimit_settings *settings);

/* Counts this request and judges it. */
enum ratelimit_verdict ratelimit_check(struct ratelimit *r, const struct address *client,
                                       struct mono_time now);

#endif
