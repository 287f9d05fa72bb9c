/* SPDX-License-Identifier: BSD-2-Clause */
/* The complete list of what the engine can do to the world: one case for each effect. Called by the
 * loop after every input, so that an effect is carried out before the engine is told anything that
 * it could not know when it asked for it. */
#include "daemon/effects.h"

#include "daemon/log.h"
#include "daemon/lookup.h"
#include "daemon/loop.h"
#include "daemon/parent.h"
#include "daemon/statistics.h"
#include "os/clock.h"
#include "os/names.h"

/* Workers answer as unsynchronised when nothing was published for longer: sync hangs or died. */
#define PAGE_VALID_S 4.0

static void adjust_clock(struct loop *loop, const struct clock_command *command)
{
    struct clock_command done = {.action = CLOCK_KEEP};
    struct instant after = clock_now();
    int error = clock_adjust(command, &done, &after);

    engine_adjusted(&loop->engine, after, &done, -error);
}

/* An answer that never comes (the role died) counts as a failed look-up after this time. */
#define LOOKUP_LIMIT_S 60.0

static void look_up(struct loop *loop, const struct effect_look_up *wanted)
{
    struct address found[NAMES_MAX];
    enum names_error error = NAMES_BROKEN;
    unsigned count;

    if (loop->setup.lookup >= 0 &&
        lookup_ask(loop->setup.lookup, wanted->source, wanted->family, wanted->name)) {
        loop->lookup_pending[wanted->source] = true;
        loop->lookup_limit[wanted->source] = mono_after(clock_now().mono, LOOKUP_LIMIT_S);
        return;
    }
    count = loop->setup.lookup >= 0
                ? 0
                : names_look_up(wanted->name, wanted->family, found, NAMES_MAX, &error);
    engine_look_up_failed(&loop->engine, wanted->source, (int)error);
    addresses_resolved(&loop->addresses, &loop->engine, clock_now(), wanted->source, found, count);
}

/* The addresses that `restrict source` speaks of. */
static void publish_sources(struct loop *loop)
{
    struct address addresses[SOURCES_MAX];

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        addresses[i] = loop->engine.sources[i].address;
    }
    page_set_sources(loop->setup.page, addresses, SOURCES_MAX);
}

void effects_publish(struct loop *loop)
{
    struct mono_time now = clock_now().mono;
    /* A worker in this very loop cannot outlive it: its page never runs out. */
    struct mono_time valid_until =
        loop->setup.worker ? (struct mono_time){INT64_MAX} : mono_after(now, PAGE_VALID_S);

    if (loop->setup.page) {
        if (loop->setup.config->have_source_access) {
            publish_sources(loop);
        }
        page_publish(loop->setup.page, &loop->engine.reference, valid_until);
        loop->heartbeat = mono_after(now, PAGE_VALID_S / 4);
    }
}

static void store(struct loop *loop, const struct effect_store *what)
{
    struct mono_time now = clock_now().mono;

    if (loop->next_store.ns <= now.ns) {
        loop->next_store = mono_after(now, loop->setup.config->drift_interval_s);
        parent_store(loop->setup.parent, loop->setup.config, what->drift, what->drift_sd);
    }
}

static void tell(struct loop *loop, const struct event *event)
{
    loop->events[event->type]++;
    loop->last_event = *event;
    statistics_event(loop, event);
    if (loop->setup.queries) {
        mode6_note(&loop->setup.queries->mode6, event, clock_now().mono);
    }
    log_event(&loop->engine, event, clock_now());
    parent_notify(loop->setup.parent, &loop->engine, event);
}

void effects_carry_out(struct loop *loop)
{
    struct effect effect;

    while (engine_take_effect(&loop->engine, &effect)) {
        switch (effect.type) {
        case EFFECT_SEND:
            requests_send(&loop->requests, &loop->wait, &loop->engine, &effect.send);
            break;
        case EFFECT_CANCEL: requests_cancel(&loop->requests, &loop->wait, &effect.cancel); break;
        case EFFECT_ADJUST_CLOCK: adjust_clock(loop, &effect.adjust); break;
        case EFFECT_SET_STATUS:
            clock_set_status(effect.status.synchronised, effect.status.max_error_s,
                             effect.status.est_error_s, effect.status.leap,
                             loop->setup.config->rtc_sync);
            break;
        case EFFECT_LOOK_UP: look_up(loop, &effect.look_up); break;
        case EFFECT_PUBLISH: effects_publish(loop); break;
        case EFFECT_STORE: store(loop, &effect.store); break;
        case EFFECT_MEASURED: statistics_measured(loop, &effect.measured); break;
        case EFFECT_UPDATED: statistics_updated(loop, &effect.updated); break;
        case EFFECT_EVENT: tell(loop, &effect.event); break;
        }
    }
}
