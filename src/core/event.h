/* SPDX-License-Identifier: BSD-2-Clause */
/* Things worth telling, typed. core returns them as effects; daemon/log turns them into words; the
 * simulator asserts on them. Each is defined once, in the list below. */
#ifndef TOKI_CORE_EVENT_H
#define TOKI_CORE_EVENT_H

#include <stdint.h>

/* clang-format off */
/*        identifier                name on logs and JSON      meaning of `value` */
#define EVENT_LIST(X)                                                                              \
    X(EVENT_SOURCE_REACHABLE,      "source-reachable")      /* - */                                \
    X(EVENT_SOURCE_UNREACHABLE,    "source-unreachable")    /* requests without answer */          \
    X(EVENT_SOURCE_SELECTED,       "source-selected")       /* offset, s */                        \
    X(EVENT_SOURCE_FALSETICKER,    "source-falseticker")    /* its offset from the majority, s */  \
    X(EVENT_SOURCE_KISS,           "source-kiss")           /* refid as a number */                \
    X(EVENT_SOURCE_ADDED,          "source-added")          /* - */                                \
    X(EVENT_SOURCE_REMOVED,        "source-removed")        /* - */                                \
    X(EVENT_SOURCE_LOOP,           "source-loop")           /* - */                                \
    X(EVENT_SYNCHRONISED,          "synchronised")          /* offset, s */                        \
    X(EVENT_UNSYNCHRONISED,        "unsynchronised")        /* - */                                \
    X(EVENT_NO_MAJORITY,           "no-majority")           /* sources that disagree */            \
    X(EVENT_CLOCK_STEPPED,         "clock-stepped")         /* step, s */                          \
    X(EVENT_CLOCK_CORRECTION,      "clock-correction")      /* slewed, s */                        \
    X(EVENT_CLOCK_STEP_SEEN,       "clock-step-seen")       /* foreign step, s */                  \
    X(EVENT_CLOCK_PANIC,           "clock-panic")           /* refused correction, s */            \
    X(EVENT_CLOCK_FAILED,          "clock-failed")          /* errno */                            \
    X(EVENT_HOLDOVER,              "holdover")              /* - */                                \
    X(EVENT_LEAP_ARMED,            "leap-armed")            /* +1 or -1 */                         \
    X(EVENT_LEAP_DONE,             "leap-done")             /* +1 or -1 */                         \
    X(EVENT_SOURCE_REPLACED,       "source-replaced")       /* - (another address) */            \
    X(EVENT_SOURCE_REMEMBERED,     "source-remembered")     /* - (address of the last run) */    \
    X(EVENT_SOURCE_UNRESOLVED,     "source-unresolved")     /* - */
/* clang-format on */

#define EVENT_ENUM(id, name) id,
enum event_type { EVENT_LIST(EVENT_ENUM) EVENT_TYPES };
#undef EVENT_ENUM

#define EVENT_NO_SOURCE 0xffffu

struct event {
    enum event_type type;
    uint16_t source; /* index, or EVENT_NO_SOURCE */
    double value;
};

/* "source-reachable", ... */
const char *event_name(enum event_type type);

#endif
