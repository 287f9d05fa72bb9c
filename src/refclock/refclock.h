/* SPDX-License-Identifier: BSD-2-Clause */
/* Reference clocks: what a driver is, and the table of them. A driver finds a sample or finds none;
 * what the samples are worth is for the engine to find out (core/filter.h). The daemon opens each
 * clock of the configuration before it gives up its rights and reads it from its loop. */
#ifndef TOKI_REFCLOCK_REFCLOCK_H
#define TOKI_REFCLOCK_REFCLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/reading.h"
#include "core/settings.h"
#include "core/time.h"

/* Which one, and how it is to be opened, as the configuration has it: by number or by path. */
struct refclock_place {
    unsigned unit, mode;
    const char *path; /* of a device or socket; "" for drivers that go by the unit */
};

/* One sample. Both stamps belong to the same moment. */
struct refclock_reading {
    enum reading_kind kind;
    struct wall_time truth; /* what the reference clock said; of a READING_FRACTION, which begins a
                                  second, any whole second */
    struct wall_time received; /* what the system's clock (CLOCK_REALTIME) said */
    double resolution_s;       /* of the coarser stamp */
    uint8_t leap; /* as in a packet; LEAP_UNSYNCHRONISED: the clock has no time itself */
};

struct refclock_driver {
    const char *name; /* as chrony.conf writes it */
    /* 0 or -errno; *state is for the other two. */
    int (*open)(const struct refclock_place *place, void **state);
    /* A sample that was not given before; false: there is none. Never waits. */
    bool (*read)(void *state, struct refclock_reading *out);
    /* A descriptor, the driver's, that is readable while there may be a sample: the loop waits for
     * it. -1, or no such function: the clock is looked at each `refclock_poll`. */
    int (*descriptor)(const void *state);
    void (*close)(void *state);
};

/* The driver of a kind. */
const struct refclock_driver *refclock_find(enum refclock_kind kind);

#endif
