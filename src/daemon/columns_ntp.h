/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of ntpd's statistics files, column by column as it writes them, so that ntpviz and others
 * read ours. Pure: the engine in, text out. Each gives the length; 0: there is nothing to write.
 * Signs are those of ntpd, which are toki's own: positive means that our clock is slow, and for a
 * frequency that it has to be run faster. */
#ifndef TOKI_DAEMON_COLUMNS_NTP_H
#define TOKI_DAEMON_COLUMNS_NTP_H

#include <stddef.h>

#include "core/engine.h"

size_t columns_ntp_loopstats(const struct engine *e, const struct effect_updated *u, char *out,
                             size_t capacity);
size_t columns_ntp_peerstats(const struct engine *e, const struct effect_measured *m, char *out,
                             size_t capacity);
size_t columns_ntp_rawstats(const struct engine *e, const struct effect_measured *m, char *out,
                            size_t capacity);
size_t columns_ntp_clockstats(const struct engine *e, const struct effect_measured *m, char *out,
                              size_t capacity);
size_t columns_ntp_protostats(const struct engine *e, const struct event *event,
                              struct wall_time at, char *out, size_t capacity);

/* What the server did in the last `seconds`, by ntpd's counters. */
struct columns_ntp_served {
    double seconds;
    uint64_t received, processed, current_version, old_version, denied, bad_length,
        bad_authentication, declined, limited, kisses;
};
size_t columns_ntp_sysstats(const struct columns_ntp_served *served, struct wall_time at, char *out,
                            size_t capacity);

#endif
