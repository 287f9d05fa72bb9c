/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of symmetric keys and the digests made with them. The arithmetic is nettle's; here is
 * which function, over which bytes, and how much of its result. */
#include "core/mac.h"

#include <nettle/cmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <nettle/nettle-meta.h>
#include <nettle/ripemd160.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <nettle/sha3.h>
#include <string.h>

#include "core/bytes.h"

/* Any hash of the table below. */
union mac_hash {
    struct md5_ctx md5;
    struct sha1_ctx sha1;
    struct sha256_ctx sha256; /* and 224 */
    struct sha512_ctx sha512; /* and 384 */
    struct sha3_224_ctx sha3_224;
    struct sha3_256_ctx sha3_256;
    struct sha3_384_ctx sha3_384;
    struct sha3_512_ctx sha3_512;
    struct ripemd160_ctx ripemd160;
};

const char *mac_algorithm_name(enum mac_algorithm a)
{
    switch (a) {
    case MAC_MD5: return "MD5";
    case MAC_SHA1: return "SHA1";
    case MAC_SHA224: return "SHA224";
    case MAC_SHA256: return "SHA256";
    case MAC_SHA384: return "SHA384";
    case MAC_SHA512: return "SHA512";
    case MAC_SHA3_224: return "SHA3-224";
    case MAC_SHA3_256: return "SHA3-256";
    case MAC_SHA3_384: return "SHA3-384";
    case MAC_SHA3_512: return "SHA3-512";
    case MAC_RIPEMD160: return "RMD160";
    case MAC_AES128: return "AES128";
    case MAC_AES256: return "AES256";
    case MAC_ALGORITHMS: break;
    }
    return "unknown";
}

/* NULL for CMAC, and for what is no algorithm. */
static const struct nettle_hash *mac_hash_of(unsigned algorithm)
{
    switch ((enum mac_algorithm)algorithm) {
    case MAC_MD5: return &nettle_md5;
    case MAC_SHA1: return &nettle_sha1;
    case MAC_SHA224: return &nettle_sha224;
    case MAC_SHA256: return &nettle_sha256;
    case MAC_SHA384: return &nettle_sha384;
    case MAC_SHA512: return &nettle_sha512;
    case MAC_SHA3_224: return &nettle_sha3_224;
    case MAC_SHA3_256: return &nettle_sha3_256;
    case MAC_SHA3_384: return &nettle_sha3_384;
    case MAC_SHA3_512: return &nettle_sha3_512;
    case MAC_RIPEMD160: return &nettle_ripemd160;
    case MAC_AES128:
    case MAC_AES256:
    case MAC_ALGORITHMS: break;
    }
    return NULL;
}

size_t mac_digest_length(enum mac_algorithm a)
{
    const struct nettle_hash *hash = mac_hash_of(a);

    return hash ? hash->digest_size : CMAC128_DIGEST_SIZE;
}

size_t mac_secret_length(enum mac_algorithm a)
{
    return a == MAC_AES128 ? AES128_KEY_SIZE : a == MAC_AES256 ? AES256_KEY_SIZE : 0;
}

static unsigned mac_count(const struct mac_keys *keys)
{
    return keys->count < MAC_KEYS_MAX ? keys->count : MAC_KEYS_MAX;
}

/* Place of the first key whose id is not below. */
static unsigned mac_place(const struct mac_keys *keys, uint32_t id)
{
    unsigned low = 0, high = mac_count(keys);

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (keys->keys[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool mac_add(struct mac_keys *keys, uint32_t id, enum mac_algorithm algorithm, const void *secret,
             size_t length)
{
    unsigned place = mac_place(keys, id);
    bool known = place < keys->count && keys->keys[place].id == id;
    size_t wanted = mac_secret_length(algorithm);

    if (id == 0 || (unsigned)algorithm >= MAC_ALGORITHMS || length == 0 ||
        length > MAC_SECRET_MAX || (wanted != 0 && length != wanted) ||
        length > MAC_SECRETS_MAX - keys->used || (!known && keys->count == MAC_KEYS_MAX)) {
        return false;
    }
    if (!known) {
        memmove(&keys->keys[place + 1], &keys->keys[place],
                (keys->count - place) * sizeof keys->keys[0]);
        keys->count++;
    }
    memcpy(keys->secrets + keys->used, secret, length);
    keys->keys[place] = (struct mac_key){
        .id = id, .at = keys->used, .length = (uint16_t)length, .algorithm = (uint8_t)algorithm};
    keys->used += (uint32_t)length;
    return true;
}

const struct mac_key *mac_find(const struct mac_keys *keys, uint32_t id)
{
    unsigned place;

    if (!keys || id == 0) {
        return NULL;
    }
    place = mac_place(keys, id);
    return place < mac_count(keys) && keys->keys[place].id == id ? &keys->keys[place] : NULL;
}

static void mac_cmac(unsigned algorithm, const uint8_t *secret, const uint8_t *data, size_t length,
                     uint8_t out[MAC_DIGEST_MAX])
{
    struct cmac_aes128_ctx aes128;
    struct cmac_aes256_ctx aes256;

    if (algorithm == MAC_AES128) {
        cmac_aes128_set_key(&aes128, secret);
        cmac_aes128_update(&aes128, length, data);
        cmac_aes128_digest(&aes128, CMAC128_DIGEST_SIZE, out);
    } else {
        cmac_aes256_set_key(&aes256, secret);
        cmac_aes256_update(&aes256, length, data);
        cmac_aes256_digest(&aes256, CMAC128_DIGEST_SIZE, out);
    }
}

/* The whole digest; its length, or 0. */
static size_t mac_digest(const struct mac_keys *keys, const struct mac_key *key,
                         const uint8_t *data, size_t length, uint8_t out[MAC_DIGEST_MAX])
{
    struct mac_key k = *key; /* checked and used are the same, whoever writes to the table */
    const struct nettle_hash *hash = mac_hash_of(k.algorithm);
    union mac_hash state;

    if (k.at > MAC_SECRETS_MAX || k.length > MAC_SECRETS_MAX - k.at ||
        k.algorithm >= MAC_ALGORITHMS) {
        return 0;
    }
    if (hash) {
        hash->init(&state);
        hash->update(&state, k.length, keys->secrets + k.at);
        hash->update(&state, length, data);
        hash->digest(&state, hash->digest_size, out);
        return hash->digest_size;
    }
    if (k.length != mac_secret_length(k.algorithm)) {
        return 0;
    }
    mac_cmac(k.algorithm, keys->secrets + k.at, data, length, out);
    return CMAC128_DIGEST_SIZE;
}

size_t mac_write(const struct mac_keys *keys, const struct mac_key *key, const uint8_t *data,
                 size_t length, bool cut, uint8_t out[MAC_LENGTH_MAX])
{
    struct bytes_writer w = bytes_writer(out, MAC_LENGTH_MAX);
    uint8_t digest[MAC_DIGEST_MAX];
    size_t n = mac_digest(keys, key, data, length, digest);

    if (n == 0) {
        return 0;
    }
    bytes_write_u32(&w, key->id);
    bytes_put(&w, digest, cut && n > MAC_DIGEST_SHORT ? MAC_DIGEST_SHORT : n);
    return w.at;
}

bool mac_is_valid(const struct mac_keys *keys, const struct mac_key *key, const uint8_t *data,
                  size_t length, const uint8_t *digest, size_t digest_length)
{
    uint8_t right[MAC_DIGEST_MAX];
    size_t whole = mac_digest_length(key->algorithm);

    if (digest_length != whole &&
        !(digest_length == MAC_DIGEST_SHORT && whole > MAC_DIGEST_SHORT)) {
        return false;
    }
    return mac_digest(keys, key, data, length, right) == whole &&
           memeql_sec(right, digest, digest_length) != 0;
}
