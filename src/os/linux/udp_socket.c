/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and closing of UDP sockets: options, random ports, own addresses. What is needed later is
 * remembered by descriptor, since clknetsim has no getpeername(2) and little getsockopt(2). */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "os/linux/udp_socket.h"
#include "os/posix/sockaddr.h"
#include "os/random.h"
#include "os/udp.h"

#define FD_MAX 1024
#define PORT_TRIES 10
#define PORT_LEAST 1024u
#define DISCARD_PORT 9
#define RECEIVE_BUFFER (1 << 21) /* bytes as the kernel counts them: some thousand requests */

static struct {
    bool connected;
    uint16_t port; /* that we chose; 0: none */
} known[FD_MAX];

bool udp_socket_is_connected(int fd)
{
    return fd >= 0 && fd < FD_MAX && known[fd].connected;
}

static int set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

static int open_plain(int family, int type)
{
    int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 && errno == EINVAL) { /* clknetsim knows only the bare types */
        fd = socket(family, type, 0);
        if (fd >= 0) {
            fcntl(fd, F_SETFD, FD_CLOEXEC);
            fcntl(fd, F_SETFL, O_NONBLOCK);
        }
    }
    return fd < 0 ? -errno : fd;
}

/* The kernel stamps packets on arrival only while some socket asks for it, and turning that on
 * takes it a moment. Client sockets live for one exchange: an idle socket that is never connected
 * keeps the stamping on between them. */
static void keep_stamping(void)
{
    static int anchor = -1;
    union socket_address name;
    socklen_t length = sizeof(name);

    if (anchor >= 0) {
        return;
    }
    anchor = open_plain(AF_INET, SOCK_DGRAM);
    if (anchor < 0) {
        return;
    }
    set_option(anchor, SOL_SOCKET, SO_TIMESTAMPING,
               SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
    /* None on Linux; clknetsim gives each socket a port, which must not be drawn again. */
    if (anchor < FD_MAX && !getsockname(anchor, &name.any, &length)) {
        known[anchor].port = ntohs(name.v4.sin_port);
    }
}

void udp_share(int fd, bool shared)
{
    set_option(fd, SOL_SOCKET, SO_REUSEPORT, shared);
}

/* A connected socket only takes packets of its peer: here the discard port of this very host, which
 * does not send any. Connecting leaves the queue as it is. */
void udp_retire(int fd, const struct address *local)
{
    struct address nobody = *local;
    union socket_address name;
    socklen_t length;
    bool any = true;

    for (unsigned i = 0; i < sizeof(nobody.bytes); i++) {
        any = any && nobody.bytes[i] == 0;
    }
    if (any) {
        nobody.bytes[0] = local->family == ADDRESS_V4 ? 127 : 0;
        nobody.bytes[local->family == ADDRESS_V4 ? 3 : 15] = 1;
    }
    nobody.port = DISCARD_PORT;
    length = sockaddr_from_address(&nobody, &name);
    if (length && connect(fd, &name.any, length)) {
        return; /* its address is gone, and so is whoever would send to it */
    }
}

/* The upper six bits; a network that refuses the mark still carries NTP. */
void udp_mark(int fd, uint8_t family, int dscp)
{
    bool v4 = family == ADDRESS_V4;

    set_option(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS, dscp << 2);
}

static int open_udp(uint8_t family, const char *device, int dscp)
{
    bool v4 = family == ADDRESS_V4;
    int fd = open_plain(v4 ? AF_INET : AF_INET6, SOCK_DGRAM), error = 0;

    if (fd < 0) {
        return fd;
    }
    if (fd >= FD_MAX) {
        close(fd);
        return -EMFILE;
    }
    if (!v4) {
        error = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    }
    if (!error && device &&
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1)) {
        error = -errno;
    }
    if (error) {
        close(fd);
        return error;
    }
    if (dscp > 0) {
        udp_mark(fd, family, dscp);
    }
    known[fd].connected = false;
    known[fd].port = 0;
    keep_stamping();
    return fd;
}

static uint16_t shared_port; /* 0: none */

void udp_share_port(uint16_t port)
{
    shared_port = port;
}

int udp_listen(const struct address *local, const char *device, bool reuse, int dscp)
{
    union socket_address name;
    socklen_t length = sockaddr_from_address(local, &name);
    int fd = length ? open_udp(local->family, device, dscp) : -EAFNOSUPPORT, error;

    if (fd < 0) {
        return fd;
    }
    error = local->family == ADDRESS_V4 ? set_option(fd, IPPROTO_IP, IP_PKTINFO, 1)
                                        : set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    if (!error && reuse) {
        error = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (!error && local->port != 0 && local->port == shared_port) {
        error = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    }
    if (!error && bind(fd, &name.any, length)) {
        error = -errno;
    }
    if (error) {
        close(fd);
        return error;
    }
    /* Requests wait here while a worker is not given the processor, or is replaced. Without the
     * right to this size the system grants what it likes. */
    if (set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)) {
        set_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
    }
    /* Without stamps the clock after receiving has to do. */
    set_option(fd, SOL_SOCKET, SO_TIMESTAMPING,
               SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
    known[fd].port = local->port;
    return fd;
}

static bool port_is_ours(uint16_t port)
{
    for (int fd = 0; fd < FD_MAX; fd++) {
        if (known[fd].port == port) {
            return true;
        }
    }
    return false;
}

/* RFC 9109 section 3: an unpredictable port for each request. The range is wider than the kernel's
 * own choice would be. clknetsim would let us take the same port twice, hence port_is_ours(). */
static int bind_random_port(int fd, const struct address *local)
{
    union socket_address name;
    struct address a = *local;

    for (int tries = 0; tries < PORT_TRIES; tries++) {
        uint16_t draw;

        random_system(&draw, sizeof(draw));
        if (draw < PORT_LEAST || port_is_ours(draw)) {
            continue;
        }
        a.port = draw;
        if (!bind(fd, &name.any, sockaddr_from_address(&a, &name))) {
            known[fd].port = draw;
            return 0;
        }
        if (errno != EADDRINUSE && errno != EACCES) {
            return -errno;
        }
    }
    a.port = 0; /* crowded: the kernel's choice */
    return bind(fd, &name.any, sockaddr_from_address(&a, &name)) ? -errno : 0;
}

/* Requests to several servers may leave from it at a time, beside the socket that serves there. */
static int bind_fixed_port(int fd, const struct address *local)
{
    union socket_address name;
    int error = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);

    if (!error && bind(fd, &name.any, sockaddr_from_address(local, &name))) {
        error = -errno;
    }
    return error;
}

int udp_connect(const struct address *to, const struct address *local, const char *device, int dscp)
{
    struct address any = {.family = to->family, .port = local ? local->port : 0};
    const struct address *from = local && local->family == to->family ? local : &any;
    union socket_address name;
    socklen_t length = sockaddr_from_address(to, &name);
    int stamps =
        SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
    int fd = length ? open_udp(to->family, device, dscp) : -EAFNOSUPPORT, error;

    if (fd < 0) {
        return fd;
    }
    error = from->port ? bind_fixed_port(fd, from) : bind_random_port(fd, from);
    if (!error && connect(fd, &name.any, length)) {
        error = -errno;
    }
    if (error) {
        udp_close(fd);
        return error;
    }
    /* OPT_TSONLY: the stamp alone, not the packet; without it unprivileged users may be refused. */
    if (set_option(fd, SOL_SOCKET, SO_TIMESTAMPING, stamps | SOF_TIMESTAMPING_OPT_TSONLY)) {
        set_option(fd, SOL_SOCKET, SO_TIMESTAMPING, stamps);
    }
    known[fd].connected = true;
    return fd;
}

struct address udp_local(int fd)
{
    union socket_address name;
    socklen_t length = sizeof(name);

    return getsockname(fd, &name.any, &length) ? (struct address){.family = ADDRESS_NONE}
                                               : sockaddr_to_address(&name);
}

int udp_error(int fd)
{
    int error = 0;
    socklen_t length = sizeof(error);

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) ? errno : error;
}

void udp_close(int fd)
{
    assert(fd >= 0 && fd < FD_MAX);
    known[fd].connected = false;
    known[fd].port = 0;
    close(fd);
}

static struct address interface_address(const struct ifaddrs *i)
{
    union socket_address name = {0};
    struct address a = {.family = ADDRESS_NONE};

    if (!i->ifa_addr || !(i->ifa_flags & IFF_UP)) {
        return a;
    }
    if (i->ifa_addr->sa_family == AF_INET) {
        memcpy(&name, i->ifa_addr, sizeof(name.v4));
    } else if (i->ifa_addr->sa_family == AF_INET6) {
        memcpy(&name, i->ifa_addr, sizeof(name.v6));
    }
    a = sockaddr_to_address(&name);
    a.port = 0;
    return a;
}

/* Into either table; the other one is NULL. */
static unsigned list_addresses(struct udp_interface *named, struct address *plain, unsigned max)
{
    struct ifaddrs *list;
    unsigned count = 0;

    if (getifaddrs(&list)) {
        return 0;
    }
    for (const struct ifaddrs *i = list; i && count < max; i = i->ifa_next) {
        struct address a = interface_address(i);

        if (a.family == ADDRESS_NONE) {
            continue;
        }
        if (named) {
            named[count] = (struct udp_interface){.address = a};
            strncat(named[count].device, i->ifa_name, sizeof named[count].device - 1);
        } else {
            plain[count] = a;
        }
        count++;
    }
    freeifaddrs(list);
    return count;
}

unsigned udp_interfaces(struct udp_interface *out, unsigned max)
{
    return list_addresses(out, NULL, max);
}

unsigned udp_own_addresses(struct address *out, unsigned max)
{
    return list_addresses(NULL, out, max);
}
