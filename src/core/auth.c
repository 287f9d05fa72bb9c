/* SPDX-License-Identifier: BSD-2-Clause */
/* Which method authenticates what, and the first of them: MACs by symmetric keys (RFC 5905 section
 * 7.3), for client and server. */
#include "core/auth.h"

#include <string.h>

static bool is_crypto_nak(const struct packet_trailer *t)
{
    return t->mac_length == MAC_KEY_ID_LENGTH && t->key_id == 0;
}

/* Is the MAC at the end right, by this key? */
static bool has_mac_of(const struct auth_mac *m, const struct mac_key *key, const uint8_t *data,
                       const struct packet_trailer *t)
{
    return key && t->mac_length > MAC_KEY_ID_LENGTH && t->key_id == key->id &&
           mac_is_valid(m->keys, key, data, t->mac_at, data + t->mac_at + MAC_KEY_ID_LENGTH,
                        t->mac_length - MAC_KEY_ID_LENGTH);
}

static size_t seal_request(struct auth *a, uint8_t *data, size_t length, size_t room)
{
    const struct mac_key *key = mac_find(a->mac.keys, a->mac.key_id);
    size_t mac_length;

    if (a->mac.key_id == 0) {
        return length;
    }
    if (!key || room < length + MAC_LENGTH_MAX) {
        return 0;
    }
    mac_length = mac_write(a->mac.keys, key, data, length, a->mac.cut, data + length);
    return mac_length > 0 ? length + mac_length : 0;
}

/* RFC 5905 test 5: only the key that the line names will do, however good the MAC of another
 * (CVE-2015-7974, CVE-2016-1567). Without a key a MAC, or a crypto-NAK, was not asked for. */
static enum auth_verdict check_reply(struct auth *a, const uint8_t *data, const struct packet *p,
                                     const struct packet_trailer *t)
{
    (void)p;
    if (is_crypto_nak(t)) {
        return AUTH_NAK;
    }
    if (a->mac.key_id == 0) {
        return t->mac_length == 0 ? AUTH_RIGHT : AUTH_WRONG;
    }
    if (t->mac_length == 0) {
        return AUTH_NONE;
    }
    return has_mac_of(&a->mac, mac_find(a->mac.keys, a->mac.key_id), data, t) ? AUTH_RIGHT
                                                                              : AUTH_WRONG;
}

static enum auth_verdict check_request(struct auth *a, const uint8_t *data, const struct packet *p,
                                       const struct packet_trailer *t)
{
    const struct mac_key *key;

    (void)p;
    if (t->mac_length == 0) {
        return AUTH_NONE;
    }
    key = mac_find(a->mac.keys, t->key_id);
    if (!has_mac_of(&a->mac, key, data, t)) {
        return AUTH_WRONG;
    }
    a->mac.key = key;
    a->mac.length = t->mac_length;
    return AUTH_RIGHT;
}

static size_t seal_reply(struct auth *a, uint8_t *data, size_t length, size_t room)
{
    uint8_t mac[MAC_LENGTH_MAX];

    if (!a->mac.key) {
        return length;
    }
    /* as long as the request's, which was found to be whole or cut; shorter if the keys were
     * changed this very moment */
    if (mac_write(a->mac.keys, a->mac.key, data, length, false, mac) < a->mac.length ||
        room < length + a->mac.length) {
        return 0;
    }
    memcpy(data + length, mac, a->mac.length);
    return length + a->mac.length;
}

struct auth auth_of_source(const struct source_spec *spec, const struct mac_keys *keys,
                           struct random *random)
{
    static const struct auth_method mac = {.seal = seal_request, .check = check_reply};

    return (struct auth){.method = &mac,
                         .random = random,
                         .mac = {.keys = keys,
                                 .key_id = spec->key_id,
                                 .cut = spec->version >= 4 || !spec->long_mac}};
}

struct auth auth_of_server(const struct mac_keys *keys, struct random *random)
{
    static const struct auth_method mac = {.seal = seal_reply, .check = check_request};

    return (struct auth){.method = &mac, .random = random, .mac = {.keys = keys}};
}
