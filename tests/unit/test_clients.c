/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of clients: what is noted is found again, memory is bounded whatever comes, lists are
 * in order, and two writers in other processes with a reader leave no record mixed of two. */
#include "core/clients.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "core/acl.h"

#define CAPACITY 64

static struct clients *table;

static void start(size_t bytes)
{
    static const uint8_t seed[16] = {1, 2, 3};

    if (!table) {
        table = mmap(NULL, clients_size(CAPACITY), PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        assert_true(table != MAP_FAILED);
    }
    memset(table, 0, clients_size(CAPACITY));
    clients_init(table, CAPACITY, seed);
    clients_resize(table, bytes);
}

static struct mono_time at(double s)
{
    return (struct mono_time){ns_from_s(s)};
}

static struct address parsed(const char *text, uint16_t port)
{
    struct address a;

    assert_true(address_parse(text, &a));
    a.port = port;
    return a;
}

static struct address numbered(uint32_t n)
{
    return (struct address){.family = ADDRESS_V4,
                            .bytes = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n},
                            .port = (uint16_t)(n | 1)};
}

static void note(const char *from, uint16_t port, double s, enum clients_outcome outcome)
{
    struct address a = parsed(from, port);

    clients_note(table, &a, at(s), 0x23, ACCESS_LIMITED, outcome);
}

static void test_note_and_find(void **state)
{
    struct client c;
    struct address a = parsed("192.0.2.1", 0);

    (void)state;
    start(clients_size(CAPACITY));
    assert_int_equal(clients_room(table), CAPACITY * CLIENTS_WAYS);
    assert_false(clients_find(table, &a, &c));
    note("192.0.2.1", 4001, 100, CLIENTS_ANSWERED);
    assert_true(clients_find(table, &a, &c));
    assert_int_equal(c.requests, 1);
    assert_true(c.interval_s == 0);
    note("192.0.2.1", 4002, 108, CLIENTS_KISSED);
    note("192.0.2.1", 4003, 116, CLIENTS_LIMITED);
    note("::ffff:192.0.2.1", 4004, 124, CLIENTS_REFUSED); /* the same client */
    assert_true(clients_find(table, &a, &c));
    assert_int_equal(c.address.family, ADDRESS_V4);
    assert_int_equal(c.address.port, 4004);
    assert_int_equal(c.requests, 4);
    assert_int_equal(c.limited, 2);
    assert_int_equal(c.kisses, 1);
    assert_int_equal(c.refused, 1);
    assert_int_equal(c.mode, 3);
    assert_int_equal(c.version, 4);
    assert_int_equal(c.flags, ACCESS_LIMITED);
    assert_int_equal(c.outcome, CLIENTS_REFUSED);
    assert_true(c.first.ns == at(100).ns && c.last.ns == at(124).ns);
    assert_true(c.interval_s > 7.999 && c.interval_s < 8.001);
    assert_int_equal(clients_count(table), 1);
    assert_int_equal(table->fresh, 1);
    a.family = ADDRESS_NONE;
    clients_note(table, &a, at(1), 0x23, 0, CLIENTS_ANSWERED);
    assert_int_equal(clients_count(table), 1);
}

static void test_addresses(void **state)
{
    static const char *const texts[] = {"2001:db8::1", "2001:db8::2", "fe80::1%2",
                                        "fe80::1%3",   "127.0.0.1",   "::1"};
    struct client c;

    (void)state;
    start(clients_size(CAPACITY));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        note(texts[i], (uint16_t)(i + 1), 1, CLIENTS_ANSWERED);
    }
    assert_int_equal(clients_count(table), 6);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct address a = parsed(texts[i], 0);

        assert_true(clients_find(table, &a, &c));
        assert_true(address_equal(&c.address, &a)); /* its scope too */
        assert_int_equal(c.address.port, i + 1);
    }
}

static void test_memory_is_bounded(void **state)
{
    struct client list[CAPACITY * CLIENTS_WAYS + 1];
    struct address known = numbered(7);
    size_t room, n;

    (void)state;
    start(8 * sizeof(struct clients_bucket));
    room = clients_room(table);
    assert_int_equal(room, 8 * CLIENTS_WAYS);
    for (uint32_t i = 0; i < 100000; i++) {
        struct address a = numbered(i % 100 == 99 ? 7 : 1000 + i);

        clients_note(table, &a, at(i * 0.01), 0x23, 0, CLIENTS_ANSWERED);
    }
    assert_int_equal(clients_count(table), room);
    assert_int_equal(table->fresh - table->recycled, room);
    /* who asks each second outlives a flood of those who ask once only if it is not that large: but
     * a list never shows more than there is room for */
    n = clients_list(table, CLIENTS_RECENT, list, sizeof list / sizeof list[0]);
    assert_int_equal(n, room);
    assert_true(address_equal(&list[0].address, &known)); /* it asked last */
    clients_resize(table, 0);
    assert_int_equal(clients_room(table), 0);
    assert_int_equal(clients_list(table, CLIENTS_RECENT, list, 10), 0);
    note("192.0.2.1", 1, 1, CLIENTS_ANSWERED);
    clients_resize(table, SIZE_MAX);
    assert_int_equal(clients_room(table), CAPACITY * CLIENTS_WAYS);
    assert_int_equal(clients_count(table), 0);
    note("192.0.2.1", 1, 1, CLIENTS_ANSWERED);
    clients_resize(table, SIZE_MAX); /* no change: nobody is forgotten */
    assert_int_equal(clients_count(table), 1);
    clients_resize(table, 16 * sizeof(struct clients_bucket) + 300);
    assert_int_equal(clients_room(table), 16 * CLIENTS_WAYS);
    assert_int_equal(clients_count(table), 0);
}

static void test_the_silent_make_room(void **state)
{
    struct client c;

    (void)state;
    start(sizeof(struct clients_bucket)); /* one bucket */
    for (uint32_t i = 0; i < CLIENTS_WAYS; i++) {
        struct address a = numbered(i);

        clients_note(table, &a, at(i), 0x23, 0, CLIENTS_ANSWERED);
    }
    for (uint32_t i = 0; i < CLIENTS_WAYS; i++) {
        struct address a = numbered(i == 3 ? 100 : i);

        clients_note(table, &a, at(10 + i), 0x23, 0, CLIENTS_ANSWERED);
    }
    for (uint32_t i = 0; i < CLIENTS_WAYS; i++) {
        struct address a = numbered(i);

        /* when 100 came, 3 was who had been silent for longest: 0 to 2 had asked again */
        assert_int_equal(clients_find(table, &a, &c), i != 3);
    }
}

static void test_lists(void **state)
{
    struct client list[8];
    struct dice dice = {5};

    (void)state;
    start(clients_size(CAPACITY));
    for (uint32_t i = 0; i < 100; i++) {
        struct address a = numbered(i);

        for (unsigned n = 0; n <= i % 50; n++) {
            clients_note(table, &a, at(dice_below(&dice, 1000)), 0x23, 0,
                         i >= 90 ? CLIENTS_LIMITED : CLIENTS_ANSWERED);
        }
        clients_note(table, &a, at(1000 + i * 37 % 100), 0x23, 0, CLIENTS_ANSWERED);
    }
    for (size_t max = 0; max <= 8; max++) {
        assert_int_equal(clients_list(table, CLIENTS_BUSIEST, list, max), max);
        for (size_t i = 0; i < max; i++) {
            assert_int_equal(list[i].requests, 51 - i / 2);
        }
        assert_int_equal(clients_list(table, CLIENTS_RECENT, list, max), max);
        for (size_t i = 0; i < max; i++) {
            assert_true(list[i].last.ns == at(1099 - (double)i).ns);
        }
        assert_int_equal(clients_list(table, CLIENTS_LIMITED_MOST, list, max), max);
        for (size_t i = 0; i < max; i++) {
            assert_int_equal(list[i].limited, 50 - i);
        }
        assert_int_equal(clients_list_after(table, at(1020), list, max), max);
        for (size_t i = 0; i < max; i++) {
            assert_true(list[i].last.ns == at(1021 + (double)i).ns);
        }
    }
}

static void test_abandoned_record(void **state)
{
    struct client c;
    struct address a = parsed("192.0.2.1", 0);

    (void)state;
    start(sizeof(struct clients_bucket));
    note("192.0.2.1", 1, 100, CLIENTS_ANSWERED);
    for (unsigned i = 0; i < CLIENTS_WAYS; i++) {
        table->buckets[0].slots[i].sequence |= 1; /* its writer was killed */
    }
    assert_false(clients_find(table, &a, &c));
    note("192.0.2.1", 1, 100.5, CLIENTS_ANSWERED);
    assert_int_equal(table->lost, 1);
    assert_false(clients_find(table, &a, &c));
    for (unsigned i = 0; i < 20; i++) { /* however often it asks */
        note("192.0.2.1", 1, 100.6 + i * 0.1, CLIENTS_ANSWERED);
    }
    assert_true(clients_find(table, &a, &c));
    assert_true(c.requests > 5);
}

/* Each client has its number in all that is noted of it. */
static void hammer(uint64_t seed)
{
    struct dice dice = {seed};

    for (;;) {
        uint32_t n = dice_below(&dice, 40);
        struct address a = numbered(n);

        clients_note(table, &a, at(n), (uint8_t)n, n, CLIENTS_ANSWERED);
    }
}

static void test_concurrent(void **state)
{
    unsigned seen = 0;
    pid_t writers[2];

    (void)state;
    start(4 * sizeof(struct clients_bucket));
    for (unsigned i = 0; i < 2; i++) {
        writers[i] = fork();
        assert_true(writers[i] >= 0);
        if (writers[i] == 0) {
            hammer(i);
        }
    }
    while (seen < 200000) {
        for (size_t i = 0; i < clients_room(table); i++) {
            struct client c;

            if (clients_get(table, i, &c)) {
                uint32_t n = c.address.bytes[3];

                assert_true(n < 40 && c.address.port == (n | 1) && c.flags == n);
                assert_true(c.last.ns == at(n).ns && c.first.ns == at(n).ns);
                seen++;
            }
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        kill(writers[i], SIGKILL);
        waitpid(writers[i], NULL, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_note_and_find),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_memory_is_bounded),
        cmocka_unit_test(test_the_silent_make_room),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_abandoned_record),
        cmocka_unit_test(test_concurrent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
