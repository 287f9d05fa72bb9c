/* SPDX-License-Identifier: BSD-2-Clause */
/* os/clock.h: hands each call to the driver that clock_open() chose. Until then the driver is
 * `none`, so that tools may read the time without opening anything. */
#include "os/clock.h"

#include <time.h>

#include "os/posix/clock_driver.h"

/* Readings taken to find the precision. They must end although the clock may stand still (it does
 * in clknetsim); the larger number spans the 4 ms of a clock that moves by the tick. */
#define PRECISION_STEPS 50
#define PRECISION_READS 200000
#define PRECISION_MIN_NS INT64_C(1)       /* 2^-30 s, nearly */
#define PRECISION_MAX_NS INT64_C(7812500) /* 2^-7 s */

static const struct clock_driver *driver = &clock_none;
static double precision_s = 1e-9;

int64_t clock_host_duration(int64_t ns)
{
    if (driver != &clock_virtual) {
        return ns;
    }
    return ns_from_s(s_from_ns(ns) / (1.0 + clock_virtual_host_rate()));
}

/* The smallest difference between two readings in a row: resolution or the time that a reading
 * takes, whichever is larger. */
static double measure_precision(int id)
{
    int64_t least = PRECISION_MAX_NS, last = clock_host_ns(id);

    for (int reads = 0, steps = 0; reads < PRECISION_READS && steps < PRECISION_STEPS; reads++) {
        int64_t now = clock_host_ns(id);

        if (now > last) {
            steps++;
            least = now - last < least ? now - last : least;
        }
        last = now;
    }
    return s_from_ns(least > PRECISION_MIN_NS ? least : PRECISION_MIN_NS);
}

int clock_open(const struct clock_options *options)
{
    const struct clock_driver *chosen = options->kind == CLOCK_KERNEL    ? &clock_kernel
                                        : options->kind == CLOCK_VIRTUAL ? &clock_virtual
                                                                         : &clock_none;
    int error = chosen->open(options);

    if (error) {
        return error;
    }
    driver = chosen;
    precision_s = measure_precision(chosen == &clock_virtual ? clock_raw_id : CLOCK_REALTIME);
    return 0;
}

double clock_initial_rate(void)
{
    return driver->initial_rate();
}

struct instant clock_now(void)
{
    return driver->now();
}

struct wall_time clock_from_kernel(struct wall_time stamp)
{
    return driver->from_kernel(stamp);
}

int clock_adjust(const struct clock_command *command, struct clock_command *done,
                 struct instant *after)
{
    return driver->adjust(command, done, after);
}

int clock_set_status(bool synchronised, double max_error_s, double est_error_s, int leap,
                     bool rtc_sync)
{
    (void)rtc_sync; /* see os/clock.h */
    return driver->set_status(synchronised, max_error_s, est_error_s, leap);
}

int clock_get_status(struct clock_status *out)
{
    return driver->get_status(out);
}

double clock_precision(void)
{
    return precision_s;
}

bool clock_true_error(double *error_s)
{
    return driver->true_error(error_s);
}

double clock_max_rate(void)
{
    return driver->max_rate;
}
