/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables for programs: tools/manual.py makes the man pages and the completion of shells from
 * this, and the tests try every option. */
#ifndef TOKI_ARGS_ARGS_JSON_H
#define TOKI_ARGS_ARGS_JSON_H

#include "args/args.h"

/* An object with an array `commands`, to stdout. A command with parts is followed by them. */
void args_json_print(const struct args_command *const *commands, size_t count);

#endif
