/* SPDX-License-Identifier: BSD-2-Clause */
/* The addresses that the names of the sources had when they last worked. They are kept in a file
 * and used for one thing: at a start without a name service the sources are asked where they were
 * found the last time, until the service answers. The file:
 *
 *   # toki addresses 1                                    the first line, always
 *   ntp.example.org 1793500000 192.0.2.1 2001:db8::1      name, when it was seen, addresses
 *
 * one line for each name, replaced as a whole. Anything else in it is skipped. */
#ifndef TOKI_DAEMON_ADDRESSES_H
#define TOKI_DAEMON_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/engine.h"

#define ADDRESSES_OF_NAME_MAX 8
#define ADDRESSES_TEXT_MAX 65536

struct address_record {
    char name[SOURCE_NAME_MAX];
    int64_t seen_s; /* Unix seconds, by our clock */
    uint32_t count;
    struct address addresses[ADDRESSES_OF_NAME_MAX];
};

struct addresses {
    unsigned count;
    struct address_record records[SOURCE_SPECS_MAX];
};

/* Fills the table from the text of a file (any bytes may be in it); false: not such a file. */
bool addresses_parse(struct addresses *a, const char *text, size_t length);

/* The text of a file; its length, 0 if it does not fit. */
size_t addresses_format(const struct addresses *a, char *out, size_t capacity);

/* May this record, which comes from another process, be written? */
bool addresses_record_is_sound(const struct address_record *record);

/* Takes in what works now, and forgets names that are no longer configured. True: other addresses
 * than before. */
bool addresses_collect(struct addresses *a, const struct engine *engine, struct wall_time now);

/* Gives the engine the answer to a look-up; if that failed, what is remembered of the name. */
void addresses_resolved(const struct addresses *a, struct engine *engine, struct instant now,
                        uint16_t source, const struct address *found, unsigned count);

#endif
