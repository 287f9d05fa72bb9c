/* SPDX-License-Identifier: BSD-2-Clause */
/* Describes a row of a table: its usage, the range of its numbers, its verdict, in the
 * words of messages, of `toki explain` and of doc/directives.md. */
#ifndef TOKI_CONFIG_USAGE_H
#define TOKI_CONFIG_USAGE_H

#include <stddef.h>

#include "config/table.h"

/* "usage: makestep threshold limit" */
void usage_of_directive(const struct directive *d, char *out, size_t capacity);

/* "minpoll: a whole number from -7 to 24 (log2 of seconds)"; of a word: "file: what it is for" */
void usage_of_parameter(const struct parameter *p, char *out, size_t capacity);

/* "a whole number from -7 to 24 (log2 of seconds)", "a word", "words", "a flag" */
void usage_of_value(const struct parameter *p, char *out, size_t capacity);

/* "seconds" for "s", "log2 of seconds" for "log2 s"; else the unit itself. */
const char *usage_unit(const char *unit);

/* "works", "needs nothing here", "ignored with a warning", "refused" */
const char *usage_of_verdict(enum verdict verdict);

#endif
