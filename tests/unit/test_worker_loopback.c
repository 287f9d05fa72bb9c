/* SPDX-License-Identifier: BSD-2-Clause */
/* The worker over real sockets of the loopback: every short length and every first byte (S01, S02),
 * both families, the reply's address and the order of the four stamps. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "os/clock.h"
#include "serve/worker.h"

static struct serve_page page;
static struct acl acl;
static struct worker worker;
static struct ratelimit_client clients[64];

struct line {
    int server, client;
};

/* A server socket on a free port and a client socket connected to it. */
static bool open_line(struct line *line, const char *text)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    struct address a;

    assert_true(address_parse(text, &a));
    line->server = udp_listen(&a, NULL, false, 0);
    if (line->server < 0) {
        return false;
    }
    assert_int_equal(getsockname(line->server, (struct sockaddr *)&bound, &size), 0);
    line->client = socket(bound.ss_family, SOCK_DGRAM, 0);
    assert_true(line->client >= 0);
    assert_int_equal(connect(line->client, (struct sockaddr *)&bound, size), 0);
    return true;
}

static void close_line(struct line *line)
{
    close(line->client);
    udp_close(line->server);
}

static void wait_for(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    (void)poll(&p, 1, timeout_ms);
}

/* Sends a request, lets the worker run; length of the reply, -1 for silence. */
static ssize_t exchange(struct line *line, const void *request, size_t length, uint8_t reply[2048])
{
    uint64_t received = page.counters[0].received;

    assert_int_equal(send(line->client, request, length, 0), (ssize_t)length);
    wait_for(line->server, 60000);
    (void)worker_batch(&worker, line->server);
    /* What the system itself drops (nothing of ours) would not be counted. */
    assert_int_equal(page.counters[0].received, received + 1);
    return recv(line->client, reply, 2048, MSG_DONTWAIT);
}

static int start(void **state)
{
    static const struct clock_options none = {.kind = CLOCK_NONE};
    static const struct ratelimit_settings limit = {.interval_s = 1, .burst = 1};
    static const uint8_t seed[RANDOM_SEED_LENGTH] = {1};
    struct reference r = {.leap = LEAP_NONE, .stratum = 2, .precision = -20, .refid = 9};

    (void)state;
    assert_int_equal(clock_open(&none), 0);
    page_init(&page, &r);
    page_publish(&page, &r, (struct mono_time){INT64_MAX});
    acl_init(&acl, 0);
    worker_init(&worker, &page, 0, &acl, seed);
    ratelimit_init(&worker.ratelimit, &limit, clients, 64, seed);
    return 0;
}

static void check_stamps(struct line *line)
{
    uint8_t request[48] = {0x23}, reply[2048];
    struct wall_time before, after;
    struct packet p;

    packet_set_transmit(request, UINT64_C(0x1234567890abcdef));
    before = clock_now().wall;
    assert_int_equal(exchange(line, request, sizeof request, reply), 48);
    after = clock_now().wall;
    assert_int_equal(packet_decode(reply, 48, &p, NULL), PACKET_OK);
    assert_int_equal(p.origin, UINT64_C(0x1234567890abcdef));
    /* 1 us is the precision that we gave, and the room of the fuzz. */
    assert_true(wall_from_ntp(p.receive, before).ns >= before.ns - 1000);
    assert_true(p.transmit > p.receive);
    assert_true(wall_from_ntp(p.transmit, before).ns <= after.ns + 1000);
}

static void check_line(const char *address)
{
    static uint8_t request[UDP_DATAGRAM_MAX + 100];
    uint8_t reply[2048];
    struct line line;

    assert_true(open_line(&line, address));
    check_stamps(&line);
    for (size_t length = 0; length <= 52; length++) {
        memset(request, 0, sizeof request);
        request[0] = 0x23;
        assert_int_equal(exchange(&line, request, length, reply), length == 48 ? 48 : -1);
    }
    for (unsigned first = 0; first < 256; first++) {
        unsigned version = first >> 3 & 7, mode = first & 7;
        bool answered = version >= 1 && version <= 4 &&
                        (mode == MODE_CLIENT || mode == MODE_SYMMETRIC_ACTIVE ||
                         (mode == MODE_RESERVED && version == 1));

        request[0] = (uint8_t)first;
        assert_int_equal(exchange(&line, request, 48, reply), answered ? 48 : -1);
    }
    close_line(&line);
}

static void test_v4(void **state)
{
    (void)state;
    check_line("127.0.0.1");
}

static void test_v6(void **state)
{
    struct line line;

    (void)state;
    if (!open_line(&line, "::1")) {
        print_message("no IPv6 here\n");
        return;
    }
    close_line(&line);
    check_line("::1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_v4), cmocka_unit_test(test_v6)};

    return cmocka_run_group_tests(tests, start, NULL);
}
