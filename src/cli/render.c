/* SPDX-License-Identifier: BSD-2-Clause */
/* Words and tables for people; see the header. */
#include "cli/render.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/daemon.h"
#include "control/explain.h"

#define NAME_WIDTH 24

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
        if (length == 0) {
            out[used++] = '?';
            s++;
        }
        memcpy(out + used, s, length);
        used += length;
        s += length;
    }
    out[used] = '\0';
    return out;
}

bool render_is_terminal(void)
{
    return isatty(STDOUT_FILENO) == 1;
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

static enum render_style style_of(const char *tally)
{
    return tally[0] == '*' || tally[0] == '+' ? STYLE_GOOD
           : tally[0] == 'x'                  ? STYLE_BAD
                                              : STYLE_PLAIN;
}

static void render_source(const json_t *source, bool reasons)
{
    char name[NAME_WIDTH + 1], stratum[16] = "-", text[4][32], sentence[RENDER_TEXT_MAX];
    const char *tally = daemon_text(source, "tally");
    double number = daemon_number(source, "stratum");

    if (!isnan(number)) {
        snprintf(stratum, sizeof stratum, "%.0f", number);
    }
    printf("%s%c %-*s%s %2s %4.0f %5o %9s %12s %11s %11s\n", render_style(style_of(tally)),
           tally[0] ? tally[0] : ' ', NAME_WIDTH,
           render_clean(daemon_text(source, "name"), name, sizeof name), render_style(STYLE_PLAIN),
           stratum, daemon_number(source, "poll"),
           (unsigned)json_integer_value(json_object_get(source, "reach")),
           render_seconds(daemon_number(source, "last_sample_age_s"), text[0]),
           render_offset(daemon_number(source, "offset_s"), text[1]),
           render_seconds(daemon_number(source, "delay_s"), text[2]),
           render_seconds(daemon_number(source, "jitter_s"), text[3]));
    if (reasons) {
        printf("    %s\n",
               render_clean(daemon_text(source, "sentence"), sentence, sizeof sentence));
    }
}

void render_sources(const json_t *sources, bool reasons)
{
    size_t index;
    const json_t *source;

    printf("%s  %-*s %2s %4s %5s %9s %12s %11s %11s%s\n", render_style(STYLE_BOLD), NAME_WIDTH,
           "source", "st", "poll", "reach", "last", "offset", "delay", "jitter",
           render_style(STYLE_PLAIN));
    json_array_foreach(sources, index, source)
    {
        render_source(source, reasons);
    }
}

unsigned render_width(void)
{
    const char *columns = render_is_terminal() ? getenv("COLUMNS") : NULL;
    unsigned long width = columns ? strtoul(columns, NULL, 10) : 0;

    return width > 0 && width < 10000 ? (unsigned)width : RENDER_WIDTH;
}
