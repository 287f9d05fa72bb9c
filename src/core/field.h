/* SPDX-License-Identifier: BSD-2-Clause */
/* Extension fields of a version 4 packet (RFC 5905 section 7.5 as amended by RFC 7822): 16 bits of
 * type, 16 bits of length, header included, and a body; lengths are multiples of 4. One reader for
 * all who look into them. It reads nothing outside the bytes that it was given and moves on by at
 * least 4 bytes each time, whatever they contain.
 *
 *   struct field_reader r = field_reader_of(data, &trailer);
 *   struct field f;
 *
 *   while (field_next(&r, &f)) { ... }
 *
 * The trap of the format: a MAC behind the last field has no header that tells it from one. RFC
 * 7822 section 7.5 resolves it by size: a field has at least 16 bytes, the last one at least 28 if
 * no MAC follows, and a MAC behind fields has at most 24. So fewer than 28 bytes are never a
 * field unless it is known that what follows is none of the MAC. */
#ifndef TOKI_CORE_FIELD_H
#define TOKI_CORE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bytes.h"
#include "core/packet.h"

#define FIELD_HEADER_LENGTH 4
#define FIELD_LENGTH_MIN 16      /* with the header */
#define FIELD_LENGTH_LAST_MIN 28 /* likewise, of the last one when no MAC follows */

struct field {
    uint16_t type;
    size_t at;           /* of its header in the bytes that are read */
    size_t length;       /* of the body */
    const uint8_t *body; /* in them, too */
};

struct field_reader {
    struct bytes_reader bytes; /* `failed`: there was something that is no field */
    size_t shortest;           /* a field of fewer bytes is an error */
    size_t last;               /* fewer bytes left than this are not looked at */
};

/* All from `at` to the end, which may be a MAC: ends before it, bytes_left() of it are left. */
struct field_reader field_reader_before_mac(const uint8_t *data, size_t length, size_t at);

/* The fields that packet_decode() found in `data`. */
struct field_reader field_reader_of(const uint8_t *data, const struct packet_trailer *trailer);

/* Fields that come out of an encrypted one: without a MAC they may be as short as their header (RFC
 * 8915 section 5.5). */
struct field_reader field_reader_inside(const uint8_t *data, size_t length);

/* The next field; false if there is none, or if it is malformed: then r->bytes.failed is set. */
bool field_next(struct field_reader *r, struct field *out);

#endif
