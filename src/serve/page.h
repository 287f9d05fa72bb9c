/* SPDX-License-Identifier: BSD-2-Clause */
/* The one published page of server state: written by sync, read by every worker (and later by the
 * BPF program). Two slots and an index: a reader never sees half an update. */
#ifndef TOKI_SERVE_PAGE_H
#define TOKI_SERVE_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/reference.h"
#include "core/respond.h"

#define PAGE_VERSION 1
#define PAGE_WORKERS_MAX 64
#define PAGE_SOURCES_MAX 64

/* Counters of one worker; each line is written by it alone. */
struct page_counters {
    _Alignas(64) uint64_t received;
    uint64_t verdicts[RESPOND_VERDICTS];
    uint64_t versions[8];  /* requests, by their version, ... */
    uint64_t old_modes[8]; /* ... and those of version 1, by their mode */
    uint64_t send_errors;
    uint64_t authenticated; /* replies with a MAC */
    uint64_t kernel_stamps; /* requests that the kernel stamped */
};

/* A struct reference as words, each of them atomic: a copy of it is no data race. */
#define PAGE_SLOT_WORDS (sizeof(struct reference) / sizeof(uint64_t))

/* An address; a v4 one as ::ffff:a.b.c.d. All zero: none. */
struct page_source {
    _Atomic uint64_t high, low;
};

struct serve_page {
    uint32_t version;
    _Atomic uint32_t index; /* slot to read: index & 1; grows with each publication */
    _Atomic uint64_t slots[2][PAGE_SLOT_WORDS];
    _Atomic int64_t valid_until_ns; /* mono: past it workers answer as unsynchronised */
    _Atomic uint32_t source_count;  /* our sources, for `restrict source` */
    struct page_source sources[PAGE_SOURCES_MAX];
    struct page_counters counters[PAGE_WORKERS_MAX]; /* the only part that workers write */
};

void page_init(struct serve_page *page, const struct reference *reference);
void page_publish(struct serve_page *page, const struct reference *reference,
                  struct mono_time valid_until);
/* The addresses of our sources, ADDRESS_NONE ones left out; those beyond PAGE_SOURCES_MAX are. */
void page_set_sources(struct serve_page *page, const struct address *addresses, unsigned count);
bool page_is_source(const struct serve_page *page, const struct address *a);
/* A consistent copy. Unsynchronised (leap 3) once the page has run out. */
void page_read(const struct serve_page *page, struct mono_time now, struct reference *out);

#endif
