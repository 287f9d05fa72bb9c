/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of sources of an answer of tokid, for toki status, sources, top and demo. */
#ifndef TOKI_CLI_SOURCE_TABLE_H
#define TOKI_CLI_SOURCE_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* `reasons`: with the sentence of each; `width` 0: no limit. */
void source_table_print(const json_t *sources, bool reasons, unsigned width, FILE *out);

#endif
