/* SPDX-License-Identifier: BSD-2-Clause */
/* The drift file: what the oscillator needs, kept from one run to the next, in the format of the
 * language that the configuration is written in. */
#ifndef TOKI_DAEMON_STATE_FILES_H
#define TOKI_DAEMON_STATE_FILES_H

#include <stdbool.h>

#include "config/config.h"

/* Drift as the engine means it: the correction, as a rate. False if there is no believable file. */
bool state_files_read_drift(const struct config *config, double *drift, double *drift_sd);

/* Replaces the file; 0, or -errno. Without a driftfile in the config it does nothing. */
int state_files_store_drift(const struct config *config, double drift, double drift_sd);

#endif
