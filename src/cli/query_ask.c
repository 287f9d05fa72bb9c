/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking servers; see the header. An engine has a bounded number of sources, so many servers are
 * asked in rounds. */
#include "cli/query_ask.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "client/requests.h"
#include "os/clock.h"
#include "os/names.h"
#include "os/process.h"
#include "os/random.h"
#include "toki_build.h"

#define ADDRESSES_PER_HOST 4
#define QUERY_POLL 1 /* log2 s between samples */
#define UNKNOWN ((double)NAN)

struct round {
    const struct query_settings *wanted;
    struct query_result *results[SOURCES_MAX]; /* by the index of their spec */
    unsigned count;
    struct settings settings;
    struct engine engine;
    struct requests requests;
    struct wait_set wait;
};

static struct query_result unknown_result(const char *host)
{
    return (struct query_result){.host = host,
                                 .offset_s = UNKNOWN,
                                 .delay_s = UNKNOWN,
                                 .jitter_s = UNKNOWN,
                                 .root_delay_s = UNKNOWN,
                                 .root_dispersion_s = UNKNOWN,
                                 .root_distance_s = UNKNOWN};
}

unsigned query_look_up(const char *host, const struct query_settings *settings,
                       struct query_result *out, unsigned max)
{
    struct address found[ADDRESSES_PER_HOST];
    enum names_error problem;
    unsigned count = names_look_up(host, settings->family, found, ADDRESSES_PER_HOST, &problem);
    unsigned made = count < max ? count : max;

    for (unsigned i = 0; i < made; i++) {
        out[i] = unknown_result(host);
        out[i].address = found[i];
        out[i].address.port = settings->port;
        address_format(&found[i], out[i].address_text);
    }
    if (count == 0 && max > 0) {
        out[0] = unknown_result(host);
        snprintf(out[0].error, sizeof out[0].error, "%s", names_error_text(problem));
        made = 1;
    }
    return made;
}

static void add(struct round *r, struct query_result *result)
{
    struct source_spec *spec = &r->settings.specs[r->settings.spec_count++];

    *spec = (struct source_spec){.kind = SOURCE_SERVER,
                                 .address = result->address,
                                 .port = result->address.port,
                                 .minpoll = QUERY_POLL,
                                 .maxpoll = QUERY_POLL,
                                 .version = 4,
                                 .iburst = true,
                                 .max_delay_s = 16};
    snprintf(spec->name, sizeof spec->name, "%s", result->address_text);
    r->results[r->count++] = result;
}

static void carry_out(struct round *r)
{
    struct clock_command nothing = {.action = CLOCK_KEEP};
    struct effect effect;

    while (engine_take_effect(&r->engine, &effect)) {
        if (effect.type == EFFECT_SEND) {
            requests_send(&r->requests, &r->wait, &r->engine, &effect.send);
        } else if (effect.type == EFFECT_CANCEL) {
            requests_cancel(&r->requests, &r->wait, &effect.cancel);
        } else if (effect.type == EFFECT_ADJUST_CLOCK) {
            engine_adjusted(&r->engine, clock_now(), &nothing, 0);
        }
    }
}

/* NULL if the engine has none for it: two of the same address are one. */
static const struct source *find(const struct round *r, unsigned spec)
{
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        if (r->engine.sources[i].status != SOURCE_UNUSED && r->engine.sources[i].spec == spec) {
            return &r->engine.sources[i];
        }
    }
    return NULL;
}

/* Answers after which asking again makes no sense. */
static bool is_final(const struct source *s)
{
    return s->verdicts[REPLY_UNSYNCHRONISED] || s->verdicts[REPLY_KISS_DENY] ||
           s->verdicts[REPLY_KISS_RATE] || s->verdicts[REPLY_STRATUM] ||
           s->verdicts[REPLY_DISTANCE] || s->verdicts[REPLY_DATE];
}

static unsigned count_done(const struct round *r)
{
    unsigned done = 0;

    for (unsigned i = 0; i < r->count; i++) {
        const struct source *s = find(r, i);

        done += !s || s->filter.total >= r->wanted->samples || is_final(s);
    }
    return done;
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
    /* a sample more is a poll interval more */
    struct mono_time limit = mono_after(
        start.now.mono, r->wanted->timeout_s + (r->wanted->samples - 1) * s_from_log2(QUERY_POLL));
    bool interrupted = false;

    random_system(start.seed, sizeof start.seed);
    requests_init(&r->requests, 0);
    engine_init(&r->engine, &r->settings, &start);
    carry_out(r);
    while (!interrupted && count_done(r) < r->count && clock_now().mono.ns < limit.ns) {
        struct mono_time deadline = engine_deadline(&r->engine);

        wait_until(&r->wait, deadline.ns < limit.ns ? deadline : limit);
        take_inputs(r);
        if (r->wanted->progress) {
            r->wanted->progress(before + count_done(r), total);
        }
        interrupted = process_take_signal(SIGNAL_END);
    }
    requests_close_all(&r->requests, &r->wait);
    return !interrupted;
}

/* ---- results ---- */

/* The sample with the shortest way: its offset is the least disturbed. NULL: none. */
static const struct sample *best_sample(const struct source *s)
{
    const struct sample *best = NULL;

    for (unsigned i = 0; s && i < s->filter.count; i++) {
        const struct sample *sample = filter_sample(&s->filter, i);

        best = !best || sample->delay_s < best->delay_s ? sample : best;
    }
    return best;
}

/* How the samples scatter about their mean. */
static double scatter(const struct source *s)
{
    double sum = 0, squares = 0;
    unsigned n = s->filter.count;

    for (unsigned i = 0; i < n; i++) {
        sum += filter_sample(&s->filter, i)->offset_s;
    }
    for (unsigned i = 0; i < n; i++) {
        double rest = filter_sample(&s->filter, i)->offset_s - sum / n;

        squares += rest * rest;
    }
    return n > 1 ? sqrt(squares / (n - 1)) : UNKNOWN;
}

/* Why there is no sample, in words. */
static void explain(const struct round *r, const struct source *s, char out[QUERY_ERROR_MAX])
{
    unsigned worst = 0;
    char kiss[REPORT_REFID_MAX];

    for (unsigned v = 1; v < REPLY_VERDICTS; v++) {
        worst = s->verdicts[v] > 0 ? v : worst;
    }
    if (s->kiss) {
        snprintf(out, QUERY_ERROR_MAX, "it refuses to answer (kiss code %s)",
                 report_refid(s->kiss, 0, kiss));
    } else if (s->verdicts[REPLY_UNSYNCHRONISED]) {
        snprintf(out, QUERY_ERROR_MAX, "it answers that it is not synchronised itself");
    } else if (worst) {
        snprintf(out, QUERY_ERROR_MAX, "its answer was rejected (%s)",
                 reply_verdict_name((enum reply_verdict)worst));
    } else if (s->send_error) {
        snprintf(out, QUERY_ERROR_MAX, "not reached: %s", strerror(s->send_error));
    } else {
        snprintf(out, QUERY_ERROR_MAX,
                 "no reply to %u request%s within %.0f s: is UDP port %u open on the "
                 "way, and the server up?",
                 s->sent, s->sent == 1 ? "" : "s", r->wanted->timeout_s, r->wanted->port);
    }
}

static void take_result(const struct round *r, unsigned index)
{
    const struct source *s = find(r, index);
    const struct sample *sample = best_sample(s);
    struct query_result *out = r->results[index];

    if (!s) {
        snprintf(out->error, sizeof out->error, "not asked: this address was given twice");
        return;
    }
    out->heard = s->heard;
    out->stratum = s->stratum;
    out->leap = s->leap;
    out->refid_number = s->refid;
    report_refid(s->refid, s->stratum, out->refid);
    out->usable = sample != NULL;
    out->samples = s->filter.total;
    if (!sample) {
        explain(r, s, out->error);
        return;
    }
    /* nobody adjusts the clock */
    out->offset_s = timeline_clock_offset(&r->engine.timeline, clock_now().mono, sample->offset_s);
    out->delay_s = sample->delay_s;
    out->jitter_s = scatter(s);
    out->root_delay_s = sample->root_delay_s;
    out->root_dispersion_s = sample->root_dispersion_s;
    out->root_distance_s = (sample->root_delay_s + sample->delay_s) / 2 +
                           sample->root_dispersion_s + sample->dispersion_s;
}

bool query_ask(const struct query_settings *settings, struct query_result *results, unsigned count)
{
    static struct round r;
    unsigned next = 0;
    bool whole = true;

    while (next < count && whole) {
        unsigned before = next;

        memset(&r, 0, sizeof r);
        r.wanted = settings;
        settings_default(&r.settings);
        r.settings.clock_control = false;
        r.settings.build_time_s = TOKI_RELEASE_TIME;
        for (; next < count && r.count < SOURCES_MAX; next++) {
            if (results[next].address.family != ADDRESS_NONE) {
                add(&r, &results[next]);
            }
        }
        whole = r.count == 0 || run(&r, before, count);
        for (unsigned i = 0; i < r.count; i++) {
            take_result(&r, i);
        }
    }
    return whole;
}
