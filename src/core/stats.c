/* SPDX-License-Identifier: BSD-2-Clause */
/* Insertion sort and median: windows are short and nearly sorted work is rare, so nothing more is
 * needed, and libc's qsort may allocate. Called by filter. */
#include "core/stats.h"

void stats_sort(double *values, unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        double v = values[i];
        unsigned j = i;

        for (; j > 0 && values[j - 1] > v; j--) {
            values[j] = values[j - 1];
        }
        values[j] = v;
    }
}

double stats_median(const double *sorted, unsigned n)
{
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}
