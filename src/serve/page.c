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

/* The slots are copied as words, each of them atomic but unordered: what the compiler makes of that
 * is plain moves, and it is no data race. */
typedef uint64_t __attribute__((may_alias)) page_word;

static_assert(sizeof(struct reference) % sizeof(page_word) == 0, "slots are copied in words");
static_assert(_Alignof(struct reference) >= _Alignof(page_word), "slots are copied in words");

#define REFERENCE_WORDS (sizeof(struct reference) / sizeof(page_word))

static void store_slot(struct reference *slot, const struct reference *from)
{
    const page_word *in = (const page_word *)from;
    page_word *out = (page_word *)slot;

    for (size_t i = 0; i < REFERENCE_WORDS; i++) {
        __atomic_store_n(&out[i], in[i], __ATOMIC_RELAXED);
    }
}

static void load_slot(const struct reference *slot, struct reference *to)
{
    const page_word *in = (const page_word *)slot;
    page_word *out = (page_word *)to;

    for (size_t i = 0; i < REFERENCE_WORDS; i++) {
        out[i] = __atomic_load_n(&in[i], __ATOMIC_RELAXED);
    }
}

void page_init(struct serve_page *page, const struct reference *reference)
{
    memset(page, 0, sizeof *page);
    page->version = PAGE_VERSION;
    store_slot(&page->slots[0], reference);
    store_slot(&page->slots[1], reference);
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
    store_slot(&page->slots[next & 1], reference);
    atomic_store_explicit(&page->index, next, memory_order_release);
    atomic_store_explicit(&page->valid_until_ns, valid_until.ns, memory_order_release);
}

static bool read_consistent(const struct serve_page *page, struct reference *out)
{
    for (unsigned i = 0; i < READ_ATTEMPTS; i++) {
        uint32_t before = atomic_load_explicit(&page->index, memory_order_acquire);

        load_slot(&page->slots[before & 1], out);
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
