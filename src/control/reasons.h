/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a source is used or not, and why the clock is synchronised or not: the whole vocabulary. A
 * row has a code, which does not change from version to version, a cause, a remedy, and what both
 * mean; `toki status`, JSON and `toki explain` say the same because they all read these rows. */
#ifndef TOKI_CONTROL_REASONS_H
#define TOKI_CONTROL_REASONS_H

#include <stddef.h>

/* Of the clock. */
enum report_clock_code {
    CLOCK_SYNCHRONISED,
    CLOCK_MEASURING, /* the time is known, but the clock is not ours to set */
    CLOCK_LOCAL,     /* serves its own clock as a reference */
    CLOCK_HOLDOVER,
    CLOCK_STEP_WAITING, /* a large offset has to last before it is believed */
    CLOCK_PANICKED,
    CLOCK_NO_SOURCES,
    CLOCK_NAME_SERVICE_SILENT,
    CLOCK_NAMES_UNKNOWN,
    CLOCK_UNRESOLVED, /* no source has an address, for several reasons */
    CLOCK_NO_ROUTE,
    CLOCK_HOSTS_UNREACHABLE,
    CLOCK_SEND_FORBIDDEN,
    CLOCK_UDP_REJECTED,
    CLOCK_UDP_FILTERED, /* found out by a probe only */
    CLOCK_NETWORK_SILENT,
    CLOCK_PROBE_ANSWERED, /* likewise */
    CLOCK_NO_REPLIES,     /* no source answers */
    CLOCK_WRONG_KEY,
    CLOCK_SOURCES_UNSYNCHRONISED,
    CLOCK_TOO_DISTANT,
    CLOCK_REFUSED,
    CLOCK_TWO_DISAGREE,
    CLOCK_DISAGREEMENT,
    CLOCK_TOO_FEW,  /* fewer selectable sources than minsources */
    CLOCK_UNUSABLE, /* they answer, and none is good enough */
    CLOCK_STARTING,
    CLOCK_CODES
};

/* Of a source: finer than enum source_status. */
enum report_source_code {
    WHY_UNUSED,
    WHY_LOOKING_UP,
    WHY_NAME_SERVICE_SILENT,
    WHY_NAME_UNKNOWN,
    WHY_NAME_WITHOUT_ADDRESS,
    WHY_LOOK_UP_FAILED,
    WHY_DUPLICATE,
    WHY_OFFLINE,
    WHY_WAITING,
    WHY_NO_ROUTE,
    WHY_HOST_UNREACHABLE,
    WHY_PORT_CLOSED,
    WHY_SEND_FORBIDDEN,
    WHY_SEND_FAILED,
    WHY_NO_REPLIES,
    WHY_WENT_SILENT,
    /* these five are found out by a probe only */
    WHY_UDP_FILTERED,
    WHY_SERVER_SILENT,
    WHY_NETWORK_SILENT,
    WHY_KEY_DROPPED,
    WHY_PROBE_ANSWERED,
    WHY_OWN_RULES,
    WHY_WRONG_KEY,
    WHY_BAD_REPLIES,
    WHY_SERVER_UNSYNCHRONISED,
    WHY_REFUSED,
    WHY_RATE_LIMITED,
    WHY_LOOP,
    WHY_FEW_SAMPLES,
    WHY_TOO_DISTANT,
    WHY_TOO_JITTERY,
    WHY_WRONG_STRATUM,
    WHY_ORPHAN,
    WHY_FALSETICKER,
    WHY_TWO_DISAGREE,
    WHY_NO_MAJORITY,
    WHY_HELD,
    WHY_UNTRUSTED,
    WHY_NOSELECT,
    WHY_SAME_NETWORK,
    WHY_OUTLYING,
    WHY_COMBINED,
    WHY_SELECTED,
    SOURCE_CODES
};

/* {words} in causes and remedies are numbers of the report; explain.c knows them. */
struct reason {
    const char *code;
    const char *cause;
    const char *remedy;                           /* NULL: there is nothing to be done */
    const char *refclock_cause, *refclock_remedy; /* of reference clocks; NULL cause: as above */
    const char *meaning;                          /* a paragraph */
};

extern const struct reason reasons_of_clock[CLOCK_CODES];
extern const struct reason reasons_of_source[SOURCE_CODES];

/* The row of this code, in any case of letters; NULL: there is none. */
const struct reason *reason_find(const struct reason *rows, size_t count, const char *code);

/* "no-replies", ... */
const char *report_clock_code_name(enum report_clock_code code);
const char *report_source_code_name(enum report_source_code code);

#endif
