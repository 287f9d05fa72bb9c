/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking a running tokid over its control socket. */
#ifndef TOKI_CLI_BASE_DAEMON_H
#define TOKI_CLI_BASE_DAEMON_H

#include <jansson.h>

/* The answer to one request line as text (malloc'ed, ends with a newline), or NULL with a sentence
 * in problem. `path` NULL: the usual places. */
char *daemon_ask(const char *path, const char *request, char *problem, size_t capacity);

/* The same for an order, which may take a while. */
char *daemon_order(const char *path, const char *request, char *problem, size_t capacity);

/* The same, parsed; free with json_decref. */
json_t *daemon_ask_json(const char *path, const char *request, char *problem, size_t capacity);

/* The same; a problem is reported on stderr. */
json_t *daemon_report(const char *path, const char *request);

/* Members of an answer; what is missing or null is NAN, or "" */
double daemon_number(const json_t *object, const char *key);
const char *daemon_text(const json_t *object, const char *key);

#endif
