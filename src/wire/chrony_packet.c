/* SPDX-License-Identifier: BSD-2-Clause */
/* Lengths and headers of the packets of chrony's command protocol. */
#include "wire/chrony_packet.h"

/* `now` is what today's chronyc sends, `least` what some version since 3.5 does. */
struct lengths {
    uint16_t least, now;
};

#define SAME(length) length, length

static const struct lengths request_lengths[CHRONY_COMMANDS] = {
    [CHRONY_NULL] = {SAME(28)},
    [CHRONY_ONLINE] = {SAME(60)},
    [CHRONY_OFFLINE] = {SAME(60)},
    [CHRONY_BURST] = {SAME(68)},
    [CHRONY_MINPOLL] = {SAME(44)},
    [CHRONY_MAXPOLL] = {SAME(44)},
    [CHRONY_DUMP] = {SAME(28)},
    [CHRONY_MAXDELAY] = {SAME(44)},
    [CHRONY_MAXDELAYRATIO] = {SAME(44)},
    [CHRONY_MAXUPDATESKEW] = {SAME(28)},
    [CHRONY_SETTIME] = {SAME(40)},
    [CHRONY_MANUAL] = {SAME(28)},
    [CHRONY_N_SOURCES] = {SAME(32)},
    [CHRONY_SOURCE_DATA] = {SAME(76)},
    [CHRONY_REKEY] = {SAME(28)},
    [CHRONY_ALLOW] = {SAME(44)},
    [CHRONY_ALLOW_ALL] = {SAME(44)},
    [CHRONY_DENY] = {SAME(44)},
    [CHRONY_DENY_ALL] = {SAME(44)},
    [CHRONY_CMDALLOW] = {SAME(44)},
    [CHRONY_CMDALLOW_ALL] = {SAME(44)},
    [CHRONY_CMDDENY] = {SAME(44)},
    [CHRONY_CMDDENY_ALL] = {SAME(44)},
    [CHRONY_ACCHECK] = {SAME(40)},
    [CHRONY_CMDACCHECK] = {SAME(40)},
    [CHRONY_DELETE_SOURCE] = {SAME(40)},
    [CHRONY_WRITE_RTC] = {SAME(28)},
    [CHRONY_DFREQ] = {SAME(28)},
    [CHRONY_DOFFSET_OLD] = {SAME(28)},
    [CHRONY_TRACKING] = {SAME(104)},
    [CHRONY_SOURCESTATS] = {SAME(84)},
    [CHRONY_RTC_REPORT] = {SAME(56)},
    [CHRONY_TRIM_RTC] = {SAME(28)},
    [CHRONY_CYCLE_LOGS] = {SAME(28)},
    [CHRONY_MANUAL_LIST] = {SAME(416)},
    [CHRONY_MANUAL_DELETE] = {SAME(28)},
    [CHRONY_MAKESTEP] = {SAME(28)},
    [CHRONY_ACTIVITY] = {SAME(48)},
    [CHRONY_MINSTRATUM] = {SAME(44)},
    [CHRONY_POLLTARGET] = {SAME(44)},
    [CHRONY_MAXDELAYDEVRATIO] = {SAME(44)},
    [CHRONY_RESELECT] = {SAME(28)},
    [CHRONY_RESELECTDIST] = {SAME(28)},
    [CHRONY_MODIFY_MAKESTEP] = {SAME(28)},
    [CHRONY_SMOOTHING] = {SAME(52)},
    [CHRONY_SMOOTHTIME] = {SAME(28)},
    [CHRONY_REFRESH] = {SAME(28)},
    [CHRONY_SERVER_STATS] = {48, 196},
    [CHRONY_CLIENT_ACCESSES_OLD] = {SAME(424)},
    [CHRONY_LOCAL_OLD] = {SAME(36)},
    [CHRONY_NTP_DATA] = {152, 172},
    [CHRONY_ADD_SERVER_OLD] = {SAME(128)},
    [CHRONY_ADD_PEER_OLD] = {SAME(128)},
    [CHRONY_SHUTDOWN] = {SAME(28)},
    [CHRONY_ONOFFLINE] = {SAME(28)},
    [CHRONY_ADD_SOURCE] = {SAME(372)},
    [CHRONY_SOURCE_NAME] = {SAME(284)},
    [CHRONY_RESET_SOURCES] = {SAME(28)},
    [CHRONY_AUTH_DATA] = {SAME(52)},
    [CHRONY_CLIENT_ACCESSES] = {SAME(520)},
    [CHRONY_SELECT_DATA] = {SAME(76)},
    [CHRONY_RELOAD_SOURCES] = {SAME(28)},
    [CHRONY_DOFFSET] = {SAME(28)},
    [CHRONY_SELECTOPTS] = {SAME(52)},
    [CHRONY_OFFSET] = {SAME(48)},
    [CHRONY_LOCAL] = {SAME(48)},
};

static const uint16_t reply_lengths[CHRONY_REPLIES] = {
    [CHRONY_REPLY_NULL] = 28,          [CHRONY_REPLY_N_SOURCES] = 32,
    [CHRONY_REPLY_SOURCE_DATA] = 76,   [CHRONY_REPLY_TRACKING] = 104,
    [CHRONY_REPLY_SOURCESTATS] = 84,   [CHRONY_REPLY_RTC] = 56,
    [CHRONY_REPLY_ACTIVITY] = 48,      [CHRONY_REPLY_SMOOTHING] = 52,
    [CHRONY_REPLY_SERVER_STATS] = 48,  [CHRONY_REPLY_CLIENT_ACCESSES_OLD] = 424,
    [CHRONY_REPLY_NTP_DATA] = 152,     [CHRONY_REPLY_MANUAL_TIMESTAMP] = 40,
    [CHRONY_REPLY_MANUAL_LIST] = 416,  [CHRONY_REPLY_SOURCE_NAME] = 284,
    [CHRONY_REPLY_AUTH_DATA] = 52,     [CHRONY_REPLY_CLIENT_ACCESSES] = 520,
    [CHRONY_REPLY_SERVER_STATS2] = 60, [CHRONY_REPLY_SELECT_DATA] = 76,
    [CHRONY_REPLY_SERVER_STATS3] = 72, [CHRONY_REPLY_SERVER_STATS4] = 196,
    [CHRONY_REPLY_NTP_DATA2] = 172,
};

size_t chrony_packet_request_length(unsigned command)
{
    return command < CHRONY_COMMANDS ? request_lengths[command].least : 0;
}

size_t chrony_packet_request_length_now(unsigned command)
{
    return command < CHRONY_COMMANDS ? request_lengths[command].now : 0;
}

size_t chrony_packet_reply_length(unsigned reply)
{
    return reply < CHRONY_REPLIES ? reply_lengths[reply] : 0;
}

/* ---- headers ---- */

struct chrony_request chrony_packet_read_request(struct bytes_reader *r)
{
    struct chrony_request request;

    request.version = bytes_read_u8(r);
    request.type = bytes_read_u8(r);
    request.zero1 = bytes_read_u8(r);
    request.zero2 = bytes_read_u8(r);
    request.command = bytes_read_u16(r);
    request.attempt = bytes_read_u16(r);
    request.sequence = bytes_read_u32(r);
    bytes_take(r, 8);
    return request;
}

void chrony_packet_write_request(struct bytes_writer *w, const struct chrony_request *request)
{
    bytes_write_u8(w, request->version);
    bytes_write_u8(w, request->type);
    bytes_write_u16(w, 0);
    bytes_write_u16(w, request->command);
    bytes_write_u16(w, request->attempt);
    bytes_write_u32(w, request->sequence);
    chrony_field_pad(w, 8);
}

struct chrony_response chrony_packet_read_response(struct bytes_reader *r)
{
    struct chrony_response response;

    response.version = bytes_read_u8(r);
    response.type = bytes_read_u8(r);
    response.zero1 = bytes_read_u8(r);
    response.zero2 = bytes_read_u8(r);
    response.command = bytes_read_u16(r);
    response.reply = bytes_read_u16(r);
    response.status = bytes_read_u16(r);
    bytes_take(r, 6);
    response.sequence = bytes_read_u32(r);
    bytes_take(r, 8);
    return response;
}

void chrony_packet_write_response(struct bytes_writer *w, const struct chrony_response *response)
{
    bytes_write_u8(w, response->version);
    bytes_write_u8(w, response->type);
    bytes_write_u16(w, 0);
    bytes_write_u16(w, response->command);
    bytes_write_u16(w, response->reply);
    bytes_write_u16(w, response->status);
    chrony_field_pad(w, 6);
    bytes_write_u32(w, response->sequence);
    chrony_field_pad(w, 8);
}
