/* SPDX-License-Identifier: BSD-2-Clause */
/* The clocks of the host as the drivers of os/clock.h read them. Reading wall and mono as one
 * moment takes two calls to the system; what is known of their difference makes the pair exact. */
#include <assert.h>
#include <time.h>

#include "os/posix/clock_driver.h"

#define PAIR_TRIES 5

/* wall - mono of the host, once known. */
static bool have_pair;
static int64_t pair_offset_ns;

int64_t clock_host_ns(int id)
{
    struct timespec t = {0};
    int failed = clock_gettime(id, &t);

    assert(!failed);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

struct instant clock_host_now(void)
{
    int64_t before, wall, after, best = INT64_MAX, offset = 0;

    for (int i = 0; i < PAIR_TRIES; i++) {
        before = clock_host_ns(CLOCK_MONOTONIC);
        wall = clock_host_ns(CLOCK_REALTIME);
        after = clock_host_ns(CLOCK_MONOTONIC);
        /* The kernel keeps wall - mono constant to the nanosecond between steps: if the known
         * difference is possible for this reading, it is the right one. */
        if (have_pair && pair_offset_ns >= wall - after && pair_offset_ns <= wall - before) {
            return (struct instant){{wall}, {wall - pair_offset_ns}};
        }
        if (after - before < best) {
            best = after - before;
            offset = wall - before - (after - before) / 2;
        }
    }
    have_pair = true;
    pair_offset_ns = offset;
    wall = clock_host_ns(CLOCK_REALTIME);
    return (struct instant){{wall}, {wall - offset}};
}

void clock_host_stepped(int64_t step_ns)
{
    pair_offset_ns += step_ns;
}
