/* SPDX-License-Identifier: BSD-2-Clause */
/* The next client of a Unix stream socket, and who it is by SO_PEERCRED. */
#include <errno.h>
#include <sys/socket.h>

#include "os/stream.h"

int stream_accept(int fd, struct stream_peer *peer)
{
    struct ucred who;
    socklen_t length = sizeof(who);
    int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (client < 0) {
        /* a client that hung up while waiting is none */
        return errno == ECONNABORTED || errno == EINTR ? -EAGAIN : -errno;
    }
    *peer = (struct stream_peer){-1, -1, -1};
    if (!getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &length)) {
        *peer = (struct stream_peer){(long)who.uid, (long)who.gid, (long)who.pid};
    }
    return client;
}
