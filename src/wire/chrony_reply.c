/* SPDX-License-Identifier: BSD-2-Clause */
/* What chronyd answers, as structs; see the header. The order of the members of an initialiser is
 * not the order in which it is evaluated, so each field is read by a statement of its own. */
#include "wire/chrony_reply.h"

struct chrony_tracking chrony_reply_tracking(struct bytes_reader *body)
{
    struct chrony_tracking t;

    t.refid = bytes_read_u32(body);
    t.host = chrony_field_read_host(body);
    t.stratum = bytes_read_u16(body);
    t.leap = bytes_read_u16(body);
    t.reference_time = chrony_field_read_time(body);
    t.correction_s = chrony_field_read_float(body);
    t.last_offset_s = chrony_field_read_float(body);
    t.rms_offset_s = chrony_field_read_float(body);
    t.frequency_ppm = chrony_field_read_float(body);
    t.residual_ppm = chrony_field_read_float(body);
    t.skew_ppm = chrony_field_read_float(body);
    t.root_delay_s = chrony_field_read_float(body);
    t.root_dispersion_s = chrony_field_read_float(body);
    t.interval_s = chrony_field_read_float(body);
    return t;
}

struct chrony_source chrony_reply_source(struct bytes_reader *body)
{
    struct chrony_source s;

    s.host = chrony_field_read_host(body);
    s.poll = (int16_t)bytes_read_u16(body);
    s.stratum = bytes_read_u16(body);
    s.state = bytes_read_u16(body);
    s.mode = bytes_read_u16(body);
    s.flags = bytes_read_u16(body);
    s.reach = bytes_read_u16(body);
    s.since_sample_s = bytes_read_u32(body);
    s.measured_s = chrony_field_read_float(body);
    s.adjusted_s = chrony_field_read_float(body);
    s.error_s = chrony_field_read_float(body);
    return s;
}

struct chrony_sourcestats chrony_reply_sourcestats(struct bytes_reader *body)
{
    struct chrony_sourcestats s;

    s.refid = bytes_read_u32(body);
    s.host = chrony_field_read_host(body);
    s.samples = bytes_read_u32(body);
    s.runs = bytes_read_u32(body);
    s.span_s = bytes_read_u32(body);
    s.deviation_s = chrony_field_read_float(body);
    s.residual_ppm = chrony_field_read_float(body);
    s.skew_ppm = chrony_field_read_float(body);
    s.offset_s = chrony_field_read_float(body);
    s.offset_error_s = chrony_field_read_float(body);
    return s;
}

struct chrony_activity chrony_reply_activity(struct bytes_reader *body)
{
    struct chrony_activity a;

    a.online = bytes_read_u32(body);
    a.offline = bytes_read_u32(body);
    a.burst_online = bytes_read_u32(body);
    a.burst_offline = bytes_read_u32(body);
    a.unresolved = bytes_read_u32(body);
    return a;
}

struct chrony_ntp_data chrony_reply_ntp_data(struct bytes_reader *body, unsigned reply)
{
    struct chrony_ntp_data d = {.have_stamps = reply == CHRONY_REPLY_NTP_DATA2};

    d.remote = chrony_field_read_host(body);
    d.local = chrony_field_read_host(body);
    d.port = bytes_read_u16(body);
    d.leap = bytes_read_u8(body);
    d.version = bytes_read_u8(body);
    d.mode = bytes_read_u8(body);
    d.stratum = bytes_read_u8(body);
    d.poll = (int8_t)bytes_read_u8(body);
    d.precision = (int8_t)bytes_read_u8(body);
    d.root_delay_s = chrony_field_read_float(body);
    d.root_dispersion_s = chrony_field_read_float(body);
    d.refid = bytes_read_u32(body);
    d.reference_time = chrony_field_read_time(body);
    d.offset_s = chrony_field_read_float(body);
    d.delay_s = chrony_field_read_float(body);
    d.dispersion_s = chrony_field_read_float(body);
    d.response_s = chrony_field_read_float(body);
    d.asymmetry = chrony_field_read_float(body);
    d.flags = bytes_read_u16(body);
    d.transmit_stamp = bytes_read_u8(body);
    d.receive_stamp = bytes_read_u8(body);
    d.sent = bytes_read_u32(body);
    d.received = bytes_read_u32(body);
    d.valid = bytes_read_u32(body);
    d.good = bytes_read_u32(body);
    if (d.have_stamps) {
        d.kernel_sent = bytes_read_u32(body);
        d.kernel_received = bytes_read_u32(body);
        d.hardware_sent = bytes_read_u32(body);
        d.hardware_received = bytes_read_u32(body);
    }
    return d;
}

struct chrony_select chrony_reply_select(struct bytes_reader *body)
{
    struct chrony_select s;

    s.refid = bytes_read_u32(body);
    s.host = chrony_field_read_host(body);
    s.state = bytes_read_u8(body);
    s.authenticated = bytes_read_u8(body);
    s.leap = bytes_read_u8(body);
    bytes_read_u8(body);
    s.configured = bytes_read_u16(body);
    s.effective = bytes_read_u16(body);
    s.last_sample_s = bytes_read_u32(body);
    s.score = chrony_field_read_float(body);
    s.low_s = chrony_field_read_float(body);
    s.high_s = chrony_field_read_float(body);
    return s;
}

struct chrony_auth chrony_reply_auth(struct bytes_reader *body)
{
    struct chrony_auth a;

    a.mode = bytes_read_u16(body);
    a.key_type = bytes_read_u16(body);
    a.key_id = bytes_read_u32(body);
    a.key_bits = bytes_read_u16(body);
    a.attempts = bytes_read_u16(body);
    a.last_s = bytes_read_u32(body);
    a.cookies = bytes_read_u16(body);
    a.cookie_length = bytes_read_u16(body);
    a.nak = bytes_read_u16(body);
    return a;
}

/* Layouts grew; each is a list of where its fields are shown. */
struct chrony_server_stats chrony_reply_server_stats(struct bytes_reader *body, unsigned reply)
{
    /* shown: ntp received, dropped, command received, dropped, records lost, key establishment
     * accepted, dropped, authenticated, interleaved, stamps held, their span, daemon receive, send,
     * kernel receive, send, hardware receive, send */
    static const uint8_t first[] = {0, 2, 1, 3, 4};
    static const uint8_t later[] = {0, 5, 2, 1, 6, 3, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    struct chrony_server_stats s = {.count = reply == CHRONY_REPLY_SERVER_STATS    ? 5
                                             : reply == CHRONY_REPLY_SERVER_STATS2 ? 8
                                             : reply == CHRONY_REPLY_SERVER_STATS3 ? 11
                                                                                   : 17};
    const uint8_t *place = reply == CHRONY_REPLY_SERVER_STATS ? first : later;

    for (unsigned i = 0; i < s.count; i++) {
        s.values[place[i]] =
            reply == CHRONY_REPLY_SERVER_STATS4 ? bytes_read_u64(body) : bytes_read_u32(body);
    }
    return s;
}

static struct chrony_client read_client(struct bytes_reader *body)
{
    struct chrony_client c;

    c.host = chrony_field_read_host(body);
    c.ntp = bytes_read_u32(body);
    c.nke = bytes_read_u32(body);
    c.command = bytes_read_u32(body);
    c.ntp_dropped = bytes_read_u32(body);
    c.nke_dropped = bytes_read_u32(body);
    c.command_dropped = bytes_read_u32(body);
    c.ntp_interval = (int8_t)bytes_read_u8(body);
    c.nke_interval = (int8_t)bytes_read_u8(body);
    c.command_interval = (int8_t)bytes_read_u8(body);
    c.limited_interval = (int8_t)bytes_read_u8(body);
    c.ntp_last_s = bytes_read_u32(body);
    c.nke_last_s = bytes_read_u32(body);
    c.command_last_s = bytes_read_u32(body);
    return c;
}

struct chrony_clients chrony_reply_clients(struct bytes_reader *body)
{
    struct chrony_clients c = {.count = 0};

    c.indices = bytes_read_u32(body);
    c.next = bytes_read_u32(body);
    c.count = bytes_read_u32(body);
    c.count = c.count < CHRONY_CLIENTS_MAX ? c.count : CHRONY_CLIENTS_MAX;
    for (uint32_t i = 0; i < c.count; i++) {
        c.clients[i] = read_client(body);
    }
    return c;
}

struct chrony_rtc chrony_reply_rtc(struct bytes_reader *body)
{
    struct chrony_rtc r;

    r.reference_time = chrony_field_read_time(body);
    r.samples = bytes_read_u16(body);
    r.runs = bytes_read_u16(body);
    r.span_s = bytes_read_u32(body);
    r.fast_s = chrony_field_read_float(body);
    r.gain_ppm = chrony_field_read_float(body);
    return r;
}

struct chrony_smoothing chrony_reply_smoothing(struct bytes_reader *body)
{
    struct chrony_smoothing s;
    uint32_t flags = bytes_read_u32(body);

    s.active = flags & 1;
    s.leap_only = flags >> 1 & 1;
    s.offset_s = chrony_field_read_float(body);
    s.frequency_ppm = chrony_field_read_float(body);
    s.wander_ppm = chrony_field_read_float(body);
    s.last_update_s = chrony_field_read_float(body);
    s.remaining_s = chrony_field_read_float(body);
    return s;
}

struct chrony_manual chrony_reply_manual(struct bytes_reader *body)
{
    struct chrony_manual m = {.count = bytes_read_u32(body)};

    m.count = m.count < CHRONY_MANUAL_MAX ? m.count : CHRONY_MANUAL_MAX;
    for (uint32_t i = 0; i < m.count; i++) {
        m.samples[i].when = chrony_field_read_time(body);
        m.samples[i].slewed_s = chrony_field_read_float(body);
        m.samples[i].original_s = chrony_field_read_float(body);
        m.samples[i].residual_s = chrony_field_read_float(body);
    }
    return m;
}

struct chrony_settime chrony_reply_settime(struct bytes_reader *body)
{
    struct chrony_settime s;

    s.offset_s = chrony_field_read_float(body);
    s.frequency_change_ppm = chrony_field_read_float(body);
    s.frequency_ppm = chrony_field_read_float(body);
    return s;
}

void chrony_reply_name(struct bytes_reader *body, char out[CHRONY_NAME_LENGTH + 1])
{
    const uint8_t *bytes = bytes_take(body, CHRONY_NAME_LENGTH);
    size_t length = 0;

    for (; bytes && length < CHRONY_NAME_LENGTH && bytes[length]; length++) {
        out[length] = bytes[length] > ' ' && bytes[length] < 127 ? (char)bytes[length] : '?';
    }
    out[length] = '\0';
}
