/* SPDX-License-Identifier: BSD-2-Clause */
/* Measuring servers. An engine has a bounded number of sources, so many targets are measured in
 * rounds. */
#include "client/measure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/exchange.h"
#include "client/requests.h"
#include "os/clock.h"
#include "os/process.h"
#include "os/random.h"
#include "toki_build.h"

#define MEASURE_POLL 1 /* log2 s between samples */
#define MEASURE_DELAY_MAX_S 16.0
#define UNKNOWN ((double)NAN)

struct round {
    const struct measure_options *options;
    struct measure_target *targets[SOURCES_MAX]; /* by the index of their spec, and source */
    uint32_t rejected[SOURCES_MAX];              /* rejections when the last request was sent */
    unsigned count;
    struct settings settings;
    struct engine engine;
    struct requests requests;
    struct wait_set wait;
};

/* ---- targets ---- */

void measure_target_init(struct measure_target *t, const char *host, const struct address *address)
{
    *t = (struct measure_target){.host = host,
                                 .address = *address,
                                 .root_delay_s = UNKNOWN,
                                 .root_dispersion_s = UNKNOWN,
                                 .offset_s = UNKNOWN,
                                 .delay_s = UNKNOWN,
                                 .dispersion_s = UNKNOWN,
                                 .root_distance_s = UNKNOWN,
                                 .jitter_s = UNKNOWN};
}

/* Takes a port off the end of what the user wrote. An address with more than one colon that is not
 * in brackets has none. */
static void split_port(const char *text, char host[EXCHANGE_TEXT_MAX], uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    bool may = colon && colon > text && (strchr(text, ':') == colon || colon[-1] == ']');
    char *end = NULL;
    unsigned long number = may ? strtoul(colon + 1, &end, 10) : 0;
    size_t length = strlen(text);

    if (may && colon[1] >= '0' && colon[1] <= '9' && *end == '\0' && number >= 1 &&
        number <= UINT16_MAX) {
        *port = (uint16_t)number;
        length = (size_t)(colon - text);
    }
    snprintf(host, EXCHANGE_TEXT_MAX, "%.*s", (int)length, text);
}

unsigned measure_look_up(const char *host, const struct measure_options *options,
                         struct measure_target *out, unsigned max)
{
    struct address found[MEASURE_ADDRESSES_MAX], none = {.port = options->port};
    char bare[EXCHANGE_TEXT_MAX];
    enum names_error error;
    unsigned count;

    split_port(host, bare, &none.port);
    count = exchange_look_up(bare, options->family, found,
                             max < MEASURE_ADDRESSES_MAX ? max : MEASURE_ADDRESSES_MAX, &error);
    for (unsigned i = 0; i < count; i++) {
        found[i].port = none.port;
        measure_target_init(&out[i], host, &found[i]);
    }
    if (count == 0 && max > 0) {
        measure_target_init(&out[0], host, &none);
        out[0].fate = MEASURE_NO_ADDRESS;
        out[0].look_up_error = error;
        count = 1;
    }
    return count;
}

/* ---- judging ---- */

bool measure_is_settled(const struct source *s, unsigned samples, uint32_t before)
{
    if (s->filter.total >= samples) {
        return true;
    }
    /* but for the shortages of this machine, which pass */
    if (s->send_error != 0 && s->send_error != ENOBUFS && s->send_error != ENOMEM &&
        s->send_error != EAGAIN) {
        return true;
    }
    if (s->rejections.count == 0) {
        return false;
    }
    switch (s->rejections.last) {
    case REPLY_KISS_RATE:
    case REPLY_KISS_DENY:
    case REPLY_KISS_OTHER:
    case REPLY_UNSYNCHRONISED:
    case REPLY_STRATUM:
    case REPLY_ZERO:
    case REPLY_DISTANCE:
    case REPLY_DATE:
    case REPLY_LOOP:
    case REPLY_RESTRICTED: return true; /* what the server says of itself */
    case REPLY_TURNAROUND:
    case REPLY_DELAY:
    case REPLY_LATE:
        return s->rejections.count > 1; /* a clock may have been stepped under the first one */
    case REPLY_MALFORMED:
    case REPLY_MODE:
    case REPLY_VERSION:
    case REPLY_ORIGIN:
    case REPLY_AUTH:
        return before > 0; /* a stranger's, perhaps: the request's time is given to a true one */
    case REPLY_ACCEPTED:
    case REPLY_UNEXPECTED:
    case REPLY_VERDICTS: break;
    }
    return false;
}

void measure_judge(const struct source *s, struct measure_target *out)
{
    out->verdict = s->rejections.count > 0 ? s->rejections.last : REPLY_ACCEPTED;
    out->kiss = s->kiss;
    out->error = s->send_error;
    out->sent = s->sent;
    out->fate = s->filter.count > 0              ? MEASURE_GOOD
                : out->verdict != REPLY_ACCEPTED ? MEASURE_REJECTED
                : out->error != 0                ? MEASURE_UNREACHED
                                                 : MEASURE_SILENT;
}

/* ---- the loop ---- */

static void add(struct round *r, struct measure_target *t)
{
    struct source_spec *spec = &r->settings.specs[r->settings.spec_count++];

    measure_target_init(t, t->host, &t->address);
    *spec = (struct source_spec){.kind = SOURCE_SERVER,
                                 .address = t->address,
                                 .port = t->address.port,
                                 .minpoll = MEASURE_POLL,
                                 .maxpoll = MEASURE_POLL,
                                 .version = r->options->version,
                                 .key_id = r->options->key_id,
                                 .iburst = true,
                                 .max_delay_s = MEASURE_DELAY_MAX_S};
    address_format_port(&t->address, spec->name);
    r->targets[r->count++] = t;
}

static bool is_settled(const struct round *r, unsigned i)
{
    return measure_is_settled(&r->engine.sources[i], r->options->samples, r->rejected[i]);
}

static unsigned count_settled(const struct round *r)
{
    unsigned settled = 0;

    for (unsigned i = 0; i < r->count; i++) {
        settled += is_settled(r, i);
    }
    return settled;
}

/* A settled server is asked no more while the others are waited for. */
static void carry_out(struct round *r)
{
    struct effect effect;

    while (engine_take_effect(&r->engine, &effect)) {
        if (effect.type == EFFECT_SEND) {
            uint16_t i = effect.send.source;

            r->rejected[i] = r->engine.sources[i].rejections.count;
            if (!is_settled(r, i)) {
                requests_send(&r->requests, &r->wait, &r->engine, &effect.send);
            }
        } else if (effect.type == EFFECT_CANCEL) {
            requests_cancel(&r->requests, &r->wait, &effect.cancel);
        }
    }
}

static void take_inputs(struct round *r)
{
    requests_read_stamps(&r->requests, &r->wait, &r->engine);
    carry_out(r);
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        if (requests_receive(&r->requests, &r->wait, &r->engine, i)) {
            carry_out(r);
        }
    }
    if (engine_deadline(&r->engine).ns <= clock_now().mono.ns) {
        engine_tick(&r->engine, clock_now());
        carry_out(r);
    }
}

/* False: interrupted. */
static bool run(struct round *r, unsigned before, unsigned total)
{
    struct engine_start start = {.now = clock_now(), .precision_s = clock_precision()};
    struct mono_time limit =
        mono_after(start.now.mono,
                   r->options->timeout_s + (r->options->samples - 1) * s_from_log2(MEASURE_POLL));
    bool interrupted = false;

    random_system(start.seed, sizeof start.seed);
    requests_init(&r->requests, 0);
    engine_init(&r->engine, &r->settings, &start);
    carry_out(r);
    while (!interrupted && count_settled(r) < r->count && clock_now().mono.ns < limit.ns) {
        struct mono_time deadline = engine_deadline(&r->engine);

        wait_until(&r->wait, deadline.ns < limit.ns ? deadline : limit);
        take_inputs(r);
        if (r->options->progress) {
            r->options->progress(before + count_settled(r), total);
        }
        interrupted = process_take_signal(SIGNAL_END);
    }
    requests_close_all(&r->requests, &r->wait);
    return !interrupted;
}

/* ---- results ---- */

/* How the offsets scatter about their mean. */
static double deviation(const struct measure_target *t)
{
    double sum = 0, squares = 0;
    unsigned n = t->sample_count;

    for (unsigned i = 0; i < n; i++) {
        sum += t->samples[i].offset_s;
    }
    for (unsigned i = 0; i < n; i++) {
        double rest = t->samples[i].offset_s - sum / n;

        squares += rest * rest;
    }
    return n > 1 ? sqrt(squares / (n - 1)) : UNKNOWN;
}

static void take_samples(const struct round *r, const struct filter *f, struct measure_target *out)
{
    struct mono_time now = clock_now().mono;

    out->sample_count = f->count < MEASURE_SAMPLES_MAX ? f->count : MEASURE_SAMPLES_MAX;
    for (unsigned i = 0; i < out->sample_count; i++) {
        const struct sample *s = filter_sample(f, i);
        /* nobody adjusts the clock */
        double offset_s = timeline_clock_offset(&r->engine.timeline, now, s->offset_s);

        out->samples[i] = (struct measure_sample){.offset_s = offset_s, .delay_s = s->delay_s};
        if (i == 0 || s->delay_s < out->delay_s) {
            out->offset_s = offset_s;
            out->delay_s = s->delay_s;
            out->dispersion_s = s->dispersion_s;
            out->root_delay_s = s->root_delay_s;
            out->root_dispersion_s = s->root_dispersion_s;
            out->root_distance_s =
                (s->root_delay_s + s->delay_s) / 2 + s->root_dispersion_s + s->dispersion_s;
        }
    }
    out->jitter_s = deviation(out);
}

static void take_result(const struct round *r, unsigned index)
{
    const struct source *s = &r->engine.sources[index];
    struct measure_target *out = r->targets[index];

    measure_judge(s, out);
    out->heard = s->heard;
    if (s->heard) {
        out->stratum = s->stratum;
        out->leap = s->leap;
        out->precision = s->precision;
        out->refid = s->refid;
        out->root_delay_s = s->root_delay_s;
        out->root_dispersion_s = s->root_dispersion_s;
    }
    take_samples(r, &s->filter, out);
}

bool measure_run(const struct measure_options *options, struct measure_target *targets,
                 unsigned count)
{
    static struct round r; /* large */
    unsigned next = 0;
    bool whole = true;

    while (next < count && whole) {
        unsigned before = next;

        memset(&r, 0, sizeof r);
        r.options = options;
        settings_default(&r.settings);
        r.settings.clock_control = false;
        r.settings.build_time_s = TOKI_RELEASE_TIME;
        r.settings.keys = options->keys;
        for (; next < count && r.count < SOURCES_MAX; next++) {
            if (targets[next].address.family != ADDRESS_NONE) {
                add(&r, &targets[next]);
            }
        }
        whole = r.count == 0 || run(&r, before, count);
        for (unsigned i = 0; i < r.count; i++) {
            take_result(&r, i);
        }
    }
    return whole;
}
