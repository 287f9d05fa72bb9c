/* SPDX-License-Identifier: BSD-2-Clause */
/* The path of a request: source port, access rules, rate limit, then core's responder.
 * What is dropped is counted in the page and never logged: unknown hosts must not fill the log. */
#include "serve/worker.h"

#include <assert.h>
#include <string.h>

#include "os/clock.h"

#define OUR_VERSION 4
#define FLAKE_IN 10 /* ACCESS_FLAKE drops one in this number */

void worker_init(struct worker *w, struct serve_page *page, unsigned number, const struct acl *acl,
                 const uint8_t seed[RANDOM_SEED_LENGTH])
{
    assert(number < PAGE_WORKERS_MAX);
    memset(w, 0, sizeof *w);
    w->page = page;
    w->number = number;
    w->acl = acl;
    w->queries.by_rules = true;
    random_seed(&w->random, seed);
}

/* Does the address it was sent to belong to us alone? Answers to broadcasts would let one packet
 * make a storm. */
static bool sent_to_us(const struct datagram *request)
{
    return request->local.family == ADDRESS_NONE || address_is_unicast(&request->local);
}

/* Ourselves as a sender would see us, for the test against LAND; the system tells no port. */
static struct address self_of(const struct datagram *request)
{
    struct address self = request->local;

    if (self.port == 0) {
        self.port = NTP_PORT;
    }
    return self;
}

static bool may_query(const struct worker *w, const struct address *peer, uint32_t flags)
{
    const struct worker_queries *q = &w->queries;
    bool local = q->local[peer->family == ADDRESS_V6] && address_is_loopback(peer);

    return (q->by_rules && !(flags & ACCESS_NOQUERY)) ||
           (local && !(q->by_rules && acl_has_rule(w->acl, peer)));
}

/* What the access rules say: RESPOND_ANSWERED if the request may go on. */
static enum respond_verdict judge_access(struct worker *w, const struct datagram *request,
                                         uint32_t flags)
{
    if (flags & ACCESS_IGNORE) {
        return RESPOND_DROPPED_ACCESS;
    }
    if (respond_is_control(request->data, request->length)) {
        return may_query(w, &request->peer, flags) ? RESPOND_CONTROL : RESPOND_DROPPED_ACCESS;
    }
    if (flags & ACCESS_NOSERVE) {
        return RESPOND_DROPPED_ACCESS;
    }
    if (flags & ACCESS_VERSION && request->length > 0 &&
        (request->data[0] >> 3 & 7) != OUR_VERSION) {
        return RESPOND_DROPPED_ACCESS;
    }
    if (flags & ACCESS_FLAKE && random_u64(&w->random) % FLAKE_IN == 0) {
        return RESPOND_DROPPED_ACCESS;
    }
    return RESPOND_ANSWERED;
}

/* RESPOND_ANSWERED, RESPOND_KISS or RESPOND_DROPPED_RATE. */
static enum respond_verdict judge_rate(struct worker *w, const struct datagram *request,
                                       uint32_t flags, struct mono_time now)
{
    if (!(flags & ACCESS_LIMITED)) {
        return RESPOND_ANSWERED;
    }
    switch (ratelimit_check(&w->ratelimit, &request->peer, now)) {
    case RATELIMIT_ANSWER: return RESPOND_ANSWERED;
    case RATELIMIT_KISS: return flags & ACCESS_KOD ? RESPOND_KISS : RESPOND_DROPPED_RATE;
    case RATELIMIT_DROP: break;
    }
    return RESPOND_DROPPED_RATE;
}

/* The rules for this client; our own sources may have one of theirs (`restrict source`). */
static uint32_t flags_of(const struct worker *w, const struct address *peer)
{
    if (w->have_source_access && page_is_source(w->page, peer)) {
        return acl_flags_of_source(w->acl, peer, w->source_access);
    }
    return acl_flags(w->acl, peer);
}

/* For the table of clients. */
static void note(struct worker *w, const struct datagram *request, uint32_t flags,
                 enum respond_verdict verdict, struct mono_time now)
{
    enum clients_outcome outcome = verdict == RESPOND_ANSWERED || verdict == RESPOND_CONTROL
                                       ? CLIENTS_ANSWERED
                                   : verdict == RESPOND_KISS         ? CLIENTS_KISSED
                                   : verdict == RESPOND_DROPPED_RATE ? CLIENTS_LIMITED
                                                                     : CLIENTS_REFUSED;

    if (w->clients && request->length > 0) {
        clients_note(w->clients, &request->peer, now, request->data[0], flags, outcome);
    }
}

/* Fills `reply` on RESPOND_ANSWERED and RESPOND_KISS. */
static enum respond_verdict answer(struct worker *w, const struct reference_wire *reference,
                                   uint32_t flags, const struct datagram *request,
                                   struct datagram *reply)
{
    enum respond_verdict verdict = judge_access(w, request, flags);
    struct instant now;
    struct auth auth;
    size_t length;

    if (verdict != RESPOND_ANSWERED) {
        return verdict;
    }
    now = clock_now();
    verdict = judge_rate(w, request, flags, now.mono);
    if (verdict == RESPOND_DROPPED_RATE) {
        return verdict;
    }
    auth = auth_of_server(w->keys, &w->random);
    verdict = respond_with_auth(
        reference, &(struct respond_auth){.auth = &auth, .required = (flags & ACCESS_NOTRUST) != 0},
        request->data, request->length, &request->peer, request->stamp, now.wall, now.mono,
        verdict == RESPOND_KISS, random_u64(&w->random), reply->data, &length);
    if (verdict == RESPOND_ANSWERED || verdict == RESPOND_KISS) {
        reply->peer = request->peer;
        reply->local = request->local;
        reply->interface = request->interface;
        reply->length = length;
    }
    return verdict;
}

static enum respond_verdict handle(struct worker *w, const struct reference_wire *reference,
                                   struct mono_time now, const struct datagram *request,
                                   struct datagram *reply)
{
    struct address self = self_of(request);
    enum respond_verdict verdict;
    uint32_t flags;

    if (!sent_to_us(request) || !respond_source_acceptable(&request->peer, &self)) {
        return RESPOND_DROPPED_SOURCE;
    }
    flags = flags_of(w, &request->peer);
    verdict = answer(w, reference, flags, request, reply);
    note(w, request, flags, verdict, now);
    return verdict;
}

static void count_version(struct page_counters *counters, const struct datagram *request)
{
    uint8_t first = request->length > 0 ? request->data[0] : 0;
    unsigned version = first >> 3 & 7;

    counters->versions[version]++;
    counters->old_modes[first & 7] += version == 1;
    counters->stamps[request->stamped_by]++;
}

unsigned worker_batch(struct worker *w, int fd)
{
    struct page_counters *counters = &w->page->counters[w->number];
    int received = udp_receive(fd, w->requests, UDP_BATCH);
    struct reference_wire reference;
    struct mono_time now;
    unsigned replies = 0;

    w->control_count = 0;
    if (received <= 0) {
        return 0;
    }
    now = clock_now().mono;
    page_read(w->page, now, &reference);
    for (int i = 0; i < received; i++) {
        enum respond_verdict verdict =
            handle(w, &reference, now, &w->requests[i], &w->replies[replies]);

        now.ns++; /* readers of the table of clients in order of time go on from an instant */

        counters->verdicts[verdict]++;
        counters->authenticated +=
            verdict == RESPOND_ANSWERED && w->replies[replies].length > PACKET_HEADER_LENGTH;
        count_version(counters, &w->requests[i]);
        if (verdict == RESPOND_CONTROL) {
            w->controls[w->control_count++] = (uint8_t)i;
        }
        if (verdict == RESPOND_ANSWERED || verdict == RESPOND_KISS) {
            replies++;
        }
    }
    counters->received += (unsigned)received;
    if (replies > 0) {
        counters->send_errors += replies - udp_send(fd, w->replies, replies, NULL);
    }
    return (unsigned)received;
}
