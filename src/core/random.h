/* SPDX-License-Identifier: BSD-2-Clause */
/* Unpredictable numbers for a pure engine: ChaCha20 (RFC 8439) keyed once by the system's entropy
 * (os/random.h), or by a seed in the simulator. Never fork with one: seed a new one. */
#ifndef TOKI_CORE_RANDOM_H
#define TOKI_CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#define RANDOM_SEED_LENGTH 32

struct random {
    uint8_t key[32];
    uint64_t block;
    uint8_t pool[256];
    size_t left; /* unused bytes at the end of pool */
};

void random_seed(struct random *r, const uint8_t seed[RANDOM_SEED_LENGTH]);
void random_fill(struct random *r, void *out, size_t length);
uint64_t random_u64(struct random *r);

/* Uniform in [0, 1). */
double random_unit(struct random *r);

#endif
