/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes one JSON document (RFC 8259) into a fixed buffer. Nothing it is given can make the output
 * invalid: strings are escaped, invalid UTF-8 becomes U+FFFD, numbers that JSON has not become
 * null. What does not fit sets `failed`, and document_finish() then gives 0.
 * (The prefix json_ belongs to jansson, which toki reads JSON with.) */
#ifndef TOKI_CONTROL_DOCUMENT_H
#define TOKI_CONTROL_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/time.h"

struct document {
    char *out;
    size_t capacity, length;
    bool failed, need_comma;
    unsigned depth;
};

void document_begin(struct document *d, char *out, size_t capacity);

/* Ends the document with a newline and a NUL (not counted): its length, or 0 if it did not fit or
 * an object was left open. */
size_t document_finish(struct document *d);

/* `key` is NULL inside an array and for the outermost value. */
void document_open_object(struct document *d, const char *key);
void document_close_object(struct document *d);
void document_open_array(struct document *d, const char *key);
void document_close_array(struct document *d);
void document_string(struct document *d, const char *key, const char *value); /* NULL: null */
/* An array with a string for each line of the text, which may be cut at 700 bytes. */
void document_lines(struct document *d, const char *key, const char *text);
void document_number(struct document *d, const char *key, double value); /* not finite: null */
void document_integer(struct document *d, const char *key, int64_t value);
/* null unless it is known */
void document_integer_if(struct document *d, const char *key, bool known, int64_t value);
void document_bool(struct document *d, const char *key, bool value);
void document_null(struct document *d, const char *key);
void document_instant(struct document *d, const char *key, struct wall_time t); /* s, to the ns */

#endif
