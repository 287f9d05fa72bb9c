/* SPDX-License-Identifier: BSD-2-Clause */
/* The subcommands of toki: each gets what follows its name, like main(), and gives an exit code. */
#ifndef TOKI_CLI_TOKI_H
#define TOKI_CLI_TOKI_H

#include "cli/base/exits.h"

int status_run(int argc, char **argv);
int sources_run(int argc, char **argv);
int tracking_run(int argc, char **argv);
int clients_run(int argc, char **argv);
int wait_run(int argc, char **argv);
int top_run(int argc, char **argv);
int query_run(int argc, char **argv);
int trace_run(int argc, char **argv);
int change_run(int argc, char **argv);
int config_run(int argc, char **argv);
int explain_run(int argc, char **argv);
int check_run(int argc, char **argv);
int history_run(int argc, char **argv);
int exporter_run(int argc, char **argv);
int demo_run(int argc, char **argv);

#endif
