/* SPDX-License-Identifier: BSD-2-Clause */
/* What sync leaves to its parent, which may write files and speaks for the service: keep the drift,
 * tell the service manager how it goes. Without a parent (one process) it is done in place. */
#ifndef TOKI_DAEMON_PARENT_H
#define TOKI_DAEMON_PARENT_H

#include "config/config.h"
#include "core/engine.h"

/* From sync; channel -1: no parent. */
void parent_ready(int channel);
void parent_store(int channel, const struct config *config, double drift, double drift_sd);
void parent_notify(int channel, const struct engine *engine, const struct event *event);

/* The pid that the outside knows the daemon by. */
long parent_pid(int channel);

/* In the parent: carries out all that waits on the channel. */
void parent_serve(int channel, const struct config *config);

#endif
