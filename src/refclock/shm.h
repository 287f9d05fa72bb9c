/* SPDX-License-Identifier: BSD-2-Clause */
/* The layout of the shared memory by which gpsd and many others give time to NTP daemons (driver 28
 * of ntpd, where it comes from). A header of its own for tests, which play the other side. */
#ifndef TOKI_REFCLOCK_SHM_H
#define TOKI_REFCLOCK_SHM_H

#include <stdatomic.h>
#include <time.h>

#include "refclock/refclock.h"

#define SHM_KEY 0x4e545030u /* "NTP0", and the unit is added */

/* The natural layout of the machine is the agreement: int, time_t and the padding between them. All
 * fields are written by another process while we look.
 *   mode 0: once `valid` is set the writer waits until the reader has cleared it.
 *   mode 1: the writer never waits; it counts before and after it writes, so a reader that saw
 *           two counts has a mixture of two samples. */
struct shm_time {
    _Atomic int mode;
    _Atomic int count;
    _Atomic time_t clock_s;
    _Atomic int clock_us;
    _Atomic time_t receive_s;
    _Atomic int receive_us;
    _Atomic int leap;
    _Atomic int precision; /* log2 s; what feeders write there is rarely measured: not used */
    _Atomic int sample_count;
    _Atomic int valid;
    _Atomic unsigned clock_ns, receive_ns; /* of the second; old feeders leave them alone */
    int reserved[8];
};

extern const struct refclock_driver refclock_shm;

#endif
