/* SPDX-License-Identifier: BSD-2-Clause */
/* Words and tables for people. Whatever came from the network is cleaned before it meets a
 * terminal; colour appears on a terminal only. */
#ifndef TOKI_CLI_RENDER_H
#define TOKI_CLI_RENDER_H

#include <jansson.h>
#include <stdbool.h>

#define RENDER_TEXT_MAX 1024

/* Control characters (C0, DEL, C1) and bytes that are not UTF-8 become '?'; cut to the room there
 * is, between characters. Returns out. */
const char *render_clean(const char *text, char *out, size_t capacity);

/* Escape sequences for stdout, or "" if it is no terminal (or NO_COLOR is set). */
enum render_style { STYLE_PLAIN, STYLE_GOOD, STYLE_BAD, STYLE_DIM, STYLE_BOLD };
const char *render_style(enum render_style style);
bool render_is_terminal(void);

/* Columns of the terminal, as $COLUMNS says; RENDER_WIDTH where there is none. */
#define RENDER_WIDTH 80
unsigned render_width(void);

/* "+12.3 us", "-" if unknown; at most 11 characters. */
const char *render_offset(double s, char text[32]);
const char *render_seconds(double s, char text[32]);

/* A document as one line. */
void render_json(const json_t *document);

/* The table of sources of an answer of tokid; `reasons`: with the sentence of each. */
void render_sources(const json_t *sources, bool reasons);

#endif
