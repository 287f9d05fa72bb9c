/* SPDX-License-Identifier: BSD-2-Clause */
/* A clock rate in the two units that adjtimex(2) has for it. Pure arithmetic, so that it can be
 * tested without touching a clock. */
#ifndef TOKI_OS_LINUX_CLOCK_RATE_H
#define TOKI_OS_LINUX_CLOCK_RATE_H

/* The tick may be 10 % off its nominal value. */
#define CLOCK_RATE_MAX 0.1

struct clock_rate {
    long tick; /* us for each tick of USER_HZ */
    long freq; /* 2^-16 ppm; +-500 ppm */
};

/* Nearest setting for `rate` (clamped to +-CLOCK_RATE_MAX). `nominal` is the tick of an untouched
 * clock, 10000 for USER_HZ = 100. The tick stays nominal as long as freq alone can say it. */
struct clock_rate clock_rate_split(double rate, long nominal);

/* The rate that a setting stands for. */
double clock_rate_join(struct clock_rate setting, long nominal);

#endif
