/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the seeds of core/random come from: asked once for each role at its start. */
#ifndef TOKI_OS_RANDOM_H
#define TOKI_OS_RANDOM_H

#include <stddef.h>

/* Entropy of the system (getrandom); waits at early boot, never gives weak bytes: aborts the
 * program if the system has none. */
void random_system(void *out, size_t length);

#endif
