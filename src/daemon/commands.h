/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sockets of chrony's command protocol need of the daemon: rights while they are opened,
 * and words for what could not be. Without them time is kept all the same. */
#ifndef TOKI_DAEMON_COMMANDS_H
#define TOKI_DAEMON_COMMANDS_H

#include "control/chrony/chronyc_endpoint.h"

/* Opens what the config wants, before the rights are dropped: `user` is the user that we
 * run as afterwards (NULL: the same). We stay in the group of the socket's folder, to answer
 * monitors that are in it. */
void commands_open(struct chronyc_endpoint *endpoint, const struct config *config,
                   const char *user);

/* What the last opening, or change of the configuration, could not open. */
void commands_tell(const struct chronyc_endpoint *endpoint, bool starting);

#endif
