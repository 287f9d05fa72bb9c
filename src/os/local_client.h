/* SPDX-License-Identifier: BSD-2-Clause */
/* The asking end of a Unix datagram socket: bound to a path of its own beside the daemon's, for
 * that is where the daemon answers. Non-blocking, close-on-exec. */
#ifndef TOKI_OS_LOCAL_CLIENT_H
#define TOKI_OS_LOCAL_CLIENT_H

#include <stddef.h>

#define LOCAL_CLIENT_PATH_MAX 108

struct local_client {
    int fd; /* -1: not open */
    char own[LOCAL_CLIENT_PATH_MAX];
};

/* Connects to the socket of a daemon; ours is in the same folder, called by `name` and our pid. 0
 * or -errno. */
int local_client_open(struct local_client *c, const char *path, const char *name);

/* 0 or -errno; length of a datagram (longer ones are cut), -EAGAIN or -errno. */
int local_client_send(const struct local_client *c, const void *data, size_t length);
long local_client_receive(const struct local_client *c, void *data, size_t capacity);

/* Removes our own path, too. */
void local_client_close(struct local_client *c);

#endif
