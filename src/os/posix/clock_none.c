/* SPDX-License-Identifier: BSD-2-Clause */
/* The system clock as somebody else keeps it: read, never touched (-x, and every tool). Commands
 * are answered with "kept, rate 0", which is the truth. */
#include "os/posix/clock_driver.h"

static int none_open(const struct clock_options *options)
{
    (void)options;
    return 0;
}

static double none_initial_rate(void)
{
    return 0.0;
}

static struct wall_time none_from_kernel(struct wall_time stamp)
{
    return stamp;
}

static int none_adjust(const struct clock_command *command, struct clock_command *done,
                       struct instant *after)
{
    (void)command;
    *done = (struct clock_command){.action = CLOCK_KEEP};
    *after = clock_host_now();
    return 0;
}

static int none_set_status(bool synchronised, double max_error_s, double est_error_s, int leap)
{
    (void)synchronised;
    (void)max_error_s;
    (void)est_error_s;
    (void)leap;
    return 0;
}

static bool none_true_error(double *error_s)
{
    (void)error_s;
    return false;
}

const struct clock_driver clock_none = {
    .open = none_open,
    .initial_rate = none_initial_rate,
    .now = clock_host_now,
    .from_kernel = none_from_kernel,
    .adjust = none_adjust,
    .set_status = none_set_status,
    .get_status = clock_kernel_status,
    .true_error = none_true_error,
    .max_rate = 0.0,
};
