/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens, reads and closes reference clocks; makes of their stamps what the engine takes. */
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
        if (r->slots[i].kind == spec->refclock_kind && r->slots[i].unit == spec->refclock_unit &&
            strcmp(r->slots[i].path, spec->refclock_path) == 0) {
            return i;
        }
    }
    return NO_SLOT;
}

static void open_slot(struct refclock_slot *slot, const struct source_spec *spec)
{
    const struct refclock_driver *driver = refclock_find(spec->refclock_kind);
    struct refclock_place place = {
        .unit = spec->refclock_unit, .mode = spec->refclock_mode, .path = spec->refclock_path};
    int error = driver->open(&place, &slot->state);

    slot->open = error == 0;
    slot->fd = slot->open && driver->descriptor ? driver->descriptor(slot->state) : -1;
    memcpy(slot->path, spec->refclock_path, sizeof slot->path);
    slot->next = clock_now().mono;
    if (!slot->open) {
        log_line(LEVEL_ERROR, "refclock-not-opened source=%s text=\"%s%s\"", spec->name,
                 strerror(-error),
                 error == -EPERM    ? ": privileges are already dropped: restart tokid"
                 : error == -EACCES ? ": the segment belongs to another user"
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

void refclocks_register(struct refclocks *r, struct wait_set *wait)
{
    for (unsigned i = 0; i < r->count; i++) {
        if (r->slots[i].fd >= 0 && !wait_add(wait, r->slots[i].fd, WAIT_READ)) {
            r->slots[i].fd = -1;
        }
    }
}

void refclocks_unregister(const struct refclocks *r, struct wait_set *wait)
{
    for (unsigned i = 0; i < r->count; i++) {
        if (r->slots[i].fd >= 0) {
            wait_remove(wait, r->slots[i].fd);
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

        if (slot != NO_SLOT && r->slots[slot].fd < 0 && r->slots[slot].next.ns < first.ns) {
            first = r->slots[slot].next;
        }
    }
    return first;
}

/* Is it time to look? Looks by time are on a grid, so that they do not drift. After a pause it
 * begins anew. */
static bool is_due(struct refclock_slot *slot, const struct wait_set *wait, int poll)
{
    struct mono_time now = clock_now().mono;

    if (slot->fd >= 0) {
        return wait_ready(wait, slot->fd) != 0;
    }
    if (slot->next.ns > now.ns) {
        return false;
    }
    slot->next = mono_after(slot->next, s_from_log2(poll));
    if (slot->next.ns <= now.ns) {
        slot->next = mono_after(now, s_from_log2(poll));
    }
    return true;
}

/* True time less our clock's; of a fraction what is left of whole seconds, within +-0.5 s. */
static double offset_s(const struct refclock_reading *r, struct wall_time at)
{
    int64_t ns = ns_subtract(r->truth.ns, at.ns);

    if (r->kind == READING_FRACTION) {
        ns %= NS_PER_S;
        ns += ns < -NS_PER_S / 2 ? NS_PER_S : ns > NS_PER_S / 2 ? -NS_PER_S : 0;
    }
    return s_from_ns(ns);
}

bool refclocks_read(struct refclocks *r, const struct wait_set *wait, struct engine *engine,
                    uint16_t source)
{
    const struct source_spec *spec = &engine->sources[source].config;
    unsigned found = slot_of(r, &engine->sources[source]);
    struct refclock_reading reading;
    struct refclock_slot *slot;
    struct reading told;

    if (found == NO_SLOT) {
        return false;
    }
    slot = &r->slots[found];
    if (!is_due(slot, wait, spec->refclock_poll) ||
        !refclock_find(slot->kind)->read(slot->state, &reading)) {
        return false;
    }
    told = (struct reading){.kind = reading.kind,
                            .at = clock_from_kernel(reading.received),
                            .dispersion_s = fmax(reading.resolution_s, spec->refclock_precision_s),
                            .leap = reading.leap};
    told.offset_s = offset_s(&reading, told.at);
    engine_refclock(engine, clock_now(), source, &told);
    return true;
}
