/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys and MACs: digests that other programs computed (hashlib, openssl), the examples of RFC 4493
 * and SP 800-38B, every length of a digest, the table's limits and what a torn table may do. */
#include "core/mac.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

static struct mac_keys keys;

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t n = strlen(hex) / 2;

    for (size_t i = 0; i < n; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};

        out[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

static int forget(void **state)
{
    (void)state;
    memset(&keys, 0, sizeof keys);
    return 0;
}

/* The packet of the vectors: 23 00 06 ec, 36 zeros, 01 23 45 67 89 ab cd ef. */
static void make_packet(uint8_t packet[48])
{
    memset(packet, 0, 48);
    from_hex("230006ec", packet);
    from_hex("0123456789abcdef", packet + 40);
}

/* Digest of the secret and the packet, by Python's hashlib. */
static const struct {
    enum mac_algorithm algorithm;
    const char *digest;
} hashes[] = {
    {MAC_MD5, "e9854aafe85fe7dbb0d567a2c98c755c"},
    {MAC_SHA1, "174b11e218524619cc7905e5357ea47b9b7be01c"},
    {MAC_SHA224, "18a0b6555ac70ee101009a5303e94603372d8a7b5d84f60946132082"},
    {MAC_SHA256, "0dbca586981cab35d3b9d25eb09a3e2f0a5c42cbcca1bf20b029b9ea62379421"},
    {MAC_SHA384,
     "56450b982d6e4dfffdacd6757cfb1d34fc0b2a5b1a08073031404eea29650443a1d463bfd8fc89b3c1f0cf28db7c"
     "6819"},
    {MAC_SHA512,
     "9343f486bc293505f1bb390d5ebac440f9b1ff4f2ccb9b7b442a276cdf47a7de8223325260aada55271486c8eaa0"
     "be9d596e65f2656eb9749c67967fe6067a1d"},
    {MAC_SHA3_224, "79ecd2cfce623b6cc5cc70982a9797c4470dfb506969434a4adbd70c"},
    {MAC_SHA3_256, "062f7a26a00773841462bb3c91dd8bbfb9f084662230eb3df829e26306eaea10"},
    {MAC_SHA3_384,
     "bb6948c04f17a657d3c0211c687eef9731ecb669df16cfdac6fee5109d27d31f2b6245f97312d38dfac59f5b6be8"
     "778d"},
    {MAC_SHA3_512,
     "906475d5591f10c84e829fbca2a3d88f9bddd97dad31107980ff3c01025569cfed9492e4fc5660e64388ef50c4fc"
     "363b8faf0a2644de995acf6695d2c5096433"},
    {MAC_RIPEMD160, "9c4dbb62184b57dcc798d09ed16104a23261a33b"},
};

static void test_hashes(void **state)
{
    uint8_t packet[48], right[MAC_DIGEST_MAX], out[MAC_LENGTH_MAX];

    (void)state;
    make_packet(packet);
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        size_t n = from_hex(hashes[i].digest, right), cut = n > 20 ? 20 : n;
        const struct mac_key *key;

        assert_true(mac_add(&keys, 0x01020304, hashes[i].algorithm, "vanishing point 42", 18));
        key = mac_find(&keys, 0x01020304);
        assert_non_null(key);
        assert_int_equal(mac_digest_length(hashes[i].algorithm), n);
        assert_int_equal(mac_write(&keys, key, packet, 48, false, out), 4 + n);
        assert_memory_equal(out, "\1\2\3\4", 4);
        assert_memory_equal(out + 4, right, n);
        assert_int_equal(mac_write(&keys, key, packet, 48, true, out), 4 + cut);
        assert_memory_equal(out + 4, right, cut);
        assert_true(mac_is_valid(&keys, key, packet, 48, right, n));
        assert_true(mac_is_valid(&keys, key, packet, 48, right, cut));
    }
    assert_int_equal(keys.count, 1);
}

/* RFC 4493 section 4, SP 800-38B appendix D.3; and a packet by openssl mac. */
static const struct {
    enum mac_algorithm algorithm;
    const char *secret, *message, *digest;
} cmacs[] = {
#define MESSAGE                                                                                    \
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a" \
    "52eff69f2445df4f9b17ad2b417be66c3710"
#define MESSAGE_40                                                                                 \
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411"
#define PACKET                                                                                     \
    "230006ec0000000000000000000000000000000000000000000000000000000000000000000000000123456789ab" \
    "cdef"
    {MAC_AES128, "2b7e151628aed2a6abf7158809cf4f3c", "", "bb1d6929e95937287fa37d129b756746"},
    {MAC_AES128, "2b7e151628aed2a6abf7158809cf4f3c", "6bc1bee22e409f96e93d7e117393172a",
     "070a16b46b4d4144f79bdd9dd04a287c"},
    {MAC_AES128, "2b7e151628aed2a6abf7158809cf4f3c", MESSAGE_40,
     "dfa66747de9ae63030ca32611497c827"},
    {MAC_AES128, "2b7e151628aed2a6abf7158809cf4f3c", MESSAGE, "51f0bebf7e3b9d92fc49741779363cfe"},
    {MAC_AES256, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "",
     "028962f61b7bf89efc6b551f4667d983"},
    {MAC_AES256, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "6bc1bee22e409f96e93d7e117393172a", "28a7023f452e8f82bd4bf28d8c37c35c"},
    {MAC_AES256, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", MESSAGE_40,
     "aaf3d8f1de5640c232f5b169b9c911e6"},
    {MAC_AES256, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", MESSAGE,
     "e1992190549f6ed5696a2c056c315410"},
    {MAC_AES128, "000102030405060708090a0b0c0d0e0f", PACKET, "4da0c3d25b646631324268b7ebbbacae"},
    {MAC_AES256, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", PACKET,
     "ccb3a66d6fa442e513043bca65f21cbe"},
};

static void test_cmac(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cmacs / sizeof cmacs[0]; i++) {
        uint8_t secret[32], message[64], right[16], out[MAC_LENGTH_MAX];
        size_t secret_length = from_hex(cmacs[i].secret, secret);
        size_t length = from_hex(cmacs[i].message, message);
        const struct mac_key *key;

        from_hex(cmacs[i].digest, right);
        assert_true(mac_add(&keys, 7, cmacs[i].algorithm, secret, secret_length));
        key = mac_find(&keys, 7);
        assert_int_equal(mac_write(&keys, key, message, length, i & 1, out), 20);
        assert_memory_equal(out + 4, right, 16);
        assert_true(mac_is_valid(&keys, key, message, length, right, 16));
    }
}

/* S11: of all lengths, the digest's own and, if that is longer, 20. */
static void test_every_digest_length(void **state)
{
    uint8_t packet[48], secret[32] = {1}, out[MAC_LENGTH_MAX], digest[100];

    (void)state;
    make_packet(packet);
    for (enum mac_algorithm a = MAC_MD5; a < MAC_ALGORITHMS; a++) {
        size_t own = mac_digest_length(a), wanted = mac_secret_length(a);
        const struct mac_key *key;

        assert_true(mac_add(&keys, 1, a, secret, wanted ? wanted : 10));
        key = mac_find(&keys, 1);
        memset(digest, 0, sizeof digest);
        assert_int_equal(mac_write(&keys, key, packet, 48, false, out), 4 + own);
        memcpy(digest, out + 4, own);
        for (size_t length = 0; length <= sizeof digest; length++) {
            bool right = length == own || (length == 20 && own > 20);

            assert_int_equal(mac_is_valid(&keys, key, packet, 48, digest, length), right);
        }
    }
}

/* One bit off anywhere, in packet or digest, or another key: refused. */
static void test_every_bit_counts(void **state)
{
    uint8_t packet[48], out[MAC_LENGTH_MAX];
    const struct mac_key *key, *other;
    size_t length;

    (void)state;
    make_packet(packet);
    assert_true(mac_add(&keys, 1, MAC_SHA256, "the first secret", 16));
    assert_true(mac_add(&keys, 2, MAC_SHA256, "the second secret", 17));
    key = mac_find(&keys, 1);
    other = mac_find(&keys, 2);
    length = mac_write(&keys, key, packet, 48, false, out) - 4;
    assert_true(mac_is_valid(&keys, key, packet, 48, out + 4, length));
    assert_false(mac_is_valid(&keys, other, packet, 48, out + 4, length));
    assert_false(mac_is_valid(&keys, key, packet, 44, out + 4, length));
    for (size_t bit = 0; bit < 48 * 8; bit++) {
        packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(mac_is_valid(&keys, key, packet, 48, out + 4, length));
        packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < length * 8; bit++) {
        out[4 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(mac_is_valid(&keys, key, packet, 48, out + 4, length));
        assert_int_equal(mac_is_valid(&keys, key, packet, 48, out + 4, 20), bit >= 160);
        out[4 + bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void test_limits_of_a_key(void **state)
{
    uint8_t secret[MAC_SECRET_MAX + 1] = {0};

    (void)state;
    assert_false(mac_add(&keys, 0, MAC_MD5, secret, 16));
    assert_false(mac_add(&keys, 1, MAC_MD5, secret, 0));
    assert_false(mac_add(&keys, 1, MAC_MD5, secret, MAC_SECRET_MAX + 1));
    assert_false(mac_add(&keys, 1, MAC_ALGORITHMS, secret, 16));
    assert_false(mac_add(&keys, 1, MAC_AES128, secret, 15));
    assert_false(mac_add(&keys, 1, MAC_AES128, secret, 32));
    assert_false(mac_add(&keys, 1, MAC_AES256, secret, 16));
    assert_int_equal(keys.count, 0);
    assert_true(mac_add(&keys, 1, MAC_MD5, secret, 1));
    assert_true(mac_add(&keys, UINT32_MAX, MAC_MD5, secret, MAC_SECRET_MAX));
    assert_int_equal(mac_find(&keys, UINT32_MAX)->length, MAC_SECRET_MAX);
    assert_null(mac_find(&keys, 0));
    assert_null(mac_find(&keys, 2));
    assert_null(mac_find(NULL, 1));
}

/* As many as there is room for, in any order: each is found, with its own secret. */
static void test_full_table(void **state)
{
    struct dice d = {11};
    uint32_t ids[MAC_KEYS_MAX];
    uint8_t packet[48], out[MAC_LENGTH_MAX], again[MAC_LENGTH_MAX];
    static struct mac_keys one;

    (void)state;
    make_packet(packet);
    for (unsigned i = 0; i < MAC_KEYS_MAX; i++) {
        ids[i] = (uint32_t)dice_u64(&d) | 1;
        assert_true(mac_add(&keys, ids[i], MAC_SHA1, &ids[i], 4));
    }
    assert_false(mac_add(&keys, 2, MAC_SHA1, "x", 1)); /* all ids are odd */
    assert_true(mac_add(&keys, ids[5], MAC_SHA1, &ids[5], 4));
    for (unsigned i = 1; i < keys.count; i++) {
        assert_true(keys.keys[i - 1].id < keys.keys[i].id);
    }
    for (unsigned i = 0; i < MAC_KEYS_MAX; i++) {
        memset(&one, 0, sizeof one);
        assert_true(mac_add(&one, ids[i], MAC_SHA1, &ids[i], 4));
        assert_int_equal(mac_write(&keys, mac_find(&keys, ids[i]), packet, 48, true, out), 24);
        assert_int_equal(mac_write(&one, mac_find(&one, ids[i]), packet, 48, true, again), 24);
        assert_memory_equal(out, again, 24);
        assert_null(mac_find(&keys, ids[i] - 1));
    }
}

static void test_room_for_secrets(void **state)
{
    uint8_t secret[MAC_SECRET_MAX] = {0};
    unsigned count = 0;

    (void)state;
    while (mac_add(&keys, count + 1, MAC_SHA512, secret, sizeof secret)) {
        count++;
    }
    assert_int_equal(count, MAC_SECRETS_MAX / MAC_SECRET_MAX);
    assert_int_equal(keys.used, MAC_SECRETS_MAX);
    assert_false(mac_add(&keys, 1, MAC_SHA512, secret, 1));
}

/* A table that another process is writing: any bytes. Nothing is read outside (the sanitizers
 * look), and nothing is ever taken for valid. */
static void test_torn_table(void **state)
{
    struct dice d = {12};
    uint8_t packet[48], out[MAC_LENGTH_MAX];

    (void)state;
    make_packet(packet);
    for (unsigned i = 0; i < 20000; i++) {
        struct mac_key key = {.id = 5,
                              .at = dice_below(&d, 2) ? (uint32_t)dice_u64(&d)
                                                      : MAC_SECRETS_MAX - dice_below(&d, 70),
                              .length = (uint16_t)(dice_u64(&d) >> dice_below(&d, 16)),
                              .algorithm = (uint8_t)dice_below(&d, MAC_ALGORITHMS + 3)};

        keys.count = dice_below(&d, 2) ? 1 : (unsigned)dice_u64(&d);
        keys.keys[0] = key;
        (void)mac_find(&keys, (uint32_t)dice_u64(&d));
        if (mac_write(&keys, &keys.keys[0], packet, 48, false, out) == 0) {
            assert_false(mac_is_valid(&keys, &keys.keys[0], packet, 48, out, 16));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_hashes, forget),
        cmocka_unit_test_setup(test_cmac, forget),
        cmocka_unit_test_setup(test_every_digest_length, forget),
        cmocka_unit_test_setup(test_every_bit_counts, forget),
        cmocka_unit_test_setup(test_limits_of_a_key, forget),
        cmocka_unit_test_setup(test_full_table, forget),
        cmocka_unit_test_setup(test_room_for_secrets, forget),
        cmocka_unit_test_setup(test_torn_table, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
