/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket; see the header. A client sends a line, waits if that is an order, takes the
 * answer, is closed; there is a limit in time for all of that together. */
#include "control/endpoint.h"

#include <errno.h>
#include <string.h>

#include "os/process.h"
#include "os/stream.h"

int endpoint_open(struct endpoint *endpoint, const char *path, unsigned mode)
{
    for (unsigned i = 0; i < ENDPOINT_CLIENTS_MAX; i++) {
        endpoint->clients[i].fd = -1;
    }
    endpoint->owner = process_user();
    endpoint->fd = stream_listen_unix(path, mode);
    return endpoint->fd < 0 ? endpoint->fd : 0;
}

void endpoint_register(struct endpoint *endpoint, struct wait_set *wait)
{
    if (endpoint->fd >= 0) {
        wait_add(wait, endpoint->fd, WAIT_READ);
    }
}

bool endpoint_is_ready(const struct endpoint *endpoint, const struct wait_set *wait)
{
    bool ready = endpoint->fd >= 0 && wait_ready(wait, endpoint->fd);

    for (unsigned i = 0; i < ENDPOINT_CLIENTS_MAX; i++) {
        ready =
            ready || (endpoint->clients[i].fd >= 0 && wait_ready(wait, endpoint->clients[i].fd));
    }
    return ready;
}

struct mono_time endpoint_deadline(const struct endpoint *endpoint)
{
    struct mono_time deadline = {INT64_MAX};

    for (unsigned i = 0; i < ENDPOINT_CLIENTS_MAX; i++) {
        if (endpoint->clients[i].fd >= 0 && endpoint->clients[i].limit.ns < deadline.ns) {
            deadline = endpoint->clients[i].limit;
        }
    }
    return deadline;
}

static void drop(struct endpoint_client *client, struct wait_set *wait)
{
    wait_remove(wait, client->fd);
    stream_close(client->fd);
    client->fd = -1;
}

/* New clients; above the limit they are closed at once. */
static void accept_clients(struct endpoint *endpoint, struct wait_set *wait, struct mono_time now)
{
    for (unsigned n = 0; n < ENDPOINT_CLIENTS_MAX; n++) {
        struct endpoint_client *client = NULL;
        struct stream_peer peer;
        int fd = stream_accept(endpoint->fd, &peer);

        if (fd < 0) {
            return;
        }
        for (unsigned i = 0; i < ENDPOINT_CLIENTS_MAX && !client; i++) {
            client = endpoint->clients[i].fd < 0 ? &endpoint->clients[i] : NULL;
        }
        if (!client || !wait_add(wait, fd, WAIT_READ)) {
            stream_close(fd);
            continue;
        }
        client->fd = fd;
        client->state = ENDPOINT_ASKING;
        client->serial = ++endpoint->serial;
        client->may_change = peer.uid == 0 || (peer.uid >= 0 && peer.uid == endpoint->owner);
        client->limit = mono_after(now, ENDPOINT_TIMEOUT_S);
        client->request_length = client->reply_length = client->reply_sent = 0;
    }
}

/* True as long as the client is worth keeping. */
static bool send_reply(struct endpoint_client *client)
{
    long n = stream_write(client->fd, client->reply + client->reply_sent,
                          client->reply_length - client->reply_sent);

    if (n > 0) {
        client->reply_sent += (size_t)n;
    }
    return (n > 0 || n == -EAGAIN) && client->reply_sent < client->reply_length;
}

static bool begin_reply(struct endpoint_client *client, struct wait_set *wait)
{
    client->state = ENDPOINT_ANSWERED;
    wait_add(wait, client->fd, WAIT_WRITE);
    return client->reply_length > 0 && send_reply(client);
}

static bool take_request(struct endpoint *endpoint, struct endpoint_client *client,
                         struct wait_set *wait, const struct report_input *input)
{
    size_t room = sizeof client->request - 1 - client->request_length;
    long n = stream_read(client->fd, client->request + client->request_length, room);
    char *end;

    if (n == -EAGAIN) {
        return true;
    }
    if (n <= 0) {
        return false;
    }
    client->request_length += (size_t)n;
    end = memchr(client->request, '\n', client->request_length);
    if (!end) {
        return client->request_length < sizeof client->request - 1;
    }
    *end = '\0';
    if (end > client->request && end[-1] == '\r') {
        end[-1] = '\0';
    }
    if (command_run(client->request, client->may_change, input, &endpoint->report, &client->order,
                    client->reply, sizeof client->reply,
                    &client->reply_length) == COMMAND_ORDERED) {
        client->state = ENDPOINT_ORDERED;
        client->limit = mono_after(input->now.mono, ENDPOINT_ORDER_TIMEOUT_S);
        wait_add(wait, client->fd, 0); /* that it hangs up is all that can come now */
        return true;
    }
    return begin_reply(client, wait);
}

bool endpoint_take_order(struct endpoint *endpoint, struct command_order *order,
                         struct endpoint_ticket *ticket)
{
    for (unsigned i = 0; i < ENDPOINT_CLIENTS_MAX; i++) {
        struct endpoint_client *client = &endpoint->clients[i];

        if (client->fd >= 0 && client->state == ENDPOINT_ORDERED) {
            client->state = ENDPOINT_TAKEN;
            *order = client->order;
            *ticket = (struct endpoint_ticket){i, client->serial};
            return true;
        }
    }
    return false;
}

void endpoint_answer(struct endpoint *endpoint, struct wait_set *wait,
                     const struct endpoint_ticket *ticket, const struct command_outcome *outcome)
{
    struct endpoint_client *client = &endpoint->clients[ticket->client];

    if (client->fd < 0 || client->serial != ticket->serial || client->state != ENDPOINT_TAKEN) {
        return;
    }
    client->reply_length =
        command_answer(client->order.verb, outcome, client->reply, sizeof client->reply);
    if (!begin_reply(client, wait)) {
        drop(client, wait);
    }
}

/* True as long as a client that is ready is worth keeping. */
static bool go_on(struct endpoint *endpoint, struct endpoint_client *client, struct wait_set *wait,
                  const struct report_input *input)
{
    switch (client->state) {
    case ENDPOINT_ASKING: return take_request(endpoint, client, wait, input);
    case ENDPOINT_ANSWERED: return send_reply(client);
    case ENDPOINT_ORDERED:
    case ENDPOINT_TAKEN: break; /* it hung up */
    }
    return false;
}

void endpoint_handle(struct endpoint *endpoint, struct wait_set *wait,
                     const struct report_input *input)
{
    for (unsigned i = 0; i < ENDPOINT_CLIENTS_MAX; i++) {
        struct endpoint_client *client = &endpoint->clients[i];
        bool keep;

        if (client->fd < 0) {
            continue;
        }
        keep = client->limit.ns > input->now.mono.ns;
        if (keep && wait_ready(wait, client->fd)) {
            keep = go_on(endpoint, client, wait, input);
        }
        if (!keep) {
            drop(client, wait);
        }
    }
    if (endpoint->fd >= 0 && wait_ready(wait, endpoint->fd)) {
        accept_clients(endpoint, wait, input->now.mono);
    }
}

void endpoint_close(struct endpoint *endpoint, struct wait_set *wait)
{
    for (unsigned i = 0; i < ENDPOINT_CLIENTS_MAX; i++) {
        if (endpoint->clients[i].fd >= 0) {
            drop(&endpoint->clients[i], wait);
        }
    }
    if (endpoint->fd >= 0) {
        wait_remove(wait, endpoint->fd);
        stream_close(endpoint->fd);
        endpoint->fd = -1;
    }
}
