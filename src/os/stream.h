/* SPDX-License-Identifier: BSD-2-Clause */
/* Unix stream sockets for control, and the beginning of a TCP connection; non-blocking,
 * close-on-exec. */
#ifndef TOKI_OS_STREAM_H
#define TOKI_OS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/address.h"

struct stream_peer {
    long uid, gid, pid; /* -1: unknown */
};

/* Creates the folder if it is missing (0755), replaces a dead socket file, never follows a link.
 * `mode` e.g. 0660, set without a race. Descriptor or -errno (-EADDRINUSE: a listener exists). */
int stream_listen_unix(const char *path, unsigned mode);
int stream_connect_unix(const char *path);

/* Begins a TCP connection: once the wait says WAIT_WRITE, stream_error() tells what came of it (0:
 * it stands, ECONNREFUSED: no listener, ...). Descriptor or -errno. */
int stream_connect_tcp(const struct address *to);
int stream_error(int fd);

/* Next waiting client: descriptor, or -EAGAIN, or -errno. */
int stream_accept(int fd, struct stream_peer *peer);

/* Bytes read (0: end), or -EAGAIN, or -errno; or written. Never raises SIGPIPE. */
long stream_read(int fd, void *data, size_t length);
long stream_write(int fd, const void *data, size_t length);

void stream_close(int fd);

#endif
