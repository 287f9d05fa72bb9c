/* SPDX-License-Identifier: BSD-2-Clause */
/* Timestamped datagrams. All sockets are non-blocking and close-on-exec. */
#ifndef TOKI_OS_UDP_H
#define TOKI_OS_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/packet.h"
#include "core/stamp.h"

#define UDP_BATCH 32
#define UDP_DATAGRAM_MAX PACKET_DATAGRAM_MAX

struct datagram {
    struct address peer;    /* from / to */
    struct address local;   /* the address it was sent to / is sent from; ADDRESS_NONE: any */
    uint32_t interface;     /* received: index; 0: unknown. Not used for sending (peer.scope is) */
    struct wall_time stamp; /* received: the kernel's, converted by clock_from_kernel() */
    enum stamp stamped_by;  /* STAMP_DAEMON: no stamp came, `stamp` is the clock after receiving */
    size_t length;
    uint8_t data[UDP_DATAGRAM_MAX];
};

/* Listening socket with packet info and receive stamps. `reuse`: SO_REUSEPORT, for workers; then a
 * second daemon of the same user is not refused, so try without first. A v6 socket is v6 only.
 * `device`: NULL or an interface to bind to. Descriptor or -errno. */
int udp_listen(const struct address *local, const char *device, bool reuse, int dscp);

/* Connected socket from a fresh random port (RFC 9109), or from the port of `local` if that has
 * one, with receive and transmit stamps. `local` may be NULL or ADDRESS_NONE; it is used if its
 * family is that of `to`. Descriptor or -errno. */
int udp_connect(const struct address *to, const struct address *local, const char *device,
                int dscp);

/* Up to `count` (at most UDP_BATCH) datagrams; number received, 0 if none is there, or -errno (on a
 * connected socket also what ICMP said: -ECONNREFUSED). Truncated ones and those sent to a
 * broadcast or multicast address are dropped. Receives at most one for each call on a connected
 * socket. One system call: call it once for each readiness. */
int udp_receive(int fd, struct datagram *batch, unsigned count);

/* Sends all of them, best effort: number sent. `peer` is ignored on a connected socket. On the
 * first failure its errno is in *error if that is not NULL, and the rest is still tried. */
unsigned udp_send(int fd, const struct datagram *batch, unsigned count, int *error);

/* The next transmit stamp of the last datagram sent on a connected socket, once the wait says
 * WAIT_ERROR. False: none is there. */
bool udp_transmit_stamp(int fd, struct stamped *stamp);

/* Reads and clears a pending socket error (ICMP unreachable); 0 if none. */
int udp_error(int fd);

/* Our own address on a connected socket; ADDRESS_NONE: unknown. */
struct address udp_local(int fd);

/* Lets another socket of this user have the same port for a while (SO_REUSEPORT), or no longer: a
 * new socket is opened beside an old one before that is closed. */
void udp_share(int fd, bool shared);

/* Takes a listening socket out of the way: what waits in it can still be received and answered, new
 * packets go to other sockets that they fit, or to nobody. */
void udp_retire(int fd, const struct address *local);

/* Another mark for what is sent from now on (`family` is the socket's). */
void udp_mark(int fd, uint8_t family, int dscp);

void udp_close(int fd);

/* From now on sockets may serve on this port while requests leave from it too (SO_REUSEADDR). */
void udp_share_port(uint16_t port);

/* Our own addresses with their interfaces; number written. */
struct udp_interface {
    char device[16]; /* IFNAMSIZ */
    struct address address;
};
unsigned udp_interfaces(struct udp_interface *out, unsigned max);

/* Our own addresses, for the loop test; number written. */
unsigned udp_own_addresses(struct address *out, unsigned max);

#endif
