/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of the fields of chrony's replies, and which list a kind of reply has. */
#include "wire/chrony_reply.h"

#define R(member) CHRONY_FIELD(union chrony_reply_body, member)
#define COUNT(member) CHRONY_FIELD_COUNTER(union chrony_reply_body, member)
#define ZERO(bytes) CHRONY_FIELD_FILL(ZERO, bytes)
#define RESERVED(bytes) CHRONY_FIELD_FILL(RESERVED, bytes)

static const struct chrony_field nothing[] = {ZERO(0)};
static const struct chrony_field sources[] = {R(sources)};

static const struct chrony_field source[] = {
    R(source.host),       R(source.poll),       R(source.stratum), R(source.state),
    R(source.mode),       R(source.flags),      R(source.reach),   R(source.since_sample_s),
    R(source.measured_s), R(source.adjusted_s), R(source.error_s)};

static const struct chrony_field tracking[] = {R(tracking.refid),
                                               R(tracking.host),
                                               R(tracking.stratum),
                                               R(tracking.leap),
                                               R(tracking.reference_time),
                                               R(tracking.correction_s),
                                               R(tracking.last_offset_s),
                                               R(tracking.rms_offset_s),
                                               R(tracking.frequency_ppm),
                                               R(tracking.residual_ppm),
                                               R(tracking.skew_ppm),
                                               R(tracking.root_delay_s),
                                               R(tracking.root_dispersion_s),
                                               R(tracking.interval_s)};

static const struct chrony_field sourcestats[] = {
    R(sourcestats.refid),         R(sourcestats.host),     R(sourcestats.samples),
    R(sourcestats.runs),          R(sourcestats.span_s),   R(sourcestats.deviation_s),
    R(sourcestats.residual_ppm),  R(sourcestats.skew_ppm), R(sourcestats.offset_s),
    R(sourcestats.offset_error_s)};

static const struct chrony_field rtc[] = {R(rtc.reference_time), R(rtc.samples), R(rtc.runs),
                                          R(rtc.span_s),         R(rtc.fast_s),  R(rtc.gain_ppm)};

static const struct chrony_field activity[] = {R(activity.online), R(activity.offline),
                                               R(activity.burst_online), R(activity.burst_offline),
                                               R(activity.unresolved)};

static const struct chrony_field smoothing[] = {
    R(smoothing.flags),      R(smoothing.offset_s),      R(smoothing.frequency_ppm),
    R(smoothing.wander_ppm), R(smoothing.last_update_s), R(smoothing.remaining_s)};

static const struct chrony_field server_stats[] = {
    COUNT(server_stats.ntp_received), COUNT(server_stats.command_received),
    COUNT(server_stats.ntp_dropped), COUNT(server_stats.command_dropped),
    COUNT(server_stats.log_dropped)};

static const struct chrony_field server_stats3[] = {
    COUNT(server_stats.ntp_received),     COUNT(server_stats.nke_accepted),
    COUNT(server_stats.command_received), COUNT(server_stats.ntp_dropped),
    COUNT(server_stats.nke_dropped),      COUNT(server_stats.command_dropped),
    COUNT(server_stats.log_dropped),      COUNT(server_stats.ntp_authenticated),
    COUNT(server_stats.ntp_interleaved),  COUNT(server_stats.stamps_held),
    COUNT(server_stats.stamps_span_s)};

static const struct chrony_field server_stats4[] = {
    R(server_stats.ntp_received),     R(server_stats.nke_accepted),
    R(server_stats.command_received), R(server_stats.ntp_dropped),
    R(server_stats.nke_dropped),      R(server_stats.command_dropped),
    R(server_stats.log_dropped),      R(server_stats.ntp_authenticated),
    R(server_stats.ntp_interleaved),  R(server_stats.stamps_held),
    R(server_stats.stamps_span_s),    R(server_stats.daemon_received),
    R(server_stats.daemon_sent),      R(server_stats.kernel_received),
    R(server_stats.kernel_sent),      R(server_stats.hardware_received),
    R(server_stats.hardware_sent),    RESERVED(32)};

#define NTP_DATA                                                                                   \
    R(ntp_data.remote), R(ntp_data.local), R(ntp_data.port), R(ntp_data.leap),                     \
        R(ntp_data.version), R(ntp_data.mode), R(ntp_data.stratum), R(ntp_data.poll),              \
        R(ntp_data.precision), R(ntp_data.root_delay_s), R(ntp_data.root_dispersion_s),            \
        R(ntp_data.refid), R(ntp_data.reference_time), R(ntp_data.offset_s), R(ntp_data.delay_s),  \
        R(ntp_data.dispersion_s), R(ntp_data.response_s), R(ntp_data.asymmetry),                   \
        R(ntp_data.flags), R(ntp_data.transmit_stamp), R(ntp_data.receive_stamp),                  \
        R(ntp_data.sent), R(ntp_data.received), R(ntp_data.valid), R(ntp_data.good)

static const struct chrony_field ntp_data[] = {NTP_DATA, RESERVED(12)};
static const struct chrony_field ntp_data2[] = {NTP_DATA,
                                                R(ntp_data.kernel_sent),
                                                R(ntp_data.kernel_received),
                                                R(ntp_data.hardware_sent),
                                                R(ntp_data.hardware_received),
                                                RESERVED(16)};

static const struct chrony_field settime[] = {R(settime.offset_s), R(settime.frequency_change_ppm),
                                              R(settime.frequency_ppm)};

static const struct chrony_field name[] = {R(name)};

static const struct chrony_field auth[] = {
    R(auth.mode),   R(auth.key_type), R(auth.key_id),        R(auth.key_bits), R(auth.attempts),
    R(auth.last_s), R(auth.cookies),  R(auth.cookie_length), R(auth.nak),      ZERO(2)};

static const struct chrony_field selected[] = {
    R(select.refid),         R(select.host),  R(select.state),      R(select.authenticated),
    R(select.leap),          ZERO(1),         R(select.configured), R(select.effective),
    R(select.last_sample_s), R(select.score), R(select.low_s),      R(select.high_s)};

/* ---- lists of structs ---- */

#undef R
#undef COUNT
#define R(member) CHRONY_FIELD(struct chrony_client, member)
#define COUNT(member) CHRONY_FIELD_COUNTER(struct chrony_client, member)

static const struct chrony_field client[] = {R(host),
                                             COUNT(ntp),
                                             COUNT(nke),
                                             COUNT(command),
                                             COUNT(ntp_dropped),
                                             COUNT(nke_dropped),
                                             COUNT(command_dropped),
                                             R(ntp_interval),
                                             R(nke_interval),
                                             R(command_interval),
                                             R(limited_interval),
                                             R(ntp_last_s),
                                             R(nke_last_s),
                                             R(command_last_s)};
static const struct chrony_field client_old[] = {R(host),
                                                 COUNT(ntp),
                                                 COUNT(command),
                                                 COUNT(ntp_dropped),
                                                 COUNT(command_dropped),
                                                 R(ntp_interval),
                                                 R(command_interval),
                                                 R(limited_interval),
                                                 ZERO(1),
                                                 R(ntp_last_s),
                                                 R(command_last_s)};

#undef R
#define R(member) CHRONY_FIELD(union chrony_reply_body, member)
static const struct chrony_field clients[] = {R(clients.indices), R(clients.next),
                                              R(clients.count)};

static const struct chrony_field manual[] = {R(manual.count)};
#undef R
#define R(member) CHRONY_FIELD(struct chrony_manual_sample, member)
static const struct chrony_field manual_sample[] = {R(when), R(slewed_s), R(original_s),
                                                    R(residual_s)};

/* ---- which list ---- */

#define COUNT_OF(list) (sizeof(list) / sizeof(list)[0])
#define PLAIN(list)                                                                                \
    {                                                                                              \
        .fields = list, .field_count = COUNT_OF(list)                                              \
    }
#define FIRST(number, list)                                                                        \
    {                                                                                              \
        .fields = list, .field_count = (number)                                                    \
    }
#define LIST(head, each, array, number)                                                            \
    {                                                                                              \
        .fields = head, .field_count = COUNT_OF(head), .item = each,                               \
        .item_field_count = COUNT_OF(each), .items = (number),                                     \
        .offset = offsetof(union chrony_reply_body, array),                                        \
        .stride = sizeof((union chrony_reply_body *)0)->array[0]                                   \
    }
#define CLIENTS(each) LIST(clients, each, clients.clients, CHRONY_CLIENTS_MAX)
#define SAMPLES LIST(manual, manual_sample, manual.samples, CHRONY_MANUAL_MAX)
#define CASE(name, number, layout)                                                                 \
    case CHRONY_REPLY_##name: return (struct chrony_layout)layout;

static struct chrony_layout layout_of(enum chrony_reply reply)
{
    switch (reply) {
        CHRONY_REPLY_LIST(CASE)
    case CHRONY_REPLIES: break;
    }
    return (struct chrony_layout){.field_count = 0};
}

size_t chrony_reply_length(unsigned reply)
{
    struct chrony_layout layout = layout_of((enum chrony_reply)reply);

    return layout.field_count > 0 ? CHRONY_REPLY_HEADER + chrony_field_length(&layout) : 0;
}

void chrony_reply_write(struct bytes_writer *w, enum chrony_reply reply,
                        const union chrony_reply_body *body)
{
    struct chrony_layout layout = layout_of(reply);

    chrony_field_write(w, &layout, body);
}

static uint32_t at_most(uint32_t count, uint32_t most)
{
    return count < most ? count : most;
}

void chrony_reply_read(struct bytes_reader *r, enum chrony_reply reply,
                       union chrony_reply_body *body)
{
    struct chrony_layout layout = layout_of(reply);

    chrony_field_read(r, &layout, body);
    if (reply == CHRONY_REPLY_MANUAL_LIST) {
        body->manual.count = at_most(body->manual.count, CHRONY_MANUAL_MAX);
    } else if (layout.items > 0) {
        body->clients.count = at_most(body->clients.count, CHRONY_CLIENTS_MAX);
    }
}
