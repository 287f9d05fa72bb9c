/* SPDX-License-Identifier: BSD-2-Clause */
/* The serving side: which sockets a configuration asks for and what is in their way, the memory of
 * the workers, and the loop of one of them. */
#include "daemon/server.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/listen.h"
#include "daemon/queries.h"
#include "daemon/rights.h"
#include "daemon/tokid.h"
#include "os/clock.h"
#include "os/process.h"
#include "os/random.h"
#include "os/wait.h"

/* Clients that the rate limiter remembers at least, and at most (memory is the config's to say). */
#define CLIENTS_MIN 1024
#define CLIENTS_MAX (1u << 24)
/* Buckets of the table of clients at most: 16 MiB, some 230 000 clients. */
#define CLIENTS_BUCKETS (1u << 15)

static_assert(2 * ROLE_PLACES_MAX <= PAGE_WORKERS_MAX, "counters for all workers");

static void describe_failure(const struct address *local, int error, char *out, size_t capacity)
{
    char address[ADDRESS_TEXT_MAX], name[64] = "";
    long holder = error == EADDRINUSE ? process_port_holder(local->port, name, sizeof name) : 0;

    address_format_port(local, address);
    if (holder > 0) {
        snprintf(
            out, capacity,
            "UDP port %u is in use by %s (pid %ld): stop it, or run as a client only with --port 0",
            (unsigned)local->port, name[0] ? name : "another process", holder);
    } else if (error == EACCES) {
        snprintf(out, capacity,
                 "permission denied for %s: start as root (or with CAP_NET_BIND_SERVICE), or run "
                 "as a client only with --port 0",
                 address);
    } else {
        snprintf(out, capacity, "cannot serve on %s: %s", address, strerror(error));
    }
}

static bool same_local(const struct address *a, const struct address *b)
{
    return a->port == b->port && address_equal(a, b);
}

/* The socket that is bound to just this already, -1 if there is none. */
static int find_socket(const struct server *server, const struct address *local)
{
    for (unsigned i = 0; server && i < server->count; i++) {
        if (same_local(&server->locals[i], local)) {
            return server->sockets[i];
        }
    }
    return -1;
}

static bool open_one(struct server *server, const struct server *old, const struct config *config,
                     const struct address *local, bool optional, char *problem, size_t capacity)
{
    const char *device = server->device[0] ? server->device : NULL;
    bool same_device = old && strcmp(old->device, server->device) == 0;
    int fd = same_device ? find_socket(old, local) : -1;

    if (server->count == LOOP_SERVERS_MAX) {
        snprintf(problem, capacity, "more than %d addresses to serve on", LOOP_SERVERS_MAX);
        return false;
    }
    if (fd >= 0) {
        udp_mark(fd, local->family, config->dscp);
    } else {
        fd = udp_listen(local, device, old != NULL, config->dscp);
    }
    if (fd >= 0) {
        server->locals[server->count] = *local;
        server->sockets[server->count++] = fd;
        return true;
    }
    if (optional && fd != -EADDRINUSE && fd != -EACCES) {
        return true; /* no IPv6 here: no reason to stay away */
    }
    describe_failure(local, -fd, problem, capacity);
    return false;
}

/* An address to serve on. */
struct local {
    struct address address;
    bool optional; /* it may be missing here */
};

#define LOCALS_MAX LOOP_SERVERS_MAX

/* Addresses of one family that the `interface` lines leave. */
static unsigned choose_by_lines(const struct config *config, uint8_t family, struct local *out,
                                unsigned max)
{
    static struct udp_interface own[256];
    struct address named[CONFIG_LISTEN_RULES_MAX];
    unsigned own_count = udp_interfaces(own, sizeof own / sizeof own[0]), count = 0;
    unsigned named_count = listen_named(config, named, CONFIG_LISTEN_RULES_MAX);

    for (unsigned i = 0; i < own_count && count < max; i++) {
        if (own[i].address.family == family &&
            listen_allows(config, own[i].device, &own[i].address)) {
            out[count++].address = own[i].address;
        }
    }
    for (unsigned i = 0; i < named_count && count < max; i++) {
        bool there = false;

        for (unsigned j = 0; j < own_count; j++) {
            there = there || address_equal(&named[i], &own[j].address);
        }
        if (!there && named[i].family == family) {
            out[count++].address = named[i];
        }
    }
    return count;
}

/* Where to serve: the addresses that are named, those that the `interface` lines leave, or all. */
static unsigned choose_locals(const struct config *config, struct local *out)
{
    static const uint8_t families[] = {ADDRESS_V4, ADDRESS_V6};
    unsigned count = 0;

    memset(out, 0, LOCALS_MAX * sizeof *out);
    for (unsigned i = 0; i < config->bind_count; i++) {
        out[count++].address = config->bind[i];
    }
    for (size_t i = 0; config->bind_count == 0 && i < 2; i++) {
        if (listen_is_everywhere(config, families[i])) {
            out[count].address.family = families[i];
            out[count++].optional = families[i] == ADDRESS_V6;
        } else {
            count += choose_by_lines(config, families[i], out + count, LOCALS_MAX - count);
        }
    }
    return count;
}

static bool open_all(struct server *server, const struct server *old, const struct config *config,
                     uint8_t family, char *problem, size_t capacity)
{
    const unsigned ports[] = {config->port, config->extra_port};
    struct local locals[LOCALS_MAX];
    unsigned count;

    if (config->port == 0 || acl_allows_nobody(&config->access)) {
        return true;
    }
    count = choose_locals(config, locals);
    udp_share_port((uint16_t)config->acquisition_port);
    for (size_t p = 0; p < 2; p++) {
        for (unsigned i = 0; ports[p] != 0 && i < count; i++) {
            struct address local = locals[i].address;

            local.port = (uint16_t)ports[p];
            if ((!family || family == local.family) &&
                !open_one(server, old, config, &local, locals[i].optional, problem, capacity)) {
                return false;
            }
        }
    }
    return true;
}

static void share_all(const struct server *server, bool shared)
{
    for (unsigned i = 0; i < server->count; i++) {
        udp_share(server->sockets[i], shared);
    }
}

bool server_open(struct server *server, const struct server *old, const struct config *config,
                 uint8_t family, char *problem, size_t capacity)
{
    bool opened;

    *server = (struct server){0};
    memcpy(server->device, config->bind_device, sizeof server->device);
    if (old) { /* a wildcard address and one of its addresses stand in each other's way */
        share_all(old, true);
    }
    opened = open_all(server, old, config, family, problem, capacity);
    if (old) {
        share_all(old, false);
        share_all(server, false);
    }
    if (!opened && old) {
        server_close_rest(server, old);
        *server = *old;
    }
    server->port = server->count > 0 ? server->locals[0].port : 0;
    return opened;
}

unsigned server_addresses(const struct config *config, uint8_t family, struct address *out,
                          unsigned max)
{
    const unsigned ports[] = {config->port, config->extra_port};
    struct local locals[LOCALS_MAX];
    unsigned count, written = 0;

    if (config->port == 0 || acl_allows_nobody(&config->access)) {
        return 0;
    }
    count = choose_locals(config, locals);
    for (size_t p = 0; p < 2; p++) {
        for (unsigned i = 0; ports[p] != 0 && i < count && written < max; i++) {
            if (!family || family == locals[i].address.family) {
                out[written] = locals[i].address;
                out[written++].port = (uint16_t)ports[p];
            }
        }
    }
    return written;
}

bool server_equal(const struct server *a, const struct server *b)
{
    bool equal = a->count == b->count;

    for (unsigned i = 0; equal && i < a->count; i++) {
        equal = a->sockets[i] == b->sockets[i];
    }
    return equal;
}

void server_retire_rest(const struct server *old, const struct server *server)
{
    for (unsigned i = 0; i < old->count; i++) {
        if (find_socket(server, &old->locals[i]) != old->sockets[i]) {
            udp_retire(old->sockets[i], &old->locals[i]);
        }
    }
}

void server_close_rest(const struct server *old, const struct server *server)
{
    for (unsigned i = 0; i < old->count; i++) {
        if (find_socket(server, &old->locals[i]) != old->sockets[i]) {
            udp_close(old->sockets[i]);
        }
    }
}

/* The configured memory: half of it is the limiter's, half the table's. */
static size_t half_of_memory(const struct config *config)
{
    return config->client_log_bytes / 2;
}

/* How many clients the limiter is to remember. */
static size_t client_count(const struct config *config)
{
    size_t count = CLIENTS_MIN;

    while (count < CLIENTS_MAX &&
           count * 2 * sizeof(struct ratelimit_client) <= half_of_memory(config)) {
        count *= 2;
    }
    return count;
}

bool server_renew_limits(struct server_limits *limits, const struct config *config)
{
    size_t count = client_count(config);
    struct ratelimit_client *clients;

    if (count == limits->count) {
        return true;
    }
    clients = process_shared_memory("toki-ratelimit", count * sizeof *clients, NULL);
    if (!clients) {
        return false;
    }
    if (limits->clients) {
        process_unshare_memory(limits->clients, limits->count * sizeof *clients);
    }
    limits->clients = clients;
    limits->count = count;
    random_system(limits->key, sizeof limits->key);
    return true;
}

struct clients *server_new_clients(const struct config *config)
{
    struct clients *clients =
        process_shared_memory("toki-clients", clients_size(CLIENTS_BUCKETS), NULL);
    uint8_t seed[16];

    if (clients) {
        random_system(seed, sizeof seed);
        clients_init(clients, CLIENTS_BUCKETS, seed);
        server_resize_clients(clients, config);
    }
    return clients;
}

void server_resize_clients(struct clients *clients, const struct config *config)
{
    clients_resize(clients, half_of_memory(config));
}

/* Did a line say what holds for everybody of this family? */
static bool has_default_rule(const struct config *config, uint8_t family)
{
    for (unsigned i = 0; i < config->places.access_count; i++) {
        const struct config_access_place *a = &config->places.access[i];

        if (!a->command && a->length == 0 && a->prefix.family == family) {
            return true;
        }
    }
    return false;
}

/* ntp.conf's `restrict` lines say who may ask for the status; chrony's and OpenNTPD's rules are
 * about the time only. Where nothing is said this machine may. */
static void set_queries(struct worker *worker, const struct config *config)
{
    static const uint8_t families[2] = {ADDRESS_V4, ADDRESS_V6};

    worker->queries.by_rules = config->dialect == DIALECT_NTP;
    for (unsigned i = 0; i < 2; i++) {
        worker->queries.local[i] =
            !worker->queries.by_rules || !has_default_rule(config, families[i]);
    }
}

void server_configure(struct worker *worker, const struct server_limits *limits,
                      const struct config *config)
{
    uint8_t seed[32];

    worker->acl = &config->access;
    worker->keys = &config->keys;
    worker->have_source_access = config->have_source_access;
    worker->source_access = config->source_access;
    set_queries(worker, config);
    if (worker->ratelimit.clients == limits->clients) {
        ratelimit_configure(&worker->ratelimit, &config->ratelimit);
        return;
    }
    random_system(seed, sizeof seed);
    memcpy(seed, limits->key, sizeof limits->key);
    ratelimit_init(&worker->ratelimit, &config->ratelimit, limits->clients, limits->count, seed);
}

struct worker *server_new_worker(struct serve_page *page, struct clients *clients,
                                 const struct server_limits *limits, unsigned number,
                                 const struct config *config)
{
    struct worker *worker = calloc(1, sizeof *worker);
    uint8_t seed[RANDOM_SEED_LENGTH];

    if (worker) {
        random_system(seed, sizeof seed);
        worker_init(worker, page, number, &config->access, seed);
        worker->clients = clients;
        server_configure(worker, limits, config);
    }
    return worker;
}

/* Sockets may be shared with a worker that goes on, and then never run dry. */
#define DRAIN_BATCHES_MAX 64

void server_drain(const struct server *server, struct worker *worker)
{
    for (unsigned i = 0; i < server->count; i++) {
        unsigned batches = 0;

        while (worker_batch(worker, server->sockets[i]) > 0 && batches < DRAIN_BATCHES_MAX) {
            batches++;
        }
    }
}

/* What sync answered goes out by the socket that was asked. */
static void deliver(const struct server *server, int queries)
{
    struct datagram datagram;
    struct address bound;

    for (unsigned i = 0; i < UDP_BATCH && queries_receive(queries, &datagram, &bound); i++) {
        int fd = find_socket(server, &bound);

        if (fd >= 0) {
            udp_send(fd, &datagram, 1, NULL);
        }
    }
}

static void serve(struct tokid *t, struct worker *worker, int queries)
{
    const struct server *server = &t->server;
    struct query_gate gate = {0};
    struct wait_set wait = {0};

    wait_add(&wait, queries, WAIT_READ);
    for (unsigned i = 0; i < server->count; i++) {
        wait_add(&wait, server->sockets[i], WAIT_READ);
    }
    while (!process_take_signal(SIGNAL_END)) {
        wait_until(&wait, mono_after(clock_now().mono, 1.0));
        if (configuration_refresh(t->config)) {
            server_configure(worker, &t->limits, configuration_current(t->config));
        }
        for (unsigned i = 0; i < server->count; i++) {
            if (wait_ready(&wait, server->sockets[i])) {
                worker_batch(worker, server->sockets[i]);
                queries_pass(&gate, queries, worker, &server->locals[i], clock_now().mono);
            }
        }
        if (wait_ready(&wait, queries)) {
            deliver(server, queries);
        }
    }
    server_drain(server, worker);
}

int server_run(struct tokid *t, const struct role_start *start)
{
    /* Of two that relieve each other in a place, each has counters of its own. */
    unsigned number = 2 * start->place + start->odd;
    struct worker *worker = server_new_worker(t->page, t->clients, &t->limits, number,
                                              configuration_current(t->config));

    if (!worker || !rights_drop(t, start->role)) {
        return 1;
    }
    serve(t, worker, start->sync);
    return 0;
}
