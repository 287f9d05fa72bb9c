/* SPDX-License-Identifier: BSD-2-Clause */
/* Order statistics of a few values. */
#ifndef TOKI_CORE_STATS_H
#define TOKI_CORE_STATS_H

/* Sorts ascending, in place; meant for some tens of values. */
void stats_sort(double *values, unsigned n);

/* Median of n >= 1 sorted values. */
double stats_median(const double *sorted, unsigned n);

#endif
