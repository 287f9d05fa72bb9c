/* SPDX-License-Identifier: BSD-2-Clause */
/* Reference clocks in the loop: attached while there are rights to, read when they are due, and a
 * failed one is attached again from time to time. */
#include "daemon/refclocks.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "daemon/log.h"
#include "os/clock.h"

#define NO_SLOT SOURCE_SPECS_MAX

static unsigned find(const struct refclocks *r, const struct source_spec *spec)
{
    for (unsigned i = 0; spec->kind == SOURCE_REFCLOCK && i < r->count; i++) {
        if (r->slots[i].kind == spec->refclock_kind && r->slots[i].unit == spec->refclock_unit) {
            return i;
        }
    }
    return NO_SLOT;
}

static void open_slot(struct refclock_slot *slot, const struct source_spec *spec)
{
    struct refclock_place place = {.unit = spec->refclock_unit, .mode = spec->refclock_mode};
    int error = refclock_find(spec->refclock_kind)->open(&place, &slot->state);

    slot->open = error == 0;
    slot->next = clock_now().mono;
    if (!slot->open) {
        log_line(LEVEL_ERROR, "refclock-not-opened source=%s text=\"%s%s\"", spec->name,
                 strerror(-error),
                 error == -EPERM    ? ": tokid has given up its rights: restart it"
                 : error == -EACCES ? ": the segment belongs to somebody else"
                                    : "");
    }
}

void refclocks_configure(struct refclocks *r, const struct settings *settings)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < r->count; i++) {
        r->slots[i].wanted = false;
    }
    for (unsigned i = 0; i < settings->spec_count; i++) {
        unsigned slot = find(r, &settings->specs[i]);

        if (slot != NO_SLOT) {
            r->slots[slot].wanted = true;
        }
    }
    for (unsigned i = 0; i < r->count; i++) {
        if (r->slots[i].wanted && r->slots[i].open) {
            r->slots[kept++] = r->slots[i];
        } else if (r->slots[i].open) {
            refclock_find(r->slots[i].kind)->close(r->slots[i].state);
        }
    }
    r->count = kept;
    for (unsigned i = 0; i < settings->spec_count; i++) {
        const struct source_spec *spec = &settings->specs[i];

        if (spec->kind == SOURCE_REFCLOCK && find(r, spec) == NO_SLOT) {
            r->slots[r->count] =
                (struct refclock_slot){.kind = spec->refclock_kind, .unit = spec->refclock_unit};
            open_slot(&r->slots[r->count++], spec);
        }
    }
}

/* The open slot of a source, NO_SLOT if it has none. */
static unsigned slot_of(const struct refclocks *r, const struct source *s)
{
    unsigned slot = s->status == SOURCE_UNUSED ? NO_SLOT : find(r, &s->config);

    return slot != NO_SLOT && r->slots[slot].open ? slot : NO_SLOT;
}

struct mono_time refclocks_deadline(const struct refclocks *r, const struct engine *engine)
{
    struct mono_time first = {INT64_MAX};

    for (unsigned i = 0; r->count > 0 && i < SOURCES_MAX; i++) {
        unsigned slot = slot_of(r, &engine->sources[i]);

        if (slot != NO_SLOT && r->slots[slot].next.ns < first.ns) {
            first = r->slots[slot].next;
        }
    }
    return first;
}

bool refclocks_read(struct refclocks *r, struct engine *engine, uint16_t source)
{
    const struct source_spec *spec = &engine->sources[source].config;
    unsigned found = slot_of(r, &engine->sources[source]);
    struct mono_time now = clock_now().mono;
    struct refclock_reading reading;
    struct refclock_slot *slot;
    struct wall_time at;

    if (found == NO_SLOT || r->slots[found].next.ns > now.ns) {
        return false;
    }
    slot = &r->slots[found];
    /* on a grid, so that a look is not later each time; after a pause the grid begins anew */
    slot->next = mono_after(slot->next, s_from_log2(spec->refclock_poll));
    if (slot->next.ns <= now.ns) {
        slot->next = mono_after(now, s_from_log2(spec->refclock_poll));
    }
    if (!refclock_find(slot->kind)->read(slot->state, &reading)) {
        return false;
    }
    at = clock_from_kernel(reading.received);
    engine_refclock(engine, clock_now(), source, at,
                    s_from_ns(ns_subtract(reading.truth.ns, at.ns)),
                    fmax(reading.resolution_s, spec->refclock_precision_s), reading.leap);
    return true;
}
