/* SPDX-License-Identifier: BSD-2-Clause */
/* The responder with keys: reliability rows S10, S11, S13, S14; CVE-2014-9296 (goes on after an
 * error), CVE-2020-15025 (memory lost with each CMAC). */
#include "core/respond.h"

#include <malloc.h>
#include <string.h>

#include "check.h"

static const struct address client = {.family = ADDRESS_V4, .bytes = {192, 0, 2, 1}, .port = 50000};
static const struct wall_time t2 = {INT64_C(1700000000123456789)};
static const struct wall_time t3 = {INT64_C(1700000000123466789)};
static const struct mono_time mono_now = {100 * NS_PER_S};

static struct mac_keys keys, keys_before;
static struct reference reference, reference_before;
static struct reference_wire wire;

static int start(void **state)
{
    (void)state;
    memset(&keys, 0, sizeof keys);
    for (enum mac_algorithm a = MAC_MD5; a < MAC_ALGORITHMS; a++) {
        size_t wanted = mac_secret_length(a);

        assert_true(mac_add(&keys, 1 + (uint32_t)a, a, "0123456789abcdefghijklmnopqrstuv",
                            wanted ? wanted : 20));
    }
    reference = (struct reference){.stratum = 2, .precision = -24, .refid = 0xc0000221u};
    keys_before = keys;
    reference_before = reference;
    reference_to_wire(&reference, &wire);
    return 0;
}

/* A client's request with `length` bytes of trailer: key id and the first bytes of its MAC. */
static size_t make_request(uint8_t request[300], uint8_t version, uint32_t id, size_t length)
{
    const struct mac_key *key = mac_find(&keys, id);
    uint8_t mac[MAC_LENGTH_MAX] = {(uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8),
                                   (uint8_t)id};

    memset(request, 0, 300);
    request[0] = (uint8_t)(version << 3 | MODE_CLIENT);
    memcpy(request + 40, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
    if (key) {
        (void)mac_write(&keys, key, request, 48, false, mac);
    }
    memcpy(request + 48, mac, length < sizeof mac ? length : sizeof mac);
    return 48 + length;
}

static enum respond_verdict ask(const uint8_t *request, size_t length, bool limited, bool required,
                                uint8_t reply[PACKET_DATAGRAM_MAX], size_t *reply_length)
{
    struct auth auth = auth_of_server(&keys, NULL);
    const struct respond_auth with = {.auth = &auth, .required = required};
    enum respond_verdict v;

    memset(reply, 0xaa, PACKET_DATAGRAM_MAX);
    *reply_length = 7;
    v = respond_with_auth(&wire, &with, request, length, &client, t2, t3, mono_now, limited, 0,
                          reply, reply_length);
    /* whatever came, nothing has changed */
    assert_memory_equal(&keys, &keys_before, sizeof keys);
    assert_memory_equal(&reference, &reference_before, sizeof reference);
    return v;
}

static void assert_silent(const uint8_t *request, size_t length, enum respond_verdict expected)
{
    uint8_t reply[PACKET_DATAGRAM_MAX], untouched[PACKET_DATAGRAM_MAX];
    size_t reply_length;

    memset(untouched, 0xaa, sizeof untouched);
    assert_int_equal(ask(request, length, false, false, reply, &reply_length), expected);
    assert_memory_equal(reply, untouched, sizeof reply);
    assert_int_equal(reply_length, 7);
    assert_int_equal(ask(request, length, true, true, reply, &reply_length), expected);
    assert_memory_equal(reply, untouched, sizeof reply);
}

/* The reply bears a right MAC of the same key and length; and it is the reply that anybody gets. */
static void assert_answered(const uint8_t *request, size_t length, uint32_t id)
{
    uint8_t reply[PACKET_DATAGRAM_MAX], bare[48];
    size_t reply_length;
    struct packet_trailer t;
    struct packet p;

    assert_int_equal(ask(request, length, false, true, reply, &reply_length), RESPOND_ANSWERED);
    assert_int_equal(reply_length, length);
    assert_int_equal(packet_decode(reply, reply_length, &p, &t), PACKET_OK_TRAILER);
    assert_int_equal(t.mac_at, 48);
    assert_int_equal(t.key_id, id);
    assert_true(mac_is_valid(&keys, mac_find(&keys, id), reply, 48, reply + 52, length - 52));
    assert_int_equal(p.mode, MODE_SERVER);
    assert_int_equal(p.origin, UINT64_C(0x0123456789abcdef));
    assert_int_equal(respond(&reference, request, 48, &client, t2, t3, mono_now, false, 0, bare),
                     RESPOND_ANSWERED);
    assert_memory_equal(reply, bare, 48);
}

/* S10: key id and nothing, in every version, zero or not. */
static void test_crypto_nak(void **state)
{
    uint8_t request[300];

    (void)state;
    for (uint8_t version = 1; version <= 4; version++) {
        for (uint32_t id = 0; id <= MAC_ALGORITHMS; id++) {
            size_t length = make_request(request, version, id, 4);

            assert_silent(request, length, RESPOND_DROPPED_AUTH);
        }
    }
}

/* S11: every length of a trailer from 4 to 84 with each key, an unknown one and none. */
static void test_every_mac_length(void **state)
{
    uint8_t request[300];

    (void)state;
    for (uint8_t version = 1; version <= 4; version++) {
        for (uint32_t id = 0; id <= MAC_ALGORITHMS + 1; id++) {
            size_t own = id >= 1 && id <= MAC_ALGORITHMS ? mac_digest_length(id - 1) : 0;

            for (size_t trailer = 4; trailer <= 84; trailer += 4) {
                size_t length = make_request(request, version, id, trailer);
                bool form = trailer == 4 || (trailer >= 20 && trailer <= 72);
                bool right = own > 0 && (trailer == 4 + own || (trailer == 24 && own > 20));

                if (right) {
                    assert_answered(request, length, id);
                    request[length - 1] ^= 1;
                }
                assert_silent(request, length,
                              form ? RESPOND_DROPPED_AUTH : RESPOND_DROPPED_FORMAT);
            }
            for (size_t odd = 1; odd <= 85; odd += 2) {
                assert_silent(request, make_request(request, version, id, odd),
                              RESPOND_DROPPED_FORMAT);
            }
        }
    }
}

/* Any bit of header or MAC changed on the way (of a longer MAC some bits make it a field). */
static void test_every_bit(void **state)
{
    uint8_t request[300], reply[PACKET_DATAGRAM_MAX];
    size_t length, reply_length;

    (void)state;
    for (uint32_t id = 1; id <= MAC_ALGORITHMS; id++) {
        length = make_request(request, 4, id, mac_digest_length(id - 1) < 20 ? 20 : 24);
        assert_answered(request, length, id);
        for (size_t bit = 8; bit < 8 * length; bit++) {
            request[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(ask(request, length, false, false, reply, &reply_length),
                             RESPOND_DROPPED_AUTH);
            request[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

static void test_required(void **state)
{
    uint8_t request[300], reply[PACKET_DATAGRAM_MAX];
    size_t length = make_request(request, 4, 0, 0), reply_length;

    (void)state;
    assert_int_equal(ask(request, length, false, true, reply, &reply_length),
                     RESPOND_DROPPED_ACCESS);
    assert_int_equal(ask(request, length, true, true, reply, &reply_length),
                     RESPOND_DROPPED_ACCESS);
    assert_int_equal(ask(request, length, false, false, reply, &reply_length), RESPOND_ANSWERED);
    assert_int_equal(reply_length, 48);
}

static void test_kiss_is_authenticated(void **state)
{
    uint8_t request[300], reply[PACKET_DATAGRAM_MAX];
    size_t length = make_request(request, 4, 2, 24), reply_length;
    struct packet p;

    (void)state;
    assert_int_equal(ask(request, length, true, false, reply, &reply_length), RESPOND_KISS);
    assert_int_equal(reply_length, length);
    assert_int_equal(packet_decode(reply, reply_length, &p, NULL), PACKET_OK_TRAILER);
    assert_int_equal(p.refid, REFID('R', 'A', 'T', 'E'));
    assert_true(mac_is_valid(&keys, mac_find(&keys, 2), reply, 48, reply + 52, 20));
}

/* The MAC covers extension fields; the reply has none. */
static void test_behind_a_field(void **state)
{
    uint8_t request[300], reply[PACKET_DATAGRAM_MAX];
    size_t reply_length;

    (void)state;
    make_request(request, 4, 0, 0);
    memcpy(request + 48, "\x20\x04\x00\x1c", 4);
    assert_int_equal(mac_write(&keys, mac_find(&keys, 2), request, 76, true, request + 76), 24);
    assert_int_equal(ask(request, 100, false, true, reply, &reply_length), RESPOND_ANSWERED);
    assert_int_equal(reply_length, 72);
    request[60] ^= 1;
    assert_silent(request, 100, RESPOND_DROPPED_AUTH);
    /* S14: in version 3 there are no fields, and 52 bytes are no MAC of SHA-1 */
    request[60] ^= 1;
    request[0] = 3 << 3 | MODE_CLIENT;
    assert_silent(request, 100, RESPOND_DROPPED_AUTH);
}

/* A server without keys. */
static void test_no_keys(void **state)
{
    struct auth auth = auth_of_server(NULL, NULL);
    const struct respond_auth none = {.auth = &auth};
    uint8_t request[300], reply[PACKET_DATAGRAM_MAX];
    size_t length = make_request(request, 4, 2, 24), reply_length;

    (void)state;
    assert_int_equal(respond_with_auth(&wire, &none, request, length, &client, t2, t3, mono_now,
                                       false, 0, reply, &reply_length),
                     RESPOND_DROPPED_AUTH);
}

/* Never an answer to an answer, authenticated or not. */
static void test_no_echo(void **state)
{
    uint8_t request[300], reply[PACKET_DATAGRAM_MAX];
    size_t length = make_request(request, 4, 2, 24), reply_length;

    (void)state;
    assert_int_equal(ask(request, length, false, false, reply, &reply_length), RESPOND_ANSWERED);
    memcpy(request, reply, reply_length);
    assert_silent(request, reply_length, RESPOND_DROPPED_MODE);
}

/* 10^6 packets under CMAC cost no memory. */
static void test_nothing_is_lost(void **state)
{
    uint8_t request[300], reply[PACKET_DATAGRAM_MAX];
    size_t length = make_request(request, 4, 1 + MAC_AES128, 20), reply_length;
    size_t before = mallinfo2().uordblks;

    (void)state;
    for (unsigned i = 0; i < 1000000; i++) {
        struct auth auth = auth_of_server(&keys, NULL);
        const struct respond_auth with = {.auth = &auth};
        enum respond_verdict v = respond_with_auth(&wire, &with, request, length, &client, t2, t3,
                                                   mono_now, false, i, reply, &reply_length);

        assert_int_equal(v, i % 2 ? RESPOND_DROPPED_AUTH : RESPOND_ANSWERED);
        request[67] ^= 1;
    }
    assert_int_equal(mallinfo2().uordblks, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crypto_nak),
        cmocka_unit_test(test_every_mac_length),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_kiss_is_authenticated),
        cmocka_unit_test(test_behind_a_field),
        cmocka_unit_test(test_no_keys),
        cmocka_unit_test(test_no_echo),
        cmocka_unit_test(test_nothing_is_lost),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
