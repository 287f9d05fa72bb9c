/* SPDX-License-Identifier: BSD-2-Clause */
/* Control requests between workers and sync: what is passed on comes back to whoever asked, what a
 * channel should not bring is passed over, and a flood is cut where it comes in. */
#include "daemon/queries.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "os/process.h"
#include "os/udp.h"

static struct worker worker;
static struct engine engine;
static struct queries *queries;
static int channel[2]; /* [0] is sync's */
static struct query_gate gate;

static struct address parsed(const char *text, uint16_t port)
{
    struct address a;

    assert_true(address_parse(text, &a));
    a.port = port;
    return a;
}

static void start(void)
{
    static const struct settings settings;
    struct engine_start begin = {.precision_s = 1e-6};

    engine_init(&engine, &settings, &begin);
    memset(&gate, 0, sizeof gate);
    worker.control_count = 0;
    assert_int_equal(process_channel(channel), 0);
    free(queries);
    queries = queries_new(&channel[0], 1);
    assert_non_null(queries);
}

static void put(const char *from, size_t length)
{
    struct datagram *d = &worker.requests[worker.control_count];

    memset(d, 0, sizeof *d);
    d->peer = parsed(from, 4000);
    d->local = parsed("192.0.2.9", 0);
    d->length = length;
    memcpy(d->data, "\x16\x02\x00\x01", 4);
    worker.controls[worker.control_count] = (uint8_t)worker.control_count;
    worker.control_count++;
}

static void pass(int64_t at_ns)
{
    const struct address bound = parsed("0.0.0.0", 123);

    queries_pass(&gate, channel[1], &worker, &bound, (struct mono_time){at_ns});
}

static void handle(void)
{
    const struct report_input input = {.engine = &engine, .driver = "none"};

    queries_handle(queries, &input);
}

static void test_way_and_back(void **state)
{
    struct datagram reply;
    struct address bound;

    (void)state;
    start();
    put("127.0.0.1", 12);
    put("::1", 576); /* as the old ntpstat */
    put("127.0.0.1", QUERY_LENGTH_MAX + 4);
    pass(1);
    handle();
    assert_true(queries_receive(channel[1], &reply, &bound));
    assert_true(address_equal(&reply.peer, &worker.requests[0].peer) && reply.peer.port == 4000);
    assert_true(address_equal(&reply.local, &worker.requests[0].local));
    assert_int_equal(bound.port, 123);
    assert_int_equal(reply.data[0], 0xd6); /* not synchronised */
    assert_int_equal(reply.data[1] & 0xdf, 0x82);
    while (queries_receive(channel[1], &reply, &bound) && reply.peer.family == ADDRESS_V4) {
    }
    assert_true(address_equal(&reply.peer, &worker.requests[1].peer));
    while (queries_receive(channel[1], &reply, &bound)) {
        assert_int_equal(reply.peer.family, ADDRESS_V6);
    }
}

static void test_what_should_not_come(void **state)
{
    struct query_message message = {.length = 12};
    const size_t head = offsetof(struct query_message, data);
    struct datagram reply;
    struct address bound;
    uint8_t large[sizeof message + 100] = {0};

    (void)state;
    start();
    message.peer = parsed("127.0.0.1", 4000);
    memcpy(message.data, "\x16\x02\x00\x01", 4);
    process_send(channel[1], &message, 3);
    process_send(channel[1], large, sizeof large);
    process_send(channel[1], &message, head);
    message.length = 13; /* more than comes */
    process_send(channel[1], &message, head + 12);
    message.length = UINT32_MAX;
    process_send(channel[1], &message, sizeof message);
    message.length = 12;
    message.peer.family = 99;
    process_send(channel[1], &message, head + 12);
    message.peer.family = ADDRESS_V4;
    message.local.family = 99;
    process_send(channel[1], &message, head + 12);
    handle();
    assert_false(queries_receive(channel[1], &reply, &bound));
    message.local.family = ADDRESS_NONE;
    process_send(channel[1], &message, head + 12);
    handle();
    assert_true(queries_receive(channel[1], &reply, &bound));
}

static unsigned count_passed(void)
{
    struct query_message message;
    unsigned n = 0;

    while (process_receive(channel[0], &message, sizeof message) > 0) {
        n++;
    }
    return n;
}

static void test_limits(void **state)
{
    unsigned passed = 0;

    (void)state;
    start();
    for (unsigned i = 0; i < 10; i++) {
        put(i < 5 ? "127.0.0.1" : "198.51.100.7", 12);
    }
    for (unsigned i = 0; i < 1000; i++) {
        pass(NS_PER_S + i);
        passed += count_passed();
    }
    assert_in_range(passed, 1100, 1101); /* a second's worth of either kind */
    passed = 0;
    for (unsigned i = 0; i < 1000; i++) {
        pass(NS_PER_S + (int64_t)i * 10000000); /* ten seconds */
        passed += count_passed();
    }
    assert_in_range(passed, 5900, 6000);
}

/* Nobody reads: what does not fit is dropped, and both sides go on. */
static void test_full_channel(void **state)
{
    (void)state;
    start();
    put("127.0.0.1", 12);
    for (unsigned i = 0; i < 5000; i++) {
        pass(NS_PER_S * (i + 1));
        handle(); /* answers pile up */
    }
    for (unsigned i = 0; i < 5000; i++) {
        pass(NS_PER_S * (i + 6000));
    }
    assert_in_range(count_passed(), 1, 4999);
}

/* Each worker has its own channel, and gets the answers to what it passed on and no others. */
static void test_two_workers(void **state)
{
    const struct address bound = parsed("0.0.0.0", 123);
    struct datagram reply;
    struct address way;
    int other[2];

    (void)state;
    start();
    free(queries);
    assert_int_equal(process_channel(other), 0);
    queries = queries_new((const int[]){channel[0], -1, other[0]}, 3);
    assert_non_null(queries);
    assert_int_equal(queries->channel_count, 2);
    put("192.0.2.1", 12);
    queries_pass(&gate, channel[1], &worker, &bound, (struct mono_time){1});
    worker.control_count = 0;
    put("192.0.2.2", 12);
    queries_pass(&gate, other[1], &worker, &bound, (struct mono_time){1});
    handle();
    assert_true(queries_receive(channel[1], &reply, &way));
    assert_int_equal(reply.peer.bytes[3], 1);
    while (queries_receive(channel[1], &reply, &way)) {
        assert_int_equal(reply.peer.bytes[3], 1);
    }
    assert_true(queries_receive(other[1], &reply, &way));
    assert_int_equal(reply.peer.bytes[3], 2);
    /* one of them is dead, and the channel full of what nobody reads: the other one goes on */
    for (unsigned i = 0; i < 1000; i++) {
        worker.control_count = 0;
        put("127.0.0.1", 12);
        queries_pass(&gate, other[1], &worker, &bound, (struct mono_time){(i + 2) * NS_PER_S});
        handle();
    }
    worker.control_count = 0;
    put("192.0.2.1", 12);
    queries_pass(&gate, channel[1], &worker, &bound, (struct mono_time){2000 * NS_PER_S});
    handle();
    assert_true(queries_receive(channel[1], &reply, &way));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_way_and_back), cmocka_unit_test(test_what_should_not_come),
        cmocka_unit_test(test_limits),       cmocka_unit_test(test_full_channel),
        cmocka_unit_test(test_two_workers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
