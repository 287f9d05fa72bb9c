/* SPDX-License-Identifier: BSD-2-Clause */
/* What the directives about requests and names do: a configuration as an admin writes it, the
 * engine that has it, and what that engine sends and looks up. The effects on the clock are in
 * tests/sim/test_directives.c. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "config/config.h"
#include "core/engine.h"

#define SEEN_MAX 64

static struct engine engine;
static struct config *config;
static struct instant now;
static struct effect_send sends[SEEN_MAX];
static struct effect_look_up look_ups[SEEN_MAX];
static unsigned send_count, look_up_count;
static unsigned name_addresses; /* that every name has */

/* Names have addresses in networks of their own. */
static void answer_look_up(const struct effect_look_up *asked)
{
    struct address found[16] = {{0}};
    unsigned count = 0;

    for (unsigned i = 0; i < name_addresses; i++) {
        uint8_t net = (uint8_t)(20 + i + (asked->name[0] == 'a' ? 0 : 20));

        found[count].family = asked->family == ADDRESS_V6 ? ADDRESS_V6 : ADDRESS_V4;
        memcpy(found[count].bytes, (uint8_t[]){net, net, net, 1}, 4);
        found[count++].port = NTP_PORT;
    }
    engine_resolved(&engine, now, asked->source, found, count);
}

static void take_effects(void)
{
    struct effect e;

    while (engine_take_effect(&engine, &e)) {
        if (e.type == EFFECT_SEND && send_count < SEEN_MAX) {
            sends[send_count++] = e.send;
        }
        if (e.type == EFFECT_LOOK_UP && look_up_count < SEEN_MAX) {
            look_ups[look_up_count++] = e.look_up;
            answer_look_up(&e.look_up);
        }
    }
}

static void pass(double seconds)
{
    int64_t end = now.mono.ns + ns_from_s(seconds);

    for (unsigned i = 0; i < 100000 && engine_deadline(&engine).ns <= end; i++) {
        int64_t step = engine_deadline(&engine).ns - now.mono.ns;

        step = step > 0 ? step : 1000;
        now.mono.ns += step;
        now.wall.ns += step;
        engine_tick(&engine, now);
        take_effects();
    }
    now.wall.ns += end > now.mono.ns ? end - now.mono.ns : 0;
    now.mono.ns = end > now.mono.ns ? end : now.mono.ns;
}

static void start(enum config_dialect dialect, const char *text)
{
    struct engine_start begin = {.precision_s = 1e-7};
    char message[2048];

    config = config ? config : config_new();
    assert_non_null(config);
    if (!config_load_text(config, "test.conf", text, strlen(text), dialect)) {
        config_message_format(&config->messages[0], message, sizeof message);
        fail_msg("%s", message);
    }
    now = (struct instant){{INT64_C(1795000000) * NS_PER_S}, {INT64_C(77) * NS_PER_S}};
    begin.now = now;
    config->settings.build_time_s = 1793491200;
    config->settings.keys = &config->keys;
    send_count = look_up_count = 0;
    engine_init(&engine, &config->settings, &begin);
    take_effects();
    pass(30);
}

static void chrony(const char *text)
{
    start(DIALECT_CHRONY, text);
}

static void ntp(const char *text)
{
    start(DIALECT_NTP, text);
}

static unsigned sources(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        count += engine.sources[i].status != SOURCE_UNUSED &&
                 engine.sources[i].address.family != ADDRESS_NONE;
    }
    return count;
}

static void server_and_peer_are_asked(void **state)
{
    (void)state;
    chrony("server 192.0.2.1 iburst\n");
    assert_true(send_count >= 2);
    assert_int_equal(sends[0].to.port, 123);
    assert_int_equal(sends[0].to.bytes[3], 1);
    assert_int_equal(sends[0].data[0] & 7, 3);
    assert_int_equal(sends[0].length, 48);
    chrony("peer 192.0.2.2\n");
    assert_true(send_count >= 1);
    assert_int_equal(sends[0].to.bytes[3], 2);
    ntp("peer 192.0.2.3 iburst\n");
    assert_int_equal(sends[0].to.bytes[3], 3);
}

static void port_and_version_are_in_the_requests(void **state)
{
    (void)state;
    chrony("server 192.0.2.1 iburst port 1123 version 3\n");
    assert_int_equal(sends[0].to.port, 1123);
    assert_int_equal(sends[0].data[0] >> 3 & 7, 3);
    ntp("server 192.0.2.1 iburst version 2\n");
    assert_int_equal(sends[0].data[0] >> 3 & 7, 2);
    ntp("server 192.0.2.1 iburst\n");
    assert_int_equal(sends[0].data[0] >> 3 & 7, 4);
}

static void families_of_names(void **state)
{
    static const struct {
        enum config_dialect dialect;
        const char *text;
        uint8_t family;
    } cases[] = {
        {DIALECT_CHRONY, "server a.example\n", ADDRESS_NONE},
        {DIALECT_CHRONY, "server a.example ipv4\n", ADDRESS_V4},
        {DIALECT_CHRONY, "pool a.example ipv6\n", ADDRESS_V6},
        {DIALECT_NTP, "server a.example\n", ADDRESS_NONE},
        {DIALECT_NTP, "server -4 a.example\n", ADDRESS_V4},
        {DIALECT_NTP, "pool -6 a.example\n", ADDRESS_V6},
        {DIALECT_OPENNTPD, "servers a.example\n", ADDRESS_NONE},
    };

    (void)state;
    name_addresses = 1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start(cases[i].dialect, cases[i].text);
        assert_true(look_up_count > 0);
        assert_string_equal(look_ups[0].name, "a.example");
        assert_int_equal(look_ups[0].family, cases[i].family);
    }
}

static void pools_have_as_many_sources_as_asked_for(void **state)
{
    (void)state;
    name_addresses = 12;
    chrony("pool a.example iburst\n");
    assert_int_equal(sources(), 4);
    chrony("pool a.example iburst maxsources 7\n");
    assert_int_equal(sources(), 7);
    chrony("server a.example iburst\n");
    assert_int_equal(sources(), 1);
    ntp("pool a.example iburst\n"); /* tos maxclock is 10, the line itself counts */
    assert_int_equal(sources(), 9);
    ntp("tos maxclock 5\npool a.example iburst\n");
    assert_int_equal(sources(), 4);
    ntp("tos maxclock 8\npool a.example iburst\npool b.example iburst\n");
    assert_int_equal(sources(), 6);
    start(DIALECT_OPENNTPD, "servers a.example\n");
    assert_int_equal(sources(), 8);
    start(DIALECT_OPENNTPD, "server a.example\n");
    assert_int_equal(sources(), 1);
}

static void offline_is_not_asked(void **state)
{
    (void)state;
    chrony("server 192.0.2.1 iburst offline\n");
    pass(1000);
    assert_int_equal(send_count, 0);
}

static void query_from_is_the_address_of_requests(void **state)
{
    (void)state;
    start(DIALECT_OPENNTPD, "query from 198.51.100.7\nserver 192.0.2.1\n");
    assert_int_equal(sends[0].from.bytes[3], 7);
    start(DIALECT_OPENNTPD, "server 192.0.2.1\nquery from 198.51.100.7\n");
    assert_int_equal(sends[0].from.family, ADDRESS_NONE);
}

/* ---- reference clocks ---- */

/* A receiver gives a sample each second. */
static void feed(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        engine_refclock(&engine, now, 0, &(struct reading){.at = now.wall, .dispersion_s = 1e-6});
        take_effects();
        pass(1);
    }
}

static void refclock_options_are_what_the_clock_says_of_itself(void **state)
{
    static const struct {
        enum config_dialect dialect;
        const char *text;
    } cases[] = {
        {DIALECT_CHRONY, "refclock SHM 3 refid PPS0 stratum 4 offset 0.002 delay 0.01 poll 3\n"},
        {DIALECT_NTP,
         "server 127.127.28.3 minpoll 3\n"
         "fudge 127.127.28.3 refid PPS0 stratum 4 time1 0.002\n"},
        {DIALECT_NTP, "refclock shm unit 3 refid PPS0 stratum 4 time1 0.002 minpoll 3\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct source *clock = &engine.sources[0];

        start(cases[i].dialect, cases[i].text);
        feed(100);
        assert_int_equal(clock->config.refclock_unit, 3);
        assert_int_equal(clock->reach, 0xff);
        assert_int_equal(clock->poll, 3);
        assert_true(clock->last.offset_s > 0.0019 && clock->last.offset_s < 0.0021);
        assert_int_equal(engine.reference.stratum, 5);
        assert_int_equal(engine.reference.refid, REFID('P', 'P', 'S', '0'));
        if (cases[i].dialect == DIALECT_CHRONY) {
            assert_true(clock->root_delay_s > 0.009);
        }
        assert_int_equal(send_count, 0);
    }
}

static void refclocks_are_selected_like_others(void **state)
{
    (void)state;
    chrony("refclock SHM 0 noselect\n");
    feed(100);
    assert_int_equal(engine.sources[0].status, SOURCE_NOSELECT);
    assert_false(engine.synchronised);
    ntp("server 127.127.28.0 noselect\n");
    feed(100);
    assert_int_equal(engine.sources[0].status, SOURCE_NOSELECT);
    /* the server that must be there is silent */
    chrony("refclock SHM 0\nserver 192.0.2.1 iburst require\n");
    feed(100);
    assert_false(engine.synchronised);
    chrony("refclock SHM 0 prefer trust require\nserver 192.0.2.1 iburst\n");
    feed(100);
    assert_true(engine.synchronised);
    assert_int_equal(engine.sources[0].status, SOURCE_SELECTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_and_peer_are_asked),
        cmocka_unit_test(port_and_version_are_in_the_requests),
        cmocka_unit_test(families_of_names),
        cmocka_unit_test(pools_have_as_many_sources_as_asked_for),
        cmocka_unit_test(offline_is_not_asked),
        cmocka_unit_test(query_from_is_the_address_of_requests),
        cmocka_unit_test(refclock_options_are_what_the_clock_says_of_itself),
        cmocka_unit_test(refclocks_are_selected_like_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
