/* SPDX-License-Identifier: BSD-2-Clause */
/* struct address, and paths of Unix sockets, as the system's socket addresses. */
#ifndef TOKI_OS_POSIX_SOCKADDR_H
#define TOKI_OS_POSIX_SOCKADDR_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/address.h"

union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un un;
    struct sockaddr_storage room;
};

/* Length to give to the system; 0 for ADDRESS_NONE. */
socklen_t sockaddr_from_address(const struct address *a, union socket_address *out);

/* The address of a Unix socket. 0, -ENOENT for an empty path, -ENAMETOOLONG. */
int sockaddr_from_path(const char *path, union socket_address *out);

/* ADDRESS_NONE for other families. */
struct address sockaddr_to_address(const union socket_address *s);

struct address sockaddr_address_v4(const struct in_addr *a);
struct address sockaddr_address_v6(const struct in6_addr *a);

#endif
