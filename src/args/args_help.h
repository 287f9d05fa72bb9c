/* SPDX-License-Identifier: BSD-2-Clause */
/* The help of a command, made of its table. */
#ifndef TOKI_ARGS_ARGS_HELP_H
#define TOKI_ARGS_ARGS_HELP_H

#include "args/args_value.h"

/* "toki query [OPTION]... HOST..." */
const char *args_help_usage(const struct args_command *c, char out[ARGS_VALUE_MAX]);

/* All of it, to stdout. */
void args_help_print(const struct args_command *c);

/* A text, broken between words, that goes on in column `indent`; `used` columns are written. */
void args_help_paragraph(const char *text, unsigned indent, unsigned used);

#endif
