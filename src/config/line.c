/* SPDX-License-Identifier: BSD-2-Clause */
/* One pass over the characters, so that columns are exact whatever the line holds. */
#include "config/line.h"

#include <stdint.h>
#include <string.h>

#include "config/text.h"

struct splitter {
    struct line *line;
    const char *text;
    size_t length, at; /* bytes */
    unsigned column;   /* of the character at `at`, from 1 */
    size_t used;       /* of line->bytes */
};

static uint32_t peek(const struct splitter *s, size_t *bytes)
{
    uint32_t code;

    *bytes = text_character(s->text + s->at, s->length - s->at, &code);
    return code;
}

static void advance(struct splitter *s, size_t bytes)
{
    s->at += bytes;
    s->column++;
}

static enum line_verdict fault(struct splitter *s, enum line_verdict verdict, unsigned column)
{
    s->line->fault_column = column;
    return verdict;
}

static bool opens_comment(const struct splitter *s, const struct line_style *style, bool word_start)
{
    char c = s->text[s->at];
    bool first = word_start && s->line->count == 0;

    return (c == '#' && (word_start || !style->comment_needs_blank)) ||
           (first && strchr(style->comment_starts, c) && c != '\0');
}

/* One character into the word; what a word cannot hold is a fault. */
static enum line_verdict take_character(struct splitter *s, bool quoted)
{
    size_t bytes;
    uint32_t code = peek(s, &bytes);

    if (!quoted && (code == 0x3000 || code == 0xa0)) {
        return fault(s, LINE_WIDE_BLANK, s->column);
    }
    if ((code < 0x20 && !(quoted && code == '\t')) || code == 0x7f) {
        return fault(s, LINE_BAD_CHARACTER, s->column);
    }
    if (s->used + bytes > LINE_BYTES_MAX) {
        return fault(s, LINE_TOO_LONG, s->column);
    }
    memcpy(s->line->bytes + s->used, s->text + s->at, bytes);
    s->used += bytes;
    advance(s, bytes);
    return LINE_WORDS;
}

static bool opens_quote(const struct line_style *style, char c)
{
    return (style->quotes && c == '"') || (style->single_quotes && c == '\'');
}

static enum line_verdict take_quoted(struct splitter *s)
{
    unsigned start = s->column;
    char mark = s->text[s->at];

    advance(s, 1);
    while (s->at < s->length && s->text[s->at] != mark) {
        enum line_verdict verdict = take_character(s, true);

        if (verdict != LINE_WORDS) {
            return verdict;
        }
    }
    if (s->at >= s->length) {
        return fault(s, LINE_QUOTE_OPEN, start);
    }
    advance(s, 1);
    return LINE_WORDS;
}

static enum line_verdict take_bare(struct splitter *s, const struct line_style *style)
{
    while (s->at < s->length && !text_is_blank(s->text[s->at])) {
        if (opens_comment(s, style, false) || opens_quote(style, s->text[s->at])) {
            break;
        }
        enum line_verdict verdict = take_character(s, false);
        if (verdict != LINE_WORDS) {
            return verdict;
        }
    }
    return LINE_WORDS;
}

enum line_verdict line_split(struct line *line, const char *text, size_t length,
                             const struct line_style *style)
{
    struct splitter s = {.line = line, .text = text, .length = length, .column = 1};

    line->count = 0;
    line->fault_column = 1;
    for (;;) {
        while (s.at < s.length && text_is_blank(s.text[s.at])) {
            advance(&s, 1);
        }
        if (s.at >= s.length || opens_comment(&s, style, true)) {
            return LINE_WORDS;
        }
        if (line->count == LINE_WORDS_MAX) {
            return fault(&s, LINE_TOO_MANY_WORDS, s.column);
        }
        struct word *word = &line->words[line->count];
        word->text = line->bytes + s.used;
        word->column = s.column;
        word->quoted = opens_quote(style, s.text[s.at]);
        enum line_verdict verdict = word->quoted ? take_quoted(&s) : take_bare(&s, style);
        if (verdict != LINE_WORDS) {
            return verdict;
        }
        word->width = s.column - word->column;
        line->bytes[s.used++] = '\0';
        line->count++;
    }
}
