/* SPDX-License-Identifier: BSD-2-Clause */
/* A node of the world that is toki's engine alone, without a daemon around it: its effects are
 * carried out here, directly. Fast: hours of simulated time in a millisecond. It also answers
 * requests, from its own reference. */
#ifndef TOKI_SIM_ENGINE_NODE_H
#define TOKI_SIM_ENGINE_NODE_H

#include "sim/world.h"

#define ENGINE_NODE_REFCLOCKS_MAX 8

/* What it starts with; `settings` is copied. */
struct engine_node_setup {
    const struct settings *settings;
    double precision_s; /* 0: 100 ns */
    bool have_drift;
    double drift, drift_sd;
    bool keep_ports; /* hostile network: replies reach ports that are closed already */
    /* If > 0, transmit stamps of the kernel come so long after the request; until then the daemon's
     * counts, which is early by `daemon_early_s`. 0: they come at once. */
    double stamp_delay_s, daemon_early_s;
};

/* Gives the index of the node. */
unsigned engine_node_add(struct world *w, const struct oscillator_settings *clock,
                         const struct engine_node_setup *setup);

/* One more reference clock for it: a sample for its source with this index each interval. */
void engine_node_add_refclock(struct world *w, unsigned node, uint16_t source, double interval_s,
                              double noise_s);

/* Other settings from now on. */
void engine_node_configure(struct world *w, unsigned node, const struct settings *settings);

#endif
