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

static bool has_address(const struct engine *e, const struct report_source *s)
{
    return s->kind == SOURCE_REFCLOCK || e->sources[s->slot].address.family != ADDRESS_NONE;
}

/* Its report, by the number that the protocol counts with; NULL: there are fewer. */
static const struct report_source *find_number(const struct report *report, uint32_t number)
{
    uint32_t at = 0;

    for (unsigned turn = 0; turn < 2; turn++) {
        for (unsigned i = 0; i < report->source_count; i++) {
            const struct report_source *s = &report->sources[i];

            if (has_address(report->input.engine, s) == (turn == 0) && at++ == number) {
                return s;
            }
        }
    }
    return NULL;
}

/* Numbers of sources without an address are never 0. */
static uint32_t source_id(const struct engine *e, const struct source *s)
{
    return (uint32_t)(s - e->sources) + 1;
}

const struct source *chronyc_source_find(const struct engine *e, const struct chrony_host *host)
{
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &e->sources[i];
        bool resolved = s->address.family != ADDRESS_NONE;

        if (s->status == SOURCE_UNUSED || s->config.kind == SOURCE_REFCLOCK) {
            continue;
        }
        /* a scope is no part of an address here */
        if (resolved ? (host->family == CHRONY_FAMILY_V4 || host->family == CHRONY_FAMILY_V6) &&
                           address_in_prefix(&s->address, &host->address,
                                             host->family == CHRONY_FAMILY_V4 ? 32 : 128)
                     : host->family == CHRONY_FAMILY_ID && host->id == source_id(e, s)) {
            return s;
        }
    }
    return NULL;
}

/* Address and number: what names a source in all replies but SOURCE_DATA. */
static void put_names(struct chronyc_exchange *x, const struct source *s)
{
    const struct engine *e = x->report->input.engine;
    struct chrony_host host = chrony_field_host(&s->address);
    uint32_t refid = address_refid(&s->address);

    if (s->config.kind == SOURCE_REFCLOCK) {
        host.family = CHRONY_FAMILY_NONE;
        refid = s->config.refclock_refid;
    } else if (s->address.family == ADDRESS_NONE) {
        host = (struct chrony_host){.family = CHRONY_FAMILY_ID, .id = source_id(e, s)};
    }
    bytes_write_u32(&x->out, refid);
    chrony_field_write_host(&x->out, &host);
}

/* The source of the number that the request asks for. */
static const struct report_source *read_number(struct chronyc_exchange *x)
{
    return find_number(x->report, bytes_read_u32(&x->body));
}

/* The source of the address that the request asks for. */
static const struct source *read_address(struct chronyc_exchange *x)
{
    struct chrony_host host = chrony_field_read_host(&x->body);

    return chronyc_source_find(x->report->input.engine, &host);
}

/* ---- sources ---- */

enum chrony_status chronyc_source_count(struct chronyc_exchange *x)
{
    x->reply = CHRONY_REPLY_N_SOURCES;
    bytes_write_u32(&x->out, x->report->source_count);
    return CHRONY_SUCCESS;
}

/* What the last sample says of the clock as it is now: less what was corrected since. */
static double last_offset_now(const struct engine *e, const struct source *s, struct instant now)
{
    struct free_time free = timeline_free(&e->timeline, now.mono);
    double age_s = s_from_ns(ns_subtract(free.ns, s->last.at.ns));

    return timeline_clock_offset(&e->timeline, now.mono,
                                 s->last.offset_s + age_s * e->discipline.drift);
}

static void put_last_sample(struct chronyc_exchange *x, const struct source *s, double age_s)
{
    const struct report_input *input = &x->report->input;

    if (s->filter.count == 0) {
        bytes_write_u32(&x->out, CHRONY_NEVER);
        chrony_field_pad(&x->out, 12);
        return;
    }
    bytes_write_u32(&x->out, whole_seconds(age_s));
    put_float(x, -s->last_clock_offset_s);
    put_float(x, -last_offset_now(input->engine, s, input->now));
    put_float(x, (s->last.root_delay_s + s->last.delay_s) / 2 + s->last.root_dispersion_s +
                     s->last.dispersion_s);
}

enum chrony_status chronyc_source_data(struct chronyc_exchange *x)
{
    const struct engine *e = x->report->input.engine;
    const struct report_source *report = read_number(x);
    const struct source *s = report ? &e->sources[report->slot] : NULL;
    struct chrony_host host;
    bool refclock;

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    refclock = s->config.kind == SOURCE_REFCLOCK;
    host = chrony_field_host(&s->address);
    if (refclock) { /* its letters in place of an address */
        struct bytes_writer letters = bytes_writer(host.address.bytes, sizeof host.address.bytes);

        host.family = CHRONY_FAMILY_V4;
        bytes_write_u32(&letters, s->config.refclock_refid);
    } else if (s->address.family == ADDRESS_NONE) {
        host = (struct chrony_host){.family = CHRONY_FAMILY_ID, .id = source_id(e, s)};
    }
    x->reply = CHRONY_REPLY_SOURCE_DATA;
    chrony_field_write_host(&x->out, &host);
    bytes_write_u16(&x->out, (uint16_t)s->poll);
    bytes_write_u16(&x->out, refclock              ? (uint16_t)s->config.refclock_stratum
                             : s->filter.count > 0 ? s->last.stratum
                                                   : s->stratum);
    bytes_write_u16(&x->out, chrony_words_source_state(s));
    bytes_write_u16(&x->out, chrony_words_source_mode(s->config.kind));
    bytes_write_u16(&x->out, 0);
    bytes_write_u16(&x->out, s->reach);
    put_last_sample(x, s, report->last_sample_age_s);
    return CHRONY_SUCCESS;
}

/* ---- sourcestats ---- */

/* Runs of samples on the same side of the line that the filter draws now. */
static unsigned count_runs(const struct source *s, const struct estimate *line)
{
    unsigned runs = 0;
    bool above = false;

    for (unsigned i = 0; i < s->filter.count; i++) {
        const struct sample *sample = filter_sample(&s->filter, i);
        double age_s = s_from_ns(ns_subtract(line->at.ns, sample->at.ns));
        bool now_above = sample->offset_s > line->offset_s - age_s * line->rate;

        runs += i == 0 || now_above != above;
        above = now_above;
    }
    return runs;
}

enum chrony_status chronyc_source_statistics(struct chronyc_exchange *x)
{
    const struct report_input *input = &x->report->input;
    const struct report_source *report = read_number(x);
    const struct source *s = report ? &input->engine->sources[report->slot] : NULL;
    struct estimate line;
    int64_t span_ns;

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    x->reply = CHRONY_REPLY_SOURCESTATS;
    put_names(x, s);
    if (s->filter.count == 0) {
        chrony_field_pad(&x->out, 12);
        put_float(x, EMPTY_DEVIATION_S);
        put_float(x, 0);
        put_float(x, EMPTY_SKEW_PPM);
        chrony_field_pad(&x->out, 8);
        return CHRONY_SUCCESS;
    }
    line = filter_estimate(&s->filter, timeline_free(&input->engine->timeline, input->now.mono));
    span_ns = ns_subtract(filter_sample(&s->filter, 0)->at.ns,
                          filter_sample(&s->filter, s->filter.count - 1)->at.ns);
    bytes_write_u32(&x->out, s->filter.count);
    bytes_write_u32(&x->out, count_runs(s, &line));
    bytes_write_u32(&x->out, whole_seconds(round(s_from_ns(span_ns))));
    put_float(x, s->filter.jitter_s);
    put_float(x, -(line.rate - input->engine->discipline.drift) * PPM);
    put_float(x, CHRONY_SKEW_DEVIATIONS * line.rate_sd * PPM);
    put_float(x, -report->offset_s);
    put_float(x, report->root_distance_s);
    return CHRONY_SUCCESS;
}

/* ---- selectdata ---- */

/* How near a source is, by its root distance: 1 the selected one, 2 one that is twice as near. */
static double source_score(const struct report *report, const struct report_source *s)
{
    int selected = report->clock.selected;

    return selected < 0 || !(s->root_distance_s > 0)
               ? 1
               : report->sources[selected].root_distance_s / s->root_distance_s;
}

enum chrony_status chronyc_source_selection(struct chronyc_exchange *x)
{
    const struct engine *e = x->report->input.engine;
    const struct report_source *report = read_number(x);
    const struct source *s = report ? &e->sources[report->slot] : NULL;
    bool measured;

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    measured = s->filter.count > 0;
    x->reply = CHRONY_REPLY_SELECT_DATA;
    put_names(x, s);
    bytes_write_u8(&x->out, (uint8_t)chrony_words_state(e, s));
    bytes_write_u8(&x->out, s->config.key_id != 0);
    bytes_write_u8(&x->out, measured ? s->last.leap : LEAP_UNSYNCHRONISED);
    bytes_write_u8(&x->out, 0);
    bytes_write_u16(&x->out, (uint16_t)chrony_words_select(&s->config));
    bytes_write_u16(&x->out, (uint16_t)chrony_words_select(&s->config));
    bytes_write_u32(&x->out, measured ? whole_seconds(report->last_sample_age_s) : 0);
    put_float(x, source_score(x->report, report));
    put_float(x, measured ? -report->offset_s - report->root_distance_s : 0);
    put_float(x, measured ? -report->offset_s + report->root_distance_s : 0);
    return CHRONY_SUCCESS;
}

/* ---- ntpdata ---- */

/* Answers that were found to be to our requests and of the right server. */
static uint32_t valid_answers(const struct source *s)
{
    uint32_t strange = s->verdicts[REPLY_UNEXPECTED] + s->verdicts[REPLY_MALFORMED] +
                       s->verdicts[REPLY_MODE] + s->verdicts[REPLY_VERSION] +
                       s->verdicts[REPLY_ORIGIN] + s->verdicts[REPLY_AUTH] +
                       s->verdicts[REPLY_RESTRICTED];

    return s->received - strange;
}

static void put_last_packet(struct chronyc_exchange *x, const struct source *s)
{
    bytes_write_u8(&x->out, s->leap);
    bytes_write_u8(&x->out, s->version);
    bytes_write_u8(&x->out, s->mode);
    bytes_write_u8(&x->out, s->stratum);
    bytes_write_u8(&x->out, (uint8_t)s->server_poll);
    bytes_write_u8(&x->out, (uint8_t)s->precision);
    put_float(x, s->root_delay_s);
    put_float(x, s->root_dispersion_s);
    bytes_write_u32(&x->out, s->refid);
    chrony_field_write_time(&x->out, s->reference_time);
}

static void put_packet_counters(struct chronyc_exchange *x, const struct source *s)
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
    const struct source *s = read_address(x);
    struct chrony_host remote, local;
    uint16_t flags;

    if (!s || s->address.family == ADDRESS_NONE) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    x->reply = x->length >= chrony_packet_reply_length(CHRONY_REPLY_NTP_DATA2)
                   ? CHRONY_REPLY_NTP_DATA2
                   : CHRONY_REPLY_NTP_DATA;
    remote = chrony_field_host(&s->address);
    local = chrony_field_host(&s->local);
    chrony_field_write_host(&x->out, &remote);
    chrony_field_write_host(&x->out, &local);
    bytes_write_u16(&x->out, s->address.port);
    put_last_packet(x, s);
    put_float(x, s->last_clock_offset_s);
    put_float(x, s->last.delay_s);
    put_float(x, s->last.dispersion_s);
    put_float(x, s->turnaround_s);
    put_float(x, fmax(-0.5, fmin(-s->filter.slope, 0.5)));
    flags = (uint16_t)chrony_words_tests(s, s->last_verdict);
    flags |= s->interleaved ? CHRONY_FLAG_INTERLEAVED : 0;
    flags |=
        s->config.key_id != 0 && s->verdicts[REPLY_ACCEPTED] > 0 ? CHRONY_FLAG_AUTHENTICATED : 0;
    bytes_write_u16(&x->out, flags);
    bytes_write_u8(&x->out, (uint8_t)chrony_words_stamp_letter(s->kernel_transmit));
    bytes_write_u8(&x->out, (uint8_t)chrony_words_stamp_letter(s->kernel_receive));
    put_packet_counters(x, s);
    return CHRONY_SUCCESS;
}

/* ---- authdata ---- */

enum chrony_status chronyc_source_authentication(struct chronyc_exchange *x)
{
    const struct source *s = read_address(x);
    const struct mac_key *key;

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    key = mac_find(x->report->input.engine->settings.keys, s->config.key_id);
    x->reply = CHRONY_REPLY_AUTH_DATA;
    bytes_write_u16(&x->out, s->config.key_id != 0 ? CHRONY_AUTH_SYMMETRIC : CHRONY_AUTH_NONE);
    bytes_write_u16(&x->out,
                    key ? (uint16_t)chrony_words_key_type((enum mac_algorithm)key->algorithm) : 0);
    bytes_write_u32(&x->out, s->config.key_id);
    bytes_write_u16(&x->out, key ? (uint16_t)(8 * key->length) : 0);
    bytes_write_u16(&x->out, 0); /* attempts to exchange keys: there is no NTS */
    bytes_write_u32(&x->out, CHRONY_NEVER);
    chrony_field_pad(&x->out, 8);
    return CHRONY_SUCCESS;
}

/* ---- sourcename ---- */

enum chrony_status chronyc_source_name(struct chronyc_exchange *x)
{
    const struct source *s = read_address(x);
    size_t length;

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    x->reply = CHRONY_REPLY_SOURCE_NAME;
    length = strnlen(s->config.name, CHRONY_NAME_LENGTH - 1);
    bytes_put(&x->out, s->config.name, length);
    chrony_field_pad(&x->out, CHRONY_NAME_LENGTH - length);
    return CHRONY_SUCCESS;
}
