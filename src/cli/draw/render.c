/* SPDX-License-Identifier: BSD-2-Clause */
/* Words and tables for people; see the header. */
#include "cli/draw/render.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "control/explain.h"
#include "os/terminal.h"

/* Length of the UTF-8 character at s, 0 if it is none, or is a control character. */
static size_t printable_length(const unsigned char *s)
{
    size_t length = s[0] < 0x80   ? 1
                    : s[0] < 0xc2 ? 0
                    : s[0] < 0xe0 ? 2
                    : s[0] < 0xf0 ? 3
                    : s[0] < 0xf5 ? 4
                                  : 0;

    if (s[0] < ' ' || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0)) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

const char *render_clean(const char *text, char *out, size_t capacity)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t used = 0;

    while (*s) {
        size_t length = printable_length(s);

        if (used + (length ? length : 1) >= capacity) {
            break;
        }
        if (length == 0 || (length > 1 && !terminal_is_utf8())) {
            out[used++] = '?';
            s += length ? length : 1;
            continue;
        }
        memcpy(out + used, s, length);
        used += length;
        s += length;
    }
    out[used] = '\0';
    return out;
}

unsigned render_length(const char *text)
{
    mbstate_t state = {0};
    unsigned columns = 0;

    terminal_is_utf8(); /* sets the locale */
    while (*text) {
        wchar_t letter;
        size_t length = mbrtowc(&letter, text, MB_CUR_MAX, &state);
        int width = length > 0 && length <= MB_CUR_MAX ? wcwidth(letter) : -1;

        if (width < 0) {
            memset(&state, 0, sizeof state);
            length = 1;
        }
        columns += width < 0 ? 1 : (unsigned)width;
        text += length;
    }
    return columns;
}

bool render_is_terminal(void)
{
    return terminal_is();
}

unsigned render_columns(void)
{
    const char *wanted = getenv("COLUMNS");
    unsigned long width = wanted ? strtoul(wanted, NULL, 10) : 0;
    unsigned columns = 0, rows = 0;

    if (!terminal_is()) {
        return 0;
    }
    if (width > 0 && width < 10000) {
        return (unsigned)width;
    }
    return terminal_size(&columns, &rows) ? columns : RENDER_WIDTH;
}

unsigned render_width(void)
{
    unsigned columns = render_columns();

    return columns > 0 ? columns : RENDER_WIDTH;
}

void render_paragraph(const char *text, unsigned indent, unsigned width, FILE *out)
{
    unsigned used = indent;

    fprintf(out, "%*s", (int)indent, "");
    while (*text) {
        size_t length = strcspn(text, " ");
        char word[RENDER_TEXT_MAX];
        unsigned columns;

        snprintf(word, sizeof word, "%.*s", (int)length, text);
        columns = render_length(word);
        if (used > indent && width > 0 && used + 1 + columns > width) {
            fprintf(out, "\n%*s", (int)indent, "");
            used = indent;
        } else if (used > indent) {
            putc(' ', out);
            used++;
        }
        fputs(word, out);
        used += columns;
        text += length;
        text += strspn(text, " ");
    }
    putc('\n', out);
}

const char *render_style(enum render_style style)
{
    static const char *const codes[] = {[STYLE_PLAIN] = "\033[0m",
                                        [STYLE_GOOD] = "\033[32m",
                                        [STYLE_BAD] = "\033[31m",
                                        [STYLE_DIM] = "\033[2m",
                                        [STYLE_BOLD] = "\033[1m"};
    static int coloured = -1;

    if (coloured < 0) {
        coloured = render_is_terminal() && !getenv("NO_COLOR");
    }
    return coloured ? codes[style] : "";
}

const char *render_seconds(double s, char text[32])
{
    return isnan(s) ? "-" : explain_seconds(s, text);
}

const char *render_offset(double s, char text[32])
{
    char size[32];

    if (isnan(s)) {
        return "-";
    }
    explain_seconds(fabs(s), size);
    snprintf(text, 32, "%c%.20s", s < 0 ? '-' : '+', size);
    return text;
}

void render_json(const json_t *document)
{
    json_dumpf(document, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
}
