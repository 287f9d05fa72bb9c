/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings and look-ups -> associations. Called by the engine. */
#include "core/roster.h"

#include <string.h>

#define ROSTER_FIRST_S 0.2       /* first requests are spread over this time */
#define ROSTER_RETRY_S 2.0       /* first wait after a failed look-up; doubles */
#define ROSTER_RETRY_MAX_LOG2 10 /* up to 2^10 times that, about half an hour */
#define ROSTER_SILENT 12         /* requests without an answer, then the name is asked again */
#define ROSTER_AGAIN_S 600.0     /* but not more often than this */

static bool roster_named(const struct source *s)
{
    return s->status != SOURCE_UNUSED && s->config.kind != SOURCE_REFCLOCK &&
           s->config.address.family == ADDRESS_NONE;
}

/* A slot whose last owner still waits for a look-up stays empty until its answer has come: that must
 * not be taken for the answer to somebody else's. */
static bool roster_free(const struct source *s)
{
    return s->status == SOURCE_UNUSED && !s->lookup_pending;
}

static void roster_add(struct roster *r, uint16_t spec, const struct source_spec *config,
                       struct mono_time now)
{
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        if (roster_free(&r->sources[i])) {
            struct mono_time first = mono_after(now, ROSTER_FIRST_S * (1 + random_unit(r->random)));

            source_init(&r->sources[i], spec, config, &config->address,
                        config->address.family == ADDRESS_NONE ? now : first, r->rate, r->rate_sd);
            effect_event(r->effects, EVENT_SOURCE_ADDED, i, 0);
            return;
        }
    }
}

static void roster_drop(struct roster *r, uint16_t i)
{
    struct source *s = &r->sources[i];

    if (s->request.outstanding) {
        effect_push(r->effects, EFFECT_CANCEL)->cancel =
            (struct effect_cancel){.source = i, .serial = s->request.serial};
    }
    effect_event(r->effects, EVENT_SOURCE_REMOVED, i, 0);
    s->request.outstanding = false;
    s->status = SOURCE_UNUSED;
}

/* Two lines mean the same source with the same options. */
static bool roster_same(const struct source_spec *a, const struct source_spec *b)
{
    return a->kind == b->kind && strcmp(a->name, b->name) == 0 && a->port == b->port &&
           a->family == b->family && a->minpoll == b->minpoll && a->maxpoll == b->maxpoll &&
           a->version == b->version && a->key_id == b->key_id && a->long_mac == b->long_mac &&
           a->max_sources == b->max_sources && a->iburst == b->iburst && a->burst == b->burst &&
           a->prefer == b->prefer && a->noselect == b->noselect && a->trust == b->trust &&
           a->require == b->require && a->xleave == b->xleave && a->offline == b->offline &&
           a->refclock_kind == b->refclock_kind && a->refclock_unit == b->refclock_unit &&
           a->refclock_mode == b->refclock_mode && a->refclock_poll == b->refclock_poll &&
           a->refclock_stratum == b->refclock_stratum && a->refclock_refid == b->refclock_refid &&
           memcmp(&a->refclock_precision_s, &b->refclock_precision_s, sizeof(double)) == 0 &&
           memcmp(&a->refclock_delay_s, &b->refclock_delay_s, sizeof(double)) == 0 &&
           memcmp(&a->offset_correction_s, &b->offset_correction_s, sizeof(double)) == 0 &&
           memcmp(&a->max_delay_s, &b->max_delay_s, sizeof(double)) == 0 &&
           memcmp(&a->max_delay_ratio, &b->max_delay_ratio, sizeof(double)) == 0 &&
           memcmp(&a->max_delay_deviation, &b->max_delay_deviation, sizeof(double)) == 0 &&
           memcmp(&a->max_delay_quantile, &b->max_delay_quantile, sizeof(double)) == 0 &&
           memcmp(&a->min_delay_s, &b->min_delay_s, sizeof(double)) == 0 &&
           memcmp(&a->asymmetry, &b->asymmetry, sizeof(double)) == 0 &&
           a->has_asymmetry == b->has_asymmetry && a->min_stratum == b->min_stratum &&
           a->weight == b->weight && a->poll_target == b->poll_target &&
           address_equal(&a->from[0], &b->from[0]) && address_equal(&a->from[1], &b->from[1]);
}

void roster_configure(struct roster *r, const struct settings *old, const struct settings *settings,
                      struct mono_time now)
{
    unsigned lines = old ? old->spec_count : 0;
    uint16_t moved[SOURCE_SPECS_MAX];
    bool kept[SOURCE_SPECS_MAX] = {false};

    for (unsigned i = 0; i < lines; i++) {
        moved[i] = SOURCE_SPECS_MAX;
        for (uint16_t j = 0; j < settings->spec_count; j++) {
            if (!kept[j] && roster_same(&old->specs[i], &settings->specs[j])) {
                moved[i] = j;
                kept[j] = true;
                break;
            }
        }
    }
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        struct source *s = &r->sources[i];

        if (s->status == SOURCE_UNUSED) {
            continue;
        }
        if (s->spec >= lines || moved[s->spec] == SOURCE_SPECS_MAX) {
            roster_drop(r, i);
        } else {
            s->spec = moved[s->spec];
        }
    }
    for (uint16_t j = 0; j < settings->spec_count; j++) {
        if (!kept[j]) {
            roster_add(r, j, &settings->specs[j], now);
        }
    }
}

/* A source that never answered, or stopped: its name may have another address by now. */
static bool roster_stale(const struct source *s)
{
    return s->address.family != ADDRESS_NONE && s->reach == 0 && s->missed >= ROSTER_SILENT;
}

/* Sources of a pool line that have an address. */
static unsigned roster_members(const struct source *sources, uint16_t spec)
{
    unsigned n = 0;

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        n += sources[i].status != SOURCE_UNUSED && sources[i].spec == spec &&
             sources[i].address.family != ADDRESS_NONE;
    }
    return n;
}

/* A pool line that has fewer servers than it may have; its first source asks for more. */
static bool roster_short(const struct source *sources, unsigned i)
{
    const struct source *s = &sources[i];

    if (s->config.kind != SOURCE_POOL) {
        return false;
    }
    for (unsigned j = 0; j < i; j++) {
        if (sources[j].status != SOURCE_UNUSED && sources[j].spec == s->spec) {
            return false;
        }
    }
    return roster_members(sources, s->spec) < s->config.max_sources;
}

/* Is there a reason to ask for the name of this source? */
static bool roster_wants(const struct source *sources, unsigned i)
{
    const struct source *s = &sources[i];

    return roster_named(s) && !s->config.offline &&
           (s->address.family == ADDRESS_NONE || roster_stale(s) || roster_short(sources, i));
}

/* One look-up for each line: is one of its sources being looked up already? */
static bool roster_pending(const struct source *sources, uint16_t spec)
{
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &sources[i];

        if (s->status != SOURCE_UNUSED && s->spec == spec && s->lookup_pending) {
            return true;
        }
    }
    return false;
}

void roster_look_up(struct roster *r, struct mono_time now)
{
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        struct source *s = &r->sources[i];
        struct effect_look_up *look_up;

        if (now.ns < s->lookup_next.ns || !roster_wants(r->sources, i) ||
            roster_pending(r->sources, s->spec)) {
            continue;
        }
        s->lookup_pending = true;
        look_up = &effect_push(r->effects, EFFECT_LOOK_UP)->look_up;
        look_up->source = i;
        look_up->family = s->config.family;
        memcpy(look_up->name, s->config.name, sizeof look_up->name);
    }
}

struct mono_time roster_deadline(const struct source *sources)
{
    struct mono_time first = {INT64_MAX};

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &sources[i];

        if (s->lookup_next.ns < first.ns && roster_wants(sources, i) &&
            !roster_pending(sources, s->spec)) {
            first = s->lookup_next;
        }
    }
    return first;
}

/* An address that a resolver may give us: of one host, and none that other daemons take for the
 * name of a reference clock. */
static bool roster_fits(const struct address *a)
{
    return address_is_unicast(a) &&
           !(a->family == ADDRESS_V4 && a->bytes[0] == 127 && a->bytes[1] == 127);
}

/* Does some other source have this address already? */
static bool roster_taken(const struct roster *r, const struct address *a, const struct source *but)
{
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &r->sources[i];

        if (s != but && s->status != SOURCE_UNUSED && address_equal(&s->address, a)) {
            return true;
        }
    }
    return false;
}

static void roster_give(struct roster *r, struct source *s, const struct address *a,
                        struct mono_time now)
{
    struct mono_time first = mono_after(now, ROSTER_FIRST_S * (1 + random_unit(r->random)));
    const struct source_spec config = s->config;
    const struct source before = {.lookup_pending = s->lookup_pending,
                                  .lookup_next = s->lookup_next,
                                  .lookup_failures = s->lookup_failures};
    bool another = s->address.family != ADDRESS_NONE;

    source_init(s, s->spec, &config, a, first, r->rate, r->rate_sd);
    if (another) {
        s->burst_left = 0; /* many dead addresses must not make a stream of bursts */
    }
    s->lookup_pending = before.lookup_pending;
    s->lookup_next = before.lookup_next;
    s->lookup_failures = before.lookup_failures;
}

/* An address for this source that nobody has: NULL if there is none. */
static const struct address *roster_pick(const struct roster *r, const struct source *s,
                                         const struct address *addresses, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (roster_fits(&addresses[i]) && !roster_taken(r, &addresses[i], s) &&
            !address_equal(&addresses[i], &s->address)) {
            return &addresses[i];
        }
    }
    return NULL;
}

static bool roster_lists(const struct address *addresses, unsigned count, const struct address *a)
{
    for (unsigned i = 0; i < count; i++) {
        if (address_equal(&addresses[i], a)) {
            return true;
        }
    }
    return false;
}

/* Fills a pool line up: each further address that nobody has becomes a source. */
static void roster_fill_pool(struct roster *r, const struct source *model,
                             const struct address *addresses, unsigned count, struct mono_time now)
{
    struct source_spec config = model->config;
    uint16_t spec = model->spec;

    for (unsigned a = 0; a < count && roster_members(r->sources, spec) < config.max_sources; a++) {
        if (!roster_fits(&addresses[a]) || roster_taken(r, &addresses[a], NULL)) {
            continue;
        }
        for (uint16_t i = 0; i < SOURCES_MAX; i++) {
            struct source *s = &r->sources[i];

            if (roster_free(s)) {
                source_init(s, spec, &config, &config.address, now, r->rate, r->rate_sd);
                s->lookup_next = mono_after(now, ROSTER_AGAIN_S);
                roster_give(r, s, &addresses[a], now);
                effect_event(r->effects, EVENT_SOURCE_ADDED, i, 0);
                break;
            }
        }
    }
}

void roster_resolved(struct roster *r, uint16_t source, const struct address *addresses,
                     unsigned count, struct mono_time now)
{
    const struct address *a;
    struct source *s;

    if (source >= SOURCES_MAX) {
        return;
    }
    s = &r->sources[source];
    if (!s->lookup_pending) {
        return;
    }
    s->lookup_pending = false;
    if (s->status == SOURCE_UNUSED) {
        return; /* removed meanwhile */
    }
    if (count == 0) {
        unsigned doublings =
            s->lookup_failures < ROSTER_RETRY_MAX_LOG2 ? s->lookup_failures : ROSTER_RETRY_MAX_LOG2;

        if (s->lookup_failures++ == 0) {
            effect_event(r->effects, EVENT_SOURCE_UNRESOLVED, source, 0);
        }
        s->lookup_next = mono_after(now, ROSTER_RETRY_S * (double)(1u << doublings));
        return;
    }
    s->lookup_failures = 0;
    s->lookup_next = mono_after(now, ROSTER_AGAIN_S);
    if (s->config.kind == SOURCE_POOL || s->address.family == ADDRESS_NONE ||
        !roster_lists(addresses, count, &s->address)) {
        a = roster_pick(r, s, addresses, count);
        if (a && (s->address.family == ADDRESS_NONE || roster_stale(s))) {
            if (s->request.outstanding) {
                effect_push(r->effects, EFFECT_CANCEL)->cancel =
                    (struct effect_cancel){.source = source, .serial = s->request.serial};
            }
            roster_give(r, s, a, now);
        }
    }
    if (s->config.kind == SOURCE_POOL) {
        roster_fill_pool(r, s, addresses, count, now);
    }
}
