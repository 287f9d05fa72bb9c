/* SPDX-License-Identifier: BSD-2-Clause */
/* control/endpoint: answers, and is not to be moved by clients that are slow, many or talkative. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "control/endpoint.h"
#include "os/clock.h"
#include "os/stream.h"

static struct engine engine;
static struct endpoint *endpoint;
static struct wait_set wait_set;
static char folder[64], path[96];

static int set_up(void **state)
{
    struct engine_start start = {.now = clock_now(), .precision_s = 1e-7};
    static struct settings settings;

    (void)state;
    settings_default(&settings);
    engine_init(&engine, &settings, &start);
    snprintf(folder, sizeof folder, "/tmp/test-endpoint-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/socket", folder);
    endpoint = calloc(1, sizeof *endpoint);
    wait_set.count = 0;
    if (!endpoint || endpoint_open(endpoint, path, 0600) != 0) {
        return -1;
    }
    endpoint_register(endpoint, &wait_set);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    endpoint_close(endpoint, &wait_set);
    free(endpoint);
    unlink(path);
    return rmdir(folder);
}

/* One round of a loop that is `later_s` ahead of the clock. */
static void turn(double later_s)
{
    struct report_input input = {.engine = &engine,
                                 .now = clock_now(),
                                 .true_error_s = (double)NAN,
                                 .config_file = "x",
                                 .language = "ntp.conf",
                                 .driver = "none"};

    wait_until(&wait_set, mono_after(input.now.mono, 0.02));
    input.now.mono = mono_after(clock_now().mono, later_s);
    endpoint_handle(endpoint, &wait_set, &input);
}

static int connect_client(void)
{
    int fd = stream_connect_unix(path);

    assert_true(fd >= 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(stream_write(fd, text, strlen(text)), (long)strlen(text));
}

/* Everything until the end; the length. The daemon must have closed by then. */
static size_t hear(int fd, char *answer, size_t capacity)
{
    size_t length = 0;

    for (int i = 0; i < 50; i++) {
        long n;

        turn(0);
        n = stream_read(fd, answer + length, capacity - 1 - length);
        if (n == 0) {
            break;
        }
        length += n > 0 ? (size_t)n : 0;
        if (i == 49) {
            fail_msg("the connection stays open");
        }
    }
    answer[length] = '\0';
    stream_close(fd);
    return length;
}

static void test_answers_a_line(void **state)
{
    static const char *const lines[] = {"status\n", "status\r\n"};
    char answer[65536];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int fd = connect_client();

        say(fd, lines[i]);
        assert_true(hear(fd, answer, sizeof answer) > 100);
        assert_non_null(strstr(answer, "\"command\":\"status\""));
    }
}

static void test_a_line_may_come_in_pieces(void **state)
{
    char answer[65536];
    int fd = connect_client();

    (void)state;
    say(fd, "sou");
    turn(0);
    turn(0);
    say(fd, "rces\nwhatever follows");
    assert_true(hear(fd, answer, sizeof answer) > 10);
    assert_non_null(strstr(answer, "\"command\":\"sources\""));
}

static void test_a_long_request_is_dropped(void **state)
{
    char answer[1024], junk[ENDPOINT_REQUEST_MAX + 1];
    int fd = connect_client();

    (void)state;
    memset(junk, 'a', sizeof junk - 1);
    junk[sizeof junk - 1] = '\0';
    say(fd, junk);
    assert_int_equal(hear(fd, answer, sizeof answer), 0);
}

static void test_a_silent_client_is_dropped(void **state)
{
    char byte;
    int fd = connect_client();

    (void)state;
    say(fd, "stat");
    turn(0);
    turn(0);
    assert_int_equal(stream_read(fd, &byte, 1), -EAGAIN);
    assert_true(endpoint_deadline(endpoint).ns < INT64_MAX);
    turn(ENDPOINT_TIMEOUT_S + 0.1);
    assert_int_equal(stream_read(fd, &byte, 1), 0);
    assert_true(endpoint_deadline(endpoint).ns == INT64_MAX);
    stream_close(fd);
}

static void test_too_many_clients(void **state)
{
    int fds[ENDPOINT_CLIENTS_MAX], one_more;
    char byte, answer[65536];

    (void)state;
    for (unsigned i = 0; i < ENDPOINT_CLIENTS_MAX; i++) {
        fds[i] = connect_client();
        turn(0);
    }
    one_more = connect_client();
    turn(0);
    turn(0);
    assert_int_equal(stream_read(one_more, &byte, 1), 0);
    stream_close(one_more);
    say(fds[3], "status\n"); /* those inside are served as before */
    assert_true(hear(fds[3], answer, sizeof answer) > 100);
    for (unsigned i = 0; i < ENDPOINT_CLIENTS_MAX; i++) {
        if (i != 3) {
            stream_close(fds[i]);
        }
    }
    turn(0);
    one_more = connect_client();
    say(one_more, "status\n");
    assert_true(hear(one_more, answer, sizeof answer) > 100);
}

/* An order waits until it is carried out; meanwhile nobody spins, and others are answered. */
static void test_an_order_is_taken_and_answered(void **state)
{
    const struct command_outcome outcome = {.note = "done"};
    struct command_order order;
    struct endpoint_ticket ticket;
    char byte, text[65536];
    int fd = connect_client(), other;

    (void)state;
    assert_false(endpoint_take_order(endpoint, &order, &ticket));
    say(fd, "add server ntp1.example\n");
    turn(0);
    turn(0);
    turn(0);
    assert_int_equal(wait_until(&wait_set, mono_after(clock_now().mono, 0.01)), 0);
    other = connect_client();
    say(other, "status\n");
    assert_true(hear(other, text, sizeof text) > 100);
    assert_true(endpoint_take_order(endpoint, &order, &ticket));
    assert_string_equal(order.change.text, "server ntp1.example");
    assert_false(endpoint_take_order(endpoint, &order, &ticket)); /* it is taken */
    turn(ENDPOINT_TIMEOUT_S + 0.1);
    assert_int_equal(stream_read(fd, &byte, 1), -EAGAIN);
    endpoint_answer(endpoint, &wait_set, &ticket, &outcome);
    assert_true(hear(fd, text, sizeof text) > 10);
    assert_non_null(strstr(text, "\"command\":\"add\",\"ok\":true"));
    endpoint_answer(endpoint, &wait_set, &ticket, &outcome); /* once more: nobody is there */
}

static void test_who_gave_an_order_may_leave(void **state)
{
    const struct command_outcome outcome = {.note = "done"};
    struct command_order order;
    struct endpoint_ticket ticket;
    char text[65536];
    int fd = connect_client(), other;

    (void)state;
    say(fd, "reload\n");
    turn(0);
    turn(0);
    assert_true(endpoint_take_order(endpoint, &order, &ticket));
    stream_close(fd);
    turn(0);
    other = connect_client(); /* gets the same place */
    say(other, "burst\n");
    turn(0);
    turn(0);
    endpoint_answer(endpoint, &wait_set, &ticket, &outcome);
    assert_true(endpoint_take_order(endpoint, &order, &ticket));
    assert_int_equal(order.kind, ORDER_BURST);
    endpoint_answer(endpoint, &wait_set, &ticket, &outcome);
    assert_true(hear(other, text, sizeof text) > 10);
    assert_non_null(strstr(text, "\"command\":\"burst\""));
}

/* Somebody else's daemon: who asks is neither root nor its owner. */
static void test_only_the_owner_changes_things(void **state)
{
    struct command_order order;
    struct endpoint_ticket ticket;
    char text[65536];
    int fd = connect_client();

    (void)state;
    turn(0);
    for (unsigned i = 0; i < ENDPOINT_CLIENTS_MAX; i++) {
        endpoint->clients[i].may_change = false;
    }
    say(fd, "reload\n");
    assert_true(hear(fd, text, sizeof text) > 10);
    assert_non_null(strstr(text, "\"error\":\"not-permitted\""));
    assert_false(endpoint_take_order(endpoint, &order, &ticket));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers_a_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_line_may_come_in_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_long_request_is_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_silent_client_is_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_many_clients, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_order_is_taken_and_answered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_gave_an_order_may_leave, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_only_the_owner_changes_things, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
