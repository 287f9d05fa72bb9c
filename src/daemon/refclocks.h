/* SPDX-License-Identifier: BSD-2-Clause */
/* The reference clocks of a configuration: opened before the rights are dropped, read in the loop.
 * Stands between the drivers of src/refclock, which know no engine, and the engine, which knows no
 * drivers. */
#ifndef TOKI_DAEMON_REFCLOCKS_H
#define TOKI_DAEMON_REFCLOCKS_H

#include <stdbool.h>

#include "core/engine.h"
#include "os/wait.h"
#include "refclock/refclock.h"

struct refclock_slot {
    enum refclock_kind kind;
    unsigned unit;
    char path[REFCLOCK_PATH_MAX];
    bool open, wanted;
    void *state;           /* the driver's */
    int fd;                /* to wait for; -1: it is looked at by time */
    struct mono_time next; /* look */
};

struct refclocks {
    struct refclock_slot slots[SOURCE_SPECS_MAX];
    unsigned count;
};

/* Opens what the settings name and is not open yet, closes what they no longer name. One that
 * cannot be opened is a line in the log and a source without samples: the others go on. While it
 * runs nothing may be registered. */
void refclocks_configure(struct refclocks *r, const struct settings *settings);

/* Lets the loop wait for the clocks that have a descriptor, or no longer. One that has no room in
 * the set is looked at by time. */
void refclocks_register(struct refclocks *r, struct wait_set *wait);
void refclocks_unregister(const struct refclocks *r, struct wait_set *wait);

/* When a clock is to be looked at next. */
struct mono_time refclocks_deadline(const struct refclocks *r, const struct engine *engine);

/* Looks at the clock of this source if that is due, or the last wait says that there is something;
 * true if the engine was given a sample. */
bool refclocks_read(struct refclocks *r, const struct wait_set *wait, struct engine *engine,
                    uint16_t source);

#endif
