/* SPDX-License-Identifier: BSD-2-Clause */
/* What chronyd answers, as structs: the asking end of its command protocol. Signs are those of the
 * wire. Each function reads a body from behind its header; `body.failed` afterwards: it was too
 * short. Pure. */
#ifndef TOKI_WIRE_CHRONY_REPLY_H
#define TOKI_WIRE_CHRONY_REPLY_H

#include "wire/chrony_packet.h"

struct chrony_tracking {
    uint32_t refid;
    struct chrony_host host;
    uint16_t stratum, leap;
    struct wall_time reference_time;
    double correction_s;  /* positive: our clock is slow */
    double last_offset_s; /* positive: our clock was fast */
    double rms_offset_s;
    double frequency_ppm; /* positive: fast */
    double residual_ppm, skew_ppm, root_delay_s, root_dispersion_s, interval_s;
};

struct chrony_source {
    struct chrony_host host;
    int16_t poll;
    uint16_t stratum, state, mode, flags, reach;
    uint32_t since_sample_s;
    double measured_s, adjusted_s, error_s; /* positive: our clock is fast */
};

struct chrony_sourcestats {
    uint32_t refid;
    struct chrony_host host;
    uint32_t samples, runs, span_s;
    double deviation_s, residual_ppm, skew_ppm, offset_s, offset_error_s;
};

struct chrony_activity {
    uint32_t online, offline, burst_online, burst_offline, unresolved;
};

struct chrony_ntp_data {
    struct chrony_host remote, local;
    uint16_t port;
    uint8_t leap, version, mode, stratum;
    int8_t poll, precision;
    double root_delay_s, root_dispersion_s;
    uint32_t refid;
    struct wall_time reference_time;
    double offset_s; /* positive: our clock is slow */
    double delay_s, dispersion_s, response_s, asymmetry;
    uint16_t flags;
    uint8_t transmit_stamp, receive_stamp; /* letters */
    uint32_t sent, received, valid, good;
    bool have_stamps; /* since 4.6 */
    uint32_t kernel_sent, kernel_received, hardware_sent, hardware_received;
};

struct chrony_select {
    uint32_t refid;
    struct chrony_host host;
    uint8_t state, authenticated, leap;
    uint16_t configured, effective;
    uint32_t last_sample_s;
    double score, low_s, high_s;
};

struct chrony_auth {
    uint16_t mode, key_type;
    uint32_t key_id;
    uint16_t key_bits, attempts;
    uint32_t last_s;
    uint16_t cookies, cookie_length, nak;
};

/* In the order in which they are shown. */
#define CHRONY_SERVER_STATS_MAX 17
struct chrony_server_stats {
    unsigned count; /* how many of them the daemon has */
    uint64_t values[CHRONY_SERVER_STATS_MAX];
};

struct chrony_client {
    struct chrony_host host;
    uint32_t ntp, nke, command, ntp_dropped, nke_dropped, command_dropped;
    int8_t ntp_interval, nke_interval, command_interval, limited_interval; /* log2 s; 127: none */
    uint32_t ntp_last_s, nke_last_s, command_last_s;
};
#define CHRONY_CLIENTS_MAX 8
struct chrony_clients {
    uint32_t indices, next, count;
    struct chrony_client clients[CHRONY_CLIENTS_MAX];
};

struct chrony_rtc {
    struct wall_time reference_time;
    uint16_t samples, runs;
    uint32_t span_s;
    double fast_s, gain_ppm;
};

struct chrony_smoothing {
    bool active, leap_only;
    double offset_s, frequency_ppm, wander_ppm, last_update_s, remaining_s;
};

#define CHRONY_MANUAL_MAX 16
struct chrony_manual {
    uint32_t count;
    struct {
        struct wall_time when;
        double slewed_s, original_s, residual_s;
    } samples[CHRONY_MANUAL_MAX];
};

struct chrony_settime {
    double offset_s, frequency_change_ppm, frequency_ppm;
};

struct chrony_tracking chrony_reply_tracking(struct bytes_reader *body);
struct chrony_source chrony_reply_source(struct bytes_reader *body);
struct chrony_sourcestats chrony_reply_sourcestats(struct bytes_reader *body);
struct chrony_activity chrony_reply_activity(struct bytes_reader *body);
struct chrony_select chrony_reply_select(struct bytes_reader *body);
struct chrony_auth chrony_reply_auth(struct bytes_reader *body);
struct chrony_clients chrony_reply_clients(struct bytes_reader *body);
struct chrony_rtc chrony_reply_rtc(struct bytes_reader *body);
struct chrony_smoothing chrony_reply_smoothing(struct bytes_reader *body);
struct chrony_manual chrony_reply_manual(struct bytes_reader *body);
struct chrony_settime chrony_reply_settime(struct bytes_reader *body);

/* `reply`: which of its layouts it is. */
struct chrony_ntp_data chrony_reply_ntp_data(struct bytes_reader *body, unsigned reply);
struct chrony_server_stats chrony_reply_server_stats(struct bytes_reader *body, unsigned reply);

/* The name, printable and ended. */
void chrony_reply_name(struct bytes_reader *body, char out[CHRONY_NAME_LENGTH + 1]);

#endif
