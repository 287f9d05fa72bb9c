/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of ntpq: one table. */
#ifndef TOKI_CLI_NTPQ_NTPQ_COMMANDS_H
#define TOKI_CLI_NTPQ_NTPQ_COMMANDS_H

#include "cli/ntpq/ntpq.h"

/* Carries out one line, which is taken apart. False: it was quit. */
bool ntpq_command_run(struct ntpq *q, char *line);

#endif
