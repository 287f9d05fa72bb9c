/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of measurement files whose makings are rare in a network of tests: reference clocks,
 * answers that were no measurement, hourly counters, events. The others are held against the
 * originals by tests/system/test_statistics.py. */
#include "daemon/columns_chrony.h"
#include "daemon/columns_ntp.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

#define NOON                                                                                       \
    {                                                                                              \
        INT64_C(1795348800) * NS_PER_S + 250000000                                                 \
    } /* 2026-11-22 12:00:00.25 UTC */

static struct engine *engine;
static char text[400];

static int set_up(void **state)
{
    (void)state;
    engine = calloc(1, sizeof *engine);
    if (engine) {
        timeline_init(&engine->timeline, (struct instant){.wall = NOON}, 0);
        engine->selection.chosen = SELECTION_NONE;
    }
    return engine ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    free(engine);
    return 0;
}

/* Source 0 is a reference clock, 1 a server that did not know the time. */
static void make_sources(void)
{
    struct source *clock = &engine->sources[0], *server = &engine->sources[1];

    memset(engine->sources, 0, sizeof engine->sources);
    clock->status = SOURCE_SELECTED;
    clock->config.kind = SOURCE_REFCLOCK;
    clock->config.refclock_refid = REFID('G', 'P', 'S', 0);
    clock->config.refclock_unit = 2;
    clock->config.offset_correction_s = 0.001;
    clock->filter.total = 5;
    server->status = SOURCE_SERVER_UNSYNCHRONISED;
    server->poll = 6;
    server->reach = 1;
    assert_true(address_parse("192.0.2.9", &server->address));
    server->exchange.packet = (struct packet){.version = 4,
                                              .mode = MODE_SERVER,
                                              .leap = LEAP_UNSYNCHRONISED,
                                              .poll = 6,
                                              .precision = -20,
                                              .origin = 1,
                                              .receive = 1,
                                              .transmit = 1,
                                              .refid = REFID('I', 'N', 'I', 'T')};
}

static void test_reference_clock(void **state)
{
    const struct effect_measured m = {.source = 0,
                                      .verdict = REPLY_ACCEPTED,
                                      .at = {.wall = NOON},
                                      .offset_s = 0.5,
                                      .dispersion_s = 1e-6};

    (void)state;
    make_sources();
    assert_true(columns_chrony_refclocks(engine, &m, text, sizeof text) > 0);
    assert_string_equal(text,
                        "2026-11-22 12:00:00.250000 GPS     5 N 0  4.990000e-01  5.000000e-01"
                        "  1.000e-06");
    assert_true(columns_ntp_clockstats(engine, &m, text, sizeof text) > 0);
    assert_string_equal(text, "61366 43200.250 SHM(2) 4004337600.750000000");
    /* and nothing of packets */
    assert_int_equal(columns_chrony_measurements(engine, &m, true, text, sizeof text), 0);
    assert_int_equal(columns_ntp_rawstats(engine, &m, text, sizeof text), 0);
}

static void test_no_measurement(void **state)
{
    const struct effect_measured m = {
        .source = 1, .verdict = REPLY_UNSYNCHRONISED, .at = {.wall = NOON}};

    (void)state;
    make_sources();
    assert_int_equal(columns_chrony_measurements(engine, &m, false, text, sizeof text), 0);
    assert_true(columns_chrony_measurements(engine, &m, true, text, sizeof text) > 0);
    assert_string_equal(text,
                        "2026-11-22 12:00:00 192.0.2.9       ?  0 111 101 0000   6  6 0.00  "
                        "0.000e+00  0.000e+00  0.000e+00  0.000e+00  0.000e+00 494E4954 4B D D");
    assert_int_equal(columns_chrony_statistics(engine, &m, text, sizeof text), 0);
    assert_int_equal(columns_ntp_peerstats(engine, &m, text, sizeof text), 0);
    assert_true(columns_ntp_rawstats(engine, &m, text, sizeof text) > 0);
    assert_non_null(strstr(text, " 3 4 4 0 6 -20 0.000000 0.000000 .INIT. 0 0 20"));
}

static void test_counters(void **state)
{
    const struct columns_ntp_served served = {.seconds = 3600,
                                              .received = 10,
                                              .processed = 9,
                                              .current_version = 8,
                                              .old_version = 7,
                                              .denied = 6,
                                              .bad_length = 5,
                                              .bad_authentication = 4,
                                              .declined = 3,
                                              .limited = 2,
                                              .kisses = 1};

    (void)state;
    assert_true(columns_ntp_sysstats(&served, (struct wall_time)NOON, text, sizeof text) > 0);
    assert_string_equal(text, "61366 43200.250 3600 10 9 8 7 6 5 4 3 2 1");
}

static const char *event_line(enum event_type type, uint16_t source, double value)
{
    const struct event event = {.type = type, .source = source, .value = value};

    return columns_ntp_protostats(engine, &event, (struct wall_time)NOON, text, sizeof text) ? text
                                                                                             : NULL;
}

static void test_events(void **state)
{
    (void)state;
    make_sources();
    engine->reference.leap = LEAP_UNSYNCHRONISED;
    assert_string_equal(event_line(EVENT_SOURCE_REACHABLE, 1, 0),
                        "61366 43200.250 192.0.2.9 9014 84 reachable");
    assert_string_equal(event_line(EVENT_SOURCE_KISS, 1, REFID('R', 'A', 'T', 'E')),
                        "61366 43200.250 192.0.2.9 9017 87 rate_exceeded");
    assert_string_equal(event_line(EVENT_SOURCE_KISS, 1, REFID('D', 'E', 'N', 'Y')),
                        "61366 43200.250 192.0.2.9 9018 88 access_denied");
    assert_string_equal(event_line(EVENT_UNSYNCHRONISED, EVENT_NO_SOURCE, 0),
                        "61366 43200.250 0.0.0.0 c018 08 no_sys_peer");
    assert_string_equal(event_line(EVENT_CLOCK_STEPPED, EVENT_NO_SOURCE, -1.5),
                        "61366 43200.250 0.0.0.0 c01c 0c clock_step -1.500000 s");
    assert_null(event_line(EVENT_CLOCK_CORRECTION, EVENT_NO_SOURCE, 1)); /* ntpd has none such */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_clock),
        cmocka_unit_test(test_no_measurement),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_events),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
