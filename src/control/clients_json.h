/* SPDX-License-Identifier: BSD-2-Clause */
/* Who asked us, as JSON: the answer to `clients` (doc/control.md). */
#ifndef TOKI_CONTROL_CLIENTS_JSON_H
#define TOKI_CONTROL_CLIENTS_JSON_H

#include "control/document.h"
#include "control/report.h"

/* `words`: what follows the verb, "[busiest|recent|limited] [COUNT]". False if it is anything else.
 * Works in report->clients. */
bool clients_json_write(struct document *d, struct report *report, const char *words);

#endif
