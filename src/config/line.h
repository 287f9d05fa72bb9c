/* SPDX-License-Identifier: BSD-2-Clause */
/* One line of a configuration as words with their places. chrony.conf and ntp.conf differ in what
 * opens a comment and in quotes; a trailing # comment works in both here. */
#ifndef TOKI_CONFIG_LINE_H
#define TOKI_CONFIG_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_BYTES_MAX 4096 /* of the words, comment aside */
#define LINE_WORDS_MAX 256

struct word {
    const char *text;       /* without its quotes; ends with a NUL */
    unsigned column, width; /* in characters, from 1; the quotes count */
    bool quoted;
};

struct line {
    struct word words[LINE_WORDS_MAX];
    unsigned count;
    unsigned fault_column;                       /* in characters: where it went wrong */
    char bytes[LINE_BYTES_MAX + LINE_WORDS_MAX]; /* the words, each with a NUL */
};

struct line_style {
    const char *comment_starts; /* as the first character of a line */
    bool comment_needs_blank;   /* a # within a line is a comment only behind a blank */
    bool quotes;                /* "..." is one word */
    bool single_quotes;         /* and so is '...' */
};

enum line_verdict {
    LINE_WORDS,      /* count may be 0: nothing but a comment */
    LINE_QUOTE_OPEN, /* a quote is not closed */
    LINE_TOO_LONG,
    LINE_TOO_MANY_WORDS,
    LINE_BAD_CHARACTER, /* a control character */
    LINE_WIDE_BLANK     /* a blank that is not ASCII: U+3000, U+00A0 */
};

/* `text` is one line without its end; it may hold any bytes. */
enum line_verdict line_split(struct line *line, const char *text, size_t length,
                             const struct line_style *style);

#endif
