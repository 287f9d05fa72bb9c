/* SPDX-License-Identifier: BSD-2-Clause */
/* The last step of a role's start: another user, the few rights it needs, its sandbox. */
#ifndef TOKI_DAEMON_RIGHTS_H
#define TOKI_DAEMON_RIGHTS_H

#include <stdbool.h>

#include "daemon/tokid.h"
#include "os/sandbox.h"

/* Who the roles become; NULL: they stay who we are. */
const char *rights_user(const struct tokid *t);

/* False: the role must not go on (it would run with rights that it should not have). */
bool rights_drop(const struct tokid *t, enum sandbox_role role);

#endif
