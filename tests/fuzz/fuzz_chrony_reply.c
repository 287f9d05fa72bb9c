/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers to chronyc: any bytes are read as each kind of report and shown; counts stay within their
 * arrays, and no text holds a byte that a terminal would obey. */
#include <string.h>

#include "cli/chronyc/chronyc_format.h"
#include "fuzz.h"
#include "wire/chrony_reply.h"
#include "wire/chrony_words.h"

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
    struct chrony_tracking t = chrony_reply_tracking(&r);
    struct chrony_source s;
    struct chrony_ntp_data d;
    struct chrony_manual m;
    char text[CHRONYC_TEXT_MAX];

    show_time(t.reference_time);
    show_number(t.correction_s);
    show_number(t.frequency_ppm);
    require_plain(chrony_words_leap(t.leap), 1);
    require_plain(chronyc_format_refid(t.refid, text), 0);
    r = again;
    s = chrony_reply_source(&r);
    show_number(s.error_s);
    require_plain(chronyc_format_interval(s.since_sample_s, text), 4);
    r = again;
    d = chrony_reply_ntp_data(&r, size % 2 ? CHRONY_REPLY_NTP_DATA : CHRONY_REPLY_NTP_DATA2);
    show_time(d.reference_time);
    show_number(d.asymmetry);
    r = again;
    m = chrony_reply_manual(&r);
    FUZZ_REQUIRE(m.count <= CHRONY_MANUAL_MAX);
    for (uint32_t i = 0; i < m.count; i++) {
        show_time(m.samples[i].when);
        show_number(m.samples[i].residual_s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned layouts[] = {CHRONY_REPLY_SERVER_STATS, CHRONY_REPLY_SERVER_STATS2,
                                       CHRONY_REPLY_SERVER_STATS3, CHRONY_REPLY_SERVER_STATS4};
    struct bytes_reader all = bytes_reader(data, size), r = all;
    char name[CHRONY_NAME_LENGTH + 1], text[CHRONYC_TEXT_MAX];
    struct chrony_clients c = chrony_reply_clients(&r);

    FUZZ_REQUIRE(c.count <= CHRONY_CLIENTS_MAX);
    for (uint32_t i = 0; i < c.count; i++) {
        require_plain(chronyc_format_log2(c.clients[i].ntp_interval, text), 2);
    }
    for (size_t i = 0; i < 4; i++) {
        r = all;
        FUZZ_REQUIRE(chrony_reply_server_stats(&r, layouts[i]).count <= CHRONY_SERVER_STATS_MAX);
    }
    r = all;
    chrony_reply_name(&r, name);
    for (const char *at = name; *at; at++) {
        FUZZ_REQUIRE(*at > ' ' && *at < 127);
    }
    r = all;
    show_number(chrony_reply_sourcestats(&r).deviation_s);
    r = all;
    show_number(chrony_reply_select(&r).low_s);
    r = all;
    require_plain(chronyc_format_interval(chrony_reply_auth(&r).last_s, text), 4);
    r = all;
    show_time(chrony_reply_rtc(&r).reference_time);
    r = all;
    show_number(chrony_reply_smoothing(&r).offset_s);
    r = all;
    show_number(chrony_reply_settime(&r).offset_s);
    r = all;
    chrony_reply_activity(&r);
    show_reports(data, size);
    return 0;
}
