/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers the pulses of a reference clock by the source in use that knows the time best and is none
 * that needs numbers itself. Called by the engine for each pulse. */
#include "core/pulse.h"

#include <math.h>

/* Of the sources that the vote found to tell the truth, the one whose interval is the smallest. */
static const struct source *pulse_teller(const struct engine *e, uint16_t pupil,
                                         struct free_time at, double *distance_s)
{
    const struct source *best = NULL;

    *distance_s = HUGE_VAL;
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &e->sources[i];
        struct estimate estimate;
        double distance;

        if (i == pupil || s->status < SOURCE_OUTLYING || s->pulses || s->filter.total == 0) {
            continue;
        }
        estimate = filter_estimate(&s->filter, at);
        distance = source_root_distance(s, &estimate);
        if (distance < *distance_s) {
            *distance_s = distance;
            best = s;
        }
    }
    return best;
}

bool pulse_number(const struct engine *e, uint16_t source, struct mono_time at, double fraction_s,
                  double *offset_s, uint8_t *leap)
{
    struct free_time free = timeline_free(&e->timeline, at);
    double distance_s, told_s;
    const struct source *teller = pulse_teller(e, source, free, &distance_s);

    if (!teller) {
        return false;
    }
    told_s =
        timeline_clock_offset(&e->timeline, at, filter_estimate(&teller->filter, free).offset_s);
    *offset_s = fraction_s + round(told_s - fraction_s);
    *leap = teller->last.leap;
    return fabs(*offset_s - told_s) + distance_s < PULSE_AMBIGUOUS_S;
}
