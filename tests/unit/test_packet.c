/* SPDX-License-Identifier: BSD-2-Clause */
/* The header codec and the parser of what follows it (RFC 5905 section 7.3, RFC 7822), over the
 * lengths and ambiguities of reliability rows S01, S02 and S10 to S14. */
#include "core/packet.h"

#include <string.h>

#include "check.h"

/* A client request of version 4 with room behind it. */
static void make_request(uint8_t data[PACKET_DATAGRAM_MAX + 64], uint8_t version)
{
    memset(data, 0, PACKET_DATAGRAM_MAX + 64);
    data[0] = (uint8_t)(version << 3 | MODE_CLIENT);
}

static void put_field(uint8_t *at, uint16_t type, size_t length)
{
    at[0] = (uint8_t)(type >> 8);
    at[1] = (uint8_t)type;
    at[2] = (uint8_t)(length >> 8);
    at[3] = (uint8_t)length;
}

static void test_golden_header(void **state)
{
    static const uint8_t wire[PACKET_HEADER_LENGTH] = {
        0x64, 0x02, 0x06, 0xe9,                         /* leap 1, version 4, mode 4, ... */
        0x00, 0x00, 0x01, 0x02,                         /* root delay */
        0x00, 0x00, 0x03, 0x04,                         /* root dispersion */
        0x47, 0x50, 0x53, 0x00,                         /* GPS */
        0xe8, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, /* reference */
        0xe8, 0x11, 0x22, 0x34, 0x01, 0x02, 0x03, 0x04, /* origin */
        0xe8, 0x11, 0x22, 0x35, 0x05, 0x06, 0x07, 0x08, /* receive */
        0xe8, 0x11, 0x22, 0x36, 0x09, 0x0a, 0x0b, 0x0c, /* transmit */
    };
    uint8_t again[PACKET_HEADER_LENGTH];
    struct packet_trailer trailer;
    struct packet p;

    (void)state;
    assert_int_equal(packet_decode(wire, sizeof wire, &p, &trailer), PACKET_OK);
    assert_int_equal(p.leap, LEAP_INSERT);
    assert_int_equal(p.version, 4);
    assert_int_equal(p.mode, MODE_SERVER);
    assert_int_equal(p.stratum, 2);
    assert_int_equal(p.poll, 6);
    assert_int_equal(p.precision, -23);
    assert_int_equal(p.root_delay, 0x102);
    assert_int_equal(p.root_dispersion, 0x304);
    assert_int_equal(p.refid, REFID('G', 'P', 'S', 0));
    assert_int_equal(p.reference, UINT64_C(0xe811223344556677));
    assert_int_equal(p.origin, UINT64_C(0xe811223401020304));
    assert_int_equal(p.receive, UINT64_C(0xe811223505060708));
    assert_int_equal(p.transmit, UINT64_C(0xe8112236090a0b0c));
    assert_int_equal(trailer.fields_at + trailer.mac_at + trailer.mac_length, 0);
    packet_encode(&p, again);
    assert_memory_equal(again, wire, sizeof wire);
    packet_set_transmit(again, UINT64_C(0x1122334455667788));
    assert_memory_equal(again, wire, 40);
    assert_memory_equal(again + 40, "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
}

static void test_random_round_trip(void **state)
{
    struct dice d = {6};

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t wire[PACKET_HEADER_LENGTH], again[PACKET_HEADER_LENGTH];
        struct packet p;

        dice_fill(&d, wire, sizeof wire);
        assert_true(packet_decode(wire, sizeof wire, &p, NULL) <= PACKET_BAD_VERSION);
        packet_encode(&p, again);
        assert_memory_equal(again, wire, sizeof wire);
    }
}

/* S01: every length up to a jumbo datagram. */
static void test_every_length(void **state)
{
    static uint8_t data[65536];

    (void)state;
    for (unsigned length = 0; length <= 65507; length++) {
        struct packet p;
        enum packet_verdict v;

        data[0] = 4 << 3 | MODE_CLIENT;
        v = packet_decode(data, length, &p, NULL);
        if (length < PACKET_HEADER_LENGTH) {
            assert_int_equal(v, PACKET_SHORT);
            assert_int_equal(p.version, 0); /* never parsed */
        } else if (length % 4 != 0 || length > PACKET_DATAGRAM_MAX) {
            assert_int_equal(v, PACKET_BAD_LENGTH);
        } else if (length == PACKET_HEADER_LENGTH) {
            assert_int_equal(v, PACKET_OK);
        } else if (length == 52 || (length >= 68 && length <= 120)) {
            assert_int_equal(v, PACKET_OK_TRAILER); /* all zeros: can be a MAC only */
        } else {
            assert_int_equal(v, PACKET_BAD_TRAILER);
        }
    }
}

/* S02: leap, version and mode of all first bytes. */
static void test_every_first_byte(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        uint8_t data[PACKET_HEADER_LENGTH] = {(uint8_t)first};
        unsigned version = first >> 3 & 7;
        struct packet p;
        enum packet_verdict v = packet_decode(data, sizeof data, &p, NULL);

        assert_int_equal(v, version >= 1 && version <= 4 ? PACKET_OK : PACKET_BAD_VERSION);
        assert_int_equal(p.leap, first >> 6);
        assert_int_equal(p.version, version);
        assert_int_equal(p.mode, first & 7);
    }
}

/* S10, S11: a MAC alone, with key ids that cannot be a field. */
static void test_mac_alone(void **state)
{
    static const unsigned good[] = {4, 20, 24, 28, 32, 36, 52, 68, 72};
    static const unsigned bad[] = {8, 12, 16, 76, 80, 84, 100};
    uint8_t data[PACKET_DATAGRAM_MAX + 64];
    struct packet_trailer t;
    struct packet p;

    (void)state;
    for (uint8_t version = 1; version <= 4; version++) {
        make_request(data, version);
        data[51] = 10; /* key id 10: no field is so short */
        for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
            assert_int_equal(packet_decode(data, 48 + good[i], &p, &t), PACKET_OK_TRAILER);
            assert_int_equal(t.fields_at, 0);
            assert_int_equal(t.fields_length, 0);
            assert_int_equal(t.mac_at, 48);
            assert_int_equal(t.mac_length, good[i]);
            assert_int_equal(t.key_id, 10);
        }
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            assert_int_equal(packet_decode(data, 48 + bad[i], &p, &t), PACKET_BAD_TRAILER);
            assert_int_equal(t.mac_length, 0);
        }
    }
}

/* S12: one field of each declared length in each room, alone and before a MAC. */
static void test_one_field(void **state)
{
    uint8_t data[PACKET_DATAGRAM_MAX + 64];

    (void)state;
    for (unsigned room = 4; room <= 160; room += 4) {
        for (unsigned declared = 0; declared <= 200; declared++) {
            unsigned rest = room - declared;
            bool fits = declared >= 16 && declared % 4 == 0 && declared <= room && room >= 28;
            bool fields = room != 20 && room != 24 && fits &&
                          (rest == 0 || rest == 4 || rest == 20 || rest == 24);
            struct packet_trailer t;
            struct packet p;
            enum packet_verdict v;

            make_request(data, 4);
            put_field(data + 48, 0x0104, declared);
            v = packet_decode(data, 48 + room, &p, &t);
            if (fields) {
                assert_int_equal(v, PACKET_OK_TRAILER);
                assert_int_equal(t.fields_at, 48);
                assert_int_equal(t.fields_length, declared);
                assert_int_equal(t.mac_length, rest);
                assert_int_equal(t.mac_at, rest > 0 ? 48 + declared : 0);
            } else if (room == 4 || (room >= 20 && room <= 72)) {
                assert_int_equal(v, PACKET_OK_TRAILER); /* then it is a MAC, S13 */
                assert_int_equal(t.fields_length, 0);
                assert_int_equal(t.mac_length, room);
            } else {
                assert_int_equal(v, PACKET_BAD_TRAILER);
            }
        }
    }
}

/* S12: as many fields as there is room for; the last of them too short without a MAC. */
static void test_many_fields(void **state)
{
    uint8_t data[PACKET_DATAGRAM_MAX + 64];
    struct packet_trailer t;
    struct packet p;
    size_t at = 48;

    (void)state;
    make_request(data, 4);
    while (at + 16 + 28 <= PACKET_DATAGRAM_MAX) {
        put_field(data + at, 0x0204, 16);
        at += 16;
    }
    put_field(data + at, 0x0204, PACKET_DATAGRAM_MAX - at);
    assert_int_equal(packet_decode(data, PACKET_DATAGRAM_MAX, &p, &t), PACKET_OK_TRAILER);
    assert_int_equal(t.fields_length, PACKET_DATAGRAM_MAX - 48);

    make_request(data, 4);
    put_field(data + 48, 0x0204, 60);
    put_field(data + 108, 0x0204, 16);
    assert_int_equal(packet_decode(data, 124, &p, &t), PACKET_BAD_TRAILER);
    put_field(data + 108, 0x0204, 28);
    assert_int_equal(packet_decode(data, 136, &p, &t), PACKET_OK_TRAILER);
    assert_int_equal(t.fields_length, 88);
    assert_int_equal(t.mac_length, 0);
    /* A 16-byte field and then an SHA-1 MAC. */
    put_field(data + 108, 0x0204, 16);
    data[127] = 7;
    assert_int_equal(packet_decode(data, 148, &p, &t), PACKET_OK_TRAILER);
    assert_int_equal(t.fields_length, 76);
    assert_int_equal(t.mac_at, 124);
    assert_int_equal(t.mac_length, 24);
    assert_int_equal(t.key_id, 7);
}

/* S13: 20 and 24 bytes at the end are a MAC even if they look like a field. */
static void test_mac_like_field(void **state)
{
    uint8_t data[PACKET_DATAGRAM_MAX + 64];
    struct packet_trailer t;
    struct packet p;

    (void)state;
    for (unsigned length = 20; length <= 24; length += 4) {
        make_request(data, 4);
        put_field(data + 48, 0x0104, length);
        assert_int_equal(packet_decode(data, 48 + length, &p, &t), PACKET_OK_TRAILER);
        assert_int_equal(t.fields_length, 0);
        assert_int_equal(t.mac_length, length);
        assert_int_equal(t.key_id, 0x01040000u + length);
    }
    /* 36 bytes could be a SHA-256 MAC of key 0x00100024 or a field of 36: the field wins. */
    make_request(data, 4);
    put_field(data + 48, 0x0010, 36);
    assert_int_equal(packet_decode(data, 84, &p, &t), PACKET_OK_TRAILER);
    assert_int_equal(t.fields_length, 36);
    assert_int_equal(t.mac_length, 0);
}

/* S14: before version 4 there are no fields. */
static void test_version_3_has_no_fields(void **state)
{
    uint8_t data[PACKET_DATAGRAM_MAX + 64];
    struct packet_trailer t;
    struct packet p;

    (void)state;
    make_request(data, 3);
    put_field(data + 48, 0x0104, 28);
    assert_int_equal(packet_decode(data, 76, &p, &t), PACKET_OK_TRAILER);
    assert_int_equal(t.fields_length, 0);
    assert_int_equal(t.mac_length, 28);
    put_field(data + 48, 0x0104, 100);
    assert_int_equal(packet_decode(data, 148, &p, &t), PACKET_BAD_TRAILER);
}

/* Whatever comes, the parts lie inside the datagram, in order, and cover all of it. */
static void test_parts_cover(void **state)
{
    struct dice d = {7};
    unsigned with_fields = 0;

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        uint8_t data[256];
        size_t length = 48 + 4 * (size_t)dice_below(&d, 50), at = 48;
        struct packet_trailer t;
        struct packet p;

        dice_fill(&d, data, sizeof data);
        data[0] = (uint8_t)(dice_below(&d, 2) ? 4 << 3 | 3 : data[0]);
        while (at + 4 <= length) { /* fields that are nearly right */
            size_t field = 4 * (size_t)(3 + dice_below(&d, 12));

            put_field(data + at, 0x0104, field);
            at += field;
        }
        if (packet_decode(data, length, &p, &t) != PACKET_OK_TRAILER) {
            continue;
        }
        with_fields += t.fields_length > 0;
        assert_int_equal(48 + t.fields_length + t.mac_length, length);
        assert_true(t.fields_length == 0 || t.fields_at == 48);
        assert_true(t.mac_length == 0 || t.mac_at + t.mac_length == length);
    }
    assert_true(with_fields > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_header),
        cmocka_unit_test(test_random_round_trip),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_every_first_byte),
        cmocka_unit_test(test_mac_alone),
        cmocka_unit_test(test_one_field),
        cmocka_unit_test(test_many_fields),
        cmocka_unit_test(test_mac_like_field),
        cmocka_unit_test(test_version_3_has_no_fields),
        cmocka_unit_test(test_parts_cover),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
