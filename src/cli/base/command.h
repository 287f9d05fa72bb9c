/* SPDX-License-Identifier: BSD-2-Clause */
/* What each command of toki is made with: its table (args/args.h), its exit codes and its place in
 * the overview. */
#ifndef TOKI_CLI_BASE_COMMAND_H
#define TOKI_CLI_BASE_COMMAND_H

#include "args/args_common.h"
#include "cli/base/exits.h"

/* What the overview puts together, in its order. */
enum command_group {
    GROUP_STATE,
    GROUP_SERVERS,
    GROUP_CONFIGURATION,
    GROUP_CHANGE,
    GROUP_TOOLS,
    GROUP_OTHER,
    COMMAND_GROUPS
};

#endif
