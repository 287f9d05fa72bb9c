/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of control messages: requests as ntpq and check_ntp_peer send them, MACs at both places
 * where clients put them, lengths that lie, and any bytes. */
#include "wire/mode6_packet.h"

#include <string.h>

#include "check.h"

/* ntpq's READVAR of association 19462: "stratum,offset,jitter,srcadr,reach,flash" */
static const uint8_t request[] =
    "\x16\x02\x00\x01\x00\x00\x4c\x06\x00\x00\x00\x28"
    "stratum,offset,jitter,srcadr,reach,flash";

static void test_decode(void **state)
{
    struct mode6_header h;
    struct mode6_parts p;
    uint8_t changed[sizeof request - 1];

    (void)state;
    assert_int_equal(mode6_decode(request, sizeof request - 1, &h, &p), MODE6_NO_ERROR);
    assert_true(h.leap == 0 && h.version == 2 && !h.response && !h.error && !h.more);
    assert_true(h.operation == MODE6_READ_VARIABLES && h.sequence == 1 && h.status == 0);
    assert_true(h.association == 19462 && h.offset == 0 && h.count == 40);
    assert_memory_equal(p.data, request + 12, 40);
    assert_true(p.mac_length[0] == 0 && p.mac_length[1] == 0);
    assert_int_equal(mode6_decode(request, 11, &h, &p), MODE6_ERROR_UNSPECIFIED);
    assert_int_equal(mode6_decode(request, 48, &h, &p), MODE6_ERROR_FORMAT);
    assert_int_equal(mode6_decode(request, 51, &h, &p), MODE6_ERROR_FORMAT);
    memcpy(changed, request, sizeof changed);
    changed[10] = 1; /* count 296 */
    assert_int_equal(mode6_decode(changed, sizeof changed, &h, &p), MODE6_ERROR_FORMAT);
    for (unsigned version = 0; version < 8; version++) {
        changed[0] = (uint8_t)(0xc0 | version << 3 | 6);
        changed[10] = 0;
        assert_int_equal(mode6_decode(changed, sizeof changed, &h, &p),
                         version >= 1 && version <= 4 ? MODE6_NO_ERROR : MODE6_ERROR_UNSPECIFIED);
    }
}

static void test_round_trip(void **state)
{
    struct mode6_header h = {.leap = 2,
                             .version = 3,
                             .response = true,
                             .more = true,
                             .operation = MODE6_READ_CLIENTS,
                             .sequence = 0x1234,
                             .status = 0x0615,
                             .association = 7,
                             .offset = 936,
                             .count = 13},
                        back;
    const struct mode6_seal none = {.key = NULL};
    struct mode6_parts p;
    uint8_t out[MODE6_DATAGRAM_MAX];
    static const uint8_t wire[] =
        "\x9e\xaa\x12\x34\x06\x15\x00\x07\x03\xa8\x00\x0dhello, world!\0\0";

    (void)state;
    assert_int_equal(mode6_encode(&h, "hello, world!", NULL, &none, out), 28);
    assert_memory_equal(out, wire, 28);
    assert_int_equal(mode6_decode(out, 28, &back, &p), MODE6_NO_ERROR);
    assert_memory_equal(&back, &h, sizeof h);
}

static void test_seals(void **state)
{
    static struct mac_keys keys;
    struct mode6_header h = {.version = 2, .operation = MODE6_READ_LIST}, back;
    struct mode6_parts p;
    struct mode6_seal seal, found;
    uint8_t out[MODE6_DATAGRAM_MAX];
    uint8_t text[MODE6_DATA_MAX];

    (void)state;
    memset(text, 'x', sizeof text);
    memset(&keys, 0, sizeof keys);
    assert_true(mac_add(&keys, 1, MAC_MD5, "secret", 6));
    assert_true(mac_add(&keys, 2, MAC_SHA1, "another", 7));
    assert_true(mac_add(&keys, 3, MAC_AES128, "0123456789abcdef", 16));
    assert_true(mac_add(&keys, 4, MAC_SHA512, "long one", 8));
    for (unsigned n = 0; n < 4 * 2 * 2 * (MODE6_DATA_MAX + 1); n++) {
        size_t length;

        seal = (struct mode6_seal){&keys.keys[n % 4], n / 4 % 2 == 1, n % 4 == 3 && n / 8 % 2};
        h.count = (uint16_t)(n / 16);
        length = mode6_encode(&h, text, &keys, &seal, out);
        assert_in_range(length, MODE6_HEADER_LENGTH + h.count + 20, MODE6_DATAGRAM_MAX);
        assert_int_equal(mode6_decode(out, length, &back, &p), MODE6_NO_ERROR);
        assert_true(mode6_find_seal(out, &p, &keys, &found));
        assert_ptr_equal(found.key, seal.key);
        assert_int_equal(found.cut, seal.cut);
        if ((MODE6_HEADER_LENGTH + h.count + 3) / 4 % 2 == 1) { /* else both places are one */
            assert_int_equal(found.align_8, seal.align_8);
        }
        out[n % (MODE6_HEADER_LENGTH + h.count)] ^= 0x10;
        if (mode6_decode(out, length, &back, &p) == MODE6_NO_ERROR) {
            assert_false(mode6_find_seal(out, &p, &keys, &found));
            assert_null(found.key);
        }
    }
}

static void test_any_bytes(void **state)
{
    struct dice dice = {3};
    uint8_t data[600];

    (void)state;
    for (unsigned n = 0; n < 100000; n++) {
        size_t length = dice_below(&dice, sizeof data);
        struct mode6_header h;
        struct mode6_parts p;

        dice_fill(&dice, data, 16);
        if (mode6_decode(data, length, &h, &p) == MODE6_NO_ERROR) {
            assert_true(p.data + h.count <= data + length);
            for (unsigned i = 0; i < 2; i++) {
                assert_true(p.mac_at[i] + p.mac_length[i] <= length);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_seals),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
