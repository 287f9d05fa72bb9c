/* SPDX-License-Identifier: BSD-2-Clause */
/* The responder against the rows of reliability.md B1 that concern a single request: S01, S02, S04
 * to S07, S10 to S17, S22, S23, S31, S36, S37. */
#include "core/respond.h"

#include <math.h>
#include <string.h>

#include "check.h"

static const struct mono_time mono_now = {100 * NS_PER_S};
static const struct wall_time t2 = {INT64_C(1700000000123456789)};
static const struct wall_time t3 = {INT64_C(1700000000123466789)};
static const struct address client = {.family = ADDRESS_V4, .bytes = {192, 0, 2, 1}, .port = 50000};

static struct reference good_reference(void)
{
    return (struct reference){
        .leap = LEAP_NONE,
        .stratum = 2,
        .precision = -24,
        .poll = 6,
        .refid = 0xc0000221u,
        .updated = {INT64_C(1699999990000000000)},
        .at = {90 * NS_PER_S},
        .root_delay_s = 0.012,
        .root_dispersion_s = 0.003,
        .dispersion_rate = 15e-6,
    };
}

static enum respond_verdict ask(const uint8_t *request, size_t length, uint8_t reply[48])
{
    struct reference r = good_reference();

    return respond(&r, request, length, &client, t2, t3, mono_now, false, 0, reply);
}

static struct packet decoded(const uint8_t reply[48])
{
    struct packet p;

    assert_int_equal(packet_decode(reply, 48, &p, NULL), PACKET_OK);
    return p;
}

static void test_golden_reply(void **state)
{
    uint8_t request[48] = {0x23}, reply[48];
    struct packet p;

    (void)state;
    memcpy(request + 40, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
    request[2] = 10;
    assert_int_equal(ask(request, 48, reply), RESPOND_ANSWERED);
    p = decoded(reply);
    assert_int_equal(p.leap, LEAP_NONE);
    assert_int_equal(p.version, 4);
    assert_int_equal(p.mode, MODE_SERVER);
    assert_int_equal(p.stratum, 2);
    assert_int_equal(p.poll, 10);
    assert_int_equal(p.precision, -24);
    assert_int_equal(p.root_delay, 787);      /* 0.012 s x 65536 = 786.4, rounded up */
    assert_int_equal(p.root_dispersion, 207); /* (0.003 + 10 s x 15e-6) x 65536 = 206.4 */
    assert_int_equal(p.refid, 0xc0000221u);
    assert_int_equal(p.reference, ntp_from_wall((struct wall_time){1699999990 * NS_PER_S}));
    assert_int_equal(p.origin, UINT64_C(0x0123456789abcdef));
    /* 2^-24 s are the last 8 bits, all fuzz; random = 0 here. */
    assert_int_equal(p.receive, (ntp_from_wall(t2) & ~UINT64_C(0xff)) | 1);
    assert_int_equal(p.transmit, ntp_from_wall(t3) & ~UINT64_C(0xff));
}

/* S01 and S31: lengths, for a client's request and for control and private modes. */
static void test_every_length(void **state)
{
    static uint8_t request[65536];
    uint8_t reply[48];

    (void)state;
    for (unsigned length = 0; length <= 65507; length++) {
        enum respond_verdict v;

        request[0] = 0x23;
        v = ask(request, length, reply);
        if (length < 48) {
            assert_int_equal(v, RESPOND_DROPPED_SHORT);
        } else if (length == 48) {
            assert_int_equal(v, RESPOND_ANSWERED);
        } else {
            assert_true(v == RESPOND_DROPPED_FORMAT || v == RESPOND_DROPPED_AUTH);
        }
        request[0] = 0x26;
        v = ask(request, length, reply);
        assert_int_equal(v, length > 0 ? RESPOND_CONTROL : RESPOND_DROPPED_SHORT);
        request[0] = 0x27;
        v = ask(request, length, reply);
        assert_int_equal(v, length < 48 ? RESPOND_DROPPED_SHORT : RESPOND_DROPPED_MODE);
    }
}

/* S02, S15: all first bytes; S04: version 1 without a mode, by source port. */
static void test_every_first_byte(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 512; first++) {
        struct address from = client;
        uint8_t request[48] = {(uint8_t)first}, reply[48];
        unsigned version = first >> 3 & 7, mode = first & 7;
        struct reference r = good_reference();
        enum respond_verdict v, expected = RESPOND_ANSWERED;
        unsigned reply_mode = mode == MODE_SYMMETRIC_ACTIVE ? MODE_SYMMETRIC_PASSIVE : MODE_SERVER;

        from.port = first < 256 ? 50000 : NTP_PORT;
        memset(reply, 0xaa, sizeof reply);
        v = respond(&r, request, 48, &from, t2, t3, mono_now, false, 0, reply);
        if (mode == MODE_CONTROL) {
            expected = RESPOND_CONTROL;
        } else if (version < 1 || version > 4) {
            expected = RESPOND_DROPPED_FORMAT;
        } else if (mode != MODE_CLIENT && mode != MODE_SYMMETRIC_ACTIVE &&
                   !(version == 1 && mode == MODE_RESERVED && from.port != NTP_PORT)) {
            expected = RESPOND_DROPPED_MODE;
        }
        assert_int_equal(v, expected);
        if (v == RESPOND_ANSWERED) {
            struct packet p = decoded(reply);

            assert_int_equal(p.version, version);
            assert_int_equal(p.mode, reply_mode);
            assert_int_equal(p.leap, LEAP_NONE);
        } else {
            for (unsigned i = 0; i < 48; i++) {
                assert_int_equal(reply[i], 0xaa); /* nothing written */
            }
        }
    }
}

/* S05: every poll exponent, precision and stratum of a request; S07: the pool monitor's request. */
static void test_odd_fields(void **state)
{
    uint8_t reply[48];

    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        uint8_t request[48] = {0x23, (uint8_t)i, (uint8_t)i, (uint8_t)i};
        int poll = (int8_t)i;

        assert_int_equal(ask(request, 48, reply), RESPOND_ANSWERED);
        assert_int_equal(decoded(reply).poll, poll < 0 ? 0 : poll > 17 ? 17 : poll);
    }
    {
        uint8_t monitor[48] = {0x23, 0,    0,    0x20, [40] = 0x9f, 0x12,
                               0x80, 0x01, 0xff, 0x00, 0x01,        0x55};

        assert_int_equal(ask(monitor, 48, reply), RESPOND_ANSWERED);
        assert_memory_equal(reply + 24, monitor + 40, 8);
        assert_int_equal(decoded(reply).stratum, 2);
    }
}

/* S06: the origin of the reply is the transmit timestamp of the request, whatever that is. */
static void test_origin_is_exact(void **state)
{
    struct dice d = {12};
    uint64_t values[] = {0, UINT64_MAX, 1, ntp_from_wall(t2), UINT64_C(1) << 63};

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        uint8_t request[48], reply[48];
        uint64_t transmit = i < 5 ? values[i] : dice_u64(&d);

        dice_fill(&d, request, sizeof request);
        request[0] = 0x23;
        packet_set_transmit(request, transmit);
        assert_int_equal(ask(request, 48, reply), RESPOND_ANSWERED);
        assert_int_equal(decoded(reply).origin, transmit);
    }
}

/* S10, S11, S14: a MAC is not ours to check: silence. S12: fields that we do not know are skipped,
 * broken ones drop the packet. */
static void test_trailers(void **state)
{
    static const unsigned macs[] = {4, 20, 24, 28, 36, 68, 72};
    uint8_t request[1472] = {0x23}, reply[48];

    (void)state;
    for (size_t i = 0; i < sizeof macs / sizeof macs[0]; i++) {
        assert_int_equal(ask(request, 48 + macs[i], reply), RESPOND_DROPPED_AUTH);
    }
    assert_int_equal(ask(request, 48 + 8, reply), RESPOND_DROPPED_FORMAT);
    assert_int_equal(ask(request, 48 + 16, reply), RESPOND_DROPPED_FORMAT);
    request[48] = 0x55; /* a field of unknown type, 32 bytes */
    request[51] = 32;
    assert_int_equal(ask(request, 48 + 32, reply), RESPOND_ANSWERED);
    assert_int_equal(ask(request, 48 + 32 + 20, reply), RESPOND_DROPPED_AUTH);
    request[0] = 0x1b; /* version 3 */
    assert_int_equal(ask(request, 48 + 32, reply), RESPOND_DROPPED_AUTH);
}

/* S22: without a reference the client is told so, in every way that it may look. */
static void test_unsynchronised(void **state)
{
    uint8_t request[48] = {0x23}, reply[48];

    (void)state;
    for (unsigned how = 0; how < 4; how++) {
        struct reference r = good_reference();
        struct packet p;

        r.leap = how == 0 ? LEAP_UNSYNCHRONISED : LEAP_NONE;
        r.stratum = how == 1 ? 16 : how == 2 ? 0 : how == 3 ? 255 : 2;
        assert_int_equal(respond(&r, request, 48, &client, t2, t3, mono_now, false, 0, reply),
                         RESPOND_ANSWERED);
        p = decoded(reply);
        assert_int_equal(p.leap, LEAP_UNSYNCHRONISED);
        assert_int_equal(p.stratum, 0);
    }
    {
        struct reference r;

        reference_init(&r, -20);
        assert_int_equal(respond(&r, request, 48, &client, t2, t3, mono_now, false, 0, reply),
                         RESPOND_ANSWERED);
        assert_int_equal(decoded(reply).reference, 0);
        assert_int_equal(decoded(reply).refid, REFID('I', 'N', 'I', 'T'));
        assert_int_equal(decoded(reply).root_dispersion, 16 << 16);
    }
}

/* S23: no wrap. */
static void test_saturation(void **state)
{
    uint8_t request[48] = {0x23}, reply[48];
    struct reference r = good_reference();

    (void)state;
    r.root_delay_s = 1e9;
    r.root_dispersion_s = 65000.0;
    r.dispersion_rate = 1.0;
    r.at.ns = mono_now.ns - 600 * NS_PER_S;
    assert_int_equal(respond(&r, request, 48, &client, t2, t3, mono_now, false, 0, reply),
                     RESPOND_ANSWERED);
    assert_int_equal(decoded(reply).root_delay, 0xffffffffu);
    assert_int_equal(decoded(reply).root_dispersion, 0xffffffffu);
    r.root_delay_s = -1.0;
    assert_int_equal(respond(&r, request, 48, &client, t2, t3, mono_now, false, 0, reply),
                     RESPOND_ANSWERED);
    assert_int_equal(decoded(reply).root_delay, 0);
}

/* S36, S37: transmit is after receive for any two stamps and any precision; what lies above the
 * precision is the truth; the last bits are 1 and 0. */
static void test_times(void **state)
{
    struct dice d = {13};
    uint8_t request[48] = {0x23}, reply[48];

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        struct reference r = good_reference();
        struct wall_time received = {t2.ns + dice_below(&d, 1000000000)};
        int64_t gap = (int64_t)(dice_u64(&d) >> (1 + dice_below(&d, 60)));
        struct wall_time transmit = {
            ns_add(received.ns, dice_below(&d, 4) ? gap % 1000000000 : -gap)};
        uint64_t truth2 = ntp_from_wall(received), truth3 = ntp_from_wall(transmit), mask;
        struct packet p;
        unsigned bits;

        r.precision = (int8_t)dice_u64(&d);
        bits = r.precision <= -32 ? 0 : r.precision >= -6 ? 26 : (unsigned)(32 + r.precision);
        mask = (UINT64_C(1) << bits) - 1;
        mask |= 1;
        assert_int_equal(respond(&r, request, 48, &client, received, transmit, mono_now, false,
                                 dice_u64(&d), reply),
                         RESPOND_ANSWERED);
        p = decoded(reply);
        assert_true(p.transmit > p.receive);
        assert_int_equal(p.receive & 1, 1);
        assert_int_equal(p.transmit & 1, 0);
        assert_int_equal(p.receive & ~mask, truth2 & ~mask);
        if ((p.transmit & ~mask) != (truth3 & ~mask)) {
            /* Only if the truth was not after receive. */
            assert_int_equal(p.transmit, p.receive + 1);
            assert_true(transmit.ns < received.ns || (truth3 | mask) <= (truth2 | mask));
        }
    }
}

/* Every fuzzed bit takes both values, in both stamps, independently. */
static void test_fuzz_is_random(void **state)
{
    struct dice d = {14};
    uint8_t request[48] = {0x23}, reply[48];
    unsigned ones2[32] = {0}, ones3[32] = {0}, equal = 0;
    const unsigned n = 10000;

    (void)state;
    for (unsigned i = 0; i < n; i++) {
        struct reference r = good_reference();
        struct packet p;

        r.precision = -20;
        assert_int_equal(
            respond(&r, request, 48, &client, t2, t3, mono_now, false, dice_u64(&d), reply),
            RESPOND_ANSWERED);
        p = decoded(reply);
        for (unsigned b = 0; b < 32; b++) {
            ones2[b] += (unsigned)(p.receive >> b & 1);
            ones3[b] += (unsigned)(p.transmit >> b & 1);
        }
        equal += (p.receive >> 1 & 0x7ff) == (p.transmit >> 1 & 0x7ff);
    }
    for (unsigned b = 1; b < 12; b++) {
        assert_in_range(ones2[b], n / 2 - 300, n / 2 + 300);
        assert_in_range(ones3[b], n / 2 - 300, n / 2 + 300);
    }
    for (unsigned b = 12; b < 32; b++) {
        assert_true(ones2[b] == 0 || ones2[b] == n);
    }
    assert_true(equal < 30); /* 5 expected */
}

/* The turn of the era between receive and transmit (C47); and the one instant that reads as 0. */
static void test_era_turn(void **state)
{
    const int64_t turn = INT64_C(2085978496) * NS_PER_S;
    uint8_t request[48] = {0x23}, reply[48];
    struct reference r = good_reference();
    struct packet p;

    (void)state;
    r.precision = -32;
    assert_int_equal(respond(&r, request, 48, &client, (struct wall_time){turn - 1000},
                             (struct wall_time){turn + 1000}, mono_now, false, 0, reply),
                     RESPOND_ANSWERED);
    p = decoded(reply);
    assert_true(p.receive > UINT64_C(0xffffffff) << 32);
    assert_true(p.transmit > 0 && p.transmit < 10000);
    assert_int_equal(respond(&r, request, 48, &client, (struct wall_time){turn - 1000},
                             (struct wall_time){turn}, mono_now, false, 0, reply),
                     RESPOND_ANSWERED);
    assert_int_equal(decoded(reply).transmit, 2);
}

/* RFC 5905 section 7.4. */
static void test_kiss(void **state)
{
    struct reference r = good_reference();
    uint8_t request[48] = {0x23}, reply[48];
    struct packet p;

    (void)state;
    request[2] = 4;
    packet_set_transmit(request, UINT64_C(0xfeedfacecafebeef));
    assert_int_equal(respond(&r, request, 48, &client, t2, t3, mono_now, true, ~0ull, reply),
                     RESPOND_KISS);
    p = decoded(reply);
    assert_int_equal(p.leap, LEAP_UNSYNCHRONISED);
    assert_int_equal(p.stratum, STRATUM_KISS);
    assert_int_equal(p.mode, MODE_SERVER);
    assert_int_equal(p.refid, REFID('R', 'A', 'T', 'E'));
    assert_int_equal(p.poll, 6);
    assert_int_equal(p.origin, UINT64_C(0xfeedfacecafebeef));
    assert_int_equal(p.receive, UINT64_C(0xfeedfacecafebeef));
    assert_int_equal(p.transmit, UINT64_C(0xfeedfacecafebeef));
    assert_int_equal(p.reference, 0);
    /* Nothing but requests is kissed. */
    request[0] = 0x24;
    assert_int_equal(respond(&r, request, 48, &client, t2, t3, mono_now, true, 0, reply),
                     RESPOND_DROPPED_MODE);
}

/* S16, S17. */
static void test_sources(void **state)
{
    struct address a = client, self = client;

    (void)state;
    assert_true(respond_source_acceptable(&a, NULL));
    self.port = NTP_PORT;
    assert_true(respond_source_acceptable(&a, &self)); /* a program on this host */
    a.port = NTP_PORT;
    assert_false(respond_source_acceptable(&a, &self)); /* LAND */
    self.bytes[3] = 2;
    assert_true(respond_source_acceptable(&a, &self));
    a.port = 0;
    assert_false(respond_source_acceptable(&a, NULL));
    a = client;
    a.bytes[0] = 224;
    assert_false(respond_source_acceptable(&a, NULL));
    memset(a.bytes, 0xff, 4);
    assert_false(respond_source_acceptable(&a, NULL));
    memset(a.bytes, 0, 4);
    assert_false(respond_source_acceptable(&a, NULL));
    assert_true(address_parse("fe80::1%3", &a));
    a.port = NTP_PORT;
    assert_true(respond_source_acceptable(&a, NULL));
    assert_true(address_parse("fe80::1", &self));
    self.port = NTP_PORT;
    assert_false(respond_source_acceptable(&a, &self)); /* the scope does not count */
    assert_false(respond_source_acceptable(&(struct address){.port = 5}, NULL));
}

/* A state of a server's clock, from sane to absurd, and how long ago it held. */
static struct reference any_reference(struct dice *d)
{
    static const double rates[] = {0, 1e-9, 1e-6, 15e-6, 5e-4, 0.05, 1.0};
    static const int64_t ages[] = {0, 1, 1000, 1024, NS_PER_S, 64 * NS_PER_S, 3600 * NS_PER_S};
    int64_t age = ages[dice_below(d, 7)];
    double scale = ldexp(1.0, (int)dice_below(d, 60) - 40);

    return (struct reference){
        .leap = (uint8_t)dice_below(d, 4),
        .stratum = (uint8_t)dice_below(d, 18),
        .precision = (int8_t)(-30 + (int)dice_below(d, 25)),
        .refid = (uint32_t)dice_u64(d),
        .updated.ns = dice_below(d, 8) ? t2.ns - (int64_t)dice_below(d, 1u << 31) * 100 : 0,
        .at.ns = mono_now.ns - age + (age > 1 ? (int64_t)(dice_u64(d) % (uint64_t)age) : 0) -
                 (dice_below(d, 16) ? 0 : NS_PER_S * 86400),
        .root_delay_s = dice_below(d, 1u << 20) * scale * (dice_below(d, 9) ? 1 : -1),
        .root_dispersion_s =
            (double)(dice_u64(d) >> 11) * 0x1p-33 * scale * (dice_below(d, 9) ? 1 : -1),
        .dispersion_rate = rates[dice_below(d, 7)]};
}

/* Replies are made from integers; this is what they were when they were computed in floating point
 * for each of them. Only the root dispersion may differ, by one unit (15 us), rarely: and never
 * when it does not grow. (A negative one, which means nothing, counts as 0.) */
static void test_integers_give_the_same_answers(void **state)
{
    struct dice d = {15};
    uint8_t request[48] = {0x23}, reply[48];
    unsigned differ = 0;
    const unsigned n = 300000;

    (void)state;
    for (unsigned i = 0; i < n; i++) {
        struct reference r = any_reference(&d);
        bool synchronised = r.leap != 3 && r.stratum >= 1 && r.stratum <= 15;
        double age_s = (double)(mono_now.ns - r.at.ns) / 1e9;
        uint32_t was = ntp_short_from_s(fmax(r.root_dispersion_s, 0) +
                                        (age_s > 0 ? age_s * r.dispersion_rate : 0));
        struct packet p;

        assert_int_equal(respond(&r, request, 48, &client, t2, t3, mono_now, false, 0, reply),
                         RESPOND_ANSWERED);
        p = decoded(reply);
        assert_int_equal(p.leap, synchronised ? r.leap : 3);
        assert_int_equal(p.version, 4);
        assert_int_equal(p.mode, MODE_SERVER);
        assert_int_equal(p.stratum, synchronised ? r.stratum : 0);
        assert_int_equal(p.precision, r.precision);
        assert_int_equal(p.root_delay, ntp_short_from_s(r.root_delay_s));
        assert_int_equal(p.refid, r.refid);
        assert_int_equal(p.reference, r.updated.ns ? ntp_from_wall(r.updated) : 0);
        if (r.dispersion_rate == 0 || age_s <= 0) {
            assert_int_equal(p.root_dispersion, was);
        }
        assert_in_range(p.root_dispersion - was + 1, 0, 2);
        differ += p.root_dispersion != was && r.dispersion_rate < 1e-3;
    }
    assert_in_range(differ, 0, n / 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_reply),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_every_first_byte),
        cmocka_unit_test(test_odd_fields),
        cmocka_unit_test(test_origin_is_exact),
        cmocka_unit_test(test_trailers),
        cmocka_unit_test(test_unsynchronised),
        cmocka_unit_test(test_saturation),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_fuzz_is_random),
        cmocka_unit_test(test_integers_give_the_same_answers),
        cmocka_unit_test(test_era_turn),
        cmocka_unit_test(test_kiss),
        cmocka_unit_test(test_sources),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
