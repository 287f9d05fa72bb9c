/* SPDX-License-Identifier: BSD-2-Clause */
/* control/report, report_json and command: what an engine knows reaches the outside, with every
 * member that doc/control.md promises. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "check.h"
#include "control/command.h"
#include "control/report_json.h"

#define START_NS (INT64_C(1800000000) * NS_PER_S)

static struct engine engine;
static struct report report;
static char out[1 << 18];

static void start_engine(unsigned sources, bool named)
{
    struct engine_start start = {.now = {{START_NS}, {1000 * NS_PER_S}}, .precision_s = 1e-7};
    static struct settings settings;
    struct effect effect;

    settings_default(&settings);
    settings.spec_count = sources;
    for (unsigned i = 0; i < sources; i++) {
        struct source_spec *spec = &settings.specs[i];

        *spec = (struct source_spec){
            .kind = SOURCE_SERVER, .port = 123, .minpoll = 6, .maxpoll = 10, .version = 4};
        if (named) {
            strcpy(spec->name, "ntp.example\x1b[2J");
        } else {
            strcpy(spec->name, "192.0.2.1");
            spec->name[8] = (char)('1' + (int)i % 9);
            address_parse(spec->name, &spec->address);
            spec->address.port = 123;
        }
    }
    engine_init(&engine, &settings, &start);
    while (engine_take_effect(&engine, &effect)) {
    }
}

static struct clients *table; /* who asked */

static struct report_input input(void)
{
    return (struct report_input){.engine = &engine,
                                 .now = {{START_NS}, {1000 * NS_PER_S}},
                                 .pid = 12,
                                 .true_error_s = (double)NAN,
                                 .config_file = "/etc/ntp.conf",
                                 .language = "ntp.conf",
                                 .driver = "none",
                                 .clients = table};
}

static json_t *run(const char *line)
{
    struct report_input in = input();
    json_error_t error;
    struct command_order order;
    size_t length = 0;
    enum command_result result =
        command_run(line, true, &in, &report, &order, out, sizeof out, &length);
    json_t *answer = json_loads(out, 0, &error);

    assert_int_equal(result, COMMAND_ANSWERED);
    assert_int_equal(length, strlen(out));
    if (!answer) {
        fail_msg("%s: %s", error.text, out);
    }
    return answer;
}

static void assert_members(const json_t *object, const char *members)
{
    char copy[512], *rest = copy, *word;

    assert_non_null(object);
    strncpy(copy, members, sizeof copy - 1);
    copy[sizeof copy - 1] = '\0';
    while ((word = strsep(&rest, " ")) != NULL) {
        if (!json_object_get(object, word)) {
            fail_msg("member '%s' is missing in %s", word, out);
        }
    }
}

static void test_status_has_all_members(void **state)
{
    json_t *a;

    (void)state;
    start_engine(3, false);
    a = run("status");
    assert_members(a, "version command daemon pid uptime_s now config clock sources server");
    assert_members(json_object_get(a, "config"), "file language");
    assert_members(json_object_get(a, "clock"),
                   "synchronised code sentence cause remedy driver state selected stratum refid "
                   "reference_time "
                   "leap offset_s offset_sd_s error_bound_s frequency_ppm frequency_sd_ppm "
                   "root_delay_s root_dispersion_s precision_s updates steps true_error_s");
    assert_members(json_object_get(a, "server"), "open port workers received answered counters");
    assert_int_equal(json_array_size(json_object_get(a, "sources")), 3);
    assert_members(json_array_get(json_object_get(a, "sources"), 0),
                   "name address port kind status code tally sentence cause remedy stratum refid "
                   "leap poll reach sent "
                   "received missed last_sample_age_s offset_s offset_sd_s delay_s jitter_s "
                   "frequency_ppm root_delay_s root_dispersion_s root_distance_s samples kiss "
                   "timestamps verdicts error key");
    json_decref(a);
}

static const char *clock_code(void)
{
    static char code[64];
    json_t *a = run("status");

    strncpy(code, json_string_value(json_object_get(json_object_get(a, "clock"), "code")),
            sizeof code - 1);
    json_decref(a);
    return code;
}

static void test_clock_codes_follow_the_sources(void **state)
{
    (void)state;
    start_engine(0, false);
    assert_string_equal(clock_code(), "no-sources");
    start_engine(2, true);
    assert_string_equal(clock_code(), "unresolved");
    start_engine(2, false);
    assert_string_equal(clock_code(), "starting");
    for (unsigned i = 0; i < 2; i++) {
        engine.sources[i].status = SOURCE_UNREACHABLE;
    }
    assert_string_equal(clock_code(), "no-replies");
    for (unsigned i = 0; i < 2; i++) {
        engine.sources[i].send_error = ENETUNREACH;
    }
    assert_string_equal(clock_code(), "no-route");
    for (unsigned i = 0; i < 2; i++) {
        engine.sources[i].send_error = ECONNREFUSED;
    }
    assert_string_equal(clock_code(), "udp-rejected"); /* two at once: not the servers */
    engine.sources[1].send_error = 0;
    assert_string_equal(clock_code(), "no-replies");
    engine.sources[0].status = SOURCE_NO_MAJORITY;
    assert_string_equal(clock_code(), "no-majority");
    engine.sources[1].status = SOURCE_NO_MAJORITY;
    assert_string_equal(clock_code(), "two-disagree");
    engine.sources[1].status = SOURCE_UNREACHABLE;
    engine.sources[0].status = SOURCE_TOO_DISTANT;
    assert_string_equal(clock_code(), "none-usable");
    engine.sources[1].status = SOURCE_TOO_DISTANT;
    assert_string_equal(clock_code(), "too-distant");
    engine.discipline.state = DISCIPLINE_PANIC;
    assert_string_equal(clock_code(), "panic");
}

static void test_names_from_outside_are_escaped(void **state)
{
    json_t *a;

    (void)state;
    start_engine(1, true);
    a = run("sources");
    assert_null(strchr(out, '\x1b'));
    assert_string_equal(json_string_value(json_object_get(
                            json_array_get(json_object_get(a, "sources"), 0), "name")),
                        "ntp.example\x1b[2J");
    json_decref(a);
}

static void test_a_full_table_fits(void **state)
{
    json_t *a;

    (void)state;
    start_engine(SOURCE_SPECS_MAX, false);
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        memset(engine.sources[i].config.name, 0x01, SOURCE_NAME_MAX - 1); /* six bytes each */
        for (unsigned v = 0; v < REPLY_VERDICTS; v++) {
            engine.sources[i].verdicts[v] = UINT32_MAX;
        }
    }
    a = run("status");
    assert_int_equal(json_array_size(json_object_get(a, "sources")), SOURCES_MAX);
    json_decref(a);
}

static void test_clients_verb(void **state)
{
    static union {
        struct clients table;
        uint8_t memory[16384];
    } u;
    static const uint8_t seed[16] = {4};
    struct mono_time now = {1000 * NS_PER_S};
    json_t *a, *first;

    (void)state;
    start_engine(1, false);
    a = run("clients"); /* nothing is known of any */
    assert_false(json_is_true(json_object_get(a, "enabled")));
    assert_int_equal(json_array_size(json_object_get(a, "clients")), 0);
    json_decref(a);
    clients_init(&u.table, 16, seed);
    clients_resize(&u.table, 16 * sizeof(struct clients_bucket));
    table = &u.table;
    for (uint8_t i = 0; i < 10; i++) {
        struct address from = {.family = ADDRESS_V4, .bytes = {192, 0, 2, i}, .port = 4000};

        for (unsigned n = 0; n <= i; n++) {
            now.ns = (900 + 10 * (int64_t)n) * NS_PER_S - i;
            clients_note(table, &from, now, 0x23, ACCESS_LIMITED | ACCESS_KOD,
                         n == 2 ? CLIENTS_KISSED : CLIENTS_ANSWERED);
        }
    }
    a = run("clients recent 4");
    table = NULL;
    assert_true(json_is_true(json_object_get(a, "enabled")));
    assert_int_equal(json_integer_value(json_object_get(a, "known")), 10);
    assert_int_equal(json_integer_value(json_object_get(a, "asked_once")), 1);
    assert_int_equal(json_array_size(json_object_get(a, "clients")), 4);
    first = json_array_get(json_object_get(a, "clients"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "address")), "192.0.2.9");
    assert_int_equal(json_integer_value(json_object_get(first, "requests")), 10);
    assert_int_equal(json_integer_value(json_object_get(first, "limited")), 1);
    assert_int_equal(json_integer_value(json_object_get(first, "kisses")), 1);
    assert_true(fabs(json_number_value(json_object_get(first, "interval_s")) - 10) < 1e-5);
    assert_true(fabs(json_number_value(json_object_get(first, "last_age_s")) - 10) < 1e-5);
    assert_int_equal(json_array_size(json_object_get(first, "flags")), 2);
    first = json_array_get(json_object_get(a, "interval_histogram"), 3); /* 8 to 64 s */
    assert_int_equal(json_integer_value(json_object_get(first, "clients")), 9);
    json_decref(a);
}

static void test_unknown_and_too_long(void **state)
{
    struct report_input in = input();
    struct command_order order;
    char small[512];
    size_t length;
    json_t *a;

    (void)state;
    start_engine(1, false);
    a = run("reboot");
    assert_string_equal(json_string_value(json_object_get(a, "error")), "unknown-command");
    json_decref(a);
    assert_int_equal(
        command_run("status", true, &in, &report, &order, small, sizeof small, &length),
        COMMAND_ANSWERED);
    assert_true(length > 0 && length == strlen(small));
    assert_non_null(strstr(small, "\"too-long\""));
}

static bool orders(const char *line, bool may_change, struct command_order *order)
{
    struct report_input in = input();
    size_t length;

    return command_run(line, may_change, &in, &report, order, out, sizeof out, &length) ==
           COMMAND_ORDERED;
}

static void test_orders(void **state)
{
    static const struct {
        const char *line, *text;
        enum change_kind kind;
    } changes[] = {{"reload", "", CHANGE_RELOAD},
                   {"add server ntp1.example  iburst", "server ntp1.example  iburst", CHANGE_LINE},
                   {"delete ntp1.example", "ntp1.example", CHANGE_DELETE},
                   {"allow 192.0.2.0/24", "allow 192.0.2.0/24", CHANGE_LINE},
                   {"deny", "deny", CHANGE_LINE},
                   {"restrict default kod", "restrict default kod", CHANGE_LINE},
                   {"offline", "", CHANGE_OFFLINE},
                   {"online  ntp1.example", "ntp1.example", CHANGE_ONLINE}};
    static const char *const senseless[] = {"reload now", "add",           "delete",
                                            "delete a b", "offline a b",   "burst a b",
                                            "makestep 1", "status please", "allow a\rb",
                                            "clients 0",  "clients all",   "clients recent 4 5"};
    struct command_order order;
    json_t *a;

    (void)state;
    start_engine(1, false);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        assert_true(orders(changes[i].line, true, &order));
        assert_int_equal(order.kind, ORDER_CHANGE);
        assert_int_equal(order.change.kind, changes[i].kind);
        assert_string_equal(order.change.text, changes[i].text);
        assert_false(orders(changes[i].line, false, &order)); /* a reader */
        assert_non_null(strstr(out, "\"error\":\"not-permitted\""));
    }
    assert_true(orders("burst ntp1.example", true, &order) && order.kind == ORDER_BURST);
    assert_string_equal(order.source, "ntp1.example");
    assert_true(orders("makestep", true, &order) && order.kind == ORDER_MAKE_STEP);
    for (size_t i = 0; i < sizeof senseless / sizeof senseless[0]; i++) {
        a = run(senseless[i]);
        assert_string_equal(json_string_value(json_object_get(a, "error")), "usage");
        json_decref(a);
    }
}

static json_t *answer(const struct command_outcome *outcome)
{
    size_t length = command_answer("reload", outcome, out, sizeof out);
    json_t *a = json_loads(out, 0, NULL);

    assert_true(length > 0 && length == strlen(out));
    assert_non_null(a);
    return a;
}

static void test_answers_to_orders(void **state)
{
    json_t *a = answer(&(struct command_outcome){.changes = "+ server \"a\"\n- server b\n",
                                                 .change_count = 3,
                                                 .note = "so long",
                                                 .messages = "one\n\0two\n",
                                                 .message_count = 2});

    (void)state;
    assert_true(json_is_true(json_object_get(a, "ok")));
    assert_null(json_object_get(a, "error"));
    assert_int_equal(json_integer_value(json_object_get(a, "change_count")), 3);
    assert_int_equal(json_array_size(json_object_get(a, "changes")), 2);
    assert_string_equal(json_string_value(json_array_get(json_object_get(a, "changes"), 0)),
                        "+ server \"a\"");
    assert_string_equal(json_string_value(json_array_get(json_object_get(a, "messages"), 1)),
                        "two\n");
    json_decref(a);
    a = answer(&(struct command_outcome){.error = "refused", .problem = "no", .changes = "x\n"});
    assert_true(json_is_false(json_object_get(a, "ok")));
    assert_string_equal(json_string_value(json_object_get(a, "message")), "no");
    assert_null(json_object_get(a, "changes"));
    json_decref(a);
}

static void test_reference_ids(void **state)
{
    char text[REPORT_REFID_MAX];

    (void)state;
    assert_string_equal(report_refid(REFID('G', 'P', 'S', 0), 1, text), "GPS");
    assert_string_equal(report_refid(0x7f7f0101, 1, text), "127.127.1.1");
    assert_string_equal(report_refid(0xc0000201, 2, text), "192.0.2.1");
    assert_string_equal(report_refid(REFID('G', 27, '[', 'm'), 1, text), "71.27.91.109");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_has_all_members),
        cmocka_unit_test(test_clock_codes_follow_the_sources),
        cmocka_unit_test(test_names_from_outside_are_escaped),
        cmocka_unit_test(test_a_full_table_fits),
        cmocka_unit_test(test_clients_verb),
        cmocka_unit_test(test_unknown_and_too_long),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_answers_to_orders),
        cmocka_unit_test(test_reference_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
