/* SPDX-License-Identifier: BSD-2-Clause */
/* The way of a request through the worker. This file is the operating system: what udp_receive()
 * finds is what a test put there, and what udp_send() is given is looked at. */
#include "serve/worker.h"

#include <string.h>

#include "check.h"
#include "os/clock.h"

static struct datagram inbox[64], outbox[64];
static unsigned inbox_count, outbox_count, send_limit;
static struct instant fake_now;

int udp_receive(int fd, struct datagram *batch, unsigned count)
{
    unsigned n = inbox_count < count ? inbox_count : count;

    if (fd < 0) {
        return -9; /* EBADF */
    }
    memcpy(batch, inbox, n * sizeof *batch);
    memmove(inbox, inbox + n, (inbox_count - n) * sizeof *inbox);
    inbox_count -= n;
    return (int)n;
}

unsigned udp_send(int fd, const struct datagram *batch, unsigned count, int *error)
{
    unsigned n = count < send_limit ? count : send_limit;

    assert_true(fd >= 0);
    assert_null(error);
    memcpy(outbox, batch, count * sizeof *batch);
    outbox_count = count;
    return n;
}

struct instant clock_now(void)
{
    return fake_now;
}

static struct serve_page page;
static struct acl acl;
static struct worker worker;
static struct ratelimit_client clients[64];
static const uint8_t seed[RANDOM_SEED_LENGTH] = {7};

static void start(uint32_t default_flags, const struct ratelimit_settings *limit)
{
    static const struct ratelimit_settings none = {.interval_s = 1, .burst = 1};
    struct reference r = {.leap = LEAP_NONE, .stratum = 3, .precision = -24, .refid = 5};

    memset(clients, 0, sizeof clients);
    inbox_count = outbox_count = 0;
    send_limit = 64;
    fake_now = (struct instant){{INT64_C(1700000000) * NS_PER_S}, {1000 * NS_PER_S}};
    page_init(&page, &r);
    page_publish(&page, &r, (struct mono_time){INT64_MAX});
    acl_init(&acl, default_flags);
    worker_init(&worker, &page, 3, &acl, seed);
    ratelimit_init(&worker.ratelimit, limit ? limit : &none, clients, 64, seed);
}

static struct address parsed(const char *text, uint16_t port)
{
    struct address a;

    assert_true(address_parse(text, &a));
    a.port = port;
    return a;
}

static struct datagram *put(const char *from, uint8_t first_byte, size_t length)
{
    struct datagram *d = &inbox[inbox_count++];

    memset(d, 0, sizeof *d);
    d->peer = parsed(from, 40000);
    d->local = parsed(d->peer.family == ADDRESS_V4 ? "192.0.2.200" : "2001:db8::200", NTP_PORT);
    d->interface = 2;
    d->stamp.ns = fake_now.wall.ns - 5000;
    d->stamped_by = STAMP_KERNEL;
    d->length = length;
    d->data[0] = first_byte;
    return d;
}

/* One request more with this outcome. */
static void expect(enum respond_verdict verdict)
{
    const struct page_counters *c = &page.counters[3];
    struct page_counters before = *c;
    bool answered = verdict == RESPOND_ANSWERED || verdict == RESPOND_KISS;
    uint8_t first = inbox[0].length > 0 ? inbox[0].data[0] : 0;

    outbox_count = 0;
    assert_int_equal(inbox_count, 1);
    assert_int_equal(worker_batch(&worker, 0), 1);
    before.received++;
    before.verdicts[verdict]++;
    before.versions[first >> 3 & 7]++;
    before.old_modes[first & 7] += (first >> 3 & 7) == 1;
    before.stamps[inbox[0].stamped_by]++;
    before.authenticated += verdict == RESPOND_ANSWERED && outbox[0].length > 48;
    assert_memory_equal(&before, c, sizeof before);
    assert_int_equal(outbox_count, answered);
}

static void test_answer(void **state)
{
    struct packet p;

    (void)state;
    start(0, NULL);
    put("192.0.2.1", 0x23, 48);
    expect(RESPOND_ANSWERED);
    assert_int_equal(outbox[0].length, 48);
    assert_int_equal(outbox[0].peer.port, 40000);
    assert_int_equal(outbox[0].interface, 2);
    assert_true(address_equal(&outbox[0].local,
                              &(struct address){.family = ADDRESS_V4, .bytes = {192, 0, 2, 200}}));
    assert_int_equal(packet_decode(outbox[0].data, 48, &p, NULL), PACKET_OK);
    assert_int_equal(p.stratum, 3);
    assert_int_equal(p.transmit >> 32, 1700000000 + NTP_UNIX_OFFSET_S);
    assert_int_equal(p.receive >> 32, 1699999999 + NTP_UNIX_OFFSET_S);
    put("2001:db8::1", 0x23, 48);
    expect(RESPOND_ANSWERED);
}

static void test_batches(void **state)
{
    (void)state;
    start(0, NULL);
    assert_int_equal(worker_batch(&worker, 0), 0);
    assert_int_equal(worker_batch(&worker, -1), 0);
    assert_int_equal(page.counters[3].received, 0);
    for (unsigned i = 0; i < 40; i++) {
        put("192.0.2.1", i % 2 ? 0x23 : 0x24, 48); /* requests and answers */
    }
    send_limit = 10;
    assert_int_equal(worker_batch(&worker, 0), UDP_BATCH);
    assert_int_equal(outbox_count, UDP_BATCH / 2);
    assert_int_equal(page.counters[3].send_errors, UDP_BATCH / 2 - 10);
    assert_int_equal(worker_batch(&worker, 0), 40 - UDP_BATCH);
    assert_int_equal(page.counters[3].received, 40);
    assert_int_equal(page.counters[3].verdicts[RESPOND_ANSWERED], 20);
    assert_int_equal(page.counters[3].verdicts[RESPOND_DROPPED_MODE], 20);
    assert_int_equal(page.counters[2].received, 0);
}

/* S16 to S18. */
static void test_addresses(void **state)
{
    struct datagram *d;

    (void)state;
    start(0, NULL);
    put("192.0.2.1", 0x23, 48)->peer.port = 0;
    expect(RESPOND_DROPPED_SOURCE);
    put("224.0.1.1", 0x23, 48);
    expect(RESPOND_DROPPED_SOURCE);
    d = put("192.0.2.1", 0x23, 48);
    d->local = parsed("224.0.1.1", NTP_PORT);
    expect(RESPOND_DROPPED_SOURCE);
    d = put("192.0.2.1", 0x23, 48);
    d->local = parsed("255.255.255.255", NTP_PORT);
    expect(RESPOND_DROPPED_SOURCE);
    d = put("2001:db8::1", 0x23, 48);
    d->local = parsed("ff02::101", NTP_PORT);
    expect(RESPOND_DROPPED_SOURCE);
    d = put("192.0.2.200", 0x23, 48);
    d->peer.port = NTP_PORT;
    expect(RESPOND_DROPPED_SOURCE); /* LAND */
    d = put("192.0.2.200", 0x23, 48);
    d->peer.port = NTP_PORT;
    d->local.port = 0; /* not known */
    expect(RESPOND_DROPPED_SOURCE);
    put("192.0.2.200", 0x23, 48); /* a program on this host */
    expect(RESPOND_ANSWERED);
    d = put("192.0.2.1", 0x23, 48);
    d->local = (struct address){0}; /* the system did not say */
    expect(RESPOND_ANSWERED);
}

static void test_access(void **state)
{
    static const struct {
        uint32_t flags;
        enum respond_verdict client, old_client, control;
    } rows[] = {
        {0, RESPOND_ANSWERED, RESPOND_ANSWERED, RESPOND_CONTROL},
        {ACCESS_NOSERVE, RESPOND_DROPPED_ACCESS, RESPOND_DROPPED_ACCESS, RESPOND_CONTROL},
        {ACCESS_NOQUERY, RESPOND_ANSWERED, RESPOND_ANSWERED, RESPOND_DROPPED_ACCESS},
        {ACCESS_IGNORE, RESPOND_DROPPED_ACCESS, RESPOND_DROPPED_ACCESS, RESPOND_DROPPED_ACCESS},
        {ACCESS_VERSION, RESPOND_ANSWERED, RESPOND_DROPPED_ACCESS, RESPOND_CONTROL},
        {ACCESS_NOTRUST, RESPOND_DROPPED_ACCESS, RESPOND_DROPPED_ACCESS, RESPOND_CONTROL},
        {ACCESS_NOMODIFY | ACCESS_NOPEER | ACCESS_NOTRAP | ACCESS_LIMITED | ACCESS_KOD,
         RESPOND_ANSWERED, RESPOND_ANSWERED, RESPOND_CONTROL},
    };
    struct address all = parsed("0.0.0.0", 0);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start(ACCESS_NOSERVE, NULL);
        assert_true(acl_set(&acl, &all, 0, rows[i].flags));
        put("192.0.2.1", 0x23, 48);
        expect(rows[i].client);
        put("192.0.2.1", 0x1b, 48);
        expect(rows[i].old_client);
        put("192.0.2.1", 0x26, 12);
        expect(rows[i].control);
        put("2001:db8::1", 0x23, 48); /* only the default holds for it */
        expect(RESPOND_DROPPED_ACCESS);
    }
}

/* Who must be authenticated, is by a right MAC. */
static void test_notrust(void **state)
{
    static struct mac_keys keys;
    struct datagram *d;

    (void)state;
    start(ACCESS_NOTRUST, NULL);
    memset(&keys, 0, sizeof keys);
    assert_true(mac_add(&keys, 9, MAC_SHA1, "nine", 4));
    d = put("192.0.2.1", 0x23, 72);
    (void)mac_write(&keys, mac_find(&keys, 9), d->data, 48, true, d->data + 48);
    inbox[1] = *d;
    expect(RESPOND_DROPPED_AUTH); /* no keys yet */
    worker.keys = &keys;
    inbox[0] = inbox[1];
    inbox_count = 1;
    expect(RESPOND_ANSWERED);
    assert_int_equal(outbox[0].length, 72);
    assert_true(
        mac_is_valid(&keys, mac_find(&keys, 9), outbox[0].data, 48, outbox[0].data + 52, 20));
    inbox[1].data[71] ^= 1;
    inbox[0] = inbox[1];
    inbox_count = 1;
    expect(RESPOND_DROPPED_AUTH);
    put("192.0.2.1", 0x23, 48);
    expect(RESPOND_DROPPED_ACCESS);
}

static void test_flake(void **state)
{
    (void)state;
    start(ACCESS_FLAKE, NULL);
    for (unsigned i = 0; i < 10000; i++) {
        put("192.0.2.1", 0x23, 48);
        assert_int_equal(worker_batch(&worker, 0), 1);
    }
    assert_in_range(page.counters[3].verdicts[RESPOND_DROPPED_ACCESS], 800, 1200);
}

/* Limited only where the rules say so; kissed only where they say that. */
static void test_rate(void **state)
{
    const struct ratelimit_settings kisses = {
        .enabled = true, .interval_s = 8, .burst = 2, .kod_log2 = 1};
    struct packet p;

    (void)state;
    start(0, &kisses);
    for (unsigned i = 0; i < 20; i++) {
        put("192.0.2.1", 0x23, 48);
        expect(RESPOND_ANSWERED);
    }
    start(ACCESS_LIMITED, &kisses);
    for (unsigned i = 0; i < 20; i++) {
        put("192.0.2.1", 0x23, 48);
        expect(i < 2 ? RESPOND_ANSWERED : RESPOND_DROPPED_RATE);
    }
    start(ACCESS_LIMITED | ACCESS_KOD, &kisses);
    for (unsigned i = 0; i < 200; i++) {
        put("192.0.2.1", 0x23, 48);
        assert_int_equal(worker_batch(&worker, 0), 1);
        if (page.counters[3].verdicts[RESPOND_KISS] == 1 && outbox_count == 1) {
            assert_int_equal(packet_decode(outbox[0].data, 48, &p, NULL), PACKET_OK);
            assert_int_equal(p.refid, i < 2 ? 5 : REFID('R', 'A', 'T', 'E'));
            outbox_count = 0;
        }
    }
    assert_int_equal(page.counters[3].verdicts[RESPOND_ANSWERED], 2);
    assert_in_range(page.counters[3].verdicts[RESPOND_KISS], 70, 130);
    fake_now.mono.ns += 8 * NS_PER_S;
    put("192.0.2.1", 0x23, 48);
    expect(RESPOND_ANSWERED);
}

/* A page that nobody renews any more (sync is dead or stopped) makes no promises. */
/* Who asked is noted, with what became of it; packets that nobody sent are not. */
static void test_clients(void **state)
{
    const struct ratelimit_settings limit = {.enabled = true, .interval_s = 8, .burst = 2};
    static const uint8_t key[16] = {3};
    static union {
        struct clients table;
        uint8_t memory[4096];
    } u;
    struct address from = parsed("192.0.2.1", 0);
    struct client c;

    (void)state;
    start(ACCESS_LIMITED, &limit);
    clients_init(&u.table, 4, key);
    clients_resize(&u.table, sizeof u - sizeof u.table);
    worker.clients = &u.table;
    for (unsigned i = 0; i < 3; i++) {
        put("192.0.2.1", 0x23, 48);
        expect(i < 2 ? RESPOND_ANSWERED : RESPOND_DROPPED_RATE);
    }
    put("192.0.2.1", 0x1b, 12);
    expect(RESPOND_DROPPED_RATE);
    put("192.0.2.2", 0x16, 12);
    expect(RESPOND_CONTROL);
    put("0.0.0.1", 0x23, 48);
    expect(RESPOND_DROPPED_SOURCE);
    assert_int_equal(clients_count(&u.table), 2);
    assert_true(clients_find(&u.table, &from, &c));
    assert_int_equal(c.requests, 4);
    assert_int_equal(c.limited, 2);
    assert_int_equal(c.refused, 0);
    assert_int_equal(c.version, 3);
    assert_int_equal(c.flags, ACCESS_LIMITED);
    assert_true(c.last.ns == fake_now.mono.ns);
    /* of one batch no two came at the same instant */
    put("192.0.2.3", 0x23, 48);
    put("192.0.2.4", 0x23, 48);
    assert_int_equal(worker_batch(&worker, 0), 2);
    from = parsed("192.0.2.3", 0);
    assert_true(clients_find(&u.table, &from, &c) && c.last.ns == fake_now.mono.ns);
    from = parsed("192.0.2.4", 0);
    assert_true(clients_find(&u.table, &from, &c) && c.last.ns == fake_now.mono.ns + 1);
    from = parsed("192.0.2.2", 0);
    assert_true(clients_find(&u.table, &from, &c));
    assert_int_equal(c.mode, 6);
}

static void test_page_runs_out(void **state)
{
    struct reference r = {.leap = LEAP_NONE, .stratum = 3, .precision = -24, .refid = 5};
    struct packet p;

    (void)state;
    start(0, NULL);
    page_publish(&page, &r, mono_after(fake_now.mono, 4.0));
    fake_now.mono = mono_after(fake_now.mono, 4.1);
    put("192.0.2.1", 0x23, 48);
    expect(RESPOND_ANSWERED);
    assert_int_equal(packet_decode(outbox[0].data, 48, &p, NULL), PACKET_OK);
    assert_int_equal(p.leap, LEAP_UNSYNCHRONISED);
    assert_int_equal(p.stratum, 0);
}

/* S03, S31 and the universal rule: whatever comes, no answer is longer than its request, and no
 * answer is one that a server would answer. */
static void test_anything(void **state)
{
    struct dice d = {15};

    (void)state;
    start(0, NULL);
    for (unsigned i = 0; i < 100000; i++) {
        size_t length = dice_below(&d, 4) ? 48 + 4 * dice_below(&d, 20) : dice_below(&d, 1473);
        struct datagram *r = put("192.0.2.1", 0, length);

        dice_fill(&d, r->data, length < 100 ? length : 100);
        outbox_count = 0;
        assert_int_equal(worker_batch(&worker, 0), 1);
        if (outbox_count == 1) {
            assert_true(outbox[0].length <= length);
            inbox[0] = outbox[0];
            inbox_count = 1;
            outbox_count = 0;
            assert_int_equal(worker_batch(&worker, 0), 1);
            assert_int_equal(outbox_count, 0);
        }
    }
    assert_true(page.counters[3].verdicts[RESPOND_ANSWERED] > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer),    cmocka_unit_test(test_batches),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_access),
        cmocka_unit_test(test_notrust),   cmocka_unit_test(test_flake),
        cmocka_unit_test(test_rate),      cmocka_unit_test(test_page_runs_out),
        cmocka_unit_test(test_clients),   cmocka_unit_test(test_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
