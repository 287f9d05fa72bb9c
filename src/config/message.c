/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages in, text with a caret out: also config_message_format() of config.h. */
#include "config/message.h"

#include <stdio.h>
#include <string.h>

#include "config/text.h"

#define CODE_LENGTH 4
#define SHOWN_BEFORE 60U /* characters kept before the caret when a line must be cut */

bool message_wanted(const struct config *c)
{
    return c->message_count < CONFIG_MESSAGES_MAX || c->error_count < CONFIG_MESSAGES_MAX;
}

/* An error must not go unseen because a thousand warnings came first: the last one gives way. */
static bool make_room(struct config *c, enum config_severity severity)
{
    if (c->message_count < CONFIG_MESSAGES_MAX) {
        return true;
    }
    if (severity != CONFIG_ERROR) {
        return false;
    }
    for (unsigned i = c->message_count; i-- > 0;) {
        if (c->messages[i].severity == CONFIG_WARNING) {
            memmove(&c->messages[i], &c->messages[i + 1],
                    (c->message_count - i - 1) * sizeof c->messages[0]);
            c->message_count--;
            return true;
        }
    }
    return false;
}

static void copy_text(char *out, size_t capacity, const char *text)
{
    size_t length = strlen(text);

    if (length >= capacity) {
        length = capacity - 1;
        while (length > 0 && ((uint8_t)text[length] & 0xc0) == 0x80) {
            length--; /* not within a character */
        }
    }
    memcpy(out, text, length);
    out[length] = '\0';
}

static bool append(char *out, size_t capacity, size_t *used, const char *text, size_t length)
{
    if (*used + length >= capacity) {
        return false;
    }
    memcpy(out + *used, text, length);
    *used += length;
    out[*used] = '\0';
    return true;
}

/* Copies the line without what would harm a terminal. A line that does not fit is cut in front of
 * the caret as well, so that the caret has something to point at. */
static void copy_source(struct config_message *m, const struct message_place *place)
{
    const char *text = place->source;
    size_t left = place->source_length, used = 0, bytes;
    unsigned column = 1, first = 1;

    m->caret = place->column;
    if (left >= sizeof m->source && place->column > SHOWN_BEFORE + 4) {
        first = place->column - SHOWN_BEFORE;
        append(m->source, sizeof m->source, &used, "...", 3);
        m->caret = 3 + SHOWN_BEFORE + 1;
    }
    for (; left > 0; text += bytes, left -= bytes, column++) {
        uint32_t code;

        bytes = text_character(text, left, &code);
        if (column < first) {
            continue;
        }
        bool harmless = code >= 0x20 && code != 0x7f && !(code >= 0x80 && code < 0xa0) &&
                        code != TEXT_BAD_CHARACTER && code != 0xfeff &&
                        !(code >= 0x200e && code <= 0x202e) && !(code >= 0x2060 && code <= 0x206f);
        const char *shown = harmless ? text : code == '\t' ? " " : code == '\r' ? "" : "?";
        size_t length = harmless ? bytes : strlen(shown);
        if (used + length + 4 > sizeof m->source) {
            append(m->source, sizeof m->source, &used, "...", 3);
            return;
        }
        append(m->source, sizeof m->source, &used, shown, length);
    }
}

/* Formats begin with their code: "E001 unknown directive". Gives what follows it. */
static const char *take_code(const char *text, char code[8])
{
    bool has_code = (text[0] == 'E' || text[0] == 'W') && text_is_digit(text[1]) &&
                    text_is_digit(text[2]) && text_is_digit(text[3]) && text[4] == ' ';

    if (!has_code) {
        return text;
    }
    memcpy(code, text, CODE_LENGTH);
    return text + CODE_LENGTH + 1;
}

void message_add(struct config *c, enum config_severity severity, const struct message_place *place,
                 const char *hint, const char *format, va_list arguments)
{
    unsigned *count = severity == CONFIG_ERROR ? &c->error_count : &c->warning_count;

    ++*count;
    if (c->error_count > CONFIG_MESSAGES_MAX || !make_room(c, severity)) {
        return;
    }
    struct config_message *m = &c->messages[c->message_count++];
    memset(m, 0, sizeof *m);
    char text[1024];
    vsnprintf(text, sizeof text, format, arguments);
    const char *words = take_code(text, m->code);
    m->severity = severity;
    copy_text(m->file, sizeof m->file, place->file);
    copy_text(m->text, sizeof m->text, words);
    copy_text(m->hint, sizeof m->hint, hint);
    m->line = place->line;
    m->column = place->line > 0 ? place->column : 0;
    m->width = place->width > 0 ? place->width : 1;
    if (place->line > 0 && place->source) {
        copy_source(m, place);
    }
}

/* Characters from `from` on, each counted as wide as a terminal shows it; blanks or tildes. */
static void underline(const struct config_message *m, char *out, size_t capacity, size_t *used)
{
    size_t left = strlen(m->source), bytes;
    const char *text = m->source;
    unsigned end = m->caret + m->width;
    char mark = '^';

    for (unsigned column = 1; left > 0 && column < end; column++, text += bytes, left -= bytes) {
        uint32_t code;

        bytes = text_character(text, left, &code);
        for (unsigned i = text_character_width(code); i > 0; i--) {
            append(out, capacity, used, column < m->caret ? " " : &mark, 1);
            mark = column < m->caret ? '^' : '~';
        }
    }
    if (mark == '^') { /* behind the end of the line: something is missing there */
        append(out, capacity, used, "^", 1);
    }
}

size_t config_message_format(const struct config_message *m, char *out, size_t capacity)
{
    char part[1024];
    size_t used = 0;
    const char *kind = m->severity == CONFIG_ERROR ? "error" : "warning";
    char code[16] = "";

    if (capacity == 0) {
        return 0;
    }
    out[0] = '\0';
    if (m->code[0] != '\0') {
        snprintf(code, sizeof code, " [%s]", m->code);
    }
    if (m->line > 0) {
        snprintf(part, sizeof part, "%s:%u:%u: %s: %s%s\n", m->file, m->line, m->column, kind,
                 m->text, code);
    } else {
        snprintf(part, sizeof part, "%s: %s: %s%s\n", m->file, kind, m->text, code);
    }
    append(out, capacity, &used, part, strlen(part));
    if (m->source[0] != '\0') {
        size_t before = used;

        if (append(out, capacity, &used, "    ", 4) &&
            append(out, capacity, &used, m->source, strlen(m->source)) &&
            append(out, capacity, &used, "\n    ", 5)) {
            underline(m, out, capacity, &used);
        }
        if (!append(out, capacity, &used, "\n", 1)) {
            used = before; /* no room: the message without its line */
            out[used] = '\0';
        }
    }
    if (m->hint[0] != '\0') {
        snprintf(part, sizeof part, "  %s\n", m->hint);
        append(out, capacity, &used, part, strlen(part));
    }
    return used;
}
