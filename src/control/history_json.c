/* SPDX-License-Identifier: BSD-2-Clause */
/* A layer of the history as JSON: the columns by their names, then a row for each slot of which
 * anything is known, oldest first. */
#include "control/history_json.h"

#include <math.h>
#include <stdio.h>

#include "control/report_json.h"
#include "core/history.h"

static void write_columns(struct document *d)
{
    static const char *const kinds[] = {"min", "mean", "max"};
    char name[40];

    document_open_array(d, "columns");
    document_string(d, NULL, "start");
    document_string(d, NULL, "looks");
    document_string(d, NULL, "synchronised");
    document_string(d, NULL, "steps");
    for (enum history_quantity q = HISTORY_OFFSET; q < HISTORY_QUANTITIES; q++) {
        for (unsigned k = 0; k < 3; k++) {
            snprintf(name, sizeof name, "%s_%s", kinds[k], history_quantity_name(q));
            document_string(d, NULL, name);
        }
    }
    document_close_array(d);
}

static void write_slot(struct document *d, const struct history_slot *s)
{
    document_open_array(d, NULL);
    document_integer(d, NULL, s->start_s);
    document_integer(d, NULL, s->looks);
    document_integer(d, NULL, s->synchronised);
    document_integer(d, NULL, s->steps);
    for (unsigned q = 0; q < HISTORY_QUANTITIES; q++) {
        const struct history_value *v = &s->values[q];

        document_number(d, NULL, v->count ? v->least : (double)NAN);
        document_number(d, NULL, history_mean(v));
        document_number(d, NULL, v->count ? v->most : (double)NAN);
    }
    document_close_array(d);
}

bool history_json_write(struct document *d, struct report *report, const char *words)
{
    enum history_layer layer = *words ? history_layer_parse(words) : HISTORY_HOUR;
    const struct history *h = report->input.history;

    if (layer == HISTORY_LAYERS) {
        return false;
    }
    document_open_object(d, NULL);
    document_integer(d, "version", REPORT_JSON_VERSION);
    document_string(d, "command", "history");
    document_instant(d, "now", report->input.now.wall);
    document_string(d, "layer", history_layer_name(layer));
    document_integer(d, "width_s", history_slot_width_s(layer));
    document_integer(d, "room", history_slot_count(layer));
    write_columns(d);
    document_open_array(d, "slots");
    for (unsigned back = history_slot_count(layer); h && back-- > 0;) {
        const struct history_slot *s = history_find(h, layer, report->input.now.wall, back);

        if (s) {
            write_slot(d, s);
        }
    }
    document_close_array(d);
    document_close_object(d);
    return true;
}
