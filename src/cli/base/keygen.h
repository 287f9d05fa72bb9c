/* SPDX-License-Identifier: BSD-2-Clause */
/* toki keygen. */
#ifndef TOKI_CLI_BASE_KEYGEN_H
#define TOKI_CLI_BASE_KEYGEN_H

#include "args/args.h"

extern const struct args_command keygen_command;

#endif
