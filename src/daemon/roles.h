/* SPDX-License-Identifier: BSD-2-Clause */
/* The processes of tokid, and the parent that keeps them going. */
#ifndef TOKI_DAEMON_ROLES_H
#define TOKI_DAEMON_ROLES_H

#include "daemon/tokid.h"

/* Forks the roles and supervises them, or does all in one process; exit code. In a role it never
 * returns. */
int roles_run(struct tokid *t);

/* -q and -Q: sync alone, until it knows; exit code. */
int roles_run_once(struct tokid *t);

#endif
