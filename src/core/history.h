/* SPDX-License-Identifier: BSD-2-Clause */
/* What the clock was like: three rings of slots, an hour of 10 s, a day of 2 min, a month of an
 * hour each, with the least, mean and largest of what was seen in each slot. Of a fixed size (some
 * 300 kB), filled look by look, kept over restarts as bytes that are doubted when they come back.
 * A slot belongs to its place by the wall clock, so a clock that is set leaves a gap, or writes
 * over what the wrong time had filled. */
#ifndef TOKI_CORE_HISTORY_H
#define TOKI_CORE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/engine.h"

#define HISTORY_LOOK_S 10 /* between two looks: the width of the finest slot */

enum history_layer { HISTORY_HOUR, HISTORY_DAY, HISTORY_MONTH, HISTORY_LAYERS };

/* clang-format off */
/*        identifier            name               unit, as in JSON */
#define HISTORY_LIST(X)                                                                            \
    X(HISTORY_OFFSET,          "offset_s")      /* true time - clock */                            \
    X(HISTORY_BOUND,           "error_bound_s") /* of the error, while synchronised */             \
    X(HISTORY_FREQUENCY,       "frequency_ppm") /* correction of the oscillator */                 \
    X(HISTORY_USED,            "used")          /* sources that the clock follows */               \
    X(HISTORY_REACH,           "reach")         /* mean share of requests that were answered */
/* clang-format on */

#define HISTORY_ENUM(id, name) id,
enum history_quantity { HISTORY_LIST(HISTORY_ENUM) HISTORY_QUANTITIES };
#undef HISTORY_ENUM

struct history_value {
    uint32_t count; /* looks at which it was known; 0: the rest means nothing */
    double least, most, sum;
};

struct history_slot {
    int64_t start_s;              /* Unix time, a multiple of the layer's width */
    uint32_t looks, synchronised; /* looks 0: empty */
    uint32_t steps;
    struct history_value values[HISTORY_QUANTITIES];
};

#define HISTORY_HOUR_SLOTS 360
#define HISTORY_DAY_SLOTS 720
#define HISTORY_MONTH_SLOTS 744
#define HISTORY_SLOTS (HISTORY_HOUR_SLOTS + HISTORY_DAY_SLOTS + HISTORY_MONTH_SLOTS)

struct history {
    struct history_slot slots[HISTORY_SLOTS]; /* layer after layer */
    uint32_t steps_seen;                      /* of the engine, at the last look */
};

/* One look. NAN: not known. */
struct history_look {
    bool synchronised;
    uint32_t steps; /* since the last look */
    double values[HISTORY_QUANTITIES];
};

/* "hour", "day", "month"; the other way, HISTORY_LAYERS: none of them. */
const char *history_layer_name(enum history_layer layer);
enum history_layer history_layer_parse(const char *name);

/* "offset_s", ... */
const char *history_quantity_name(enum history_quantity quantity);

unsigned history_slot_count(enum history_layer layer);
int64_t history_slot_width_s(enum history_layer layer);

/* What the engine is like now. */
void history_look_at(const struct engine *e, struct instant now, struct history_look *out);

/* Adds a look to all layers. */
void history_add(struct history *h, struct wall_time now, const struct history_look *look);

/* Slot of the layer that begins `back` widths before the present one; NULL: nothing is known of
 * that time. */
const struct history_slot *history_find(const struct history *h, enum history_layer layer,
                                        struct wall_time now, unsigned back);

double history_mean(const struct history_value *v);

/* As bytes for a file; the length, always the same. */
#define HISTORY_BYTES (16 + HISTORY_SLOTS * (20 + 28 * HISTORY_QUANTITIES))
size_t history_encode(const struct history *h, uint8_t out[HISTORY_BYTES]);

/* Whatever the bytes are: false, and an empty history, unless they are one. Slots that cannot be
 * are left out. */
bool history_decode(struct history *h, const uint8_t *data, size_t length);

#endif
