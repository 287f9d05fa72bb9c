/* SPDX-License-Identifier: BSD-2-Clause */
/* Orders and new configurations in sync: taken from the three protocols that can give orders,
 * carried out here or by the parent, and answered where they came from. */
#include "daemon/orders.h"

#include <stdio.h>
#include <string.h>

#include "daemon/effects.h"
#include "daemon/log.h"
#include "daemon/parent.h"
#include "daemon/reload.h"
#include "os/clock.h"
#include "os/process.h"

/* A parent that says nothing for longer has other troubles; its order is given up. */
#define ANSWER_LIMIT_S 30.0
/* In one process: the next reload is not sooner than this after the last one. */
#define RELOAD_GAP_S 0.1

/* Where requests come in, for reports. */
static void list_interfaces(struct orders *orders)
{
    struct queries *queries = orders->loop->setup.queries;

    if (queries) {
        queries->mode6.interface_count =
            server_addresses(configuration_current(orders->t->config), orders->t->options.family,
                             queries->mode6.interfaces, MODE6_INTERFACES_MAX);
    }
}

void orders_init(struct orders *orders, struct tokid *t, struct loop *loop, int parent)
{
    *orders = (struct orders){.t = t, .loop = loop, .parent = parent};
    list_interfaces(orders);
}

/* The outcome goes to where the order came from. */
static void tell(struct orders *orders, const struct order_ticket *ticket,
                 const struct command_outcome *outcome)
{
    switch (ticket->from) {
    case ORDER_FROM_CONTROL:
        endpoint_answer(orders->t->endpoint, &orders->loop->wait, &ticket->control, outcome);
        break;
    case ORDER_FROM_CHRONYC:
        chronyc_endpoint_answer(orders->loop->setup.chronyc, &ticket->chronyc, outcome);
        break;
    case ORDER_FROM_QUERY:
        queries_finish_order(orders->loop->setup.queries, outcome->error ? outcome->problem : NULL);
        break;
    }
}

static void fail(struct orders *orders, const struct order_ticket *ticket, const char *code,
                 const char *problem)
{
    const struct command_outcome outcome = {.error = code, .problem = problem};

    tell(orders, ticket, &outcome);
}

static void answer(struct orders *orders, const struct order_ticket *ticket,
                   const struct change_outcome *change, bool by_hand)
{
    struct command_outcome outcome = {.changes = change->difference.text,
                                      .change_count = change->difference.count,
                                      .messages = change->messages,
                                      .message_count = change->message_count};

    if (!change->applied) {
        outcome.error = "refused";
        outcome.problem = change->problem;
    } else if (by_hand) {
        outcome.note = "in force until the next reload or start; the file is not changed";
    }
    tell(orders, ticket, &outcome);
}

/* ---- the configuration ---- */

/* What is in force for this process now goes to the loop. */
static void apply(struct orders *orders)
{
    struct loop *loop = orders->loop;
    struct configuration *c = orders->t->config;

    loop->setup.server_port = c->server_port;
    loop_configure(loop, configuration_current(c));
    list_interfaces(orders);
}

/* In one process: the worker of this loop and its sockets. */
static void change_over(struct tokid *t, struct loop *loop, const struct server *before)
{
    const struct config *config = configuration_current(t->config);

    if (!t->worker && t->server.count > 0) {
        t->worker = server_new_worker(t->page, t->clients, &t->limits, 0, config);
    } else if (t->worker) {
        server_configure(t->worker, &t->limits, config);
    }
    if (!server_equal(before, &t->server)) {
        if (t->worker) {
            server_drain(before, t->worker);
        }
        loop_serve(loop, t->worker, t->server.sockets, t->server.count);
        server_close_rest(before, &t->server);
    }
}

static void change_in_place(struct orders *orders, const struct change *change,
                            struct change_outcome *outcome)
{
    struct server before;

    reload_begin();
    if (reload_carry_out(orders->t, change, &before, outcome)) {
        change_over(orders->t, orders->loop, &before);
        apply(orders);
    }
    reload_end();
}

static void reload_in_place(struct orders *orders)
{
    static const struct change reload = {.kind = CHANGE_RELOAD};
    struct mono_time now = clock_now().mono;

    if (now.ns >= orders->limit.ns && process_take_signal(SIGNAL_RELOAD)) {
        change_in_place(orders, &reload, &orders->t->config->shared->outcome);
        orders->limit = mono_after(clock_now().mono, RELOAD_GAP_S);
    }
}

/* ---- orders ---- */

static bool is_source(const struct source *s, const char *name)
{
    struct address address;

    return s->status != SOURCE_UNUSED &&
           (name[0] == '\0' || strcmp(s->config.name, name) == 0 ||
            (address_parse(name, &address) && address_equal(&s->address, &address)));
}

static void burst(struct orders *orders, const struct command_order *order,
                  const struct order_ticket *ticket)
{
    struct engine *engine = &orders->loop->engine;
    unsigned found = 0;
    char note[64];

    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        if (order->chosen ? order->chosen >> i & 1
                          : is_source(&engine->sources[i], order->source)) {
            found += engine_burst(engine, clock_now(), i,
                                  order->requests ? order->requests : ENGINE_BURST_REQUESTS,
                                  order->answers ? order->answers : ENGINE_BURST_REQUESTS);
        }
    }
    effects_carry_out(orders->loop);
    if (found == 0) {
        fail(orders, ticket, "refused",
             order->source[0] != '\0' ? "no source of this name can be queried now"
                                      : "no source can be queried now");
        return;
    }
    snprintf(note, sizeof note, "%u source%s sent a burst", found, found == 1 ? " is" : "s are");
    tell(orders, ticket, &(struct command_outcome){.note = note});
}

static void make_step(struct orders *orders, const struct order_ticket *ticket)
{
    struct engine *engine = &orders->loop->engine;
    struct instant now = clock_now();
    double offset_s = engine_clock_offset(engine, now.mono);
    char note[64];

    if (!engine_make_step(engine, now)) {
        fail(orders, ticket, "refused",
             engine->settings.clock_control
                 ? "the offset of the clock is not known yet"
                 : "tokid does not control the clock here: it only measures");
        return;
    }
    effects_carry_out(orders->loop);
    snprintf(note, sizeof note, "the clock was stepped by %+.9f s", offset_s);
    tell(orders, ticket, &(struct command_outcome){.note = note});
}

static void change(struct orders *orders, const struct command_order *order,
                   const struct order_ticket *ticket)
{
    struct change_outcome *outcome = &orders->t->config->shared->outcome;
    bool by_hand = order->change.kind != CHANGE_RELOAD;

    if (orders->parent < 0) {
        change_in_place(orders, &order->change, outcome);
        answer(orders, ticket, outcome, by_hand);
        return;
    }
    orders->asked = ++orders->serials ? orders->serials : ++orders->serials;
    orders->ticket = *ticket;
    orders->by_hand = by_hand;
    orders->limit = mono_after(clock_now().mono, ANSWER_LIMIT_S);
    if (!parent_ask(orders->parent, orders->asked, &order->change)) {
        orders->asked = 0;
        fail(orders, ticket, "busy", "the daemon cannot accept a change now: try again");
    }
}

/* What the parent has done meanwhile. */
static void hear_parent(struct orders *orders)
{
    struct configuration *c = orders->t->config;
    uint32_t serial;

    while (parent_receive(orders->parent, &serial)) {
        if (configuration_refresh(c)) {
            apply(orders);
            parent_applied(orders->parent, c->seen);
        }
        if (serial != 0 && serial == orders->asked) {
            orders->asked = 0;
            answer(orders, &orders->ticket, &c->shared->outcome, orders->by_hand);
        }
    }
    if (orders->asked != 0 && clock_now().mono.ns > orders->limit.ns) {
        log_line(LEVEL_ERROR, "order-lost text=\"the parent does not answer\"");
        orders->asked = 0;
        fail(orders, &orders->ticket, "busy", "the daemon does not answer: see its log");
    }
}

/* Sources whose name has no address yet are asked for it: online. */
static void follow_routes(struct orders *orders, const struct order_ticket *ticket)
{
    static struct command_order order;
    const struct engine *engine = &orders->loop->engine;
    size_t used = 0;

    memset(&order, 0, sizeof order);
    order.change.kind = CHANGE_ROUTES;
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &engine->sources[i];

        if (s->status != SOURCE_UNUSED && s->config.kind != SOURCE_REFCLOCK &&
            (s->address.family == ADDRESS_NONE ||
             requests_have_route(&orders->loop->requests, s))) {
            used += (size_t)snprintf(order.change.text + used, sizeof order.change.text - used,
                                     "%s%s", used ? " " : "", s->config.name);
            if (used >= sizeof order.change.text) {
                fail(orders, ticket, "refused", "too many sources to list");
                return;
            }
        }
    }
    change(orders, &order, ticket);
}

/* Orders that need no words and have no answer but that they are done. */
static void act(struct orders *orders, enum order_kind kind, const struct order_ticket *ticket)
{
    struct engine *engine = &orders->loop->engine;

    if (kind == ORDER_KEEP) {
        loop_keep(orders->loop);
    } else if (kind == ORDER_REFRESH) {
        engine_refresh(engine, clock_now());
    } else if (kind == ORDER_RESELECT) {
        engine_reselect(engine, clock_now());
    } else if (kind == ORDER_FORGET) {
        engine_forget(engine, clock_now());
    } else if (kind == ORDER_END) {
        log_line(LEVEL_NOTICE, "ending text=\"on request\"");
        orders->end = true;
    }
    effects_carry_out(orders->loop);
    tell(orders, ticket, &(struct command_outcome){.error = NULL});
}

static void carry_out(struct orders *orders, const struct command_order *order,
                      const struct order_ticket *ticket)
{
    switch (order->kind) {
    case ORDER_CHANGE: change(orders, order, ticket); break;
    case ORDER_BURST: burst(orders, order, ticket); break;
    case ORDER_MAKE_STEP: make_step(orders, ticket); break;
    case ORDER_FOLLOW_ROUTES: follow_routes(orders, ticket); break;
    case ORDER_KEEP:
    case ORDER_REFRESH:
    case ORDER_RESELECT:
    case ORDER_FORGET:
    case ORDER_END: act(orders, order->kind, ticket); break;
    }
}

/* The next order, from any of the three. */
static bool take(struct orders *orders, struct command_order *order, struct order_ticket *ticket)
{
    struct chronyc_endpoint *chronyc = orders->loop->setup.chronyc;
    struct queries *queries = orders->loop->setup.queries;

    *ticket = (struct order_ticket){.from = ORDER_FROM_CONTROL};
    if (orders->t->endpoint && endpoint_take_order(orders->t->endpoint, order, &ticket->control)) {
        return true;
    }
    ticket->from = ORDER_FROM_CHRONYC;
    if (chronyc && chronyc_endpoint_take_order(chronyc, order, &ticket->chronyc)) {
        return true;
    }
    ticket->from = ORDER_FROM_QUERY;
    return queries && queries_take_order(queries, order);
}

void orders_carry_out(struct orders *orders)
{
    struct command_order order;
    struct order_ticket ticket;

    if (orders->parent >= 0) {
        hear_parent(orders);
    } else {
        reload_in_place(orders);
    }
    while (orders->asked == 0 && take(orders, &order, &ticket)) {
        carry_out(orders, &order, &ticket);
    }
}
