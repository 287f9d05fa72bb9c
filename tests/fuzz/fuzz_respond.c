/* SPDX-License-Identifier: BSD-2-Clause */
/* respond(): for any request, any state of our clock and any two stamps, the reply is one that a
 * server may send. The first 40 bytes choose the state, the rest is the request. */
#include <string.h>

#include "core/bytes.h"
#include "core/respond.h"
#include "fuzz.h"

struct state {
    struct reference reference;
    struct address from;
    struct wall_time received, transmit;
    struct mono_time now;
    uint64_t random;
    bool limited;
};

static double any_double(struct bytes_reader *r)
{
    uint32_t bits = bytes_read_u32(r);
    float f;

    memcpy(&f, &bits, sizeof f);
    return (double)f;
}

static struct state take_state(struct bytes_reader *r)
{
    struct state s = {.from = {.family = ADDRESS_V4, .bytes = {192, 0, 2, 1}}};
    uint8_t leap = bytes_read_u8(r);

    s.reference.leap = leap & 3;
    s.limited = leap >> 7;
    s.reference.stratum = bytes_read_u8(r);
    s.reference.precision = (int8_t)bytes_read_u8(r);
    s.from.port = bytes_read_u8(r) & 1 ? NTP_PORT : 50000;
    s.reference.root_delay_s = any_double(r);
    s.reference.root_dispersion_s = any_double(r);
    s.reference.dispersion_rate = any_double(r);
    s.reference.updated.ns = (int64_t)bytes_read_u64(r);
    s.received.ns = (int64_t)bytes_read_u64(r);
    s.transmit.ns = ns_add(s.received.ns, (int32_t)bytes_read_u32(r));
    s.random = bytes_read_u32(r) * UINT64_C(0x9e3779b97f4a7c15);
    s.now.ns = s.transmit.ns;
    return s;
}

static void check_reply(const struct packet *request, const struct packet *reply,
                        const struct state *s)
{
    FUZZ_REQUIRE(reply->mode == MODE_SERVER || reply->mode == MODE_SYMMETRIC_PASSIVE);
    FUZZ_REQUIRE(reply->version == request->version);
    FUZZ_REQUIRE(reply->origin == request->transmit);
    FUZZ_REQUIRE(reply->poll >= 0 && reply->poll <= 17);
    FUZZ_REQUIRE(reply->stratum <= STRATUM_MAX);
    FUZZ_REQUIRE(reply->stratum != 0 || reply->leap == LEAP_UNSYNCHRONISED);
    if (s->limited) {
        FUZZ_REQUIRE(reply->stratum == STRATUM_KISS && reply->refid == REFID('R', 'A', 'T', 'E'));
        FUZZ_REQUIRE(reply->receive == request->transmit && reply->transmit == request->transmit);
        return;
    }
    FUZZ_REQUIRE((int64_t)(reply->transmit - reply->receive) > 0);
    FUZZ_REQUIRE(reply->transmit != 0);
    FUZZ_REQUIRE((reply->receive & 1) == 1 && (reply->transmit & 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size);
    struct state s = take_state(&r);
    size_t length = bytes_left(&r);
    const uint8_t *request = length > 0 ? bytes_take(&r, length) : data + size;
    uint8_t reply[PACKET_HEADER_LENGTH], silence[PACKET_HEADER_LENGTH];
    struct packet in, out;
    enum respond_verdict v, echo;

    memset(reply, 0xaa, sizeof reply);
    memset(silence, 0xaa, sizeof silence);
    v = respond(&s.reference, request, length, &s.from, s.received, s.transmit, s.now, s.limited,
                s.random, reply);
    if (v != RESPOND_ANSWERED && v != RESPOND_KISS) {
        FUZZ_REQUIRE(memcmp(reply, silence, sizeof reply) == 0);
        return 0;
    }
    FUZZ_REQUIRE(length >= PACKET_HEADER_LENGTH);
    FUZZ_REQUIRE((v == RESPOND_KISS) == s.limited);
    FUZZ_REQUIRE(packet_decode(request, length, &in, NULL) <= PACKET_OK_TRAILER);
    FUZZ_REQUIRE(packet_decode(reply, sizeof reply, &out, NULL) == PACKET_OK);
    check_reply(&in, &out, &s);
    /* A server that gets our reply says nothing: no ping-pong. */
    echo = respond(&s.reference, reply, sizeof reply, &s.from, s.received, s.transmit, s.now, false,
                   s.random, silence);
    FUZZ_REQUIRE(echo == RESPOND_DROPPED_MODE);
    return 0;
}
