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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[CHRONYC_TEXT_MAX];

    for (unsigned kind = 0; kind <= CHRONY_REPLIES; kind++) {
        struct bytes_reader r = bytes_reader(data, size);
        union chrony_reply_body body;

        chrony_reply_read(&r, (enum chrony_reply)kind, &body);
        switch ((enum chrony_reply)kind) {
        case CHRONY_REPLY_TRACKING:
            show_time(body.tracking.reference_time);
            show_number(body.tracking.correction_s);
            require_plain(chrony_words_leap(body.tracking.leap), 1);
            require_plain(chronyc_format_refid(body.tracking.refid, text), 0);
            break;
        case CHRONY_REPLY_SOURCE_DATA:
            show_number(body.source.error_s);
            require_plain(chronyc_format_interval(body.source.since_sample_s, text), 4);
            FUZZ_REQUIRE(chrony_words_source_state_letter(body.source.state) != '\0');
            FUZZ_REQUIRE(chrony_words_source_mode_letter(body.source.mode) != '\0');
            break;
        case CHRONY_REPLY_SOURCESTATS: show_number(body.sourcestats.deviation_s); break;
        case CHRONY_REPLY_NTP_DATA:
        case CHRONY_REPLY_NTP_DATA2:
            show_time(body.ntp_data.reference_time);
            show_number(body.ntp_data.asymmetry);
            require_plain(chrony_words_mode(body.ntp_data.mode), 1);
            require_plain(chrony_words_stamp(body.ntp_data.transmit_stamp), 1);
            break;
        case CHRONY_REPLY_SELECT_DATA: show_number(body.select.low_s); break;
        case CHRONY_REPLY_AUTH_DATA:
            require_plain(chronyc_format_interval(body.auth.last_s, text), 4);
            require_plain(chrony_words_auth_mode(body.auth.mode), 1);
            break;
        case CHRONY_REPLY_CLIENT_ACCESSES:
        case CHRONY_REPLY_CLIENT_ACCESSES_OLD:
            FUZZ_REQUIRE(body.clients.count <= CHRONY_CLIENTS_MAX);
            for (uint32_t i = 0; i < body.clients.count; i++) {
                require_plain(chronyc_format_log2(body.clients.clients[i].ntp_interval, text), 2);
            }
            break;
        case CHRONY_REPLY_MANUAL_LIST:
            FUZZ_REQUIRE(body.manual.count <= CHRONY_MANUAL_MAX);
            for (uint32_t i = 0; i < body.manual.count; i++) {
                show_time(body.manual.samples[i].when);
                show_number(body.manual.samples[i].residual_s);
            }
            break;
        case CHRONY_REPLY_SOURCE_NAME:
            chrony_field_clean_name(body.name);
            for (const char *at = body.name; *at; at++) {
                FUZZ_REQUIRE(*at > ' ' && *at < 127);
            }
            break;
        case CHRONY_REPLY_RTC: show_time(body.rtc.reference_time); break;
        case CHRONY_REPLY_SMOOTHING: show_number(body.smoothing.offset_s); break;
        case CHRONY_REPLY_MANUAL_TIMESTAMP: show_number(body.settime.offset_s); break;
        case CHRONY_REPLY_NULL:
        case CHRONY_REPLY_N_SOURCES:
        case CHRONY_REPLY_ACTIVITY:
        case CHRONY_REPLY_SERVER_STATS:
        case CHRONY_REPLY_SERVER_STATS2:
        case CHRONY_REPLY_SERVER_STATS3:
        case CHRONY_REPLY_SERVER_STATS4:
        case CHRONY_REPLIES: break;
        }
    }
    return 0;
}
