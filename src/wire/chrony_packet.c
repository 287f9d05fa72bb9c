/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers, lengths and field formats of chrony's command protocol; see the header. */
#include "wire/chrony_packet.h"

#include <math.h>

#define EXPONENT_BITS 7
#define COEFFICIENT_BITS 25
#define EXPONENT_MIN (-(1 << (EXPONENT_BITS - 1)))
#define EXPONENT_MAX ((1 << (EXPONENT_BITS - 1)) - 1)
#define COEFFICIENT_MAX ((1 << (COEFFICIENT_BITS - 1)) - 1)
#define COEFFICIENT_MIN (-(1 << (COEFFICIENT_BITS - 1)))
#define NEXT_TO_NOTHING 1e-100

/* `now` is what today's chronyc sends, `least` what some version since 3.5 does. */
struct lengths {
    uint16_t least, now;
};

#define SAME(length) length, length

static const struct lengths request_lengths[CHRONYC_COMMANDS] = {
    [CHRONYC_NULL] = {SAME(28)},
    [CHRONYC_ONLINE] = {SAME(60)},
    [CHRONYC_OFFLINE] = {SAME(60)},
    [CHRONYC_BURST] = {SAME(68)},
    [CHRONYC_MINPOLL] = {SAME(44)},
    [CHRONYC_MAXPOLL] = {SAME(44)},
    [CHRONYC_DUMP] = {SAME(28)},
    [CHRONYC_MAXDELAY] = {SAME(44)},
    [CHRONYC_MAXDELAYRATIO] = {SAME(44)},
    [CHRONYC_MAXUPDATESKEW] = {SAME(28)},
    [CHRONYC_SETTIME] = {SAME(40)},
    [CHRONYC_MANUAL] = {SAME(28)},
    [CHRONYC_N_SOURCES] = {SAME(32)},
    [CHRONYC_SOURCE_DATA] = {SAME(76)},
    [CHRONYC_REKEY] = {SAME(28)},
    [CHRONYC_ALLOW] = {SAME(44)},
    [CHRONYC_ALLOW_ALL] = {SAME(44)},
    [CHRONYC_DENY] = {SAME(44)},
    [CHRONYC_DENY_ALL] = {SAME(44)},
    [CHRONYC_CMDALLOW] = {SAME(44)},
    [CHRONYC_CMDALLOW_ALL] = {SAME(44)},
    [CHRONYC_CMDDENY] = {SAME(44)},
    [CHRONYC_CMDDENY_ALL] = {SAME(44)},
    [CHRONYC_ACCHECK] = {SAME(40)},
    [CHRONYC_CMDACCHECK] = {SAME(40)},
    [CHRONYC_DELETE_SOURCE] = {SAME(40)},
    [CHRONYC_WRITE_RTC] = {SAME(28)},
    [CHRONYC_DFREQ] = {SAME(28)},
    [CHRONYC_DOFFSET_OLD] = {SAME(28)},
    [CHRONYC_TRACKING] = {SAME(104)},
    [CHRONYC_SOURCESTATS] = {SAME(84)},
    [CHRONYC_RTC_REPORT] = {SAME(56)},
    [CHRONYC_TRIM_RTC] = {SAME(28)},
    [CHRONYC_CYCLE_LOGS] = {SAME(28)},
    [CHRONYC_MANUAL_LIST] = {SAME(416)},
    [CHRONYC_MANUAL_DELETE] = {SAME(28)},
    [CHRONYC_MAKESTEP] = {SAME(28)},
    [CHRONYC_ACTIVITY] = {SAME(48)},
    [CHRONYC_MINSTRATUM] = {SAME(44)},
    [CHRONYC_POLLTARGET] = {SAME(44)},
    [CHRONYC_MAXDELAYDEVRATIO] = {SAME(44)},
    [CHRONYC_RESELECT] = {SAME(28)},
    [CHRONYC_RESELECTDIST] = {SAME(28)},
    [CHRONYC_MODIFY_MAKESTEP] = {SAME(28)},
    [CHRONYC_SMOOTHING] = {SAME(52)},
    [CHRONYC_SMOOTHTIME] = {SAME(28)},
    [CHRONYC_REFRESH] = {SAME(28)},
    [CHRONYC_SERVER_STATS] = {48, 196},
    [CHRONYC_CLIENT_ACCESSES_OLD] = {SAME(424)},
    [CHRONYC_LOCAL_OLD] = {SAME(36)},
    [CHRONYC_NTP_DATA] = {152, 172},
    [CHRONYC_ADD_SERVER_OLD] = {SAME(128)},
    [CHRONYC_ADD_PEER_OLD] = {SAME(128)},
    [CHRONYC_SHUTDOWN] = {SAME(28)},
    [CHRONYC_ONOFFLINE] = {SAME(28)},
    [CHRONYC_ADD_SOURCE] = {SAME(372)},
    [CHRONYC_SOURCE_NAME] = {SAME(284)},
    [CHRONYC_RESET_SOURCES] = {SAME(28)},
    [CHRONYC_AUTH_DATA] = {SAME(52)},
    [CHRONYC_CLIENT_ACCESSES] = {SAME(520)},
    [CHRONYC_SELECT_DATA] = {SAME(76)},
    [CHRONYC_RELOAD_SOURCES] = {SAME(28)},
    [CHRONYC_DOFFSET] = {SAME(28)},
    [CHRONYC_SELECTOPTS] = {SAME(52)},
    [CHRONYC_OFFSET] = {SAME(48)},
    [CHRONYC_LOCAL] = {SAME(48)},
};

static const uint16_t reply_lengths[CHRONYC_REPLIES] = {
    [CHRONYC_REPLY_NULL] = 28,          [CHRONYC_REPLY_N_SOURCES] = 32,
    [CHRONYC_REPLY_SOURCE_DATA] = 76,   [CHRONYC_REPLY_TRACKING] = 104,
    [CHRONYC_REPLY_SOURCESTATS] = 84,   [CHRONYC_REPLY_RTC] = 56,
    [CHRONYC_REPLY_ACTIVITY] = 48,      [CHRONYC_REPLY_SMOOTHING] = 52,
    [CHRONYC_REPLY_SERVER_STATS] = 48,  [CHRONYC_REPLY_CLIENT_ACCESSES_OLD] = 424,
    [CHRONYC_REPLY_NTP_DATA] = 152,     [CHRONYC_REPLY_MANUAL_TIMESTAMP] = 40,
    [CHRONYC_REPLY_MANUAL_LIST] = 416,  [CHRONYC_REPLY_SOURCE_NAME] = 284,
    [CHRONYC_REPLY_AUTH_DATA] = 52,     [CHRONYC_REPLY_CLIENT_ACCESSES] = 520,
    [CHRONYC_REPLY_SERVER_STATS2] = 60, [CHRONYC_REPLY_SELECT_DATA] = 76,
    [CHRONYC_REPLY_SERVER_STATS3] = 72, [CHRONYC_REPLY_SERVER_STATS4] = 196,
    [CHRONYC_REPLY_NTP_DATA2] = 172,
};

size_t chronyc_packet_request_length(unsigned command)
{
    return command < CHRONYC_COMMANDS ? request_lengths[command].least : 0;
}

size_t chronyc_packet_request_length_now(unsigned command)
{
    return command < CHRONYC_COMMANDS ? request_lengths[command].now : 0;
}

size_t chronyc_packet_reply_length(unsigned reply)
{
    return reply < CHRONYC_REPLIES ? reply_lengths[reply] : 0;
}

/* ---- headers ---- */

struct chronyc_request chronyc_packet_read_request(struct bytes_reader *r)
{
    struct chronyc_request request;

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

void chronyc_packet_write_request(struct bytes_writer *w, const struct chronyc_request *request)
{
    bytes_write_u8(w, request->version);
    bytes_write_u8(w, request->type);
    bytes_write_u16(w, 0);
    bytes_write_u16(w, request->command);
    bytes_write_u16(w, request->attempt);
    bytes_write_u32(w, request->sequence);
    chronyc_packet_pad(w, 8);
}

struct chronyc_response chronyc_packet_read_response(struct bytes_reader *r)
{
    struct chronyc_response response;

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

void chronyc_packet_write_response(struct bytes_writer *w, const struct chronyc_response *response)
{
    bytes_write_u8(w, response->version);
    bytes_write_u8(w, response->type);
    bytes_write_u16(w, 0);
    bytes_write_u16(w, response->command);
    bytes_write_u16(w, response->reply);
    bytes_write_u16(w, response->status);
    chronyc_packet_pad(w, 6);
    bytes_write_u32(w, response->sequence);
    chronyc_packet_pad(w, 8);
}

/* ---- numbers ---- */

static uint32_t pack(int exponent, int32_t coefficient)
{
    return (uint32_t)exponent << COEFFICIENT_BITS |
           ((uint32_t)coefficient & ((UINT32_C(1) << COEFFICIENT_BITS) - 1));
}

uint32_t chronyc_packet_encode_float(double value)
{
    int exponent;
    double coefficient;

    if (!(fabs(value) >= NEXT_TO_NOTHING)) { /* NaN, too */
        return 0;
    }
    if (isinf(value)) {
        return pack(EXPONENT_MAX, value < 0 ? COEFFICIENT_MIN : COEFFICIENT_MAX);
    }
    frexp(value, &exponent); /* |value| is in 2^(exponent-1) .. 2^exponent */
    exponent++;              /* the sign takes one bit */
    if (exponent < EXPONENT_MIN) {
        exponent = EXPONENT_MIN;
    }
    coefficient = round(ldexp(value, COEFFICIENT_BITS - exponent));
    if (coefficient > COEFFICIENT_MAX) { /* rounded up to a power of two */
        exponent++;
        coefficient = round(ldexp(value, COEFFICIENT_BITS - exponent));
    }
    if (exponent > EXPONENT_MAX) {
        return pack(EXPONENT_MAX, value < 0 ? COEFFICIENT_MIN : COEFFICIENT_MAX);
    }
    return coefficient == 0 ? 0 : pack(exponent, (int32_t)coefficient);
}

double chronyc_packet_decode_float(uint32_t bits)
{
    int exponent = (int)(bits >> COEFFICIENT_BITS);
    int32_t coefficient = (int32_t)(bits & ((UINT32_C(1) << COEFFICIENT_BITS) - 1));

    exponent -= exponent > EXPONENT_MAX ? 1 << EXPONENT_BITS : 0;
    coefficient -= coefficient > COEFFICIENT_MAX ? 1 << COEFFICIENT_BITS : 0;
    return ldexp(coefficient, exponent - COEFFICIENT_BITS);
}

/* ---- addresses and times ---- */

struct chronyc_host chronyc_packet_host(const struct address *address)
{
    return (struct chronyc_host){.family = address->family == ADDRESS_V4   ? CHRONYC_FAMILY_V4
                                           : address->family == ADDRESS_V6 ? CHRONYC_FAMILY_V6
                                                                           : CHRONYC_FAMILY_NONE,
                                 .address = *address};
}

void chronyc_packet_write_host(struct bytes_writer *w, const struct chronyc_host *host)
{
    if (host->family == CHRONYC_FAMILY_ID) {
        bytes_write_u32(w, host->id);
        chronyc_packet_pad(w, 12);
    } else if (host->family == CHRONYC_FAMILY_NONE) {
        chronyc_packet_pad(w, 16);
    } else {
        bytes_put(w, host->address.bytes, sizeof host->address.bytes);
    }
    bytes_write_u16(w, host->family);
    bytes_write_u16(w, 0);
}

struct chronyc_host chronyc_packet_read_host(struct bytes_reader *r)
{
    const uint8_t *bytes = bytes_take(r, 16);
    struct chronyc_host host = {.family = bytes_read_u16(r)};

    bytes_take(r, 2);
    if (!bytes) {
        return (struct chronyc_host){.family = CHRONYC_FAMILY_NONE};
    }
    if (host.family == CHRONYC_FAMILY_V4) {
        host.address.family = ADDRESS_V4;
        memcpy(host.address.bytes, bytes, 4);
    } else if (host.family == CHRONYC_FAMILY_V6) {
        host.address.family = ADDRESS_V6;
        memcpy(host.address.bytes, bytes, sizeof host.address.bytes);
    } else if (host.family == CHRONYC_FAMILY_ID) {
        struct bytes_reader id = bytes_reader(bytes, 4);

        host.id = bytes_read_u32(&id);
    }
    return host;
}

void chronyc_packet_write_time(struct bytes_writer *w, struct wall_time t)
{
    int64_t seconds = t.ns / NS_PER_S - (t.ns % NS_PER_S < 0);

    bytes_write_u64(w, (uint64_t)seconds);
    bytes_write_u32(w, (uint32_t)(t.ns - seconds * NS_PER_S));
}

#define HIGH_UNKNOWN 0x7fffffffu /* the sender has 32 bits only */

struct wall_time chronyc_packet_read_time(struct bytes_reader *r)
{
    uint32_t high = bytes_read_u32(r), low = bytes_read_u32(r), ns = bytes_read_u32(r);
    int64_t seconds = high == HIGH_UNKNOWN ? (int64_t)low : (int64_t)((uint64_t)high << 32 | low);

    return (struct wall_time){ns_add(ns_from_s((double)seconds), ns < NS_PER_S ? ns : 0)};
}

void chronyc_packet_pad(struct bytes_writer *w, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bytes_write_u8(w, 0);
    }
}
