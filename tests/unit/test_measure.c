/* SPDX-License-Identifier: BSD-2-Clause */
/* When a measured server need not be asked again, what became of it, and how hosts are written. */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "client/measure.h"

#define SAMPLES 3

static struct source source;

static void begin(void)
{
    memset(&source, 0, sizeof source);
}

static void reject(enum reply_verdict verdict)
{
    source.rejections.count++;
    source.rejections.last = verdict;
}

static enum measure_fate fate(void)
{
    struct measure_target t = {.host = "x"};

    measure_judge(&source, &t);
    return t.fate;
}

/* Replies to the first request, or to the first two, after which no other is sent. */
static unsigned requests_until_settled(enum reply_verdict verdict)
{
    begin();
    reject(verdict);
    if (measure_is_settled(&source, SAMPLES, 0)) {
        return 1;
    }
    /* the next request is due */
    if (measure_is_settled(&source, SAMPLES, source.rejections.count)) {
        return 1;
    }
    reject(verdict);
    return measure_is_settled(&source, SAMPLES, source.rejections.count) ? 2 : 0;
}

static void test_what_a_server_says_of_itself_settles_it(void **state)
{
    static const enum reply_verdict final[] = {
        REPLY_KISS_RATE, REPLY_KISS_DENY, REPLY_KISS_OTHER, REPLY_UNSYNCHRONISED, REPLY_STRATUM,
        REPLY_ZERO,      REPLY_DISTANCE,  REPLY_DATE,       REPLY_LOOP,           REPLY_RESTRICTED};

    (void)state;
    for (unsigned i = 0; i < sizeof final / sizeof final[0]; i++) {
        begin();
        assert_false(measure_is_settled(&source, SAMPLES, 0));
        reject(final[i]);
        assert_true(measure_is_settled(&source, SAMPLES, 0));
        assert_int_equal(fate(), MEASURE_REJECTED);
    }
}

static void test_the_true_answer_may_still_come_behind_a_strangers(void **state)
{
    static const enum reply_verdict strange[] = {REPLY_MALFORMED, REPLY_MODE, REPLY_VERSION,
                                                 REPLY_ORIGIN, REPLY_AUTH};

    (void)state;
    for (unsigned i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        begin();
        reject(strange[i]);
        reject(strange[i]);
        assert_false(measure_is_settled(&source, SAMPLES, 0));
        assert_int_equal(requests_until_settled(strange[i]), 1);
        assert_int_equal(fate(), MEASURE_REJECTED);
    }
}

static void test_a_step_of_a_clock_gets_another_try(void **state)
{
    static const enum reply_verdict stepped[] = {REPLY_TURNAROUND, REPLY_DELAY, REPLY_LATE};

    (void)state;
    for (unsigned i = 0; i < sizeof stepped / sizeof stepped[0]; i++) {
        assert_int_equal(requests_until_settled(stepped[i]), 2);
    }
}

static void test_errors_of_the_network_settle_and_shortages_pass(void **state)
{
    (void)state;
    begin();
    source.send_error = ECONNREFUSED;
    assert_true(measure_is_settled(&source, SAMPLES, 0));
    assert_int_equal(fate(), MEASURE_UNREACHED);
    source.send_error = ENOBUFS;
    assert_false(measure_is_settled(&source, SAMPLES, 0));
    reject(REPLY_ORIGIN);
    assert_int_equal(fate(), MEASURE_REJECTED);
}

static void test_samples_are_what_is_wanted(void **state)
{
    (void)state;
    begin();
    assert_int_equal(fate(), MEASURE_SILENT);
    source.filter.count = source.filter.total = SAMPLES - 1;
    assert_false(measure_is_settled(&source, SAMPLES, 0));
    assert_int_equal(fate(), MEASURE_GOOD);
    source.filter.count = source.filter.total = SAMPLES;
    assert_true(measure_is_settled(&source, SAMPLES, 0));
    source.filter.count = source.filter.total = 1;
    reject(REPLY_KISS_RATE);
    assert_true(measure_is_settled(&source, SAMPLES, 0));
    assert_int_equal(fate(), MEASURE_GOOD);
}

static void test_hosts_with_ports(void **state)
{
    static const struct {
        const char *host, *address;
        uint16_t port;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1", 123},
        {"192.0.2.1:1123", "192.0.2.1", 1123},
        {"2001:db8::1", "2001:db8::1", 123},
        {"[2001:db8::1]", "2001:db8::1", 123},
        {"[2001:db8::1]:65535", "2001:db8::1", 65535},
    };
    static const char *const wrong[] = {"192.0.2.1:0",   "192.0.2.1:65536", "192.0.2.1:",
                                        "192.0.2.1:12x", "[2001:db8::1]x",  "[2001:db8::1]: 1"};
    const struct measure_options options = {.port = 123};
    struct measure_target t[2];
    char text[ADDRESS_TEXT_MAX];

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(measure_look_up(cases[i].host, &options, t, 2), 1);
        assert_string_equal(address_format(&t[0].address, text), cases[i].address);
        assert_int_equal(t[0].address.port, cases[i].port);
        assert_string_equal(t[0].host, cases[i].host);
        assert_int_equal(t[0].fate, MEASURE_NOT_ASKED);
    }
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(measure_look_up(wrong[i], &options, t, 2), 1);
        assert_int_equal(t[0].fate, MEASURE_NO_ADDRESS);
        assert_int_equal(t[0].address.family, ADDRESS_NONE);
        assert_true(t[0].look_up_error != NAMES_FOUND);
    }
    assert_int_equal(measure_look_up("192.0.2.1", &options, t, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_server_says_of_itself_settles_it),
        cmocka_unit_test(test_the_true_answer_may_still_come_behind_a_strangers),
        cmocka_unit_test(test_a_step_of_a_clock_gets_another_try),
        cmocka_unit_test(test_errors_of_the_network_settle_and_shortages_pass),
        cmocka_unit_test(test_samples_are_what_is_wanted),
        cmocka_unit_test(test_hosts_with_ports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
