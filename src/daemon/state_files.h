/* SPDX-License-Identifier: BSD-2-Clause */
/* What is kept from one run to the next: the drift file, which says what the oscillator needs, in
 * the format of the language that the configuration is written in; and where the sources were. */
#ifndef TOKI_DAEMON_STATE_FILES_H
#define TOKI_DAEMON_STATE_FILES_H

#include <stdbool.h>

#include "config/config.h"
#include "core/history.h"
#include "daemon/addresses.h"

/* Drift as the engine means it: the correction, as a rate. False if there is no believable file. */
bool state_files_read_drift(const struct config *config, double *drift, double *drift_sd);

/* The addresses that worked in the last run; an empty table if there is no file. */
void state_files_read_addresses(const struct config *config, struct addresses *out);

/* Replaces that file: beside the drift file, else in /var/lib/toki if that exists; 0, or -errno.
 * Where there is neither it does nothing. */
int state_files_store_addresses(const struct config *config, const struct addresses *addresses);

/* The history of before; empty if there is no file, or not one of ours. */
void state_files_read_history(const struct config *config, struct history *out);

/* Replaces that file, in the place of the one above; 0, or -errno. */
int state_files_store_history(const struct config *config, const struct history *history);

/* Replaces the drift file; 0, or -errno. Without a driftfile in the config it does nothing. */
int state_files_store_drift(const struct config *config, double drift, double drift_sd);

#endif
