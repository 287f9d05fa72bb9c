/* SPDX-License-Identifier: BSD-2-Clause */
/* A bench for scenario tests: one client of toki (node 0), servers (nodes 1 and up), the invariants
 * of sim/checks.h always on. Fill in, lab_start(), lab_run() as often as wanted, lab_end(). */
#ifndef TOKI_TESTS_SIM_LAB_H
#define TOKI_TESTS_SIM_LAB_H

#include "sim/checks.h"
#include "sim/scenario.h"
#include "sim/world.h"

#define LAB_CLIENT 0u
#define LAB_SERVERS_MAX 10

struct lab {
    struct settings settings; /* of the client */
    struct oscillator_settings clock;
    struct scenario_server servers[LAB_SERVERS_MAX];
    unsigned server_count;
    bool daemon;     /* a whole tokid instead of the engine alone */
    bool majority;   /* the bound must hold: true unless the test says otherwise */
    bool keep_ports; /* replies reach the engine after it closed their port */
    double early_s;  /* the client's own transmit stamps are early by this, and the kernel's come
                        behind the answers; 0: the kernel's come at once */

    bool built;
    struct world world;
    struct checks checks;
    struct node *client;
    double max_error_s;                    /* since the last lab_watch() */
    unsigned synchronised, unsynchronised; /* seconds, likewise */
};

/* The client: chrony.conf's defaults with `makestep 1 3` or ntp.conf's; 3 ms and 10 ppm wrong. */
void lab_init(struct lab *lab, bool ntp);

/* An honest server of stratum 1, 5 ms away with 50 us of jitter, asked with iburst. Its line is
 * lab->settings.specs[its index]. */
struct scenario_server *lab_add(struct lab *lab);
void lab_add_many(struct lab *lab, unsigned count);

/* The world as filled in; more nodes may be added to it. lab_start() does it if need be. */
void lab_build(struct lab *lab, uint64_t seed);
void lab_start(struct lab *lab, uint64_t seed);
void lab_run(struct lab *lab, double to_s);
void lab_watch(struct lab *lab);

/* Clock - truth, s. */
double lab_error_s(const struct lab *lab);
const struct source *lab_source(const struct lab *lab, unsigned server);
uint64_t lab_events(const struct lab *lab, enum event_type type);

/* Fails the test if an invariant was violated. */
void lab_end(struct lab *lab);

#endif
