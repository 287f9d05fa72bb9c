/* SPDX-License-Identifier: BSD-2-Clause */
/* What must hold in every world, whatever happens in it:
 *   bound    while synchronised, the clock is within the bound that it tells, at 99.9 % of seconds
 *   step     no step without leave of the settings
 *   rate     no server is asked more often than its minpoll and bursts allow
 *   offline  a source that is offline is not asked at all
 *   spin     a node is not run over and over at one moment, nor absurdly often
 *   effects  no effect of the engine is lost
 *   unasked  no reply without its request
 * Watches the nodes of toki in one world; takes over its observer. */
#ifndef TOKI_SIM_CHECKS_H
#define TOKI_SIM_CHECKS_H

#include "sim/world.h"

#define CHECKS_SOURCES 64
#define CHECKS_TEXT 200
#define CHECKS_KEPT 8

struct check_source {
    struct address address;
    bool asked;
    int64_t last_ns; /* mono of the last request */
    unsigned run;    /* requests in a row that came sooner than minpoll */
};

struct check_node {
    const struct settings *settings; /* NULL: not watched */
    bool bound;                      /* most of its servers are honest: check the bound */
    struct check_source sources[CHECKS_SOURCES];
    unsigned source_count;
    unsigned early;    /* requests that a step of the clock excuses */
    int64_t grace_ns;  /* until this true time the bound is not checked: the world cheated */
    int64_t misled_ns; /* the same, since it used a falseticker that cannot be identified */
    unsigned updates;  /* of its clock before the present second */
    uint64_t synchronised, outside; /* seconds */
    double worst;                   /* error / bound */
    double worst_at_s;
};

struct checks {
    struct world *world;
    bool liar[WORLD_NODES_MAX]; /* servers that lie: the caller says so */
    struct check_node nodes[WORLD_NODES_MAX];
    unsigned violations;
    char text[CHECKS_KEPT][CHECKS_TEXT];
};

void checks_init(struct checks *c, struct world *w);

/* Watches a node; `settings` stays the caller's, and must be those that the node has. */
void checks_watch(struct checks *c, unsigned node, const struct settings *settings, bool bound);

/* The world does something to this node's clock that nobody can know at once: no bound for a while,
 * and one more request to each source is in order. */
void checks_excuse(struct checks *c, unsigned node, double for_s);

/* After each world_run_second(). */
void checks_second(struct checks *c);

/* After the last one; the number of violations. */
unsigned checks_finish(struct checks *c);

#endif
