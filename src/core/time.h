/* SPDX-License-Identifier: BSD-2-Clause */
/* Instants and their conversions. Three clocks, three types, so that the compiler refuses to mix
 * them:
 *   wall  what the system clock shows: UTC, ns since 1970-01-01 (may be stepped, is slewed);
 *   mono  the same clock without its steps: ns since an arbitrary start (is slewed);
 *   free  what the oscillator would have shown without adjustments since the daemon started
 *         (see core/timeline.h); only differences mean something.
 * An int64 of ns reaches from 1678 to 2262. */
#ifndef TOKI_CORE_TIME_H
#define TOKI_CORE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_S INT64_C(1000000000)

/* Seconds from 1900-01-01 (NTP era 0) to 1970-01-01: RFC 5905 section 6, figure 4. */
#define NTP_UNIX_OFFSET_S INT64_C(2208988800)

struct wall_time {
    int64_t ns;
};

struct mono_time {
    int64_t ns;
};

struct free_time {
    int64_t ns;
};

/* One look at the clock: both readings belong to the same moment. */
struct instant {
    struct wall_time wall;
    struct mono_time mono;
};

/* Seconds as ns, rounded; values outside +-9.2e9 s saturate, NaN gives 0. */
int64_t ns_from_s(double s);

/* ns as seconds; exact below 2^53 ns (104 days), then to 1 part in 2^53. */
double s_from_ns(int64_t ns);

/* a - b and a + b without overflow: saturates at the ends of int64. */
int64_t ns_subtract(int64_t a, int64_t b);
int64_t ns_add(int64_t a, int64_t b);

/* The mono instant `s` seconds after `t`; saturates. */
struct mono_time mono_after(struct mono_time t, double s);

/* NTP timestamp format (RFC 5905 section 6): seconds of the era << 32 | fraction. Truncates to the
 * fraction below; the era is dropped. */
uint64_t ntp_from_wall(struct wall_time t);

/* The wall time nearest to `pivot` that has this timestamp: unfolds the era (2036 and later). */
struct wall_time wall_from_ntp(uint64_t timestamp, struct wall_time pivot);

/* NTP short format (16.16 s, RFC 5905 section 6). Negative and NaN give 0; at 65536 s and above it
 * saturates at 0xffffffff. Rounds up, so that a bound stays a bound. */
uint32_t ntp_short_from_s(double s);
double s_from_ntp_short(uint32_t value);

/* 2^exponent s for a poll or precision exponent; clamped to -64..63. */
double s_from_log2(int exponent);

/* The least exponent e with 2^e >= s, clamped to -64..63: precision for the wire. */
int log2_from_s(double s);

#endif
