/* SPDX-License-Identifier: BSD-2-Clause */
/* What every unit test needs: cmocka with its mandatory headers, and a small seeded generator
 * (splitmix64) so that a property test is the same run on every machine. */
#ifndef TOKI_TESTS_UNIT_CHECK_H
#define TOKI_TESTS_UNIT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct dice {
    uint64_t state;
};

static inline uint64_t dice_u64(struct dice *d)
{
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0 .. n - 1 */
static inline unsigned dice_below(struct dice *d, unsigned n)
{
    return (unsigned)(dice_u64(d) % n);
}

static inline void dice_fill(struct dice *d, uint8_t *out, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        out[i] = (uint8_t)(dice_u64(d) >> 56);
    }
}

#endif
