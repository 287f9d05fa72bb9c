/* SPDX-License-Identifier: BSD-2-Clause */
/* Simulated servers: the honest part is respond(), the dishonest parts are built here, on top of
 * its answer. */
#include "sim/server.h"

#include <string.h>

#include "core/respond.h"

#define GARBAGE_MAX 96 /* bytes: around the length of a packet with a MAC */

static bool period_holds(const struct period *p, double now_s)
{
    return now_s >= p->from_s && now_s < p->to_s;
}

void server_init(struct server *s, const struct server_settings *settings, uint64_t seed,
                 uint64_t stream)
{
    *s = (struct server){.settings = *settings};
    prng_seed(&s->prng, seed, stream);
}

static struct reference reference_now(const struct server *s, struct instant now, double now_s)
{
    const struct server_settings *set = &s->settings;
    bool synchronised = !period_holds(&set->unsynchronised, now_s);
    struct reference r = {.leap = LEAP_UNSYNCHRONISED, .stratum = STRATUM_UNSYNCHRONISED};

    r.precision = set->precision ? set->precision : -30;
    r.poll = 6;
    r.at = now.mono;
    if (synchronised) {
        r.leap = period_holds(&set->leap_period, now_s) ? set->leap_announced : set->leap;
        r.stratum = set->stratum ? set->stratum : 1;
        r.refid = set->refid ? set->refid : REFID('G', 'P', 'S', 0);
        r.updated.ns = now.wall.ns - 16 * NS_PER_S;
        r.root_delay_s = set->root_delay_s;
        r.root_dispersion_s = set->root_dispersion_s;
    }
    return r;
}

static bool make_reply(struct server *s, struct instant now, double now_s,
                       const struct address *from, const uint8_t *request, size_t length,
                       uint8_t reply[PACKET_HEADER_LENGTH])
{
    const struct server_settings *set = &s->settings;
    struct reference reference = reference_now(s, now, now_s);
    struct wall_time transmit = {now.wall.ns + ns_from_s(set->turnaround_s)};
    enum respond_verdict verdict = respond(&reference, request, length, from, now.wall, transmit,
                                           now.mono, false, prng_u64(&s->prng), reply);
    struct packet p;

    if (verdict != RESPOND_ANSWERED || !period_holds(&set->kiss, now_s)) {
        return verdict == RESPOND_ANSWERED;
    }
    if (packet_decode(reply, PACKET_HEADER_LENGTH, &p, NULL) == PACKET_OK) {
        p.leap = LEAP_UNSYNCHRONISED;
        p.stratum = STRATUM_KISS;
        p.refid = set->kiss_code;
        p.origin = set->kiss_forged ? prng_u64(&s->prng) : p.origin;
        packet_encode(&p, reply);
    }
    return true;
}

static void add_reply(struct server_reply *r, const void *data, size_t length, double after_s)
{
    memcpy(r->data, data, length);
    r->length = length;
    r->after_s = after_s;
    r->genuine = false;
}

/* As an attacker off the path would: everything right but the origin, which has to be guessed. */
static void forge_reply(struct server *s, const uint8_t genuine[PACKET_HEADER_LENGTH],
                        struct server_reply *out)
{
    struct packet p;
    uint64_t shift = (uint64_t)(int64_t)(s->settings.forge_offset_s * 4294967296.0);

    add_reply(out, genuine, PACKET_HEADER_LENGTH, 0);
    if (packet_decode(genuine, PACKET_HEADER_LENGTH, &p, NULL) == PACKET_OK) {
        p.origin = prng_chance(&s->prng, 0.3) ? 0 : prng_u64(&s->prng);
        p.receive += shift;
        p.transmit += shift;
        packet_encode(&p, out->data);
    }
}

static unsigned add_attacks(struct server *s, const uint8_t genuine[PACKET_HEADER_LENGTH],
                            struct server_reply *replies)
{
    const struct server_settings *set = &s->settings;
    unsigned count = 0;

    if (set->forge > 0 && prng_chance(&s->prng, set->forge)) {
        forge_reply(s, genuine, &replies[count++]);
    }
    if (set->garbage > 0 && prng_chance(&s->prng, set->garbage)) {
        uint8_t noise[GARBAGE_MAX];
        size_t length = prng_below(&s->prng, GARBAGE_MAX + 1);

        prng_fill(&s->prng, noise, sizeof noise);
        if (prng_chance(&s->prng, 0.5)) {
            memcpy(noise, genuine, 24); /* a plausible head, up to the origin */
        }
        if (length >= 24 || !prng_chance(&s->prng, 0.5)) {
            add_reply(&replies[count++], noise, length, 0);
        }
    }
    if (set->replay > 0 && s->old_count > 0 && prng_chance(&s->prng, set->replay)) {
        unsigned kept = s->old_count < 8 ? s->old_count : 8;

        /* not before it was sent: a duplicate may meet its twin here */
        add_reply(&replies[count++], s->old[prng_below(&s->prng, kept)], PACKET_HEADER_LENGTH,
                  set->turnaround_s);
    }
    return count;
}

unsigned server_answer(struct server *s, const struct oscillator *clock, double now_s,
                       const struct address *from, const uint8_t *request, size_t length,
                       struct server_reply replies[SERVER_REPLIES_MAX])
{
    uint8_t genuine[PACKET_HEADER_LENGTH];
    unsigned count;

    if (period_holds(&s->settings.dead, now_s) ||
        !make_reply(s, oscillator_read(clock), now_s, from, request, length, genuine)) {
        return 0;
    }
    count = add_attacks(s, genuine, replies);
    add_reply(&replies[count], genuine, sizeof genuine, s->settings.turnaround_s);
    replies[count++].genuine = true;
    memcpy(s->old[s->old_count++ % 8], genuine, sizeof genuine);
    s->answered++;
    return count;
}
