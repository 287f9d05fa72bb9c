/* SPDX-License-Identifier: BSD-2-Clause */
/* The last step of a role's start: another user, the few rights it needs, its sandbox. */
#ifndef TOKI_DAEMON_RIGHTS_H
#define TOKI_DAEMON_RIGHTS_H

#include <stdbool.h>

#include "daemon/role.h"
#include "daemon/tokid.h"

/* Who the roles become; NULL: they stay who we are. */
const char *rights_user(const struct tokid *t);

/* Keeps of the rights in the role's row those that the configuration needs. False: the role must
 * not go on (it would run with rights that it should not have). */
bool rights_drop(const struct tokid *t, const struct role *role);

#endif
