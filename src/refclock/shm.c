/* SPDX-License-Identifier: BSD-2-Clause */
/* Time from shared memory; the layout and its two modes are in the header. Each sample is taken
 * once: `valid` is cleared behind it, which also lets a writer of mode 0 go on. Anything may stand
 * in the memory: numbers out of range make no sample. */
#include "refclock/shm.h"

#include <errno.h>
#include <stdlib.h>

#include "core/packet.h"
#include "os/shm.h"

/* Seconds that an int64 of ns can hold, with room to spare: years 1699 to 2241. */
#define SECONDS_MAX INT64_C(8550000000)
#define NS_PER_US 1000
#define US_PER_S 1000000

#define LOAD(field) atomic_load_explicit(&(field), memory_order_relaxed)

static int open_segment(const struct refclock_place *place, void **state)
{
    return shm_attach(SHM_KEY + place->unit, sizeof(struct shm_time), place->mode, state);
}

static void close_segment(void *state)
{
    shm_detach(state);
}

/* What one look at the memory found. */
struct look {
    int64_t clock_s, receive_s;
    int clock_us, receive_us, leap;
    unsigned clock_ns, receive_ns;
};

/* False: nothing new, or the writer is at work just now (it will say valid when it is done). */
static bool copy(struct shm_time *m, struct look *out)
{
    /* The count before `valid`: a writer clears that first and counts then, so what it writes after
     * our look at `valid` comes with another count. */
    int mode = LOAD(m->mode), count = atomic_load_explicit(&m->count, memory_order_acquire);

    if ((mode != 0 && mode != 1) || atomic_load_explicit(&m->valid, memory_order_acquire) == 0) {
        return false;
    }
    *out = (struct look){.clock_s = LOAD(m->clock_s),
                         .clock_us = LOAD(m->clock_us),
                         .clock_ns = LOAD(m->clock_ns),
                         .receive_s = LOAD(m->receive_s),
                         .receive_us = LOAD(m->receive_us),
                         .receive_ns = LOAD(m->receive_ns),
                         .leap = LOAD(m->leap)};
    atomic_thread_fence(memory_order_acquire);
    if (mode == 1 && LOAD(m->count) != count) {
        return false;
    }
    /* nothing read above may move behind this */
    atomic_store_explicit(&m->valid, 0, memory_order_release);
    return true;
}

/* Feeders that know of the ns fields fill them beside the us; in others they hold anything. */
static bool has_ns(const struct look *l)
{
    return l->clock_ns / NS_PER_US == (unsigned)l->clock_us &&
           l->receive_ns / NS_PER_US == (unsigned)l->receive_us;
}

static bool is_sane(const struct look *l)
{
    return l->clock_s > -SECONDS_MAX && l->clock_s < SECONDS_MAX && l->receive_s > -SECONDS_MAX &&
           l->receive_s < SECONDS_MAX && l->clock_us >= 0 && l->clock_us < US_PER_S &&
           l->receive_us >= 0 && l->receive_us < US_PER_S && l->leap >= LEAP_NONE &&
           l->leap <= LEAP_UNSYNCHRONISED;
}

static bool read_sample(void *state, struct refclock_reading *out)
{
    struct look l;
    bool ns;

    if (!copy(state, &l) || !is_sane(&l)) {
        return false;
    }
    ns = has_ns(&l);
    *out = (struct refclock_reading){
        .truth = {l.clock_s * NS_PER_S + (ns ? (int64_t)l.clock_ns : l.clock_us * INT64_C(1000))},
        .received = {l.receive_s * NS_PER_S +
                     (ns ? (int64_t)l.receive_ns : l.receive_us * INT64_C(1000))},
        .resolution_s = ns ? 1e-9 : 1e-6,
        .leap = (uint8_t)l.leap};
    return true;
}

const struct refclock_driver refclock_shm = {
    .name = "SHM",
    .open = open_segment,
    .read = read_sample,
    .close = close_segment,
};
