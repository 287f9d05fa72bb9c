/* SPDX-License-Identifier: BSD-2-Clause */
/* chrony's command protocol, the daemon's side: one datagram in, at most one out, never a longer
 * one. Reports are answered at once; changes become orders for the daemon, and only those who come
 * by the Unix socket may give them. Layouts follow the length of the request, so that chronyc of
 * all versions since 3.5 understands. Pure but for the clock that is in the report. */
#ifndef TOKI_CONTROL_CHRONY_CHRONYC_H
#define TOKI_CONTROL_CHRONY_CHRONYC_H

#include "control/command.h"
#include "wire/chrony_packet.h"

enum chronyc_result {
    CHRONYC_IGNORED, /* no answer is due */
    CHRONYC_ANSWERED,
    CHRONYC_ORDERED /* *order is to be carried out; then chronyc_answer() */
};

/* What requests are answered from; one for many of them. */
struct chronyc_context {
    const struct report_input *input;
    struct report *report;      /* room to work in */
    bool started;               /* the report was, in this round */
    bool may_change;            /* it came by the Unix socket */
    const char *open_commands;  /* reports for the others, by their names */
    uint64_t requests, refused; /* so far, for the counters of the daemon */
};

enum chronyc_result chronyc_respond(struct chronyc_context *context, const uint8_t *request,
                                    size_t length, struct command_order *order,
                                    uint8_t reply[CHRONY_REPLY_MAX], size_t *reply_length);

/* The answer to an order, by the header of its request: its length. */
size_t chronyc_answer(const uint8_t request[CHRONY_REQUEST_HEADER],
                      const struct command_outcome *outcome, uint8_t reply[CHRONY_REPLY_MAX]);

#endif
