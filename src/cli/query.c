/* SPDX-License-Identifier: BSD-2-Clause */
/* toki query: asks servers once. It runs the same engine as tokid, told to measure only, so a reply
 * that tokid would throw away is thrown away here too, for the same reason and with the same name.
 */
#include <assert.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/render.h"
#include "cli/toki.h"
#include "client/requests.h"
#include "control/document.h"
#include "control/report.h"
#include "control/report_json.h"
#include "os/clock.h"
#include "os/names.h"
#include "os/random.h"
#include "toki_build.h"

#define ADDRESSES_PER_HOST 4
#define SAMPLES_MAX 8 /* a burst; more would be impolite */
#define QUERY_POLL 1  /* log2 s between samples */
#define JSON_MAX 65536

struct wanted {
    uint16_t port;
    unsigned samples;
    uint8_t family;
    double timeout_s;
    bool json;
};

/* One asked address, or a host that has none. */
struct target {
    const char *host, *problem; /* problem: of the look-up, or NULL */
    int source;                 /* index of its spec; -1: none */
};

struct query {
    struct wanted wanted;
    struct target targets[SOURCES_MAX];
    unsigned target_count;
    struct settings settings;
    struct engine engine;
    struct requests requests;
    struct wait_set wait;
};

static void add_address(struct query *q, const char *host, const struct address *address)
{
    struct source_spec *spec = &q->settings.specs[q->settings.spec_count];

    *spec = (struct source_spec){.kind = SOURCE_SERVER,
                                 .address = *address,
                                 .port = q->wanted.port,
                                 .minpoll = QUERY_POLL,
                                 .maxpoll = QUERY_POLL,
                                 .version = 4,
                                 .iburst = true,
                                 .max_delay_s = 16};
    spec->address.port = q->wanted.port;
    address_format(address, spec->name);
    q->targets[q->target_count++] =
        (struct target){.host = host, .source = (int)q->settings.spec_count++};
}

static void add_host(struct query *q, const char *host)
{
    struct address found[ADDRESSES_PER_HOST];
    enum names_error problem;
    unsigned count = names_look_up(host, q->wanted.family, found, ADDRESSES_PER_HOST, &problem);

    for (unsigned i = 0; i < count && q->target_count < SOURCES_MAX; i++) {
        add_address(q, host, &found[i]);
    }
    if (count == 0 && q->target_count < SOURCES_MAX) {
        q->targets[q->target_count++] =
            (struct target){.host = host, .problem = names_error_text(problem), .source = -1};
    }
}

static void carry_out(struct query *q)
{
    struct clock_command nothing = {.action = CLOCK_KEEP};
    struct effect effect;

    while (engine_take_effect(&q->engine, &effect)) {
        if (effect.type == EFFECT_SEND) {
            requests_send(&q->requests, &q->wait, &q->engine, &effect.send);
        } else if (effect.type == EFFECT_CANCEL) {
            requests_cancel(&q->requests, &q->wait, &effect.cancel);
        } else if (effect.type == EFFECT_ADJUST_CLOCK) {
            engine_adjusted(&q->engine, clock_now(), &nothing, 0);
        }
    }
}

/* The source of a target; NULL if the engine has none for it. */
static const struct source *find(const struct query *q, const struct target *t)
{
    for (unsigned i = 0; t->source >= 0 && i < SOURCES_MAX; i++) {
        const struct source *s = &q->engine.sources[i];

        if (s->status != SOURCE_UNUSED && s->spec == t->source) {
            return s;
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

static bool all_done(const struct query *q)
{
    for (unsigned i = 0; i < q->target_count; i++) {
        const struct source *s = find(q, &q->targets[i]);

        if (s && s->filter.total < q->wanted.samples && !is_final(s)) {
            return false;
        }
    }
    return true;
}

static void ask(struct query *q)
{
    struct engine_start start = {.now = clock_now(), .precision_s = clock_precision()};
    struct mono_time limit = mono_after(start.now.mono, q->wanted.timeout_s);

    random_system(start.seed, sizeof start.seed);
    requests_init(&q->requests, 0);
    engine_init(&q->engine, &q->settings, &start);
    carry_out(q);
    while (!all_done(q) && clock_now().mono.ns < limit.ns) {
        struct mono_time deadline = engine_deadline(&q->engine);

        wait_until(&q->wait, deadline.ns < limit.ns ? deadline : limit);
        requests_read_stamps(&q->requests, &q->wait, &q->engine);
        carry_out(q);
        for (uint16_t i = 0; i < SOURCES_MAX; i++) {
            if (requests_receive(&q->requests, &q->wait, &q->engine, i)) {
                carry_out(q);
            }
        }
        if (engine_deadline(&q->engine).ns <= clock_now().mono.ns) {
            engine_tick(&q->engine, clock_now());
            carry_out(q);
        }
    }
    requests_close_all(&q->requests, &q->wait);
}

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

static double clock_offset(const struct query *q, const struct sample *sample)
{
    const struct timeline *t = &q->engine.timeline;

    return timeline_clock_offset(t, clock_now().mono, sample->offset_s); /* nobody adjusts it */
}

/* Why there is no sample, in words. */
static const char *explain(const struct query *q, const struct target *t, char *out,
                           size_t capacity)
{
    const struct source *s = find(q, t);
    unsigned worst = 0;
    char kiss[REPORT_REFID_MAX];

    if (!s) {
        return t->problem ? t->problem : "not asked";
    }
    for (unsigned v = 1; v < REPLY_VERDICTS; v++) {
        worst = s->verdicts[v] > 0 ? v : worst;
    }
    if (s->kiss) {
        snprintf(out, capacity, "it refuses to answer (kiss code %s)",
                 report_refid(s->kiss, 0, kiss));
    } else if (s->verdicts[REPLY_UNSYNCHRONISED]) {
        snprintf(out, capacity, "it answers that it is not synchronised itself");
    } else if (worst) {
        snprintf(out, capacity, "its answer was rejected (%s)",
                 reply_verdict_name((enum reply_verdict)worst));
    } else {
        snprintf(out, capacity,
                 "no reply to %u request%s within %.0f s: is UDP port %u open on the "
                 "way, and the server up?",
                 s->sent, s->sent == 1 ? "" : "s", q->wanted.timeout_s, q->wanted.port);
    }
    return out;
}

static void print_words(const struct query *q)
{
    char text[3][32], refid[REPORT_REFID_MAX], problem[256], host[64];

    printf("%s%-24s %-24s %2s %-15s %12s %11s %11s%s\n", render_style(STYLE_BOLD), "host",
           "address", "st", "refid", "offset", "delay", "distance", render_style(STYLE_PLAIN));
    for (unsigned i = 0; i < q->target_count; i++) {
        const struct target *t = &q->targets[i];
        const struct source *s = find(q, t);
        const struct sample *sample = best_sample(s);
        const char *address = s ? s->config.name : "-";

        render_clean(t->host, host, 25);
        if (sample) {
            printf("%-24s %-24s %2u %-15s %12s %11s %11s\n", host, address, s->stratum,
                   report_refid(s->refid, s->stratum, refid),
                   render_offset(clock_offset(q, sample), text[0]),
                   render_seconds(sample->delay_s, text[1]),
                   render_seconds((sample->root_delay_s + sample->delay_s) / 2 +
                                      sample->root_dispersion_s + sample->dispersion_s,
                                  text[2]));
        } else {
            printf("%-24s %-24s %s%s%s\n", host, address, render_style(STYLE_BAD),
                   explain(q, t, problem, sizeof problem), render_style(STYLE_PLAIN));
        }
    }
}

static void write_target(const struct query *q, struct document *d, const struct target *t)
{
    const struct source *s = find(q, t);
    const struct sample *sample = best_sample(s);
    char refid[REPORT_REFID_MAX], problem[256];

    document_open_object(d, NULL);
    document_string(d, "host", t->host);
    document_string(d, "address", s ? s->config.name : NULL);
    document_integer(d, "port", q->wanted.port);
    document_bool(d, "usable", sample != NULL);
    if (sample) {
        document_integer(d, "stratum", s->stratum);
        document_string(d, "refid", report_refid(s->refid, s->stratum, refid));
        document_string(d, "leap", report_leap_name(s->leap));
        document_number(d, "offset_s", clock_offset(q, sample));
        document_number(d, "delay_s", sample->delay_s);
        document_number(d, "root_delay_s", sample->root_delay_s);
        document_number(d, "root_dispersion_s", sample->root_dispersion_s);
        document_integer(d, "samples", s->filter.total);
        document_null(d, "error");
    } else {
        document_string(d, "error", explain(q, t, problem, sizeof problem));
    }
    document_close_object(d);
}

static void print_json(const struct query *q)
{
    static char out[JSON_MAX];
    struct document d;

    document_begin(&d, out, sizeof out);
    document_open_object(&d, NULL);
    document_integer(&d, "version", REPORT_JSON_VERSION);
    document_string(&d, "command", "query");
    document_open_array(&d, "results");
    for (unsigned i = 0; i < q->target_count; i++) {
        write_target(q, &d, &q->targets[i]);
    }
    document_close_array(&d);
    document_close_object(&d);
    if (document_finish(&d)) {
        fputs(out, stdout);
    }
}

static bool parse(int argc, char **argv, struct wanted *w)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},
        {"port", required_argument, NULL, 'p'},
        {"samples", required_argument, NULL, 'n'},
        {"timeout", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    int option;
    char *end = NULL;

    *w = (struct wanted){.port = NTP_PORT, .samples = 1, .timeout_s = 5};
    while ((option = getopt_long(argc, argv, "46jp:n:t:", options, NULL)) != -1) {
        double value = 0;

        if (option == 'p' || option == 'n' || option == 't') {
            value = strtod(optarg, &end);
            if (end == optarg || *end || !(value > 0) || value > (option == 'p' ? 65535 : 3600)) {
                return false;
            }
        }
        switch (option) {
        case '4':
        case '6':
            w->family = option == '4' ? ADDRESS_V4 : ADDRESS_V6;
            break;
        case 'j':
            w->json = true;
            break;
        case 'p':
            w->port = (uint16_t)value;
            break;
        case 'n':
            w->samples = value > SAMPLES_MAX ? SAMPLES_MAX : (unsigned)value;
            break;
        case 't':
            w->timeout_s = value;
            break;
        default:
            return false;
        }
    }
    /* a sample more is a poll interval more */
    w->timeout_s += (w->samples - 1) * s_from_log2(QUERY_POLL);
    return optind < argc;
}

int query_run(int argc, char **argv)
{
    static struct query q;
    struct clock_options clock = {.kind = CLOCK_NONE};
    bool usable = false;

    if (!parse(argc, argv, &q.wanted)) {
        fputs(
            "toki: usage: toki query HOST... [--port N] [--samples N] [-4|-6] [--timeout SECONDS] "
            "[--json]\n",
            stderr);
        return EXIT_USAGE;
    }
    clock_open(&clock);
    settings_default(&q.settings);
    q.settings.clock_control = false;
    q.settings.build_time_s = TOKI_RELEASE_TIME;
    for (int i = optind; i < argc; i++) {
        add_host(&q, argv[i]);
    }
    ask(&q);
    for (unsigned i = 0; i < q.target_count; i++) {
        usable = usable || best_sample(find(&q, &q.targets[i]));
    }
    if (q.wanted.json) {
        print_json(&q);
    } else {
        print_words(&q);
    }
    return usable ? EXIT_GOOD : EXIT_BAD;
}
