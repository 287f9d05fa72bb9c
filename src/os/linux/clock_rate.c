/* SPDX-License-Identifier: BSD-2-Clause */
/* Rate <-> tick and frequency of adjtimex(2). The kernel adds both: the clock runs at
 * tick / nominal + freq. freq is fine (15 ns a second of a second) but ends at 500 ppm; the tick is
 * coarse (100 ppm) and reaches 10 %. */
#include "os/linux/clock_rate.h"

#include <math.h>

#define FREQ_PER_RATE (1e6 * 65536.0)
#define FREQ_MAX (500L * 65536L)
#define FREQ_MAX_RATE 500e-6

static double clamp(double v, double limit)
{
    return v > limit ? limit : v < -limit ? -limit : v;
}

struct clock_rate clock_rate_split(double rate, long nominal)
{
    struct clock_rate s = {.tick = nominal, .freq = 0};
    double left;

    if (isnan(rate)) {
        return s;
    }
    rate = clamp(rate, CLOCK_RATE_MAX);
    if (fabs(rate) > FREQ_MAX_RATE) {
        s.tick += lround(rate * (double)nominal);
    }
    left = rate - (double)(s.tick - nominal) / (double)nominal;
    s.freq = lround(clamp(left * FREQ_PER_RATE, (double)FREQ_MAX));
    return s;
}

double clock_rate_join(struct clock_rate setting, long nominal)
{
    return (double)(setting.tick - nominal) / (double)nominal +
           (double)setting.freq / FREQ_PER_RATE;
}
