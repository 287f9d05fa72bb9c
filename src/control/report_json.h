/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports as JSON: the schema of doc/control.md. */
#ifndef TOKI_CONTROL_REPORT_JSON_H
#define TOKI_CONTROL_REPORT_JSON_H

#include "control/document.h"
#include "control/report.h"

#define REPORT_JSON_VERSION 1

void report_json_status(struct document *d, const struct report *report);
void report_json_sources(struct document *d, const struct report *report);
void report_json_error(struct document *d, const char *code, const char *message);

const char *report_leap_name(uint8_t leap);

#endif
