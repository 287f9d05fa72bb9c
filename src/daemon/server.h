/* SPDX-License-Identifier: BSD-2-Clause */
/* The serving side: its sockets, opened before rights are dropped or by the parent, which keeps
 * its own, and the serve role. */
#ifndef TOKI_DAEMON_SERVER_H
#define TOKI_DAEMON_SERVER_H

#include "daemon/configuration.h"
#include "daemon/loop.h"
#include "serve/page.h"
#include "serve/worker.h"

struct tokid;
struct role_start;

struct server {
    int sockets[LOOP_SERVERS_MAX];
    struct address locals[LOOP_SERVERS_MAX]; /* what they are bound to */
    char device[CONFIG_DEVICE_MAX];          /* and to this interface; "": to none */
    unsigned count;
    unsigned port; /* 0: not serving */
};

/* Opens what the config asks for; nothing (count 0) if no host is allowed or the port is 0. Sockets
 * of `old` (NULL: there is none) that are still right are taken over, the others are opened beside
 * them and stay open: no request is lost. False: `problem` says in words what is in the way, and
 * nothing has changed. */
bool server_open(struct server *server, const struct server *old, const struct config *config,
                 uint8_t family, char *problem, size_t capacity);

/* What the config asks for, as addresses with their ports; how many. */
unsigned server_addresses(const struct config *config, uint8_t family, struct address *out,
                          unsigned max);

/* Do both have the same sockets? */
bool server_equal(const struct server *a, const struct server *b);

/* Of the sockets of `old` that `server` did not take over: new packets no longer go to them. */
void server_retire_rest(const struct server *old, const struct server *server);

/* Closes them, in this process. */
void server_close_rest(const struct server *old, const struct server *server);

/* The table of clients, shared with roles that are forked later: memory for the most that any
 * configuration can ask of it, of which the system gives only what is used. NULL: no memory. */
struct clients *server_new_clients(const struct config *config);

/* Gives it the size that the configuration wants; in the process that made it. */
void server_resize_clients(struct clients *clients, const struct config *config);

/* The memory of the rate limit, shared by all workers: a client has one limit, whichever of them it
 * meets. Its size is the configuration's, it outlives them, and only a change of the size begins
 * anew. The key is told to them by fork(), and not kept there. */
struct server_limits {
    struct ratelimit_client *clients;
    size_t count;
    uint8_t key[16];
};

/* Makes it of the size that the configuration wants, in the process that forks the workers: zeroed,
 * unless it has that size already; then nothing happens. Workers go on with what they have until
 * they are replaced, or told of it. False: no memory; it is as it was. */
bool server_renew_limits(struct server_limits *limits, const struct config *config);

/* A worker; before the loop. `number` tells its counters from those of others that run at the same
 * time. NULL: no memory. */
struct worker *server_new_worker(struct serve_page *page, struct clients *clients,
                                 const struct server_limits *limits, unsigned number,
                                 const struct config *config);

/* Takes over access rules and limits of a new configuration, and the memory of `limits`. */
void server_configure(struct worker *worker, const struct server_limits *limits,
                      const struct config *config);

/* Answers all that waits on these sockets, before they are closed. */
void server_drain(const struct server *server, struct worker *worker);

/* The serve role, one worker of several: answers until it is told to end, and then what still
 * waits. Its channel to sync carries control requests (daemon/queries.h). */
int server_run(struct tokid *t, const struct role_start *start);

#endif
