/* SPDX-License-Identifier: BSD-2-Clause */
/* One source with a request on its way, and the perfect reply to it, for tests to spoil. */
#ifndef TOKI_TESTS_UNIT_SOURCE_LAB_H
#define TOKI_TESTS_UNIT_SOURCE_LAB_H

#include <string.h>

#include "check.h"
#include "core/source.h"

#define LAB_BUILD_S INT64_C(1793491200) /* 2026-11-01 */
#define LAB_NOW_S (LAB_BUILD_S + 40 * 86400)
#define LAB_WAY_S 0.010 /* each way */
#define LAB_STAY_S 20e-6
#define LAB_ROUND_NS INT64_C(20020000)

struct source_lab {
    struct source_spec config;
    struct source source;
    struct timeline timeline;
    struct random random;
    struct source_context context;
    struct auth auth;
    struct address self[2];
    uint8_t request[PACKET_HEADER_LENGTH];
    struct wall_time sent, received;
    enum stamp received_by;
    struct sample sample;
};

static inline struct address lab_address(const char *text)
{
    struct address a;

    assert_true(address_parse(text, &a));
    return a;
}

/* Time goes on: both clocks alike. */
static inline void lab_pass(struct source_lab *lab, int64_t ns)
{
    lab->context.now.wall.ns += ns;
    lab->context.now.mono.ns += ns;
}

static inline void lab_ask(struct source_lab *lab)
{
    source_poll(&lab->source, &lab->random, lab->context.now.mono, lab->request);
    lab->sent = lab->source.request.sent.at = lab->context.now.wall;
    lab_pass(lab, LAB_ROUND_NS);
    lab->received = lab->context.now.wall;
}

static inline void lab_start_at(struct source_lab *lab, int64_t wall_ns)
{
    const uint8_t seed[RANDOM_SEED_LENGTH] = {1, 2, 3};
    struct address to = lab_address("192.0.2.1");

    memset(lab, 0, sizeof *lab);
    lab->config = (struct source_spec){.kind = SOURCE_SERVER,
                                       .name = "192.0.2.1",
                                       .address = to,
                                       .port = NTP_PORT,
                                       .minpoll = 6,
                                       .maxpoll = 10,
                                       .version = 4,
                                       .max_delay_s = 3};
    lab->self[0] = lab_address("198.51.100.7");
    lab->self[1] = lab_address("2001:db8::7");
    lab->auth = auth_of_source(&lab->config, NULL, &lab->random);
    lab->context = (struct source_context){.timeline = &lab->timeline,
                                           .auth = &lab->auth,
                                           .now = {.wall = {wall_ns}, .mono = {1000 * NS_PER_S}},
                                           .precision_s = 1e-7,
                                           .build_time_s = (uint64_t)LAB_BUILD_S,
                                           .self = lab->self,
                                           .self_count = 2};
    timeline_init(&lab->timeline, lab->context.now, 0);
    random_seed(&lab->random, seed);
    source_init(&lab->source, 0, &lab->config, &to, lab->context.now.mono, 0, 1e-4);
    lab_ask(lab);
}

static inline void lab_start(struct source_lab *lab)
{
    lab_start_at(lab, LAB_NOW_S * NS_PER_S);
}

static inline struct wall_time lab_later(struct wall_time t, double s)
{
    return (struct wall_time){t.ns + ns_from_s(s)};
}

/* What an honest server answers whose clock is `offset_s` ahead of ours. */
static inline struct packet lab_reply(const struct source_lab *lab, double offset_s)
{
    struct wall_time there = lab_later(lab->sent, LAB_WAY_S + offset_s);

    return (struct packet){.version = 4,
                           .mode = MODE_SERVER,
                           .stratum = 2,
                           .poll = 6,
                           .precision = -24,
                           .root_delay = 0x100,
                           .root_dispersion = 0x80,
                           .refid = 0xcb007105,
                           .reference = ntp_from_wall(lab_later(there, -100)),
                           .origin = lab->source.request.nonce,
                           .receive = ntp_from_wall(there),
                           .transmit = ntp_from_wall(lab_later(there, LAB_STAY_S))};
}

static inline struct stamped lab_received(const struct source_lab *lab)
{
    return (struct stamped){.at = lab->received, .by = lab->received_by};
}

static inline enum reply_verdict lab_receive(struct source_lab *lab, const struct packet *p)
{
    uint8_t data[PACKET_HEADER_LENGTH];

    packet_encode(p, data);
    return source_check_reply(&lab->source, &lab->context, data, sizeof data, lab_received(lab),
                              &lab->sample);
}

#endif
