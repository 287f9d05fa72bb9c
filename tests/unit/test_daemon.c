/* SPDX-License-Identifier: BSD-2-Clause */
/* The small parts of the daemon: options, channels between roles, drift file, words of the log. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "daemon/log.h"
#include "daemon/lookup.h"
#include "daemon/options.h"
#include "daemon/parent.h"
#include "daemon/state_files.h"
#include "os/file.h"
#include "os/process.h"

static void test_virtual_clock_option(void **state)
{
    static const char *const wrong[] = {"offset",   "offset=",        "offset=x",  "rate=0.5",
                                        "rate=nan", "origin=1",       "origin=1:", "origin=1:2x",
                                        "speed=1",  "offset=1;rate=0"};
    struct clock_options o;

    (void)state;
    assert_true(options_parse_virtual_clock("offset=0.7,rate=40e-6", &o));
    assert_int_equal(o.kind, CLOCK_VIRTUAL);
    assert_true(o.virtual_offset_s == 0.7 && o.virtual_rate == 40e-6);
    assert_true(o.origin_wall_ns == 0 && o.origin_raw_ns == 0);
    assert_true(options_parse_virtual_clock("offset=-1,origin=1800000000000000001:-5", &o));
    assert_true(o.origin_wall_ns == 1800000000000000001 && o.origin_raw_ns == -5);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (options_parse_virtual_clock(wrong[i], &o)) {
            fail_msg("'%s' was taken", wrong[i]);
        }
    }
}

static void test_lookup_answers_are_checked(void **state)
{
    int pair[2];
    struct lookup_answer answer, got;

    (void)state;
    assert_int_equal(process_channel(pair), 0);
    memset(&answer, 0, sizeof answer);
    strcpy(answer.name, "ntp.example");
    answer.source = SOURCES_MAX - 1;
    answer.count = 1;
    answer.addresses[0].family = ADDRESS_V4;

    assert_false(lookup_receive(pair[0], &got)); /* nothing there */
    process_send(pair[1], &answer, sizeof answer);
    assert_true(lookup_receive(pair[0], &got));
    assert_memory_equal(&answer, &got, sizeof got);

    process_send(pair[1], &answer, sizeof answer - 1);
    assert_false(lookup_receive(pair[0], &got));
    answer.source = SOURCES_MAX;
    process_send(pair[1], &answer, sizeof answer);
    assert_false(lookup_receive(pair[0], &got));
    answer.source = 0;
    answer.count = NAMES_MAX + 1;
    process_send(pair[1], &answer, sizeof answer);
    assert_false(lookup_receive(pair[0], &got));
    answer.count = 1;
    answer.error = NAMES_BROKEN + 1;
    process_send(pair[1], &answer, sizeof answer);
    assert_false(lookup_receive(pair[0], &got));
    answer.error = NAMES_FOUND;
    answer.addresses[0].family = 9;
    process_send(pair[1], &answer, sizeof answer);
    assert_false(lookup_receive(pair[0], &got));
    answer.addresses[0].family = ADDRESS_V6;
    memset(answer.name, 'n', sizeof answer.name);
    process_send(pair[1], &answer, sizeof answer);
    assert_false(lookup_receive(pair[0], &got));
    close(pair[0]);
    close(pair[1]);
}

static void test_drift_file_is_kept_by_the_parent(void **state)
{
    struct config *config = config_new();
    char folder[] = "/tmp/test-daemon-XXXXXX";
    struct parent_news news;
    double drift, sd;
    int pair[2];

    (void)state;
    assert_non_null(config);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(process_channel(pair), 0);
    assert_false(state_files_read_drift(config, &drift, &sd)); /* none is configured */
    snprintf(config->driftfile, sizeof config->driftfile, "%s/drift", folder);
    for (int i = 0; i < 2; i++) {
        config->drift_format = i ? DRIFT_NTP : DRIFT_CHRONY;
        assert_false(state_files_read_drift(config, &drift, &sd));
        parent_store(pair[0], config, -39.98e-6, 0.5e-6);
        assert_false(state_files_read_drift(config, &drift, &sd)); /* only the parent writes */
        parent_serve(pair[1], config, &news);
        assert_true(state_files_read_drift(config, &drift, &sd));
        assert_true(fabs(drift + 39.98e-6) < 1e-10);
        assert_true(i ? sd == 1e-6 : fabs(sd - 0.5e-6) < 1e-10);
        assert_int_equal(unlink(config->driftfile), 0);
    }
    parent_store(pair[0], config, (double)NAN, 0);
    parent_serve(pair[1], config, &news);
    assert_false(state_files_read_drift(config, &drift, &sd));
    assert_int_equal(rmdir(folder), 0);
    close(pair[0]);
    close(pair[1]);
    config_free(config);
}

static void test_addresses_are_kept_as_text(void **state)
{
    static const char text[] =
        "# toki addresses 1\n"
        "pool.example 1793500000 192.0.2.1 192.0.2.2\n"
        "ntp1.example 1793500001 2001:db8::1\n";
    static const char *const wrong[] = {"", "pool.example 1 192.0.2.1\n",
                                        "# toki addresses 2\npool.example 1 192.0.2.1\n"};
    static const char *const skipped[] = {"x y\n",
                                          "pool.example\n",
                                          "pool.example 1\n",
                                          "pool.example x 192.0.2.1\n",
                                          "a/b 1 1.1.1.1",
                                          "pool.example 1 0.0.0.0\n",
                                          "pool.example 1 192.0.2.1 x\n",
                                          "pool.example 1 224.0.1.1\n"};
    static struct addresses a;
    char out[4096];

    (void)state;
    assert_true(addresses_parse(&a, text, strlen(text)));
    assert_int_equal(a.count, 2);
    assert_int_equal(a.records[0].count, 2);
    assert_int_equal(a.records[1].seen_s, 1793500001);
    assert_int_equal(addresses_format(&a, out, sizeof out), strlen(text));
    assert_string_equal(out, text);
    assert_int_equal(addresses_format(&a, out, strlen(text)), 0); /* no room */
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(addresses_parse(&a, wrong[i], strlen(wrong[i])));
    }
    for (size_t i = 0; i < sizeof skipped / sizeof skipped[0]; i++) {
        size_t length = (size_t)snprintf(out, sizeof out,
                                         "# toki addresses 1\n%sb.example 1 192.0.2.9", skipped[i]);

        assert_true(addresses_parse(&a, out, length));
        assert_int_equal(a.count, strchr(skipped[i], '\n') ? 1 : 0);
    }
    memset(out, 'a', sizeof out);
    memcpy(out, "# toki addresses 1\n", 19);
    assert_true(addresses_parse(&a, out, sizeof out));
    assert_int_equal(a.count, 0);
}

static void test_addresses_go_by_the_parent(void **state)
{
    struct config *config = config_new();
    char folder[] = "/tmp/test-daemon-XXXXXX", path[64];
    static struct addresses a, read;
    struct parent_news news;
    int pair[2];

    (void)state;
    assert_non_null(config);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(process_channel(pair), 0);
    snprintf(config->driftfile, sizeof config->driftfile, "%s/drift", folder);
    snprintf(path, sizeof path, "%s/toki.addresses", folder);
    a.count = SOURCE_SPECS_MAX;
    for (unsigned i = 0; i < SOURCE_SPECS_MAX; i++) {
        snprintf(a.records[i].name, sizeof a.records[i].name, "ntp%u.example", i);
        a.records[i].count = 1;
        assert_true(address_parse("192.0.2.1", &a.records[i].addresses[0]));
    }
    for (unsigned round = 0; round < 2; round++) {
        parent_store_addresses(pair[0], config, &a);
        parent_serve(pair[1], config, &news);
        state_files_read_addresses(config, &read);
        assert_int_equal(read.count, a.count);
        assert_string_equal(read.records[a.count - 1].name, a.records[a.count - 1].name);
        a.count = 3; /* and the others are gone */
    }
    snprintf(a.records[1].name, sizeof a.records[1].name, "x/../y"); /* nobody's name */
    parent_store_addresses(pair[0], config, &a);
    parent_serve(pair[1], config, &news);
    state_files_read_addresses(config, &read);
    assert_int_equal(read.count, 2);
    assert_int_equal(unlink(path), 0);
    state_files_read_addresses(config, &read);
    assert_int_equal(read.count, 0);
    assert_int_equal(rmdir(folder), 0);
    close(pair[0]);
    close(pair[1]);
    config_free(config);
}

/* A change passes the channel whole; what is no change does not. */
static void test_changes_go_by_the_parent(void **state)
{
    struct change change = {.kind = CHANGE_LINE, .text = "server ntp1.example iburst"};
    struct parent_news news;
    uint32_t serial = 99;
    int pair[2];

    (void)state;
    assert_int_equal(process_channel(pair), 0);
    assert_true(parent_ask(pair[0], 7, &change));
    parent_applied(pair[0], 3);
    parent_serve(pair[1], NULL, &news);
    assert_int_equal(news.serial, 7);
    assert_int_equal(news.change.kind, CHANGE_LINE);
    assert_string_equal(news.change.text, change.text);
    assert_false(news.applied); /* one order at a time: what comes after it waits */
    parent_serve(pair[1], NULL, &news);
    assert_int_equal(news.serial, 0);
    assert_true(news.applied && news.generation == 3);
    change.text[3] = '\n';
    assert_true(parent_ask(pair[0], 8, &change));
    parent_serve(pair[1], NULL, &news);
    assert_int_equal(news.serial, 0);
    assert_false(parent_receive(pair[0], &serial));
    parent_answer(pair[1], 7);
    assert_true(parent_receive(pair[0], &serial) && serial == 7);
    close(pair[0]);
    close(pair[1]);
}

static void test_each_event_has_words(void **state)
{
    static struct engine engine;
    char line[512];

    (void)state;
    strcpy(engine.sources[3].config.name, "ntp1.example");
    address_parse("192.0.2.1", &engine.sources[3].address);
    engine.sources[3].address.port = 123;
    for (unsigned i = 0; i < EVENT_TYPES; i++) {
        struct event event = {.type = (enum event_type)i, .source = 3, .value = 1};
        size_t length = log_format_event(&engine, &event, line, sizeof line);

        assert_int_equal(length, strlen(line));
        assert_non_null(strstr(line, event_name(event.type)));
        assert_non_null(strstr(line, " source=ntp1.example address=192.0.2.1:123"));
    }
    log_format_event(
        &engine,
        &(struct event){.type = EVENT_CLOCK_STEPPED, .source = EVENT_NO_SOURCE, .value = -0.7},
        line, sizeof line);
    assert_string_equal(line, "clock-stepped step_s=-0.700000000");
    log_format_event(&engine,
                     &(struct event){.type = EVENT_SOURCE_KISS,
                                     .source = EVENT_NO_SOURCE,
                                     .value = REFID('R', 'A', 27, 'E')},
                     line, sizeof line);
    assert_string_equal(line, "source-kiss code=RA.E");
    assert_true(log_format_event(&engine, &(struct event){.type = EVENT_SOURCE_ADDED, .source = 3},
                                 line, 20) == 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_virtual_clock_option),
        cmocka_unit_test(test_lookup_answers_are_checked),
        cmocka_unit_test(test_drift_file_is_kept_by_the_parent),
        cmocka_unit_test(test_addresses_are_kept_as_text),
        cmocka_unit_test(test_addresses_go_by_the_parent),
        cmocka_unit_test(test_changes_go_by_the_parent),
        cmocka_unit_test(test_each_event_has_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
