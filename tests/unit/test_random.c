/* SPDX-License-Identifier: BSD-2-Clause */
/* The generator: the key stream of RFC 8439, no repetition, wiped behind itself, uniform. */
#include "core/random.h"

#include <string.h>

#include "check.h"

/* RFC 8439 appendix A.1, vector 1: key, nonce and counter 0. Our first 32 bytes of key stream
 * become the next key, so what comes out starts in the middle of the block. */
static void test_rfc_vector(void **state)
{
    static const uint8_t expected[32] = {
        0xda, 0x41, 0x59, 0x7c, 0x51, 0x57, 0x48, 0x8d, 0x77, 0x24, 0xe0,
        0x3f, 0xb8, 0xd8, 0x4a, 0x37, 0x6a, 0x43, 0xb8, 0xf4, 0x15, 0x18,
        0xa1, 0x1c, 0xc3, 0x87, 0xb6, 0x69, 0xb2, 0xee, 0x65, 0x86,
    };
    static const uint8_t next_key[32] = {
        0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a,
        0xe5, 0x53, 0x86, 0xbd, 0x28, 0xbd, 0xd2, 0x19, 0xb8, 0xa0, 0x8d,
        0xed, 0x1a, 0xa8, 0x36, 0xef, 0xcc, 0x8b, 0x77, 0x0d, 0xc7,
    };
    uint8_t seed[RANDOM_SEED_LENGTH] = {0}, out[32];
    struct random r;

    (void)state;
    random_seed(&r, seed);
    random_fill(&r, out, sizeof out);
    assert_memory_equal(out, expected, sizeof out);
    assert_memory_equal(r.key, next_key, sizeof r.key);
}

/* The same bytes come however they are asked for. */
static void test_any_pieces(void **state)
{
    uint8_t seed[RANDOM_SEED_LENGTH] = {1, 2, 3}, whole[5000], pieces[5000];
    struct dice d = {8};
    struct random r;
    size_t at = 0;

    (void)state;
    random_seed(&r, seed);
    random_fill(&r, whole, sizeof whole);
    random_seed(&r, seed);
    while (at < sizeof pieces) {
        size_t n = dice_below(&d, 600);

        n = n < sizeof pieces - at ? n : sizeof pieces - at;
        random_fill(&r, pieces + at, n);
        at += n;
    }
    assert_memory_equal(whole, pieces, sizeof whole);
    seed[31] = 1;
    random_seed(&r, seed);
    random_fill(&r, pieces, sizeof pieces);
    assert_memory_not_equal(whole, pieces, 32);
}

/* What was handed out is nowhere in the state any more. */
static void test_no_trace(void **state)
{
    uint8_t seed[RANDOM_SEED_LENGTH] = {9};
    struct random r;

    (void)state;
    random_seed(&r, seed);
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t v = random_u64(&r);
        uint8_t bytes[8];

        for (unsigned k = 0; k < 8; k++) {
            bytes[k] = (uint8_t)(v >> (56 - 8 * k));
        }
        for (size_t k = 0; k + 8 <= sizeof r.pool; k++) {
            assert_memory_not_equal(r.pool + k, bytes, 8);
        }
    }
}

/* Every bit is set half the time, and the unit interval is filled evenly. */
static void test_uniform(void **state)
{
    uint8_t seed[RANDOM_SEED_LENGTH] = {4};
    unsigned ones[64] = {0}, bins[16] = {0};
    const unsigned n = 64000;
    struct random r;

    (void)state;
    random_seed(&r, seed);
    for (unsigned i = 0; i < n; i++) {
        uint64_t v = random_u64(&r);
        double u = random_unit(&r);

        for (unsigned b = 0; b < 64; b++) {
            ones[b] += (unsigned)(v >> b & 1);
        }
        assert_true(u >= 0.0 && u < 1.0);
        bins[(unsigned)(u * 16.0)]++;
    }
    for (unsigned b = 0; b < 64; b++) { /* 6 standard deviations are 759 */
        assert_in_range(ones[b], n / 2 - 800, n / 2 + 800);
    }
    for (unsigned b = 0; b < 16; b++) { /* 6 standard deviations are 367 */
        assert_in_range(bins[b], n / 16 - 400, n / 16 + 400);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc_vector),
        cmocka_unit_test(test_any_pieces),
        cmocka_unit_test(test_no_trace),
        cmocka_unit_test(test_uniform),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
