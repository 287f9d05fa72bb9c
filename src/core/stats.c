/* SPDX-License-Identifier: BSD-2-Clause */
/* Shell's sort and the median: windows are short, and libc's qsort may allocate. Called by filter.
 * */
#include "core/stats.h"

void stats_sort(double *values, unsigned n)
{
    static const unsigned gaps[] = {57, 23, 10, 4, 1}; /* M. Ciura, 2001 */

    for (unsigned g = 0; g < sizeof gaps / sizeof gaps[0]; g++) {
        for (unsigned i = gaps[g]; i < n; i++) {
            double v = values[i];
            unsigned j = i;

            for (; j >= gaps[g] && values[j - gaps[g]] > v; j -= gaps[g]) {
                values[j] = values[j - gaps[g]];
            }
            values[j] = v;
        }
    }
}

double stats_median(const double *sorted, unsigned n)
{
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}
