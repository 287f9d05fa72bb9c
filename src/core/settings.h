/* SPDX-License-Identifier: BSD-2-Clause */
/* All that the engine can be told, as plain data. src/config fills it from either language, each
 * with its own defaults; the engine knows no dialect. settings_default() is the neutral base. */
#ifndef TOKI_CORE_SETTINGS_H
#define TOKI_CORE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/address.h"
#include "core/mac.h"

#define SOURCES_MAX 64      /* associations at one time */
#define SOURCE_SPECS_MAX 64 /* server, pool and peer lines */
#define SOURCE_NAME_MAX 256 /* RFC 1035: 253 characters, and a NUL */
#define POLL_MIN (-7)
#define POLL_MAX 24

enum source_kind { SOURCE_SERVER, SOURCE_POOL, SOURCE_PEER, SOURCE_REFCLOCK };

/* Drivers of reference clocks (src/refclock), as a configuration names them. */
enum refclock_kind { REFCLOCK_SHM, REFCLOCK_KINDS };
#define REFCLOCK_PATH_MAX 108 /* sun_path of Linux: the longest name of a socket */

/* One server, pool, peer or refclock line. */
struct source_spec {
    enum source_kind kind;
    char name[SOURCE_NAME_MAX]; /* as configured: a host name or an address */
    struct address address;     /* if `name` is numeric, else ADDRESS_NONE: to be looked up */
    uint16_t port;              /* of the server */
    uint8_t family;             /* ADDRESS_NONE: either */
    int minpoll, maxpoll;       /* log2 s, POLL_MIN..POLL_MAX */
    unsigned version;           /* of our requests, 1..4 */
    uint32_t key_id;            /* 0: not authenticated */
    bool long_mac;              /* before version 4 long digests are sent whole (chrony) */
    unsigned max_sources;       /* of a pool, 1..16 */
    bool iburst, burst, prefer, noselect, trust, require, xleave, offline;
    bool added_noselect, added_trust, added_require; /* not by its own line (authselectmode) */
    double offset_correction_s;                      /* added to each measured offset */
    double max_delay_s;                              /* samples above it are dropped */
    double max_delay_ratio;     /* likewise above this multiple of the least delay; 0: any */
    double max_delay_deviation; /* likewise if half of the excess is more jitters; 0: any */
    double max_delay_quantile;  /* likewise above this quantile of the delays, 0..1; 0: any */
    double min_delay_s;         /* of the empty path, if it is known; 0: it is measured */
    double asymmetry;     /* -0.5: all queues are on the way there, 0.5: all on the way back, ... */
    bool has_asymmetry;   /* ... or else it is estimated */
    unsigned min_stratum; /* of the source: what it says is raised to it */
    unsigned weight;      /* its votes, 1..10; 0: 1 */
    unsigned poll_target; /* 8: the usual interval; twice as much: half of it; 0: 8 */
    struct address from[2]; /* our address to ask from, IPv4 and IPv6; ADDRESS_NONE: any */
    /* SOURCE_REFCLOCK only. minpoll is the interval that its reach is counted by. */
    enum refclock_kind refclock_kind;
    unsigned refclock_unit, refclock_mode; /* which one; permissions of what is made for it */
    char refclock_path[REFCLOCK_PATH_MAX]; /* likewise, of a device or socket; "": by the unit */
    int refclock_poll;                     /* log2 s between two looks for a sample */
    unsigned refclock_stratum;             /* of the clock itself: 0 but for odd ones */
    uint32_t refclock_refid;
    double refclock_precision_s; /* error of one sample at least; 0: as its stamps resolve */
    double refclock_delay_s;     /* root delay: twice the error that no averaging takes away */
};

struct settings {
    struct source_spec specs[SOURCE_SPECS_MAX];
    unsigned spec_count;
    double name_refresh_s;       /* between look-ups of names that work; 0: only if need be */
    const struct mac_keys *keys; /* owned by the caller; NULL: none */

    /* selection */
    unsigned min_sources;              /* selectable sources needed for an update */
    double max_distance_s;             /* root distance above which a source is not selectable */
    double max_jitter_s;               /* likewise */
    unsigned min_stratum, max_stratum; /* of a source that is selectable; 0: any */
    double min_distance_s;             /* a root distance is taken to be at least so much */
    double combine_limit;              /* combined up to this multiple of the best distance; 0: 3 */
    double reselect_s;                 /* another peer must be better by this; 0: by 30 % */
    double stratum_weight_s;           /* distance that one stratum is worth in that choice */

    /* discipline */
    bool clock_control;                     /* false: -x, measure only */
    double step_threshold_s;                /* an offset above it may be stepped; 0 = never step */
    double step_forward_s, step_backward_s; /* the same for one direction; 0 = step_threshold_s */
    int step_updates;                       /* within the first clock updates; -1 = at any time */
    double stepout_s;         /* after those: only once the offset has lasted so long; 0 = never */
    double panic_s;           /* a later correction above it is refused and held; 0 = none */
    bool panic_first_allowed; /* the first correction may exceed panic_s (-g) */
    unsigned panic_updates;   /* and so may others until this number of updates */
    double correction_ratio;  /* length of a slew, in intervals between updates; 0: by the
                                estimate (core/discipline.c) */
    double log_correction_s;  /* corrections above it are an event; 0 = none */
    double max_slew_rate;     /* e.g. 0.0833 (chrony) or 0.0005 (ntp) */
    double max_clock_error;   /* drift bound of an undisciplined clock: 15e-6 (PHI, RFC 5905) */
    double max_update_skew;   /* frequency estimates less sure than this are not applied */
    double max_drift;         /* bound on the frequency error of the oscillator */

    /* what we are without a source */
    bool local;                   /* serve although unsynchronised */
    unsigned local_stratum;       /* 1..15 */
    double local_distance_s;      /* it takes over when the root distance reaches this */
    double local_activate_s;      /* but not before it was below this once; 0: at once */
    double local_wait_synced_s;   /* nor before so long after the last update, ... */
    double local_wait_unsynced_s; /* ... or after the start if there was none */
    bool local_orphan;            /* of several such servers one leads and the others follow */

    bool serves_nobody; /* no source can depend on our clock; see core/selection.h */

    bool leap_from_sources; /* follow a majority of the selected sources */

    uint64_t build_time_s; /* no date before it is believed (era pivot), Unix seconds */
};

/* Neutral defaults: no source, RFC 5905 constants where it has them. */
void settings_default(struct settings *s);

#endif
