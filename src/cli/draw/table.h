/* SPDX-License-Identifier: BSD-2-Clause */
/* A table of text that fits a terminal: columns are as wide as they have to be; what is too wide
 * for the terminal goes to a line of its own, and nothing (an IPv6 address, a name) is ever cut. */
#ifndef TOKI_CLI_DRAW_TABLE_H
#define TOKI_CLI_DRAW_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/draw/render.h"

#define TABLE_COLUMNS_MAX 12

struct table_column {
    const char *title;
    bool left; /* else to the right, as numbers are */
    bool wide; /* names and addresses: may go to a line of their own */
};

struct table_row {
    char *cells[TABLE_COLUMNS_MAX]; /* NULL: empty */
    char *note;                     /* a paragraph below, or NULL */
    enum render_style style;        /* of the first cell */
};

struct table {
    const struct table_column *columns;
    unsigned column_count;
    struct table_row *rows;
    unsigned row_count, room;
};

/* `columns` stay the caller's. */
void table_init(struct table *t, const struct table_column *columns, unsigned count);
void table_free(struct table *t);

/* A new row; cells are copied, and cleaned of what a terminal would obey. */
void table_begin_row(struct table *t, enum render_style style);
void table_cell(struct table *t, unsigned column, const char *text);
void table_note(struct table *t, const char *text);

/* `width` 0: no limit. */
void table_print(const struct table *t, unsigned width, FILE *out);

#endif
