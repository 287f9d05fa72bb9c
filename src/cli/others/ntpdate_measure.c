/* SPDX-License-Identifier: BSD-2-Clause */
/* The measuring half of our ntpdate; see the header. */
#include <math.h>
#include <string.h>

#include "cli/others/ntpdate.h"
#include "core/packet.h"
#include "os/clock.h"
#include "os/names.h"
#include "os/random.h"
#include "toki_build.h"

#define ADDRESSES_PER_HOST 4
#define POLL 1 /* log2 s between samples */
#define BETWEEN_SAMPLES_S 2.0

int ntpdate_add(struct ntpdate *n, const struct ntpdate_wish *wish, const char *host)
{
    struct address found[ADDRESSES_PER_HOST];
    enum names_error problem = NAMES_FOUND;
    unsigned count = names_look_up(host, wish->family, found, ADDRESSES_PER_HOST, &problem);

    for (unsigned i = 0; i < count && n->settings.spec_count < NTPDATE_SERVERS_MAX; i++) {
        struct source_spec *spec = &n->settings.specs[n->settings.spec_count++];

        *spec = (struct source_spec){.kind = SOURCE_SERVER,
                                     .address = found[i],
                                     .port = NTP_PORT,
                                     .minpoll = POLL,
                                     .maxpoll = POLL,
                                     .version = wish->version,
                                     .key_id = wish->key_id,
                                     .iburst = true,
                                     .max_delay_s = 16};
        spec->address.port = NTP_PORT;
        address_format(&found[i], spec->name);
    }
    return count > 0 ? 0 : (int)problem;
}

static void carry_out(struct ntpdate *n)
{
    struct clock_command nothing = {.action = CLOCK_KEEP};
    struct effect effect;

    while (engine_take_effect(&n->engine, &effect)) {
        if (effect.type == EFFECT_SEND) {
            requests_send(&n->requests, &n->wait, &n->engine, &effect.send);
        } else if (effect.type == EFFECT_CANCEL) {
            requests_cancel(&n->requests, &n->wait, &effect.cancel);
        } else if (effect.type == EFFECT_ADJUST_CLOCK) {
            engine_adjusted(&n->engine, clock_now(), &nothing, 0);
        }
    }
}

static const struct source *find(const struct ntpdate *n, unsigned spec)
{
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &n->engine.sources[i];

        if (s->status != SOURCE_UNUSED && s->spec == (int)spec) {
            return s;
        }
    }
    return NULL;
}

static bool is_done(const struct ntpdate *n, unsigned samples)
{
    for (unsigned i = 0; i < n->settings.spec_count; i++) {
        const struct source *s = find(n, i);
        /* refused: asking again would change nothing */
        bool refused = s && (s->verdicts[REPLY_UNSYNCHRONISED] || s->verdicts[REPLY_KISS_DENY] ||
                             s->verdicts[REPLY_KISS_RATE] || s->verdicts[REPLY_STRATUM]);

        if (s && s->filter.total < samples && !refused) {
            return false;
        }
    }
    return true;
}

static void fill(const struct ntpdate *n, unsigned spec, struct ntpdate_answer *a)
{
    const struct source *s = find(n, spec);

    *a = (struct ntpdate_answer){.source = s};
    for (unsigned i = 0; s && i < s->filter.count; i++) {
        const struct sample *sample = filter_sample(&s->filter, i);

        a->best = !a->best || sample->delay_s < a->best->delay_s ? sample : a->best;
    }
    if (a->best) {
        a->offset_s =
            timeline_clock_offset(&n->engine.timeline, clock_now().mono, a->best->offset_s);
        a->distance_s = (a->best->root_delay_s + a->best->delay_s) / 2 +
                        a->best->root_dispersion_s + a->best->dispersion_s;
    }
}

void ntpdate_measure(struct ntpdate *n, const struct ntpdate_wish *wish)
{
    struct engine_start start = {.now = clock_now(), .precision_s = clock_precision()};
    double limit_s = wish->timeout_s + BETWEEN_SAMPLES_S * (wish->samples - 1) + 1;
    struct mono_time limit = mono_after(start.now.mono, limit_s);

    random_system(start.seed, sizeof start.seed);
    requests_init(&n->requests, 0);
    n->settings.clock_control = false;
    n->settings.build_time_s = TOKI_RELEASE_TIME;
    n->settings.keys = wish->keys;
    engine_init(&n->engine, &n->settings, &start);
    carry_out(n);
    while (!is_done(n, wish->samples) && clock_now().mono.ns < limit.ns) {
        struct mono_time deadline = engine_deadline(&n->engine);

        wait_until(&n->wait, deadline.ns < limit.ns ? deadline : limit);
        requests_read_stamps(&n->requests, &n->wait, &n->engine);
        carry_out(n);
        for (uint16_t i = 0; i < SOURCES_MAX; i++) {
            if (requests_receive(&n->requests, &n->wait, &n->engine, i)) {
                carry_out(n);
            }
        }
        if (engine_deadline(&n->engine).ns <= clock_now().mono.ns) {
            engine_tick(&n->engine, clock_now());
            carry_out(n);
        }
    }
    requests_close_all(&n->requests, &n->wait);
    for (unsigned i = 0; i < n->settings.spec_count; i++) {
        fill(n, i, &n->answers[i]);
    }
}

/* Can both be right? */
static bool agree(const struct ntpdate_answer *a, const struct ntpdate_answer *b)
{
    return fabs(a->offset_s - b->offset_s) <= a->distance_s + b->distance_s;
}

static bool is_better(const struct ntpdate_answer *a, const struct ntpdate_answer *b)
{
    if (a->source->stratum != b->source->stratum) {
        return a->source->stratum < b->source->stratum;
    }
    return a->distance_s < b->distance_s;
}

int ntpdate_choose(const struct ntpdate_answer *answers, unsigned count)
{
    unsigned usable = 0, most = 0;
    int chosen = -1;

    for (unsigned i = 0; i < count; i++) {
        usable += answers[i].best != NULL;
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned votes = 0;

        for (unsigned j = 0; answers[i].best && j < count; j++) {
            votes += answers[j].best && agree(&answers[i], &answers[j]);
        }
        if (votes > most ||
            (votes > 0 && votes == most && is_better(&answers[i], &answers[chosen]))) {
            most = votes;
            chosen = (int)i;
        }
    }
    return usable >= 3 && 2 * most <= usable ? -1 : chosen;
}
