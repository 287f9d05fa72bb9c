/* SPDX-License-Identifier: BSD-2-Clause */
/* Unix datagram sockets, for chrony's command protocol: a client binds a path of its own and is
 * answered there. Non-blocking, close-on-exec. */
#ifndef TOKI_OS_LOCAL_H
#define TOKI_OS_LOCAL_H

#include <stdbool.h>
#include <stddef.h>

#define LOCAL_PATH_MAX 108

struct local_peer {
    char path[LOCAL_PATH_MAX]; /* as the system gave it */
    unsigned length;           /* of it; 0: it has none, and cannot be answered */
};

/* Who is to be able to use the socket: its folder is made (0770) if it is missing, and both are
 * given to this user and to the first of these groups that exists. */
struct local_owner {
    const char *user;          /* NULL: us */
    const char *const *groups; /* ends with NULL */
};

/* Replaces the socket of a dead daemon. Descriptor or -errno: -EADDRINUSE, somebody is alive there,
 * or it is no socket at all. */
int local_listen(const char *path, const struct local_owner *owner);

/* The group of the folder that holds this path, -1: unknown. */
long local_folder_group(const char *path);

/* Length of a whole datagram (longer ones are cut), or -EAGAIN, or -errno. */
long local_receive(int fd, void *data, size_t capacity, struct local_peer *from);
int local_send(int fd, const void *data, size_t length, const struct local_peer *to);

void local_close(int fd);

#endif
