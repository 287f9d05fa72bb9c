/* SPDX-License-Identifier: BSD-2-Clause */
/* Symmetric keys and the message authentication codes made with them (RFC 5905 section 7.3 and
 * appendix A, RFC 8573): key id and digest behind a packet. A hash is taken over key and packet,
 * AES is used as CMAC. The table is plain data of fixed size: it may lie in shared memory, and a
 * reader that meets it half written reads nonsense, but nothing outside of it. */
#ifndef TOKI_CORE_MAC_H
#define TOKI_CORE_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_KEYS_MAX 1024
#define MAC_SECRETS_MAX 65536 /* bytes of all secrets together */
#define MAC_SECRET_MAX 512    /* of one: 4096 bits, the most that chronyc keygen makes */

#define MAC_KEY_ID_LENGTH 4
#define MAC_DIGEST_MIN 16 /* MD5, CMAC */
#define MAC_DIGEST_MAX 64 /* SHA-512 */
/* Longer digests are cut to this in version 4, so that extension fields can be told from a MAC (RFC
 * 7822 section 7.5). */
#define MAC_DIGEST_SHORT 20
#define MAC_LENGTH_MAX (MAC_KEY_ID_LENGTH + MAC_DIGEST_MAX)

enum mac_algorithm {
    MAC_MD5,
    MAC_SHA1,
    MAC_SHA224,
    MAC_SHA256,
    MAC_SHA384,
    MAC_SHA512,
    MAC_SHA3_224,
    MAC_SHA3_256,
    MAC_SHA3_384,
    MAC_SHA3_512,
    MAC_RIPEMD160,
    MAC_AES128, /* CMAC */
    MAC_AES256,
    MAC_ALGORITHMS
};

struct mac_key {
    uint32_t id;       /* never 0 */
    uint32_t at;       /* of the secret, in mac_keys.secrets */
    uint16_t length;   /* of the secret, 1..MAC_SECRET_MAX */
    uint8_t algorithm; /* enum mac_algorithm */
};

/* Zeroed: no keys. */
struct mac_keys {
    unsigned count;
    struct mac_key keys[MAC_KEYS_MAX]; /* by ascending id */
    uint32_t used;
    uint8_t secrets[MAC_SECRETS_MAX];
};

/* "MD5", "SHA1", ..., "AES128": as chrony's key files call them. */
const char *mac_algorithm_name(enum mac_algorithm a);

/* Bytes of its digest. */
size_t mac_digest_length(enum mac_algorithm a);

/* Bytes that the secret must have; 0: any number. */
size_t mac_secret_length(enum mac_algorithm a);

/* Adds a key, or replaces the one of this id. False: no room, id 0, or a length that the algorithm
 * does not take. */
bool mac_add(struct mac_keys *keys, uint32_t id, enum mac_algorithm algorithm, const void *secret,
             size_t length);

/* NULL: there is no such key. `keys` may be NULL. */
const struct mac_key *mac_find(const struct mac_keys *keys, uint32_t id);

/* Writes key id and digest of `data` behind each other to `out`; the digest is cut to
 * MAC_DIGEST_SHORT if `cut`. Length of both; 0: another process is writing to the table. */
size_t mac_write(const struct mac_keys *keys, const struct mac_key *key, const uint8_t *data,
                 size_t length, bool cut, uint8_t out[MAC_LENGTH_MAX]);

/* Is `digest` that of `data` by this key, whole or cut to MAC_DIGEST_SHORT, and no shorter? The
 * time it takes says nothing of where they differ. */
bool mac_is_valid(const struct mac_keys *keys, const struct mac_key *key, const uint8_t *data,
                  size_t length, const uint8_t *digest, size_t digest_length);

#endif
