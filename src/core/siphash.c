/* SPDX-License-Identifier: BSD-2-Clause */
/* Written from the paper: four words of state, two rounds for each word of input, four at the end;
 * the last word carries the length. All words are little-endian. */
#include "core/siphash.h"

#define COMPRESSION_ROUNDS 2
#define FINAL_ROUNDS 4

static uint64_t rotate(uint64_t v, unsigned bits)
{
    return v << bits | v >> (64 - bits);
}

static void mix(uint64_t v[4], unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static void absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    mix(v, COMPRESSION_ROUNDS);
    v[0] ^= word;
}

/* Up to eight bytes; what is missing is zero. */
static uint64_t little_endian(const uint8_t *data, size_t length)
{
    uint64_t word = 0;

    for (size_t i = 0; i < length; i++) {
        word |= (uint64_t)data[i] << (8 * i);
    }
    return word;
}

uint64_t siphash(const uint64_t key[2], const uint8_t *data, size_t length)
{
    uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                     key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};
    size_t at = 0;

    for (; length - at >= 8; at += 8) {
        absorb(v, little_endian(data + at, 8));
    }
    absorb(v, little_endian(data + at, length - at) | (uint64_t)length << 56);
    v[2] ^= 0xff;
    mix(v, FINAL_ROUNDS);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
