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

/* As chrony 3.5 to 4.8 have them (candm.h, pktlength.c). */
static void lengths_are_those_of_chrony(void **state)
{
    static const struct {
        enum chrony_command command;
        size_t least, now;
    } requests[] = {{CHRONY_NULL, 28, 28},
                    {CHRONY_ONLINE, 60, 60},
                    {CHRONY_OFFLINE, 60, 60},
                    {CHRONY_BURST, 68, 68},
                    {CHRONY_MINPOLL, 44, 44},
                    {CHRONY_MAXPOLL, 44, 44},
                    {CHRONY_DUMP, 28, 28},
                    {CHRONY_MAXDELAY, 44, 44},
                    {CHRONY_MAXDELAYRATIO, 44, 44},
                    {CHRONY_MAXUPDATESKEW, 28, 28},
                    {CHRONY_SETTIME, 40, 40},
                    {CHRONY_MANUAL, 28, 28},
                    {CHRONY_N_SOURCES, 32, 32},
                    {CHRONY_SOURCE_DATA, 76, 76},
                    {CHRONY_REKEY, 28, 28},
                    {CHRONY_ALLOW, 44, 44},
                    {CHRONY_ALLOW_ALL, 44, 44},
                    {CHRONY_DENY, 44, 44},
                    {CHRONY_DENY_ALL, 44, 44},
                    {CHRONY_CMDALLOW, 44, 44},
                    {CHRONY_CMDALLOW_ALL, 44, 44},
                    {CHRONY_CMDDENY, 44, 44},
                    {CHRONY_CMDDENY_ALL, 44, 44},
                    {CHRONY_ACCHECK, 40, 40},
                    {CHRONY_CMDACCHECK, 40, 40},
                    {CHRONY_DELETE_SOURCE, 40, 40},
                    {CHRONY_WRITE_RTC, 28, 28},
                    {CHRONY_DFREQ, 28, 28},
                    {CHRONY_DOFFSET_OLD, 28, 28},
                    {CHRONY_TRACKING, 104, 104},
                    {CHRONY_SOURCESTATS, 84, 84},
                    {CHRONY_RTC_REPORT, 56, 56},
                    {CHRONY_TRIM_RTC, 28, 28},
                    {CHRONY_CYCLE_LOGS, 28, 28},
                    {CHRONY_MANUAL_LIST, 416, 416},
                    {CHRONY_MANUAL_DELETE, 28, 28},
                    {CHRONY_MAKESTEP, 28, 28},
                    {CHRONY_ACTIVITY, 48, 48},
                    {CHRONY_MINSTRATUM, 44, 44},
                    {CHRONY_POLLTARGET, 44, 44},
                    {CHRONY_MAXDELAYDEVRATIO, 44, 44},
                    {CHRONY_RESELECT, 28, 28},
                    {CHRONY_RESELECTDIST, 28, 28},
                    {CHRONY_MODIFY_MAKESTEP, 28, 28},
                    {CHRONY_SMOOTHING, 52, 52},
                    {CHRONY_SMOOTHTIME, 28, 28},
                    {CHRONY_REFRESH, 28, 28},
                    {CHRONY_SERVER_STATS, 48, 196},
                    {CHRONY_CLIENT_ACCESSES_OLD, 424, 424},
                    {CHRONY_LOCAL_OLD, 36, 36},
                    {CHRONY_NTP_DATA, 152, 172},
                    {CHRONY_ADD_SERVER_OLD, 128, 128},
                    {CHRONY_ADD_PEER_OLD, 128, 128},
                    {CHRONY_SHUTDOWN, 28, 28},
                    {CHRONY_ONOFFLINE, 28, 28},
                    {CHRONY_ADD_SOURCE, 372, 372},
                    {CHRONY_SOURCE_NAME, 284, 284},
                    {CHRONY_RESET_SOURCES, 28, 28},
                    {CHRONY_AUTH_DATA, 52, 52},
                    {CHRONY_CLIENT_ACCESSES, 520, 520},
                    {CHRONY_SELECT_DATA, 76, 76},
                    {CHRONY_RELOAD_SOURCES, 28, 28},
                    {CHRONY_DOFFSET, 28, 28},
                    {CHRONY_SELECTOPTS, 52, 52},
                    {CHRONY_OFFSET, 48, 48},
                    {CHRONY_LOCAL, 48, 48}};
    static const struct {
        enum chrony_reply reply;
        size_t length;
    } replies[] = {{CHRONY_REPLY_NULL, 28},          {CHRONY_REPLY_N_SOURCES, 32},
                   {CHRONY_REPLY_SOURCE_DATA, 76},   {CHRONY_REPLY_TRACKING, 104},
                   {CHRONY_REPLY_SOURCESTATS, 84},   {CHRONY_REPLY_RTC, 56},
                   {CHRONY_REPLY_ACTIVITY, 48},      {CHRONY_REPLY_SMOOTHING, 52},
                   {CHRONY_REPLY_SERVER_STATS, 48},  {CHRONY_REPLY_CLIENT_ACCESSES_OLD, 424},
                   {CHRONY_REPLY_NTP_DATA, 152},     {CHRONY_REPLY_MANUAL_TIMESTAMP, 40},
                   {CHRONY_REPLY_MANUAL_LIST, 416},  {CHRONY_REPLY_SOURCE_NAME, 284},
                   {CHRONY_REPLY_AUTH_DATA, 52},     {CHRONY_REPLY_CLIENT_ACCESSES, 520},
                   {CHRONY_REPLY_SERVER_STATS2, 60}, {CHRONY_REPLY_SELECT_DATA, 76},
                   {CHRONY_REPLY_SERVER_STATS3, 72}, {CHRONY_REPLY_SERVER_STATS4, 196},
                   {CHRONY_REPLY_NTP_DATA2, 172}};

    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        assert_int_equal(chrony_packet_request_length(requests[i].command), requests[i].least);
        assert_int_equal(chrony_packet_request_length_now(requests[i].command), requests[i].now);
    }
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        assert_int_equal(chrony_reply_length(replies[i].reply), replies[i].length);
    }
    assert_int_equal(chrony_packet_request_length(10), 0); /* withdrawn */
    assert_int_equal(chrony_packet_request_length(75), 0);
    assert_int_equal(chrony_reply_length(99), 0);
    for (unsigned c = 0; c < CHRONY_COMMANDS; c++) {
        size_t least = chrony_packet_request_length(c);

        assert_true(least == 0 || least >= CHRONY_PACKET_MIN);
        assert_true(least <= chrony_packet_request_length_now(c));
        assert_true(chrony_packet_request_length_now(c) <= CHRONY_PACKET_MAX);
    }
    for (unsigned k = 0; k < CHRONY_REPLIES; k++) {
        assert_true(chrony_reply_length(k) <= CHRONY_REPLY_MAX);
    }
}

/* Times that no clock shows are cut, and so do not come back. */
static void set_times(unsigned kind, union chrony_reply_body *body)
{
    const struct wall_time t = {INT64_C(1795297698699896193)};

    if (kind == CHRONY_REPLY_TRACKING) {
        body->tracking.reference_time = t;
    } else if (kind == CHRONY_REPLY_NTP_DATA || kind == CHRONY_REPLY_NTP_DATA2) {
        body->ntp_data.reference_time = t;
    } else if (kind == CHRONY_REPLY_RTC) {
        body->rtc.reference_time = t;
    }
    for (unsigned i = 0; kind == CHRONY_REPLY_MANUAL_LIST && i < CHRONY_MANUAL_MAX; i++) {
        body->manual.samples[i].when = t;
    }
}

/* Any bytes are read as a body; what is written of it is read as the same, to the last byte. */
static void bodies_come_back(void **state)
{
    uint8_t wire[2][CHRONY_PACKET_MAX], bytes[CHRONY_PACKET_MAX];
    struct dice dice = {.state = 7};

    (void)state;
    for (unsigned turn = 0; turn < 200; turn++) {
        union chrony_reply_body reply;
        union chrony_request_body request;
        struct bytes_reader r;
        struct bytes_writer w[2];

        for (size_t i = 0; i < sizeof bytes; i++) {
            bytes[i] = (uint8_t)(turn % 2 ? dice_u64(&dice) : dice_u64(&dice) % 4);
        }
        for (unsigned k = 0; k < CHRONY_REPLIES; k++) {
            r = bytes_reader(bytes, sizeof bytes);
            for (unsigned i = 0; i < 2; i++) {
                memset(&reply, 0x55, sizeof reply);
                chrony_reply_read(&r, (enum chrony_reply)k, &reply);
                set_times(k, &reply);
                w[i] = bytes_writer(wire[i], sizeof wire[i]);
                chrony_reply_write(&w[i], (enum chrony_reply)k, &reply);
                assert_false(r.failed || w[i].failed);
                assert_true(w[i].at == 0 ||
                            w[i].at + CHRONY_REPLY_HEADER == chrony_reply_length(k));
                r = bytes_reader(wire[i], w[i].at);
            }
            assert_memory_equal(wire[0], wire[1], w[0].at);
        }
        for (unsigned c = 0; c < CHRONY_COMMANDS; c++) {
            if (c == CHRONY_SETTIME) {
                continue;
            }
            r = bytes_reader(bytes, sizeof bytes);
            for (unsigned i = 0; i < 2; i++) {
                memset(&request, 0x55, sizeof request);
                chrony_packet_read_body(&r, (enum chrony_command)c, &request);
                w[i] = bytes_writer(wire[i], sizeof wire[i]);
                chrony_packet_write_body(&w[i], (enum chrony_command)c, &request);
                assert_false(r.failed || w[i].failed);
                r = bytes_reader(wire[i], w[i].at);
            }
            assert_memory_equal(wire[0], wire[1], w[0].at);
        }
    }
}

/* Unknown numbers are 0, counts are cut to what the wire holds, and lists to what they have. */
static void bodies_are_bounded(void **state)
{
    union chrony_reply_body body = {.tracking = {.correction_s = (double)NAN,
                                                 .rms_offset_s = (double)INFINITY,
                                                 .skew_ppm = 0.5}};
    uint8_t data[CHRONY_REPLY_MAX] = {0};
    struct bytes_writer w = bytes_writer(data, sizeof data);
    struct bytes_reader r;

    (void)state;
    chrony_reply_write(&w, CHRONY_REPLY_TRACKING, &body);
    r = bytes_reader(data, w.at);
    chrony_reply_read(&r, CHRONY_REPLY_TRACKING, &body);
    assert_true(body.tracking.correction_s == 0 && body.tracking.rms_offset_s == 0);
    assert_true(body.tracking.skew_ppm == 0.5);
    r = bytes_reader(data, w.at - 1);
    chrony_reply_read(&r, CHRONY_REPLY_TRACKING, &body);
    assert_true(r.failed);

    body.server_stats = (struct chrony_server_stats){.ntp_received = UINT64_C(1) << 40};
    w = bytes_writer(data, sizeof data);
    chrony_reply_write(&w, CHRONY_REPLY_SERVER_STATS3, &body);
    assert_memory_equal(data, "\xff\xff\xff\xff", 4);

    memset(data, 0xff, sizeof data);
    r = bytes_reader(data, sizeof data);
    chrony_reply_read(&r, CHRONY_REPLY_CLIENT_ACCESSES, &body);
    assert_int_equal(body.clients.count, CHRONY_CLIENTS_MAX);
    r = bytes_reader(data, sizeof data);
    chrony_reply_read(&r, CHRONY_REPLY_MANUAL_LIST, &body);
    assert_int_equal(body.manual.count, CHRONY_MANUAL_MAX);
    r = bytes_reader(data, sizeof data);
    chrony_reply_read(&r, CHRONY_REPLY_SOURCE_NAME, &body);
    chrony_field_clean_name(body.name);
    assert_int_equal(strlen(body.name), CHRONY_NAME_LENGTH);
    assert_int_equal(strspn(body.name, "?"), CHRONY_NAME_LENGTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_are_as_on_the_wire),
        cmocka_unit_test(floats_come_back),
        cmocka_unit_test(floats_out_of_range_saturate),
        cmocka_unit_test(headers_come_back),
        cmocka_unit_test(hosts_and_times_come_back),
        cmocka_unit_test(lengths_are_those_of_chrony),
        cmocka_unit_test(bodies_come_back),
        cmocka_unit_test(bodies_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
