/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of clients in memory that processes share. A record is written under a sequence number
 * that is odd meanwhile: another writer gives up and counts the request as lost, a reader tries
 * again. A worker killed at that moment leaves an odd number; after a second of silence the next
 * one takes the record over. */
#include "core/clients.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/siphash.h"

#define NS_PER_MS INT64_C(1000000)
#define ABANDONED_MS 1000
#define READ_ATTEMPTS 4
/* The average interval forgets: each new one counts for so much. */
#define INTERVAL_GAIN 0.125F
#define KISSES_MAX UINT16_MAX

/* As it lies in the words of a slot. */
struct record {
    uint8_t address[16]; /* v4 is mapped; a link-local one has its scope in bytes 4 to 7 */
    uint32_t requests;
    uint16_t port;
    uint8_t first_byte;
    uint8_t outcome; /* enum clients_outcome */
    int64_t first_ns, last_ns;
    uint32_t limited, refused;
    uint16_t kisses, flags;
    float interval_s;
};

static_assert(sizeof(struct record) == CLIENTS_RECORD_WORDS * sizeof(uint64_t), "a record fits");
static_assert(sizeof(struct clients_slot) == 64, "a slot is a cache line");
static_assert(sizeof(struct clients_bucket) == 64 * (CLIENTS_WAYS + 1), "a bucket is eight");

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool is_mapped(const uint8_t bytes[16])
{
    return memcmp(bytes, mapped, sizeof mapped) == 0;
}

static bool is_link_local(const uint8_t bytes[16])
{
    return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

static void pack_address(const struct address *a, uint8_t out[16])
{
    if (a->family == ADDRESS_V4) {
        memcpy(out, mapped, sizeof mapped);
        memcpy(out + sizeof mapped, a->bytes, 4);
        return;
    }
    memcpy(out, a->bytes, 16);
    if (is_link_local(out)) {
        memcpy(out + 4, &a->scope, sizeof a->scope);
    }
}

static void unpack_address(const uint8_t bytes[16], uint16_t port, struct address *out)
{
    *out = (struct address){.port = port};
    if (is_mapped(bytes)) {
        out->family = ADDRESS_V4;
        memcpy(out->bytes, bytes + sizeof mapped, 4);
        return;
    }
    out->family = ADDRESS_V6;
    memcpy(out->bytes, bytes, 16);
    if (is_link_local(bytes)) {
        memcpy(&out->scope, bytes + 4, sizeof out->scope);
        memset(out->bytes + 4, 0, sizeof out->scope);
    }
}

size_t clients_size(uint32_t buckets)
{
    return sizeof(struct clients) + buckets * sizeof(struct clients_bucket);
}

void clients_init(struct clients *table, uint32_t capacity, const uint8_t seed[16])
{
    assert(capacity > 0 && (capacity & (capacity - 1)) == 0);
    memcpy(table->key, seed, sizeof table->key);
    table->capacity = capacity;
    atomic_store(&table->count, 0);
}

static void clear(struct clients *table, uint32_t buckets)
{
    for (uint32_t i = 0; i < buckets; i++) {
        for (unsigned way = 0; way < CLIENTS_WAYS; way++) {
            atomic_store_explicit(&table->buckets[i].tags[way], 0, memory_order_relaxed);
        }
    }
}

void clients_resize(struct clients *table, size_t bytes)
{
    uint32_t before = atomic_load(&table->count), count = 0;

    if (bytes >= sizeof(struct clients_bucket)) {
        for (count = 1; count < table->capacity &&
                        (size_t)count * 2 * sizeof(struct clients_bucket) <= bytes;) {
            count *= 2;
        }
    }
    if (count != before) {
        clear(table, before > count ? before : count);
        atomic_store(&table->count, count);
    }
}

/* Buckets in use, whatever is written there. */
static uint32_t bucket_count(const struct clients *table)
{
    uint32_t count = atomic_load_explicit(&table->count, memory_order_relaxed);

    return count <= table->capacity ? count : table->capacity;
}

static uint32_t tag_of(uint64_t tag)
{
    return (uint32_t)(tag >> 32);
}

/* The way of this tag in its bucket; CLIENTS_WAYS: none. */
static unsigned find_way(const struct clients_bucket *bucket, uint32_t tag)
{
    unsigned way = 0;

    while (way < CLIENTS_WAYS &&
           tag_of(atomic_load_explicit(&bucket->tags[way], memory_order_relaxed)) != tag) {
        way++;
    }
    return way;
}

/* A free way, or else that of the client that has been silent longest. */
static unsigned oldest_way(const struct clients_bucket *bucket, uint32_t now_ms)
{
    unsigned oldest = 0;
    uint32_t oldest_age = 0;

    for (unsigned way = 0; way < CLIENTS_WAYS; way++) {
        uint64_t tag = atomic_load_explicit(&bucket->tags[way], memory_order_relaxed);
        uint32_t age = now_ms - (uint32_t)tag;

        if (tag == 0) {
            return way;
        }
        if (age > oldest_age) {
            oldest = way;
            oldest_age = age;
        }
    }
    return oldest;
}

static void load(const struct clients_slot *slot, struct record *out)
{
    uint64_t words[CLIENTS_RECORD_WORDS];

    for (unsigned i = 0; i < CLIENTS_RECORD_WORDS; i++) {
        words[i] = atomic_load_explicit(&slot->words[i], memory_order_relaxed);
    }
    memcpy(out, words, sizeof words);
}

static void store(struct clients_slot *slot, const struct record *record)
{
    uint64_t words[CLIENTS_RECORD_WORDS];

    memcpy(words, record, sizeof words);
    for (unsigned i = 0; i < CLIENTS_RECORD_WORDS; i++) {
        atomic_store_explicit(&slot->words[i], words[i], memory_order_relaxed);
    }
}

/* Makes the sequence odd: false if another worker is at it. `silent`: nobody has written here for a
 * while, so an odd one was left behind. */
static bool begin_write(struct clients_slot *slot, bool silent, uint32_t *sequence)
{
    uint32_t seen = atomic_load_explicit(&slot->sequence, memory_order_relaxed);

    *sequence = seen & 1 ? seen + 2 : seen + 1;
    if ((seen & 1 && !silent) ||
        !atomic_compare_exchange_strong_explicit(&slot->sequence, &seen, *sequence,
                                                 memory_order_acquire, memory_order_relaxed)) {
        return false;
    }
    atomic_thread_fence(memory_order_release);
    return true;
}

static void end_write(struct clients_slot *slot, uint32_t sequence)
{
    atomic_store_explicit(&slot->sequence, sequence + 1, memory_order_release);
}

/* Counters saturate: a client that wrapped one would look new. */
static void count_up(uint32_t *counter)
{
    *counter += *counter < UINT32_MAX;
}

static void update(struct record *r, const struct address *from, struct mono_time now,
                   uint8_t first_byte, uint32_t flags, enum clients_outcome outcome)
{
    if (r->requests > 0) {
        float gap_s = (float)s_from_ns(ns_subtract(now.ns, r->last_ns));

        r->interval_s =
            r->requests == 1 ? gap_s : r->interval_s + (gap_s - r->interval_s) * INTERVAL_GAIN;
    }
    count_up(&r->requests);
    r->port = from->port;
    r->first_byte = first_byte;
    r->outcome = (uint8_t)outcome;
    r->last_ns = now.ns;
    r->flags = (uint16_t)flags;
    switch (outcome) {
    case CLIENTS_ANSWERED: break;
    case CLIENTS_KISSED:
        r->kisses = (uint16_t)(r->kisses + (r->kisses < KISSES_MAX));
        count_up(&r->limited);
        break;
    case CLIENTS_LIMITED: count_up(&r->limited); break;
    case CLIENTS_REFUSED: count_up(&r->refused); break;
    }
}

/* Starts from what is known of the client whose tag was `before`, if it is the same. */
static void recall(struct clients *table, const struct clients_slot *slot, uint32_t tag,
                   uint64_t before, struct record *record)
{
    struct record known;

    if (tag_of(before) != tag) {
        atomic_fetch_add_explicit(&table->fresh, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&table->recycled, before != 0, memory_order_relaxed);
        return;
    }
    load(slot, &known);
    if (memcmp(known.address, record->address, sizeof known.address) == 0) {
        *record = known;
    }
}

static uint64_t hash_of(const struct clients *table, const uint8_t address[16])
{
    return siphash(table->key, address, 16);
}

void clients_note(struct clients *table, const struct address *from, struct mono_time now,
                  uint8_t first_byte, uint32_t flags, enum clients_outcome outcome)
{
    uint32_t count = bucket_count(table), now_ms = (uint32_t)(now.ns / NS_PER_MS);
    struct record record = {.first_ns = now.ns};
    struct clients_bucket *bucket;
    uint32_t tag, sequence;
    unsigned way;
    uint64_t hash, before;

    if (count == 0 || from->family == ADDRESS_NONE) {
        return;
    }
    pack_address(from, record.address);
    hash = hash_of(table, record.address);
    tag = (uint32_t)(hash >> 32) | 1; /* never 0 */
    bucket = &table->buckets[hash & (count - 1)];
    way = find_way(bucket, tag);
    if (way == CLIENTS_WAYS) {
        way = oldest_way(bucket, now_ms);
    }
    before = atomic_load_explicit(&bucket->tags[way], memory_order_relaxed);
    if (!begin_write(&bucket->slots[way], now_ms - (uint32_t)before > ABANDONED_MS, &sequence)) {
        atomic_fetch_add_explicit(&table->lost, 1, memory_order_relaxed);
        return;
    }
    before = atomic_exchange_explicit(&bucket->tags[way], (uint64_t)tag << 32 | now_ms,
                                      memory_order_relaxed);
    recall(table, &bucket->slots[way], tag, before, &record);
    update(&record, from, now, first_byte, flags, outcome);
    store(&bucket->slots[way], &record);
    end_write(&bucket->slots[way], sequence);
}

/* ---- reading ---- */

static bool read_slot(const struct clients_slot *slot, struct record *out)
{
    for (unsigned i = 0; i < READ_ATTEMPTS; i++) {
        uint32_t before = atomic_load_explicit(&slot->sequence, memory_order_acquire);

        load(slot, out);
        atomic_thread_fence(memory_order_acquire);
        if (!(before & 1) &&
            atomic_load_explicit(&slot->sequence, memory_order_relaxed) == before) {
            return out->requests > 0;
        }
    }
    return false;
}

static void describe(const struct record *r, struct client *out)
{
    unpack_address(r->address, r->port, &out->address);
    out->first.ns = r->first_ns < r->last_ns ? r->first_ns : r->last_ns;
    out->last.ns = r->last_ns;
    out->requests = r->requests;
    out->limited = r->limited;
    out->refused = r->refused;
    out->kisses = r->kisses;
    out->interval_s = isfinite(r->interval_s) && r->interval_s > 0 ? (double)r->interval_s : 0;
    out->mode = r->first_byte & 7;
    out->version = r->first_byte >> 3 & 7;
    out->outcome =
        r->outcome <= CLIENTS_REFUSED ? (enum clients_outcome)r->outcome : CLIENTS_REFUSED;
    out->flags = r->flags;
}

size_t clients_room(const struct clients *table)
{
    return (size_t)bucket_count(table) * CLIENTS_WAYS;
}

static bool is_taken(const struct clients *table, size_t index)
{
    const struct clients_bucket *bucket = &table->buckets[index / CLIENTS_WAYS];

    return atomic_load_explicit(&bucket->tags[index % CLIENTS_WAYS], memory_order_relaxed) != 0;
}

size_t clients_count(const struct clients *table)
{
    size_t room = clients_room(table), taken = 0;

    for (size_t i = 0; i < room; i++) {
        taken += is_taken(table, i);
    }
    return taken;
}

bool clients_get(const struct clients *table, size_t index, struct client *out)
{
    struct record record;

    if (index >= clients_room(table) || !is_taken(table, index) ||
        !read_slot(&table->buckets[index / CLIENTS_WAYS].slots[index % CLIENTS_WAYS], &record)) {
        return false;
    }
    describe(&record, out);
    return true;
}

bool clients_find(const struct clients *table, const struct address *address, struct client *out)
{
    uint32_t count = bucket_count(table);
    const struct clients_bucket *bucket;
    struct record record;
    uint8_t packed[16];
    uint64_t hash;
    unsigned way;

    if (count == 0 || address->family == ADDRESS_NONE) {
        return false;
    }
    pack_address(address, packed);
    hash = hash_of(table, packed);
    bucket = &table->buckets[hash & (count - 1)];
    way = find_way(bucket, (uint32_t)(hash >> 32) | 1);
    if (way == CLIENTS_WAYS || !read_slot(&bucket->slots[way], &record) ||
        memcmp(record.address, packed, sizeof packed) != 0) {
        return false;
    }
    describe(&record, out);
    return true;
}

/* What a list has, and what comes first in it. */
struct wish {
    enum clients_order order;
    bool oldest_first; /* instead: those heard of after `after` */
    struct mono_time after;
};

static bool is_wanted(const struct client *c, const struct wish *wish)
{
    return wish->oldest_first ? c->last.ns > wish->after.ns
                              : wish->order != CLIENTS_LIMITED_MOST || c->limited > 0;
}

/* What a client is listed by; of two with the same the later one comes first. */
static int64_t rank(const struct client *c, const struct wish *wish)
{
    if (wish->oldest_first) {
        return -c->last.ns;
    }
    switch (wish->order) {
    case CLIENTS_BUSIEST: return (int64_t)c->requests;
    case CLIENTS_RECENT: break;
    case CLIENTS_LIMITED_MOST: return c->limited;
    }
    return c->last.ns;
}

static bool comes_before(const struct client *a, const struct client *b, const struct wish *wish)
{
    int64_t ranks[2] = {rank(a, wish), rank(b, wish)};

    return ranks[0] != ranks[1] ? ranks[0] > ranks[1] : a->last.ns > b->last.ns;
}

/* A heap whose first element comes last in the list: puts the one at `i` into its place. */
static void sink(struct client *heap, size_t count, size_t i, const struct wish *wish)
{
    for (;;) {
        size_t last = i;
        struct client moved = heap[i];

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++) {
            if (comes_before(&heap[last], &heap[child], wish)) {
                last = child;
            }
        }
        if (last == i) {
            return;
        }
        heap[i] = heap[last];
        heap[last] = moved;
        i = last;
    }
}

static void make_heap(struct client *heap, size_t count, const struct wish *wish)
{
    for (size_t i = count / 2; i > 0; i--) {
        sink(heap, count, i - 1, wish);
    }
}

static size_t list(const struct clients *table, const struct wish *wish, struct client *out,
                   size_t max)
{
    size_t room = clients_room(table), count = 0;

    for (size_t i = 0; i < room && max > 0; i++) {
        struct client client;

        if (!clients_get(table, i, &client) || !is_wanted(&client, wish)) {
            continue;
        }
        if (count < max) {
            out[count++] = client;
            if (count == max) {
                make_heap(out, count, wish);
            }
        } else if (comes_before(&client, &out[0], wish)) {
            out[0] = client;
            sink(out, count, 0, wish);
        }
    }
    make_heap(out, count, wish);
    for (size_t end = count; end > 1; end--) { /* what comes last goes to the end */
        struct client last = out[0];

        out[0] = out[end - 1];
        out[end - 1] = last;
        sink(out, end - 1, 0, wish);
    }
    return count;
}

size_t clients_list(const struct clients *table, enum clients_order order, struct client *out,
                    size_t max)
{
    return list(table, &(struct wish){.order = order}, out, max);
}

size_t clients_list_after(const struct clients *table, struct mono_time after, struct client *out,
                          size_t max)
{
    return list(table, &(struct wish){.oldest_first = true, .after = after}, out, max);
}
