/* SPDX-License-Identifier: BSD-2-Clause */
/* Characters, numbers and likeness of words, the same in every locale: a configuration must not
 * change its meaning because LC_NUMERIC writes a comma. Text is UTF-8, but any bytes may come. */
#ifndef TOKI_CONFIG_TEXT_H
#define TOKI_CONFIG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_BAD_CHARACTER 0xfffdU

/* Decodes the character at `text`; returns its length in bytes, >= 1 if left > 0. What is not UTF-8
 * counts as one character of one byte, TEXT_BAD_CHARACTER. */
size_t text_character(const char *text, size_t left, uint32_t *code);

/* Columns of a terminal: 2 for the wide characters of East Asia, 0 for combining marks, else 1. */
unsigned text_character_width(uint32_t code);

/* Number of characters. */
unsigned text_length(const char *text, size_t bytes);

/* space, tab, carriage return, vertical tab, form feed */
static inline bool text_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static inline bool text_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline char text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal_any_case(const char *a, const char *b);

/* Decimal number with a point and an exponent, at the start of the text; *end is what follows it.
 * False: there is none, or it is too large for a double. Never inf, NaN or hexadecimal. */
bool text_number(const char *text, double *number, const char **end);

/* Letters to change, insert, drop or swap to make one word of the other, case aside. Words longer
 * than 32 bytes are like nothing. */
unsigned text_distance(const char *a, const char *b);

/* So many changes are still a slip of the fingers in a word like this. */
unsigned text_distance_limit(const char *word);

/* The candidate that a word was meant to be: the one most like it. */
struct text_likeness {
    const char *word, *best; /* best NULL: none is like it */
    unsigned distance;
};

struct text_likeness text_likeness_of(const char *word);
void text_likeness_compare(struct text_likeness *l, const char *candidate);

#endif
