/* SPDX-License-Identifier: BSD-2-Clause */
/* What a source believes of an answer: the rows C01 to C21, C32, C40 to C42, C47 and C48 of the
 * faults that a client must bear, and the CVEs behind them. */
#include "core/source.h"

#include <math.h>

#include "source_lab.h"

/* All that a source says of itself and its server must be as before, but for the two counters. */
static void check_untouched(const struct source *before, const struct source *after)
{
    static struct source a, b;

    memcpy(&a, before, sizeof a);
    memcpy(&b, after, sizeof b);
    a.received = b.received = 0;
    memset(&a.rejections, 0, sizeof a.rejections);
    memset(&b.rejections, 0, sizeof b.rejections);
    memset(a.verdicts, 0, sizeof a.verdicts);
    memset(b.verdicts, 0, sizeof b.verdicts);
    assert_memory_equal(&a, &b, sizeof a);
}

/* This packet is not for us: refused with this verdict, and nothing changes. */
static void check_refused(struct source_lab *lab, const struct packet *p, enum reply_verdict wanted)
{
    static struct source before;
    uint32_t count = lab->source.verdicts[wanted], received = lab->source.received;

    memcpy(&before, &lab->source, sizeof before);
    assert_int_equal(lab_receive(lab, p), wanted);
    check_untouched(&before, &lab->source);
    assert_int_equal(lab->source.verdicts[wanted], count + 1);
    assert_int_equal(lab->source.received, received + 1);
}

static void check_accepted(struct source_lab *lab)
{
    struct packet p = lab_reply(lab, 0.5);

    assert_int_equal(lab_receive(lab, &p), REPLY_ACCEPTED);
    assert_false(lab->source.request.outstanding);
}

static void test_a_good_reply_measures(void **state)
{
    static const double offsets[] = {0, 1e-6, -0.2, 0.5, 37, -1000, 86400};
    struct source_lab lab;

    (void)state;
    for (unsigned i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        struct packet p;

        lab_start(&lab);
        p = lab_reply(&lab, offsets[i]);
        assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
        assert_true(fabs(lab.sample.offset_s - offsets[i]) < 2e-9);
        assert_true(fabs(lab.sample.delay_s - 2 * LAB_WAY_S) < 4e-9);
        assert_true(lab.sample.dispersion_s >= 1e-7 && lab.sample.dispersion_s < 1e-6);
        assert_true(lab.sample.root_delay_s == 0x100 / 65536.0);
        assert_true(lab.sample.root_dispersion_s == 0x80 / 65536.0);
        assert_int_equal(lab.sample.at.ns, LAB_ROUND_NS / 2);
        assert_int_equal(lab.source.stratum, 2);
        assert_int_equal(lab.source.reach, 1);
        assert_int_equal(lab.source.missed, 0);
        assert_int_equal(lab.source.last_verdict, REPLY_ACCEPTED);
        assert_int_equal(lab.source.verdicts[REPLY_ACCEPTED], 1);
    }
}

/* A slew of 5 % and an oscillator 100 ppm off do not show in what is measured. */
static void test_a_slew_distorts_nothing(void **state)
{
    struct source_lab lab;
    struct packet p;
    struct mono_time sent;
    double free_offset;

    (void)state;
    lab_start(&lab);
    sent = (struct mono_time){lab.context.now.mono.ns - LAB_ROUND_NS};
    timeline_record_rate(&lab.timeline, sent, 0.05);
    lab.context.rate = 1e-4;
    /* true time passes at 1 + 1e-4 times free, and mono at 1.05 times free */
    p = lab_reply(&lab, 0);
    p.receive = ntp_from_wall(lab_later(lab.sent, LAB_WAY_S + 0.25));
    p.transmit = ntp_from_wall(lab_later(lab.sent, LAB_WAY_S + 0.25 + LAB_STAY_S));
    lab.received.ns = lab.sent.ns + ns_from_s((2 * LAB_WAY_S + LAB_STAY_S) * 1.05 / 1.0001);
    lab.context.now.wall = lab.received;
    assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
    assert_true(fabs(lab.sample.delay_s - 2 * LAB_WAY_S) < 4e-9);
    /* in the middle of the exchange the free clock has lost 1e-4 of the way */
    free_offset = 0.25 + 1e-4 * (LAB_WAY_S + LAB_STAY_S / 2);
    assert_true(fabs(lab.sample.offset_s - free_offset) < 4e-9);
}

static void test_c01_zero_origin(void **state)
{
    struct source_lab lab;
    struct packet p;

    (void)state;
    lab_start(&lab); /* outstanding */
    p = lab_reply(&lab, 0.5);
    p.origin = 0;
    check_refused(&lab, &p, REPLY_ORIGIN);
    check_accepted(&lab);
    check_refused(&lab, &p, REPLY_UNEXPECTED); /* answered */
    source_restart(&lab.source, lab.context.now.mono, 0, 1e-4);
    check_refused(&lab, &p, REPLY_UNEXPECTED); /* restarted */
    lab_ask(&lab);
    check_refused(&lab, &p, REPLY_ORIGIN); /* asked again */
    source_give_up(&lab.source);
    check_refused(&lab, &p, REPLY_UNEXPECTED); /* given up */
    source_init(&lab.source, 0, &lab.config, &lab.config.address, lab.context.now.mono, 0, 1e-4);
    check_refused(&lab, &p, REPLY_UNEXPECTED); /* never asked */
}

static void test_c02_wrong_origin(void **state)
{
    struct source_lab lab;
    struct packet p;
    uint64_t old;

    (void)state;
    lab_start(&lab);
    for (unsigned bit = 0; bit < 64; bit++) {
        p = lab_reply(&lab, 0.5);
        p.origin ^= UINT64_C(1) << bit;
        check_refused(&lab, &p, REPLY_ORIGIN);
    }
    old = lab.source.request.nonce;
    source_give_up(&lab.source);
    lab_ask(&lab);
    p = lab_reply(&lab, 0.5);
    p.origin = old;
    check_refused(&lab, &p, REPLY_ORIGIN);
    p.origin = p.receive; /* C41: interleaved, which nobody asked for */
    check_refused(&lab, &p, REPLY_ORIGIN);
    p.origin = ntp_from_wall(lab.sent); /* the time of our request, which it did not carry */
    check_refused(&lab, &p, REPLY_ORIGIN);
    check_accepted(&lab);
}

static void test_c03_only_the_first_answer_counts(void **state)
{
    struct source_lab lab;
    struct packet p, other;

    (void)state;
    lab_start(&lab);
    p = lab_reply(&lab, 0.5);
    assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
    check_refused(&lab, &p, REPLY_UNEXPECTED);
    other = lab_reply(&lab, 0.7);
    other.origin = p.origin;
    check_refused(&lab, &other, REPLY_UNEXPECTED);
    other.stratum = 0;
    other.refid = REFID('D', 'E', 'N', 'Y');
    check_refused(&lab, &other, REPLY_UNEXPECTED);
}

static void test_c04_replay_after_a_restart(void **state)
{
    struct source_lab lab;
    struct packet p;

    (void)state;
    lab_start(&lab);
    p = lab_reply(&lab, 0.5);
    assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
    source_restart(&lab.source, lab.context.now.mono, 0, 1e-4);
    lab_ask(&lab);
    check_refused(&lab, &p, REPLY_ORIGIN);
    lab_pass(&lab, 86400 * NS_PER_S);
    source_give_up(&lab.source);
    lab_ask(&lab);
    check_refused(&lab, &p, REPLY_ORIGIN);
}

static void test_c06_random_bytes_are_never_accepted(void **state)
{
    struct dice dice = {20};
    struct source_lab lab;
    static struct source before;
    uint8_t data[600];

    (void)state;
    lab_start(&lab);
    memcpy(&before, &lab.source, sizeof before);
    for (unsigned i = 0; i < 300000; i++) {
        size_t length = dice_below(&dice, 3) ? PACKET_HEADER_LENGTH : dice_below(&dice, 600);

        dice_fill(&dice, data, length);
        if (length > 0 && dice_below(&dice, 2)) {
            data[0] = (uint8_t)(4 << 3 | MODE_SERVER);
        }
        assert_int_not_equal(source_check_reply(&lab.source, &lab.context, data, length,
                                                lab_received(&lab), &lab.sample),
                             REPLY_ACCEPTED);
    }
    check_untouched(&before, &lab.source);
    check_accepted(&lab);
}

static void test_c08_modes_and_versions(void **state)
{
    struct source_lab lab;
    struct packet p;

    (void)state;
    lab_start(&lab);
    for (uint8_t mode = 0; mode < 8; mode++) {
        p = lab_reply(&lab, 0.5);
        p.mode = mode;
        if (mode != MODE_SERVER) {
            check_refused(&lab, &p, REPLY_MODE);
        }
    }
    for (uint8_t version = 0; version < 8; version++) {
        p = lab_reply(&lab, 0.5);
        p.version = version;
        if (version == 0 || version > 4) {
            check_refused(&lab, &p, REPLY_MALFORMED);
        } else if (version < 3) {
            check_refused(&lab, &p, REPLY_VERSION);
        }
    }
    p = lab_reply(&lab, 0.5);
    p.version = 3; /* old servers answer so */
    assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
    for (unsigned version = 1; version <= 2; version++) { /* whoever asks so is answered so */
        lab_start(&lab);
        lab.source.config.version = version;
        p = lab_reply(&lab, 0.5);
        p.version = (uint8_t)version;
        assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
    }
}

static void check_spoiled(const struct packet *p, struct source_lab *lab, enum reply_verdict wanted)
{
    assert_int_equal(lab_receive(lab, p), wanted);
    assert_false(lab->source.request.outstanding); /* the server has spoken */
    assert_int_equal(lab->source.reach, 0);
    assert_int_equal(lab->source.last_verdict, wanted);
    assert_true(lab->source.last.delay_s == 0); /* no sample */
}

static void test_c09_strata(void **state)
{
    struct source_lab lab;

    (void)state;
    for (unsigned stratum = 0; stratum < 256; stratum++) {
        struct packet p;

        lab_start(&lab);
        p = lab_reply(&lab, 0.5);
        p.stratum = (uint8_t)stratum;
        p.refid = stratum ? p.refid : 0x01020304; /* 0 without a kiss code */
        if (stratum >= 1 && stratum <= 15) {
            assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
        } else {
            check_spoiled(&p, &lab, stratum == 16 ? REPLY_UNSYNCHRONISED : REPLY_STRATUM);
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        struct packet p;

        lab_start(&lab);
        p = lab_reply(&lab, 0.5);
        p.stratum = 0;
        p.refid = 0;
        p.leap = i ? LEAP_UNSYNCHRONISED : LEAP_NONE;
        check_spoiled(&p, &lab, i ? REPLY_UNSYNCHRONISED : REPLY_STRATUM);
    }
}

static void test_c10_leap(void **state)
{
    struct source_lab lab;

    (void)state;
    for (uint8_t leap = 0; leap < 4; leap++) {
        struct packet p;

        lab_start(&lab);
        p = lab_reply(&lab, 0.5);
        p.leap = leap;
        if (leap == LEAP_UNSYNCHRONISED) {
            check_spoiled(&p, &lab, REPLY_UNSYNCHRONISED);
        } else {
            assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
            assert_int_equal(lab.sample.leap, leap);
        }
    }
}

static void test_c11_timestamps(void **state)
{
    static const struct {
        double stay_s;
        enum reply_verdict wanted;
    } stays[] = {
        {0, REPLY_ACCEPTED},        {-0.001, REPLY_TURNAROUND},  {-1, REPLY_TURNAROUND},
        {-86400, REPLY_TURNAROUND}, {4.001, REPLY_TURNAROUND},   {5, REPLY_TURNAROUND},
        {3.15e8, REPLY_TURNAROUND}, {-3.15e8, REPLY_TURNAROUND}, {2147483000, REPLY_TURNAROUND}};
    struct source_lab lab;
    struct packet p;

    (void)state;
    for (unsigned i = 0; i < sizeof stays / sizeof *stays; i++) {
        lab_start(&lab);
        p = lab_reply(&lab, 0);
        p.transmit = p.receive + (uint64_t)(int64_t)(stays[i].stay_s * 4294967296.0);
        if (stays[i].wanted == REPLY_ACCEPTED) {
            assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
        } else {
            check_spoiled(&p, &lab, stays[i].wanted);
        }
    }
    lab_start(&lab); /* 3.9 s there, if as much passed here */
    lab.received.ns = lab.context.now.wall.ns += ns_from_s(3.9);
    p = lab_reply(&lab, 0);
    p.transmit += (uint64_t)(3.9 * 4294967296.0);
    assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
    assert_true(fabs(lab.sample.delay_s - 2 * LAB_WAY_S) < 1e-8);
    for (unsigned i = 0; i < 3; i++) {
        lab_start(&lab);
        p = lab_reply(&lab, 0);
        p.receive = i == 1 ? p.receive : 0;
        p.transmit = i == 0 ? p.transmit : 0;
        check_spoiled(&p, &lab, REPLY_ZERO);
    }
}

static void test_c12_negative_delay(void **state)
{
    static const struct {
        double delay_s;
        int8_t precision;
        enum reply_verdict wanted;
    } delays[] = {{-1e-6, -19, REPLY_ACCEPTED}, {-1e-6, -24, REPLY_DELAY},
                  {-1e-7, -24, REPLY_ACCEPTED}, {-1, -6, REPLY_DELAY},
                  {-1, 127, REPLY_DELAY},       {2.999, -24, REPLY_ACCEPTED},
                  {3.001, -24, REPLY_DELAY}};
    struct source_lab lab;

    (void)state;
    for (unsigned i = 0; i < sizeof delays / sizeof *delays; i++) {
        struct packet p;

        lab_start(&lab);
        lab.received.ns = lab.sent.ns + ns_from_s(delays[i].delay_s) + 1100000000;
        lab.context.now.wall = lab.received;
        p = lab_reply(&lab, 0);
        p.transmit = p.receive + (uint64_t)(1.1 * 4294967296.0);
        p.precision = delays[i].precision;
        if (delays[i].wanted == REPLY_ACCEPTED) {
            assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
            assert_true(lab.sample.delay_s >= lab.context.precision_s); /* clamped */
            assert_true(fabs(lab.sample.delay_s - fmax(delays[i].delay_s, 1e-7)) < 1e-8);
        } else {
            check_spoiled(&p, &lab, REPLY_DELAY);
        }
    }
}

static void test_c13_root_distance(void **state)
{
    static const struct {
        uint32_t delay, dispersion;
        enum reply_verdict wanted;
    } rows[] = {{0, 0x000fffff, REPLY_ACCEPTED},          {0, 0x00100000, REPLY_DISTANCE},
                {0, 0x00100001, REPLY_DISTANCE},          {0x001ffffe, 0, REPLY_ACCEPTED},
                {0x001fffff, 0, REPLY_ACCEPTED},          {0x00200000, 0, REPLY_DISTANCE},
                {0x00100000, 0x0007ffff, REPLY_ACCEPTED}, {0x00100000, 0x00080000, REPLY_DISTANCE},
                {0xffffffff, 0, REPLY_DISTANCE},          {0x80000000, 0, REPLY_DISTANCE},
                {0, 0xffffffff, REPLY_DISTANCE},          {0, 0x80000000, REPLY_DISTANCE},
                {0xffffffff, 0xffffffff, REPLY_DISTANCE}};
    struct source_lab lab;

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct packet p;

        lab_start(&lab);
        p = lab_reply(&lab, 0);
        p.root_delay = rows[i].delay;
        p.root_dispersion = rows[i].dispersion;
        if (rows[i].wanted == REPLY_ACCEPTED) {
            assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
            assert_true(lab.sample.root_delay_s >= 0 && lab.sample.root_dispersion_s >= 0);
        } else {
            check_spoiled(&p, &lab, REPLY_DISTANCE);
        }
    }
}

static void test_c15_precision_and_poll(void **state)
{
    struct source_lab lab;

    (void)state;
    for (int value = -128; value <= 127; value++) {
        struct packet p;
        struct mono_time next;

        lab_start(&lab);
        p = lab_reply(&lab, 0);
        p.precision = (int8_t)value;
        p.poll = (int8_t)-value;
        next = lab.source.next;
        assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
        assert_true(lab.sample.dispersion_s >= 1e-7 && lab.sample.dispersion_s <= 0.016);
        assert_int_equal(lab.source.next.ns, next.ns); /* the server's poll does not rule us */
        assert_int_equal(lab.source.poll, 6);
    }
}

static void test_c16_reference_time(void **state)
{
    static const double ages[] = {-100, 0, 130000, 1e9, -2e9};
    struct source_lab lab;
    struct packet p;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        lab_start(&lab);
        p = lab_reply(&lab, 0);
        p.reference = p.transmit - (uint64_t)(int64_t)(ages[i] * 4294967296.0);
        assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
    }
    lab_start(&lab);
    p = lab_reply(&lab, 0);
    p.reference = 0;
    assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
}

static struct packet kiss(const struct source_lab *lab, const char *code, int poll)
{
    struct packet p = lab_reply(lab, 0);

    p.leap = LEAP_UNSYNCHRONISED;
    p.stratum = STRATUM_KISS;
    p.poll = (int8_t)poll;
    p.refid = REFID((uint8_t)code[0], (uint8_t)code[1], (uint8_t)code[2], (uint8_t)code[3]);
    return p;
}

static void test_c17_kisses_of_strangers(void **state)
{
    static const char *const codes[] = {"DENY", "RSTR", "RATE", "ACST", "\1\2\3\4"};
    struct source_lab lab;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        struct packet p;

        lab_start(&lab);
        p = kiss(&lab, codes[i], 10);
        p.origin ^= 1;
        check_refused(&lab, &p, REPLY_ORIGIN);
        p.origin = 0;
        check_refused(&lab, &p, REPLY_ORIGIN);
        check_accepted(&lab);
    }
}

static double wait_s(const struct source_lab *lab)
{
    return s_from_ns(lab->source.next.ns - lab->context.now.mono.ns);
}

static void test_c18_rate(void **state)
{
    struct source_lab lab;
    double before = 64;

    (void)state;
    lab_start(&lab);
    for (unsigned i = 0; i < 8; i++) {
        struct packet p = kiss(&lab, "RATE", 3);

        assert_int_equal(lab_receive(&lab, &p), REPLY_KISS_RATE);
        assert_int_equal(lab.source.kiss, REFID('R', 'A', 'T', 'E'));
        assert_true(wait_s(&lab) >= fmin(2 * before, 1024) * 0.98);
        before = wait_s(&lab);
        lab_pass(&lab, lab.source.next.ns - lab.context.now.mono.ns);
        lab_ask(&lab);
    }
    assert_true(before <= 1024 * 1.02);
    for (unsigned i = 0; i < 20; i++) { /* good answers do not bring it back */
        struct packet p = lab_reply(&lab, 0);

        assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
        (void)source_take_sample(&lab.source, &lab.sample, &lab.random, lab.context.now.mono);
        assert_true(wait_s(&lab) >= 1000);
        lab_pass(&lab, lab.source.next.ns - lab.context.now.mono.ns);
        lab_ask(&lab);
    }
}

static void test_c21_rate_with_any_poll(void **state)
{
    static const int maxpolls[] = {6, 10, 17};
    struct source_lab lab;

    (void)state;
    for (unsigned m = 0; m < 3; m++) {
        for (int poll = -128; poll <= 127; poll++) {
            struct packet p;

            lab_start(&lab);
            lab.source.config.maxpoll = maxpolls[m];
            p = kiss(&lab, "RATE", poll);
            assert_int_equal(lab_receive(&lab, &p), REPLY_KISS_RATE);
            assert_true(wait_s(&lab) >= 2 * 64 * 0.98);
            assert_true(wait_s(&lab) <= 1024 * 1.02);
            if (poll >= 7 && poll <= 10) {
                assert_true(wait_s(&lab) >= s_from_log2(poll) * 0.98); /* as it wishes */
            }
        }
    }
}

static void test_c19_deny(void **state)
{
    static const char *const codes[] = {"DENY", "RSTR"};
    struct source_lab lab;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct packet p;

        lab_start(&lab);
        lab.source.burst_left = 5;
        p = kiss(&lab, codes[i], 6);
        assert_int_equal(lab_receive(&lab, &p), REPLY_KISS_DENY);
        assert_true(lab.source.refused);
        assert_true(wait_s(&lab) >= 86400);
        lab_pass(&lab, lab.source.next.ns - lab.context.now.mono.ns);
        assert_true(source_due(&lab.source, lab.context.now.mono));
        lab_ask(&lab);
        source_give_up(&lab.source);
        assert_true(wait_s(&lab) >= 86000); /* silence does not forgive */
        lab_pass(&lab, lab.source.next.ns - lab.context.now.mono.ns);
        lab_ask(&lab);
        check_accepted(&lab);
        assert_false(lab.source.refused);
    }
}

static void test_c20_unknown_kisses(void **state)
{
    static const char *const codes[] = {"ACST", "NTSN", "XXXX", "\1\2\3\4", "\377\377\377\377"};
    struct source_lab lab;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        struct packet p;
        struct mono_time next;

        lab_start(&lab);
        next = lab.source.next;
        p = kiss(&lab, codes[i], 17);
        check_spoiled(&p, &lab, REPLY_KISS_OTHER);
        assert_false(lab.source.refused);
        assert_true(wait_s(&lab) <= 64 * 1.02);
        assert_true(lab.source.next.ns >= next.ns); /* and not sooner than planned */
    }
    for (unsigned i = 0; i < 2; i++) { /* a server that has just started: no reason to hurry */
        struct mono_time next;
        struct packet p;

        lab_start(&lab);
        next = lab.source.next;
        p = kiss(&lab, i ? "STEP" : "INIT", 6);
        check_spoiled(&p, &lab, REPLY_UNSYNCHRONISED);
        assert_int_equal(lab.source.next.ns, next.ns);
    }
    lab_start(&lab); /* LI = 0: no kiss at all */
    {
        struct packet p = kiss(&lab, "XXXX", 6);

        p.leap = LEAP_NONE;
        check_spoiled(&p, &lab, REPLY_STRATUM);
    }
}

static void test_c32_loop(void **state)
{
    struct source_lab lab;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct packet p;

        lab_start(&lab);
        p = lab_reply(&lab, 0.5);
        p.refid = address_refid(&lab.self[i]);
        check_spoiled(&p, &lab, REPLY_LOOP);
    }
    lab_start(&lab); /* a stratum 1 names its clock there, not an address */
    {
        struct packet p = lab_reply(&lab, 0.5);

        p.stratum = 1;
        p.refid = address_refid(&lab.self[0]);
        assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
    }
}

static void test_c40_length(void **state)
{
    static uint8_t data[65536];
    struct source_lab lab;
    struct packet p;

    (void)state;
    lab_start(&lab);
    p = lab_reply(&lab, 0.5);
    packet_encode(&p, data);
    for (size_t length = 0; length <= sizeof data; length += length < 2000 ? 1 : 997) {
        enum reply_verdict v;

        lab_start(&lab);
        p = lab_reply(&lab, 0.5);
        packet_encode(&p, data);
        v = source_check_reply(&lab.source, &lab.context, data, length, lab_received(&lab),
                               &lab.sample);
        if (length < 48 || length % 4 != 0 || length > PACKET_DATAGRAM_MAX) {
            assert_int_equal(v, REPLY_MALFORMED);
            assert_true(lab.source.request.outstanding);
        } else {
            assert_true(v == REPLY_ACCEPTED || v == REPLY_MALFORMED || v == REPLY_AUTH);
        }
    }
}

/* 2036-02-07 06:28:16 UTC: requests and answers on either side of the end of era 0. */
static void test_c47_era_boundary(void **state)
{
    static const double before[] = {-1, -0.015, -0.01001, -0.010005, -0.005, 0, 1e-9, 0.5};
    static const double offsets[] = {0, 0.02, -0.02, 3600, -3600};
    struct source_lab lab;

    (void)state;
    for (unsigned i = 0; i < sizeof before / sizeof *before; i++) {
        for (unsigned k = 0; k < sizeof offsets / sizeof *offsets; k++) {
            struct packet p;

            lab_start_at(&lab, INT64_C(2085978496) * NS_PER_S + ns_from_s(before[i]));
            p = lab_reply(&lab, offsets[k]);
            if (p.receive == 0 || p.transmit == 0) {
                continue; /* that one moment of the era says "unknown" */
            }
            assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
            assert_true(fabs(lab.sample.offset_s - offsets[k]) < 2e-9);
        }
    }
}

/* The date that a server says, in Unix seconds, and how it is read with our clock at `local_s`. */
static void check_date(int64_t local_s, int64_t server_s, int64_t read_s)
{
    struct source_lab lab;
    struct packet p;

    lab_start_at(&lab, local_s * NS_PER_S);
    p = lab_reply(&lab, 0);
    p.receive = (uint64_t)(server_s + NTP_UNIX_OFFSET_S) << 32 | 0x80000000u;
    p.transmit = p.receive + 85899; /* 20 us */
    if (read_s == 0) {
        check_spoiled(&p, &lab, REPLY_DATE);
        return;
    }
    assert_int_equal(lab_receive(&lab, &p), REPLY_ACCEPTED);
    assert_true(fabs(lab.sample.offset_s - ((double)(read_s - local_s) + 0.5 - LAB_WAY_S)) < 1e-6);
}

static void test_c48_dates(void **state)
{
    static const int64_t locals[] = {LAB_BUILD_S,
                                     LAB_BUILD_S + 86400,
                                     0,                        /* 1970: no battery */
                                     -1000000000,              /* 1938 */
                                     INT64_C(4102444800),      /* 2100: a mad one */
                                     INT64_C(2208988800) * 3}; /* 2179 */
    const int64_t era = INT64_C(1) << 32;

    (void)state;
    for (unsigned i = 0; i < sizeof locals / sizeof *locals; i++) {
        check_date(locals[i], LAB_BUILD_S + 1, LAB_BUILD_S + 1);
        check_date(locals[i], LAB_BUILD_S + 86400, LAB_BUILD_S + 86400);
        check_date(locals[i], INT64_C(2085978496) + 5, INT64_C(2085978496) + 5); /* 2036 */
    }
    check_date(LAB_BUILD_S, LAB_BUILD_S, LAB_BUILD_S);
    check_date(LAB_BUILD_S, LAB_BUILD_S - 1, 0);
    check_date(LAB_BUILD_S, 0, 0);                                        /* 1970 */
    check_date(LAB_BUILD_S, era, 0);                                      /* 2106: the same bits */
    check_date(LAB_BUILD_S, -NTP_UNIX_OFFSET_S, era - NTP_UNIX_OFFSET_S); /* 1900 reads as 2036 */
    check_date(LAB_BUILD_S, 2 * era - NTP_UNIX_OFFSET_S, era - NTP_UNIX_OFFSET_S); /* 2172 too */
    /* with a clock in 2080 all that lies within half an era of it is as it says, but ... */
    check_date(INT64_C(3471292800), INT64_C(4102444800), INT64_C(4102444800)); /* 2100 */
    check_date(INT64_C(3471292800), era, era);                                 /* 2106 */
}

static void test_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < REPLY_VERDICTS; i++) {
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(reply_verdict_name((enum reply_verdict)i),
                                    reply_verdict_name((enum reply_verdict)j));
        }
    }
    for (unsigned i = 0; i < SOURCE_STATUSES; i++) {
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(source_status_name((enum source_status)i),
                                    source_status_name((enum source_status)j));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_reply_measures),
        cmocka_unit_test(test_a_slew_distorts_nothing),
        cmocka_unit_test(test_c01_zero_origin),
        cmocka_unit_test(test_c02_wrong_origin),
        cmocka_unit_test(test_c03_only_the_first_answer_counts),
        cmocka_unit_test(test_c04_replay_after_a_restart),
        cmocka_unit_test(test_c06_random_bytes_are_never_accepted),
        cmocka_unit_test(test_c08_modes_and_versions),
        cmocka_unit_test(test_c09_strata),
        cmocka_unit_test(test_c10_leap),
        cmocka_unit_test(test_c11_timestamps),
        cmocka_unit_test(test_c12_negative_delay),
        cmocka_unit_test(test_c13_root_distance),
        cmocka_unit_test(test_c15_precision_and_poll),
        cmocka_unit_test(test_c16_reference_time),
        cmocka_unit_test(test_c17_kisses_of_strangers),
        cmocka_unit_test(test_c18_rate),
        cmocka_unit_test(test_c19_deny),
        cmocka_unit_test(test_c20_unknown_kisses),
        cmocka_unit_test(test_c21_rate_with_any_poll),
        cmocka_unit_test(test_c32_loop),
        cmocka_unit_test(test_c40_length),
        cmocka_unit_test(test_c47_era_boundary),
        cmocka_unit_test(test_c48_dates),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
