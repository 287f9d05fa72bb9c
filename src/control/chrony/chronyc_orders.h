/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes of chrony's command protocol -> orders, in the words that a person would give them in.
 * What names no source, or asks for what toki has not, is told so at once. Pure. */
#ifndef TOKI_CONTROL_CHRONY_CHRONYC_ORDERS_H
#define TOKI_CONTROL_CHRONY_CHRONYC_ORDERS_H

#include "control/command.h"
#include "wire/chrony_packet.h"

/* A request whose header is read. */
struct chronyc_wish {
    enum chrony_command command;
    const union chrony_request_body *request;
    struct report *report;       /* as in struct chronyc_exchange */
    struct command_order *order; /* zeroed */
    bool ordered;                /* it is to be carried out; else the status is the answer */
};

enum chrony_status chronyc_orders_connect(struct chronyc_wish *w); /* online, offline */
enum chrony_status chronyc_orders_burst(struct chronyc_wish *w);
enum chrony_status chronyc_orders_modify(struct chronyc_wish *w);
enum chrony_status chronyc_orders_modify_real(struct chronyc_wish *w); /* an option of a source */
enum chrony_status chronyc_orders_select(struct chronyc_wish *w);
enum chrony_status chronyc_orders_offset(struct chronyc_wish *w);
enum chrony_status chronyc_orders_add(struct chronyc_wish *w);
enum chrony_status chronyc_orders_add_old(struct chronyc_wish *w);
enum chrony_status chronyc_orders_delete(struct chronyc_wish *w);
enum chrony_status chronyc_orders_access(struct chronyc_wish *w); /* allow, deny, cmd..., all */
enum chrony_status chronyc_orders_local(struct chronyc_wish *w);
enum chrony_status chronyc_orders_makestep(struct chronyc_wish *w);
enum chrony_status chronyc_orders_number(struct chronyc_wish *w); /* a setting of one number */
enum chrony_status chronyc_orders_reload(struct chronyc_wish *w);
enum chrony_status chronyc_orders_simple(struct chronyc_wish *w); /* an order without words */
enum chrony_status chronyc_orders_manual(struct chronyc_wish *w);

/* Is the word in a list that has one space between words? */
bool chronyc_orders_has_word(const char *list, const char *word);

#endif
