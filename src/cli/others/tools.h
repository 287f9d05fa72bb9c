/* SPDX-License-Identifier: BSD-2-Clause */
/* The tools of other daemons that toki stands in for, by name. */
#ifndef TOKI_CLI_OTHERS_TOOLS_H
#define TOKI_CLI_OTHERS_TOOLS_H

#include "args/args.h"

extern const struct args_command ntpctl_command, ntpdate_command, ntpstat_command;
extern const struct args_command install_links_command;

/* The tool that a program of this path is: its last part ends in the tool's name ("toki-ntpq" is
 * ntpq). NULL: none. */
const struct args_command *tools_find(const char *path);

#endif
