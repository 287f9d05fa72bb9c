/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine's queue of effects: filled by engine and roster, emptied by the caller. */
#include "core/effect.h"

#include <string.h>

struct effect *effect_push(struct effect_queue *q, enum effect_type type)
{
    struct effect *e;

    if (q->count == EFFECTS_MAX) {
        q->lost++;
        q->count--;
    }
    e = &q->ring[(q->first + q->count) % EFFECTS_MAX];
    q->count++;
    memset(e, 0, sizeof *e);
    e->type = type;
    return e;
}

bool effect_take(struct effect_queue *q, struct effect *out)
{
    if (q->count == 0) {
        return false;
    }
    *out = q->ring[q->first];
    q->first = (q->first + 1) % EFFECTS_MAX;
    q->count--;
    return true;
}

void effect_event(struct effect_queue *q, enum event_type type, uint16_t source, double value)
{
    effect_push(q, EFFECT_EVENT)->event =
        (struct event){.type = type, .source = source, .value = value};
}
