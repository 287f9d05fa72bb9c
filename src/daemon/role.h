/* SPDX-License-Identifier: BSD-2-Clause */
/* What a role is: one process of tokid, or several of a kind, with one task and the rights for it.
 * The table of them is in roles.c; a new one is a name here, a row there and a file with its run().
 */
#ifndef TOKI_DAEMON_ROLE_H
#define TOKI_DAEMON_ROLE_H

#include <stdbool.h>

#include "os/sandbox.h"

/* In the order in which they are started. */
enum role_name { ROLE_SYNC, ROLE_LOOKUP, ROLE_SERVE, ROLES };

/* The most processes of one role. */
#define ROLE_PLACES_MAX 16

/* What a role goes on using of what the parent opened; the rest is closed, or becomes read-only. */
enum role_keeps {
    ROLE_KEEPS_CONTROL = 1, /* the control socket */
    /* The sockets that requests come to: it runs only while there are any, and is relieved by
     * another process when they, or the memory of the limit, are others. */
    ROLE_KEEPS_SERVER = 2,
    ROLE_WRITES_PAGE = 4,
    ROLE_WRITES_CLIENTS = 8,
    ROLE_WRITES_LIMITS = 16,
    ROLE_WRITES_HISTORY = 32
};

struct tokid;
struct role_start;

struct role {
    const char *title; /* at most 15 bytes */
    /* The role itself; exit code of its process. */
    int (*run)(struct tokid *t, const struct role_start *start);
    /* How many processes at most (<= ROLE_PLACES_MAX): always the same while the daemon runs. */
    unsigned (*places)(const struct tokid *t);
    enum sandbox_role sandbox;
    unsigned rights; /* enum process_right: those that it has if the configuration needs them */
    unsigned keeps;  /* enum role_keeps */
    bool opens;      /* run() opens what takes rights, and then calls rights_drop() */
    bool essential;  /* started once, and the daemon ends with it; else started again, later each
                        time */
    bool finishes;   /* told to end, it ends what it does first; else a signal ends it anywhere */
    bool urgent;     /* `sched_priority` and `lock_all` are for it */
};

/* What a process of a role is given. */
struct role_start {
    const struct role *role;
    unsigned place; /* which of its role, from 0 */
    bool odd;       /* false and true in turns, of those that relieve each other in a place */
    int sync;       /* channel to sync; -1: none */
    int parent;     /* of sync: channel to the parent; -1: one process, as all below */
    int others[ROLES][ROLE_PLACES_MAX]; /* of sync: channels to the other roles; -1: none */
};

#endif
