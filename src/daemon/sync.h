/* SPDX-License-Identifier: BSD-2-Clause */
/* The sync role: engine, sources and control, with the right to set the clock and no other. */
#ifndef TOKI_DAEMON_SYNC_H
#define TOKI_DAEMON_SYNC_H

#include "daemon/role.h"
#include "daemon/tokid.h"

/* Runs until it is told to end; exit code. In one process it has no channels: then names, files and
 * requests of clients are dealt with here too. */
int sync_run(struct tokid *t, const struct role_start *start);

/* -q and -Q: measures, sets the clock or only prints how far off it is; exit code. */
int sync_run_once(struct tokid *t, const struct role_start *start);

#endif
