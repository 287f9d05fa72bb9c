/* SPDX-License-Identifier: BSD-2-Clause */
/* Poll interval control. Called by source after each accepted sample. */
#include "core/poll.h"

#include <math.h>

#define POLL_RATIO 3.0 /* r of poll.h */
#define POLL_TARGET 8.0
#define POLL_SETTLE 8 /* samples before the interval may grow at all */
#define POLL_GROW 2   /* samples at one interval before the next */
#define POLL_LAN_DELAY_S 0.005
#define POLL_LAN 7

int poll_choose(const struct poll_facts *f)
{
    double interval = cbrt(f->jitter_s * f->jitter_s / (POLL_RATIO * f->wander * f->wander));
    double more = f->target > 0 ? f->target / POLL_TARGET : 1;
    int wanted = (int)lrint(log2(fmax(interval / more, 1e-3)));

    if (f->unsettled || f->samples < POLL_SETTLE) {
        return f->minpoll;
    }
    if (f->delay_s < POLL_LAN_DELAY_S && wanted > POLL_LAN) {
        wanted = POLL_LAN;
    }
    if (wanted > f->poll) {
        wanted = f->since_change < POLL_GROW ? f->poll : f->poll + 1;
    }
    if (wanted > f->maxpoll) {
        wanted = f->maxpoll;
    }
    return wanted < f->minpoll ? f->minpoll : wanted;
}
