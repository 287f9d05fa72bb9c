/* SPDX-License-Identifier: BSD-2-Clause */
/* Unix stream sockets for control; non-blocking, close-on-exec. */
#ifndef TOKI_OS_STREAM_H
#define TOKI_OS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct stream_peer {
    long uid, gid, pid; /* -1: unknown */
};

/* Creates the folder if it is missing (0755), replaces a dead socket file, never follows a link.
 * `mode` e.g. 0660, set without a race. Descriptor or -errno (-EADDRINUSE: somebody listens). */
int stream_listen_unix(const char *path, unsigned mode);
int stream_connect_unix(const char *path);

/* Next waiting client: descriptor, or -EAGAIN, or -errno. */
int stream_accept(int fd, struct stream_peer *peer);

/* Bytes read (0: end), or -EAGAIN, or -errno; likewise written. Never raises SIGPIPE. */
long stream_read(int fd, void *data, size_t length);
long stream_write(int fd, const void *data, size_t length);

void stream_close(int fd);

#endif
