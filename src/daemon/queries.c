/* SPDX-License-Identifier: BSD-2-Clause */
/* Control requests between workers and sync. What comes over the channel is checked
 * like what comes from the network: an attacker would take over a worker first. */
#include "daemon/queries.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "os/clock.h"
#include "os/process.h"
#include "os/random.h"

/* Requests in a second that a worker passes on, and at once; from this machine and from elsewhere.
 * A billboard of 64 sources is 65 requests. */
static const double rates[2] = {1000, 100};
/* What sync answers of each worker in a round of its loop. */
#define ROUND_MAX 16

#define HEAD_LENGTH offsetof(struct query_message, data)

static_assert(QUERY_LENGTH_MAX >= MODE6_DATAGRAM_MAX, "answers fit, too");

/* ---- in a worker ---- */

static bool take_token(struct query_budget *b, double rate, struct mono_time now)
{
    double gained = s_from_ns(ns_subtract(now.ns, b->at.ns)) * rate;

    b->tokens += b->at.ns == 0 ? rate : gained > 0 ? gained : 0;
    b->tokens = b->tokens < rate ? b->tokens : rate;
    b->at = now;
    if (b->tokens < 1) {
        return false;
    }
    b->tokens -= 1;
    return true;
}

static bool make_message(struct query_message *message, const struct datagram *request,
                         const struct address *bound)
{
    if (request->length > sizeof message->data) {
        return false;
    }
    memset(message, 0, HEAD_LENGTH);
    message->peer = request->peer;
    message->local = request->local;
    message->bound = *bound;
    message->length = (uint32_t)request->length;
    memcpy(message->data, request->data, request->length);
    return true;
}

void queries_pass(struct query_gate *gate, int channel, const struct worker *worker,
                  const struct address *bound, struct mono_time now)
{
    struct query_message message;

    for (unsigned i = 0; channel >= 0 && i < worker->control_count; i++) {
        const struct datagram *request = &worker->requests[worker->controls[i]];
        unsigned where = !address_is_loopback(&request->peer);

        if (take_token(&gate->budgets[where], rates[where], now) &&
            make_message(&message, request, bound)) {
            process_send(channel, &message, HEAD_LENGTH + message.length);
        }
    }
}

/* A whole message of the right length; false: none is there. Wrong ones are passed over. */
static bool receive(int channel, struct query_message *message)
{
    long length;

    while ((length = process_receive(channel, message, sizeof *message)) > 0 ||
           length == -EMSGSIZE) {
        if (length >= (long)HEAD_LENGTH && message->length <= sizeof message->data &&
            (size_t)length == HEAD_LENGTH + message->length && message->length > 0 &&
            (message->peer.family == ADDRESS_V4 || message->peer.family == ADDRESS_V6) &&
            message->local.family <= ADDRESS_V6) {
            return true;
        }
    }
    return false;
}

bool queries_receive(int channel, struct datagram *out, struct address *bound)
{
    struct query_message message;

    if (channel < 0 || !receive(channel, &message)) {
        return false;
    }
    memset(out, 0, offsetof(struct datagram, data));
    out->peer = message.peer;
    out->local = message.local;
    out->length = message.length;
    memcpy(out->data, message.data, message.length);
    *bound = message.bound;
    return true;
}

/* ---- in sync ---- */

struct queries *queries_new(const int *channels, unsigned count)
{
    struct queries *q = calloc(1, sizeof *q);
    uint8_t key[16];

    if (!q) {
        return NULL;
    }
    for (unsigned i = 0; i < count && q->channel_count < QUERY_CHANNELS_MAX; i++) {
        if (channels[i] >= 0) {
            q->channels[q->channel_count++] = channels[i];
        }
    }
    random_system(key, sizeof key);
    mode6_init(&q->mode6, key, clock_now().mono);
    return q;
}

void queries_register(const struct queries *q, struct wait_set *wait)
{
    for (unsigned i = 0; i < q->channel_count; i++) {
        wait_add(wait, q->channels[i], WAIT_READ);
    }
}

bool queries_is_ready(const struct queries *q, const struct wait_set *wait)
{
    bool ready = false;

    for (unsigned i = 0; i < q->channel_count; i++) {
        ready = ready || (wait_ready(wait, q->channels[i]) & WAIT_READ) != 0;
    }
    return ready;
}

/* Back the way that the request came. */
static void send_answer(struct mode6_answer *answer, const struct query_message *request,
                        struct query_way way)
{
    struct query_message message = *request;
    struct datagram datagram;

    while ((message.length = (uint32_t)mode6_next(answer, message.data)) > 0) {
        if (way.channel >= 0) {
            if (process_send(way.channel, &message, HEAD_LENGTH + message.length) < 0) {
                return; /* full: the rest would be of no use */
            }
            continue;
        }
        memset(&datagram, 0, offsetof(struct datagram, data));
        datagram.peer = message.peer;
        datagram.local = message.local;
        datagram.length = message.length;
        memcpy(datagram.data, message.data, message.length);
        udp_send(way.fd, &datagram, 1, NULL);
    }
}

/* Keeps the answer until the order is carried out. */
static void keep_order(struct queries *q, const struct query_message *request, struct query_way way)
{
    if (q->order_waits) {
        mode6_finish(&q->answer, "another change is in progress: try again");
        send_answer(&q->answer, request, way);
        return;
    }
    q->ordered = q->answer;
    q->order_from = *request;
    q->order_way = way;
    q->order_waits = true;
    q->order_taken = false;
}

static void answer(struct queries *q, const struct report_input *input,
                   const struct query_message *request, struct query_way way)
{
    const struct mode6_question question = {
        .peer = request->peer, .data = request->data, .length = request->length};

    switch (mode6_handle(&q->mode6, input, &question, &q->report, &q->answer)) {
    case MODE6_SILENT: break;
    case MODE6_ANSWERED: send_answer(&q->answer, request, way); break;
    case MODE6_ORDERED: keep_order(q, request, way); break;
    }
}

void queries_handle(struct queries *q, const struct report_input *input)
{
    struct query_message message;

    for (unsigned c = 0; c < q->channel_count; c++) {
        for (unsigned i = 0; i < ROUND_MAX && receive(q->channels[c], &message); i++) {
            answer(q, input, &message, (struct query_way){.channel = q->channels[c], .fd = -1});
        }
    }
}

void queries_handle_batch(struct queries *q, const struct worker *worker, int fd,
                          const struct report_input *input)
{
    static const struct address none = {.family = ADDRESS_NONE};
    struct query_message message;

    for (unsigned i = 0; i < worker->control_count; i++) {
        if (make_message(&message, &worker->requests[worker->controls[i]], &none)) {
            answer(q, input, &message, (struct query_way){.channel = -1, .fd = fd});
        }
    }
}

bool queries_take_order(struct queries *q, struct command_order *order)
{
    if (!q->order_waits || q->order_taken) {
        return false;
    }
    *order = q->ordered.order;
    q->order_taken = true;
    return true;
}

void queries_finish_order(struct queries *q, const char *problem)
{
    if (q->order_waits) {
        mode6_finish(&q->ordered, problem);
        send_answer(&q->ordered, &q->order_from, q->order_way);
        q->order_waits = false;
    }
}
