/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings and look-ups -> associations. Called by the engine.
 *
 * A name is asked for again when its server is silent, when it is a pool's and has been of no use
 * for long, and from time to time because it may mean another host by now. What a resolver says is
 * not trusted with more than it must be: a server that works keeps its address until the periodic
 * look-up, and those replace at most one server an hour, so that names which are forged for a while
 * cannot take over all votes. */
#include "core/roster.h"

#include <math.h>
#include <string.h>

#define ROSTER_FIRST_S 0.2        /* first requests are spread over this time */
#define ROSTER_RETRY_S 2.0        /* first wait after a failed look-up; doubles */
#define ROSTER_RETRY_MAX_LOG2 10  /* up to 2^10 times that, about half an hour */
#define ROSTER_SILENT 12          /* requests without an answer, then the name is asked again */
#define ROSTER_SOON_S 60.0        /* but not sooner than this after it was given an address, ... */
#define ROSTER_AGAIN_S 600.0      /* ... nor more often than this, ... */
#define ROSTER_AGAIN_MAX_S 3600.0 /* and when that changes nothing, up to this */
#define ROSTER_FRUITLESS_MAX 3u
#define ROSTER_USELESS_S 1800.0  /* a pool's server that is of no use for so long is replaced */
#define ROSTER_GAP_S 3600.0      /* between two servers that are replaced although they work */
#define ROSTER_ONLINE_REQUESTS 8 /* of the burst with iburst */
#define ROSTER_SPREAD 0.1        /* part of the period by which look-ups are spread */

static bool roster_named(const struct source *s)
{
    return s->status != SOURCE_UNUSED && s->config.kind != SOURCE_REFCLOCK &&
           s->config.address.family == ADDRESS_NONE;
}

/* A slot whose last owner still waits for a look-up stays empty until its answer has come: that
 * must not be taken for the answer to somebody else's. */
static bool roster_free(const struct source *s)
{
    return s->status == SOURCE_UNUSED && !s->lookup_pending;
}

/* When the name is asked for next although its server works. */
static void roster_plan_refresh(const struct roster *r, struct source *s, struct mono_time now)
{
    s->lookup_refresh =
        r->refresh_s > 0
            ? mono_after(now, r->refresh_s * (1 - ROSTER_SPREAD * random_unit(r->random)))
            : (struct mono_time){INT64_MAX};
}

static void roster_add(struct roster *r, uint16_t spec, const struct source_spec *config,
                       struct mono_time now)
{
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        if (roster_free(&r->sources[i])) {
            struct mono_time first = mono_after(now, ROSTER_FIRST_S * (1 + random_unit(r->random)));

            source_init(&r->sources[i], spec, config, &config->address,
                        config->address.family == ADDRESS_NONE ? now : first, r->rate, r->rate_sd);
            roster_plan_refresh(r, &r->sources[i], now);
            r->sources[i].good_at = now;
            effect_event(r->effects, EVENT_SOURCE_ADDED, i, 0);
            return;
        }
    }
    if (r->memory) {
        r->memory->lines_wait = true;
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

/* Is it the same server, asked for the same thing? Then its samples hold, whatever other options
 * its line has now. */
static bool roster_same_server(const struct source_spec *a, const struct source_spec *b)
{
    return a->kind == b->kind && strcmp(a->name, b->name) == 0 && a->port == b->port &&
           a->family == b->family && a->key_id == b->key_id &&
           a->refclock_kind == b->refclock_kind && a->refclock_unit == b->refclock_unit &&
           a->refclock_mode == b->refclock_mode && a->refclock_stratum == b->refclock_stratum &&
           a->refclock_refid == b->refclock_refid &&
           memcmp(&a->refclock_precision_s, &b->refclock_precision_s, sizeof(double)) == 0 &&
           memcmp(&a->refclock_delay_s, &b->refclock_delay_s, sizeof(double)) == 0 &&
           memcmp(&a->offset_correction_s, &b->offset_correction_s, sizeof(double)) == 0 &&
           memcmp(&a->min_delay_s, &b->min_delay_s, sizeof(double)) == 0 &&
           memcmp(&a->asymmetry, &b->asymmetry, sizeof(double)) == 0 &&
           a->has_asymmetry == b->has_asymmetry && address_equal(&a->from[0], &b->from[0]) &&
           address_equal(&a->from[1], &b->from[1]);
}

/* Nothing at all has changed (padding is zero in what a configuration makes; where it is not, the
 * line counts as changed, and that loses nothing). */
static bool roster_same_line(const struct source_spec *a, const struct source_spec *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* For each old line the new one that is the same by this test; both are then spoken for. */
static void roster_match(const struct settings *old, const struct settings *settings,
                         uint16_t moved[SOURCE_SPECS_MAX], bool kept[SOURCE_SPECS_MAX],
                         bool (*same)(const struct source_spec *a, const struct source_spec *b))
{
    for (unsigned i = 0; i < old->spec_count; i++) {
        for (uint16_t j = 0; j < settings->spec_count && moved[i] == SOURCE_SPECS_MAX; j++) {
            if (!kept[j] && same(&old->specs[i], &settings->specs[j])) {
                moved[i] = j;
                kept[j] = true;
            }
        }
    }
}

/* Other options for a source that stays. */
static void roster_update(struct roster *r, struct source *s, const struct source_spec *config,
                          struct mono_time now)
{
    bool online = s->config.offline && !config->offline;
    struct mono_time latest = mono_after(now, s_from_log2(config->maxpoll));

    if (roster_same_line(&s->config, config)) {
        return;
    }
    if (config->offline && !s->config.offline) {
        s->reach = 0;
    }
    s->config = *config;
    s->poll = s->poll < config->minpoll   ? config->minpoll
              : s->poll > config->maxpoll ? config->maxpoll
                                          : s->poll;
    if (s->next.ns > latest.ns && !s->refused) {
        s->next = latest;
    }
    if (online) {
        s->next = mono_after(now, ROSTER_FIRST_S * (1 + random_unit(r->random)));
        if (config->iburst) {
            source_burst(s, now, ROSTER_ONLINE_REQUESTS);
        }
    }
}

/* Members of a pool that may have fewer now: the last ones go. */
static void roster_shrink(struct roster *r, uint16_t spec, unsigned most)
{
    unsigned members = 0;

    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &r->sources[i];

        if (s->status != SOURCE_UNUSED && s->spec == spec && ++members > most) {
            roster_drop(r, i);
        }
    }
}

void roster_configure(struct roster *r, const struct settings *old, const struct settings *settings,
                      struct mono_time now)
{
    uint16_t moved[SOURCE_SPECS_MAX];
    bool kept[SOURCE_SPECS_MAX] = {false};

    for (unsigned i = 0; i < SOURCE_SPECS_MAX; i++) {
        moved[i] = SOURCE_SPECS_MAX;
    }
    if (old) {
        roster_match(old, settings, moved, kept, roster_same_line);
        roster_match(old, settings, moved, kept, roster_same_server);
    }
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        struct source *s = &r->sources[i];

        if (s->status == SOURCE_UNUSED) {
            continue;
        }
        if (moved[s->spec] == SOURCE_SPECS_MAX) {
            roster_drop(r, i);
        } else {
            s->spec = moved[s->spec];
            roster_update(r, s, &settings->specs[s->spec], now);
            if (old->name_refresh_s < settings->name_refresh_s ||
                old->name_refresh_s > settings->name_refresh_s) {
                roster_plan_refresh(r, s, now);
            }
        }
    }
    for (uint16_t j = 0; j < settings->spec_count; j++) {
        if (!kept[j]) {
            roster_add(r, j, &settings->specs[j], now);
        } else if (settings->specs[j].kind == SOURCE_POOL) {
            roster_shrink(r, j, settings->specs[j].max_sources);
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

/* A server of a pool that answers, if it does, nothing that anybody can use. Without a majority
 * nobody knows whose fault it is. */
static bool roster_useless(const struct source *s)
{
    return s->config.kind == SOURCE_POOL &&
           (s->status == SOURCE_FALSETICKER || s->status == SOURCE_REFUSED ||
            s->status == SOURCE_LOOPED || s->status == SOURCE_SERVER_UNSYNCHRONISED ||
            s->status == SOURCE_TOO_DISTANT || s->status == SOURCE_TOO_JITTERY ||
            s->status == SOURCE_WRONG_STRATUM || s->status == SOURCE_UNREACHABLE);
}

static struct mono_time roster_later(struct mono_time a, struct mono_time b)
{
    return a.ns > b.ns ? a : b;
}

static struct mono_time roster_earlier(struct mono_time a, struct mono_time b)
{
    return a.ns < b.ns ? a : b;
}

/* When the name of this source is to be asked for: the first of the reasons there are. */
static struct mono_time roster_due(const struct source *sources, unsigned i)
{
    const struct source *s = &sources[i];
    struct mono_time due = {INT64_MAX};

    if (!roster_named(s) || s->config.offline || roster_pending(sources, s->spec)) {
        return due;
    }
    if (s->address.family == ADDRESS_NONE || s->remembered || roster_stale(s) ||
        roster_short(sources, i)) {
        due = s->lookup_next;
    }
    if (s->address.family != ADDRESS_NONE) {
        due = roster_earlier(due, roster_later(s->lookup_next, s->lookup_refresh));
    }
    if (roster_useless(s)) {
        due = roster_earlier(
            due, roster_later(s->lookup_next, mono_after(s->good_at, ROSTER_USELESS_S)));
    }
    return due;
}

/* Lines for which there was no free slot. */
static void roster_add_waiting(struct roster *r, struct mono_time now)
{
    r->memory->lines_wait = false;
    for (uint16_t j = 0; j < r->settings->spec_count; j++) {
        bool present = false;

        for (unsigned i = 0; i < SOURCES_MAX && !present; i++) {
            present = r->sources[i].status != SOURCE_UNUSED && r->sources[i].spec == j;
        }
        if (!present) {
            roster_add(r, j, &r->settings->specs[j], now);
        }
    }
}

void roster_look_up(struct roster *r, struct mono_time now)
{
    if (r->memory && r->memory->lines_wait) {
        roster_add_waiting(r, now);
    }
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        struct source *s = &r->sources[i];
        struct effect_look_up *look_up;

        if (!roster_useless(s)) {
            s->good_at = now;
        }
        if (now.ns < roster_due(r->sources, i).ns) {
            continue;
        }
        s->lookup_pending = true;
        look_up = &effect_push(r->effects, EFFECT_LOOK_UP)->look_up;
        look_up->source = i;
        look_up->family = s->config.family;
        memcpy(look_up->name, s->config.name, sizeof look_up->name);
    }
}

void roster_refresh(struct roster *r, struct mono_time now)
{
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        struct source *s = &r->sources[i];

        if (s->status != SOURCE_UNUSED && roster_named(s)) {
            s->lookup_next = s->lookup_refresh = now;
        }
    }
}

struct mono_time roster_deadline(const struct source *sources)
{
    struct mono_time first = {INT64_MAX};

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        first = roster_earlier(first, roster_due(sources, i));
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

/* This host itself: of a pool that it serves in. */
static bool roster_self(const struct roster *r, const struct source *s, const struct address *a)
{
    for (unsigned i = 0; i < r->self_count; i++) {
        if (s->config.kind == SOURCE_POOL && s->config.port == NTP_PORT &&
            address_equal(&r->self[i], a)) {
            return true;
        }
    }
    return false;
}

/* Does some other source have this server already? */
static bool roster_taken(const struct roster *r, const struct address *a, uint16_t port,
                         const struct source *but)
{
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &r->sources[i];

        if (s != but && s->status != SOURCE_UNUSED && s->address.port == port &&
            address_equal(&s->address, a)) {
            return true;
        }
    }
    return false;
}

static void roster_give(struct roster *r, uint16_t source, const struct address *a,
                        struct mono_time now)
{
    struct source *s = &r->sources[source];
    struct mono_time first = mono_after(now, ROSTER_FIRST_S * (1 + random_unit(r->random)));
    const struct source_spec config = s->config;
    const struct source before = {.lookup_pending = s->lookup_pending,
                                  .lookup_next = s->lookup_next,
                                  .lookup_failures = s->lookup_failures};
    bool another = s->address.family != ADDRESS_NONE;

    if (s->request.outstanding) {
        effect_push(r->effects, EFFECT_CANCEL)->cancel =
            (struct effect_cancel){.source = source, .serial = s->request.serial};
    }
    source_init(s, s->spec, &config, a, first, r->rate, r->rate_sd);
    if (another) {
        s->burst_left = 0; /* many dead addresses must not make a stream of bursts */
        effect_event(r->effects, EVENT_SOURCE_REPLACED, source, 0);
    }
    s->lookup_pending = before.lookup_pending;
    s->lookup_next = before.lookup_next;
    s->lookup_failures = before.lookup_failures;
    s->good_at = now;
    roster_plan_refresh(r, s, now);
}

/* An address for this source that nobody has: the next one after its own in the list, so that a
 * name with several dead servers is gone through; NULL if there is none. */
static const struct address *roster_pick(const struct roster *r, const struct source *s,
                                         const struct address *addresses, unsigned count)
{
    unsigned own = 0;

    while (own < count && !address_equal(&addresses[own], &s->address)) {
        own++;
    }
    for (unsigned i = 0; i < count; i++) {
        const struct address *a = &addresses[own < count ? (own + 1 + i) % count : i];

        if (roster_fits(a) && !roster_self(r, s, a) && !roster_taken(r, a, s->config.port, s) &&
            !address_equal(a, &s->address)) {
            return a;
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
                             const struct address *addresses, unsigned count, bool remembered,
                             struct mono_time now)
{
    struct source_spec config = model->config;
    uint16_t spec = model->spec;

    for (unsigned a = 0; a < count && roster_members(r->sources, spec) < config.max_sources; a++) {
        if (!roster_fits(&addresses[a]) || roster_self(r, model, &addresses[a]) ||
            roster_taken(r, &addresses[a], config.port, NULL)) {
            continue;
        }
        for (uint16_t i = 0; i < SOURCES_MAX; i++) {
            struct source *s = &r->sources[i];

            if (roster_free(s)) {
                source_init(s, spec, &config, &config.address, now, r->rate, r->rate_sd);
                s->lookup_next = mono_after(now, ROSTER_AGAIN_S);
                roster_give(r, i, &addresses[a], now);
                s->remembered = remembered;
                effect_event(r->effects, EVENT_SOURCE_ADDED, i, 0);
                break;
            }
        }
    }
}

/* The source of a look-up that is answered now; NULL: nobody waits for it. */
static struct source *roster_asker(struct roster *r, uint16_t source)
{
    struct source *s = source < SOURCES_MAX ? &r->sources[source] : NULL;

    if (!s || !s->lookup_pending) {
        return NULL;
    }
    s->lookup_pending = false;
    return s->status == SOURCE_UNUSED ? NULL : s; /* removed meanwhile */
}

static void roster_failed(struct roster *r, uint16_t source, struct mono_time now)
{
    struct source *s = &r->sources[source];
    unsigned doublings =
        s->lookup_failures < ROSTER_RETRY_MAX_LOG2 ? s->lookup_failures : ROSTER_RETRY_MAX_LOG2;

    if (s->lookup_failures++ == 0) {
        effect_event(r->effects, EVENT_SOURCE_UNRESOLVED, source, 0);
    }
    s->lookup_next = mono_after(now, ROSTER_RETRY_S * (double)(1u << doublings));
}

/* May its address be changed? One that works gives way only to the periodic look-up, if its name
 * no longer lists it, and if no other such server was replaced a moment ago. */
static bool roster_may_replace(struct roster *r, struct source *s, bool listed,
                               struct mono_time now)
{
    bool refreshing = s->lookup_refresh.ns <= now.ns;

    if (s->address.family == ADDRESS_NONE || roster_stale(s) || (s->remembered && !listed) ||
        (roster_useless(s) && now.ns >= mono_after(s->good_at, ROSTER_USELESS_S).ns)) {
        return true;
    }
    if (!refreshing) {
        return false;
    }
    roster_plan_refresh(r, s, now);
    if (listed) {
        return false;
    }
    if (r->memory && r->memory->replaced &&
        now.ns < mono_after(r->memory->replaced_at, ROSTER_GAP_S).ns) {
        s->lookup_refresh = mono_after(r->memory->replaced_at, ROSTER_GAP_S);
        return false;
    }
    if (r->memory) {
        r->memory->replaced = true;
        r->memory->replaced_at = now;
    }
    return true;
}

void roster_resolved(struct roster *r, uint16_t source, const struct address *addresses,
                     unsigned count, struct mono_time now)
{
    struct source *s = roster_asker(r, source);
    const struct address *a = NULL;
    double again_s;
    bool listed;

    if (!s) {
        return;
    }
    if (count == 0) {
        roster_failed(r, source, now);
        return;
    }
    again_s = fmin(ROSTER_AGAIN_S * (double)(1u << s->lookup_fruitless), ROSTER_AGAIN_MAX_S);
    s->lookup_failures = 0;
    s->lookup_next = mono_after(now, again_s);
    listed = roster_lists(addresses, count, &s->address);
    if (roster_may_replace(r, s, listed, now)) {
        a = roster_pick(r, s, addresses, count);
    }
    s->remembered = s->remembered && !listed;
    s->lookup_fruitless += s->lookup_fruitless < ROSTER_FRUITLESS_MAX;
    if (a) {
        roster_give(r, source, a, now);
        s->lookup_next = mono_after(now, ROSTER_SOON_S);
    } else if (s->address.family == ADDRESS_NONE) {
        s->duplicate = true; /* or all that the name has are no addresses to ask */
    }
    if (s->config.kind == SOURCE_POOL) {
        roster_fill_pool(r, s, addresses, count, false, now);
    }
}

void roster_remembered(struct roster *r, uint16_t source, const struct address *addresses,
                       unsigned count, struct mono_time now)
{
    struct source *s = roster_asker(r, source);
    const struct address *a;

    if (!s) {
        return;
    }
    roster_failed(r, source, now);
    a = s->address.family == ADDRESS_NONE ? roster_pick(r, s, addresses, count) : NULL;
    if (!a) {
        return;
    }
    roster_give(r, source, a, now);
    s->remembered = true;
    effect_event(r->effects, EVENT_SOURCE_REMEMBERED, source, 0);
    if (s->config.kind == SOURCE_POOL) {
        roster_fill_pool(r, s, addresses, count, true, now);
    }
}
