/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of toki that have no header of their own; main.c has the list of all. */
#ifndef TOKI_CLI_TOKI_H
#define TOKI_CLI_TOKI_H

#include "cli/base/command.h"

extern const struct args_command status_command, tracking_command, sources_command;
extern const struct args_command clients_command, history_command, top_command, wait_command;
extern const struct args_command query_command, trace_command;
extern const struct args_command check_command, config_command, explain_command;
extern const struct args_command exporter_command, demo_command;

/* What changes a running daemon (change.c). */
extern const struct args_command reload_command, add_command, delete_command, allow_command;
extern const struct args_command deny_command, restrict_command, unrestrict_command;
extern const struct args_command online_command, offline_command, burst_command, makestep_command;

#endif
