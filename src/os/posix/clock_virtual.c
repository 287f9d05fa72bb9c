/* SPDX-License-Identifier: BSD-2-Clause */
/* A clock of our own over the host's raw clock: an oscillator with a chosen error, and the rate and
 * steps that toki gives it. Nothing of the host changes. Its state lies in shared memory in two
 * slots and a counter, written by one process, so that processes forked after clock_open() read the
 * same time. Its mono is its wall less all steps. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "os/posix/clock_driver.h"
#include "os/posix/clock_segment.h"
#include "os/process.h"

#define VIRTUAL_RATE_MAX 0.1
#define PAIR_TRIES 5
#define PAIR_GOOD_NS 2000

/* The stretch before the present one is kept for stamps taken just before a change. */
struct slot {
    struct clock_segment now, before;
    struct clock_status status;
};

struct shared {
    int64_t truth_minus_raw_ns;
    _Atomic unsigned version; /* slot to read: version & 1; grows with each change */
    struct slot slots[2];
};

static struct shared *shared;

/* The state, and a reading of the raw clock (unless NULL) taken while it held. */
static struct slot read_slot(int64_t *raw_ns)
{
    struct slot s;
    unsigned version;

    assert(shared);
    do { /* ends: the writer changes something about once a second */
        version = atomic_load_explicit(&shared->version, memory_order_acquire);
        s = shared->slots[version & 1];
        if (raw_ns) {
            *raw_ns = clock_host_ns(clock_raw_id);
        }
        atomic_thread_fence(memory_order_acquire);
    } while (version != atomic_load_explicit(&shared->version, memory_order_relaxed));
    return s;
}

static void write_slot(const struct slot *s)
{
    unsigned version = atomic_load_explicit(&shared->version, memory_order_relaxed) + 1;

    atomic_thread_fence(
        memory_order_release); /* the last change is out before its slot's twin is touched */
    shared->slots[version & 1] = *s;
    atomic_store_explicit(&shared->version, version, memory_order_release);
}

static int virtual_open(const struct clock_options *options)
{
    struct slot s = {.status = {.max_error_s = 16.0, .est_error_s = 16.0}};
    int64_t raw;

    if (!(fabs(options->virtual_rate) <= VIRTUAL_RATE_MAX) || isnan(options->virtual_offset_s)) {
        return -EINVAL;
    }
    /* Each opening starts anew; the pages of an earlier one may still be read by others. */
    shared = process_shared_memory("toki-clock", sizeof(*shared), NULL);
    if (!shared) {
        return -ENOMEM;
    }
    raw = clock_host_ns(clock_raw_id);
    shared->truth_minus_raw_ns = options->origin_wall_ns || options->origin_raw_ns
                                     ? options->origin_wall_ns - options->origin_raw_ns
                                     : clock_host_ns(CLOCK_REALTIME) - raw;
    s.now.raw_ns = raw;
    s.now.oscillator = options->virtual_rate;
    s.now.mono_ns = ns_add(raw + shared->truth_minus_raw_ns, ns_from_s(options->virtual_offset_s));
    s.before = s.now;
    shared->slots[0] = s;
    return 0;
}

static double virtual_initial_rate(void)
{
    return 0.0;
}

static struct instant virtual_now(void)
{
    int64_t raw;
    struct slot s = read_slot(&raw);

    return clock_segment_read(&s.now, raw);
}

/* CLOCK_REALTIME less the raw clock at present. A reading that was interrupted is taken again.
 */
static int64_t host_minus_raw(void)
{
    int64_t least = INT64_MAX, difference = 0;

    for (int i = 0; i < PAIR_TRIES && least > PAIR_GOOD_NS; i++) {
        int64_t before = clock_host_ns(clock_raw_id);
        int64_t wall = clock_host_ns(CLOCK_REALTIME);
        int64_t gap = clock_host_ns(clock_raw_id) - before;

        if (gap < least) {
            least = gap;
            difference = wall - before - gap / 2;
        }
    }
    return difference;
}

static struct wall_time virtual_from_kernel(struct wall_time stamp)
{
    struct slot s = read_slot(NULL);
    int64_t raw = stamp.ns - host_minus_raw();

    return clock_segment_read(raw < s.now.raw_ns ? &s.before : &s.now, raw).wall;
}

static int virtual_adjust(const struct clock_command *command, struct clock_command *done,
                          struct instant *after)
{
    int64_t raw;
    struct slot s = read_slot(&raw);
    struct instant now = clock_segment_read(&s.now, raw);

    *done = (struct clock_command){.action = CLOCK_KEEP, .rate = s.now.rate};
    *after = now;
    if (isnan(command->rate)) {
        return -EINVAL;
    }
    if (command->action == CLOCK_KEEP) {
        return 0;
    }
    done->action = command->action;
    done->rate = fmax(-VIRTUAL_RATE_MAX, fmin(VIRTUAL_RATE_MAX, command->rate));
    done->step_ns = command->action == CLOCK_STEP ? command->step_ns : 0;
    s.before = s.now;
    s.now = (struct clock_segment){.raw_ns = raw,
                                   .oscillator = s.now.oscillator,
                                   .mono_ns = now.mono.ns,
                                   .steps_ns = ns_add(s.now.steps_ns, done->step_ns),
                                   .rate = done->rate};
    write_slot(&s);
    *after = clock_segment_read(&s.now, raw);
    return 0;
}

static int virtual_set_status(bool synchronised, double max_error_s, double est_error_s, int leap)
{
    struct slot s = read_slot(NULL);

    s.status = (struct clock_status){.synchronised = synchronised,
                                     .max_error_s = max_error_s,
                                     .est_error_s = est_error_s,
                                     .leap = leap};
    write_slot(&s);
    return 0;
}

static int virtual_get_status(struct clock_status *out)
{
    struct slot s = read_slot(NULL);

    *out = s.status;
    out->rate = s.now.rate;
    return 0;
}

static bool virtual_true_error(double *error_s)
{
    int64_t raw;
    struct slot s = read_slot(&raw);

    *error_s =
        s_from_ns(clock_segment_read(&s.now, raw).wall.ns - raw - shared->truth_minus_raw_ns);
    return true;
}

double clock_virtual_host_rate(void)
{
    struct slot s;

    if (!shared) {
        return 0.0;
    }
    s = read_slot(NULL);
    return clock_segment_excess(&s.now);
}

const struct clock_driver clock_virtual = {
    .open = virtual_open,
    .initial_rate = virtual_initial_rate,
    .now = virtual_now,
    .from_kernel = virtual_from_kernel,
    .adjust = virtual_adjust,
    .set_status = virtual_set_status,
    .get_status = virtual_get_status,
    .true_error = virtual_true_error,
    .max_rate = VIRTUAL_RATE_MAX,
};
