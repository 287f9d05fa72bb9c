/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers to chronyc: any bytes are read as each kind of report and shown; counts stay within their
 * arrays, and no text holds a byte that a terminal would obey. */
#include <string.h>

#include "cli/chronyc/chronyc_format.h"
#include "fuzz.h"
#include "wire/chrony_reply.h"

static void require_plain(const char *text, size_t least)
{
    FUZZ_REQUIRE(strlen(text) >= least && strlen(text) < CHRONYC_TEXT_MAX);
    for (; *text; text++) {
        FUZZ_REQUIRE(*text >= ' ' && *text < 127);
    }
}

static void show_number(double value)
{
    char text[CHRONYC_TEXT_MAX];

    require_plain(chronyc_format_seconds(value, text), 6);
    require_plain(chronyc_format_signed_seconds(value, text), 7);
    require_plain(chronyc_format_ppm(value, true, text), 10);
}

static void show_time(struct wall_time t)
{
    char text[CHRONYC_TEXT_MAX];

    require_plain(chronyc_format_time(t, text), 20);
    require_plain(chronyc_format_date(t, text), 19);
    require_plain(chronyc_format_stamp(t, text), 11);
}

static void show_reports(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size), again = r;
    struct chronyc_tracking t = chronyc_reply_tracking(&r);
    struct chronyc_source s;
    struct chronyc_ntp_data d;
    struct chronyc_manual m;
    char text[CHRONYC_TEXT_MAX];

    show_time(t.reference_time);
    show_number(t.correction_s);
    show_number(t.frequency_ppm);
    require_plain(chronyc_format_leap(t.leap), 1);
    require_plain(chronyc_format_refid(t.refid, text), 0);
    r = again;
    s = chronyc_reply_source(&r);
    show_number(s.error_s);
    require_plain(chronyc_format_interval(s.since_sample_s, text), 4);
    r = again;
    d = chronyc_reply_ntp_data(&r, size % 2 ? CHRONYC_REPLY_NTP_DATA : CHRONYC_REPLY_NTP_DATA2);
    show_time(d.reference_time);
    show_number(d.asymmetry);
    r = again;
    m = chronyc_reply_manual(&r);
    FUZZ_REQUIRE(m.count <= CHRONYC_MANUAL_MAX);
    for (uint32_t i = 0; i < m.count; i++) {
        show_time(m.samples[i].when);
        show_number(m.samples[i].residual_s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned layouts[] = {CHRONYC_REPLY_SERVER_STATS, CHRONYC_REPLY_SERVER_STATS2,
                                       CHRONYC_REPLY_SERVER_STATS3, CHRONYC_REPLY_SERVER_STATS4};
    struct bytes_reader all = bytes_reader(data, size), r = all;
    char name[CHRONYC_NAME_LENGTH + 1], text[CHRONYC_TEXT_MAX];
    struct chronyc_clients c = chronyc_reply_clients(&r);

    FUZZ_REQUIRE(c.count <= CHRONYC_CLIENTS_MAX);
    for (uint32_t i = 0; i < c.count; i++) {
        require_plain(chronyc_format_log2(c.clients[i].ntp_interval, text), 2);
    }
    for (size_t i = 0; i < 4; i++) {
        r = all;
        FUZZ_REQUIRE(chronyc_reply_server_stats(&r, layouts[i]).count <= CHRONYC_SERVER_STATS_MAX);
    }
    r = all;
    chronyc_reply_name(&r, name);
    for (const char *at = name; *at; at++) {
        FUZZ_REQUIRE(*at > ' ' && *at < 127);
    }
    r = all;
    show_number(chronyc_reply_sourcestats(&r).deviation_s);
    r = all;
    show_number(chronyc_reply_select(&r).low_s);
    r = all;
    require_plain(chronyc_format_interval(chronyc_reply_auth(&r).last_s, text), 4);
    r = all;
    show_time(chronyc_reply_rtc(&r).reference_time);
    r = all;
    show_number(chronyc_reply_smoothing(&r).offset_s);
    r = all;
    show_number(chronyc_reply_settime(&r).offset_s);
    r = all;
    chronyc_reply_activity(&r);
    show_reports(data, size);
    return 0;
}
