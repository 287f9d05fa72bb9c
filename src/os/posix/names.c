/* SPDX-License-Identifier: BSD-2-Clause */
/* os/names.h over getaddrinfo(3), which honours the whole of nsswitch.conf. */
#define _GNU_SOURCE /* two codes of getaddrinfo(3) that POSIX does not have; see below */
#include "os/names.h"

#include <ctype.h>
#include <netdb.h>
#include <string.h>

#include "os/posix/sockaddr.h"

/* Systems that do not have them say "no such name" in their place. */
#ifndef EAI_NODATA
#define EAI_NODATA EAI_NONAME
#endif
#ifndef EAI_ADDRFAMILY
#define EAI_ADDRFAMILY EAI_NONAME
#endif

static bool is_known(const struct address *list, unsigned count, const struct address *a)
{
    for (unsigned i = 0; i < count; i++) {
        if (address_equal(&list[i], a)) {
            return true;
        }
    }
    return false;
}

static enum names_error kind_of(int failed)
{
    if (failed == EAI_NONAME) {
        return NAMES_UNKNOWN;
    }
    if (failed == EAI_NODATA || failed == EAI_ADDRFAMILY) {
        return NAMES_NO_ADDRESS;
    }
    return failed == EAI_AGAIN ? NAMES_SILENT : NAMES_BROKEN;
}

static int code_of(enum names_error error)
{
    switch (error) {
    case NAMES_FOUND: return 0;
    case NAMES_UNKNOWN: return EAI_NONAME;
    case NAMES_NO_ADDRESS: return EAI_NODATA;
    case NAMES_SILENT: return EAI_AGAIN;
    case NAMES_BROKEN: break;
    }
    return EAI_FAIL;
}

const char *names_error_text(enum names_error error)
{
    return gai_strerror(code_of(error));
}

unsigned names_look_up(const char *name, uint8_t family, struct address *out, unsigned max,
                       enum names_error *error)
{
    /* One socket type, else each address comes three times. */
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM,
                             .ai_family = family == ADDRESS_V4   ? AF_INET
                                          : family == ADDRESS_V6 ? AF_INET6
                                                                 : AF_UNSPEC};
    struct addrinfo *list = NULL;
    unsigned count = 0;
    int failed = getaddrinfo(name, NULL, &hints, &list);

    for (const struct addrinfo *i = failed ? NULL : list; i && count < max; i = i->ai_next) {
        union socket_address s = {0};
        struct address a;

        if (i->ai_addrlen > sizeof(s)) {
            continue;
        }
        memcpy(&s, i->ai_addr, i->ai_addrlen);
        a = sockaddr_to_address(&s);
        a.port = 0;
        if (a.family != ADDRESS_NONE && !is_known(out, count, &a)) {
            out[count++] = a;
        }
    }
    if (!failed) {
        freeaddrinfo(list);
    }
    if (error) {
        *error = failed ? kind_of(failed) : count ? NAMES_FOUND : NAMES_NO_ADDRESS;
    }
    return count;
}

bool names_find(const struct address *a, char *out, size_t capacity)
{
    union socket_address s;
    socklen_t length = sockaddr_from_address(a, &s);

    if (length == 0 || capacity == 0 ||
        getnameinfo(&s.any, length, out, (socklen_t)capacity, NULL, 0, NI_NAMEREQD)) {
        return false;
    }
    for (char *c = out; *c; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    return true;
}
