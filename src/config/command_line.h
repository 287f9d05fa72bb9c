/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of chrony.conf on who may talk chrony's command protocol, and where: bindcmdaddress,
 * bindcmddevice, cmdratelimit, opencommands. */
#ifndef TOKI_CONFIG_COMMAND_LINE_H
#define TOKI_CONFIG_COMMAND_LINE_H

#include "config/directive.h"

#define COMMAND_LINE_SOCKET "/run/chrony/chronyd.sock"
#define COMMAND_LINE_PORT 323

/* The defaults of all languages: commands from this computer only, and no socket. */
void command_line_defaults(struct config *c);

/* Functions of rows. */
void command_line_bind(struct reader *r);
void command_line_ratelimit(struct reader *r);
void command_line_open(struct reader *r);

#endif
