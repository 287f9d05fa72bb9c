/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of extension fields: RFC 7822's sizes at their boundaries, the three places it reads
 * from, and bytes that are no fields. */
#include "core/field.h"

#include <string.h>

#include "check.h"

static void put(uint8_t *data, size_t *at, uint16_t type, size_t length, uint8_t fill)
{
    memset(data + *at, fill, length);
    data[*at] = (uint8_t)(type >> 8);
    data[*at + 1] = (uint8_t)type;
    data[*at + 2] = (uint8_t)(length >> 8);
    data[*at + 3] = (uint8_t)length;
    *at += length;
}

static void assert_field(const struct field *f, const uint8_t *data, size_t at, uint16_t type,
                         size_t length)
{
    assert_int_equal(f->type, type);
    assert_int_equal(f->at, at);
    assert_int_equal(f->length, length - 4);
    assert_ptr_equal(f->body, data + at + 4);
}

/* The fields of a request of NTS with two placeholders, as RFC 8915 figure 7 orders them, and of a
 * packet with an SHA-1 MAC behind a field of 16 bytes. */
static void test_of_a_packet(void **state)
{
    uint8_t data[PACKET_DATAGRAM_MAX] = {4 << 3 | MODE_CLIENT};
    struct packet_trailer t;
    struct field_reader r;
    size_t at = 48;
    struct packet p;
    struct field f;

    (void)state;
    put(data, &at, 0x0104, 36, 1);
    put(data, &at, 0x0204, 104, 2);
    put(data, &at, 0x0304, 104, 0);
    put(data, &at, 0x0304, 104, 0);
    put(data, &at, 0x0404, 40, 3);
    assert_int_equal(packet_decode(data, at, &p, &t), PACKET_OK_TRAILER);
    r = field_reader_of(data, &t);
    assert_true(field_next(&r, &f));
    assert_field(&f, data, 48, 0x0104, 36);
    assert_true(field_next(&r, &f));
    assert_field(&f, data, 84, 0x0204, 104);
    assert_int_equal(f.body[99], 2);
    assert_true(field_next(&r, &f) && field_next(&r, &f));
    assert_field(&f, data, 292, 0x0304, 104);
    assert_true(field_next(&r, &f));
    assert_field(&f, data, 396, 0x0404, 40);
    assert_false(field_next(&r, &f));
    assert_false(r.bytes.failed);

    at = 48;
    put(data, &at, 0x0104, 16, 1);
    put(data, &at, 0, 24, 9); /* key id 24: the MAC */
    assert_int_equal(packet_decode(data, at, &p, &t), PACKET_OK_TRAILER);
    r = field_reader_of(data, &t);
    assert_true(field_next(&r, &f)); /* less than 28 are left, but it is known what follows */
    assert_field(&f, data, 48, 0x0104, 16);
    assert_false(field_next(&r, &f));
    assert_false(r.bytes.failed);
}

static void test_without_a_trailer(void **state)
{
    const uint8_t data[48] = {4 << 3 | MODE_CLIENT};
    struct packet_trailer t;
    struct field_reader r;
    struct packet p;
    struct field f;

    (void)state;
    assert_int_equal(packet_decode(data, sizeof data, &p, &t), PACKET_OK);
    r = field_reader_of(data, &t);
    assert_false(field_next(&r, &f));
    assert_false(r.bytes.failed);
}

/* One field of each declared length in each room. */
static void test_every_length(void **state)
{
    uint8_t data[240];

    (void)state;
    for (size_t room = 0; room <= 200; room++) {
        for (size_t declared = 0; declared <= 220; declared++) {
            struct field_reader before = field_reader_before_mac(data, 8 + room, 8);
            struct field_reader inside = field_reader_inside(data + 8, room);
            bool fits = declared % 4 == 0 && declared <= room;
            size_t at = 8;
            struct field f;

            memset(data, 0xff, sizeof data); /* what follows is never a field */
            put(data, &at, 7, 4, 0);
            data[11] = (uint8_t)declared;
            assert_int_equal(field_next(&before, &f), room >= 28 && fits && declared >= 16);
            assert_int_equal(before.bytes.failed, room >= 28 && !(fits && declared >= 16));
            assert_int_equal(field_next(&inside, &f), room >= 4 && fits && declared >= 4);
            assert_int_equal(inside.bytes.failed,
                             room > 0 && !(room >= 4 && fits && declared >= 4));
            if (room >= 4 && fits && declared >= 4) {
                assert_field(&f, data + 8, 0, 7, declared);
            }
        }
    }
}

/* The end is where a MAC may begin: with 27 bytes left or fewer, and these are left alone. */
static void test_ends_before_a_mac(void **state)
{
    uint8_t data[200];

    (void)state;
    for (size_t rest = 0; rest < 28; rest++) {
        struct field_reader r = field_reader_before_mac(data, 48 + 32 + rest, 48);
        size_t at = 48;
        struct field f;

        put(data, &at, 1, 32, 0);
        put(data, &at, 2, 16, 0); /* looks like one, and is none */
        assert_true(field_next(&r, &f));
        assert_false(field_next(&r, &f));
        assert_false(r.bytes.failed);
        assert_int_equal(bytes_left(&r.bytes), rest);
        assert_int_equal(r.bytes.at, 80);
    }
}

/* The longest field and the most fields of a datagram; a start behind its end. */
static void test_bounds(void **state)
{
    static uint8_t data[65536];
    struct field_reader r = field_reader_inside(data, 65532);
    unsigned count = 0;
    size_t at = 0;
    struct field f;

    (void)state;
    put(data, &at, 1, 65532, 0);
    assert_true(field_next(&r, &f));
    assert_int_equal(f.length, 65528);
    assert_false(field_next(&r, &f) || r.bytes.failed);
    r = field_reader_inside(data, 65531); /* it runs past the end by one */
    assert_false(field_next(&r, &f));
    assert_true(r.bytes.failed);
    assert_false(field_next(&r, &f));

    for (at = 0; at < PACKET_DATAGRAM_MAX;) {
        put(data, &at, 3, 4, 0);
    }
    r = field_reader_inside(data, PACKET_DATAGRAM_MAX);
    while (field_next(&r, &f)) {
        count++;
    }
    assert_int_equal(count, PACKET_DATAGRAM_MAX / 4);
    assert_false(r.bytes.failed);

    r = field_reader_before_mac(data, 40, 48);
    assert_false(field_next(&r, &f));
    assert_true(r.bytes.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_a_packet),  cmocka_unit_test(test_without_a_trailer),
        cmocka_unit_test(test_every_length), cmocka_unit_test(test_ends_before_a_mac),
        cmocka_unit_test(test_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
