/* SPDX-License-Identifier: BSD-2-Clause */
/* What a clock driver is to os/clock.h: one table of functions for each of kernel, virtual and
 * none. Only the files clock*.c and wait.c of os know of it; `kernel` is the system's own. */
#ifndef TOKI_OS_POSIX_CLOCK_DRIVER_H
#define TOKI_OS_POSIX_CLOCK_DRIVER_H

#include "os/clock.h"

struct clock_driver {
    int (*open)(const struct clock_options *options);
    double (*initial_rate)(void);
    struct instant (*now)(void);
    struct wall_time (*from_kernel)(struct wall_time stamp);
    int (*adjust)(const struct clock_command *command, struct clock_command *done,
                  struct instant *after);
    int (*set_status)(bool synchronised, double max_error_s, double est_error_s, int leap);
    int (*get_status)(struct clock_status *out);
    bool (*true_error)(double *error_s);
    double max_rate;
};

extern const struct clock_driver clock_kernel, clock_virtual, clock_none;

/* The host's clock that no discipline steers, for clock_host_ns(): CLOCK_MONOTONIC_RAW of Linux. */
extern const int clock_raw_id;

/* A host clock (CLOCK_REALTIME, ...) in ns. */
int64_t clock_host_ns(int id);

/* CLOCK_REALTIME and CLOCK_MONOTONIC of one moment. wall - mono of two readings differs only by a
 * step of the system clock, to the nanosecond. */
struct instant clock_host_now(void);

/* We stepped CLOCK_REALTIME by this: the next clock_host_now() need not find it out. */
void clock_host_stepped(int64_t step_ns);

/* The state of the kernel's own discipline, without changing it. */
int clock_kernel_status(struct clock_status *out);

/* How long `ns` of our clock's mono time takes on the host's timers. */
int64_t clock_host_duration(int64_t ns);

/* Seconds of ours for one of the host's, less 1, of the virtual clock; 0 before it is open. */
double clock_virtual_host_rate(void);

#endif
