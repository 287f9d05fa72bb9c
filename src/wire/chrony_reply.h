/* SPDX-License-Identifier: BSD-2-Clause */
/* The replies of chrony's command protocol: one list of fields for each, by which the daemon writes
 * and our chronyc reads. Signs are those of the wire. Pure. */
#ifndef TOKI_WIRE_CHRONY_REPLY_H
#define TOKI_WIRE_CHRONY_REPLY_H

#include "wire/chrony_field.h"

#define CHRONY_REPLY_HEADER 28
#define CHRONY_REPLY_MAX 520
#define CHRONY_NEVER UINT32_MAX /* as "seconds ago" */

/* Name, number, fields: what a reply holds. Of the layouts that grew each chronyc gets the one that
 * it knows: server_stats that of 3.5, 4.0, 4.2 or 4.4, ntp_data that of 3.5 or 4.6. */
#define CHRONY_REPLY_LIST(X)                                                                       \
    X(NULL, 1, PLAIN(nothing))                                                                     \
    X(N_SOURCES, 2, PLAIN(sources))                                                                \
    X(SOURCE_DATA, 3, PLAIN(source))                                                               \
    X(TRACKING, 5, PLAIN(tracking))                                                                \
    X(SOURCESTATS, 6, PLAIN(sourcestats))                                                          \
    X(RTC, 7, PLAIN(rtc))                                                                          \
    X(ACTIVITY, 12, PLAIN(activity))                                                               \
    X(SMOOTHING, 13, PLAIN(smoothing))                                                             \
    X(SERVER_STATS, 14, PLAIN(server_stats))                                                       \
    X(CLIENT_ACCESSES_OLD, 15, CLIENTS(client_old))                                                \
    X(NTP_DATA, 16, PLAIN(ntp_data))                                                               \
    X(MANUAL_TIMESTAMP, 17, PLAIN(settime))                                                        \
    X(MANUAL_LIST, 18, SAMPLES)                                                                    \
    X(SOURCE_NAME, 19, PLAIN(name))                                                                \
    X(AUTH_DATA, 20, PLAIN(auth))                                                                  \
    X(CLIENT_ACCESSES, 21, CLIENTS(client))                                                        \
    X(SERVER_STATS2, 22, FIRST(8, server_stats3))                                                  \
    X(SELECT_DATA, 23, PLAIN(selected))                                                            \
    X(SERVER_STATS3, 24, PLAIN(server_stats3))                                                     \
    X(SERVER_STATS4, 25, PLAIN(server_stats4))                                                     \
    X(NTP_DATA2, 26, PLAIN(ntp_data2))

#define CHRONY_REPLY_OF(name, number, fields) CHRONY_REPLY_##name = (number),
enum chrony_reply { CHRONY_REPLY_LIST(CHRONY_REPLY_OF) CHRONY_REPLIES };
#undef CHRONY_REPLY_OF

/* How a source is in CHRONY_REPLY_SOURCE_DATA. */
enum chrony_source_state {
    CHRONY_STATE_SELECTED = 0,    /* * */
    CHRONY_STATE_UNUSABLE = 1,    /* ? */
    CHRONY_STATE_FALSETICKER = 2, /* x */
    CHRONY_STATE_JITTERY = 3,     /* ~ */
    CHRONY_STATE_COMBINED = 4,    /* + */
    CHRONY_STATE_NOT_COMBINED = 5 /* - */
};
enum chrony_source_mode { CHRONY_MODE_SERVER, CHRONY_MODE_PEER, CHRONY_MODE_REFCLOCK };

/* Options of a source in CHRONY_REPLY_SELECT_DATA, and the mask of CHRONY_SELECTOPTS. */
enum chrony_select_flags {
    CHRONY_SELECT_NOSELECT = 1,
    CHRONY_SELECT_PREFER = 2,
    CHRONY_SELECT_TRUST = 4,
    CHRONY_SELECT_REQUIRE = 8
};

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
    double deviation_s, residual_ppm, skew_ppm;
    double offset_s; /* positive: our clock is fast */
    double offset_error_s;
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
    uint32_t kernel_sent, kernel_received, hardware_sent, hardware_received; /* since 4.6 */
};

struct chrony_select {
    uint32_t refid;
    struct chrony_host host;
    uint8_t state, authenticated, leap;
    uint16_t configured, effective;
    uint32_t last_sample_s;
    double score;
    double low_s, high_s; /* ends of its interval; positive: our clock is fast */
};

struct chrony_auth {
    uint16_t mode, key_type;
    uint32_t key_id;
    uint16_t key_bits, attempts;
    uint32_t last_s;
    uint16_t cookies, cookie_length, nak;
};

/* Older layouts have the first of them, or some: the others are 0. */
struct chrony_server_stats {
    uint64_t ntp_received, nke_accepted, command_received;
    uint64_t ntp_dropped, nke_dropped, command_dropped, log_dropped;
    uint64_t ntp_authenticated, ntp_interleaved, stamps_held, stamps_span_s;
    uint64_t daemon_received, daemon_sent, kernel_received, kernel_sent;
    uint64_t hardware_received, hardware_sent;
};

struct chrony_client {
    struct chrony_host host;
    uint64_t ntp, nke, command, ntp_dropped, nke_dropped, command_dropped;
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
    uint32_t flags; /* 1: active, 2: for leap seconds alone */
    double offset_s, frequency_ppm, wander_ppm, last_update_s, remaining_s;
};

#define CHRONY_MANUAL_MAX 16
struct chrony_manual_sample {
    struct wall_time when;
    double slewed_s, original_s, residual_s;
};
struct chrony_manual {
    uint32_t count;
    struct chrony_manual_sample samples[CHRONY_MANUAL_MAX];
};

struct chrony_settime {
    double offset_s, frequency_change_ppm, frequency_ppm;
};

/* The body of a reply; which member holds follows from its kind. */
union chrony_reply_body {
    uint32_t sources; /* how many there are */
    struct chrony_source source;
    struct chrony_tracking tracking;
    struct chrony_sourcestats sourcestats;
    struct chrony_rtc rtc;
    struct chrony_activity activity;
    struct chrony_smoothing smoothing;
    struct chrony_server_stats server_stats;
    struct chrony_clients clients;
    struct chrony_ntp_data ntp_data;
    struct chrony_settime settime;
    struct chrony_manual manual;
    char name[CHRONY_NAME_LENGTH + 1];
    struct chrony_auth auth;
    struct chrony_select select;
};

/* Bytes of a whole reply of this kind; 0: there is none. */
size_t chrony_reply_length(unsigned reply);

/* The body behind the header. Reading: r->failed if it is too short; counts of lists are cut to
 * what the list holds. */
void chrony_reply_write(struct bytes_writer *w, enum chrony_reply reply,
                        const union chrony_reply_body *body);
void chrony_reply_read(struct bytes_reader *r, enum chrony_reply reply,
                       union chrony_reply_body *body);

#endif
