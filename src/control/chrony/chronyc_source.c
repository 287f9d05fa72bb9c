/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports of chrony's protocol on sources; see the header. Estimates are those of the source's own
 * filter, as `toki sources` shows them; samples, runs and span are of the samples that it keeps. */
#include "control/chrony/chronyc_source.h"

#include <math.h>

#include "core/packet.h"
#include "wire/chrony_words.h"

#define PPM 1e6
#define RESERVED UINT32_MAX
/* Of a source without samples: as chronyd says it. */
#define EMPTY_DEVIATION_S 4.0
#define EMPTY_SKEW_PPM 2000.0

static void put_float(struct chronyc_exchange *x, double value)
{
    chrony_field_write_float(&x->out, isfinite(value) ? value : 0);
}

static uint32_t whole_seconds(double s)
{
    return isfinite(s) && s < (double)UINT32_MAX ? (uint32_t)fmax(s, 0) : CHRONY_NEVER;
}

/* ---- which source ---- */

static bool has_address(const struct report_source *s)
{
    return s->kind == SOURCE_REFCLOCK || s->remote.family != ADDRESS_NONE;
}

/* Its report, by the number that the protocol counts with; NULL: there are fewer. */
static const struct report_source *fill_number(struct report *report, uint32_t number)
{
    uint32_t at = 0;

    for (unsigned turn = 0; turn < 2; turn++) {
        for (unsigned i = 0; i < report->source_count; i++) {
            if (has_address(&report->sources[i]) == (turn == 0) && at++ == number) {
                report_fill_source(report, i);
                return &report->sources[i];
            }
        }
    }
    return NULL;
}

/* Numbers of sources without an address are never 0. */
static uint32_t source_id(const struct report_source *s)
{
    return s->slot + 1u;
}

const struct report_source *chronyc_source_find(struct report *report,
                                                const struct chrony_host *host)
{
    bool numeric = host->family == CHRONY_FAMILY_V4 || host->family == CHRONY_FAMILY_V6;

    for (unsigned i = 0; i < report->source_count; i++) {
        const struct report_source *s = &report->sources[i];

        if (s->kind == SOURCE_REFCLOCK) {
            continue;
        }
        /* a scope is no part of an address here */
        if (has_address(s)
                ? numeric && address_in_prefix(&s->remote, &host->address,
                                               host->family == CHRONY_FAMILY_V4 ? 32 : 128)
                : host->family == CHRONY_FAMILY_ID && host->id == source_id(s)) {
            report_fill_source(report, i);
            return s;
        }
    }
    return NULL;
}

/* Address and number: what names a source in all replies but SOURCE_DATA. */
static void put_names(struct chronyc_exchange *x, const struct report_source *s)
{
    struct chrony_host host = chrony_field_host(&s->remote);
    uint32_t refid = address_refid(&s->remote);

    if (s->kind == SOURCE_REFCLOCK) {
        host.family = CHRONY_FAMILY_NONE;
        refid = s->spec->refclock_refid;
    } else if (!has_address(s)) {
        host = (struct chrony_host){.family = CHRONY_FAMILY_ID, .id = source_id(s)};
    }
    bytes_write_u32(&x->out, refid);
    chrony_field_write_host(&x->out, &host);
}

/* The source of the number that the request asks for. */
static const struct report_source *read_number(struct chronyc_exchange *x)
{
    return fill_number(x->report, bytes_read_u32(&x->body));
}

/* The source of the address that the request asks for. */
static const struct report_source *read_address(struct chronyc_exchange *x)
{
    struct chrony_host host = chrony_field_read_host(&x->body);

    return chronyc_source_find(x->report, &host);
}

/* ---- sources ---- */

enum chrony_status chronyc_source_count(struct chronyc_exchange *x)
{
    x->reply = CHRONY_REPLY_N_SOURCES;
    bytes_write_u32(&x->out, x->report->source_count);
    return CHRONY_SUCCESS;
}

static void put_last_sample(struct chronyc_exchange *x, const struct report_source *s)
{
    if (s->samples == 0) {
        bytes_write_u32(&x->out, CHRONY_NEVER);
        chrony_field_pad(&x->out, 12);
        return;
    }
    bytes_write_u32(&x->out, whole_seconds(s->last_sample_age_s));
    put_float(x, -s->last_clock_offset_s);
    put_float(x, -s->last_offset_s);
    put_float(x, (s->last.root_delay_s + s->last.delay_s) / 2 + s->last.root_dispersion_s +
                     s->last.dispersion_s);
}

enum chrony_status chronyc_source_data(struct chronyc_exchange *x)
{
    const struct report_source *s = read_number(x);
    struct chrony_host host;
    bool refclock;

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    refclock = s->kind == SOURCE_REFCLOCK;
    host = chrony_field_host(&s->remote);
    if (refclock) { /* its letters in place of an address */
        struct bytes_writer letters = bytes_writer(host.address.bytes, sizeof host.address.bytes);

        host.family = CHRONY_FAMILY_V4;
        bytes_write_u32(&letters, s->spec->refclock_refid);
    } else if (s->remote.family == ADDRESS_NONE) {
        host = (struct chrony_host){.family = CHRONY_FAMILY_ID, .id = source_id(s)};
    }
    x->reply = CHRONY_REPLY_SOURCE_DATA;
    chrony_field_write_host(&x->out, &host);
    bytes_write_u16(&x->out, (uint16_t)s->poll);
    bytes_write_u16(&x->out, refclock         ? (uint16_t)s->spec->refclock_stratum
                             : s->samples > 0 ? s->last.stratum
                                              : s->stratum);
    bytes_write_u16(&x->out, chrony_words_source_state(s->status));
    bytes_write_u16(&x->out, chrony_words_source_mode(s->kind));
    bytes_write_u16(&x->out, 0);
    bytes_write_u16(&x->out, s->reach);
    put_last_sample(x, s);
    return CHRONY_SUCCESS;
}

/* ---- sourcestats ---- */

enum chrony_status chronyc_source_statistics(struct chronyc_exchange *x)
{
    const struct report_source *s = read_number(x);

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    x->reply = CHRONY_REPLY_SOURCESTATS;
    put_names(x, s);
    if (s->samples == 0) {
        chrony_field_pad(&x->out, 12);
        put_float(x, EMPTY_DEVIATION_S);
        put_float(x, 0);
        put_float(x, EMPTY_SKEW_PPM);
        chrony_field_pad(&x->out, 8);
        return CHRONY_SUCCESS;
    }
    bytes_write_u32(&x->out, s->samples);
    bytes_write_u32(&x->out, s->runs);
    bytes_write_u32(&x->out, whole_seconds(round(s->span_s)));
    put_float(x, s->jitter_s);
    put_float(x, -(s->frequency - x->report->clock.drift) * PPM);
    put_float(x, CHRONY_SKEW_DEVIATIONS * s->frequency_sd * PPM);
    put_float(x, -s->offset_s);
    put_float(x, s->root_distance_s);
    return CHRONY_SUCCESS;
}

/* ---- selectdata ---- */

/* How near a source is, by its root distance: 1 the selected one, 2 one that is twice as near. */
static double source_score(struct report *report, const struct report_source *s)
{
    int selected = report->clock.selected;

    if (selected < 0 || !(s->root_distance_s > 0)) {
        return 1;
    }
    report_fill_source(report, (unsigned)selected);
    return report->sources[selected].root_distance_s / s->root_distance_s;
}

enum chrony_status chronyc_source_selection(struct chronyc_exchange *x)
{
    const struct report_source *s = read_number(x);
    bool measured;

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    measured = s->samples > 0;
    x->reply = CHRONY_REPLY_SELECT_DATA;
    put_names(x, s);
    bytes_write_u8(&x->out, (uint8_t)s->chrony_state);
    bytes_write_u8(&x->out, s->key != 0);
    bytes_write_u8(&x->out, measured ? s->last.leap : LEAP_UNSYNCHRONISED);
    bytes_write_u8(&x->out, 0);
    bytes_write_u16(&x->out, (uint16_t)chrony_words_select(s->spec));
    bytes_write_u16(&x->out, (uint16_t)chrony_words_select(s->spec));
    bytes_write_u32(&x->out, measured ? whole_seconds(s->last_sample_age_s) : 0);
    put_float(x, source_score(x->report, s));
    put_float(x, measured ? -s->offset_s - s->root_distance_s : 0);
    put_float(x, measured ? -s->offset_s + s->root_distance_s : 0);
    return CHRONY_SUCCESS;
}

/* ---- ntpdata ---- */

/* Answers that were found to be to our requests and of the right server. */
static uint32_t valid_answers(const struct report_source *s)
{
    uint32_t strange = s->verdicts[REPLY_UNEXPECTED] + s->verdicts[REPLY_MALFORMED] +
                       s->verdicts[REPLY_MODE] + s->verdicts[REPLY_VERSION] +
                       s->verdicts[REPLY_ORIGIN] + s->verdicts[REPLY_AUTH] +
                       s->verdicts[REPLY_RESTRICTED];

    return s->received - strange;
}

static void put_last_packet(struct chronyc_exchange *x, const struct report_source *s)
{
    bytes_write_u8(&x->out, s->leap);
    bytes_write_u8(&x->out, s->version);
    bytes_write_u8(&x->out, s->mode);
    bytes_write_u8(&x->out, s->stratum);
    bytes_write_u8(&x->out, (uint8_t)s->server_poll);
    bytes_write_u8(&x->out, (uint8_t)s->precision);
    put_float(x, s->root_delay_s);
    put_float(x, s->root_dispersion_s);
    bytes_write_u32(&x->out, s->refid_number);
    chrony_field_write_time(&x->out, s->reference_time);
}

static void put_packet_counters(struct chronyc_exchange *x, const struct report_source *s)
{
    unsigned reserved = x->reply == CHRONY_REPLY_NTP_DATA2 ? 4 : 3;

    bytes_write_u32(&x->out, s->sent);
    bytes_write_u32(&x->out, s->received);
    bytes_write_u32(&x->out, valid_answers(s));
    bytes_write_u32(&x->out, s->verdicts[REPLY_ACCEPTED]);
    if (x->reply == CHRONY_REPLY_NTP_DATA2) {
        bytes_write_u32(&x->out, s->kernel_sent);
        bytes_write_u32(&x->out, s->kernel_received);
        bytes_write_u32(&x->out, 0); /* stamps of network cards are not used */
        bytes_write_u32(&x->out, 0);
    }
    for (unsigned i = 0; i < reserved; i++) {
        bytes_write_u32(&x->out, RESERVED);
    }
}

enum chrony_status chronyc_source_packets(struct chronyc_exchange *x)
{
    const struct report_source *s = read_address(x);
    struct chrony_host remote, local;
    uint16_t flags;

    if (!s || s->remote.family == ADDRESS_NONE) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    x->reply = x->length >= chrony_packet_reply_length(CHRONY_REPLY_NTP_DATA2)
                   ? CHRONY_REPLY_NTP_DATA2
                   : CHRONY_REPLY_NTP_DATA;
    remote = chrony_field_host(&s->remote);
    local = chrony_field_host(&s->local);
    chrony_field_write_host(&x->out, &remote);
    chrony_field_write_host(&x->out, &local);
    bytes_write_u16(&x->out, s->remote.port);
    put_last_packet(x, s);
    put_float(x, s->last_clock_offset_s);
    put_float(x, s->last.delay_s);
    put_float(x, s->last.dispersion_s);
    put_float(x, s->turnaround_s);
    put_float(x, fmax(-0.5, fmin(-s->slope, 0.5)));
    flags = s->chrony_tests;
    flags |= s->interleaved ? CHRONY_FLAG_INTERLEAVED : 0;
    flags |= s->key != 0 && s->verdicts[REPLY_ACCEPTED] > 0 ? CHRONY_FLAG_AUTHENTICATED : 0;
    bytes_write_u16(&x->out, flags);
    bytes_write_u8(&x->out, (uint8_t)chrony_words_stamp_letter(s->transmit_stamp));
    bytes_write_u8(&x->out, (uint8_t)chrony_words_stamp_letter(s->receive_stamp));
    put_packet_counters(x, s);
    return CHRONY_SUCCESS;
}

/* ---- authdata ---- */

enum chrony_status chronyc_source_authentication(struct chronyc_exchange *x)
{
    const struct report_source *s = read_address(x);

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    x->reply = CHRONY_REPLY_AUTH_DATA;
    bytes_write_u16(&x->out, s->key != 0 ? CHRONY_AUTH_SYMMETRIC : CHRONY_AUTH_NONE);
    bytes_write_u16(&x->out, (uint16_t)chrony_words_key_type(s->key_algorithm));
    bytes_write_u32(&x->out, s->key);
    bytes_write_u16(&x->out, s->key_bits);
    bytes_write_u16(&x->out, 0); /* attempts to exchange keys: there is no NTS */
    bytes_write_u32(&x->out, CHRONY_NEVER);
    chrony_field_pad(&x->out, 8);
    return CHRONY_SUCCESS;
}

/* ---- sourcename ---- */

enum chrony_status chronyc_source_name(struct chronyc_exchange *x)
{
    const struct report_source *s = read_address(x);
    size_t length;

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    x->reply = CHRONY_REPLY_SOURCE_NAME;
    length = strnlen(s->spec->name, CHRONY_NAME_LENGTH - 1);
    bytes_put(&x->out, s->spec->name, length);
    chrony_field_pad(&x->out, CHRONY_NAME_LENGTH - length);
    return CHRONY_SUCCESS;
}
