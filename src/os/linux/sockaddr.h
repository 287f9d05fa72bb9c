/* SPDX-License-Identifier: BSD-2-Clause */
/* struct address <-> the system's socket addresses. */
#ifndef TOKI_OS_LINUX_SOCKADDR_H
#define TOKI_OS_LINUX_SOCKADDR_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "core/address.h"

union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage room;
};

/* Length to give to the system; 0 for ADDRESS_NONE. */
socklen_t sockaddr_from_address(const struct address *a, union socket_address *out);

/* ADDRESS_NONE for other families. */
struct address sockaddr_to_address(const union socket_address *s);

struct address sockaddr_address_v4(const struct in_addr *a);
struct address sockaddr_address_v6(const struct in6_addr *a);

#endif
