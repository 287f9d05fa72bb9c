/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of tokid as metrics for Prometheus: the table of them, and both of its text
 * formats. Pure but for the memory of the text. doc/exporter.md tells what each means. */
#ifndef TOKI_CLI_METRICS_H
#define TOKI_CLI_METRICS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum metrics_format {
    METRICS_TEXT,       /* 0.0.4: what the textfile collector of node_exporter reads */
    METRICS_OPENMETRICS /* 1.0.0, ends with "# EOF" */
};

/* Type for the header of HTTP. */
const char *metrics_content_type(enum metrics_format format);

/* Answers of tokid to `status` and `clients`; both NULL where it is down. The text is malloc'ed;
 * NULL: no memory. */
char *metrics_write(const json_t *status, const json_t *clients, enum metrics_format format,
                    size_t *length);

#endif
