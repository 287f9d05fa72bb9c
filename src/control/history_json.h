/* SPDX-License-Identifier: BSD-2-Clause */
/* What the clock was like, as JSON: the answer to `history` (doc/control.md). */
#ifndef TOKI_CONTROL_HISTORY_JSON_H
#define TOKI_CONTROL_HISTORY_JSON_H

#include "control/document.h"
#include "control/report.h"

/* `words`: what follows the verb, "[hour|day|month]". False if it is anything else. */
bool history_json_write(struct document *d, struct report *report, const char *words);

#endif
