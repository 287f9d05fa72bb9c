/* SPDX-License-Identifier: BSD-2-Clause */
/* strtod() and <ctype.h> are avoided on purpose: both follow the locale. */
#include "config/text.h"

#include <float.h>
#include <string.h>

#define WORD_LENGTH_MAX 32U
#define DISTANCE_FAR 1000U

size_t text_character(const char *text, size_t left, uint32_t *code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = (uint8_t)text[0];
    size_t length = first < 0x80             ? 1
                    : (first & 0xe0) == 0xc0 ? 2
                    : (first & 0xf0) == 0xe0 ? 3
                    : (first & 0xf8) == 0xf0 ? 4
                                             : 0;

    *code = TEXT_BAD_CHARACTER;
    if (length == 0 || length > left) {
        return 1;
    }
    uint32_t value = length == 1 ? first : first & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        uint8_t byte = (uint8_t)text[i];

        if ((byte & 0xc0) != 0x80) {
            return 1;
        }
        value = value << 6 | (byte & 0x3fU);
    }
    if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
        return 1;
    }
    *code = value;
    return length;
}

unsigned text_character_width(uint32_t code)
{
    static const struct {
        uint32_t first, last;
        unsigned width;
    } ranges[] = {
        {0x0300, 0x036f, 0}, {0x1100, 0x115f, 2},   {0x200b, 0x200f, 0},   {0x2e80, 0x303e, 2},
        {0x3041, 0x3098, 2}, {0x3099, 0x309a, 0},   {0x309b, 0xa4cf, 2},   {0xac00, 0xd7a3, 2},
        {0xf900, 0xfaff, 2}, {0xfe00, 0xfe0f, 0},   {0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2},
        {0xffe0, 0xffe6, 2}, {0x1f300, 0x1f64f, 2}, {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2},
    };

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return ranges[i].width;
        }
    }
    return 1;
}

unsigned text_length(const char *text, size_t bytes)
{
    unsigned count = 0;
    uint32_t code;

    for (size_t i = 0; i < bytes; i += text_character(text + i, bytes - i, &code)) {
        count++;
    }
    return count;
}

bool text_equal_any_case(const char *a, const char *b)
{
    while (*a != '\0' && text_lower(*a) == text_lower(*b)) {
        a++;
        b++;
    }
    return text_lower(*a) == text_lower(*b);
}

/* value * 10^exponent; the loops end at once when the result leaves the range of a double. */
static long double scale_by_ten(long double value, int exponent)
{
    while (exponent > 0 && value <= (long double)DBL_MAX) {
        value *= 10.0L;
        exponent--;
    }
    while (exponent < 0 && value > 0.0L) {
        value /= 10.0L;
        exponent++;
    }
    return value;
}

/* The exponent behind a mantissa, 0 if there is none; *at moves behind it. */
static int read_exponent(const char **at)
{
    const char *p = *at;
    int value = 0;

    if (*p != 'e' && *p != 'E') {
        return 0;
    }
    p++;
    bool negative = *p == '-';
    if (*p == '-' || *p == '+') {
        p++;
    }
    if (!text_is_digit(*p)) {
        return 0;
    }
    for (; text_is_digit(*p); p++) {
        value = value < 10000 ? value * 10 + (*p - '0') : value;
    }
    *at = p;
    return negative ? -value : value;
}

bool text_number(const char *text, double *number, const char **end)
{
    const char *p = text;
    bool negative = *p == '-', any = false, fraction = false;
    uint64_t mantissa = 0;
    int exponent = 0;

    if (*p == '-' || *p == '+') {
        p++;
    }
    for (;; p++) {
        if (*p == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (!text_is_digit(*p)) {
            break;
        }
        any = true;
        if (mantissa < 1000000000000000000U) { /* more digits than a double can hold */
            mantissa = mantissa * 10 + (uint64_t)(*p - '0');
            exponent -= fraction;
        } else {
            exponent += !fraction;
        }
    }
    if (!any) {
        return false;
    }
    exponent += read_exponent(&p);
    long double value = scale_by_ten((long double)mantissa, exponent);
    if (value > (long double)DBL_MAX) {
        return false;
    }
    *number = negative ? -(double)value : (double)value;
    *end = p;
    return true;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned text_distance(const char *a, const char *b)
{
    /* three rows of the table of optimal string alignment */
    unsigned rows[3][WORD_LENGTH_MAX + 1];
    size_t la = strlen(a), lb = strlen(b);
    if (la > WORD_LENGTH_MAX || lb > WORD_LENGTH_MAX) {
        return DISTANCE_FAR;
    }
    for (unsigned j = 0; j <= lb; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= la; i++) {
        unsigned *now = rows[i % 3], *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= lb; j++) {
            char x = text_lower(a[i - 1]), y = text_lower(b[j - 1]);

            now[j] = least(least(above[j], now[j - 1]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == text_lower(b[j - 2]) && text_lower(a[i - 2]) == y) {
                now[j] = least(now[j], twice[j - 2] + 1);
            }
        }
    }
    return rows[la % 3][lb];
}

unsigned text_distance_limit(const char *word)
{
    size_t length = strlen(word);

    return length < 3 ? 0 : length < 6 ? 1 : (unsigned)length / 3;
}

struct text_likeness text_likeness_of(const char *word)
{
    return (struct text_likeness){.word = word, .distance = text_distance_limit(word) + 1};
}

void text_likeness_compare(struct text_likeness *l, const char *candidate)
{
    unsigned distance = text_distance(l->word, candidate);

    if (distance < l->distance && distance < strlen(candidate)) {
        l->distance = distance;
        l->best = candidate;
    }
}
