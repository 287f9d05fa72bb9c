/* SPDX-License-Identifier: BSD-2-Clause */
/* Events -> words. One line, one event, key=value; each type of event is limited in rate. Silent
 * until log_open(): the simulator and the tests look at events, never at text. */
#ifndef TOKI_DAEMON_LOG_H
#define TOKI_DAEMON_LOG_H

#include <stdbool.h>

#include "core/engine.h"

enum log_level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_NOTICE, LEVEL_INFO };

/* `to_stderr`: lines with the date on stderr; else the system's log. Only lines of this level or
 * louder are written. */
void log_open(bool to_stderr, enum log_level least);

/* From now on each line goes to the end of this file, and none to syslog. To be called before roles
 * are started: they inherit it. False: it cannot be opened. */
bool log_to_file(const char *path);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

void log_event(const struct engine *engine, const struct event *event, struct instant now);

/* The same words, for tests and status lines; returns the length. */
size_t log_format_event(const struct engine *engine, const struct event *event, char *out,
                        size_t capacity);

#endif
