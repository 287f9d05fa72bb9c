/* SPDX-License-Identifier: BSD-2-Clause */
/* What the directives about access and rates do: a configuration as an admin writes it, a worker
 * that has it, and requests from here and there. This file is the operating system: what
 * udp_receive() finds is what a test put there. How they are read: test_config_access.c. */
#include "serve/worker.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "config/config.h"
#include "os/clock.h"

static struct datagram inbox, outbox;
static bool waiting;
static struct instant fake_now;

int udp_receive(int fd, struct datagram *batch, unsigned count)
{
    (void)fd;
    assert_true(count > 0);
    if (!waiting) {
        return 0;
    }
    waiting = false;
    *batch = inbox;
    return 1;
}

unsigned udp_send(int fd, const struct datagram *batch, unsigned count, int *error)
{
    (void)fd;
    (void)error;
    outbox = batch[0];
    return count;
}

struct instant clock_now(void)
{
    return fake_now;
}

static struct serve_page page;
static struct worker worker;
static struct ratelimit_client clients[64];
static struct config *config;
static const uint8_t seed[RANDOM_SEED_LENGTH] = {7};

/* A worker with this configuration, as daemon/server.c makes one. */
static void start(enum config_dialect dialect, const char *text)
{
    struct reference r = {.leap = LEAP_NONE, .stratum = 3, .precision = -24, .refid = 5};
    char message[2048];

    config = config ? config : config_new();
    assert_non_null(config);
    if (!config_load_text(config, "test.conf", text, strlen(text), dialect)) {
        config_message_format(&config->messages[0], message, sizeof message);
        fail_msg("%s", message);
    }
    memset(clients, 0, sizeof clients);
    fake_now = (struct instant){{INT64_C(1795000000) * NS_PER_S}, {1000 * NS_PER_S}};
    page_init(&page, &r);
    page_publish(&page, &r, (struct mono_time){INT64_MAX});
    worker_init(&worker, &page, 0, &config->access, seed);
    ratelimit_init(&worker.ratelimit, &config->ratelimit, clients, 64, seed);
    worker.keys = &config->keys;
    worker.have_source_access = config->have_source_access;
    worker.source_access = config->source_access;
}

static void chrony(const char *text)
{
    start(DIALECT_CHRONY, text);
}

static void ntp(const char *text)
{
    start(DIALECT_NTP, text);
}

static void pass(double seconds)
{
    fake_now.wall.ns += ns_from_s(seconds);
    fake_now.mono.ns += ns_from_s(seconds);
}

static struct address parsed(const char *text, uint16_t port)
{
    struct address a;

    assert_true(address_parse(text, &a));
    a.port = port;
    return a;
}

/* What becomes of a request; the verdict that was counted. */
static enum respond_verdict ask_from(const char *from, uint16_t port, uint8_t first_byte)
{
    struct page_counters before = page.counters[0];

    memset(&inbox, 0, sizeof inbox);
    inbox.peer = parsed(from, port);
    inbox.local = parsed(inbox.peer.family == ADDRESS_V4 ? "203.0.113.9" : "2001:db8:9::9", 123);
    inbox.stamp.ns = fake_now.wall.ns - 5000;
    inbox.stamped_by = STAMP_KERNEL;
    inbox.length = 48;
    inbox.data[0] = first_byte;
    waiting = true;
    assert_int_equal(worker_batch(&worker, 0), 1);
    for (int v = 0; v < RESPOND_VERDICTS; v++) {
        if (page.counters[0].verdicts[v] != before.verdicts[v]) {
            return (enum respond_verdict)v;
        }
    }
    fail_msg("nothing was counted");
    return RESPOND_VERDICTS;
}

#define REQUEST 0x23 /* version 4, client */

static enum respond_verdict ask(const char *from)
{
    return ask_from(from, 40000, REQUEST);
}

static void expect(const char *from, enum respond_verdict verdict)
{
    enum respond_verdict got = ask(from);

    if (got != verdict) {
        fail_msg("%s gets %d, not %d", from, (int)got, (int)verdict);
    }
}

#define SERVED(from) expect(from, RESPOND_ANSWERED)
#define REFUSED(from) expect(from, RESPOND_DROPPED_ACCESS)

/* ---- who is served ---- */

static void allow_and_deny(void **state)
{
    (void)state;
    chrony("local\n");
    REFUSED("192.0.2.1");
    REFUSED("127.0.0.1");
    REFUSED("2001:db8::1");
    chrony("allow\n");
    SERVED("192.0.2.1");
    SERVED("2001:db8::1");
    chrony("allow 192.0.2.0/24\ndeny 192.0.2.128/25\nallow 192.0.2.200\nallow 2001:db8::/32\n");
    SERVED("192.0.2.1");
    REFUSED("192.0.2.129");
    SERVED("192.0.2.200");
    REFUSED("192.0.3.1");
    SERVED("2001:db8::1");
    REFUSED("2001:db9::1");
    chrony("allow 192.168\nallow 10/8\n"); /* as chrony.conf writes them */
    SERVED("192.168.7.1");
    SERVED("10.1.1.1");
    REFUSED("192.169.0.1");
    chrony("deny 192.0.2.1\nallow all 192.0.2.0/24\n"); /* `all` takes the inner rule away */
    SERVED("192.0.2.1");
    chrony("allow\ndeny\n");
    REFUSED("192.0.2.1");
}

static void restrict_and_its_masks(void **state)
{
    (void)state;
    ntp("driftfile /d\n"); /* no rule: everybody */
    SERVED("192.0.2.1");
    SERVED("2001:db8::1");
    ntp("restrict default ignore\nrestrict 192.0.2.0 mask 255.255.255.128\n"
        "restrict 198.51.100.0/24 nomodify\n");
    SERVED("192.0.2.1");
    REFUSED("192.0.2.129");
    SERVED("198.51.100.9");
    REFUSED("203.0.113.1");
    REFUSED("2001:db8::1");
    ntp("restrict -6 default noserve\n");
    SERVED("192.0.2.1");
    REFUSED("2001:db8::1");
    ntp("restrict -4 default noserve\n");
    REFUSED("192.0.2.1");
    SERVED("2001:db8::1");
    ntp("restrict 2001:db8:: mask ffff:ffff:: noserve\n");
    REFUSED("2001:db8::1");
    SERVED("2001:db9::1");
    ntp("restrict default nomodify nopeer notrap noquery\n"); /* none of them takes the time away */
    SERVED("192.0.2.1");
}

static void later_lines_add_flags_and_unrestrict_takes_them_away(void **state)
{
    (void)state;
    ntp("restrict 192.0.2.1 nomodify\nrestrict 192.0.2.1 noserve\n");
    REFUSED("192.0.2.1");
    ntp("restrict 192.0.2.1 noserve\nunrestrict 192.0.2.1 noserve\n");
    SERVED("192.0.2.1");
    ntp("restrict 192.0.2.0/24 noserve\nrestrict 192.0.2.1\ndelrestrict 192.0.2.1\n");
    REFUSED("192.0.2.1");
}

static void control_packets_are_for_who_may_query(void **state)
{
    (void)state;
    ntp("restrict default noquery\nrestrict 127.0.0.1\n");
    assert_int_equal(ask_from("192.0.2.1", 123, 0x16), RESPOND_DROPPED_ACCESS);
    assert_int_equal(ask_from("127.0.0.1", 123, 0x16), RESPOND_CONTROL);
}

static void version_wants_ours(void **state)
{
    (void)state;
    ntp("restrict default version\n");
    assert_int_equal(ask_from("192.0.2.1", 40000, 0x1b), RESPOND_DROPPED_ACCESS);
    assert_int_equal(ask_from("192.0.2.1", 40000, 0x23), RESPOND_ANSWERED);
    ntp("restrict default nomodify\n");
    assert_int_equal(ask_from("192.0.2.1", 40000, 0x1b), RESPOND_ANSWERED);
}

static void ntpport_is_for_daemons(void **state)
{
    (void)state;
    ntp("restrict default ignore\nrestrict 192.0.2.0/24 ntpport\n");
    assert_int_equal(ask_from("192.0.2.1", 123, REQUEST), RESPOND_ANSWERED);
    assert_int_equal(ask_from("192.0.2.1", 40000, REQUEST), RESPOND_DROPPED_ACCESS);
}

static void notrust_wants_a_mac(void **state)
{
    (void)state;
    ntp("restrict 192.0.2.1 notrust\n");
    assert_int_not_equal(ask("192.0.2.1"), RESPOND_ANSWERED);
    SERVED("192.0.2.2");
}

static void flake_drops_one_in_ten(void **state)
{
    unsigned dropped = 0;

    (void)state;
    ntp("restrict 192.0.2.1 flake\n");
    for (unsigned i = 0; i < 1000; i++) {
        dropped += ask("192.0.2.1") == RESPOND_DROPPED_ACCESS;
        SERVED("192.0.2.2");
    }
    assert_in_range(dropped, 60, 140);
}

static void sources_have_rules_of_their_own(void **state)
{
    struct address sources[2] = {parsed("192.0.2.1", 123), parsed("192.0.2.2", 123)};

    (void)state;
    ntp("restrict default ignore\nrestrict source nomodify noquery\n"
        "restrict 192.0.2.2 noserve\n");
    page_set_sources(&page, sources, 2);
    SERVED("192.0.2.1");
    REFUSED("192.0.2.2"); /* it has a line of its own */
    REFUSED("192.0.2.3");
    ntp("restrict default nomodify\nrestrict source noserve\n");
    page_set_sources(&page, sources, 2);
    REFUSED("192.0.2.1");
    SERVED("192.0.2.3");
    ntp("restrict default limited\nlimit burst 1\nrestrict source nomodify\n");
    page_set_sources(&page, sources, 1);
    for (unsigned i = 0; i < 50; i++) {
        SERVED("192.0.2.1");
    }
    for (unsigned i = 0; i < 50; i++) {
        (void)ask("192.0.2.3");
    }
    expect("192.0.2.3", RESPOND_DROPPED_RATE);
    ntp("restrict default ignore\n"); /* no such line: sources are like others */
    page_set_sources(&page, sources, 1);
    REFUSED("192.0.2.1");
}

/* ---- how often ---- */

/* Answers to so many requests, one each `gap_s` seconds. */
static unsigned answers(unsigned requests, double gap_s)
{
    unsigned count = 0;

    for (unsigned i = 0; i < requests; i++) {
        count += ask("192.0.2.1") == RESPOND_ANSWERED;
        pass(gap_s);
    }
    return count;
}

static void ratelimit_has_interval_burst_and_leak(void **state)
{
    (void)state;
    chrony("allow\n");
    assert_int_equal(answers(200, 0), 200);
    chrony("allow\nratelimit interval 3 burst 8 leak 4\n");
    assert_in_range(answers(8, 0), 8, 8);
    assert_in_range(answers(1600, 0), 50, 170); /* one of 16 leaks */
    chrony("allow\nratelimit interval 3 burst 8 leak 1\n");
    (void)answers(8, 0);
    assert_in_range(answers(1000, 0), 400, 600); /* every other one */
    chrony("allow\nratelimit burst 20 leak 4\n");
    assert_int_equal(answers(20, 0), 20);
    chrony("allow\nratelimit interval 1 burst 1 leak 4\n");
    assert_in_range(answers(100, 2.1), 100, 100); /* 2 s apart is what it allows */
    chrony("allow\nratelimit interval 5 burst 1 leak 4\n");
    assert_in_range(answers(320, 2), 15, 70); /* one each 32 s, and leaks */
    SERVED("192.0.2.77");                     /* others are not touched */
}

static void kod_tells_some(void **state)
{
    static const char *const lines[] = {"allow\nratelimit interval 10 burst 1 leak 4\n",
                                        "allow\nratelimit interval 10 burst 1 leak 4 kod 1\n"};
    unsigned kisses[2] = {0, 0};

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        chrony(lines[k]);
        for (unsigned i = 0; i < 500; i++) {
            if (ask("192.0.2.1") == RESPOND_KISS) {
                assert_int_equal(outbox.data[1], 0); /* its stratum */
                kisses[k]++;
            }
        }
    }
    assert_int_equal(kisses[0], 0);
    assert_in_range(kisses[1], 150, 350);

    ntp("restrict default limited\n");
    (void)answers(300, 0);
    for (unsigned i = 0; i < 300; i++) {
        assert_int_not_equal(ask("192.0.2.1"), RESPOND_KISS);
    }
    ntp("restrict default limited kod\n");
    for (unsigned i = 0; i < 1000; i++) {
        kisses[0] += ask("192.0.2.1") == RESPOND_KISS;
    }
    assert_in_range(kisses[0], 10, 200);
}

static void limit_and_discard_hold_for_the_limited(void **state)
{
    (void)state;
    ntp("limit average 0.1 burst 5\n"); /* nobody is `limited` */
    assert_int_equal(answers(100, 0), 100);
    ntp("restrict default limited\nlimit average 0.1 burst 5\n");
    assert_in_range(answers(20, 0), 5, 12);
    ntp("restrict default limited\nlimit average 10 burst 40\n");
    assert_int_equal(answers(40, 0), 40);
    pass(1);
    assert_int_equal(answers(100, 0.11), 100);
    ntp("restrict default limited\ndiscard minimum 5 average 0\n");
    assert_in_range(answers(20, 2), 1, 8); /* closer than 5 s */
    ntp("restrict default limited\ndiscard minimum 1 average 0\n");
    assert_int_equal(answers(20, 2), 20);
    ntp("restrict default limited\ndiscard minimum 0 average 6\n");
    assert_in_range(answers(320, 2), 8, 160); /* 64 s apart on average */
    ntp("restrict default\nrestrict 192.0.2.0/24 limited\nlimit burst 3\n");
    (void)answers(50, 0);
    assert_int_equal(ask("198.51.100.1"), RESPOND_ANSWERED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allow_and_deny),
        cmocka_unit_test(restrict_and_its_masks),
        cmocka_unit_test(later_lines_add_flags_and_unrestrict_takes_them_away),
        cmocka_unit_test(control_packets_are_for_who_may_query),
        cmocka_unit_test(version_wants_ours),
        cmocka_unit_test(ntpport_is_for_daemons),
        cmocka_unit_test(notrust_wants_a_mac),
        cmocka_unit_test(flake_drops_one_in_ten),
        cmocka_unit_test(sources_have_rules_of_their_own),
        cmocka_unit_test(ratelimit_has_interval_burst_and_leak),
        cmocka_unit_test(kod_tells_some),
        cmocka_unit_test(limit_and_discard_hold_for_the_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
