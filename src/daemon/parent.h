/* SPDX-License-Identifier: BSD-2-Clause */
/* What sync leaves to its parent, which may read and write files, opens sockets and speaks for the
 * service: keep the drift, tell the service manager how it goes, change the configuration. Without
 * a parent (one process) it is done in place. */
#ifndef TOKI_DAEMON_PARENT_H
#define TOKI_DAEMON_PARENT_H

#include "config/change.h"
#include "config/config.h"
#include "core/engine.h"
#include "core/history.h"
#include "daemon/addresses.h"
#include "daemon/log_files.h"

/* From sync; channel -1: no parent. */
void parent_ready(int channel);
void parent_store(int channel, const struct config *config, double drift, double drift_sd);
void parent_notify(int channel, const struct engine *engine, const struct event *event);

/* Keeps the addresses that work. */
void parent_store_addresses(int channel, const struct config *config,
                            const struct addresses *addresses);

/* Has the history stored, which the parent sees in shared memory. */
void parent_store_history(int channel, const struct config *config, const struct history *history);

/* Adds a line to a file of measurements. False: the parent is busy, and the line is lost. */
bool parent_record(int channel, const struct config *config, const struct log_record *record);

/* Asks for a change of the configuration; the answer will carry this serial (not 0). False: the
 * parent cannot be asked now. */
bool parent_ask(int channel, uint32_t serial, const struct change *change);

/* This generation of the configuration is in force in sync. */
void parent_applied(int channel, uint32_t generation);

/* Serial of the next change that the parent is done with, 0: one that sync had not asked for (a
 * signal). False: there is no answer waiting. */
bool parent_receive(int channel, uint32_t *serial);

/* The pid that the outside knows the daemon by. */
long parent_pid(int channel);

/* In the parent: carries out all that waits on the channel, but for what only its caller can. */
struct parent_news {
    uint32_t serial; /* of a change that is asked for; 0: none */
    struct change change;
    bool applied; /* `generation` is in force in sync */
    uint32_t generation;
    bool store_history; /* it is due */
};
void parent_serve(int channel, const struct config *config, struct parent_news *news);

/* From the parent: the change of this serial is done with, whatever came of it. */
void parent_answer(int channel, uint32_t serial);

#endif
