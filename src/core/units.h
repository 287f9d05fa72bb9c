/* SPDX-License-Identifier: BSD-2-Clause */
/* What a unit behind a number stands for, the same in configurations and on command lines. */
#ifndef TOKI_CORE_UNITS_H
#define TOKI_CORE_UNITS_H

/* Seconds in "ns", "us" (also with the micro sign), "ms", "s", "sec", "m", "min", "h" or "d"; 0:
 * not a unit of time. */
double units_time_s(const char *name);

/* Size of "%", "ppm" or "ppb" as a pure number; 0: none of them. */
double units_ratio(const char *name);

#endif
