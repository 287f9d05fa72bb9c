/* SPDX-License-Identifier: BSD-2-Clause */
/* Control requests (mode 6) come to the sockets of the server, and only sync knows the answers. So
 * workers pass them on, each over a channel of whole messages of its own, and send what comes back
 * from the address that was asked. Nobody waits for anybody: what comes faster than the limits or
 * finds the channel full is dropped, as the network drops, and clients ask again. */
#ifndef TOKI_DAEMON_QUERIES_H
#define TOKI_DAEMON_QUERIES_H

#include "control/mode6/mode6.h"
#include "daemon/role.h"
#include "os/udp.h"
#include "os/wait.h"
#include "serve/worker.h"

/* Some clients send what they have reserved for the answer: the old ntpstat 576 bytes. */
#define QUERY_LENGTH_MAX 640

/* A request, or a datagram of an answer. Sent without the rest of `data`. */
struct query_message {
    struct address peer, local; /* as in struct datagram */
    struct address bound;       /* the socket: what it is bound to */
    uint32_t length;
    uint8_t data[QUERY_LENGTH_MAX];
};

/* ---- in a worker ---- */

/* How many requests it passes on, from this machine and from elsewhere. */
struct query_gate {
    struct query_budget {
        double tokens;
        struct mono_time at;
    } budgets[2];
};

/* Passes on what the worker's last batch left for it; `bound` as above. */
void queries_pass(struct query_gate *gate, int channel, const struct worker *worker,
                  const struct address *bound, struct mono_time now);

/* Next datagram to be sent; false: there is none. */
bool queries_receive(int channel, struct datagram *out, struct address *bound);

/* ---- in sync ---- */

/* How many workers there can be. */
#define QUERY_CHANNELS_MAX ROLE_PLACES_MAX

/* Where a request came from, and its answer goes. */
struct query_way {
    int channel; /* of a worker; -1: one process */
    int fd;      /* one process: the socket */
};

/* Allocate it zeroed. */
struct queries {
    int channels[QUERY_CHANNELS_MAX]; /* to the workers; none: one process */
    unsigned channel_count;
    struct mode6 mode6;
    struct report report;
    struct mode6_answer answer, ordered; /* the latter waits for an order */
    struct query_message order_from;
    struct query_way order_way;
    bool order_waits, order_taken;
};

/* Channels that are -1 are left out. NULL: no memory. Before the rights are dropped. */
struct queries *queries_new(const int *channels, unsigned count);

void queries_register(const struct queries *q, struct wait_set *wait);
bool queries_is_ready(const struct queries *q, const struct wait_set *wait);

/* Answers what waits in the channels, a few of each at a time. */
void queries_handle(struct queries *q, const struct report_input *input);

/* One process: answers what the worker's last batch left, on that socket. */
void queries_handle_batch(struct queries *q, const struct worker *worker, int fd,
                          const struct report_input *input);

/* The order of a request that bore the control key; false: there is none. One at a time. */
bool queries_take_order(struct queries *q, struct command_order *order);

/* What came of it: NULL: done, else why not. */
void queries_finish_order(struct queries *q, const char *problem);

#endif
