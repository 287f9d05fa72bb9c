/* SPDX-License-Identifier: BSD-2-Clause */
/* A look at tokid as metrics, for both ways out of the exporter. */
#ifndef TOKI_CLI_EXPORTER_H
#define TOKI_CLI_EXPORTER_H

#include "cli/metrics.h"

/* Asks tokid and writes what it says, or that it is down; malloc'ed, NULL: no memory. */
char *exporter_look(const char *control, enum metrics_format format, size_t *length);

#endif
