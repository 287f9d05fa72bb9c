/* SPDX-License-Identifier: BSD-2-Clause */
/* Which files of measurements are kept, and how: chrony's `log` files and ntpd's `statistics`. What
 * is in them is the business of daemon/statistics.h. */
#ifndef TOKI_CONFIG_STATISTICS_H
#define TOKI_CONFIG_STATISTICS_H

#include <stdbool.h>

/* clang-format off */
/*        identifier                name of the file, and of the directive's word */
#define STATISTICS_LIST(X)                                                                         \
    X(STATISTICS_MEASUREMENTS,     "measurements")     /* chrony.conf */                           \
    X(STATISTICS_STATISTICS,       "statistics")                                                   \
    X(STATISTICS_SELECTION,        "selection")                                                    \
    X(STATISTICS_TRACKING,         "tracking")                                                     \
    X(STATISTICS_REFCLOCKS,        "refclocks")                                                    \
    X(STATISTICS_LOOPSTATS,        "loopstats")        /* ntp.conf */                              \
    X(STATISTICS_PEERSTATS,        "peerstats")                                                    \
    X(STATISTICS_RAWSTATS,         "rawstats")                                                     \
    X(STATISTICS_SYSSTATS,         "sysstats")                                                     \
    X(STATISTICS_CLOCKSTATS,       "clockstats")                                                   \
    X(STATISTICS_PROTOSTATS,       "protostats")
/* clang-format on */

#define STATISTICS_ENUM(id, name) id,
enum statistics_kind { STATISTICS_LIST(STATISTICS_ENUM) STATISTICS_KINDS };
#undef STATISTICS_ENUM

/* When another file is begun, and so what is added to the name: ntpd's `type`. */
enum statistics_rotation {
    ROTATION_NONE,
    ROTATION_PID,  /* .1234: of the daemon */
    ROTATION_DAY,  /* .20261122 */
    ROTATION_WEEK, /* .2026w46: day of the year by seven (ntpd: its remainder) */
    ROTATION_MONTH,
    ROTATION_YEAR,
    ROTATION_AGE /* .a00086400: seconds since the start, in whole days */
};

#define STATISTICS_NAME_MAX 64

struct statistics_file {
    bool on;
    bool link; /* the bare name is a second name of the present file */
    enum statistics_rotation rotation;
    char name[STATISTICS_NAME_MAX];
    char description[STATISTICS_NAME_MAX + 40]; /* of all this in words; "": off */
};

/* "measurements", ... */
const char *statistics_name(enum statistics_kind kind);

/* "none", "pid", ...; as ntp.conf writes them. */
const char *statistics_rotation_name(enum statistics_rotation rotation);

/* The kind is one of ntp.conf. */
bool statistics_is_ntp(enum statistics_kind kind);

/* What holds without a directive: all off, and as each language has it. */
void statistics_default(struct statistics_file files[STATISTICS_KINDS]);

/* Brings the description up to date. */
void statistics_describe(struct statistics_file *file);

#endif
