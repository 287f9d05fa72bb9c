/* SPDX-License-Identifier: BSD-2-Clause */
/* The writer of JSON; see the header. Used by the daemon, which may not allocate, and by `toki`. */
#include "control/document.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LINE_LENGTH_MAX 700

static void put(struct document *d, const char *text, size_t length)
{
    if (d->failed || d->capacity - d->length <= length) {
        d->failed = true;
        return;
    }
    memcpy(d->out + d->length, text, length);
    d->length += length;
}

/* Length of the valid UTF-8 sequence at s (RFC 3629), or 0. */
static size_t utf8_length(const unsigned char *s)
{
    unsigned char low = 0x80, high = 0xbf; /* bounds of the second byte */
    size_t length;

    if (s[0] < 0x80) {
        return 1;
    }
    if (s[0] >= 0xc2 && s[0] <= 0xdf) {
        length = 2;
    } else if (s[0] >= 0xe0 && s[0] <= 0xef) {
        length = 3;
        low = s[0] == 0xe0 ? 0xa0 : low;   /* overlong */
        high = s[0] == 0xed ? 0x9f : high; /* surrogates */
    } else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
        length = 4;
        low = s[0] == 0xf0 ? 0x90 : low;
        high = s[0] == 0xf4 ? 0x8f : high; /* above U+10FFFF */
    } else {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if (s[i] < low || s[i] > high) {
            return 0;
        }
        low = 0x80;
        high = 0xbf;
    }
    return length;
}

static void put_quoted(struct document *d, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    char escape[8];
    size_t length;

    put(d, "\"", 1);
    while (*s) {
        length = utf8_length(s);
        if (*s == '"' || *s == '\\') {
            escape[0] = '\\';
            escape[1] = (char)*s;
            put(d, escape, 2);
        } else if (*s < 0x20 || *s == 0x7f) {
            put(d, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", *s));
        } else if (length == 0) {
            put(d, "\\ufffd", 6);
        } else {
            put(d, (const char *)s, length);
        }
        s += length ? length : 1;
    }
    put(d, "\"", 1);
}

static void put_key(struct document *d, const char *key)
{
    if (d->need_comma) {
        put(d, ",", 1);
    }
    d->need_comma = true;
    if (key) {
        put_quoted(d, key);
        put(d, ":", 1);
    }
}

void document_begin(struct document *d, char *out, size_t capacity)
{
    *d = (struct document){.out = out, .capacity = capacity};
}

size_t document_finish(struct document *d)
{
    put(d, "\n", 1);
    if (d->failed || d->depth != 0) {
        return 0;
    }
    d->out[d->length] = '\0';
    return d->length;
}

static void open_level(struct document *d, const char *key, const char *bracket)
{
    put_key(d, key);
    put(d, bracket, 1);
    d->need_comma = false;
    d->depth++;
}

static void close_level(struct document *d, const char *bracket)
{
    put(d, bracket, 1);
    d->need_comma = true;
    d->depth--;
}

void document_open_object(struct document *d, const char *key)
{
    open_level(d, key, "{");
}

void document_close_object(struct document *d)
{
    close_level(d, "}");
}

void document_open_array(struct document *d, const char *key)
{
    open_level(d, key, "[");
}

void document_close_array(struct document *d)
{
    close_level(d, "]");
}

void document_string(struct document *d, const char *key, const char *value)
{
    if (!value) {
        document_null(d, key);
        return;
    }
    put_key(d, key);
    put_quoted(d, value);
}

void document_lines(struct document *d, const char *key, const char *text)
{
    char line[LINE_LENGTH_MAX];

    document_open_array(d, key);
    while (*text) {
        size_t length = strcspn(text, "\n");

        snprintf(line, sizeof line, "%.*s", (int)length, text);
        document_string(d, NULL, line);
        text += length + (text[length] == '\n');
    }
    document_close_array(d);
}

void document_number(struct document *d, const char *key, double value)
{
    char text[40];

    if (!isfinite(value)) {
        document_null(d, key);
        return;
    }
    put_key(d, key);
    put(d, text, (size_t)snprintf(text, sizeof text, "%.12g", value));
}

void document_integer(struct document *d, const char *key, int64_t value)
{
    char text[24];

    put_key(d, key);
    put(d, text, (size_t)snprintf(text, sizeof text, "%" PRId64, value));
}

void document_integer_if(struct document *d, const char *key, bool known, int64_t value)
{
    if (known) {
        document_integer(d, key, value);
    } else {
        document_null(d, key);
    }
}

void document_bool(struct document *d, const char *key, bool value)
{
    put_key(d, key);
    put(d, value ? "true" : "false", value ? 4 : 5);
}

void document_null(struct document *d, const char *key)
{
    put_key(d, key);
    put(d, "null", 4);
}

void document_instant(struct document *d, const char *key, struct wall_time t)
{
    uint64_t ns = t.ns < 0 ? 0 - (uint64_t)t.ns : (uint64_t)t.ns;
    char text[40];

    put_key(d, key);
    put(d, text,
        (size_t)snprintf(text, sizeof text, "%s%" PRIu64 ".%09" PRIu64, t.ns < 0 ? "-" : "",
                         ns / (uint64_t)NS_PER_S, ns % (uint64_t)NS_PER_S));
}
