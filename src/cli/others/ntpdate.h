/* SPDX-License-Identifier: BSD-2-Clause */
/* The measuring half of our ntpdate: a burst of requests to each server by the engine that tokid
 * runs, told to measure only, and the choice of one answer. */
#ifndef TOKI_CLI_OTHERS_NTPDATE_H
#define TOKI_CLI_OTHERS_NTPDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/requests.h"
#include "core/engine.h"

#define NTPDATE_SERVERS_MAX SOURCES_MAX

struct ntpdate_wish {
    uint8_t family;
    unsigned version, samples;
    double timeout_s;
    uint32_t key_id; /* 0: none */
    struct mac_keys *keys;
};

/* What one server said. */
struct ntpdate_answer {
    const struct source *source; /* NULL: the engine has none */
    const struct sample *best;   /* the one with the shortest way; NULL: none that can be used */
    double offset_s;             /* of that, now; positive: our clock is slow */
    double distance_s;           /* how far off it can be */
};

struct ntpdate {
    struct settings settings;
    struct engine engine;
    struct requests requests;
    struct wait_set wait;
    struct ntpdate_answer answers[NTPDATE_SERVERS_MAX]; /* in the order of the servers */
};

/* Adds the addresses of a host; 0, or why there is none (enum names_error). */
int ntpdate_add(struct ntpdate *n, const struct ntpdate_wish *wish, const char *host);

/* Asks all of them, and fills the answers. */
void ntpdate_measure(struct ntpdate *n, const struct ntpdate_wish *wish);

/* The answer to believe: of those that most agree with, and of these the one of the lowest stratum
 * and the least distance. -1: none, or of three and more no majority agrees. Pure. */
int ntpdate_choose(const struct ntpdate_answer *answers, unsigned count);

#endif
