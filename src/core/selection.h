/* SPDX-License-Identifier: BSD-2-Clause */
/* Which sources tell the time, and which of them is the system peer (RFC 5905 sections 11.2.1 and
 * 11.2.2): the largest group whose correctness intervals share a point wins, if it is more than
 * half of the voters. Pure: candidates in, a judgement of each out. How the survivors are
 * averaged is core/ensemble.h. */
#ifndef TOKI_CORE_SELECTION_H
#define TOKI_CORE_SELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/settings.h"

#define SELECTION_NONE 0xffffu
#define SELECTION_VOTES_MAX 1000 /* more than all sources have */

/* One voter: its offset and root distance say where the true time must lie. */
struct candidate {
    uint16_t source;
    double offset_s;
    double distance_s; /* half width of the interval; > 0 */
    uint8_t stratum;
    uint8_t leap;   /* enum packet_leap */
    uint8_t weight; /* votes; 0: 1 */
    bool prefer, trust, require;
};

enum judgement {
    JUDGED_TRUE,
    JUDGED_FALSE,
    JUDGED_UNTRUSTED, /* may be true, but reaches beyond where the trusted sources agree */
    JUDGED_UNDECIDED  /* there is no majority, or it is held */
};

struct selection {
    /* by the settings; selection_init() gives the usual values */
    double stratum_weight_s; /* distance that one stratum is worth when the peer is chosen */
    double reselect_s;       /* another peer must be better by this; 0: by 30 % */
    double combine_limit;    /* combined up to this multiple of the peer's distance */
    bool serves_nobody;      /* else only sources of the peer's stratum and below are combined: one
                                above it might follow us, and two that average each other's
                                corrections swing each other up. Strata cannot form a ring. */

    bool require; /* a candidate with `require` must be among the truechimers */

    bool valid;      /* there is a majority, and it is not held */
    bool held;       /* there is one, but not enough truechimers or none of those required */
    bool trusted;    /* some candidates are: only they vote */
    uint16_t chosen; /* system peer, or SELECTION_NONE */
    uint16_t survivors[SOURCES_MAX];
    unsigned survivor_count;
    unsigned voters, agreeing;              /* votes, and those of them that agree */
    unsigned true_count;                    /* truechimers; 0: there is no majority */
    enum judgement judgements[SOURCES_MAX]; /* as the candidates were given */
    double low_s, high_s;                   /* if valid: where most agree (all such places) */
    double hull_low_s, hull_high_s;         /* ends of all that a majority covers */
    uint8_t leap;                           /* announced by more than half of the truechimers */
};

/* Votes of a source with this weight; 0: the usual one. */
unsigned selection_votes(unsigned weight);

void selection_init(struct selection *s);

/* Judges the candidates. `s` holds the last result, so that the system peer changes only for a
 * clearly better one. `min_sources`: truechimers that there must be. */
void selection_update(struct selection *s, const struct candidate *candidates, unsigned count,
                      unsigned min_sources);

#endif
