/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of measurements on disk: their names, when another one is begun, headings, and what is said
 * when they cannot be written. In the parent, which has the right to write where the configuration
 * says; the lines come from sync. Nobody needs to tell it of files that were moved away, for each
 * line opens its file anew. */
#ifndef TOKI_DAEMON_LOG_FILES_H
#define TOKI_DAEMON_LOG_FILES_H

#include <stdint.h>

#include "config/config.h"
#include "core/time.h"

#define LOG_RECORD_MAX 400

/* A line on its way to its file; goes from process to process as it is. */
struct log_record {
    uint32_t kind;             /* enum statistics_kind */
    struct wall_time at;       /* chooses the file */
    char text[LOG_RECORD_MAX]; /* without the end of the line */
};

/* The name of the file for a line of this moment. `uptime_s`: of the daemon. False: too long. */
bool log_files_name(const struct config *config, enum statistics_kind kind, struct wall_time at,
                    double uptime_s, long pid, char *out, size_t capacity);

/* Any bytes may come. */
void log_files_append(const struct config *config, const struct log_record *record);

#endif
