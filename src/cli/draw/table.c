/* SPDX-License-Identifier: BSD-2-Clause */
/* Layout: side by side if all fits; else the wide columns above the others, row by row where there
 * is one wide column, for all rows where there are several; else one line for each cell. */
#include "cli/draw/table.h"

#include <stdlib.h>
#include <string.h>

#define GAP 1
#define CELL_MAX 512
#define NOTE_INDENT 4
#define WIDE_LEAST 16 /* narrower a column of names is not worth its place */

void table_init(struct table *t, const struct table_column *columns, unsigned count)
{
    *t = (struct table){.columns = columns, .column_count = count};
}

void table_free(struct table *t)
{
    for (unsigned i = 0; i < t->row_count; i++) {
        for (unsigned k = 0; k < t->column_count; k++) {
            free(t->rows[i].cells[k]);
        }
        free(t->rows[i].note);
    }
    free(t->rows);
    *t = (struct table){0};
}

/* A tool without memory has nothing sensible to say. */
static void *need(void *memory)
{
    if (!memory) {
        fputs("toki: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

void table_begin_row(struct table *t, enum render_style style)
{
    if (t->row_count == t->room) {
        t->room = t->room ? 2 * t->room : 16;
        t->rows = need(realloc(t->rows, t->room * sizeof *t->rows));
    }
    t->rows[t->row_count++] = (struct table_row){.style = style};
}

static char *copy(const char *text, size_t most)
{
    char *clean = need(malloc(most));

    render_clean(text, clean, most);
    return clean;
}

void table_cell(struct table *t, unsigned column, const char *text)
{
    char **cell = &t->rows[t->row_count - 1].cells[column];

    free(*cell);
    *cell = copy(text, CELL_MAX);
}

void table_note(struct table *t, const char *text)
{
    char **note = &t->rows[t->row_count - 1].note;

    free(*note);
    *note = text[0] ? copy(text, RENDER_TEXT_MAX) : NULL;
}

static const char *cell_of(const struct table_row *row, unsigned column)
{
    return row->cells[column] ? row->cells[column] : "";
}

static unsigned widest(const struct table *t, unsigned column)
{
    unsigned width = render_length(t->columns[column].title);

    for (unsigned i = 0; i < t->row_count; i++) {
        unsigned w = render_length(cell_of(&t->rows[i], column));

        width = w > width ? w : width;
    }
    return width;
}

struct layout {
    unsigned widths[TABLE_COLUMNS_MAX];
    unsigned fixed, wide; /* sums with gaps */
    unsigned wide_count;
    unsigned indent; /* of the other columns, where the wide ones stand above them */
    bool stacked;    /* wide cells of all rows stand above the others */
    bool vertical;
};

static struct layout lay_out(const struct table *t, unsigned width)
{
    struct layout l = {.indent = 2};

    for (unsigned k = 0; k < t->column_count; k++) {
        l.widths[k] = widest(t, k);
        *(t->columns[k].wide ? &l.wide : &l.fixed) += l.widths[k] + GAP;
        l.wide_count += t->columns[k].wide;
    }
    if (width == 0 || l.wide + l.fixed <= width + GAP) {
        return l;
    }
    l.vertical = l.fixed + l.indent > width + GAP;
    if (l.wide_count == 1 && l.fixed + WIDE_LEAST <= width) {
        for (unsigned k = 0; k < t->column_count; k++) {
            l.widths[k] = t->columns[k].wide ? width - l.fixed : l.widths[k];
        }
    } else {
        l.stacked = true;
    }
    return l;
}

static void put_cell(const char *text, unsigned width, bool left, bool last, FILE *out)
{
    unsigned used = render_length(text), pad = width > used ? width - used : 0;

    fprintf(out, "%*s%s%*s", left ? 0 : (int)pad, "", text, left && !last ? (int)pad : 0, "");
}

/* Cells of one row (NULL: the titles), those that are wide or those that are not, or all. */
enum part { PART_ALL, PART_WIDE, PART_FIXED };

static void put_cells(const struct table *t, const struct layout *l, const struct table_row *row,
                      enum part part, FILE *out)
{
    bool first = true;

    for (unsigned k = 0; k < t->column_count; k++) {
        const struct table_column *c = &t->columns[k];
        const char *text = row ? cell_of(row, k) : c->title;
        bool last = k + 1 == t->column_count;

        if (part != PART_ALL && c->wide != (part == PART_WIDE)) {
            continue;
        }
        fprintf(out, "%*s", first ? 0 : GAP, "");
        if (k == 0) {
            fputs(render_style(row ? row->style : STYLE_BOLD), out);
        }
        put_cell(text, part == PART_WIDE && l->stacked ? 0 : l->widths[k], c->left, last, out);
        if (k == 0 && row) {
            fputs(render_style(STYLE_PLAIN), out);
        }
        first = false;
    }
}

/* Does the cell of the one wide column go beyond its place? */
static bool overflows(const struct table *t, const struct layout *l, const struct table_row *row)
{
    for (unsigned k = 0; k < t->column_count; k++) {
        if (t->columns[k].wide && render_length(cell_of(row, k)) > l->widths[k]) {
            return true;
        }
    }
    return false;
}

static void write_row(const struct table *t, const struct layout *l, const struct table_row *row,
                      FILE *out)
{
    if (l->stacked) {
        put_cells(t, l, row, PART_WIDE, out);
        fprintf(out, "\n%*s", (int)l->indent, "");
        put_cells(t, l, row, PART_FIXED, out);
    } else if (row && overflows(t, l, row)) {
        unsigned before = 0;

        for (unsigned k = 0; k < t->column_count && t->columns[k].wide; k++) {
            before += l->widths[k] + GAP;
        }
        put_cells(t, l, row, PART_WIDE, out);
        fprintf(out, "\n%*s", (int)before, "");
        put_cells(t, l, row, PART_FIXED, out);
    } else {
        put_cells(t, l, row, PART_ALL, out);
    }
    if (!row) {
        fputs(render_style(STYLE_PLAIN), out);
    }
    putc('\n', out);
}

/* The same without blanks at the ends of lines, which a terminal may break. */
static void put_row(const struct table *t, const struct layout *l, const struct table_row *row,
                    FILE *out)
{
    char *text = NULL;
    size_t length = 0;
    FILE *memory = need(open_memstream(&text, &length));

    write_row(t, l, row, memory);
    fclose(memory);
    for (const char *line = need(text); *line;) {
        size_t whole = strcspn(line, "\n"), used = whole;

        while (used > 0 && line[used - 1] == ' ') {
            used--;
        }
        fprintf(out, "%.*s\n", (int)used, line);
        line += whole + (line[whole] == '\n');
    }
    free(text);
}

static void put_vertical(const struct table *t, const struct table_row *row, FILE *out)
{
    for (unsigned k = 0; k < t->column_count; k++) {
        const char *text = cell_of(row, k);

        if (k == 0) {
            fprintf(out, "%s%s%s\n", render_style(row->style), text, render_style(STYLE_PLAIN));
        } else if (text[0]) {
            fprintf(out, "  %s %s\n", t->columns[k].title, text);
        }
    }
}

void table_print(const struct table *t, unsigned width, FILE *out)
{
    struct layout l = lay_out(t, width);

    if (!l.vertical) {
        put_row(t, &l, NULL, out);
    }
    for (unsigned i = 0; i < t->row_count; i++) {
        if (l.vertical) {
            put_vertical(t, &t->rows[i], out);
        } else {
            put_row(t, &l, &t->rows[i], out);
        }
        if (t->rows[i].note) {
            render_paragraph(t->rows[i].note, NOTE_INDENT, width, out);
        }
    }
}
