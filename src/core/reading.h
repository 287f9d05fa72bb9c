/* SPDX-License-Identifier: BSD-2-Clause */
/* What a reference clock says at one moment, as the engine takes it. */
#ifndef TOKI_CORE_READING_H
#define TOKI_CORE_READING_H

#include <stdint.h>

#include "core/time.h"

enum reading_kind {
    READING_TIME,    /* the whole time */
    READING_FRACTION /* that a second begins, but not which one: a pulse per second (RFC 2783) */
};

struct reading {
    enum reading_kind kind;
    struct wall_time at; /* our clock, in the last seconds */
    double offset_s;     /* true time less our clock then; of a fraction within +-0.5 s */
    double dispersion_s;
    uint8_t
        leap; /* as in a packet, LEAP_UNSYNCHRONISED: it has no time; a fraction has LEAP_NONE */
};

#endif
