/* SPDX-License-Identifier: BSD-2-Clause */
/* The processes of tokid, and the parent that keeps them going. */
#ifndef TOKI_DAEMON_ROLES_H
#define TOKI_DAEMON_ROLES_H

#include "daemon/tokid.h"

/* Forks the roles and supervises them; exit code. In a role it never returns. */
int roles_run(struct tokid *t);

#endif
