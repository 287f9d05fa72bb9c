/* SPDX-License-Identifier: BSD-2-Clause */
/* Engine -> report; see the header. The only place that reads the engine for the outside. */
#include "control/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "control/explain.h"
#include "wire/chrony_words.h"

#define UNKNOWN ((double)NAN)

/* Before the first update: a drift file was read if the frequency is known so well. */
#define DRIFT_SD_KNOWN 1e-5

/* Four characters, shorter ones padded by zeros. False if it is something else. */
static bool letters(uint32_t code, char text[REPORT_REFID_MAX])
{
    unsigned length = 0;
    bool right = true;

    for (int i = 0; i < 4; i++) {
        char c = (char)(code >> (24 - 8 * i) & 0xff);

        if (c > ' ' && c < 0x7f) {
            text[length++] = c;
        } else {
            right = right && c == '\0';
        }
    }
    text[length] = '\0';
    return right;
}

const char *report_refid(uint32_t refid, uint8_t stratum, char text[REPORT_REFID_MAX])
{
    if (stratum > 1 || !letters(refid, text)) {
        snprintf(text, REPORT_REFID_MAX, "%u.%u.%u.%u", refid >> 24, refid >> 16 & 0xff,
                 refid >> 8 & 0xff, refid & 0xff);
    }
    return text;
}

static struct mono_time now_of(const struct report *r)
{
    return r->input.now.mono;
}

/* What a sample's age adds to its error. */
static double dispersion_now(const struct engine *e, const struct sample *sample, double age_s)
{
    return sample->dispersion_s + e->settings.max_clock_error * fmax(age_s, 0);
}

static void fill_samples(struct report_source *out, const struct engine *e, const struct source *s,
                         const struct estimate *line)
{
    out->runs = chrony_words_runs(&s->filter, line);
    out->newest_count = s->filter.count < REPORT_SAMPLES ? s->filter.count : REPORT_SAMPLES;
    for (unsigned i = 0; i < out->newest_count; i++) {
        const struct sample *sample = filter_sample(&s->filter, i);
        double age_s = s_from_ns(ns_subtract(line->at.ns, sample->at.ns));

        out->newest[i] =
            (struct report_sample){.offset_s = sample->offset_s + age_s * e->discipline.drift,
                                   .delay_s = sample->delay_s,
                                   .dispersion_s = dispersion_now(e, sample, age_s)};
    }
    out->span_s = s_from_ns(ns_subtract(filter_sample(&s->filter, 0)->at.ns,
                                        filter_sample(&s->filter, s->filter.count - 1)->at.ns));
}

/* The clock's present offset by the filter of a source. */
static void fill_estimate(struct report_source *out, const struct engine *e, const struct source *s,
                          struct mono_time now)
{
    struct free_time free = timeline_free(&e->timeline, now);
    struct estimate estimate = filter_estimate(&s->filter, free);

    out->last_sample_age_s = s_from_ns(ns_subtract(free.ns, s->last.at.ns));
    out->offset_s = timeline_clock_offset(&e->timeline, now, estimate.offset_s);
    out->offset_sd_s = estimate.offset_sd_s;
    out->frequency = estimate.rate;
    out->frequency_sd = estimate.rate_sd;
    out->delay_s = s->last.delay_s;
    out->jitter_s = s->filter.jitter_s;
    out->root_distance_s = source_root_distance(s, &estimate);
    out->last_offset_s = timeline_clock_offset(
        &e->timeline, now, s->last.offset_s + out->last_sample_age_s * e->discipline.drift);
    fill_samples(out, e, s, &estimate);
    for (unsigned i = 0; i < out->newest_count; i++) {
        out->newest[i].offset_s = timeline_clock_offset(&e->timeline, now, out->newest[i].offset_s);
    }
}

static const char *address_origin(const struct source *s)
{
    return s->address.family == ADDRESS_NONE          ? NULL
           : s->config.address.family != ADDRESS_NONE ? "configuration"
           : s->remembered                            ? "last-run"
                                                      : "name-service";
}

static void fill_measurements(struct report_source *out, const struct engine *e,
                              const struct source *s, struct mono_time now)
{
    out->samples = s->filter.count;
    out->last_sample_age_s = out->offset_s = out->offset_sd_s = out->delay_s = UNKNOWN;
    out->jitter_s = out->frequency = out->frequency_sd = out->root_distance_s = UNKNOWN;
    out->last = s->last;
    out->last_clock_offset_s = s->last_clock_offset_s;
    out->last_offset_s = UNKNOWN;
    out->span_s = 0;
    out->slope = s->filter.slope;
    out->runs = out->newest_count = 0;
    if (s->filter.count > 0) {
        fill_estimate(out, e, s, now);
    }
    out->max_distance_s = e->settings.max_distance_s;
    out->max_jitter_s = e->settings.max_jitter_s;
    out->combined_offset_s = e->selection.valid ? engine_clock_offset(e, now) : UNKNOWN;
}

static void fill_packet(struct report_source *out, const struct source *s)
{
    out->stratum = s->stratum;
    out->leap = s->leap;
    out->version = s->version;
    out->mode = s->mode;
    out->server_poll = s->server_poll;
    out->precision = s->precision;
    out->refid_number = s->refid;
    report_refid(s->refid, s->stratum, out->refid);
    out->reference_time = s->reference_time;
    out->root_delay_s = s->heard ? s->root_delay_s : UNKNOWN;
    out->root_dispersion_s = s->heard ? s->root_dispersion_s : UNKNOWN;
    out->turnaround_s = s->turnaround_s;
    out->receive_stamp = s->receive_stamp;
    out->transmit_stamp = s->transmit_stamp;
    out->interleaved = s->interleaved;
    out->kernel_sent = s->sent_by[STAMP_KERNEL];
    out->kernel_received = s->received_by[STAMP_KERNEL];
}

static void fill_asking(struct report_source *out, const struct source *s)
{
    snprintf(out->name, sizeof out->name, "%s", s->config.name);
    out->address[0] = out->kiss[0] = '\0';
    if (s->address.family) {
        address_format(&s->address, out->address);
    }
    if (s->kiss) {
        letters(s->kiss, out->kiss);
    }
    out->port = s->address.family ? s->address.port : s->config.port;
    out->address_from = address_origin(s);
    out->poll = s->poll;
    out->heard_at = s->heard_at;
    out->next = s->next;
    out->asked_at = s->request.sent.at;
    out->lookup_error = (enum names_error)s->lookup_error;
    out->send_error = s->send_error;
    out->rejected = s->rejections.count;
    out->rejection = s->rejections.last;
    out->crypto_nak = s->rejections.nak;
}

static void fill_key(struct report_source *out, const struct mac_key *key)
{
    out->key_algorithm = key ? (enum mac_algorithm)key->algorithm : MAC_ALGORITHMS;
    out->key_bits = key ? (uint16_t)(8 * key->length) : 0;
}

void report_fill_source(struct report *report, unsigned index)
{
    struct report_source *out = &report->sources[index];
    const struct engine *e = report->input.engine;
    const struct source *s = &e->sources[out->slot];

    fill_asking(out, s);
    fill_key(out, mac_find(e->settings.keys, s->config.key_id));
    fill_packet(out, s);
    out->chrony_state = chrony_words_state(e, s);
    out->chrony_tests = (uint16_t)chrony_words_tests(s, s->last_verdict);
    fill_measurements(out, e, s, now_of(report));
}

static void start_source(struct report_source *out, const struct source *s, unsigned slot)
{
    out->slot = (uint16_t)slot;
    out->kind = s->config.kind;
    out->status = s->status;
    out->spec = &s->config;
    out->remote = s->address;
    out->local = s->local;
    out->heard = s->heard;
    out->bursting = s->burst_left > 0 && s->burst_good > 0;
    out->reach = s->reach;
    out->sent = s->sent;
    out->received = s->received;
    out->missed = s->missed;
    memcpy(out->verdicts, s->verdicts, sizeof out->verdicts);
    out->last_verdict = s->last_verdict;
    out->key = s->config.key_id;
}

void report_start(struct report *report, const struct report_input *input)
{
    const struct engine *e = input->engine;

    report->input = *input;
    report->spec_count = e->settings.spec_count;
    report->source_count = 0;
    report->clock.selected = -1;
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        if (e->sources[i].status == SOURCE_SELECTED) {
            report->clock.selected = (int)report->source_count;
        }
        if (e->sources[i].status != SOURCE_UNUSED) {
            start_source(&report->sources[report->source_count++], &e->sources[i], i);
        }
    }
}

static unsigned count_status(const struct report *r, enum source_status status)
{
    unsigned n = 0;

    for (unsigned i = 0; i < r->source_count; i++) {
        n += r->sources[i].status == status;
    }
    return n;
}

/* What a source is explained by beside itself. */
static void fill_company(struct report *r)
{
    unsigned answering = 0;
    bool rivals = count_status(r, SOURCE_NO_MAJORITY) == 2;

    for (unsigned i = 0; i < r->source_count; i++) {
        answering += r->sources[i].reach != 0;
    }
    for (unsigned i = 0; i < r->source_count; i++) {
        struct report_source *s = &r->sources[i];

        s->others = r->source_count - 1;
        s->others_answering = answering - (s->reach != 0);
        s->rival = rivals && s->status == SOURCE_NO_MAJORITY;
        explain_source(s);
    }
}

/* Sources that could be of use as the configuration has them. */
static unsigned count_wanted(const struct report *r)
{
    return r->source_count - count_status(r, SOURCE_DUPLICATE) - count_status(r, SOURCE_OFFLINE) -
           count_status(r, SOURCE_NOSELECT);
}

static unsigned count_code(const struct report *r, enum report_source_code code)
{
    unsigned n = 0;

    for (unsigned i = 0; i < r->source_count; i++) {
        n += r->sources[i].code == code;
    }
    return n;
}

/* Codes first..last of the enumeration. */
static unsigned count_codes(const struct report *r, enum report_source_code first,
                            enum report_source_code last)
{
    unsigned n = 0;

    for (unsigned i = 0; i < r->source_count; i++) {
        n += r->sources[i].code >= first && r->sources[i].code <= last;
    }
    return n;
}

bool report_common_code(const struct report *r, enum report_clock_code *out)
{
    static const struct {
        enum report_source_code source;
        enum report_clock_code clock;
    } rows[] = {{WHY_NAME_SERVICE_SILENT, CLOCK_NAME_SERVICE_SILENT},
                {WHY_NAME_UNKNOWN, CLOCK_NAMES_UNKNOWN},
                {WHY_NO_ROUTE, CLOCK_NO_ROUTE},
                {WHY_HOST_UNREACHABLE, CLOCK_HOSTS_UNREACHABLE},
                {WHY_SEND_FORBIDDEN, CLOCK_SEND_FORBIDDEN},
                {WHY_PORT_CLOSED, CLOCK_UDP_REJECTED},
                {WHY_NETWORK_SILENT, CLOCK_NETWORK_SILENT},
                {WHY_PROBE_ANSWERED, CLOCK_PROBE_ANSWERED},
                {WHY_SERVER_UNSYNCHRONISED, CLOCK_SOURCES_UNSYNCHRONISED},
                {WHY_TOO_DISTANT, CLOCK_TOO_DISTANT},
                {WHY_REFUSED, CLOCK_REFUSED}};

    unsigned wanted = count_wanted(r);
    unsigned keys = count_code(r, WHY_WRONG_KEY) + count_code(r, WHY_KEY_DROPPED);

    for (size_t i = 0; wanted > 0 && i < sizeof rows / sizeof rows[0]; i++) {
        /* one closed port is the server's, several are the network's */
        if (count_code(r, rows[i].source) == wanted &&
            (rows[i].clock != CLOCK_UDP_REJECTED || wanted > 1)) {
            *out = rows[i].clock;
            return true;
        }
    }
    *out = wanted > 0 && keys == wanted ? CLOCK_WRONG_KEY : CLOCK_UDP_FILTERED;
    return *out == CLOCK_WRONG_KEY || count_code(r, WHY_UDP_FILTERED) > 0;
}

/* No source answers at all: what is told of most of them. */
static enum report_clock_code code_of_silence(const struct report *r, unsigned wanted)
{
    unsigned names = count_codes(r, WHY_LOOKING_UP, WHY_LOOK_UP_FAILED);
    unsigned no_route = count_code(r, WHY_NO_ROUTE);

    if (names == wanted) {
        return count_code(r, WHY_NAME_SERVICE_SILENT) > 0 ? CLOCK_NAME_SERVICE_SILENT
                                                          : CLOCK_UNRESOLVED;
    }
    /* without a route there is no name service, either */
    return no_route > 0 && no_route + names == wanted ? CLOCK_NO_ROUTE : CLOCK_NO_REPLIES;
}

/* Why there is no synchronisation, when the discipline has nothing to say: by the sources. */
static enum report_clock_code code_from_sources(const struct report *r, const struct engine *e)
{
    unsigned wanted = count_wanted(r);
    enum report_clock_code common;

    if (r->source_count == 0) {
        return CLOCK_NO_SOURCES;
    }
    if (report_common_code(r, &common)) {
        return common;
    }
    if (wanted > 0 && count_codes(r, WHY_LOOKING_UP, WHY_LOOK_UP_FAILED) +
                              count_codes(r, WHY_NO_ROUTE, WHY_PROBE_ANSWERED) ==
                          wanted) {
        return code_of_silence(r, wanted);
    }
    if (count_status(r, SOURCE_NO_MAJORITY) > 0) {
        return count_code(r, WHY_TWO_DISAGREE) > 0 ? CLOCK_TWO_DISAGREE : CLOCK_DISAGREEMENT;
    }
    if (count_code(r, WHY_WAITING) + count_code(r, WHY_FEW_SAMPLES) > 0) {
        return CLOCK_STARTING;
    }
    if (e->selection.held && e->selection.true_count < e->settings.min_sources) {
        return CLOCK_TOO_FEW;
    }
    return e->selection.voters > 0 && !e->selection.held ? CLOCK_STARTING : CLOCK_UNUSABLE;
}

static enum report_clock_code clock_code(const struct report *r, const struct engine *e)
{
    if (e->discipline.state == DISCIPLINE_PANIC) {
        return CLOCK_PANICKED;
    }
    if (e->discipline.state == DISCIPLINE_SPIKE) {
        return CLOCK_STEP_WAITING;
    }
    if (e->discipline.state == DISCIPLINE_HOLDOVER && e->synchronised) {
        return CLOCK_HOLDOVER;
    }
    if (e->selection.valid && !e->settings.clock_control) {
        return CLOCK_MEASURING;
    }
    if (e->synchronised) {
        return CLOCK_SYNCHRONISED;
    }
    if (e->settings.local && e->reference.leap != LEAP_UNSYNCHRONISED) {
        return CLOCK_LOCAL;
    }
    return code_from_sources(r, e);
}

void report_fill_clock(struct report *r)
{
    const struct engine *e = r->input.engine;
    struct mono_time now = now_of(r);
    const struct discipline *d = &e->discipline;
    const struct reference *ref = &e->reference;
    struct report_clock *c = &r->clock;
    bool known = d->updates > 0 || d->state != DISCIPLINE_UNSET;
    bool frequency_known = d->updates > 0 || d->drift_sd < DRIFT_SD_KNOWN;
    bool announced = ref->leap != LEAP_UNSYNCHRONISED;

    *c = (struct report_clock){
        .synchronised = e->synchronised,
        .local = announced && !e->synchronised,
        .state = d->state,
        .selected = c->selected,
        .stratum = ref->stratum,
        .leap = ref->leap,
        .refid_number = ref->refid,
        .reference_time = ref->updated,
        .offset_s = known ? engine_clock_offset(e, now) : UNKNOWN,
        .offset_sd_s = known ? d->estimate.offset_sd_s : UNKNOWN,
        .error_bound_s = announced ? reference_distance(ref, now) : UNKNOWN,
        .frequency = frequency_known ? d->drift : UNKNOWN,
        .frequency_sd = frequency_known ? d->drift_sd : UNKNOWN,
        .drift = d->drift,
        .drift_sd = d->drift_sd,
        .corrections = e->corrections,
        .root_delay_s = announced ? ref->root_delay_s : UNKNOWN,
        .root_dispersion_s = announced ? reference_dispersion(ref, now) : UNKNOWN,
        .precision_s = e->precision_s,
        .refused_s = d->refused_s,
        .updates = d->updates,
        .steps = d->steps,
        .min_sources = e->settings.min_sources,
        .selectable = e->selection.true_count,
        .used = count_status(r, SOURCE_SELECTED) + count_status(r, SOURCE_COMBINED),
        .true_error_s = r->input.true_error_s,
    };
    report_refid(ref->refid, ref->stratum, c->refid);
}

void report_fill(struct report *report, const struct report_input *input)
{
    report_start(report, input);
    for (unsigned i = 0; i < report->source_count; i++) {
        report_fill_source(report, i);
    }
    fill_company(report);
    report_fill_clock(report);
    report->clock.code = clock_code(report, input->engine);
    explain_clock(report);
}
