/* SPDX-License-Identifier: BSD-2-Clause */
/* Which line of which file an effect or an event makes, by the configuration in force. In sync,
 * which knows the engine; the lines go to the parent, who has the files (daemon/log_files.h). */
#ifndef TOKI_DAEMON_STATISTICS_H
#define TOKI_DAEMON_STATISTICS_H

#include "daemon/loop.h"

#define STATISTICS_SERVED_S 3600.0 /* between two lines of the server's counters */

void statistics_measured(struct loop *loop, const struct effect_measured *m);
void statistics_updated(struct loop *loop, const struct effect_updated *u);
void statistics_event(struct loop *loop, const struct event *event);

/* The counters of the server, once an hour; to be called in each round. `total`: since the
 * start. */
void statistics_served(struct loop *loop, const struct report_server *total, struct instant now);

#endif
