/* SPDX-License-Identifier: BSD-2-Clause */
/* One row for each source, with colours by its tally. */
#include "cli/source_table.h"

#include <math.h>
#include <stdio.h>

#include "cli/base/daemon.h"
#include "cli/draw/table.h"

static enum render_style style_of(const char *tally)
{
    return tally[0] == '*' || tally[0] == '+' ? STYLE_GOOD
           : tally[0] == 'x'                  ? STYLE_BAD
                                              : STYLE_PLAIN;
}

static void add_source(struct table *table, const json_t *source, bool reasons)
{
    const char *tally = daemon_text(source, "tally"), *name = daemon_text(source, "name");
    char text[RENDER_TEXT_MAX], number[32];
    double stratum = daemon_number(source, "stratum");

    table_begin_row(table, style_of(tally));
    snprintf(text, sizeof text, "%c %s", tally[0] ? tally[0] : ' ', name);
    table_cell(table, 0, text);
    snprintf(text, sizeof text, isnan(stratum) ? "-" : "%.0f", stratum);
    table_cell(table, 1, text);
    snprintf(text, sizeof text, "%.0f", daemon_number(source, "poll"));
    table_cell(table, 2, text);
    snprintf(text, sizeof text, "%o",
             (unsigned)json_integer_value(json_object_get(source, "reach")));
    table_cell(table, 3, text);
    table_cell(table, 4, render_seconds(daemon_number(source, "last_sample_age_s"), number));
    table_cell(table, 5, render_offset(daemon_number(source, "offset_s"), number));
    table_cell(table, 6, render_seconds(daemon_number(source, "delay_s"), number));
    table_cell(table, 7, render_seconds(daemon_number(source, "jitter_s"), number));
    if (reasons) {
        table_note(table, daemon_text(source, "sentence"));
    }
}

void source_table_print(const json_t *sources, bool reasons, unsigned width, FILE *out)
{
    static const struct table_column columns[] = {
        {"  source", true, true}, {"st", false, false},     {"poll", false, false},
        {"reach", false, false},  {"last", false, false},   {"offset", false, false},
        {"delay", false, false},  {"jitter", false, false},
    };
    struct table table;
    size_t index;
    const json_t *source;

    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    json_array_foreach(sources, index, source)
    {
        add_source(&table, source, reasons);
    }
    table_print(&table, width, out);
    table_free(&table);
}
