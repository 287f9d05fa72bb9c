/* SPDX-License-Identifier: BSD-2-Clause */
/* The main loop: wait, feed the engine, carry out what it wants. Everything that happens in it goes
 * through the headers of os/ and nothing in it forks, so the simulator drives the very same code:
 *
 *   tokid:     while (loop_once(loop)) { }          (it waits by itself)
 *   simulator: put what is ready into loop->wait, or let loop_deadline() pass; loop_dispatch(loop).
 *
 * One loop for each simulated node; there is no state outside of it but the log. */
#ifndef TOKI_DAEMON_LOOP_H
#define TOKI_DAEMON_LOOP_H

#include <stdbool.h>

#include "client/requests.h"
#include "config/config.h"
#include "control/chrony/chronyc_endpoint.h"
#include "control/endpoint.h"
#include "core/engine.h"
#include "core/history.h"
#include "daemon/addresses.h"
#include "daemon/queries.h"
#include "daemon/refclocks.h"
#include "os/wait.h"
#include "serve/page.h"
#include "serve/worker.h"

#define LOOP_SERVERS_MAX 64

/* What the loop works with; all of it belongs to the caller and outlives the loop. Zeroed, with
 * both channels -1, is a client that measures only. */
struct loop_setup {
    const struct config *config;
    const char *config_file; /* its name, for reports */
    bool clock_control;      /* false: measure only (-x) */
    bool quick;              /* each source starts with a burst, whatever its line says */
    bool have_drift;         /* as read from the drift file */
    double drift, drift_sd;
    const struct addresses *addresses; /* that worked in the last run; NULL: none are known */
    uint16_t remote_port;              /* ask this port of every source; 0: as configured */
    unsigned server_port;              /* 0: not serving now */
    struct serve_page *page;           /* NULL: never serves anybody */
    struct history *history;           /* to keep; NULL: none */
    const struct clients *clients;     /* who asked; NULL: not known */
    struct worker *worker;             /* answers in this loop; NULL: worker processes do */
    unsigned worker_count;             /* worker processes, for reports */
    int servers[LOOP_SERVERS_MAX];     /* sockets for `worker` */
    unsigned server_count;
    struct refclocks *refclocks; /* opened; NULL: there are none */
    int lookup;                  /* channel to the lookup role; -1: names are looked up in place */
    int parent;                  /* channel to the parent; -1: files are written in place */
    struct endpoint *endpoint;   /* control socket; NULL: none */
    struct chronyc_endpoint *chronyc; /* chrony's protocol, opened; NULL: none */
    struct queries *queries;          /* mode 6; NULL: not answered */
    const char *driver;               /* "kernel", "virtual", "none" */
};

struct loop {
    struct loop_setup setup;
    struct engine engine;
    struct wait_set wait;
    struct requests requests;
    struct mono_time heartbeat;                 /* next publication to the workers */
    struct mono_time look_at;                   /* next look for steps made by others */
    struct mono_time next_store;                /* of the drift, at the earliest */
    struct mono_time next_collection;           /* of the addresses that work */
    struct mono_time next_look, next_chronicle; /* of the history, and of its file */
    struct mono_time next_served;               /* line of the server's counters, ... */
    struct report_server served;                /* ... and what they were in the last one */
    uint64_t records_lost; /* lines of measurements that the parent had no time for */
    struct addresses addresses;
    struct mono_time lookup_limit[SOURCES_MAX]; /* an answer later than this is not waited for */
    bool lookup_pending[SOURCES_MAX];
    struct instant started;
    uint64_t wakeups, good_wakeups; /* rounds; those in which something was ready */
    uint64_t events[EVENT_TYPES];   /* how often each event came; for checks and reports */
    struct event last_event;
};

void loop_init(struct loop *loop, const struct loop_setup *setup);

/* When loop_dispatch() is due even if nothing becomes ready. */
struct mono_time loop_deadline(const struct loop *loop);

/* Handles all that loop->wait says is ready and all that is due. */
void loop_dispatch(struct loop *loop);

/* Waits (at most a second) and dispatches. */
void loop_once(struct loop *loop);

/* The config changed; it may be in the same place as the old one. */
void loop_configure(struct loop *loop, const struct config *config);

/* From now on `worker` answers in this loop, on these sockets; those of before are still open. */
void loop_serve(struct loop *loop, struct worker *worker, const int *sockets, unsigned count);

/* Keeps what is worth keeping: the drift, the addresses that work. */
void loop_keep(struct loop *loop);

/* Does so, and closes the client sockets; the clock stays at its last rate. */
void loop_end(struct loop *loop);

#endif
