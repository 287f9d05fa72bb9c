/* SPDX-License-Identifier: BSD-2-Clause */
/* What server, pool and peer lines of both languages have in common, once their options are read
 * into reader.spec: the host, the poll interval, twice the same source. */
#ifndef TOKI_CONFIG_SOURCE_LINE_H
#define TOKI_CONFIG_SOURCE_LINE_H

#include "config/directive.h"

extern const struct parameter source_line_arguments[]; /* host */

/* What is wrong with a host that is no address, NULL if it may be a name. */
const char *source_line_find_problem(const char *host, const char **hint);

/* Keeps the spec of the present line: as a new source, or in place of an earlier one that is the
 * same. */
void source_line_add(struct reader *r, const struct word *word);

/* Functions of rows. */
void source_line_server(struct reader *r);
void source_line_pool(struct reader *r);
void source_line_peer(struct reader *r);

#endif
