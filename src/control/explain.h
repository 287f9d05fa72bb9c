/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a source is used or not, and why the clock is synchronised or not: one sentence with numbers,
 * the likely cause and what to do. Code, text and test come from the same table. */
#ifndef TOKI_CONTROL_EXPLAIN_H
#define TOKI_CONTROL_EXPLAIN_H

#include "control/report.h"

/* Fill the `sentence` of an otherwise complete report. */
void explain_source(struct report_source *source);
void explain_clock(struct report *report);

/* A duration or offset as people read it: "12 ns", "3.4 us", "1.20 ms", "37.1 s", "3 h". In
 * `text`, or a constant. */
const char *explain_seconds(double s, char text[32]);

#endif
