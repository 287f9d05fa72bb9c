/* SPDX-License-Identifier: BSD-2-Clause */
/* Authenticated sources: what a request bears, and which answers count (reliability rows C38, C39;
 * CVE-2015-1798, 2015-7871, 2015-7974, 2016-1567). */
#include <string.h>

#include "source_lab.h"

static struct mac_keys keys;

static int make_keys(void **state)
{
    (void)state;
    memset(&keys, 0, sizeof keys);
    assert_true(mac_add(&keys, 1, MAC_MD5, "of another server", 17));
    assert_true(mac_add(&keys, 5, MAC_SHA256, "of this server", 14));
    assert_true(mac_add(&keys, 9, MAC_AES128, "sixteen bytes it", 16));
    return 0;
}

static void start_with_key(struct source_lab *lab, uint32_t key_id)
{
    lab_start(lab);
    lab->source.config.key_id = key_id;
    lab->auth = auth_of_source(&lab->source.config, &keys, &lab->random);
}

/* A reply with the MAC of any key, of any bytes. */
static size_t sealed(const struct packet *p, uint32_t id, bool cut,
                     uint8_t out[PACKET_DATAGRAM_MAX])
{
    packet_encode(p, out);
    return 48 + mac_write(&keys, mac_find(&keys, id), out, 48, cut, out + 48);
}

static enum reply_verdict judge(struct source_lab *lab, const uint8_t *data, size_t length)
{
    return source_check_reply(&lab->source, &lab->context, data, length, lab_received(lab),
                              &lab->sample);
}

static void test_request(void **state)
{
    static const struct {
        uint32_t id;
        unsigned version;
        bool long_mac;
        size_t length;
    } rows[] = {
        {0, 4, false, 48}, {1, 4, false, 68}, {5, 4, false, 72},
        {9, 4, false, 68}, {5, 4, true, 72},  {5, 3, false, 72},
        {5, 3, true, 84},  {1, 3, true, 68},  {7, 4, false, 0}, /* not known: nothing to be sent */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t data[PACKET_DATAGRAM_MAX];
        struct packet_trailer t;
        struct source_lab lab;
        struct packet p;
        size_t length;

        start_with_key(&lab, rows[i].id);
        lab.source.config.version = rows[i].version;
        lab.source.config.long_mac = rows[i].long_mac;
        source_poll(&lab.source, &lab.random, lab.context.now.mono, data);
        lab.auth = auth_of_source(&lab.source.config, &keys, NULL);
        length = auth_seal(&lab.auth, data, 48, sizeof data);
        assert_int_equal(length, rows[i].length);
        if (length <= 48) {
            continue;
        }
        assert_int_equal(packet_decode(data, length, &p, &t), PACKET_OK_TRAILER);
        assert_int_equal(p.transmit, lab.source.request.nonce);
        assert_int_equal(t.key_id, rows[i].id);
        assert_true(
            mac_is_valid(&keys, mac_find(&keys, rows[i].id), data, 48, data + 52, length - 52));
    }
}

static void test_right_answers(void **state)
{
    static const uint32_t ids[] = {1, 5, 9};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (unsigned cut = 0; cut < 2; cut++) {
            uint8_t data[PACKET_DATAGRAM_MAX];
            struct source_lab lab;
            struct packet p;
            size_t length;

            start_with_key(&lab, ids[i]);
            p = lab_reply(&lab, 0.5);
            length = sealed(&p, ids[i], cut, data);
            assert_int_equal(judge(&lab, data, length), REPLY_ACCEPTED);
            assert_int_equal(judge(&lab, data, length), REPLY_UNEXPECTED); /* a replay */
        }
    }
}

/* The source waits on for the true answer, keeps what it knows, and counts. */
static void refuse(struct source_lab *lab, const uint8_t *data, size_t length, unsigned count)
{
    struct source before = lab->source;

    assert_int_equal(judge(lab, data, length), REPLY_AUTH);
    before.received++;
    before.verdicts[REPLY_AUTH]++;
    before.rejections = lab->source.rejections;
    assert_memory_equal(&before, &lab->source, sizeof before);
    assert_int_equal(lab->source.verdicts[REPLY_AUTH], count);
    assert_true(lab->source.request.outstanding);
}

/* Right origin, but: no MAC, a crypto-NAK, a wrong digest, MACs of other keys, other lengths;
 * kisses among them. Then the true answer comes. */
static void test_wrong_answers(void **state)
{
    uint8_t data[PACKET_DATAGRAM_MAX + 40] = {0};
    struct source_lab lab;
    struct packet p, kiss;
    size_t length;
    unsigned n = 0;

    (void)state;
    start_with_key(&lab, 5);
    p = lab_reply(&lab, 0.5);
    packet_encode(&p, data);
    refuse(&lab, data, 48, ++n);
    refuse(&lab, data, 52, ++n); /* key id 0 and nothing */
    data[51] = 5;
    refuse(&lab, data, 52, ++n);
    for (length = 68; length <= 120; length += 4) { /* key 5, zeros */
        refuse(&lab, data, length, ++n);
    }
    refuse(&lab, data, sealed(&p, 1, true, data), ++n); /* right MACs of known keys */
    refuse(&lab, data, sealed(&p, 9, true, data), ++n);
    length = sealed(&p, 1, true, data);
    data[51] = 5; /* the digest of one, the id of the other */
    refuse(&lab, data, length, ++n);
    length = sealed(&p, 5, true, data);
    data[51] = 1; /* and the other way round */
    refuse(&lab, data, length, ++n);
    length = sealed(&p, 5, false, data);
    refuse(&lab, data, length - 4, ++n); /* between whole and cut */
    data[length - 1] ^= 1;
    refuse(&lab, data, length, ++n);
    length = sealed(&p, 5, true, data);
    data[47] ^= 1; /* the server's transmit stamp */
    refuse(&lab, data, length, ++n);
    kiss = p;
    kiss.leap = LEAP_UNSYNCHRONISED;
    kiss.stratum = STRATUM_KISS;
    kiss.refid = REFID('D', 'E', 'N', 'Y');
    packet_encode(&kiss, data);
    refuse(&lab, data, 48, ++n);
    refuse(&lab, data, sealed(&kiss, 1, true, data), ++n);
    assert_int_equal(judge(&lab, data, sealed(&p, 5, true, data)), REPLY_ACCEPTED);
}

static void test_kiss_with_a_mac(void **state)
{
    uint8_t data[PACKET_DATAGRAM_MAX];
    struct source_lab lab;
    struct packet p;

    (void)state;
    start_with_key(&lab, 5);
    p = lab_reply(&lab, 0);
    p.leap = LEAP_UNSYNCHRONISED;
    p.stratum = STRATUM_KISS;
    p.refid = REFID('R', 'A', 'T', 'E');
    assert_int_equal(judge(&lab, data, sealed(&p, 5, true, data)), REPLY_KISS_RATE);
}

/* A source without a key did not ask for a MAC, nor for a crypto-NAK. */
static void test_without_a_key(void **state)
{
    uint8_t data[PACKET_DATAGRAM_MAX] = {0};
    struct source_lab lab;
    struct packet p;

    (void)state;
    start_with_key(&lab, 0);
    p = lab_reply(&lab, 0.5);
    refuse(&lab, data, sealed(&p, 5, true, data), 1);
    memset(data + 48, 0, 4);
    refuse(&lab, data, 52, 2);
    assert_int_equal(judge(&lab, data, 48), REPLY_ACCEPTED);
}

/* The key went away with a reload: what was asked for cannot be checked any more. */
static void test_key_gone(void **state)
{
    uint8_t data[PACKET_DATAGRAM_MAX];
    struct source_lab lab;
    struct packet p;
    size_t length;

    (void)state;
    start_with_key(&lab, 5);
    p = lab_reply(&lab, 0.5);
    length = sealed(&p, 5, true, data);
    lab.auth = auth_of_source(&lab.source.config, NULL, NULL);
    refuse(&lab, data, length, 1);
}

/* An interleaved answer needs its MAC like any other. */
static void test_interleaved(void **state)
{
    uint8_t data[PACKET_DATAGRAM_MAX];
    struct source_lab lab;
    struct packet p;

    (void)state;
    start_with_key(&lab, 5);
    lab.source.config.xleave = true;
    p = lab_reply(&lab, 0.5);
    assert_int_equal(judge(&lab, data, sealed(&p, 5, true, data)), REPLY_ACCEPTED);
    lab_pass(&lab, 64 * NS_PER_S);
    lab_ask(&lab);
    assert_true(lab.source.request.receive_nonce != 0);
    p = lab_reply(&lab, 0.5);
    p.origin = lab.source.request.receive_nonce;
    p.transmit = ntp_from_wall(lab_later(lab.sent, 0.5 - 64 + LAB_WAY_S));
    packet_encode(&p, data);
    refuse(&lab, data, 48, 1);
    assert_int_equal(judge(&lab, data, sealed(&p, 5, true, data)), REPLY_ACCEPTED);
    assert_true(lab.source.interleaved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),       cmocka_unit_test(test_right_answers),
        cmocka_unit_test(test_wrong_answers), cmocka_unit_test(test_kiss_with_a_mac),
        cmocka_unit_test(test_without_a_key), cmocka_unit_test(test_key_gone),
        cmocka_unit_test(test_interleaved),
    };

    return cmocka_run_group_tests(tests, make_keys, NULL);
}
