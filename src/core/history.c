/* SPDX-License-Identifier: BSD-2-Clause */
/* Three rings of slots, each coarser and longer than the one before. Filled by daemon/chronicle,
 * told by control/history_json. */
#include "core/history.h"

#include <math.h>
#include <string.h>

#include "core/bytes.h"

#define MAGIC UINT64_C(0x746f6b6948697374) /* "tokiHist" */
#define VERSION 1
#define PPM 1e6

struct layer {
    const char *name;
    unsigned first, count; /* of the slots */
    int64_t width_s;
};

static const struct layer *layer_of(enum history_layer layer)
{
    static const struct layer hour = {"hour", 0, HISTORY_HOUR_SLOTS, HISTORY_LOOK_S};
    static const struct layer day = {"day", HISTORY_HOUR_SLOTS, HISTORY_DAY_SLOTS, 120};
    static const struct layer month = {"month", HISTORY_HOUR_SLOTS + HISTORY_DAY_SLOTS,
                                       HISTORY_MONTH_SLOTS, 3600};

    switch (layer) {
    case HISTORY_HOUR: return &hour;
    case HISTORY_DAY: return &day;
    case HISTORY_MONTH:
    case HISTORY_LAYERS: break;
    }
    return &month;
}

const char *history_layer_name(enum history_layer layer)
{
    return layer_of(layer)->name;
}

enum history_layer history_layer_parse(const char *name)
{
    enum history_layer layer = HISTORY_HOUR;

    while (layer < HISTORY_LAYERS && strcmp(name, layer_of(layer)->name) != 0) {
        layer++;
    }
    return layer;
}

const char *history_quantity_name(enum history_quantity quantity)
{
#define HISTORY_NAME(id, name) [id] = name,
    static const char *const names[HISTORY_QUANTITIES] = {HISTORY_LIST(HISTORY_NAME)};
#undef HISTORY_NAME

    return names[quantity];
}

unsigned history_slot_count(enum history_layer layer)
{
    return layer_of(layer)->count;
}

int64_t history_slot_width_s(enum history_layer layer)
{
    return layer_of(layer)->width_s;
}

/* ---- looks ---- */

void history_look_at(const struct engine *e, struct instant now, struct history_look *out)
{
    double share = 0;
    unsigned used = 0, asked = 0;

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &e->sources[i];

        if (s->status == SOURCE_UNUSED || s->status == SOURCE_OFFLINE) {
            continue;
        }
        asked++;
        for (unsigned bits = s->reach; bits; bits >>= 1) {
            share += (bits & 1) / 8.0;
        }
        used += s->status == SOURCE_SELECTED || s->status == SOURCE_COMBINED;
    }
    *out = (struct history_look){.synchronised = e->synchronised};
    out->values[HISTORY_OFFSET] =
        e->ensemble.started ? engine_clock_offset(e, now.mono) : (double)NAN;
    out->values[HISTORY_BOUND] =
        e->synchronised ? reference_distance(&e->reference, now.mono) : (double)NAN;
    out->values[HISTORY_FREQUENCY] =
        e->discipline.updates > 0 ? e->discipline.drift * PPM : (double)NAN;
    out->values[HISTORY_USED] = used;
    out->values[HISTORY_REACH] = asked > 0 ? share / asked : (double)NAN;
}

/* Start of the slot of this moment, for times before 1970 as well. */
static int64_t slot_start(const struct layer *layer, struct wall_time at)
{
    int64_t seconds = at.ns / NS_PER_S - (at.ns % NS_PER_S < 0);
    int64_t over = seconds % layer->width_s;

    return seconds - (over < 0 ? over + layer->width_s : over);
}

static unsigned slot_index(const struct layer *layer, int64_t start_s)
{
    int64_t place = start_s / layer->width_s % (int64_t)layer->count;

    return layer->first + (unsigned)(place < 0 ? place + (int64_t)layer->count : place);
}

static void value_add(struct history_value *v, double x)
{
    if (!isfinite(x)) {
        return;
    }
    v->least = v->count == 0 || x < v->least ? x : v->least;
    v->most = v->count == 0 || x > v->most ? x : v->most;
    v->sum += x;
    v->count++;
}

void history_add(struct history *h, struct wall_time now, const struct history_look *look)
{
    for (enum history_layer l = HISTORY_HOUR; l < HISTORY_LAYERS; l++) {
        int64_t start_s = slot_start(layer_of(l), now);
        struct history_slot *slot = &h->slots[slot_index(layer_of(l), start_s)];

        if (slot->looks == 0 || slot->start_s != start_s) {
            *slot = (struct history_slot){.start_s = start_s};
        }
        slot->looks++;
        slot->synchronised += look->synchronised;
        slot->steps += look->steps;
        for (unsigned q = 0; q < HISTORY_QUANTITIES; q++) {
            value_add(&slot->values[q], look->values[q]);
        }
    }
}

const struct history_slot *history_find(const struct history *h, enum history_layer layer,
                                        struct wall_time now, unsigned back)
{
    const struct layer *l = layer_of(layer);
    int64_t start_s = slot_start(l, now) - (int64_t)back * l->width_s;
    const struct history_slot *slot = &h->slots[slot_index(l, start_s)];

    return back < l->count && slot->looks > 0 && slot->start_s == start_s ? slot : NULL;
}

double history_mean(const struct history_value *v)
{
    return v->count > 0 ? v->sum / v->count : (double)NAN;
}

/* ---- bytes ---- */

static uint64_t bits_of_double(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

size_t history_encode(const struct history *h, uint8_t out[HISTORY_BYTES])
{
    struct bytes_writer w = bytes_writer(out, HISTORY_BYTES);

    bytes_write(&w, MAGIC, 8);
    bytes_write(&w, VERSION, 4);
    bytes_write(&w, HISTORY_SLOTS, 4);
    for (unsigned i = 0; i < HISTORY_SLOTS; i++) {
        const struct history_slot *s = &h->slots[i];

        bytes_write(&w, (uint64_t)s->start_s, 8);
        bytes_write(&w, s->looks, 4);
        bytes_write(&w, s->synchronised, 4);
        bytes_write(&w, s->steps, 4);
        for (unsigned q = 0; q < HISTORY_QUANTITIES; q++) {
            bytes_write(&w, s->values[q].count, 4);
            bytes_write(&w, bits_of_double(s->values[q].least), 8);
            bytes_write(&w, bits_of_double(s->values[q].most), 8);
            bytes_write(&w, bits_of_double(s->values[q].sum), 8);
        }
    }
    return w.failed ? 0 : w.at;
}

static bool value_is_sound(const struct history_value *v, uint32_t looks)
{
    double mean = history_mean(v), slack;

    if (v->count == 0) {
        return true;
    }
    slack = 1e-9 * fmax(fabs(v->least), fabs(v->most)) + 1e-12;
    return v->count <= looks && isfinite(v->least) && isfinite(v->most) &&
           mean >= v->least - slack && mean <= v->most + slack;
}

/* In its place, and not more than a slot can hold. */
static bool slot_is_sound(const struct history_slot *s, unsigned index)
{
    enum history_layer l = HISTORY_HOUR;

    while (l + 1 < HISTORY_LAYERS && index >= layer_of(l + 1)->first) {
        l++;
    }
    if (s->looks == 0 || s->looks > layer_of(l)->width_s || s->synchronised > s->looks ||
        s->start_s % layer_of(l)->width_s != 0 || slot_index(layer_of(l), s->start_s) != index) {
        return false;
    }
    for (unsigned q = 0; q < HISTORY_QUANTITIES; q++) {
        if (!value_is_sound(&s->values[q], s->looks)) {
            return false;
        }
    }
    return true;
}

static void read_slot(struct bytes_reader *r, struct history_slot *s)
{
    s->start_s = (int64_t)bytes_read(r, 8);
    s->looks = (uint32_t)bytes_read(r, 4);
    s->synchronised = (uint32_t)bytes_read(r, 4);
    s->steps = (uint32_t)bytes_read(r, 4);
    for (unsigned q = 0; q < HISTORY_QUANTITIES; q++) {
        struct history_value *v = &s->values[q];
        uint64_t least, most, sum;

        v->count = (uint32_t)bytes_read(r, 4);
        least = bytes_read(r, 8);
        most = bytes_read(r, 8);
        sum = bytes_read(r, 8);
        memcpy(&v->least, &least, sizeof least);
        memcpy(&v->most, &most, sizeof most);
        memcpy(&v->sum, &sum, sizeof sum);
    }
}

bool history_decode(struct history *h, const uint8_t *data, size_t length)
{
    struct bytes_reader r = bytes_reader(data, length);
    bool ours = length == HISTORY_BYTES && bytes_read(&r, 8) == MAGIC &&
                bytes_read(&r, 4) == VERSION && bytes_read(&r, 4) == HISTORY_SLOTS;

    memset(h, 0, sizeof *h);
    for (unsigned i = 0; ours && i < HISTORY_SLOTS; i++) {
        struct history_slot slot;

        read_slot(&r, &slot);
        if (slot_is_sound(&slot, i)) {
            h->slots[i] = slot;
        }
    }
    return ours;
}
