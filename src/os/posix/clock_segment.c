/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a stretch of the virtual clock. Whole nanoseconds are added as integers; only the small
 * excess is multiplied, in long double, so that no nanosecond is lost over years. */
#include "os/posix/clock_segment.h"

#include <math.h>

double clock_segment_excess(const struct clock_segment *s)
{
    return s->oscillator + s->rate + s->oscillator * s->rate;
}

struct instant clock_segment_read(const struct clock_segment *s, int64_t raw_ns)
{
    int64_t elapsed = raw_ns - s->raw_ns;
    long double gained = (long double)elapsed * (long double)clock_segment_excess(s);
    int64_t mono = s->mono_ns + elapsed + (int64_t)llroundl(gained);

    return (struct instant){{mono + s->steps_ns}, {mono}};
}
