/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for people. Whatever came from the network is cleaned before it meets a terminal; colour
 * appears on a terminal only, letters beyond ASCII where the locale has them, and lines are broken
 * at the terminal's width. Tables are in cli/draw/table.h. */
#ifndef TOKI_CLI_DRAW_RENDER_H
#define TOKI_CLI_DRAW_RENDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define RENDER_TEXT_MAX 1024

/* Bytes of the UTF-8 character at `text`; 0: it is none, or a control character. */
size_t render_letter(const char *text);

/* Control characters (C0, DEL, C1) and bytes that are not UTF-8 become '?'; cut to the room there
 * is, between characters. Returns out. */
const char *render_clean(const char *text, char *out, size_t capacity);

/* Columns that it takes on a terminal. */
unsigned render_length(const char *text);

/* Escape sequences for stdout, or "" if it is no terminal (or NO_COLOR is set). */
enum render_style { STYLE_PLAIN, STYLE_GOOD, STYLE_BAD, STYLE_DIM, STYLE_BOLD };
const char *render_style(enum render_style style);
bool render_is_terminal(void);

/* Columns of the terminal ($COLUMNS, if that is set); 0: none, so lines have any length. */
unsigned render_columns(void);

/* The same for what needs a width; RENDER_WIDTH where there is no terminal. */
#define RENDER_WIDTH 80
unsigned render_width(void);

/* `text`, which is clean, indented and broken between words; `width` 0: in one line. */
void render_paragraph(const char *text, unsigned indent, unsigned width, FILE *out);

/* "+12.3 us", "-" if unknown; at most 11 characters. */
const char *render_offset(double s, char text[32]);
const char *render_seconds(double s, char text[32]);

/* A frequency error, at least 0: "3.21 ppb", "10.0 ppm". */
const char *render_frequency(double freq, char text[32]);

/* A length of time to two or three digits: "90 s", "5 min", "never" if it is infinite. */
const char *render_duration(double s, char text[32]);

/* A document as one line. */
void render_json(const json_t *document);

#endif
