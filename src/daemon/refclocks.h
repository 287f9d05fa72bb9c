/* SPDX-License-Identifier: BSD-2-Clause */
/* The reference clocks of a configuration: opened before the rights are dropped, read in the loop.
 * Stands between the drivers of src/refclock, which know no engine, and the engine, which knows no
 * drivers. */
#ifndef TOKI_DAEMON_REFCLOCKS_H
#define TOKI_DAEMON_REFCLOCKS_H

#include <stdbool.h>

#include "core/engine.h"
#include "refclock/refclock.h"

struct refclock_slot {
    enum refclock_kind kind;
    unsigned unit;
    bool open, wanted;
    void *state; /* the driver's */
    struct mono_time next;
};

struct refclocks {
    struct refclock_slot slots[SOURCE_SPECS_MAX];
    unsigned count;
};

/* Opens what the settings name and is not open yet, closes what they no longer name. One that
 * cannot be opened is a line in the log and a source without samples: the others go on. */
void refclocks_configure(struct refclocks *r, const struct settings *settings);

/* When a clock is to be looked at next. */
struct mono_time refclocks_deadline(const struct refclocks *r, const struct engine *engine);

/* Looks at the clock of this source if that is due; true if the engine was given a sample. */
bool refclocks_read(struct refclocks *r, struct engine *engine, uint16_t source);

#endif
