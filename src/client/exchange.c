/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends a question to a daemon by datagram, over IP or a local socket; waits for its answers. */
#include "client/exchange.h"

#include <errno.h>
#include <string.h>

#include "os/clock.h"
#include "os/udp.h"

int exchange_open(struct exchange *x, const struct address *to)
{
    int fd = udp_connect(to, NULL, NULL, 0);

    *x = (struct exchange){.fd = fd < 0 ? -1 : fd, .local = {.fd = -1}};
    if (fd < 0) {
        return fd;
    }
    wait_add(&x->wait, fd, WAIT_READ);
    return 0;
}

int exchange_open_local(struct exchange *x, const char *path, const char *name)
{
    int error;

    *x = (struct exchange){.fd = -1};
    error = local_client_open(&x->local, path, name);
    x->fd = x->local.fd;
    if (error == 0) {
        wait_add(&x->wait, x->fd, WAIT_READ);
    }
    return error;
}

void exchange_close(struct exchange *x)
{
    if (x->fd >= 0 && x->fd == x->local.fd) {
        local_client_close(&x->local);
    } else if (x->fd >= 0) {
        udp_close(x->fd);
    }
    *x = (struct exchange){.fd = -1, .local = {.fd = -1}};
}

int exchange_send(struct exchange *x, const uint8_t *data, size_t length)
{
    struct datagram datagram = {.length = length};
    int error = 0;

    if (length > sizeof datagram.data) {
        return -EMSGSIZE;
    }
    if (x->fd == x->local.fd) {
        return local_client_send(&x->local, data, length);
    }
    memcpy(datagram.data, data, length);
    return udp_send(x->fd, &datagram, 1, &error) == 1 ? 0 : -error;
}

/* Length of a datagram that is there, 0 if none is, or -errno. */
static long take(struct exchange *x, uint8_t *data, size_t capacity, struct wall_time *stamp)
{
    struct datagram datagram;
    size_t length;
    long n;

    if (x->fd == x->local.fd) {
        n = local_client_receive(&x->local, data, capacity);
        *stamp = clock_now().wall;
        return n == -EAGAIN ? 0 : n;
    }
    n = udp_receive(x->fd, &datagram, 1);
    if (n <= 0) {
        return n;
    }
    length = datagram.length < capacity ? datagram.length : capacity;
    memcpy(data, datagram.data, length);
    *stamp = datagram.stamp;
    return (long)length;
}

long exchange_receive(struct exchange *x, uint8_t *data, size_t capacity, struct mono_time deadline,
                      struct wall_time *stamp)
{
    struct wall_time unwanted;
    struct stamped ignored;

    for (;;) {
        long n = take(x, data, capacity, stamp ? stamp : &unwanted);

        if (n != 0) {
            return n;
        }
        if (clock_now().mono.ns >= deadline.ns) {
            return 0;
        }
        wait_until(&x->wait, deadline);
        /* a stamp of what was sent wakes up too, and must be taken out to sleep again */
        if ((wait_ready(&x->wait, x->fd) & WAIT_ERROR) && !udp_transmit_stamp(x->fd, &ignored)) {
            int error = udp_error(x->fd);

            if (error) {
                return -error;
            }
        }
    }
}

unsigned exchange_look_up(const char *host, uint8_t family, struct address *out, unsigned max,
                          enum names_error *error)
{
    char bare[EXCHANGE_TEXT_MAX];
    size_t length = strlen(host);

    if (length > 2 && host[0] == '[' && host[length - 1] == ']' && length < sizeof bare) {
        memcpy(bare, host + 1, length - 2);
        bare[length - 2] = '\0';
        host = bare;
    }
    return names_look_up(host, family, out, max, error);
}
