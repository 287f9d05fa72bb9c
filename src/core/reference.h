/* SPDX-License-Identifier: BSD-2-Clause */
/* What we tell clients of our clock: the system variables of RFC 5905 section 11.2, as a function
 * of time (the dispersion grows). Twice: as the engine computes it, and as it goes on the wire. */
#ifndef TOKI_CORE_REFERENCE_H
#define TOKI_CORE_REFERENCE_H

#include <stdint.h>

#include "core/packet.h"
#include "core/time.h"

struct reference {
    uint8_t leap;                           /* enum packet_leap */
    uint8_t stratum;                        /* 1..15; 16 = unsynchronised */
    int8_t precision;                       /* log2 s, of reading our clock */
    int8_t poll;                            /* log2 s */
    uint32_t refid;                         /* host order */
    struct wall_time updated;               /* reference timestamp */
    struct mono_time at;                    /* the bounds below hold at this moment */
    double root_delay_s, root_dispersion_s; /* the dispersion includes what is still to be slewed */
    double dispersion_rate;                 /* growth of the dispersion, s/s */
    double offset_s, offset_sd_s; /* our best estimate of the error left, and its deviation */
};

/* An unsynchronised clock of this precision. */
void reference_init(struct reference *r, int8_t precision);

/* Root dispersion and root distance (delay/2 + dispersion: the bound of our error) at `now`. */
double reference_dispersion(const struct reference *r, struct mono_time now);
double reference_distance(const struct reference *r, struct mono_time now);

/* The same as integers, ready to be copied into a reply: the form in which it is published to other
 * processes, and to programs that are not ours (serve/page.h). All but `head` is in host order. */
struct reference_wire {
    uint8_t head[PACKET_TEMPLATE_LENGTH]; /* of a reply: version, mode and poll are 0, and the root
                                             dispersion is that of at_ns */
    int64_t at_ns;                        /* mono */
    uint64_t dispersion;                  /* at at_ns, 2^-48 s: NTP short format, 32 bits finer */
    uint64_t dispersion_rate;             /* growth for each 1024 ns, 2^-64 s */
};

/* An unsynchronised clock becomes leap 3, stratum 0. Everything is rounded up. */
void reference_to_wire(const struct reference *r, struct reference_wire *out);

/* Root dispersion at `now` in NTP short format, host order. At most one unit (2^-16 s) away from
 * what reference_dispersion() is there: dispersion + age in 1024 ns * dispersion_rate / 2^16,
 * rounded up, and UINT32_MAX if that is more. */
uint32_t reference_wire_dispersion(const struct reference_wire *w, struct mono_time now);

#endif
