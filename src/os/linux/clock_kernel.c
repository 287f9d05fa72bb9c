/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's clock, steered by adjtimex(2): rate by tick and frequency, steps by ADJ_SETOFFSET.
 * The kernel's own PLL is switched off: the discipline is ours alone. ADJ_NANO goes with each call
 * that carries an offset, since some kernels (and clknetsim) forget the mode. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "core/packet.h"
#include "os/linux/clock_rate.h"
#include "os/posix/clock_driver.h"

#define MICROSECONDS 1e6
#define ERROR_MAX_US                                                                               \
    16000000.0 /* the kernel's own limit: at 16 s it calls itself unsynchronised                   \
                */

const int clock_raw_id = CLOCK_MONOTONIC_RAW;

static long nominal_tick = 10000;
static double initial_rate, rate;

static int call(struct timex *t)
{
    return adjtimex(t) < 0 ? -errno : 0;
}

/* Whatever a former daemon left running would fight us: the rest of an adjtime(3) slew, and the PLL
 * with its phase that is still to be worked off. The phase can only be cleared while the PLL is on.
 */
static int end_old_slews(void)
{
    struct timex single = {.modes = ADJ_OFFSET_SINGLESHOT, .offset = 0};
    struct timex phase = {
        .modes = ADJ_STATUS | ADJ_OFFSET | ADJ_NANO, .status = STA_PLL | STA_UNSYNC, .offset = 0};
    struct timex off = {.modes = ADJ_STATUS | ADJ_NANO, .status = STA_UNSYNC};
    int error = call(&single);

    if (!error) {
        error = call(&phase);
    }
    return error ? error : call(&off);
}

static int kernel_open(const struct clock_options *options)
{
    struct timex t = {0};
    long hz = sysconf(_SC_CLK_TCK);
    int error;

    (void)options;
    nominal_tick = hz > 0 ? (1000000 + hz / 2) / hz : 10000;
    error = end_old_slews();
    if (!error) {
        error = call(&t);
    }
    if (error) {
        return error;
    }
    rate = clock_rate_join((struct clock_rate){.tick = t.tick, .freq = t.freq}, nominal_tick);
    initial_rate = rate;
    return 0;
}

static double kernel_initial_rate(void)
{
    return initial_rate;
}

static struct wall_time kernel_from_kernel(struct wall_time stamp)
{
    return stamp;
}

static int kernel_adjust(const struct clock_command *command, struct clock_command *done,
                         struct instant *after)
{
    struct clock_rate setting = clock_rate_split(command->rate, nominal_tick);
    struct timex t = {
        .modes = ADJ_TICK | ADJ_FREQUENCY | ADJ_NANO, .tick = setting.tick, .freq = setting.freq};
    int64_t step = command->action == CLOCK_STEP ? command->step_ns : 0;
    int error = 0;

    *done = (struct clock_command){.action = CLOCK_KEEP, .rate = rate};
    if (command->action != CLOCK_KEEP) {
        if (step) {
            /* tv_usec holds ns and is never negative: the seconds round down. */
            int64_t seconds = step / NS_PER_S - (step % NS_PER_S < 0);

            t.modes |= ADJ_SETOFFSET;
            t.time.tv_sec = (time_t)seconds;
            t.time.tv_usec = (suseconds_t)(step - seconds * NS_PER_S);
        }
        error = isnan(command->rate) ? -EINVAL : call(&t);
        if (!error) {
            rate = clock_rate_join(setting, nominal_tick);
            *done =
                (struct clock_command){.action = command->action, .rate = rate, .step_ns = step};
            clock_host_stepped(step);
        }
    }
    *after = clock_host_now();
    return error;
}

int clock_slew(double offset_s)
{
    struct timex t = {.modes = ADJ_OFFSET_SINGLESHOT, .offset = lround(offset_s * MICROSECONDS)};

    return call(&t);
}

static long microseconds(double s)
{
    double us = ceil(s * MICROSECONDS);

    return !(us < ERROR_MAX_US) ? (long)ERROR_MAX_US : us > 0.0 ? (long)us : 0;
}

static int kernel_set_status(bool synchronised, double max_error_s, double est_error_s, int leap)
{
    struct timex t = {.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR | ADJ_NANO,
                      .status = synchronised ? 0 : STA_UNSYNC,
                      .maxerror = microseconds(max_error_s),
                      .esterror = microseconds(est_error_s)};

    if (leap == LEAP_INSERT) {
        t.status |= STA_INS;
    } else if (leap == LEAP_DELETE) {
        t.status |= STA_DEL;
    }
    return call(&t);
}

int clock_kernel_status(struct clock_status *out)
{
    struct timex t = {0};
    int error = call(&t);

    *out = (struct clock_status){.leap = LEAP_NONE};
    if (error) {
        return error;
    }
    out->synchronised = !(t.status & STA_UNSYNC);
    out->max_error_s = (double)t.maxerror / MICROSECONDS;
    out->est_error_s = (double)t.esterror / MICROSECONDS;
    out->rate = clock_rate_join((struct clock_rate){.tick = t.tick, .freq = t.freq}, nominal_tick);
    out->leap = t.status & STA_INS ? LEAP_INSERT : t.status & STA_DEL ? LEAP_DELETE : LEAP_NONE;
    return 0;
}

static bool kernel_true_error(double *error_s)
{
    (void)error_s;
    return false;
}

const struct clock_driver clock_kernel = {
    .open = kernel_open,
    .initial_rate = kernel_initial_rate,
    .now = clock_host_now,
    .from_kernel = kernel_from_kernel,
    .adjust = kernel_adjust,
    .set_status = kernel_set_status,
    .get_status = clock_kernel_status,
    .true_error = kernel_true_error,
    .max_rate = CLOCK_RATE_MAX,
};
