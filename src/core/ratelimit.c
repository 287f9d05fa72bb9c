/* SPDX-License-Identifier: BSD-2-Clause */
/* The token bucket is kept as one instant, when it will be full again (the "generic cell rate
 * algorithm"): an answer moves it on by the interval, time does the rest. So there is no count to
 * round, and a client that asks a million times a second still gets its one answer an interval. */
#include "core/ratelimit.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/siphash.h"

/* A day for one answer, or a million answers at once: more is a mistake, and less overflows. */
#define INTERVAL_MAX_S 86400.0
#define BURST_MAX 1e6
#define MINIMUM_MAX_S 86400.0
#define LOG2_MAX 32

#define NS_PER_MS INT64_C(1000000)

static double clamp(double v, double low, double high)
{
    if (!(v > low)) { /* NaN too */
        return low;
    }
    return v < high ? v : high;
}

static uint64_t key_word(const uint8_t *bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 8; i++) {
        v = v << 8 | bytes[i];
    }
    return v;
}

void ratelimit_init(struct ratelimit *r, const struct ratelimit_settings *settings,
                    struct ratelimit_client *clients, size_t count, const uint8_t seed[32])
{
    assert(count >= RATELIMIT_WAYS && (count & (count - 1)) == 0);
    memset(r, 0, sizeof *r);
    for (unsigned i = 0; i < 2; i++) {
        r->hash_key[i] = key_word(seed + (size_t)8 * i);
        r->draw_key[i] = key_word(seed + 16 + (size_t)8 * i);
    }
    r->clients = clients;
    r->mask = count / RATELIMIT_WAYS - 1;
    ratelimit_configure(r, settings);
}

void ratelimit_configure(struct ratelimit *r, const struct ratelimit_settings *settings)
{
    r->settings = *settings;
    r->settings.interval_s = clamp(settings->interval_s, 1e-6, INTERVAL_MAX_S);
    r->settings.burst = clamp(settings->burst, 1.0, BURST_MAX);
    r->settings.minimum_s = clamp(settings->minimum_s, 0.0, MINIMUM_MAX_S);
    if (r->settings.leak_log2 > LOG2_MAX) {
        r->settings.leak_log2 = LOG2_MAX;
    }
    if (r->settings.kod_log2 > LOG2_MAX) {
        r->settings.kod_log2 = LOG2_MAX;
    }
    r->interval_ns = ns_from_s(r->settings.interval_s);
    r->burst_ns = ns_from_s((r->settings.burst - 1.0) * r->settings.interval_s);
    r->minimum_ms = (int64_t)ceil(r->settings.minimum_s * 750.0);
}

/* The v4 address (also if mapped) or the v6 /64: what one customer has. The lengths differ, so the
 * hashes of the two families never mix. */
static uint64_t hash_client(const struct ratelimit *r, const struct address *client)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (client->family == ADDRESS_V4) {
        return siphash(r->hash_key, client->bytes, 4);
    }
    if (memcmp(client->bytes, mapped, sizeof mapped) == 0) {
        return siphash(r->hash_key, client->bytes + sizeof mapped, 4);
    }
    return siphash(r->hash_key, client->bytes, 8);
}

/* The client's entry; a new one takes a free place or that of the one that was silent longest.
 * *seen_ms: its last request; false: it is new. */
static bool find_client(struct ratelimit *r, const struct address *client, uint32_t now_ms,
                        struct ratelimit_client **found, uint32_t *seen_ms)
{
    uint64_t hash = hash_client(r, client);
    uint32_t tag = (uint32_t)(hash >> 32) | 1; /* never 0 */
    struct ratelimit_client *bucket = &r->clients[(hash & r->mask) * RATELIMIT_WAYS];
    uint32_t oldest_age = 0;
    bool known = false;

    *found = NULL;
    for (unsigned i = 0; i < RATELIMIT_WAYS && !known; i++) {
        uint64_t seen = atomic_load_explicit(&bucket[i].seen, memory_order_relaxed);
        uint32_t age = seen == 0 ? UINT32_MAX : now_ms - (uint32_t)seen;

        known = seen >> 32 == tag;
        if (known || !*found || age > oldest_age) {
            *found = &bucket[i];
            *seen_ms = (uint32_t)seen;
            oldest_age = age;
        }
    }
    atomic_store_explicit(&(*found)->seen, (uint64_t)tag << 32 | now_ms, memory_order_relaxed);
    return known;
}

/* True once in 2^log2 times; never for 0. */
static bool draw(uint64_t random, unsigned log2)
{
    return log2 > 0 && (random & ((UINT64_C(1) << log2) - 1)) == 0;
}

static enum ratelimit_verdict judge_limited(struct ratelimit *r)
{
    uint8_t count[8];
    uint64_t random;

    memcpy(count, &r->draws, sizeof count);
    r->draws++;
    random = siphash(r->draw_key, count, sizeof count);
    if (draw(random, r->settings.leak_log2)) {
        return RATELIMIT_ANSWER;
    }
    return draw(random >> 32, r->settings.kod_log2) ? RATELIMIT_KISS : RATELIMIT_DROP;
}

enum ratelimit_verdict ratelimit_check(struct ratelimit *r, const struct address *client,
                                       struct mono_time now)
{
    uint32_t now_ms = (uint32_t)(now.ns / NS_PER_MS), seen_ms;
    struct ratelimit_client *c;
    int64_t full_ns, next_ns;

    if (!r->settings.enabled || client->family == ADDRESS_NONE) {
        return RATELIMIT_ANSWER;
    }
    if (!find_client(r, client, now_ms, &c, &seen_ms)) {
        atomic_store_explicit(&c->full_ns, ns_add(now.ns, r->interval_ns), memory_order_relaxed);
        return RATELIMIT_ANSWER;
    }
    if ((int64_t)(now_ms - seen_ms) < r->minimum_ms) {
        return judge_limited(r);
    }
    full_ns = atomic_load_explicit(&c->full_ns, memory_order_relaxed);
    do { /* again only when another worker has answered meanwhile */
        next_ns = full_ns < now.ns ? now.ns : full_ns; /* it may have been full for a while */
        if (ns_subtract(next_ns, now.ns) > r->burst_ns) {
            return judge_limited(r);
        }
        next_ns = ns_add(next_ns, r->interval_ns);
    } while (!atomic_compare_exchange_weak_explicit(&c->full_ns, &full_ns, next_ns,
                                                    memory_order_relaxed, memory_order_relaxed));
    return RATELIMIT_ANSWER;
}
