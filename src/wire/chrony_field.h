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

#endif
