/* SPDX-License-Identifier: BSD-2-Clause */
/* The one published page of server state: written by sync, read by every worker, and by whoever
 * maps it (a BPF program, a monitor). Its layout is fixed, see below; what goes into replies is
 * there in the form of the wire.
 *
 * Where it is: a memfd of the parent, called PAGE_NAME. A link in /proc/PID/fd that reads
 * "/memfd:toki-page (deleted)" leads to it; PID is that of the pid file. Who may open that link can
 * map it, but only for reading: the memory is sealed.
 *
 * How it is read: `sequence` is odd while the writer fills a slot. It never fills the slot that is
 * in force, number (sequence >> 1) & 1, so
 *   - a reader that copies that slot and finds `sequence` at less than (what it was, made even) + 3
 *     afterwards has a whole copy, whatever the writer does meanwhile (page_read());
 *   - a simple reader gives up when `sequence` is odd, or is another one after the copy.
 * Loads of `sequence` before the copy acquire; after it an acquire fence comes first. The copy
 * counts until its valid_until_ns (mono of os/clock.h: CLOCK_MONOTONIC but for a virtual clock):
 * past it, sync hangs or is gone, and a server says that it is unsynchronised. */
#ifndef TOKI_SERVE_PAGE_H
#define TOKI_SERVE_PAGE_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/reference.h"
#include "core/respond.h"
#include "core/stamp.h"

#define PAGE_NAME "toki-page"
#define PAGE_MAGIC 0x746f6b69u /* "toki" */
#define PAGE_VERSION 2         /* of the layout; another one is another layout */
#define PAGE_WORKERS_MAX 64
#define PAGE_SOURCES_MAX 64

/* Counters of one worker; each line is written by it alone. */
struct page_counters {
    _Alignas(64) uint64_t received;
    uint64_t verdicts[RESPOND_VERDICTS];
    uint64_t versions[8];  /* requests, by their version, ... */
    uint64_t old_modes[8]; /* ... and those of version 1, by their mode */
    uint64_t send_errors;
    uint64_t authenticated;  /* replies with a MAC */
    uint64_t stamps[STAMPS]; /* requests, by who stamped them */
};

/* What is published at a time, ... */
struct page_content {
    struct reference_wire reference;
    int64_t valid_until_ns; /* mono */
};

/* ... as words, each of them atomic: a copy of it is no data race. */
#define PAGE_SLOT_WORDS (sizeof(struct page_content) / sizeof(uint64_t))

struct page_slot {
    _Alignas(64) _Atomic uint64_t words[PAGE_SLOT_WORDS];
};

/* An address; a v4 one as ::ffff:a.b.c.d. All zero: none. */
struct page_source {
    _Atomic uint64_t high, low;
};

struct serve_page {
    uint32_t magic, version;
    uint32_t size; /* of this struct */
    _Atomic uint32_t sequence;
    struct page_slot slots[2];
    _Atomic uint32_t source_count; /* our sources, for `restrict source` */
    struct page_source sources[PAGE_SOURCES_MAX];
    struct page_counters counters[PAGE_WORKERS_MAX]; /* the only part that workers write */
};

/* The layout for foreign readers: offsets in the page, and in a slot. */
static_assert(offsetof(struct serve_page, magic) == 0 &&
                  offsetof(struct serve_page, version) == 4 &&
                  offsetof(struct serve_page, size) == 8 &&
                  offsetof(struct serve_page, sequence) == 12 &&
                  offsetof(struct serve_page, slots) == 64 && sizeof(struct page_slot) == 64,
              "the head of the page is version 2");
static_assert(offsetof(struct page_content, reference.head) == 0 &&
                  offsetof(struct page_content, reference.at_ns) == 24 &&
                  offsetof(struct page_content, reference.dispersion) == 32 &&
                  offsetof(struct page_content, reference.dispersion_rate) == 40 &&
                  offsetof(struct page_content, valid_until_ns) == 48 &&
                  sizeof(struct page_content) == 56,
              "a slot of the page is version 2");
static_assert(offsetof(struct serve_page, source_count) == 192 &&
                  offsetof(struct serve_page, sources) == 200 &&
                  offsetof(struct serve_page, counters) == 1280 &&
                  sizeof(struct page_counters) == 256,
              "the rest of the page is version 2");

void page_init(struct serve_page *page, const struct reference *reference);
void page_publish(struct serve_page *page, const struct reference *reference,
                  struct mono_time valid_until);
/* The addresses of our sources, ADDRESS_NONE ones left out; those beyond PAGE_SOURCES_MAX are. */
void page_set_sources(struct serve_page *page, const struct address *addresses, unsigned count);
bool page_is_source(const struct serve_page *page, const struct address *a);
/* A consistent copy. Unsynchronised (leap 3) once the page has run out. */
void page_read(const struct serve_page *page, struct mono_time now, struct reference_wire *out);

#endif
