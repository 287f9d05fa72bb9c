/* SPDX-License-Identifier: BSD-2-Clause */
/* Falsetickers out, survivors combined (RFC 5905 sections 11.2.1 to 11.2.3). */
#ifndef TOKI_CORE_SELECTION_H
#define TOKI_CORE_SELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/sample.h"
#include "core/settings.h"

#define SELECTION_NONE 0xffffu

struct selection {
    bool valid;                 /* there is a majority and an estimate */
    struct estimate combined;
    uint16_t chosen;            /* system peer, or SELECTION_NONE */
    uint16_t survivors[SOURCES_MAX];
    unsigned survivor_count;
    unsigned selectable;        /* sources that took part in the vote */
    double root_delay_s, root_dispersion_s; /* of the combined estimate, at its time */
    uint8_t leap;               /* announced by a majority of the survivors */
};

#endif
