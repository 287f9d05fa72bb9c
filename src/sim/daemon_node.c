/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a tokid inside the world: what main() does before the loop, in small, and then the loop's
 * own functions whenever a packet has come or time is up. */
#include "sim/daemon_node.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/loop.h"
#include "daemon/state_files.h"
#include "os/clock.h"
#include "os/random.h"
#include "os/udp.h"
#include "sim/os_sim.h"

#define CLIENTS 256     /* of the rate limiter */
#define ROUNDS_MAX 1000 /* of the loop at one moment: more is a spin */

struct daemon_node {
    struct daemon_node_setup setup;
    struct os_sim os;
    struct config config;
    struct loop loop;
    struct serve_page page;
    struct worker worker;
    struct ratelimit_client clients[CLIENTS];
};

static int serve(struct daemon_node *d)
{
    const struct address any = {.family = ADDRESS_V4, .port = NTP_PORT};
    struct reference reference;
    uint8_t seed[RANDOM_SEED_LENGTH];

    random_system(seed, sizeof seed);
    memset(d->clients, 0, sizeof d->clients);
    reference_init(&reference, -23);
    page_init(&d->page, &reference);
    worker_init(&d->worker, &d->page, 0, &d->config.access, seed);
    ratelimit_init(&d->worker.ratelimit, &d->config.ratelimit, d->clients, CLIENTS, seed);
    return udp_listen(&any, NULL, false, 0);
}

/* All rounds of the loop that this moment needs. */
static void run_loop(struct daemon_node *d)
{
    struct node *node = d->os.node;
    unsigned rounds = 0;

    do {
        loop_dispatch(&d->loop);
        rounds++;
    } while (os_sim_poll(&d->os, &d->loop.wait) && rounds < ROUNDS_MAX);
    node->counters.stuck += rounds == ROUNDS_MAX;
    world_set_due(node, loop_deadline(&d->loop));
}

static void start_loop(struct daemon_node *d)
{
    struct loop_setup setup = {.config = &d->config,
                               .config_file = "simulated",
                               .clock_control = true,
                               .lookup = -1,
                               .parent = -1,
                               .driver = "simulated"};

    setup.have_drift = state_files_read_drift(&d->config, &setup.drift, &setup.drift_sd);
    if (d->setup.serves) {
        setup.page = &d->page;
        setup.worker = &d->worker;
        setup.servers[0] = serve(d);
        setup.server_count = 1;
        setup.server_port = NTP_PORT;
    }
    loop_init(&d->loop, &setup);
    d->os.node->engine = &d->loop.engine;
    os_sim_poll(&d->os, &d->loop.wait);
    run_loop(d);
}

/* The world shows events as they come; the loop only counts them. */
static void tell_events(struct world *w, struct node *node, const uint64_t before[EVENT_TYPES])
{
    const struct daemon_node *d = node->state;

    for (unsigned type = 0; type < EVENT_TYPES; type++) {
        for (uint64_t i = before[type]; i < d->loop.events[type]; i++) {
            struct event event = {.type = (enum event_type)type, .source = EVENT_NO_SOURCE};

            bool last = d->loop.last_event.type == event.type && i + 1 == d->loop.events[type];

            world_tell(w, node, last ? &d->loop.last_event : &event);
        }
    }
}

static void node_start(struct world *w, struct node *node)
{
    static const uint64_t none[EVENT_TYPES];
    struct daemon_node *d = node->state;

    os_sim_enter(&d->os);
    d->os.queue_s = d->setup.queue_s;
    start_loop(d);
    tell_events(w, node, none);
}

static void run_and_tell(struct world *w, struct node *node)
{
    struct daemon_node *d = node->state;
    uint64_t before[EVENT_TYPES];

    memcpy(before, d->loop.events, sizeof before);
    os_sim_enter(&d->os);
    os_sim_poll(&d->os, &d->loop.wait);
    run_loop(d);
    tell_events(w, node, before);
}

static void node_receive(struct world *w, struct node *node, const struct world_packet *packet)
{
    struct daemon_node *d = node->state;

    os_sim_deliver(&d->os, packet);
    run_and_tell(w, node);
}

static void node_free(struct node *node)
{
    free(node->state);
    node->state = NULL;
    node->engine = NULL;
}

static void start_again(struct world *w, struct node *node, double value)
{
    (void)value;
    node->started = true;
    node_start(w, node);
}

void daemon_node_restart(struct world *w, struct node *node, double after_s)
{
    struct daemon_node *d = node->state;

    os_sim_enter(&d->os);
    loop_end(&d->loop);
    for (int i = 0; i < OS_SIM_SOCKETS; i++) {
        if (d->os.sockets[i].open) {
            udp_close(OS_SIM_FIRST_FD + i);
        }
    }
    node->started = false;
    world_set_due(node, (struct mono_time){WORLD_NOT_DUE});
    world_at(w, world_now_s(w) + after_s, node->index, start_again, 0);
}

unsigned daemon_node_add(struct world *w, const struct oscillator_settings *clock,
                         const struct daemon_node_setup *setup)
{
    static const struct node_calls calls = {node_start, run_and_tell, node_receive, node_free};
    struct node *node = world_add_node(w, clock, &calls);
    struct daemon_node *d = calloc(1, sizeof *d);

    assert(d);
    node->state = d;
    d->setup = *setup;
    os_sim_init(&d->os, w, node);
    d->config.dialect = DIALECT_NTP;
    d->config.settings = *setup->settings;
    d->setup.settings = NULL;
    d->config.drift_format = DRIFT_NTP;
    d->config.drift_interval_s = 3600;
    if (setup->keeps_drift) {
        snprintf(d->config.driftfile, sizeof d->config.driftfile, "%s", "/var/lib/ntp/ntp.drift");
    }
    acl_init(&d->config.access, setup->limited ? ACCESS_LIMITED | ACCESS_KOD : 0);
    d->config.ratelimit = (struct ratelimit_settings){.enabled = setup->limited,
                                                      .interval_s = 8,
                                                      .burst = 8,
                                                      .leak_log2 = 2,
                                                      .kod_log2 = 2,
                                                      .minimum_s = 2};
    return node->index;
}
