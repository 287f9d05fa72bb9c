/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket: a line of words in, one JSON document out, closed. Bounded in clients, bytes
 * and time, and never blocks: whatever a client does, the loop goes on. Whoever may open the socket
 * may read; only root, and the user that the daemon was started by, may change anything. */
#ifndef TOKI_CONTROL_ENDPOINT_H
#define TOKI_CONTROL_ENDPOINT_H

#include <stdbool.h>

#include "control/command.h"
#include "os/wait.h"

#define ENDPOINT_CLIENTS_MAX 16
#define ENDPOINT_REQUEST_MAX 4096
#define ENDPOINT_REPLY_MAX 262144
#define ENDPOINT_TIMEOUT_S 1.0
#define ENDPOINT_ORDER_TIMEOUT_S 20.0 /* for an order to be carried out */

enum endpoint_state { ENDPOINT_ASKING, ENDPOINT_ORDERED, ENDPOINT_TAKEN, ENDPOINT_ANSWERED };

struct endpoint_client {
    int fd; /* -1: free */
    enum endpoint_state state;
    bool may_change;
    uint32_t serial; /* of this connection */
    struct mono_time limit;
    struct command_order order;
    size_t request_length, reply_length, reply_sent;
    char request[ENDPOINT_REQUEST_MAX];
    char reply[ENDPOINT_REPLY_MAX];
};

/* About 4 MiB, most of it never touched: allocate it zeroed. */
struct endpoint {
    int fd;
    long owner; /* uid that may change things, beside root */
    uint32_t serial;
    struct endpoint_client clients[ENDPOINT_CLIENTS_MAX];
    struct report report;
};

/* 0 or -errno. `mode` of the socket file. Before the rights are dropped: its owner is who we are.
 * */
int endpoint_open(struct endpoint *endpoint, const char *path, unsigned mode);

/* To be called once before the loop. */
void endpoint_register(struct endpoint *endpoint, struct wait_set *wait);

/* True if the last wait says that endpoint_handle() has something to do. */
bool endpoint_is_ready(const struct endpoint *endpoint, const struct wait_set *wait);

/* When a slow client is to be dropped: call endpoint_handle() then. */
struct mono_time endpoint_deadline(const struct endpoint *endpoint);

/* Accepts, reads, answers, drops. `input`: what the answers are made from. */
void endpoint_handle(struct endpoint *endpoint, struct wait_set *wait,
                     const struct report_input *input);

/* Next order that waits to be carried out; false if there is none. *ticket is for the answer. */
struct endpoint_ticket {
    unsigned client;
    uint32_t serial;
};
bool endpoint_take_order(struct endpoint *endpoint, struct command_order *order,
                         struct endpoint_ticket *ticket);

/* Answers the client that gave the order, if it is still connected. */
void endpoint_answer(struct endpoint *endpoint, struct wait_set *wait,
                     const struct endpoint_ticket *ticket, const struct command_outcome *outcome);

void endpoint_close(struct endpoint *endpoint, struct wait_set *wait);

#endif
