/* SPDX-License-Identifier: BSD-2-Clause */
/* A question to a daemon and its answers by datagrams; see the header. */
#include "cli/exchange.h"

#include <errno.h>
#include <string.h>

#include "os/clock.h"
#include "os/names.h"
#include "os/udp.h"

int exchange_open(struct exchange *x, const struct address *to)
{
    *x = (struct exchange){.fd = udp_connect(to, NULL, NULL, 0)};
    if (x->fd < 0) {
        int error = x->fd;

        x->fd = -1;
        return error;
    }
    wait_add(&x->wait, x->fd, WAIT_READ);
    return 0;
}

void exchange_close(struct exchange *x)
{
    if (x->fd >= 0) {
        udp_close(x->fd);
    }
    *x = (struct exchange){.fd = -1};
}

int exchange_send(struct exchange *x, const uint8_t *data, size_t length)
{
    struct datagram datagram = {.length = length};
    int error = 0;

    if (length > sizeof datagram.data) {
        return -EMSGSIZE;
    }
    memcpy(datagram.data, data, length);
    return udp_send(x->fd, &datagram, 1, &error) == 1 ? 0 : -error;
}

long exchange_receive(struct exchange *x, uint8_t *data, size_t capacity, struct mono_time deadline,
                      struct wall_time *stamp)
{
    struct datagram datagram;
    struct wall_time ignored;

    for (;;) {
        int received = udp_receive(x->fd, &datagram, 1);

        if (received > 0) {
            size_t length = datagram.length < capacity ? datagram.length : capacity;

            memcpy(data, datagram.data, length);
            if (stamp) {
                *stamp = datagram.stamp;
            }
            return (long)length;
        }
        if (received < 0) {
            return received;
        }
        if (clock_now().mono.ns >= deadline.ns) {
            return 0;
        }
        /* a stamp of what was sent wakes up too, and must be taken out to sleep again */
        wait_until(&x->wait, deadline);
        if (wait_ready(&x->wait, x->fd) & WAIT_ERROR) {
            int error = udp_transmit_stamp(x->fd, &ignored) ? 0 : udp_error(x->fd);

            if (error) {
                return -error;
            }
        }
    }
}

unsigned exchange_look_up(const char *host, uint8_t family, struct address *out, unsigned max,
                          const char **problem)
{
    char bare[EXCHANGE_TEXT_MAX];
    size_t length = strlen(host);
    enum names_error error;
    unsigned count;

    if (length > 2 && host[0] == '[' && host[length - 1] == ']' && length < sizeof bare) {
        memcpy(bare, host + 1, length - 2);
        bare[length - 2] = '\0';
        host = bare;
    }
    count = names_look_up(host, family, out, max, &error);
    if (problem) {
        *problem = count > 0 ? NULL : names_error_text(error);
    }
    return count;
}
