/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeps the history (core/history.h): looks at the engine now and then, and has the ring stored. */
#ifndef TOKI_DAEMON_CHRONICLE_H
#define TOKI_DAEMON_CHRONICLE_H

#include "daemon/loop.h"

/* What is due; in each round of the loop. */
void chronicle_keep(struct loop *loop, struct instant now);

/* Has it stored now. */
void chronicle_store(struct loop *loop);

#endif
