/* SPDX-License-Identifier: BSD-2-Clause */
/* The directives about files of measurements: `log` of chrony.conf, `statistics` and `filegen` of
 * ntp.conf. Functions of rows, and what is said of them at the end of the file. */
#ifndef TOKI_CONFIG_STATISTICS_LINE_H
#define TOKI_CONFIG_STATISTICS_LINE_H

#include "config/directive.h"

void statistics_line_log(struct reader *r);
void statistics_line_statistics(struct reader *r);
void statistics_line_filegen(struct reader *r);

/* Files that were asked for and have no folder. */
void statistics_line_finish(struct reader *r);

#endif
