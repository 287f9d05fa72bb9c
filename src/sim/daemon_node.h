/* SPDX-License-Identifier: BSD-2-Clause */
/* A node of the world that is a whole tokid in one process: the daemon's loop, effects, sockets,
 * worker and drift file, over the simulated operating system. */
#ifndef TOKI_SIM_DAEMON_NODE_H
#define TOKI_SIM_DAEMON_NODE_H

#include "sim/world.h"

struct daemon_node_setup {
    const struct settings *settings;
    bool serves;      /* answers everybody on port 123 */
    bool limited;     /* ... within the rate limit of ntp.conf's `limited kod` */
    bool keeps_drift; /* has a drift file */
    double queue_s;   /* its requests leave so long after it sent them, by transmit stamps that come
                         behind the answers; 0: at once, and stamped at once */
};

/* Gives the index of the node; `setup` is copied. */
unsigned daemon_node_add(struct world *w, const struct oscillator_settings *clock,
                         const struct daemon_node_setup *setup);

/* For world_at(): tokid ends and is started again `after_s` later; its files stay. */
void daemon_node_restart(struct world *w, struct node *node, double after_s);

#endif
