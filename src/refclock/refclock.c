/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of drivers. A new one is a file of this folder, a row here, a kind in core/settings.h
 * and its words in config/clock_line.c. */
#include "refclock/refclock.h"

#include <assert.h>

#include "refclock/shm.h"

const struct refclock_driver *refclock_find(enum refclock_kind kind)
{
    switch (kind) {
    case REFCLOCK_SHM: return &refclock_shm;
    case REFCLOCK_KINDS: break;
    }
    assert(!"a kind of reference clock");
    return NULL;
}
