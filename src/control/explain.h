/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the reason of the table (control/reasons.h) that fits a source or the clock, and fills its
 * causes and remedies with the numbers of the case. */
#ifndef TOKI_CONTROL_EXPLAIN_H
#define TOKI_CONTROL_EXPLAIN_H

#include "control/report.h"

/* Chooses the code of an otherwise complete report, and fills `words`. */
void explain_source(struct report_source *source);

/* The same for a code that is set already. */
void explain_source_code(struct report_source *source);
void explain_clock(struct report *report);

/* What a request that met this errno means. */
enum report_source_code explain_error_code(int error);

/* A duration or offset as people read it: "12 ns", "3.4 us", "1.20 ms", "37.1 s", "3 h". In
 * `text`, or a constant. */
const char *explain_seconds(double s, char text[32]);

#endif
