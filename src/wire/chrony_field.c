/* SPDX-License-Identifier: BSD-2-Clause */
/* Field formats of chrony's command protocol: its floating point, addresses and times. */
#include "wire/chrony_field.h"

#include <math.h>

#define EXPONENT_BITS 7
#define COEFFICIENT_BITS 25
#define EXPONENT_MIN (-(1 << (EXPONENT_BITS - 1)))
#define EXPONENT_MAX ((1 << (EXPONENT_BITS - 1)) - 1)
#define COEFFICIENT_MAX ((1 << (COEFFICIENT_BITS - 1)) - 1)
#define COEFFICIENT_MIN (-(1 << (COEFFICIENT_BITS - 1)))
#define NEXT_TO_NOTHING 1e-100

/* ---- numbers ---- */

static uint32_t pack(int exponent, int32_t coefficient)
{
    return (uint32_t)exponent << COEFFICIENT_BITS |
           ((uint32_t)coefficient & ((UINT32_C(1) << COEFFICIENT_BITS) - 1));
}

uint32_t chrony_field_encode_float(double value)
{
    int exponent;
    double coefficient;

    if (!(fabs(value) >= NEXT_TO_NOTHING)) { /* NaN, too */
        return 0;
    }
    if (isinf(value)) {
        return pack(EXPONENT_MAX, value < 0 ? COEFFICIENT_MIN : COEFFICIENT_MAX);
    }
    frexp(value, &exponent); /* |value| is in 2^(exponent-1) .. 2^exponent */
    exponent++;              /* the sign takes one bit */
    if (exponent < EXPONENT_MIN) {
        exponent = EXPONENT_MIN;
    }
    coefficient = round(ldexp(value, COEFFICIENT_BITS - exponent));
    if (coefficient > COEFFICIENT_MAX) { /* rounded up to a power of two */
        exponent++;
        coefficient = round(ldexp(value, COEFFICIENT_BITS - exponent));
    }
    if (exponent > EXPONENT_MAX) {
        return pack(EXPONENT_MAX, value < 0 ? COEFFICIENT_MIN : COEFFICIENT_MAX);
    }
    return coefficient == 0 ? 0 : pack(exponent, (int32_t)coefficient);
}

double chrony_field_decode_float(uint32_t bits)
{
    int exponent = (int)(bits >> COEFFICIENT_BITS);
    int32_t coefficient = (int32_t)(bits & ((UINT32_C(1) << COEFFICIENT_BITS) - 1));

    exponent -= exponent > EXPONENT_MAX ? 1 << EXPONENT_BITS : 0;
    coefficient -= coefficient > COEFFICIENT_MAX ? 1 << COEFFICIENT_BITS : 0;
    return ldexp(coefficient, exponent - COEFFICIENT_BITS);
}

/* ---- addresses and times ---- */

struct chrony_host chrony_field_host(const struct address *address)
{
    return (struct chrony_host){.family = address->family == ADDRESS_V4   ? CHRONY_FAMILY_V4
                                          : address->family == ADDRESS_V6 ? CHRONY_FAMILY_V6
                                                                          : CHRONY_FAMILY_NONE,
                                .address = *address};
}

void chrony_field_write_host(struct bytes_writer *w, const struct chrony_host *host)
{
    if (host->family == CHRONY_FAMILY_ID) {
        bytes_write_u32(w, host->id);
        chrony_field_pad(w, 12);
    } else if (host->family == CHRONY_FAMILY_NONE) {
        chrony_field_pad(w, 16);
    } else {
        bytes_put(w, host->address.bytes, sizeof host->address.bytes);
    }
    bytes_write_u16(w, host->family);
    bytes_write_u16(w, 0);
}

struct chrony_host chrony_field_read_host(struct bytes_reader *r)
{
    const uint8_t *bytes = bytes_take(r, 16);
    struct chrony_host host = {.family = bytes_read_u16(r)};

    bytes_take(r, 2);
    if (!bytes) {
        return (struct chrony_host){.family = CHRONY_FAMILY_NONE};
    }
    if (host.family == CHRONY_FAMILY_V4) {
        host.address.family = ADDRESS_V4;
        memcpy(host.address.bytes, bytes, 4);
    } else if (host.family == CHRONY_FAMILY_V6) {
        host.address.family = ADDRESS_V6;
        memcpy(host.address.bytes, bytes, sizeof host.address.bytes);
    } else if (host.family == CHRONY_FAMILY_ID) {
        struct bytes_reader id = bytes_reader(bytes, 4);

        host.id = bytes_read_u32(&id);
    }
    return host;
}

void chrony_field_write_time(struct bytes_writer *w, struct wall_time t)
{
    int64_t seconds = t.ns / NS_PER_S - (t.ns % NS_PER_S < 0);

    bytes_write_u64(w, (uint64_t)seconds);
    bytes_write_u32(w, (uint32_t)(t.ns - seconds * NS_PER_S));
}

#define HIGH_UNKNOWN 0x7fffffffu /* the sender has 32 bits only */

struct wall_time chrony_field_read_time(struct bytes_reader *r)
{
    uint32_t high = bytes_read_u32(r), low = bytes_read_u32(r), ns = bytes_read_u32(r);
    int64_t seconds = high == HIGH_UNKNOWN ? (int64_t)low : (int64_t)((uint64_t)high << 32 | low);

    return (struct wall_time){ns_add(ns_from_s((double)seconds), ns < NS_PER_S ? ns : 0)};
}

void chrony_field_pad(struct bytes_writer *w, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bytes_write_u8(w, 0);
    }
}
