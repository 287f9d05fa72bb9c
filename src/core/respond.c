/* SPDX-License-Identifier: BSD-2-Clause */
/* The answer of a server: a function of the request and of what we know of our clock, nothing else.
 * It trusts no field of the request and copies two of them, the transmit timestamp (bit by bit, it
 * is the client's nonce) and the poll exponent (within bounds). */
#include "core/respond.h"

#include <string.h>

#include "core/bytes.h"

/* RFC 5905 section 7.3: MAXPOLL; clients that poll every second or faster get 0. */
#define WIRE_POLL_MIN 0
#define WIRE_POLL_MAX 17
/* A client that was kissed is asked to come not more often than each 64 s. */
#define KISS_POLL_MIN 6

/* Bits of a timestamp that may be fuzzed: at most 2^-6 s, whatever the precision says. */
#define FUZZ_BITS_MAX 26

const char *respond_verdict_name(enum respond_verdict v)
{
    switch (v) {
    case RESPOND_ANSWERED: return "answered";
    case RESPOND_KISS: return "kiss";
    case RESPOND_DROPPED_SHORT: return "dropped-short";
    case RESPOND_DROPPED_FORMAT: return "dropped-format";
    case RESPOND_DROPPED_MODE: return "dropped-mode";
    case RESPOND_DROPPED_SOURCE: return "dropped-source";
    case RESPOND_DROPPED_ACCESS: return "dropped-access";
    case RESPOND_DROPPED_RATE: return "dropped-rate";
    case RESPOND_DROPPED_AUTH: return "dropped-auth";
    case RESPOND_CONTROL: return "control";
    case RESPOND_VERDICTS: break;
    }
    return "unknown";
}

bool respond_source_acceptable(const struct address *from, const struct address *self)
{
    if (from->port == 0 || !address_is_unicast(from)) {
        return false;
    }
    /* All bits, but not the scope: one side may not know it. */
    return !self || from->port != self->port || !address_in_prefix(from, self, 128);
}

bool respond_is_control(const uint8_t *request, size_t length)
{
    return length > 0 && (request[0] & 7) == MODE_CONTROL;
}

/* Mode of the answer; MODE_RESERVED if this is not a request. */
static enum packet_mode reply_mode(const struct packet *request, const struct address *from)
{
    switch (request->mode) {
    case MODE_CLIENT: return MODE_SERVER;
    case MODE_SYMMETRIC_ACTIVE: return MODE_SYMMETRIC_PASSIVE;
    case MODE_RESERVED:
        /* Version 1 had no mode: servers spoke from port 123, clients from any other (RFC 1059). */
        return request->version == 1 && from->port != NTP_PORT ? MODE_SERVER : MODE_RESERVED;
    default: return MODE_RESERVED;
    }
}

static int8_t clamp_poll(int8_t poll, int8_t low)
{
    if (poll < low) {
        return low;
    }
    return poll > WIRE_POLL_MAX ? WIRE_POLL_MAX : poll;
}

/* Ones where a timestamp of this precision says nothing. */
static uint64_t fuzz_mask(int8_t precision)
{
    int bits = 32 + precision;

    if (bits <= 0) {
        return 0;
    }
    return (UINT64_C(1) << (bits < FUZZ_BITS_MAX ? bits : FUZZ_BITS_MAX)) - 1;
}

/* Receive and transmit timestamps. Bits below the precision are random: they tell nothing of the
 * machine, and the mean is right where truncation would be early by half a unit. The last bit marks
 * which is which, so that a client that copies either into its origin does not look like one that
 * asks for interleaved mode. Transmit is after receive by construction, whatever the two clocks
 * that stamped them did meanwhile; timestamps are compared modulo 2^64, for 2036. */
static void set_times(struct packet *reply, int8_t precision, struct wall_time received,
                      struct wall_time transmit, uint64_t random)
{
    uint64_t mask = fuzz_mask(precision);
    uint64_t t2 = (ntp_from_wall(received) & ~mask) | (random & mask) | 1;
    uint64_t t3 = ((ntp_from_wall(transmit) & ~mask) | (random >> 32 & mask)) & ~UINT64_C(1);

    if (transmit.ns < received.ns || (int64_t)(t3 - t2) <= 0) {
        t3 = t2 + 1;
    }
    reply->receive = t2;
    reply->transmit = t3 != 0 ? t3 : 2; /* 0 means "unknown" */
}

/* What was published, with what is this reply's own: the rest of `reply`. */
static void write_answer(const struct reference_wire *reference, const struct packet *reply,
                         struct mono_time now, uint8_t out[PACKET_HEADER_LENGTH])
{
    const uint8_t *head = reference->head;
    struct bytes_writer w = bytes_writer(out, PACKET_HEADER_LENGTH);

    bytes_write_u8(&w, (uint8_t)(head[0] | (reply->version & 7u) << 3 | (reply->mode & 7u)));
    bytes_write_u8(&w, head[1]);
    bytes_write_u8(&w, (uint8_t)reply->poll);
    bytes_put(&w, head + 3, 5); /* precision, root delay */
    bytes_write_u32(&w, reference_wire_dispersion(reference, now));
    bytes_put(&w, head + 12, PACKET_TEMPLATE_LENGTH - 12); /* refid, reference timestamp */
    bytes_write_u64(&w, reply->origin);
    bytes_write_u64(&w, reply->receive);
    bytes_write_u64(&w, reply->transmit);
}

/* RFC 5905 section 7.4. The times are the client's own: a kiss tells nothing of our clock, and a
 * client that takes it for an answer learns nothing. */
static void fill_kiss(struct packet *reply, const struct packet *request, uint32_t code)
{
    reply->leap = LEAP_UNSYNCHRONISED;
    reply->stratum = STRATUM_KISS;
    reply->poll = clamp_poll(request->poll, KISS_POLL_MIN);
    reply->refid = code;
    reply->receive = request->transmit;
    reply->transmit = request->transmit;
}

/* The proof of a request, right, wrong or missing. */
static enum respond_verdict judge_auth(const struct respond_auth *how, const uint8_t *data,
                                       const struct packet *p, const struct packet_trailer *t)
{
    switch (auth_check(how->auth, data, p, t)) {
    case AUTH_RIGHT: return RESPOND_ANSWERED;
    case AUTH_NONE: return how->required ? RESPOND_DROPPED_ACCESS : RESPOND_ANSWERED;
    case AUTH_NAK: return RESPOND_KISS;
    case AUTH_WRONG: break;
    }
    return RESPOND_DROPPED_AUTH;
}

/* RESPOND_ANSWERED if this is a request that deserves an answer, RESPOND_KISS if it is to be told
 * that it was not understood; the mode of the answer is in reply->mode. */
static enum respond_verdict judge_request(const struct respond_auth *how, const uint8_t *data,
                                          size_t length, const struct address *from,
                                          struct packet *request, struct packet *reply)
{
    struct packet_trailer trailer;
    enum packet_verdict verdict;

    if (respond_is_control(data, length)) {
        return RESPOND_CONTROL;
    }
    verdict = packet_decode(data, length, request, &trailer);
    if (verdict == PACKET_SHORT) {
        return RESPOND_DROPPED_SHORT;
    }
    if (verdict == PACKET_BAD_VERSION) {
        return RESPOND_DROPPED_FORMAT;
    }
    reply->mode = (uint8_t)reply_mode(request, from);
    if (reply->mode == MODE_RESERVED) {
        return RESPOND_DROPPED_MODE;
    }
    if (verdict != PACKET_OK && verdict != PACKET_OK_TRAILER) {
        return RESPOND_DROPPED_FORMAT;
    }
    return judge_auth(how, data, request, &trailer);
}

enum respond_verdict respond_with_auth(const struct reference_wire *reference,
                                       const struct respond_auth *how, const uint8_t *request,
                                       size_t length, const struct address *from,
                                       struct wall_time received, struct wall_time transmit,
                                       struct mono_time now, bool limited, uint64_t random,
                                       uint8_t reply[PACKET_DATAGRAM_MAX], size_t *reply_length)
{
    struct packet in, out = {0};
    enum respond_verdict verdict = judge_request(how, request, length, from, &in, &out);
    size_t sealed;

    if (verdict != RESPOND_ANSWERED && verdict != RESPOND_KISS) {
        return verdict;
    }
    out.version = in.version;
    out.poll = clamp_poll(in.poll, WIRE_POLL_MIN);
    out.precision = (int8_t)reference->head[3];
    out.origin = in.transmit;
    if (limited || verdict == RESPOND_KISS) {
        fill_kiss(&out, &in, limited ? REFID('R', 'A', 'T', 'E') : how->auth->method->nak);
        packet_encode(&out, reply);
    } else {
        set_times(&out, out.precision, received, transmit, random);
        write_answer(reference, &out, now, reply);
    }
    sealed = auth_seal(how->auth, reply, PACKET_HEADER_LENGTH, length);
    if (sealed == 0) {
        return RESPOND_DROPPED_AUTH;
    }
    *reply_length = sealed;
    return limited ? RESPOND_KISS : verdict;
}

enum respond_verdict respond(const struct reference *reference, const uint8_t *request,
                             size_t length, const struct address *from, struct wall_time received,
                             struct wall_time transmit, struct mono_time now, bool limited,
                             uint64_t random, uint8_t reply[PACKET_HEADER_LENGTH])
{
    struct auth none = auth_of_server(NULL, NULL);
    const struct respond_auth how = {.auth = &none};
    struct reference_wire wire;
    uint8_t buffer[PACKET_DATAGRAM_MAX];
    size_t reply_length;
    enum respond_verdict verdict;

    reference_to_wire(reference, &wire);
    verdict = respond_with_auth(&wire, &how, request, length, from, received, transmit, now,
                                limited, random, buffer, &reply_length);
    if (verdict == RESPOND_ANSWERED || verdict == RESPOND_KISS) {
        memcpy(reply, buffer, PACKET_HEADER_LENGTH);
    }
    return verdict;
}
