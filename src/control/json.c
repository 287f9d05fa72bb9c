/* SPDX-License-Identifier: BSD-2-Clause */
/* The JSON writer; see the header. Used by the daemon, which may not allocate, and by `toki`. */
#include "control/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void put(struct json *j, const char *text, size_t length)
{
    if (j->failed || j->capacity - j->length <= length) {
        j->failed = true;
        return;
    }
    memcpy(j->out + j->length, text, length);
    j->length += length;
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

static void put_quoted(struct json *j, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    char escape[8];
    size_t length;

    put(j, "\"", 1);
    while (*s) {
        length = utf8_length(s);
        if (*s == '"' || *s == '\\') {
            escape[0] = '\\';
            escape[1] = (char)*s;
            put(j, escape, 2);
        } else if (*s < 0x20 || *s == 0x7f) {
            put(j, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", *s));
        } else if (length == 0) {
            put(j, "\\ufffd", 6);
        } else {
            put(j, (const char *)s, length);
        }
        s += length ? length : 1;
    }
    put(j, "\"", 1);
}

static void put_key(struct json *j, const char *key)
{
    if (j->need_comma) {
        put(j, ",", 1);
    }
    j->need_comma = true;
    if (key) {
        put_quoted(j, key);
        put(j, ":", 1);
    }
}

void json_begin(struct json *j, char *out, size_t capacity)
{
    *j = (struct json){.out = out, .capacity = capacity};
}

size_t json_finish(struct json *j)
{
    put(j, "\n", 1);
    if (j->failed || j->depth != 0) {
        return 0;
    }
    j->out[j->length] = '\0';
    return j->length;
}

static void open_level(struct json *j, const char *key, const char *bracket)
{
    put_key(j, key);
    put(j, bracket, 1);
    j->need_comma = false;
    j->depth++;
}

static void close_level(struct json *j, const char *bracket)
{
    put(j, bracket, 1);
    j->need_comma = true;
    j->depth--;
}

void json_open_object(struct json *j, const char *key)
{
    open_level(j, key, "{");
}

void json_close_object(struct json *j)
{
    close_level(j, "}");
}

void json_open_array(struct json *j, const char *key)
{
    open_level(j, key, "[");
}

void json_close_array(struct json *j)
{
    close_level(j, "]");
}

void json_string(struct json *j, const char *key, const char *value)
{
    if (!value) {
        json_null(j, key);
        return;
    }
    put_key(j, key);
    put_quoted(j, value);
}

void json_number(struct json *j, const char *key, double value)
{
    char text[40];

    if (!isfinite(value)) {
        json_null(j, key);
        return;
    }
    put_key(j, key);
    put(j, text, (size_t)snprintf(text, sizeof text, "%.12g", value));
}

void json_integer(struct json *j, const char *key, int64_t value)
{
    char text[24];

    put_key(j, key);
    put(j, text, (size_t)snprintf(text, sizeof text, "%" PRId64, value));
}

void json_bool(struct json *j, const char *key, bool value)
{
    put_key(j, key);
    put(j, value ? "true" : "false", value ? 4 : 5);
}

void json_null(struct json *j, const char *key)
{
    put_key(j, key);
    put(j, "null", 4);
}

void json_instant(struct json *j, const char *key, struct wall_time t)
{
    uint64_t ns = t.ns < 0 ? 0 - (uint64_t)t.ns : (uint64_t)t.ns;
    char text[40];

    put_key(j, key);
    put(j, text,
        (size_t)snprintf(text, sizeof text, "%s%" PRIu64 ".%09" PRIu64, t.ns < 0 ? "-" : "",
                         ns / (uint64_t)NS_PER_S, ns % (uint64_t)NS_PER_S));
}
