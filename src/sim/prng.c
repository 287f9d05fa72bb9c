/* SPDX-License-Identifier: BSD-2-Clause */
/* xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021),
 * seeded by splitmix64; Gaussians by the polar method of Marsaglia. */
#include "sim/prng.h"

#include <math.h>
#include <string.h>

uint64_t prng_mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

void prng_seed(struct prng *p, uint64_t seed, uint64_t stream)
{
    uint64_t x = prng_mix(seed) ^ prng_mix(~stream * UINT64_C(0xd1342543de82ef95));

    for (unsigned i = 0; i < 4; i++) {
        x = prng_mix(x);
        p->state[i] = x;
    }
    p->have_spare = false;
    p->spare = 0;
}

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

uint64_t prng_u64(struct prng *p)
{
    uint64_t *s = p->state, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

void prng_fill(struct prng *p, void *out, size_t length)
{
    uint8_t *to = out;

    while (length > 0) {
        uint64_t x = prng_u64(p);
        size_t n = length < sizeof x ? length : sizeof x;

        memcpy(to, &x, n);
        to += n;
        length -= n;
    }
}

double prng_unit(struct prng *p)
{
    return ((double)(prng_u64(p) >> 12) + 0.5) * 0x1p-52;
}

double prng_between(struct prng *p, double low, double high)
{
    return low + (high - low) * prng_unit(p);
}

double prng_between_log(struct prng *p, double low, double high)
{
    return exp(prng_between(p, log(low), log(high)));
}

unsigned prng_below(struct prng *p, unsigned below)
{
    return (unsigned)((prng_u64(p) >> 32) * below >> 32);
}

bool prng_chance(struct prng *p, double probability)
{
    return prng_unit(p) < probability;
}

double prng_gauss(struct prng *p)
{
    double u, v, s, scale;

    if (p->have_spare) {
        p->have_spare = false;
        return p->spare;
    }
    do {
        u = 2 * prng_unit(p) - 1;
        v = 2 * prng_unit(p) - 1;
        s = u * u + v * v;
    } while (s >= 1);
    scale = sqrt(-2 * log(s) / s);
    p->spare = v * scale;
    p->have_spare = true;
    return u * scale;
}

double prng_exponential(struct prng *p)
{
    return -log(prng_unit(p));
}
