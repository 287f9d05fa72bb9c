/* SPDX-License-Identifier: BSD-2-Clause */
/* What start-up opened, in one struct for the roles to work with. Filled by main.c in the order in
 * which it happens; lives as long as the process. */
#ifndef TOKI_DAEMON_TOKID_H
#define TOKI_DAEMON_TOKID_H

#include "core/history.h"
#include "daemon/configuration.h"
#include "daemon/options.h"
#include "daemon/server.h"

struct tokid {
    struct options options;
    struct configuration *config;
    const char *driver; /* of the clock: "kernel", "virtual", "none" */
    bool clock_control; /* we may set it and are to */
    struct server server;
    struct serve_page *page; /* NULL with -q and -Q: no clients */
    struct history *history; /* shared with the parent, which stores it; NULL as `page` */
    struct clients *clients; /* who asked, shared with the workers; NULL as `page` */
    struct server_limits limits;
    struct worker *worker;     /* in one process; NULL: not serving now */
    struct endpoint *endpoint; /* NULL: no control socket */
    char control_path[CONFIG_PATH_MAX], pid_path[CONFIG_PATH_MAX];
    int pid_lock; /* -1: none */
};

#endif
