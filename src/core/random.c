/* SPDX-License-Identifier: BSD-2-Clause */
/* ChaCha20 as a generator with fast key erasure: each refill makes 256 bytes, of which the first 32
 * become the next key, and what was handed out is wiped. A reader of our memory
 * today cannot tell the nonces of yesterday. */
#include "core/random.h"

#include <nettle/chacha.h>
#include <string.h>

void random_seed(struct random *r, const uint8_t seed[RANDOM_SEED_LENGTH])
{
    memset(r, 0, sizeof *r);
    memcpy(r->key, seed, sizeof r->key);
}

static void random_refill(struct random *r)
{
    static const uint8_t zeros[sizeof r->pool];
    uint8_t nonce[CHACHA_NONCE_SIZE];
    struct chacha_ctx chacha;

    for (size_t i = 0; i < sizeof nonce; i++) {
        nonce[i] = (uint8_t)(r->block >> (8 * i));
    }
    r->block++;
    chacha_set_key(&chacha, r->key);
    chacha_set_nonce(&chacha, nonce);
    chacha_crypt(&chacha, sizeof r->pool, r->pool, zeros);
    memcpy(r->key, r->pool, sizeof r->key);
    memset(r->pool, 0, sizeof r->key);
    r->left = sizeof r->pool - sizeof r->key;
}

void random_fill(struct random *r, void *out, size_t length)
{
    uint8_t *to = out;

    while (length > 0) {
        size_t n;
        uint8_t *from;

        if (r->left == 0) {
            random_refill(r);
        }
        n = length < r->left ? length : r->left;
        from = r->pool + sizeof r->pool - r->left;
        memcpy(to, from, n);
        memset(from, 0, n);
        r->left -= n;
        to += n;
        length -= n;
    }
}

uint64_t random_u64(struct random *r)
{
    uint8_t bytes[8];
    uint64_t v = 0;

    random_fill(r, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        v = v << 8 | bytes[i];
    }
    return v;
}

double random_unit(struct random *r)
{
    return (double)(random_u64(r) >> 11) * 0x1p-53;
}
