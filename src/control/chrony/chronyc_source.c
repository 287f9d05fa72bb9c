/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources, their statistics, selection, packets and keys, as chronyc asks for them. Estimates
 * are those of the source's own filter, as `toki sources` shows them; samples, runs and span are
 * of the samples that it keeps. */
#include "control/chrony/chronyc_source.h"

#include <math.h>
#include <string.h>

#include "core/packet.h"
#include "wire/chrony_words.h"

#define PPM 1e6
/* Of a source without samples: as chronyd says it. */
#define EMPTY_DEVIATION_S 4.0
#define EMPTY_SKEW_PPM 2000.0

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

/* What names a source in all replies but SOURCE_DATA. */
static struct chrony_host source_host(const struct report_source *s)
{
    if (s->kind == SOURCE_REFCLOCK) {
        return (struct chrony_host){.family = CHRONY_FAMILY_NONE};
    }
    return has_address(s) ? chrony_field_host(&s->remote)
                          : (struct chrony_host){.family = CHRONY_FAMILY_ID, .id = source_id(s)};
}

static uint32_t source_refid(const struct report_source *s)
{
    return s->kind == SOURCE_REFCLOCK ? s->spec->refclock_refid : address_refid(&s->remote);
}

/* The source of the number that the request asks for. */
static const struct report_source *asked_number(const struct chronyc_exchange *x)
{
    return fill_number(x->report, x->request->number);
}

/* The source of the address that the request asks for. */
static const struct report_source *asked_address(const struct chronyc_exchange *x)
{
    return chronyc_source_find(x->report, &x->request->host);
}

/* ---- sources ---- */

enum chrony_status chronyc_source_count(struct chronyc_exchange *x)
{
    x->reply = CHRONY_REPLY_N_SOURCES;
    x->out.sources = x->report->source_count;
    return CHRONY_SUCCESS;
}

enum chrony_status chronyc_source_data(struct chronyc_exchange *x)
{
    const struct report_source *s = asked_number(x);
    struct chrony_source *out = &x->out.source;
    bool refclock = s && s->kind == SOURCE_REFCLOCK;

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    x->reply = CHRONY_REPLY_SOURCE_DATA;
    *out = (struct chrony_source){.host = source_host(s),
                                  .poll = (int16_t)s->poll,
                                  .stratum = refclock         ? (uint16_t)s->spec->refclock_stratum
                                             : s->samples > 0 ? s->last.stratum
                                                              : s->stratum,
                                  .state = chrony_words_source_state(s->status),
                                  .mode = chrony_words_source_mode(s->kind),
                                  .reach = s->reach,
                                  .since_sample_s = CHRONY_NEVER};
    if (refclock) { /* its letters in place of an address */
        struct bytes_writer letters =
            bytes_writer(out->host.address.bytes, sizeof out->host.address.bytes);

        out->host.family = CHRONY_FAMILY_V4;
        bytes_write_u32(&letters, s->spec->refclock_refid);
    }
    if (s->samples > 0) {
        out->since_sample_s = whole_seconds(s->last_sample_age_s);
        out->measured_s = -s->last_clock_offset_s;
        out->adjusted_s = -s->last_offset_s;
        out->error_s = (s->last.root_delay_s + s->last.delay_s) / 2 + s->last.root_dispersion_s +
                       s->last.dispersion_s;
    }
    return CHRONY_SUCCESS;
}

/* ---- sourcestats ---- */

enum chrony_status chronyc_source_statistics(struct chronyc_exchange *x)
{
    const struct report_source *s = asked_number(x);
    struct chrony_sourcestats *out = &x->out.sourcestats;

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    x->reply = CHRONY_REPLY_SOURCESTATS;
    *out = (struct chrony_sourcestats){.refid = source_refid(s),
                                       .host = source_host(s),
                                       .samples = s->samples,
                                       .deviation_s = EMPTY_DEVIATION_S,
                                       .skew_ppm = EMPTY_SKEW_PPM};
    if (s->samples > 0) {
        out->runs = s->runs;
        out->span_s = whole_seconds(round(s->span_s));
        out->deviation_s = s->jitter_s;
        out->residual_ppm = -(s->frequency - x->report->clock.drift) * PPM;
        out->skew_ppm = CHRONY_SKEW_DEVIATIONS * s->frequency_sd * PPM;
        out->offset_s = -s->offset_s;
        out->offset_error_s = s->root_distance_s;
    }
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
    const struct report_source *s = asked_number(x);
    bool measured = s && s->samples > 0;

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    x->reply = CHRONY_REPLY_SELECT_DATA;
    x->out.select =
        (struct chrony_select){.refid = source_refid(s),
                               .host = source_host(s),
                               .state = (uint8_t)s->chrony_state,
                               .authenticated = s->key != 0,
                               .leap = measured ? s->last.leap : LEAP_UNSYNCHRONISED,
                               .configured = (uint16_t)chrony_words_select_configured(s->spec),
                               .effective = (uint16_t)chrony_words_select(s->spec),
                               .last_sample_s = measured ? whole_seconds(s->last_sample_age_s) : 0,
                               .score = source_score(x->report, s),
                               .low_s = measured ? -s->offset_s - s->root_distance_s : 0,
                               .high_s = measured ? -s->offset_s + s->root_distance_s : 0};
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

enum chrony_status chronyc_source_packets(struct chronyc_exchange *x)
{
    const struct report_source *s = asked_address(x);

    if (!s || s->remote.family == ADDRESS_NONE) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    x->reply = x->length >= chrony_reply_length(CHRONY_REPLY_NTP_DATA2) ? CHRONY_REPLY_NTP_DATA2
                                                                        : CHRONY_REPLY_NTP_DATA;
    x->out.ntp_data = (struct chrony_ntp_data){
        .remote = chrony_field_host(&s->remote),
        .local = chrony_field_host(&s->local),
        .port = s->remote.port,
        .leap = s->leap,
        .version = s->version,
        .mode = s->mode,
        .stratum = s->stratum,
        .poll = s->server_poll,
        .precision = s->precision,
        .root_delay_s = s->root_delay_s,
        .root_dispersion_s = s->root_dispersion_s,
        .refid = s->refid_number,
        .reference_time = s->reference_time,
        .offset_s = s->last_clock_offset_s,
        .delay_s = s->last.delay_s,
        .dispersion_s = s->last.dispersion_s,
        .response_s = s->turnaround_s,
        .asymmetry = fmax(-0.5, fmin(-s->slope, 0.5)),
        .flags = s->chrony_tests,
        .transmit_stamp = (uint8_t)chrony_words_stamp_letter(s->transmit_stamp),
        .receive_stamp = (uint8_t)chrony_words_stamp_letter(s->receive_stamp),
        .sent = s->sent,
        .received = s->received,
        .valid = valid_answers(s),
        .good = s->verdicts[REPLY_ACCEPTED],
        .kernel_sent = s->kernel_sent, /* stamps of network cards are not used */
        .kernel_received = s->kernel_received};
    if (s->interleaved) {
        x->out.ntp_data.flags |= CHRONY_FLAG_INTERLEAVED;
    }
    if (s->key != 0 && s->verdicts[REPLY_ACCEPTED] > 0) {
        x->out.ntp_data.flags |= CHRONY_FLAG_AUTHENTICATED;
    }
    return CHRONY_SUCCESS;
}

/* ---- authdata ---- */

/* There is no NTS: no attempts to exchange keys, no cookies. */
enum chrony_status chronyc_source_authentication(struct chronyc_exchange *x)
{
    const struct report_source *s = asked_address(x);

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    x->reply = CHRONY_REPLY_AUTH_DATA;
    x->out.auth =
        (struct chrony_auth){.mode = s->key != 0 ? CHRONY_AUTH_SYMMETRIC : CHRONY_AUTH_NONE,
                             .key_type = (uint16_t)chrony_words_key_type(s->key_algorithm),
                             .key_id = s->key,
                             .key_bits = s->key_bits,
                             .last_s = CHRONY_NEVER};
    return CHRONY_SUCCESS;
}

/* ---- sourcename ---- */

enum chrony_status chronyc_source_name(struct chronyc_exchange *x)
{
    const struct report_source *s = asked_address(x);

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    x->reply = CHRONY_REPLY_SOURCE_NAME;
    memcpy(x->out.name, s->spec->name, strnlen(s->spec->name, CHRONY_NAME_LENGTH - 1));
    return CHRONY_SUCCESS;
}
