/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/chronyc_format and cli/chronyc_reply: columns as chronyc has them, and a report as chronyd
 * sends it. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "cli/chronyc/chronyc_format.h"
#include "wire/chrony_reply.h"
#include "wire/chrony_words.h"

static char text[CHRONYC_TEXT_MAX];

static void test_intervals(void **state)
{
    static const struct {
        uint32_t s;
        const char *text;
    } rows[] = {{0, "   0"},        {1199, "1199"},      {1200, " 20m"},   {35999, "599m"},
                {36000, " 10h"},    {345599, " 95h"},    {345600, "  4d"}, {86400000, "  2y"},
                {86399999, "999d"}, {UINT32_MAX, "   -"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(chronyc_format_interval(rows[i].s, text), rows[i].text);
    }
}

static void test_seconds(void **state)
{
    static const struct {
        double s;
        const char *plain, *sign;
    } rows[] = {{0, "   0ns", "   +0ns"},      {-1.5e-6, "1500ns", "-1500ns"},
                {18e-6, "  18us", "  +18us"},  {4, "4000ms", "+4000ms"},
                {-12.34, " 12.3s", " -12.3s"}, {12345, "12345s", "+12345s"},
                {1e6, "16667m", "+16667m"},    {1e8, "27778h", "+27778h"},
                {-1e9, "11574d", "-11574d"},   {1e11, " 3171y", " +3171y"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(chronyc_format_seconds(rows[i].s, text), rows[i].plain);
        assert_string_equal(chronyc_format_signed_seconds(rows[i].s, text), rows[i].sign);
    }
}

static void test_other_columns(void **state)
{
    struct wall_time t = {INT64_C(1795314286750686452)};

    (void)state;
    assert_string_equal(chronyc_format_ppm(-1.038, true, text), "    -1.038");
    assert_string_equal(chronyc_format_ppm(2000, false, text), "  2000.000");
    assert_string_equal(chronyc_format_ppm(1234567, true, text), "  +1234567");
    assert_string_equal(chronyc_format_refid(0x47505300, text), "GPS");
    assert_string_equal(chronyc_format_refid(0x7f7f0101, text), "");
    assert_string_equal(chronyc_format_refid(0x1b5b334d, text), "[3M");
    assert_string_equal(chronyc_format_time(t, text), "Sun Nov 22 02:24:46 2026");
    assert_string_equal(chronyc_format_date(t, text), "2026-11-22 02:24:46");
    assert_string_equal(chronyc_format_stamp(t, text), "1795314286.750686452");
    assert_string_equal(chronyc_format_stamp((struct wall_time){-1}, text), "-1.999999999");
    assert_string_equal(chronyc_format_log2(127, text), " -");
    assert_string_equal(chronyc_format_log2(-4, text), "-4");
    assert_string_equal(chrony_words_status(CHRONY_NO_SUCH_SOURCE), "503 No such source");
    assert_string_equal(chrony_words_status(99), "520 Got unexpected error from daemon");
}

static void test_tracking_is_read(void **state)
{
    uint8_t data[76];
    struct bytes_writer w = bytes_writer(data, sizeof data);
    struct chrony_host host = {.family = CHRONY_FAMILY_V4, .address = {.family = ADDRESS_V4}};
    union chrony_reply_body body;
    const struct chrony_tracking *t = &body.tracking;
    struct bytes_reader r;

    (void)state;
    bytes_write_u32(&w, 0xc0000201);
    chrony_field_write_host(&w, &host);
    bytes_write_u16(&w, 2);
    bytes_write_u16(&w, 1);
    chrony_field_write_time(&w, (struct wall_time){INT64_C(1795314286750686452)});
    for (int i = 1; i <= 9; i++) {
        chrony_field_write_float(&w, i * 0.125);
    }
    assert_false(w.failed);
    r = bytes_reader(data, w.at);
    chrony_reply_read(&r, CHRONY_REPLY_TRACKING, &body);
    assert_false(r.failed);
    assert_int_equal(bytes_left(&r), 0);
    assert_int_equal(t->refid, 0xc0000201);
    assert_int_equal(t->stratum, 2);
    assert_int_equal(t->leap, 1);
    assert_true(t->reference_time.ns == INT64_C(1795314286750686452));
    assert_true(t->correction_s == 0.125 && t->last_offset_s == 0.25 && t->interval_s == 1.125);
    r = bytes_reader(data, w.at - 1);
    chrony_reply_read(&r, CHRONY_REPLY_TRACKING, &body);
    assert_true(r.failed);
}

/* The same counters in the layouts of two generations. */
static void test_server_counters_find_their_places(void **state)
{
    uint8_t data[17 * 8 + 32];
    struct bytes_writer w = bytes_writer(data, sizeof data);
    union chrony_reply_body body;
    struct bytes_reader r;

    (void)state;
    for (uint32_t i = 0; i < 21; i++) {
        bytes_write_u64(&w, i);
    }
    r = bytes_reader(data, w.at);
    chrony_reply_read(&r, CHRONY_REPLY_SERVER_STATS4, &body);
    assert_false(r.failed);
    assert_int_equal(body.server_stats.ntp_dropped, 3);
    assert_int_equal(body.server_stats.nke_accepted, 1);
    assert_int_equal(body.server_stats.hardware_sent, 16);
    memset(&body, 0, sizeof body);
    w = bytes_writer(data, sizeof data);
    for (uint32_t i = 0; i < 5; i++) {
        bytes_write_u32(&w, i);
    }
    r = bytes_reader(data, w.at);
    chrony_reply_read(&r, CHRONY_REPLY_SERVER_STATS, &body);
    assert_false(r.failed);
    assert_int_equal(body.server_stats.ntp_dropped, 2);
    assert_int_equal(body.server_stats.command_received, 1);
    assert_int_equal(body.server_stats.nke_accepted, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_other_columns),
        cmocka_unit_test(test_tracking_is_read),
        cmocka_unit_test(test_server_counters_find_their_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
