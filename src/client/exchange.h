/* SPDX-License-Identifier: BSD-2-Clause */
/* A question to a daemon and its answers by datagrams: the transport of ntpq and chronyc, and how
 * hosts are written. Waits; for tools only. */
#ifndef TOKI_CLIENT_EXCHANGE_H
#define TOKI_CLIENT_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/time.h"
#include "os/local_client.h"
#include "os/names.h"
#include "os/wait.h"

#define EXCHANGE_TEXT_MAX 256

struct exchange {
    int fd;                    /* -1: not open */
    struct local_client local; /* its descriptor is `fd` where it is a Unix socket; else -1 */
    struct wait_set wait;
};

/* To the address and port of `to`, from a fresh port. 0 or -errno. */
int exchange_open(struct exchange *x, const struct address *to);

/* To a Unix socket; `name` is part of the path of our own. 0 or -errno. */
int exchange_open_local(struct exchange *x, const char *path, const char *name);

void exchange_close(struct exchange *x);

/* 0 or -errno. */
int exchange_send(struct exchange *x, const uint8_t *data, size_t length);

/* The next datagram, cut to `capacity`: its length, 0 when none came until `deadline`, or -errno
 * (-ECONNREFUSED: port closed). `stamp`: when it came; may be NULL. */
long exchange_receive(struct exchange *x, uint8_t *data, size_t capacity, struct mono_time deadline,
                      struct wall_time *stamp);

/* names_look_up() of a host as the user writes it: a name, an address, an address in brackets. */
unsigned exchange_look_up(const char *host, uint8_t family, struct address *out, unsigned max,
                          enum names_error *error);

#endif
