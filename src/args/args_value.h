/* SPDX-License-Identifier: BSD-2-Clause */
/* The values of options: numbers with units, and what each kind is called. */
#ifndef TOKI_ARGS_ARGS_VALUE_H
#define TOKI_ARGS_ARGS_VALUE_H

#include "args/args.h"

#define ARGS_VALUE_MAX 200 /* of what is written about a value */

/* A number with a unit of its kind (ARGS_COUNT and later); times in seconds. Only 0 needs no
 * unit where one is demanded. */
bool args_value_number(enum args_kind kind, const char *text, double *out);

/* What it is called in the help: "TIME", "hour|day|month". */
const char *args_value_name(const struct args_option *o, char out[ARGS_VALUE_MAX]);

/* What is expected: "a whole number from 1 to 65535". */
const char *args_value_expected(const struct args_option *o, char out[ARGS_VALUE_MAX]);

/* The same, held against the range of an option; false: the problem is reported. */
bool args_value_read(const struct args_option *o, const char *text, double *out, char *problem,
                     size_t capacity);

/* Stores a value; false: it is invalid, and the problem is reported. */
bool args_value_store(const struct args_option *o, const char *text, void *out, char *problem,
                      size_t capacity);

/* Is the word among the choices? If not, the problem names those there are. */
bool args_value_choose(const struct args_option *o, const char *text, const char **out,
                       char *problem, size_t capacity);

#endif
