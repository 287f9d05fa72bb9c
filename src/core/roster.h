/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of associations: made from the settings, given addresses by look-ups, changed by a
 * reload. A server line is one association, a pool line as many as its name has addresses. */
#ifndef TOKI_CORE_ROSTER_H
#define TOKI_CORE_ROSTER_H

#include "core/effect.h"
#include "core/random.h"
#include "core/settings.h"
#include "core/source.h"

/* What the roster keeps from one call to the next, besides what is in the sources. */
struct roster_memory {
    bool replaced; /* a server that works was, because of its name, ... */
    struct mono_time replaced_at;
    bool lines_wait; /* there was no free slot for all lines */
};

struct roster {
    struct source *sources; /* SOURCES_MAX */
    struct effect_queue *effects;
    struct random *random;
    double rate, rate_sd;       /* prior of the oscillator for new sources */
    double refresh_s;           /* between look-ups of names whose servers work; 0: never */
    const struct address *self; /* our own addresses */
    unsigned self_count;
    const struct settings *settings; /* in force; for `memory` */
    struct roster_memory *memory;    /* NULL: nothing is kept */
};

/* Makes the sources fit the settings: lines of the same servers keep theirs, with all samples,
 * whatever other options they have now; the others go, new ones come. */
void roster_configure(struct roster *r, const struct settings *old, const struct settings *settings,
                      struct mono_time now);

/* Asks for the addresses that are due: of new names, of sources that have been silent, of servers
 * of pools that are of no use, of pools that want more servers, and of all from time to time. */
void roster_look_up(struct roster *r, struct mono_time now);

/* The answer for the line of this source; count 0: the look-up failed. */
void roster_resolved(struct roster *r, uint16_t source, const struct address *addresses,
                     unsigned count, struct mono_time now);

/* The look-up failed, and these are the addresses that worked in the last run: they are used if the
 * source has none, and the name is asked for as before. */
void roster_remembered(struct roster *r, uint16_t source, const struct address *addresses,
                       unsigned count, struct mono_time now);

/* All names are to be looked up now, those of servers that work too; what may come of it is as with
 * the periodic look-up. */
void roster_refresh(struct roster *r, struct mono_time now);

/* When roster_look_up() has something to do next. */
struct mono_time roster_deadline(const struct source *sources);

#endif
