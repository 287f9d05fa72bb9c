/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses to text and back without the system: inet_pton(3) and inet_ntop(3) are not pure, and
 * say nothing of scopes. Text comes out as RFC 5952 wants it. */
#include "core/address.h"

#include <nettle/md5.h>
#include <string.h>

#define V4_LENGTH 4
#define V6_LENGTH 16
#define V6_GROUPS 8

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* A decimal number up to `max` without leading zeros; moves *text behind it. */
static bool parse_number(const char **text, uint32_t max, uint32_t *out)
{
    const char *p = *text;
    uint64_t v = 0;

    if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9')) {
        return false;
    }
    for (; *p >= '0' && *p <= '9'; p++) {
        v = v * 10 + (uint64_t)(*p - '0');
        if (v > max) {
            return false;
        }
    }
    *text = p;
    *out = (uint32_t)v;
    return true;
}

/* Dotted quad up to the end of the text. */
static bool parse_v4(const char *text, uint8_t out[V4_LENGTH])
{
    for (unsigned i = 0; i < V4_LENGTH; i++) {
        uint32_t v;

        if ((i > 0 && *text++ != '.') || !parse_number(&text, 255, &v)) {
            return false;
        }
        out[i] = (uint8_t)v;
    }
    return *text == '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One to four hexadecimal digits. */
static bool parse_group(const char **text, uint16_t *out)
{
    unsigned v = 0, digits = 0;

    for (; hex_digit(**text) >= 0; (*text)++) {
        if (++digits > 4) {
            return false;
        }
        v = v << 4 | (unsigned)hex_digit(**text);
    }
    *out = (uint16_t)v;
    return digits > 0;
}

/* Reads groups until the text or the room for them ends: the bytes written go to *length, and *gap
 * tells where "::" stood (V6_LENGTH + 1: nowhere). */
static bool parse_groups(const char *text, uint8_t out[V6_LENGTH], size_t *length, size_t *gap)
{
    size_t n = 0;

    *gap = V6_LENGTH + 1;
    if (text[0] == ':') {
        if (text[1] != ':') {
            return false;
        }
        *gap = 0;
        text += 2;
    }
    while (*text) {
        const char *start = text;
        uint16_t group;

        if (n == V6_LENGTH || !parse_group(&text, &group)) {
            return false;
        }
        if (*text == '.') {
            if (n + V4_LENGTH > V6_LENGTH || !parse_v4(start, out + n)) {
                return false;
            }
            n += V4_LENGTH;
            break;
        }
        out[n++] = (uint8_t)(group >> 8);
        out[n++] = (uint8_t)group;
        if (*text == '\0') {
            break;
        }
        if (*text++ != ':') {
            return false;
        }
        if (*text == ':') {
            if (*gap <= V6_LENGTH) {
                return false;
            }
            *gap = n;
            text++;
        } else if (*text == '\0') {
            return false;
        }
    }
    *length = n;
    return true;
}

static bool parse_v6(const char *text, uint8_t out[V6_LENGTH])
{
    size_t length, gap;

    if (!parse_groups(text, out, &length, &gap)) {
        return false;
    }
    if (gap > V6_LENGTH) {
        return length == V6_LENGTH;
    }
    if (length == V6_LENGTH) { /* "::" must stand for something */
        return false;
    }
    memmove(out + V6_LENGTH - (length - gap), out + gap, length - gap);
    memset(out + gap, 0, V6_LENGTH - length);
    return true;
}

bool address_parse(const char *text, struct address *out)
{
    char bare[ADDRESS_TEXT_MAX];
    const char *percent = strchr(text, '%');
    size_t length = percent ? (size_t)(percent - text) : strlen(text);

    memset(out, 0, sizeof *out);
    if (length == 0 || length >= sizeof bare) {
        return false;
    }
    memcpy(bare, text, length);
    bare[length] = '\0';
    if (!percent && parse_v4(bare, out->bytes)) {
        out->family = ADDRESS_V4;
        return true;
    }
    memset(out, 0, sizeof *out);
    if (parse_v6(bare, out->bytes)) {
        if (!percent ||
            (percent++, parse_number(&percent, UINT32_MAX, &out->scope) && *percent == '\0')) {
            out->family = ADDRESS_V6;
            return true;
        }
    }
    memset(out, 0, sizeof *out);
    return false;
}

/* Text is built by hand: snprintf(3) belongs to stdio. */
struct text {
    char *at;
};

static void put_char(struct text *t, char c)
{
    *t->at++ = c;
}

static void put_decimal(struct text *t, uint32_t v)
{
    char digits[10];
    unsigned n = 0;

    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    while (n > 0) {
        put_char(t, digits[--n]);
    }
}

static void put_hex(struct text *t, unsigned v)
{
    bool started = false;

    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = v >> shift & 15;

        if (digit > 0 || started || shift == 0) {
            put_char(t, "0123456789abcdef"[digit]);
            started = true;
        }
    }
}

static void put_v4(struct text *t, const uint8_t bytes[V4_LENGTH])
{
    for (unsigned i = 0; i < V4_LENGTH; i++) {
        if (i > 0) {
            put_char(t, '.');
        }
        put_decimal(t, bytes[i]);
    }
}

/* RFC 5952 section 4.2: the longest run of two or more zero groups, the first of equals, becomes
 * "::". */
static void find_zero_run(const uint8_t bytes[V6_LENGTH], unsigned groups, unsigned *start,
                          unsigned *length)
{
    unsigned run = 0;

    *start = V6_GROUPS;
    *length = 1;
    for (unsigned i = 0; i < groups; i++) {
        run = bytes[2 * i] == 0 && bytes[2 * i + 1] == 0 ? run + 1 : 0;
        if (run > *length) {
            *length = run;
            *start = i + 1 - run;
        }
    }
}

static void put_v6(struct text *t, const uint8_t bytes[V6_LENGTH])
{
    bool mapped = memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0;
    unsigned groups = mapped ? 6 : V6_GROUPS;
    unsigned zeros_at, zeros;

    find_zero_run(bytes, groups, &zeros_at, &zeros);
    for (unsigned i = 0; i < groups; i++) {
        if (i == zeros_at) {
            put_char(t, ':');
            i += zeros - 1;
            if (i == groups - 1) {
                put_char(t, ':');
            }
            continue;
        }
        if (i > 0) {
            put_char(t, ':');
        }
        put_hex(t, (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1]);
    }
    if (mapped) {
        put_char(t, ':');
        put_v4(t, bytes + sizeof mapped_prefix);
    }
}

static void put_address(struct text *t, const struct address *a)
{
    if (a->family == ADDRESS_V4) {
        put_v4(t, a->bytes);
    } else if (a->family == ADDRESS_V6) {
        put_v6(t, a->bytes);
        if (a->scope != 0) {
            put_char(t, '%');
            put_decimal(t, a->scope);
        }
    } else {
        put_char(t, '-');
    }
}

const char *address_format(const struct address *a, char text[ADDRESS_TEXT_MAX])
{
    struct text t = {text};

    put_address(&t, a);
    put_char(&t, '\0');
    return text;
}

const char *address_format_port(const struct address *a, char text[ADDRESS_TEXT_MAX])
{
    struct text t = {text};

    if (a->family == ADDRESS_V6) {
        put_char(&t, '[');
    }
    put_address(&t, a);
    if (a->family == ADDRESS_V6) {
        put_char(&t, ']');
    }
    if (a->family != ADDRESS_NONE) {
        put_char(&t, ':');
        put_decimal(&t, a->port);
    }
    put_char(&t, '\0');
    return text;
}

static size_t address_length(const struct address *a)
{
    if (a->family == ADDRESS_V4) {
        return V4_LENGTH;
    }
    return a->family == ADDRESS_V6 ? V6_LENGTH : 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return a->family == b->family && a->scope == b->scope &&
           memcmp(a->bytes, b->bytes, address_length(a)) == 0;
}

bool address_is_loopback(const struct address *a)
{
    static const uint8_t v6_loopback[V6_LENGTH] = {[15] = 1};

    if (a->family == ADDRESS_V4) {
        return a->bytes[0] == 127;
    }
    if (a->family == ADDRESS_V6) {
        return memcmp(a->bytes, v6_loopback, V6_LENGTH) == 0 ||
               (memcmp(a->bytes, mapped_prefix, sizeof mapped_prefix) == 0 &&
                a->bytes[sizeof mapped_prefix] == 127);
    }
    return false;
}

static bool is_unicast_v4(const uint8_t bytes[V4_LENGTH])
{
    return bytes[0] != 0 && bytes[0] < 224;
}

bool address_is_unicast(const struct address *a)
{
    static const uint8_t unspecified[V6_LENGTH];

    if (a->family == ADDRESS_V4) {
        return is_unicast_v4(a->bytes);
    }
    if (a->family != ADDRESS_V6 || a->bytes[0] == 0xff) {
        return false;
    }
    if (memcmp(a->bytes, mapped_prefix, sizeof mapped_prefix) == 0) {
        return is_unicast_v4(a->bytes + sizeof mapped_prefix);
    }
    return memcmp(a->bytes, unspecified, V6_LENGTH) != 0;
}

uint32_t address_refid(const struct address *a)
{
    uint8_t digest[MD5_DIGEST_SIZE];
    const uint8_t *b = a->bytes;

    if (a->family == ADDRESS_NONE) {
        return 0;
    }
    if (a->family == ADDRESS_V6) {
        struct md5_ctx md5;

        md5_init(&md5);
        md5_update(&md5, V6_LENGTH, a->bytes);
        md5_digest(&md5, sizeof digest, digest);
        b = digest;
    }
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

bool address_in_prefix(const struct address *a, const struct address *prefix, unsigned length)
{
    size_t width = address_length(a);
    size_t whole = length / 8;
    unsigned mask = 0xffu << (8 - length % 8) & 0xffu;

    if (a->family != prefix->family) {
        return false;
    }
    if (whole >= width) {
        return memcmp(a->bytes, prefix->bytes, width) == 0;
    }
    return memcmp(a->bytes, prefix->bytes, whole) == 0 &&
           ((a->bytes[whole] ^ prefix->bytes[whole]) & mask) == 0;
}
