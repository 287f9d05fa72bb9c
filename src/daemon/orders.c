/* SPDX-License-Identifier: BSD-2-Clause */
/* Orders and new configurations in sync; see the header. */
#include "daemon/orders.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "daemon/effects.h"
#include "daemon/log.h"
#include "daemon/parent.h"
#include "daemon/reload.h"
#include "os/clock.h"
#include "os/process.h"

/* A parent that says nothing for so long has other troubles; its order is given up. */
#define ANSWER_LIMIT_S 30.0
/* In one process: the next reload is not sooner than this after the last one. */
#define RELOAD_GAP_S 0.1
/* In a ticket: the order came as a control request of mode 6. */
#define QUERY_CLIENT UINT_MAX

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

/* Whoever gave the order hears what came of it. */
static void tell(struct orders *orders, const struct endpoint_ticket *ticket,
                 const struct command_outcome *outcome)
{
    if (ticket->client == QUERY_CLIENT) {
        queries_finish_order(orders->loop->setup.queries, outcome->error ? outcome->problem : NULL);
    } else {
        endpoint_answer(orders->t->endpoint, &orders->loop->wait, ticket, outcome);
    }
}

static void fail(struct orders *orders, const struct endpoint_ticket *ticket, const char *code,
                 const char *problem)
{
    const struct command_outcome outcome = {.error = code, .problem = problem};

    tell(orders, ticket, &outcome);
}

static void answer(struct orders *orders, const struct endpoint_ticket *ticket,
                   const struct change_outcome *done, bool by_hand)
{
    struct command_outcome outcome = {.changes = done->difference.text,
                                      .change_count = done->difference.count,
                                      .messages = done->messages,
                                      .message_count = done->message_count};

    if (!done->applied) {
        outcome.error = "refused";
        outcome.problem = done->problem;
    } else if (by_hand) {
        outcome.note = "holds until the next reload or start: the file is as it was";
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
        t->worker = server_new_worker(t->page, t->clients, 0, config);
    } else if (t->worker) {
        server_configure(t->worker, config);
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
                  const struct endpoint_ticket *ticket)
{
    struct engine *engine = &orders->loop->engine;
    unsigned found = 0;
    char note[64];

    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        if (is_source(&engine->sources[i], order->source)) {
            found += engine_burst(engine, clock_now(), i);
        }
    }
    effects_carry_out(orders->loop);
    if (found == 0) {
        fail(orders, ticket, "refused",
             order->source[0] != '\0' ? "no source of this name can be asked now"
                                      : "no source can be asked now");
        return;
    }
    snprintf(note, sizeof note, "%u source%s asked by a burst", found,
             found == 1 ? " is" : "s are");
    tell(orders, ticket, &(struct command_outcome){.note = note});
}

static void make_step(struct orders *orders, const struct endpoint_ticket *ticket)
{
    struct engine *engine = &orders->loop->engine;
    struct instant now = clock_now();
    double offset_s = engine_clock_offset(engine, now.mono);
    char note[64];

    if (!engine_make_step(engine, now)) {
        fail(orders, ticket, "refused",
             engine->settings.clock_control
                 ? "nothing is known yet of how far off the clock is"
                 : "the clock is not ours to set: tokid only measures here");
        return;
    }
    effects_carry_out(orders->loop);
    snprintf(note, sizeof note, "the clock was stepped by %+.9f s", offset_s);
    tell(orders, ticket, &(struct command_outcome){.note = note});
}

static void change(struct orders *orders, const struct command_order *order,
                   const struct endpoint_ticket *ticket)
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
        fail(orders, ticket, "busy", "the daemon cannot take a change now: try again");
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
        fail(orders, &orders->ticket, "busy", "the daemon does not answer: look at its log");
    }
}

static bool take_order(struct orders *orders, struct command_order *order,
                       struct endpoint_ticket *ticket)
{
    struct queries *queries = orders->loop->setup.queries;

    if (orders->t->endpoint && endpoint_take_order(orders->t->endpoint, order, ticket)) {
        return true;
    }
    *ticket = (struct endpoint_ticket){.client = QUERY_CLIENT};
    return queries && queries_take_order(queries, order);
}

void orders_carry_out(struct orders *orders)
{
    struct command_order order;
    struct endpoint_ticket ticket;

    if (orders->parent >= 0) {
        hear_parent(orders);
    } else {
        reload_in_place(orders);
    }
    while (orders->asked == 0 && take_order(orders, &order, &ticket)) {
        switch (order.kind) {
        case ORDER_CHANGE:
            change(orders, &order, &ticket);
            break;
        case ORDER_BURST:
            burst(orders, &order, &ticket);
            break;
        case ORDER_MAKE_STEP:
            make_step(orders, &ticket);
            break;
        }
    }
}
