/* SPDX-License-Identifier: BSD-2-Clause */
/* A change of the configuration as one step: everything that can fail (reading, checking, opening
 * sockets) comes first, then all of it is in force, or nothing has happened. Done by the parent, or
 * in place in one process. */
#ifndef TOKI_DAEMON_RELOAD_H
#define TOKI_DAEMON_RELOAD_H

#include "daemon/tokid.h"

/* Tells the service manager that a change begins (systemd's Type=notify-reload wants the time of
 * CLOCK_MONOTONIC with it), and that it is over. */
void reload_begin(void);
void reload_end(void);

/* True: in force, t->server has the sockets of now, and *before those of before. Nothing new comes
 * to those of them that are not needed any more, and this process is to close them
 * (server_close_rest()) when it answers on them no more. The outcome is logged. */
bool reload_carry_out(struct tokid *t, const struct change *change, struct server *before,
                      struct change_outcome *outcome);

#endif
