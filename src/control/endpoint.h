/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket: a line of words in, one JSON document out, closed. Bounded in clients, bytes
 * and time, and never blocks: whatever a client does, the loop goes on. */
#ifndef TOKI_CONTROL_ENDPOINT_H
#define TOKI_CONTROL_ENDPOINT_H

#include <stdbool.h>

#include "control/report.h"
#include "os/wait.h"

#define ENDPOINT_CLIENTS_MAX 16
#define ENDPOINT_REQUEST_MAX 4096
#define ENDPOINT_REPLY_MAX 262144
#define ENDPOINT_TIMEOUT_S 1.0

struct endpoint_client {
    int fd; /* -1: free */
    struct mono_time limit;
    size_t request_length, reply_length, reply_sent;
    char request[ENDPOINT_REQUEST_MAX];
    char reply[ENDPOINT_REPLY_MAX];
};

/* About 4 MiB, most of it never touched: allocate it zeroed. */
struct endpoint {
    int fd;
    struct endpoint_client clients[ENDPOINT_CLIENTS_MAX];
    struct report report;
};

/* 0 or -errno. `mode` of the socket file. */
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

void endpoint_close(struct endpoint *endpoint, struct wait_set *wait);

#endif
