/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs of the control socket. */
#ifndef TOKI_CONTROL_COMMAND_H
#define TOKI_CONTROL_COMMAND_H

#include "control/report.h"

/* Answers one request line (no newline) with one JSON document in `out`; its length, never 0 if
 * `capacity` is at least 256. `report` is room to work in. */
size_t command_run(const char *line, const struct report_input *input, struct report *report,
                   char *out, size_t capacity);

#endif
