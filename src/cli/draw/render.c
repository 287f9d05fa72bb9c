/* SPDX-License-Identifier: BSD-2-Clause */
/* Cleaning and measuring text, colours, the width of the terminal, and numbers with units. */
#include "cli/draw/render.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "control/explain.h"
#include "os/terminal.h"

size_t render_letter(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t length = s[0] < 0x80   ? 1
                    : s[0] < 0xc2 ? 0
                    : s[0] < 0xe0 ? 2
                    : s[0] < 0xf0 ? 3
                    : s[0] < 0xf5 ? 4
                                  : 0;
    uint32_t code = s[0] & (0xffU >> (length + 1));

    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (s[i] & 0x3fU);
    }
    if (length == 1) {
        return s[0] >= ' ' && s[0] != 0x7f;
    }
    /* C1, forms that are longer than need be, surrogates, what is no character */
    return code < 0xa0 || (length == 3 && code < 0x800) || (length == 4 && code < 0x10000) ||
                   code > 0x10ffff || (code >= 0xd800 && code < 0xe000) || (code & 0xfffe) == 0xfffe
               ? 0
               : length;
}

const char *render_clean(const char *text, char *out, size_t capacity)
{
    size_t used = 0;

    while (*text) {
        size_t length = render_letter(text);

        if (used + (length ? length : 1) >= capacity) {
            break;
        }
        if (length == 0 || (length > 1 && !terminal_is_utf8())) {
            out[used++] = '?';
            text += length ? length : 1;
            continue;
        }
        memcpy(out + used, text, length);
        used += length;
        text += length;
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

const char *render_frequency(double freq, char text[32])
{
    bool small = freq < 1e-6;
    double value = freq * (small ? 1e9 : 1e6);

    snprintf(text, 32,
             value < 10    ? "%.2f %s"
             : value < 100 ? "%.1f %s"
                           : "%.0f %s",
             value, small ? "ppb" : "ppm");
    return text;
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

const char *render_duration(double s, char text[32])
{
    if (isinf(s)) {
        return "never";
    }
    if (s < 120) {
        snprintf(text, 32, "%.0f s", s);
    } else if (s < 7200) {
        snprintf(text, 32, "%.0f min", s / 60);
    } else if (s < 172800) {
        snprintf(text, 32, "%.3g h", s / 3600);
    } else {
        snprintf(text, 32, "%.3g days", s / 86400);
    }
    return text;
}

void render_json(const json_t *document)
{
    json_dumpf(document, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
}
