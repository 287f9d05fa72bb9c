/* SPDX-License-Identifier: BSD-2-Clause */
/* Datagrams with their stamps: receiving, sending, transmit stamps. Packet paths: nothing here
 * allocates. One system call for each udp_receive(), because clknetsim aborts when a socket is read
 * past the packet that made it ready; recvmsg(2) and its kin only, since fortified recvfrom(2)
 * bypasses it. */
#include "os/udp.h"

#include <time.h> /* before errqueue.h, which lacks it */

#include <assert.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <string.h>

#include "os/clock.h"
#include "os/linux/udp_socket.h"
#include "os/posix/sockaddr.h"

/* Packet info of either family, three timestamps and an error report, with room to spare. */
struct control {
    _Alignas(struct cmsghdr) uint8_t bytes[256];
};

struct room {
    union socket_address name;
    struct control control;
    struct iovec data;
};

/* The message of one datagram over its room; `m` points into both. */
static void set_message(struct msghdr *m, struct room *r, void *data, size_t length)
{
    r->data = (struct iovec){.iov_base = data, .iov_len = length};
    *m = (struct msghdr){.msg_name = &r->name,
                         .msg_namelen = sizeof(r->name),
                         .msg_iov = &r->data,
                         .msg_iovlen = 1,
                         .msg_control = &r->control,
                         .msg_controllen = sizeof(r->control)};
}

static bool has_room_for(const struct cmsghdr *c, size_t length)
{
    return c->cmsg_len >= CMSG_LEN(length);
}

/* The software stamp of a control message; false if it is another one, or empty. */
static bool read_stamp(const struct cmsghdr *c, struct wall_time *stamp)
{
    struct scm_timestamping t;

    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPING ||
        !has_room_for(c, sizeof(t))) {
        return false;
    }
    memcpy(&t, CMSG_DATA(c), sizeof(t));
    if (t.ts[0].tv_sec == 0 && t.ts[0].tv_nsec == 0) {
        return false;
    }
    stamp->ns = (int64_t)t.ts[0].tv_sec * NS_PER_S + t.ts[0].tv_nsec;
    return true;
}

/* Where it was sent to. False if that is a broadcast or multicast address: a reply would have
 * another source, and one packet would wake a crowd. */
static bool read_packet_info(const struct cmsghdr *c, struct datagram *d)
{
    struct in_pktinfo v4;
    struct in6_pktinfo v6;

    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO && has_room_for(c, sizeof(v4))) {
        memcpy(&v4, CMSG_DATA(c), sizeof(v4));
        d->local = sockaddr_address_v4(&v4.ipi_addr);
        d->interface = (uint32_t)v4.ipi_ifindex;
        return v4.ipi_addr.s_addr == v4.ipi_spec_dst.s_addr;
    }
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO &&
        has_room_for(c, sizeof(v6))) {
        memcpy(&v6, CMSG_DATA(c), sizeof(v6));
        d->local = sockaddr_address_v6(&v6.ipi6_addr);
        d->interface = v6.ipi6_ifindex;
        return !IN6_IS_ADDR_MULTICAST(&v6.ipi6_addr);
    }
    return true;
}

/* Fills all of d but the data. False: drop it. */
static bool read_message(struct msghdr *m, size_t length, struct datagram *d)
{
    bool wanted = !(m->msg_flags & MSG_TRUNC);

    d->peer = sockaddr_to_address(m->msg_name);
    d->local = (struct address){.family = ADDRESS_NONE};
    d->interface = 0;
    d->stamped_by = STAMP_DAEMON;
    d->length = length;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (read_stamp(c, &d->stamp)) {
            d->stamp = clock_from_kernel(d->stamp);
            d->stamped_by = STAMP_KERNEL;
        } else if (!read_packet_info(c, d)) {
            wanted = false;
        }
    }
    return wanted;
}

static int receive_messages(int fd, struct mmsghdr *messages, unsigned count)
{
    ssize_t length;
    int n;

    if (count > 1) {
        n = recvmmsg(fd, messages, count, MSG_DONTWAIT, NULL);
        return n < 0 ? -errno : n;
    }
    length = recvmsg(fd, &messages[0].msg_hdr, MSG_DONTWAIT);
    if (length < 0) {
        return -errno;
    }
    messages[0].msg_len = (unsigned)length;
    return 1;
}

int udp_receive(int fd, struct datagram *batch, unsigned count)
{
    struct mmsghdr messages[UDP_BATCH];
    struct room rooms[UDP_BATCH];
    struct wall_time now;
    int received, kept = 0;

    if (count > UDP_BATCH) {
        count = UDP_BATCH;
    }
    if (count > 1 && udp_socket_is_connected(fd)) {
        count = 1;
    }
    for (unsigned i = 0; i < count; i++) {
        set_message(&messages[i].msg_hdr, &rooms[i], batch[i].data, UDP_DATAGRAM_MAX);
    }
    received = receive_messages(fd, messages, count);
    if (received < 0) {
        return received == -EAGAIN || received == -EINTR ? 0 : received;
    }
    now = clock_now().wall;
    for (int i = 0; i < received; i++) {
        struct datagram *d = &batch[kept];

        if (kept != i) { /* something before it was dropped */
            memcpy(d->data, batch[i].data, messages[i].msg_len);
        }
        if (read_message(&messages[i].msg_hdr, messages[i].msg_len, d)) {
            if (d->stamped_by == STAMP_DAEMON) {
                d->stamp = now;
            }
            kept++;
        }
    }
    return kept;
}

static void put_control(struct msghdr *m, int level, int type, const void *data, size_t length)
{
    struct cmsghdr *c;

    m->msg_controllen = CMSG_SPACE(length);
    memset(m->msg_control, 0, m->msg_controllen);
    c = CMSG_FIRSTHDR(m);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(length);
    memcpy(CMSG_DATA(c), data, length);
}

/* The source address as a control message; false if any will do. The way out is left to the routing
 * table, as routes may be asymmetric, but for link-local peers. */
static bool put_source(struct msghdr *m, const struct datagram *d)
{
    if (d->local.family == ADDRESS_V4 && d->peer.family == ADDRESS_V4) {
        struct in_pktinfo info = {0};

        memcpy(&info.ipi_spec_dst, d->local.bytes, sizeof(info.ipi_spec_dst));
        put_control(m, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
        return true;
    }
    if (d->local.family == ADDRESS_V6 && d->peer.family == ADDRESS_V6) {
        struct in6_pktinfo info = {0};

        memcpy(&info.ipi6_addr, d->local.bytes, sizeof(info.ipi6_addr));
        info.ipi6_ifindex = d->peer.scope;
        put_control(m, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
        return true;
    }
    return false;
}

static void set_outgoing(struct msghdr *m, struct room *r, const struct datagram *d, bool connected)
{
    union {
        const uint8_t *given;
        void *wanted; /* struct iovec has no const; sending does not write */
    } data = {.given = d->data};

    set_message(m, r, data.wanted, d->length);
    m->msg_namelen = connected ? 0 : sockaddr_from_address(&d->peer, &r->name);
    if (m->msg_namelen == 0) {
        m->msg_name = NULL;
    }
    if (connected || !put_source(m, d)) {
        m->msg_control = NULL;
        m->msg_controllen = 0;
    }
}

/* Number sent from the front, or -errno of the first. */
static int send_messages(int fd, struct mmsghdr *messages, unsigned count)
{
    int n;

    if (count > 1) { /* a batch never comes together under clknetsim, which has no sendmmsg */
        n = sendmmsg(fd, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
        return n < 0 ? -errno : n;
    }
    return sendmsg(fd, &messages[0].msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 1;
}

unsigned udp_send(int fd, const struct datagram *batch, unsigned count, int *error)
{
    struct mmsghdr messages[UDP_BATCH];
    struct room rooms[UDP_BATCH];
    bool connected = udp_socket_is_connected(fd);
    unsigned at = 0, sent = 0;
    int first_error = 0;

    assert(count <= UDP_BATCH);
    for (unsigned i = 0; i < count; i++) {
        assert(batch[i].length <= UDP_DATAGRAM_MAX);
        set_outgoing(&messages[i].msg_hdr, &rooms[i], &batch[i], connected);
    }
    while (at < count) {
        int n = send_messages(fd, messages + at, count - at);

        if (n > 0) {
            sent += (unsigned)n;
            at += (unsigned)n;
        } else {
            first_error = first_error ? first_error : n ? -n : EIO;
            at++;
        }
    }
    if (error) {
        *error = first_error;
    }
    return sent;
}

/* One read for each announcement, as in udp_receive(). clknetsim returns the whole frame. */
bool udp_transmit_stamp(int fd, struct stamped *stamp)
{
    uint8_t frame[UDP_DATAGRAM_MAX + 128];
    struct room room;
    struct msghdr m;
    bool have = false;

    set_message(&m, &room, frame, sizeof(frame));
    if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
        return false;
    }
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
        have = read_stamp(c, &stamp->at) || have;
    }
    if (have) {
        *stamp = (struct stamped){.at = clock_from_kernel(stamp->at), .by = STAMP_KERNEL};
    }
    return have;
}
