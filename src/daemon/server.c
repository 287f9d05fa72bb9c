/* SPDX-License-Identifier: BSD-2-Clause */
/* The serving side; see the header. */
#include "daemon/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"
#include "os/clock.h"
#include "os/process.h"
#include "os/random.h"
#include "os/wait.h"

/* Clients that the rate limiter remembers at least, and at most (memory is the config's to say). */
#define CLIENTS_MIN 1024
#define CLIENTS_MAX (1u << 24)

static void describe_failure(const struct address *local, int error, char *out, size_t capacity)
{
    char address[ADDRESS_TEXT_MAX], name[64] = "";
    long holder = error == EADDRINUSE ? process_port_holder(local->port, name, sizeof name) : 0;

    address_format_port(local, address);
    if (holder > 0) {
        snprintf(out, capacity,
                 "UDP port %u is taken by %s (pid %ld): stop it, or run as a client only with "
                 "--port 0",
                 (unsigned)local->port, name[0] ? name : "another process", holder);
    } else if (error == EACCES) {
        snprintf(out, capacity,
                 "no right to serve on %s: start as root (or with CAP_NET_BIND_SERVICE), or run as "
                 "a client only with --port 0",
                 address);
    } else {
        snprintf(out, capacity, "cannot serve on %s: %s", address, strerror(error));
    }
}

static bool open_one(struct server *server, const struct address *local, int dscp, bool optional,
                     char *problem, size_t capacity)
{
    int fd = udp_listen(local, NULL, false, dscp);

    if (fd >= 0) {
        server->sockets[server->count++] = fd;
        return true;
    }
    if (optional && fd != -EADDRINUSE && fd != -EACCES) {
        return true; /* no IPv6 here: no reason to stay away */
    }
    describe_failure(local, -fd, problem, capacity);
    return false;
}

bool server_open(struct server *server, const struct config *config, uint8_t family, char *problem,
                 size_t capacity)
{
    static const uint8_t families[] = {ADDRESS_V4, ADDRESS_V6};

    *server = (struct server){.port = config->port};
    if (config->port == 0 || acl_allows_nobody(&config->access)) {
        return true;
    }
    for (unsigned i = 0; i < config->bind_count; i++) {
        struct address local = config->bind[i];

        local.port = (uint16_t)config->port;
        if ((!family || family == local.family) &&
            !open_one(server, &local, config->dscp, false, problem, capacity)) {
            return false;
        }
    }
    for (size_t i = 0; config->bind_count == 0 && i < 2; i++) {
        struct address any = {.family = families[i], .port = (uint16_t)config->port};

        if ((!family || family == any.family) &&
            !open_one(server, &any, config->dscp, any.family == ADDRESS_V6, problem, capacity)) {
            return false;
        }
    }
    return true;
}

struct worker *server_new_worker(struct serve_page *page, const struct config *config)
{
    struct worker *worker = calloc(1, sizeof *worker);
    uint8_t seed[RANDOM_SEED_LENGTH];
    struct ratelimit_client *clients;
    size_t count = CLIENTS_MIN;

    while (count < CLIENTS_MAX && count * 2 * sizeof *clients <= config->client_log_bytes) {
        count *= 2;
    }
    /* The table is an array of cache lines. */
    clients = aligned_alloc(64, count * sizeof *clients);
    if (!worker || !clients) {
        free(worker);
        free(clients);
        return NULL;
    }
    memset(clients, 0, count * sizeof *clients);
    random_system(seed, sizeof seed);
    worker_init(worker, page, 0, &config->access, &config->ratelimit, clients, count, seed);
    worker->keys = &config->keys;
    return worker;
}

void server_configure(struct worker *worker, const struct config *config)
{
    worker->acl = &config->access;
    worker->keys = &config->keys;
    worker->ratelimit.settings = config->ratelimit;
}

void server_run(const struct server *server, struct worker *worker, struct configuration *config)
{
    struct wait_set wait = {0};

    for (unsigned i = 0; i < server->count; i++) {
        wait_add(&wait, server->sockets[i], WAIT_READ);
    }
    while (!process_take_signal(SIGNAL_END)) {
        wait_until(&wait, mono_after(clock_now().mono, 1.0));
        server_configure(worker, configuration_current(config));
        for (unsigned i = 0; i < server->count; i++) {
            if (wait_ready(&wait, server->sockets[i])) {
                worker_batch(worker, server->sockets[i]);
            }
        }
    }
}
