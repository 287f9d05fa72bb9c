/* SPDX-License-Identifier: BSD-2-Clause */
/* The operating system of a simulated machine: implements os/ over a node of the world, so that
 * the daemon's loop, its sockets and its workers run unmodified. The calls of os/ have no machine
 * in them, so one machine is current: os_sim_enter() before anything of the daemon runs. */
#ifndef TOKI_SIM_OS_SIM_H
#define TOKI_SIM_OS_SIM_H

#include <stdbool.h>

#include "core/settings.h"
#include "os/wait.h"
#include "sim/world.h"

#define OS_SIM_SOCKETS 96
#define OS_SIM_BACKLOG 64 /* datagrams that wait to be received */
#define OS_SIM_FILES 4
#define OS_SIM_FILE_MAX 512
#define OS_SIM_FIRST_FD 1000

struct os_sim_socket {
    bool open, listening;
    uint16_t port;
    struct address peer;    /* of a connected one */
    struct wall_time stamp; /* of the last transmission, until it is taken */
    bool have_stamp;
    bool stamp_held; /* it comes with the answer */
};

struct os_sim_datagram {
    int fd; /* -1: free */
    uint64_t order;
    struct wall_time stamp;
    struct world_packet packet;
};

struct os_sim_file {
    char path[256], text[OS_SIM_FILE_MAX];
    size_t length;
    bool present;
};

struct os_sim {
    struct world *world;
    struct node *node;
    struct os_sim_socket sockets[OS_SIM_SOCKETS];
    struct os_sim_datagram backlog[OS_SIM_BACKLOG];
    uint64_t order, dropped;
    double queue_s; /* in daemon_node.h */
    struct os_sim_file files[OS_SIM_FILES];
    struct address asked[OS_SIM_BACKLOG]; /* clients without an answer yet */
    bool status_synchronised;             /* as the daemon told its kernel */
};

void os_sim_init(struct os_sim *os, struct world *world, struct node *node);

/* This machine is the one that os/ speaks of from now on. */
void os_sim_enter(struct os_sim *os);
struct os_sim *os_sim_current(void);

/* A packet arrives: to the socket it is for, or it is dropped. */
void os_sim_deliver(struct os_sim *os, const struct world_packet *packet);

/* Sets `ready` in the entries of a wait set; true if anything is. */
bool os_sim_poll(struct os_sim *os, struct wait_set *set);

#endif
