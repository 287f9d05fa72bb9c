/* SPDX-License-Identifier: BSD-2-Clause */
/* The codes of the reports, for `toki explain`: what the clock's or a source's code means. */
#ifndef TOKI_CLI_EXPLAIN_REASON_H
#define TOKI_CLI_EXPLAIN_REASON_H

#include <stdbool.h>

#include "control/document.h"

/* False: there is no such code. */
bool explain_reason(const char *code);

void explain_reasons_list(void);

/* As members `clock_codes` and `source_codes` of the open object. */
void explain_reasons_write(struct document *d);

#endif
