/* SPDX-License-Identifier: BSD-2-Clause */
/* What came over the control socket and is more than a question: carried out in the engine, or by
 * the parent, and answered when it is done. Also where sync takes over a new configuration, whoever
 * asked for it. One order at a time is with the parent; the others wait. */
#ifndef TOKI_DAEMON_ORDERS_H
#define TOKI_DAEMON_ORDERS_H

#include "daemon/loop.h"
#include "daemon/tokid.h"

/* Where an order came from. */
struct order_ticket {
    enum { ORDER_FROM_CONTROL, ORDER_FROM_CHRONYC, ORDER_FROM_QUERY } from;
    struct endpoint_ticket control;
    struct chronyc_ticket chronyc;
};

struct orders {
    struct tokid *t;
    struct loop *loop;
    int parent;     /* channel, -1: one process */
    uint32_t asked; /* serial of the change that the parent is at, 0: none */
    uint32_t serials;
    struct mono_time limit; /* for its answer */
    struct order_ticket ticket;
    bool end;     /* the daemon is to end */
    bool by_hand; /* it is not a reload */
};

void orders_init(struct orders *orders, struct tokid *t, struct loop *loop, int parent);

/* All that there is to do now; once in each round of the loop. */
void orders_carry_out(struct orders *orders);

#endif
