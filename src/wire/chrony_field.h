/* SPDX-License-Identifier: BSD-2-Clause */
/* Field formats of chrony's command protocol, both directions. All integers are big-endian and go
 * through core/bytes.h: after a read past the end `failed` is set and the values are 0. Pure. */
#ifndef TOKI_WIRE_CHRONY_FIELD_H
#define TOKI_WIRE_CHRONY_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/bytes.h"
#include "core/time.h"

/* An address as the protocol has it: of a family, or the number of a source without one. */
enum chrony_family {
    CHRONY_FAMILY_NONE = 0,
    CHRONY_FAMILY_V4 = 1,
    CHRONY_FAMILY_V6 = 2,
    CHRONY_FAMILY_ID = 3
};
struct chrony_host {
    uint16_t family; /* enum chrony_family; others may come from the wire */
    struct address address;
    uint32_t id;
};

/* The protocol's floating point: signed exponent of 7 bits, signed coefficient of 25 bits; value =
 * coefficient * 2^(exponent - 25). What is too large saturates, too small a number and NaN are 0.
 */
uint32_t chrony_field_encode_float(double value);
double chrony_field_decode_float(uint32_t bits);

static inline void chrony_field_write_float(struct bytes_writer *w, double value)
{
    bytes_write_u32(w, chrony_field_encode_float(value));
}

static inline double chrony_field_read_float(struct bytes_reader *r)
{
    return chrony_field_decode_float(bytes_read_u32(r));
}

/* 20 bytes. */
void chrony_field_write_host(struct bytes_writer *w, const struct chrony_host *host);
struct chrony_host chrony_field_read_host(struct bytes_reader *r);

/* The host of an address; ADDRESS_NONE: CHRONY_FAMILY_NONE. */
struct chrony_host chrony_field_host(const struct address *address);

/* 12 bytes. */
void chrony_field_write_time(struct bytes_writer *w, struct wall_time t);
struct wall_time chrony_field_read_time(struct bytes_reader *r);

/* Zeros. */
void chrony_field_pad(struct bytes_writer *w, size_t count);

/* ---- lists of fields ---- */

/* What a field is in memory; an integer has the same size there and on the wire. */
enum chrony_field_kind {
    CHRONY_FIELD_INTEGER,
    CHRONY_FIELD_FLOAT,   /* a double; NaN and infinity are written as 0 */
    CHRONY_FIELD_HOST,    /* struct chrony_host */
    CHRONY_FIELD_TIME,    /* struct wall_time */
    CHRONY_FIELD_NAME,    /* char[CHRONY_NAME_LENGTH + 1]; NUL-terminated in memory alone */
    CHRONY_FIELD_COUNT,   /* a uint64_t, four bytes on the wire: the most they can hold if more */
    CHRONY_FIELD_ZERO,    /* no member: zeros */
    CHRONY_FIELD_RESERVED /* no member: ones */
};

#define CHRONY_NAME_LENGTH 256

struct chrony_field {
    enum chrony_field_kind kind;
    uint16_t width;  /* bytes on the wire */
    uint16_t offset; /* of the member */
};

/* A body: its fields, and behind them `items` structs of `stride` bytes from `offset` on, each of
 * the fields `item`. */
struct chrony_layout {
    const struct chrony_field *fields, *item;
    uint16_t field_count, item_field_count, items, offset, stride;
};

/* The field of a member; its kind is that of its type. */
/* clang-format off */
#define CHRONY_FIELD_BY_TYPE(value, of_double, of_host, of_time, of_name, otherwise) \
    _Generic((value), double: of_double, struct chrony_host: of_host, struct wall_time: of_time, \
             char *: of_name, default: otherwise)
#define CHRONY_FIELD(type, member) \
    {.kind = CHRONY_FIELD_BY_TYPE(((type *)0)->member, CHRONY_FIELD_FLOAT, CHRONY_FIELD_HOST, \
                                  CHRONY_FIELD_TIME, CHRONY_FIELD_NAME, CHRONY_FIELD_INTEGER), \
     .width = CHRONY_FIELD_BY_TYPE(((type *)0)->member, 4, 20, 12, CHRONY_NAME_LENGTH, \
                                   sizeof ((type *)0)->member), \
     .offset = offsetof(type, member)}
/* clang-format on */
#define CHRONY_FIELD_COUNTER(type, member)                                                         \
    {                                                                                              \
        .kind = CHRONY_FIELD_COUNT, .width = 4, .offset = offsetof(type, member)                   \
    }
#define CHRONY_FIELD_FILL(of, bytes)                                                               \
    {                                                                                              \
        .kind = CHRONY_FIELD_##of, .width = (bytes)                                                \
    }
#define CHRONY_LAYOUT(list)                                                                        \
    {                                                                                              \
        .fields = list, .field_count = sizeof(list) / sizeof(list)[0]                              \
    }

/* Bytes on the wire. */
size_t chrony_field_length(const struct chrony_layout *layout);

/* `body`: the struct or union that the offsets are of. */
void chrony_field_write(struct bytes_writer *w, const struct chrony_layout *layout,
                        const void *body);
void chrony_field_read(struct bytes_reader *r, const struct chrony_layout *layout, void *body);

/* Replaces the unprintable characters of a name by '?'. */
void chrony_field_clean_name(char name[CHRONY_NAME_LENGTH + 1]);

#endif
