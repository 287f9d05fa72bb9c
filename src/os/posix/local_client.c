/* SPDX-License-Identifier: BSD-2-Clause */
/* os/local_client.h. Our own socket may be written by everybody: the daemon that answers is another
 * user, and a user who cannot enter the folder cannot reach it. */
#include "os/local_client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/posix/sockaddr.h"

static int bind_own(struct local_client *c)
{
    union socket_address name;
    int error = sockaddr_from_path(c->own, &name);
    mode_t mask;

    if (error) {
        return error;
    }
    unlink(c->own); /* of a dead process that had our pid */
    mask = umask(0111);
    error = bind(c->fd, &name.any, sizeof name.un) ? -errno : 0;
    umask(mask);
    return error;
}

int local_client_open(struct local_client *c, const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    union socket_address daemon;
    int error = sockaddr_from_path(path, &daemon), length;

    *c = (struct local_client){.fd = -1};
    if (error) {
        return error;
    }
    length = snprintf(c->own, sizeof c->own, "%.*s/%s.%ld.sock", slash ? (int)(slash - path) : 1,
                      slash ? path : ".", name, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof c->own) {
        return -ENAMETOOLONG;
    }
    c->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->fd < 0) {
        return -errno;
    }
    error = bind_own(c);
    if (error) {
        c->own[0] = '\0'; /* not ours to remove */
    } else if (connect(c->fd, &daemon.any, sizeof daemon.un)) {
        error = -errno;
    }
    if (error) {
        local_client_close(c);
    }
    return error;
}

int local_client_send(const struct local_client *c, const void *data, size_t length)
{
    return send(c->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

long local_client_receive(const struct local_client *c, void *data, size_t capacity)
{
    ssize_t n = recv(c->fd, data, capacity, MSG_DONTWAIT);

    return n < 0 ? (errno == EINTR ? -EAGAIN : -errno) : n;
}

void local_client_close(struct local_client *c)
{
    if (c->fd >= 0) {
        close(c->fd);
    }
    if (c->own[0]) {
        unlink(c->own);
    }
    *c = (struct local_client){.fd = -1};
}
