/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulator's own dice: small, fast, and the same on every machine. Each thing that is random
 * in a world (an oscillator, one direction of a link, a server) draws from a stream of its own, so
 * that asking one more question does not change the weather. Not for secrets. */
#ifndef TOKI_SIM_PRNG_H
#define TOKI_SIM_PRNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prng {
    uint64_t state[4];
    double spare; /* second value of a pair of Gaussians */
    bool have_spare;
};

/* One bijective mixing step: also the hash of traces. */
uint64_t prng_mix(uint64_t x);

/* Streams of one seed are independent of each other. */
void prng_seed(struct prng *p, uint64_t seed, uint64_t stream);

uint64_t prng_u64(struct prng *p);
void prng_fill(struct prng *p, void *out, size_t length);

/* Uniform in (0, 1). */
double prng_unit(struct prng *p);
double prng_between(struct prng *p, double low, double high);
/* 10^u, u uniform between the logarithms of both. */
double prng_between_log(struct prng *p, double low, double high);
/* Uniform in 0..below-1; below > 0. */
unsigned prng_below(struct prng *p, unsigned below);
bool prng_chance(struct prng *p, double probability);
double prng_gauss(struct prng *p);       /* mean 0, deviation 1 */
double prng_exponential(struct prng *p); /* mean 1 */

#endif
