/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of associations: made from the settings, given addresses by look-ups, changed by a
 * reload. A server line is one association, a pool line as many as its name has addresses. */
#ifndef TOKI_CORE_ROSTER_H
#define TOKI_CORE_ROSTER_H

#include "core/effect.h"
#include "core/random.h"
#include "core/settings.h"
#include "core/source.h"

struct roster {
    struct source *sources; /* SOURCES_MAX */
    struct effect_queue *effects;
    struct random *random;
    double rate, rate_sd; /* prior of the oscillator for new sources */
};

/* Makes the sources fit the settings: unchanged lines keep theirs, with all samples; the others go,
 * new ones come. */
void roster_configure(struct roster *r, const struct settings *old, const struct settings *settings,
                      struct mono_time now);

/* Asks for the addresses that are due: of new names, of sources that have been silent,
 * and of pools that want more servers. */
void roster_look_up(struct roster *r, struct mono_time now);

/* The answer for the line of this source; count 0: the look-up failed. */
void roster_resolved(struct roster *r, uint16_t source, const struct address *addresses,
                     unsigned count, struct mono_time now);

/* When roster_look_up() has something to do next. */
struct mono_time roster_deadline(const struct source *sources);

#endif
