/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine with a world of one page around it: a clock that obeys (or refuses), servers that
 * answer after 20 ms as a test tells them, and a clerk who holds each effect against the rules:
 * none is lost, each request is given up exactly once before the next, no wake-up is idle for
 * ever. */
#ifndef TOKI_TESTS_UNIT_ENGINE_LAB_H
#define TOKI_TESTS_UNIT_ENGINE_LAB_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "core/engine.h"

#define LAB_START_S INT64_C(1795000000) /* 2026-11-18 */
#define LAB_BUILD_S INT64_C(1793491200)
#define LAB_WAY_NS INT64_C(10000000)
#define LAB_FLIGHT 256

enum lab_answer { LAB_GOOD, LAB_SILENT, LAB_UNSYNCHRONISED, LAB_RATE, LAB_DENY, LAB_LOOP };

struct lab_server {
    enum lab_answer answer;
    double lie_s; /* its clock is ahead of the truth by this */
    uint8_t leap, stratum;
    unsigned asked;
    int64_t asked_ns, least_gap_ns; /* true time */
};

struct lab_flight {
    bool used;
    int64_t arrives_ns;
    struct effect_send send;
    int64_t true_sent_ns;
    struct stamped sent; /* by the kernel */
};

struct engine_lab {
    struct engine engine;
    struct settings settings;
    struct lab_server servers[SOURCES_MAX]; /* by the last byte of the address, less 1 */
    struct lab_flight flights[LAB_FLIGHT];
    struct dice dice;
    int64_t true_ns;               /* true time since the start */
    int64_t utc_step_ns;           /* leap seconds since then */
    double wall_ns, mono_ns, rate; /* of our clock, since the start */
    double drift;                  /* of its oscillator */
    int refuse;                    /* errno of the clock driver */
    int64_t early_ns;       /* of the daemon's transmit stamps; 0: the kernel's come at once */
    bool late;              /* else they come behind the replies, or not at all */
    bool open[SOURCES_MAX]; /* requests */
    uint16_t serial[SOURCES_MAX];
    unsigned sends, cancels, publishes, stores, adjusts, steps, updates;
    unsigned measured[REPLY_VERDICTS];
    struct effect_measured last_measured;
    struct effect_updated last_updated;
    unsigned events[EVENT_TYPES];
    struct effect_status status;
    struct effect_look_up look_ups[64];
    unsigned look_up_count;
};

static inline struct instant lab_now(const struct engine_lab *lab)
{
    return (struct instant){.wall = {LAB_START_S * NS_PER_S + (int64_t)llround(lab->wall_ns)},
                            .mono = {INT64_C(77) * NS_PER_S + (int64_t)llround(lab->mono_ns)}};
}

/* True time less our clock's. */
static inline double lab_error_s(const struct engine_lab *lab)
{
    return ((double)(lab->true_ns + lab->utc_step_ns) - lab->wall_ns) * 1e-9;
}

static inline void lab_adjust(struct engine_lab *lab, const struct clock_command *c)
{
    struct clock_command done = *c;

    lab->adjusts++;
    if (lab->refuse != 0) {
        done.action = CLOCK_KEEP;
        engine_adjusted(&lab->engine, lab_now(lab), &done, lab->refuse);
        return;
    }
    assert_true(lab->settings.clock_control);
    if (c->action == CLOCK_STEP) {
        lab->wall_ns += (double)c->step_ns;
        lab->steps++;
    }
    lab->rate = c->rate;
    engine_adjusted(&lab->engine, lab_now(lab), &done, 0);
}

static inline struct stamped lab_kernel_stamp(const struct engine_lab *lab)
{
    return (struct stamped){.at = lab_now(lab).wall, .by = STAMP_KERNEL};
}

/* The kernel's stamp at once, or the daemon's, early, if a test says so. */
static inline void lab_tell_sent(struct engine_lab *lab, const struct effect_send *send)
{
    struct stamped sent = lab_kernel_stamp(lab);

    if (lab->early_ns > 0) {
        sent = (struct stamped){.at = {sent.at.ns - lab->early_ns}, .by = STAMP_DAEMON};
    }
    engine_sent(&lab->engine, lab_now(lab), send->source, send->serial, sent);
}

static inline void lab_send(struct engine_lab *lab, const struct effect_send *send)
{
    struct lab_server *server = &lab->servers[(send->to.bytes[3] - 1) % SOURCES_MAX];

    assert_true(send->source < SOURCES_MAX);
    assert_false(lab->open[send->source]); /* the last one was given up */
    assert_int_equal(send->length, PACKET_HEADER_LENGTH);
    assert_int_equal(send->to.port, NTP_PORT);
    lab->open[send->source] = true;
    lab->serial[send->source] = send->serial;
    lab->sends++;
    if (server->asked++ > 0 && lab->true_ns - server->asked_ns < server->least_gap_ns) {
        server->least_gap_ns = lab->true_ns - server->asked_ns;
    }
    server->asked_ns = lab->true_ns;
    lab_tell_sent(lab, send);
    for (unsigned i = 0; i < LAB_FLIGHT; i++) {
        if (!lab->flights[i].used) {
            lab->flights[i] = (struct lab_flight){.used = true,
                                                  .arrives_ns = lab->true_ns + 2 * LAB_WAY_NS,
                                                  .send = *send,
                                                  .true_sent_ns = lab->true_ns,
                                                  .sent = lab_kernel_stamp(lab)};
            return;
        }
    }
    fail_msg("too many packets in flight");
}

static inline void lab_take_effects(struct engine_lab *lab)
{
    struct effect e;

    while (engine_take_effect(&lab->engine, &e)) {
        switch (e.type) {
        case EFFECT_SEND: lab_send(lab, &e.send); break;
        case EFFECT_CANCEL:
            assert_true(lab->open[e.cancel.source]);
            assert_int_equal(lab->serial[e.cancel.source], e.cancel.serial);
            lab->open[e.cancel.source] = false;
            lab->cancels++;
            break;
        case EFFECT_ADJUST_CLOCK: lab_adjust(lab, &e.adjust); break;
        case EFFECT_SET_STATUS: lab->status = e.status; break;
        case EFFECT_LOOK_UP:
            assert_true(lab->look_up_count < 64);
            lab->look_ups[lab->look_up_count++] = e.look_up;
            break;
        case EFFECT_PUBLISH: lab->publishes++; break;
        case EFFECT_STORE: lab->stores++; break;
        case EFFECT_MEASURED:
            lab->measured[e.measured.verdict]++;
            lab->last_measured = e.measured;
            break;
        case EFFECT_UPDATED:
            lab->updates++;
            lab->last_updated = e.updated;
            break;
        case EFFECT_EVENT: lab->events[e.event.type]++; break;
        }
    }
    assert_int_equal(lab->engine.effects.lost, 0);
}

static inline uint64_t lab_ntp(const struct engine_lab *lab, int64_t true_ns, double lie_s)
{
    return ntp_from_wall(
        (struct wall_time){LAB_START_S * NS_PER_S + true_ns + lab->utc_step_ns + ns_from_s(lie_s)});
}

/* The server's answer, delivered if its port is still open. */
static inline void lab_deliver(struct engine_lab *lab, struct lab_flight *f)
{
    const struct lab_server *server = &lab->servers[(f->send.to.bytes[3] - 1) % SOURCES_MAX];
    uint8_t data[PACKET_HEADER_LENGTH];
    struct packet request, p;

    f->used = false;
    if (server->answer == LAB_SILENT || !lab->open[f->send.source] ||
        lab->serial[f->send.source] != f->send.serial) {
        return;
    }
    assert_int_equal(packet_decode(f->send.data, f->send.length, &request, NULL), PACKET_OK);
    p = (struct packet){.version = 4,
                        .mode = MODE_SERVER,
                        .leap = server->leap,
                        .stratum = server->stratum,
                        .poll = 6,
                        .precision = -25,
                        .root_delay = 0x40,
                        .root_dispersion = 0x20,
                        .refid = REFID(203, 0, 113, 9),
                        .origin = request.transmit,
                        .receive = lab_ntp(lab, f->true_sent_ns + LAB_WAY_NS, server->lie_s)};
    p.transmit = p.reference = p.receive;
    if (server->answer == LAB_UNSYNCHRONISED || server->answer == LAB_RATE ||
        server->answer == LAB_DENY) {
        p.leap = LEAP_UNSYNCHRONISED;
        p.stratum = 0;
        p.refid = server->answer == LAB_RATE   ? REFID('R', 'A', 'T', 'E')
                  : server->answer == LAB_DENY ? REFID('D', 'E', 'N', 'Y')
                                               : REFID('I', 'N', 'I', 'T');
    }
    if (server->answer == LAB_LOOP) {
        p.refid = address_refid(&lab->engine.self[0]);
    }
    packet_encode(&p, data);
    engine_receive(&lab->engine, lab_now(lab), f->send.source, f->send.serial, data, sizeof data,
                   lab_kernel_stamp(lab));
    lab_take_effects(lab);
    if (lab->late) {
        engine_sent(&lab->engine, lab_now(lab), f->send.source, f->send.serial, f->sent);
        lab_take_effects(lab);
    }
}

static inline void lab_advance_to(struct engine_lab *lab, int64_t true_ns)
{
    double passed = (double)(true_ns - lab->true_ns) / (1 + lab->drift) * (1 + lab->rate);

    lab->wall_ns += passed;
    lab->mono_ns += passed;
    lab->true_ns = true_ns;
}

static inline struct lab_flight *lab_next_flight(struct engine_lab *lab)
{
    struct lab_flight *next = NULL;

    for (unsigned i = 0; i < LAB_FLIGHT; i++) {
        struct lab_flight *f = &lab->flights[i];

        if (f->used && (!next || f->arrives_ns < next->arrives_ns)) {
            next = f;
        }
    }
    return next;
}

/* `drift`: the rate that corrects the oscillator. */
static inline void lab_run(struct engine_lab *lab, double seconds)
{
    int64_t end = lab->true_ns + ns_from_s(seconds), last = -1;
    unsigned idle = 0;

    for (;;) {
        struct lab_flight *f = lab_next_flight(lab);
        struct mono_time deadline = engine_deadline(&lab->engine);
        double wait = s_from_ns(ns_subtract(deadline.ns, lab_now(lab).mono.ns)) / (1 + lab->rate) *
                      (1 + lab->drift);
        int64_t tick_ns = ns_add(lab->true_ns, ns_from_s(fmax(wait, 0)) + (wait > 0));

        if (f && f->arrives_ns <= tick_ns && f->arrives_ns <= end) {
            lab_advance_to(lab, f->arrives_ns > lab->true_ns ? f->arrives_ns : lab->true_ns);
            lab_deliver(lab, f);
            continue;
        }
        if (tick_ns > end) {
            break;
        }
        lab_advance_to(lab, tick_ns);
        engine_tick(&lab->engine, lab_now(lab));
        lab_take_effects(lab);
        idle = tick_ns == last ? idle + 1 : 0;
        last = tick_ns;
        assert_true(idle < 200); /* a deadline that no tick ever satisfies */
    }
    lab_advance_to(lab, end);
}

static inline struct source_spec lab_line(unsigned last_byte)
{
    struct source_spec s = {
        .kind = SOURCE_SERVER,
        .address = {.family = ADDRESS_V4, .bytes = {192, 0, 2, (uint8_t)last_byte}},
        .port = NTP_PORT,
        .minpoll = 6,
        .maxpoll = 10,
        .version = 4,
        .max_sources = 4,
        .iburst = true,
        .max_delay_s = 3};

    snprintf(s.name, sizeof s.name, "192.0.2.%u", last_byte);
    return s;
}

static inline void lab_begin(struct engine_lab *lab)
{
    struct engine_start start = {.now = lab_now(lab), .precision_s = 1e-7, .self_count = 1};

    start.self[0] = (struct address){.family = ADDRESS_V4, .bytes = {198, 51, 100, 5}};
    dice_fill(&lab->dice, start.seed, sizeof start.seed);
    engine_init(&lab->engine, &lab->settings, &start);
    lab_take_effects(lab);
}

/* A clock that is `offset_s` slow, with the settings of chrony's `makestep 0.1 3` and n servers; to
 * be changed before lab_begin(). */
static inline struct engine_lab *lab_new(unsigned n, double offset_s, double drift)
{
    static struct engine_lab lab;

    memset(&lab, 0, sizeof lab);
    lab.dice.state = 4711;
    lab.wall_ns = -offset_s * 1e9;
    lab.drift = drift;
    settings_default(&lab.settings);
    lab.settings.step_threshold_s = 0.1;
    lab.settings.step_updates = 3;
    lab.settings.stepout_s = 0;
    lab.settings.panic_s = 0;
    lab.settings.max_distance_s = 3;
    lab.settings.max_slew_rate = 0.0833;
    lab.settings.build_time_s = (uint64_t)LAB_BUILD_S;
    lab.settings.spec_count = n;
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        lab.servers[i] = (struct lab_server){.stratum = 2, .least_gap_ns = INT64_MAX};
    }
    for (unsigned i = 0; i < n; i++) {
        lab.settings.specs[i] = lab_line(i + 1);
    }
    return &lab;
}

/* Somebody sets the clock. */
static inline void lab_set_clock(struct engine_lab *lab, double step_s)
{
    lab->wall_ns += step_s * 1e9;
}

#endif
