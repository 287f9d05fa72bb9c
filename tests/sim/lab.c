/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/daemon_node.h"
#include "sim/engine_node.h"

#define LATE_STAMP_S 0.05 /* longer than an exchange takes */

void lab_init(struct lab *lab, bool ntp)
{
    memset(lab, 0, sizeof *lab);
    lab->majority = true;
    lab->clock = (struct oscillator_settings){.offset_s = 3e-3, .freq = 1e-5, .wander = 1e-10};
    if (ntp) {
        scenario_settings_ntp(&lab->settings);
    } else {
        scenario_settings_chrony(&lab->settings);
        lab->settings.step_threshold_s = 1;
        lab->settings.step_updates = 3;
    }
    lab->world.epoch_ns = WORLD_EPOCH_S * NS_PER_S;
}

struct scenario_server *lab_add(struct lab *lab)
{
    struct scenario_server *s = &lab->servers[lab->server_count++];
    struct link_settings path = {.delay_s = 5e-3, .jitter_s = 5e-5};

    assert_true(lab->server_count <= LAB_SERVERS_MAX);
    *s = (struct scenario_server){.up = path, .down = path};
    scenario_add_source(&lab->settings, lab->server_count)->iburst = true;
    return s;
}

void lab_add_many(struct lab *lab, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        lab_add(lab);
    }
}

void lab_build(struct lab *lab, uint64_t seed)
{
    int64_t epoch_ns = lab->world.epoch_ns;

    world_init(&lab->world, seed);
    lab->world.epoch_ns = epoch_ns;
    if (lab->daemon) {
        daemon_node_add(&lab->world, &lab->clock,
                        &(struct daemon_node_setup){.settings = &lab->settings,
                                                    .serves = true,
                                                    .keeps_drift = true,
                                                    .queue_s = lab->early_s});
    } else {
        engine_node_add(
            &lab->world, &lab->clock,
            &(struct engine_node_setup){.settings = &lab->settings,
                                        .keep_ports = lab->keep_ports,
                                        .stamp_delay_s = lab->early_s > 0 ? LATE_STAMP_S : 0,
                                        .daemon_early_s = lab->early_s});
    }
    for (unsigned i = 0; i < lab->server_count; i++) {
        unsigned node = world_add_server(&lab->world, &lab->servers[i].server);

        if (lab->daemon) { /* the daemon's requests do leave later than it says */
            lab->servers[i].up.delay_s += lab->early_s;
        }
        world_set_path(&lab->world, LAB_CLIENT, node, &lab->servers[i].up, &lab->servers[i].down);
    }
    lab->client = &lab->world.nodes[LAB_CLIENT];
    checks_init(&lab->checks, &lab->world);
    checks_watch(&lab->checks, LAB_CLIENT, &lab->settings, lab->majority);
    lab->built = true;
}

void lab_start(struct lab *lab, uint64_t seed)
{
    if (!lab->built) {
        lab_build(lab, seed);
    }
    world_start(&lab->world);
}

void lab_watch(struct lab *lab)
{
    lab->max_error_s = 0;
    lab->synchronised = lab->unsynchronised = 0;
}

void lab_run(struct lab *lab, double to_s)
{
    while (world_now_s(&lab->world) < to_s) {
        world_run_second(&lab->world);
        checks_second(&lab->checks);
        if (lab->checks.violations > CHECKS_KEPT) {
            fail_msg("%s", lab->checks.text[0]);
        }
        if (lab->client->started && !lab->client->asleep) {
            bool synchronised = lab->client->engine->synchronised;

            lab->max_error_s = fmax(lab->max_error_s, fabs(lab_error_s(lab)));
            lab->synchronised += synchronised;
            lab->unsynchronised += !synchronised;
        }
    }
}

double lab_error_s(const struct lab *lab)
{
    return world_error_s(&lab->world, LAB_CLIENT);
}

const struct source *lab_source(const struct lab *lab, unsigned server)
{
    struct address address = world_address(server);

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &lab->client->engine->sources[i];

        if (s->status != SOURCE_UNUSED && address_equal(&s->address, &address)) {
            return s;
        }
    }
    fail_msg("server %u is no source", server);
    return NULL;
}

uint64_t lab_events(const struct lab *lab, enum event_type type)
{
    return lab->client->counters.events[type];
}

void lab_end(struct lab *lab)
{
    unsigned violations = checks_finish(&lab->checks);

    for (unsigned i = 0; i < violations && i < CHECKS_KEPT; i++) {
        print_error("%s\n", lab->checks.text[i]);
    }
    world_free(&lab->world);
    assert_int_equal(violations, 0);
}
