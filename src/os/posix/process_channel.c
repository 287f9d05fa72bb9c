/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages between roles (SOCK_SEQPACKET pairs) and to the service manager (sd_notify protocol). */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "os/posix/sockaddr.h"
#include "os/process.h"

int process_channel(int pair[2])
{
    int type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;

    return socketpair(AF_UNIX, type, 0, pair) ? -errno : 0;
}

long process_send(int fd, const void *message, size_t length)
{
    ssize_t n;

    assert(length > 0); /* an empty message would look like the end */
    do {
        n = send(fd, message, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

long process_receive(int fd, void *message, size_t capacity)
{
    struct iovec room = {.iov_base = message, .iov_len = capacity};
    struct msghdr m = {.msg_iov = &room, .msg_iovlen = 1};
    ssize_t n;

    do {
        n = recvmsg(fd, &m, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return errno == ECONNRESET ? 0 : -errno; /* closed with our message unread: also an end */
    }
    return m.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
}

int64_t process_monotonic_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void process_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t length = path ? strlen(path) : 0;
    union socket_address name;
    int fd;

    if (length < 2 || sockaddr_from_path(path, &name)) {
        return;
    }
    if (path[0] == '@') { /* abstract name */
        name.un.sun_path[0] = '\0';
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return;
    }
    /* Nothing is to be done if the manager does not listen. */
    sendto(fd, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL, &name.any,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    close(fd);
}
