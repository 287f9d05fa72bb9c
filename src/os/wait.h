/* SPDX-License-Identifier: BSD-2-Clause */
/* poll(2) over a fixed set. The order of dispatch is the order of registration: ours, and
 * repeatable. */
#ifndef TOKI_OS_WAIT_H
#define TOKI_OS_WAIT_H

#include <stdbool.h>

#include "core/time.h"

#define WAIT_MAX 256

enum wait_event { WAIT_READ = 1, WAIT_WRITE = 2, WAIT_ERROR = 4 /* error queue or hang-up */ };

struct wait_entry {
    int fd;
    unsigned want, ready; /* enum wait_event */
};

struct wait_set {
    struct wait_entry entries[WAIT_MAX];
    unsigned count;
};

/* Adds or changes a descriptor; false if the set is full. */
bool wait_add(struct wait_set *set, int fd, unsigned want);
void wait_remove(struct wait_set *set, int fd);

/* What was ready for fd at the last wait_until(). */
unsigned wait_ready(const struct wait_set *set, int fd);

/* Sleeps until something is ready or our clock shows `deadline`: number ready, 0 on time-out or a
 * signal. Never returns an error: a bad descriptor is a bug. */
int wait_until(struct wait_set *set, struct mono_time deadline);

#endif
