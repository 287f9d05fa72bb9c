/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of chronyd's log files, column by column as it writes them, so that what reads those reads
 * ours. Pure: the engine in, text out. Each gives the length; 0: there is nothing to write.
 *
 * Signs are those of chronyd: in measurements, refclocks and "Rem. corr." positive means that our
 * clock is slow; in statistics, selection and tracking, that it is fast. Columns for which toki has
 * no value: Score of measurements (0.00), Stress and Bs of statistics (0), Score of selections
 * (1). */
#ifndef TOKI_DAEMON_COLUMNS_CHRONY_H
#define TOKI_DAEMON_COLUMNS_CHRONY_H

#include <stddef.h>

#include "config/statistics.h"
#include "core/engine.h"

/* Heading of a file, without its two rules; NULL: it has none. */
const char *columns_chrony_heading(enum statistics_kind kind);

/* `raw`: packets that were not accepted as well. */
size_t columns_chrony_measurements(const struct engine *e, const struct effect_measured *m,
                                   bool raw, char *out, size_t capacity);
size_t columns_chrony_statistics(const struct engine *e, const struct effect_measured *m, char *out,
                                 size_t capacity);
size_t columns_chrony_refclocks(const struct engine *e, const struct effect_measured *m, char *out,
                                size_t capacity);

/* One line for each source. */
size_t columns_chrony_selection(const struct engine *e, struct instant at, uint16_t source,
                                char *out, size_t capacity);

/* `update` NULL: the clock became unsynchronised. */
size_t columns_chrony_tracking(const struct engine *e, struct instant at,
                               const struct effect_updated *update, char *out, size_t capacity);

#endif
