/* SPDX-License-Identifier: BSD-2-Clause */
/* The sockets of chrony's command protocol: UDP, for reports, and a Unix datagram socket for
 * changes too: write access to it is full access. Bounded in datagrams and orders, and never
 * blocks. What cannot be opened is reported, and the rest works without it. */
#ifndef TOKI_CONTROL_CHRONY_CHRONYC_ENDPOINT_H
#define TOKI_CONTROL_CHRONY_CHRONYC_ENDPOINT_H

#include <stdbool.h>

#include "control/chrony/chronyc.h"
#include "core/ratelimit.h"
#include "os/local.h"
#include "os/udp.h"
#include "os/wait.h"

#define CHRONYC_ORDERS_MAX 8
#define CHRONYC_ORDER_TIMEOUT_S 20.0 /* to be carried out in */
#define CHRONYC_LIMITED_MAX 1024     /* clients beyond this host that are told apart */
#define CHRONYC_SOCKETS 3            /* IPv4, IPv6, Unix */

enum chronyc_order_state { CHRONYC_ORDER_FREE, CHRONYC_ORDER_WAITS, CHRONYC_ORDER_TAKEN };

struct chronyc_order {
    enum chronyc_order_state state;
    uint32_t serial;
    struct mono_time limit;
    struct local_peer from;
    uint8_t request[CHRONY_REQUEST_HEADER];
    struct command_order order;
};

/* A socket as it is wanted and as it is open. */
struct chronyc_socket {
    int fd;                 /* -1: not open */
    int error;              /* -errno of the last try; 0: open, or not wanted */
    struct address address; /* UDP */
    char path[CONFIG_PATH_MAX];
    char device[CONFIG_DEVICE_MAX];
};

/* Zeroed memory for it is enough before chronyc_endpoint_open(). */
struct chronyc_endpoint {
    struct chronyc_socket sockets[CHRONYC_SOCKETS];
    const char
        *user; /* owner of the Unix socket: the user that the role becomes; NULL: the present one */
    const struct acl *access; /* of the config, as the words below */
    const char *open_commands;
    struct ratelimit limit;
    struct ratelimit_client clients[CHRONYC_LIMITED_MAX];
    uint64_t requests, refused;
    uint32_t serial;
    struct chronyc_order orders[CHRONYC_ORDERS_MAX];
    struct report report;
    struct datagram batch[8];
};

/* Opens what the config wants. */
void chronyc_endpoint_open(struct chronyc_endpoint *e, const struct config *config,
                           const char *user, const uint8_t seed[32]);

/* The same after a change; what stays the same stays open. A port below 1024 may have to wait for
 * the next start: then the old one stays, with its `error` set. */
void chronyc_endpoint_configure(struct chronyc_endpoint *e, struct wait_set *wait,
                                const struct config *config);

/* To be called once before the loop. */
void chronyc_endpoint_register(struct chronyc_endpoint *e, struct wait_set *wait);

bool chronyc_endpoint_is_ready(const struct chronyc_endpoint *e, const struct wait_set *wait);

/* When an order is given up: chronyc_endpoint_handle() is due then. */
struct mono_time chronyc_endpoint_deadline(const struct chronyc_endpoint *e);

void chronyc_endpoint_handle(struct chronyc_endpoint *e, const struct wait_set *wait,
                             const struct report_input *input);

/* Next order that waits, as endpoint_take_order(). */
struct chronyc_ticket {
    unsigned order;
    uint32_t serial;
};
bool chronyc_endpoint_take_order(struct chronyc_endpoint *e, struct command_order *order,
                                 struct chronyc_ticket *ticket);
void chronyc_endpoint_answer(struct chronyc_endpoint *e, const struct chronyc_ticket *ticket,
                             const struct command_outcome *outcome);

/* Closes all, and removes the Unix socket if we may. */
void chronyc_endpoint_close(struct chronyc_endpoint *e, struct wait_set *wait);

#endif
