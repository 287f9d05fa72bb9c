/* SPDX-License-Identifier: BSD-2-Clause */
/* wire/chrony_packet: numbers as they were seen on the wire, headers, lengths. */

#include <math.h>
#include <string.h>

#include "check.h"
#include "wire/chrony_packet.h"

static void floats_are_as_on_the_wire(void **state)
{
    static const struct {
        double value;
        uint32_t bits;
    } rows[] = {{0.001, 0xf083126f}, {0.01, 0xf6a3d70a},
                {0.1, 0xfccccccd},   {0.5, 0x02800000},
                {1.0, 0x04800000},   {3, 0x06c00000},
                {10, 0x0aa00000},    {100, 0x10c80000},
                {1e-6, 0xdc8637bd},  {0, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(chrony_field_encode_float(rows[i].value), rows[i].bits);
        assert_true(fabs(chrony_field_decode_float(rows[i].bits) - rows[i].value) <=
                    fabs(rows[i].value) * 1e-7);
    }
    /* seen with their signs: correction, offset and frequency of a tracking reply */
    assert_true(fabs(chrony_field_decode_float(0xdb356d13) + 7.54646692e-07) < 1e-14);
    assert_true(fabs(chrony_field_decode_float(0xd15103b2) + 2.03710009e-08) < 1e-15);
}

static void floats_come_back(void **state)
{
    (void)state;
    for (int e = -18; e < 18; e++) {
        for (double c = 1; c < 10; c += 0.37) {
            double value = c * pow(10, e);

            for (int sign = -1; sign <= 1; sign += 2) {
                double back = chrony_field_decode_float(chrony_field_encode_float(sign * value));

                assert_true(fabs(back - sign * value) <= value * 1.2e-7);
            }
        }
    }
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 65521) { /* any bits are a number */
        double value = chrony_field_decode_float((uint32_t)bits);

        assert_true(isfinite(value));
        assert_true(chrony_field_decode_float(chrony_field_encode_float(value)) == value);
    }
}

static void floats_out_of_range_saturate(void **state)
{
    double most = chrony_field_decode_float(0x7effffff);

    (void)state;
    assert_int_equal(chrony_field_encode_float((double)NAN), 0);
    assert_int_equal(chrony_field_encode_float(1e-101), 0);
    assert_int_equal(chrony_field_encode_float(1e-60), 0);
    assert_true(chrony_field_decode_float(chrony_field_encode_float(1e300)) == most);
    assert_true(chrony_field_decode_float(chrony_field_encode_float((double)INFINITY)) == most);
    assert_true(chrony_field_decode_float(chrony_field_encode_float(-1e300)) <= -most);
    assert_true(chrony_field_decode_float(chrony_field_encode_float(-(double)INFINITY)) <= -most);
}

static void headers_come_back(void **state)
{
    uint8_t data[64];
    struct bytes_writer w = bytes_writer(data, sizeof data);
    struct chrony_request request = {.version = CHRONY_VERSION,
                                     .type = CHRONY_REQUEST,
                                     .command = CHRONY_TRACKING,
                                     .attempt = 2,
                                     .sequence = 0xa06cb8fb};
    struct chrony_response response = {.version = CHRONY_VERSION,
                                       .type = CHRONY_REPLY,
                                       .command = CHRONY_TRACKING,
                                       .reply = CHRONY_REPLY_TRACKING,
                                       .status = CHRONY_BAD_LENGTH,
                                       .sequence = 0xa06cb8fb};
    struct bytes_reader r;
    static const uint8_t wire[] = {6,    1,    0,    0,    0, 0x21, 0, 2, 0xa0, 0x6c, 0xb8, 0xfb,
                                   0,    0,    0,    0,    0, 0,    0, 0, 6,    2,    0,    0,
                                   0,    0x21, 0,    5,    0, 19,   0, 0, 0,    0,    0,    0,
                                   0xa0, 0x6c, 0xb8, 0xfb, 0, 0,    0, 0, 0,    0,    0,    0};

    (void)state;
    chrony_packet_write_request(&w, &request);
    assert_int_equal(w.at, CHRONY_REQUEST_HEADER);
    chrony_packet_write_response(&w, &response);
    assert_int_equal(w.at, CHRONY_REQUEST_HEADER + CHRONY_REPLY_HEADER);
    assert_memory_equal(data, wire, sizeof wire);
    r = bytes_reader(data, w.at);
    request = chrony_packet_read_request(&r);
    assert_int_equal(r.at, CHRONY_REQUEST_HEADER);
    assert_int_equal(request.sequence, 0xa06cb8fb);
    assert_int_equal(request.attempt, 2);
    response = chrony_packet_read_response(&r);
    assert_int_equal(response.reply, CHRONY_REPLY_TRACKING);
    assert_int_equal(response.status, CHRONY_BAD_LENGTH);
    assert_int_equal(response.sequence, 0xa06cb8fb);
    assert_false(r.failed);
}

static void hosts_and_times_come_back(void **state)
{
    uint8_t data[64];
    struct bytes_writer w = bytes_writer(data, sizeof data);
    struct bytes_reader r;
    struct address v4, v6;
    struct chrony_host host;

    (void)state;
    assert_true(address_parse("192.0.2.7", &v4) && address_parse("2001:db8::7", &v6));
    host = chrony_field_host(&v4);
    chrony_field_write_host(&w, &host);
    assert_int_equal(w.at, 20);
    assert_memory_equal(data, "\xc0\0\2\7\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0", 20);
    host = chrony_field_host(&v6);
    chrony_field_write_host(&w, &host);
    chrony_field_write_host(&w, &(struct chrony_host){.family = CHRONY_FAMILY_ID, .id = 9});
    r = bytes_reader(data, w.at);
    host = chrony_field_read_host(&r);
    assert_true(host.family == CHRONY_FAMILY_V4 && address_equal(&host.address, &v4));
    host = chrony_field_read_host(&r);
    assert_true(host.family == CHRONY_FAMILY_V6 && address_equal(&host.address, &v6));
    host = chrony_field_read_host(&r);
    assert_true(host.family == CHRONY_FAMILY_ID && host.id == 9);
    host = chrony_field_read_host(&r); /* the end: nothing, and said so */
    assert_true(r.failed && host.family == CHRONY_FAMILY_NONE);

    w = bytes_writer(data, sizeof data);
    chrony_field_write_time(&w, (struct wall_time){INT64_C(1795297698699896193)});
    chrony_field_write_time(&w, (struct wall_time){-1});
    assert_memory_equal(data, "\0\0\0\0\x6b\x02\x11\xa2\x29\xb7\x91\x81", 12);
    r = bytes_reader(data, w.at);
    assert_int_equal(chrony_field_read_time(&r).ns, INT64_C(1795297698699896193));
    assert_int_equal(chrony_field_read_time(&r).ns, -1);
    w = bytes_writer(data, sizeof data);
    bytes_write_u32(&w, 0x7fffffff); /* a sender with 32 bits */
    bytes_write_u32(&w, 1795297698);
    bytes_write_u32(&w, 5);
    r = bytes_reader(data, w.at);
    assert_int_equal(chrony_field_read_time(&r).ns, INT64_C(1795297698000000005));
}

static void lengths_leave_room_for_replies(void **state)
{
    (void)state;
    assert_int_equal(chrony_packet_request_length(CHRONY_TRACKING), 104);
    assert_int_equal(chrony_packet_request_length(CHRONY_SERVER_STATS), 48);
    assert_int_equal(chrony_packet_request_length_now(CHRONY_SERVER_STATS), 196);
    assert_int_equal(chrony_packet_request_length(10), 0); /* withdrawn */
    assert_int_equal(chrony_packet_request_length(75), 0);
    assert_int_equal(chrony_packet_reply_length(CHRONY_REPLY_TRACKING), 104);
    assert_int_equal(chrony_packet_reply_length(99), 0);
    for (unsigned c = 0; c < CHRONY_COMMANDS; c++) {
        size_t least = chrony_packet_request_length(c);

        assert_true(least == 0 || least >= CHRONY_PACKET_MIN);
        assert_true(least <= chrony_packet_request_length_now(c));
        assert_true(chrony_packet_request_length_now(c) <= CHRONY_PACKET_MAX);
    }
    for (unsigned k = 0; k < CHRONY_REPLIES; k++) {
        assert_true(chrony_packet_reply_length(k) <= CHRONY_REPLY_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_are_as_on_the_wire),
        cmocka_unit_test(floats_come_back),
        cmocka_unit_test(floats_out_of_range_saturate),
        cmocka_unit_test(headers_come_back),
        cmocka_unit_test(hosts_and_times_come_back),
        cmocka_unit_test(lengths_leave_room_for_replies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
