/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes one JSON document (RFC 8259) into a fixed buffer. Nothing it is given can make the output
 * invalid: strings are escaped, invalid UTF-8 becomes U+FFFD, numbers that JSON has not become
 * null. What does not fit sets `failed`, and json_finish() then gives 0. */
#ifndef TOKI_CONTROL_JSON_H
#define TOKI_CONTROL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/time.h"

struct json {
    char *out;
    size_t capacity, length;
    bool failed, need_comma;
    unsigned depth;
};

void json_begin(struct json *j, char *out, size_t capacity);

/* Ends the document with a newline and a NUL (not counted): its length, or 0 if it did not fit or
 * an object was left open. */
size_t json_finish(struct json *j);

/* `key` is NULL inside an array and for the outermost value. */
void json_open_object(struct json *j, const char *key);
void json_close_object(struct json *j);
void json_open_array(struct json *j, const char *key);
void json_close_array(struct json *j);
void json_string(struct json *j, const char *key, const char *value); /* NULL: null */
void json_number(struct json *j, const char *key, double value);      /* not finite: null */
void json_integer(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);
void json_instant(struct json *j, const char *key, struct wall_time t); /* s, to the ns */

#endif
