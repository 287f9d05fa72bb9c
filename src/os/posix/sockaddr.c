/* SPDX-License-Identifier: BSD-2-Clause */
/* Socket addresses of the system, for all files of os that have sockets or names. */
#include "os/posix/sockaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

socklen_t sockaddr_from_address(const struct address *a, union socket_address *out)
{
    memset(out, 0, sizeof(*out));
    if (a->family == ADDRESS_V4) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(a->port);
        memcpy(&out->v4.sin_addr, a->bytes, sizeof(out->v4.sin_addr));
        return sizeof(out->v4);
    }
    if (a->family == ADDRESS_V6) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(a->port);
        out->v6.sin6_scope_id = a->scope;
        memcpy(&out->v6.sin6_addr, a->bytes, sizeof(out->v6.sin6_addr));
        return sizeof(out->v6);
    }
    return 0;
}

int sockaddr_from_path(const char *path, union socket_address *out)
{
    size_t length = strlen(path);

    memset(out, 0, sizeof(*out));
    out->un.sun_family = AF_UNIX;
    if (length == 0 || length >= sizeof(out->un.sun_path)) {
        return length ? -ENAMETOOLONG : -ENOENT;
    }
    memcpy(out->un.sun_path, path, length + 1);
    return 0;
}

struct address sockaddr_address_v4(const struct in_addr *a)
{
    struct address out = {.family = ADDRESS_V4};

    memcpy(out.bytes, a, sizeof(*a));
    return out;
}

struct address sockaddr_address_v6(const struct in6_addr *a)
{
    struct address out = {.family = ADDRESS_V6};

    memcpy(out.bytes, a, sizeof(*a));
    return out;
}

struct address sockaddr_to_address(const union socket_address *s)
{
    struct address out = {.family = ADDRESS_NONE};

    if (s->any.sa_family == AF_INET) {
        out = sockaddr_address_v4(&s->v4.sin_addr);
        out.port = ntohs(s->v4.sin_port);
    } else if (s->any.sa_family == AF_INET6) {
        out = sockaddr_address_v6(&s->v6.sin6_addr);
        out.port = ntohs(s->v6.sin6_port);
        /* The kernel fills the scope of link-local peers only. */
        out.scope = s->v6.sin6_scope_id;
    }
    return out;
}
