/* SPDX-License-Identifier: BSD-2-Clause */
/* The serving side: its sockets, opened before rights are dropped, and the serve role. */
#ifndef TOKI_DAEMON_SERVER_H
#define TOKI_DAEMON_SERVER_H

#include "daemon/configuration.h"
#include "daemon/loop.h"
#include "serve/page.h"
#include "serve/worker.h"

struct server {
    int sockets[LOOP_SERVERS_MAX];
    unsigned count;
    unsigned port;
};

/* Opens what the config asks for; nothing (count 0) if nobody is allowed or the port is 0. False:
 * `problem` says in words what is in the way. */
bool server_open(struct server *server, const struct config *config, uint8_t family, char *problem,
                 size_t capacity);

/* A worker with its memory for the config's rate limit; before the loop. NULL: no memory. */
struct worker *server_new_worker(struct serve_page *page, const struct config *config);

/* Takes over access rules and limits of a new configuration. */
void server_configure(struct worker *worker, const struct config *config);

/* The serve role: answers until it is told to end. */
void server_run(const struct server *server, struct worker *worker, struct configuration *config);

#endif
