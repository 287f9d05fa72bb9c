/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and steering the system clock; three drivers behind it:
 *   kernel   clock_adjtime(2); needs CAP_SYS_TIME
 *   virtual  an offset and a rate of our own over the host's raw clock; nothing of it changes.
 *            Its state is shared memory, so processes forked after clock_open() read the same time
 *   none     the system clock, never touched (-x)
 * The simulator implements the same header. */
#ifndef TOKI_OS_CLOCK_H
#define TOKI_OS_CLOCK_H

#include <stdbool.h>

#include "core/discipline.h"
#include "core/time.h"

enum clock_kind { CLOCK_KERNEL, CLOCK_VIRTUAL, CLOCK_NONE };

struct clock_options {
    enum clock_kind kind;
    /* virtual only: the error it starts with. true time = origin_wall + (raw - origin_raw); both 0:
     * the system clock at the moment of opening. */
    double virtual_offset_s; /* our clock - true time; positive: fast */
    double virtual_rate;     /* of the oscillator; positive: fast */
    int64_t origin_wall_ns, origin_raw_ns;
};

/* 0 or -errno (-EPERM: no right to set the clock). Ends a slew that a dead daemon left behind, but
 * keeps the frequency. */
int clock_open(const struct clock_options *options);

/* Rate correction in force when opened. */
double clock_initial_rate(void);

/* Both readings of one moment. */
struct instant clock_now(void);

/* A kernel packet timestamp (CLOCK_REALTIME) as a reading of our clock. */
struct wall_time clock_from_kernel(struct wall_time stamp);

/* Carries the command out. *done is what really happened (a kernel rounds rates to 2^-16 ppm and
 * clamps them), *after the clock right after it. 0 or -errno. CLOCK_NONE does nothing and says so:
 * *done = CLOCK_KEEP with rate 0. */
int clock_adjust(const struct clock_command *command, struct clock_command *done,
                 struct instant *after);

/* Has the kernel work off this offset by itself (positive: our clock is slow), which goes on when
 * this program has ended: for tools that set a clock once, after clock_open() of CLOCK_KERNEL. 0 or
 * -errno. */
int clock_slew(double offset_s);

/* Tells the kernel how good its clock is (STA_UNSYNC, maxerror, esterror) and which leap second is
 * armed (enum packet_leap; the virtual clock only remembers it). 0 or -errno. A kernel that is told
 * "synchronised" copies its time to the RTC every 11 minutes. `rtc_sync` cannot stop that without
 * lying about the clock, so it changes nothing on Linux. A step makes the kernel call itself
 * unsynchronised: say it again afterwards. */
int clock_set_status(bool synchronised, double max_error_s, double est_error_s, int leap,
                     bool rtc_sync);

/* The state of the kernel's clock, for reports. */
struct clock_status {
    bool synchronised;
    double max_error_s, est_error_s, rate;
    int leap;
};
int clock_get_status(struct clock_status *out);

/* Smallest step of reading, s; measured at the start, bounded (2^-30 .. 2^-7). */
double clock_precision(void);

/* The true error of a virtual clock, ours - truth in s; false for the others. For the board of
 * `make run` and for tests. */
bool clock_true_error(double *error_s);

/* The largest rate the driver can set, e.g. 0.1. */
double clock_max_rate(void);

#endif
