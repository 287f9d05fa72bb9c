/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of clients of an answer of tokid, for `toki clients` and `toki top`. */
#ifndef TOKI_CLI_CLIENTS_H
#define TOKI_CLI_CLIENTS_H

#include <jansson.h>
#include <stdio.h>

/* `width` 0: no limit. */
void clients_print(const json_t *answer, unsigned width, FILE *out);

#endif
