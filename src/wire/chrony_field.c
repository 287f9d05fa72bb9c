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

/* ---- lists of fields ---- */

size_t chrony_field_length(const struct chrony_layout *layout)
{
    size_t length = 0;

    for (unsigned i = 0; i < layout->item_field_count; i++) {
        length += layout->items * layout->item[i].width;
    }
    for (unsigned i = 0; i < layout->field_count; i++) {
        length += layout->fields[i].width;
    }
    return length;
}

static uint64_t load(const void *at, size_t width)
{
    return width == 1   ? *(const uint8_t *)at
           : width == 2 ? *(const uint16_t *)at
           : width == 4 ? *(const uint32_t *)at
                        : *(const uint64_t *)at;
}

static void store(void *at, size_t width, uint64_t value)
{
    if (width == 1) {
        *(uint8_t *)at = (uint8_t)value;
    } else if (width == 2) {
        *(uint16_t *)at = (uint16_t)value;
    } else if (width == 4) {
        *(uint32_t *)at = (uint32_t)value;
    } else {
        *(uint64_t *)at = value;
    }
}

static void write_field(struct bytes_writer *w, const struct chrony_field *f, const void *body)
{
    const void *at = (const char *)body + f->offset;

    switch (f->kind) {
    case CHRONY_FIELD_INTEGER: bytes_write(w, load(at, f->width), f->width); break;
    case CHRONY_FIELD_COUNT:
        bytes_write(w, load(at, 8) < UINT32_MAX ? load(at, 8) : UINT32_MAX, f->width);
        break;
    case CHRONY_FIELD_FLOAT:
        chrony_field_write_float(w, isfinite(*(const double *)at) ? *(const double *)at : 0);
        break;
    case CHRONY_FIELD_HOST: chrony_field_write_host(w, at); break;
    case CHRONY_FIELD_TIME: chrony_field_write_time(w, *(const struct wall_time *)at); break;
    case CHRONY_FIELD_NAME: bytes_put(w, at, f->width); break;
    case CHRONY_FIELD_ZERO:
    case CHRONY_FIELD_RESERVED:
        for (unsigned i = 0; i < f->width; i++) {
            bytes_write_u8(w, f->kind == CHRONY_FIELD_ZERO ? 0 : UINT8_MAX);
        }
        break;
    }
}

static void read_name(struct bytes_reader *r, char *name)
{
    const uint8_t *bytes = bytes_take(r, CHRONY_NAME_LENGTH);

    memset(name, 0, CHRONY_NAME_LENGTH + 1);
    if (bytes) {
        memcpy(name, bytes, CHRONY_NAME_LENGTH);
    }
}

static void read_field(struct bytes_reader *r, const struct chrony_field *f, void *body)
{
    void *at = (char *)body + f->offset;

    switch (f->kind) {
    case CHRONY_FIELD_INTEGER: store(at, f->width, bytes_read(r, f->width)); break;
    case CHRONY_FIELD_COUNT: store(at, 8, bytes_read(r, f->width)); break;
    case CHRONY_FIELD_FLOAT: *(double *)at = chrony_field_read_float(r); break;
    case CHRONY_FIELD_HOST: *(struct chrony_host *)at = chrony_field_read_host(r); break;
    case CHRONY_FIELD_TIME: *(struct wall_time *)at = chrony_field_read_time(r); break;
    case CHRONY_FIELD_NAME: read_name(r, at); break;
    case CHRONY_FIELD_ZERO:
    case CHRONY_FIELD_RESERVED: bytes_take(r, f->width); break;
    }
}

void chrony_field_write(struct bytes_writer *w, const struct chrony_layout *layout,
                        const void *body)
{
    for (unsigned i = 0; i < layout->field_count; i++) {
        write_field(w, &layout->fields[i], body);
    }
    for (size_t item = 0; item < layout->items; item++) {
        for (unsigned i = 0; i < layout->item_field_count; i++) {
            write_field(w, &layout->item[i],
                        (const char *)body + layout->offset + item * layout->stride);
        }
    }
}

void chrony_field_read(struct bytes_reader *r, const struct chrony_layout *layout, void *body)
{
    for (unsigned i = 0; i < layout->field_count; i++) {
        read_field(r, &layout->fields[i], body);
    }
    for (size_t item = 0; item < layout->items; item++) {
        for (unsigned i = 0; i < layout->item_field_count; i++) {
            read_field(r, &layout->item[i], (char *)body + layout->offset + item * layout->stride);
        }
    }
}

void chrony_field_clean_name(char name[CHRONY_NAME_LENGTH + 1])
{
    for (char *at = name; *at; at++) {
        *at = *at > ' ' && *at < 127 ? *at : '?';
    }
}
