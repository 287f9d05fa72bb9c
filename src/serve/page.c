/* SPDX-License-Identifier: BSD-2-Clause */
/* The published page: one writer, any number of readers in other processes, no lock. The writer
 * makes the sequence odd, fills the slot that is not in force and makes the sequence even, by which
 * that slot comes into force. So a reader is never held up by a writer that was put to sleep. */
#include "serve/page.h"

#include <string.h>

/* Two publications within one copy happen only to a reader that was put to sleep in it: once or
 * twice in its life, never time after time. */
#define READ_ATTEMPTS 16

static_assert(sizeof(struct page_content) % sizeof(uint64_t) == 0, "slots are copied in words");

static void store_slot(struct page_slot *slot, const struct page_content *from)
{
    uint64_t words[PAGE_SLOT_WORDS];

    memcpy(words, from, sizeof words);
    for (size_t i = 0; i < PAGE_SLOT_WORDS; i++) {
        atomic_store_explicit(&slot->words[i], words[i], memory_order_relaxed);
    }
}

static void load_slot(const struct page_slot *slot, struct page_content *to)
{
    uint64_t words[PAGE_SLOT_WORDS];

    for (size_t i = 0; i < PAGE_SLOT_WORDS; i++) {
        words[i] = atomic_load_explicit(&slot->words[i], memory_order_relaxed);
    }
    memcpy(to, words, sizeof words);
}

void page_init(struct serve_page *page, const struct reference *reference)
{
    /* Not valid before the first publication. */
    struct page_content content = {.valid_until_ns = INT64_MIN};

    memset(page, 0, sizeof *page);
    page->magic = PAGE_MAGIC;
    page->version = PAGE_VERSION;
    page->size = sizeof *page;
    reference_to_wire(reference, &content.reference);
    store_slot(&page->slots[0], &content);
    store_slot(&page->slots[1], &content);
}

void page_publish(struct serve_page *page, const struct reference *reference,
                  struct mono_time valid_until)
{
    struct page_content content = {.valid_until_ns = valid_until.ns};
    uint32_t odd = (atomic_load_explicit(&page->sequence, memory_order_relaxed) & ~1u) + 1;

    reference_to_wire(reference, &content.reference);
    atomic_store_explicit(&page->sequence, odd, memory_order_relaxed);
    /* A reader that sees any word of the new slot also sees that it is being written. */
    atomic_thread_fence(memory_order_release);
    store_slot(&page->slots[(odd + 1) >> 1 & 1], &content);
    atomic_store_explicit(&page->sequence, odd + 1, memory_order_release);
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

static bool read_consistent(const struct serve_page *page, struct page_content *out)
{
    for (unsigned i = 0; i < READ_ATTEMPTS; i++) {
        uint32_t before = atomic_load_explicit(&page->sequence, memory_order_acquire) & ~1u;

        load_slot(&page->slots[before >> 1 & 1], out);
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&page->sequence, memory_order_relaxed) - before < 3) {
            return true;
        }
    }
    return false;
}

void page_read(const struct serve_page *page, struct mono_time now, struct reference_wire *out)
{
    struct page_content content;
    struct reference unsynchronised;

    if (read_consistent(page, &content) && now.ns <= content.valid_until_ns) {
        *out = content.reference;
        return;
    }
    reference_init(&unsynchronised, (int8_t)content.reference.head[3]);
    unsynchronised.at = now;
    reference_to_wire(&unsynchronised, out);
}
