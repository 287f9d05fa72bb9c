/* SPDX-License-Identifier: BSD-2-Clause */
/* Bounds-checked big-endian reader and writer: the only way a codec touches a buffer. After the
 * first access out of bounds `failed` stays set, readers give 0 and writers write nothing, so a
 * codec checks once at its end. */
#ifndef TOKI_CORE_BYTES_H
#define TOKI_CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes_reader {
    const uint8_t *data;
    size_t length, at;
    bool failed;
};

struct bytes_writer {
    uint8_t *data;
    size_t capacity, at;
    bool failed;
};

static inline struct bytes_reader bytes_reader(const uint8_t *data, size_t length)
{
    return (struct bytes_reader){.data = data, .length = length};
}

static inline struct bytes_writer bytes_writer(uint8_t *data, size_t capacity)
{
    return (struct bytes_writer){.data = data, .capacity = capacity};
}

static inline size_t bytes_left(const struct bytes_reader *r)
{
    return r->failed ? 0 : r->length - r->at;
}

/* `n` bytes at the present position, or NULL; moves on. */
static inline const uint8_t *bytes_take(struct bytes_reader *r, size_t n)
{
    const uint8_t *p;

    if (r->failed || r->length - r->at < n) {
        r->failed = true;
        return NULL;
    }
    p = r->data + r->at;
    r->at += n;
    return p;
}

static inline uint64_t bytes_read(struct bytes_reader *r, size_t n)
{
    const uint8_t *p = bytes_take(r, n);
    uint64_t v = 0;

    for (size_t i = 0; p && i < n; i++) {
        v = v << 8 | p[i];
    }
    return v;
}

static inline uint8_t bytes_read_u8(struct bytes_reader *r)
{
    return (uint8_t)bytes_read(r, 1);
}

static inline uint16_t bytes_read_u16(struct bytes_reader *r)
{
    return (uint16_t)bytes_read(r, 2);
}

static inline uint32_t bytes_read_u32(struct bytes_reader *r)
{
    return (uint32_t)bytes_read(r, 4);
}

static inline uint64_t bytes_read_u64(struct bytes_reader *r)
{
    return bytes_read(r, 8);
}

static inline void bytes_put(struct bytes_writer *w, const void *p, size_t n)
{
    if (w->failed || w->capacity - w->at < n) {
        w->failed = true;
        return;
    }
    memcpy(w->data + w->at, p, n);
    w->at += n;
}

static inline void bytes_write(struct bytes_writer *w, uint64_t v, size_t n)
{
    uint8_t b[8];

    for (size_t i = 0; i < n; i++) {
        b[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
    }
    bytes_put(w, b, n);
}

static inline void bytes_write_u8(struct bytes_writer *w, uint8_t v)
{
    bytes_write(w, v, 1);
}

static inline void bytes_write_u16(struct bytes_writer *w, uint16_t v)
{
    bytes_write(w, v, 2);
}

static inline void bytes_write_u32(struct bytes_writer *w, uint32_t v)
{
    bytes_write(w, v, 4);
}

static inline void bytes_write_u64(struct bytes_writer *w, uint64_t v)
{
    bytes_write(w, v, 8);
}

#endif
