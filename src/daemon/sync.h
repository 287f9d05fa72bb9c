/* SPDX-License-Identifier: BSD-2-Clause */
/* The sync role: engine, sources and control, with the right to set the clock and no other. */
#ifndef TOKI_DAEMON_SYNC_H
#define TOKI_DAEMON_SYNC_H

#include "daemon/tokid.h"

/* Runs until it is told to end; exit code. lookup, parent: channels, both -1 in one process: then
 * names, files and requests of clients are dealt with here too. */
int sync_run(struct tokid *t, int lookup, int parent, int queries);

/* -q and -Q: measures, sets the clock or only prints how far off it is; exit code. */
int sync_run_once(struct tokid *t);

#endif
