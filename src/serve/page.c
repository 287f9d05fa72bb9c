/* SPDX-License-Identifier: BSD-2-Clause */
/* The published page: one writer, any number of readers in other processes, no lock. The writer
 * fills the slot that nobody is told to read and then moves the index; a reader copies the slot and
 * looks at the index again. The slot that index i names is written only while the index is i + 1,
 * so an unchanged index proves the copy. */
#include "serve/page.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

/* Two publications within one copy happen only to a reader that was put to sleep in it: once or
 * twice in its life, never so often in a row. */
#define READ_ATTEMPTS 16

static_assert(sizeof(struct reference) % sizeof(uint64_t) == 0, "slots are copied in words");

static void store_slot(_Atomic uint64_t slot[PAGE_SLOT_WORDS], const struct reference *from)
{
    uint64_t words[PAGE_SLOT_WORDS];

    memcpy(words, from, sizeof words);
    for (size_t i = 0; i < PAGE_SLOT_WORDS; i++) {
        atomic_store_explicit(&slot[i], words[i], memory_order_relaxed);
    }
}

static void load_slot(const _Atomic uint64_t slot[PAGE_SLOT_WORDS], struct reference *to)
{
    uint64_t words[PAGE_SLOT_WORDS];

    for (size_t i = 0; i < PAGE_SLOT_WORDS; i++) {
        words[i] = atomic_load_explicit(&slot[i], memory_order_relaxed);
    }
    memcpy(to, words, sizeof words);
}

void page_init(struct serve_page *page, const struct reference *reference)
{
    memset(page, 0, sizeof *page);
    page->version = PAGE_VERSION;
    store_slot(page->slots[0], reference);
    store_slot(page->slots[1], reference);
    atomic_init(&page->index, 0);
    /* Not valid before the first publication. */
    atomic_init(&page->valid_until_ns, INT64_MIN);
}

void page_publish(struct serve_page *page, const struct reference *reference,
                  struct mono_time valid_until)
{
    uint32_t next = atomic_load_explicit(&page->index, memory_order_relaxed) + 1;

    /* Whoever sees any word of the new slot also sees the index of the previous publication. */
    atomic_thread_fence(memory_order_release);
    store_slot(page->slots[next & 1], reference);
    atomic_store_explicit(&page->index, next, memory_order_release);
    atomic_store_explicit(&page->valid_until_ns, valid_until.ns, memory_order_release);
}

static void split(const struct address *a, uint64_t *high, uint64_t *low)
{
    uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff};

    if (a->family == ADDRESS_V4) {
        memcpy(bytes + 12, a->bytes, 4);
    } else {
        memcpy(bytes, a->bytes, sizeof bytes);
    }
    *high = *low = 0;
    for (unsigned i = 0; i < 8; i++) {
        *high = *high << 8 | bytes[i];
        *low = *low << 8 | bytes[i + 8];
    }
}

/* While a list changes a reader may miss a source, or still see an old one: for a packet or two. */
void page_set_sources(struct serve_page *page, const struct address *addresses, unsigned count)
{
    uint32_t written = 0;
    uint64_t high, low;

    for (unsigned i = 0; i < count && written < PAGE_SOURCES_MAX; i++) {
        if (addresses[i].family != ADDRESS_NONE) {
            split(&addresses[i], &high, &low);
            atomic_store_explicit(&page->sources[written].high, high, memory_order_relaxed);
            atomic_store_explicit(&page->sources[written].low, low, memory_order_relaxed);
            written++;
        }
    }
    atomic_store_explicit(&page->source_count, written, memory_order_release);
}

bool page_is_source(const struct serve_page *page, const struct address *a)
{
    uint32_t count = atomic_load_explicit(&page->source_count, memory_order_acquire);
    uint64_t high, low;

    split(a, &high, &low);
    for (uint32_t i = 0; i < count && i < PAGE_SOURCES_MAX; i++) {
        if (atomic_load_explicit(&page->sources[i].low, memory_order_relaxed) == low &&
            atomic_load_explicit(&page->sources[i].high, memory_order_relaxed) == high) {
            return true;
        }
    }
    return false;
}

static bool read_consistent(const struct serve_page *page, struct reference *out)
{
    for (unsigned i = 0; i < READ_ATTEMPTS; i++) {
        uint32_t before = atomic_load_explicit(&page->index, memory_order_acquire);

        load_slot(page->slots[before & 1], out);
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&page->index, memory_order_relaxed) == before) {
            return true;
        }
    }
    return false;
}

void page_read(const struct serve_page *page, struct mono_time now, struct reference *out)
{
    bool valid = now.ns <= atomic_load_explicit(&page->valid_until_ns, memory_order_acquire);
    bool consistent = read_consistent(page, out);

    if (!valid || !consistent) {
        reference_init(out, out->precision);
        out->at = now;
    }
}
