/* SPDX-License-Identifier: BSD-2-Clause */
/* args: values reach their members, and what cannot be understood is told with its cure. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args/args_common.h"
#include "args/args_value.h"
#include "check.h"
#include "config/config.h"

struct wanted {
    const char *host, *path, *layer;
    struct args_words more;
    double bound_s, timeout_s, length_s, part, rate;
    unsigned count;
    int poll;
    enum config_dialect dialect;
    uint8_t family;
    bool json, verbose;
};

#define AT(member) offsetof(struct wanted, member)

static bool set_poll(const struct args_option *option, const char *text, void *out, char *problem,
                     size_t capacity)
{
    double number;

    if (!args_value_read(option, text, &number, problem, capacity)) {
        return false;
    }
    ((struct wanted *)out)->poll += (int)number;
    return true;
}

static const char *const layers[] = {"hour", "day", "month", NULL};

static const struct args_argument arguments[] = {
    {"HOST", ARGS_HOST, AT(host), .help = "h"},
    {"LAYER", ARGS_CHOICE, AT(layer), .choices = layers, .optional = true},
    {"MORE", ARGS_WORD, AT(more), .optional = true, .repeats = true},
    {.name = NULL}};

static const struct args_option options[] = {
    ARGS_IPV4(struct wanted, family, "4"),
    ARGS_IPV6(struct wanted, family, "6"),
    {'b', "bound", ARGS_TIME, AT(bound_s), .least = 1e-9, .most = 86400,
     .expected = "a time with its unit, such as 50ms", .help = "h"},
    {'t', "timeout", ARGS_SECONDS, AT(timeout_s), .help = "h"},
    {'l', "length", ARGS_DAYS, AT(length_s), .help = "h"},
    {0, "part", ARGS_PART, AT(part), .most = 1, .help = "h"},
    {0, "rate", ARGS_RATE, AT(rate), .help = "h"},
    {'n', "count", ARGS_COUNT, AT(count), .least = 1, .most = 9, .help = "h"},
    {0, "poll", ARGS_COUNT, .set = set_poll, .least = -6, .most = 17, .repeats = true, .help = "h"},
    {0, "path", ARGS_PATH, AT(path), .excludes = "verbose", .help = "h"},
    {'v', "verbose", ARGS_FLAG, AT(verbose), .help = "h"},
    ARGS_LANGUAGE(struct wanted, dialect),
    ARGS_JSON(struct wanted, json),
    {.help = NULL}};

static const struct args_command command = {
    .name = "try", .summary = "Try", .arguments = arguments, .options = options};

static char said[4096]; /* on stderr, by the last parse() */

#define PARSE(out, ...) parse(out, (const char *[]){"try", __VA_ARGS__, NULL})

/* The exit code; -1: go on. */
static int parse(struct wanted *out, const char *const *words)
{
    static char room[16][64];
    char *argv[17] = {NULL};
    FILE *file = tmpfile();
    int argc = 0, code = -7, kept = dup(STDERR_FILENO);
    size_t length;
    bool good;

    for (; words[argc]; argc++) {
        argv[argc] = strcpy(room[argc], words[argc]);
    }
    assert_non_null(file);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    *out = (struct wanted){.count = 5};
    good = args_parse(&command, argc, argv, out, &code);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    length = fread(said, 1, sizeof said - 1, file);
    said[length] = '\0';
    fclose(file);
    assert_int_equal(length > 0, !good); /* no error without a word, no word without an error */
    return good ? -1 : code;
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fabs(b);
}

static void test_each_kind_of_value(void **state)
{
    struct wanted w;

    (void)state;
    assert_int_equal(PARSE(&w, "-6", "--bound", "50ms", "-t1.5", "--length=12h", "--part", "1%",
                           "--rate", "40ppm", "-n", "7", "a.example", "--language", "ntp", "-jv"),
                     -1);
    assert_int_equal(w.family, 6);
    assert_true(near(w.bound_s, 0.05) && near(w.timeout_s, 1.5) && near(w.length_s, 43200));
    assert_true(near(w.part, 0.01) && near(w.rate, 40e-6));
    assert_int_equal(w.count, 7);
    assert_int_equal(w.dialect, DIALECT_NTP);
    assert_true(w.json && w.verbose);
    assert_string_equal(w.host, "a.example");
    assert_null(w.layer);
    assert_int_equal(w.more.count, 0);
}

static void test_options_stand_anywhere(void **state)
{
    struct wanted w;

    (void)state;
    assert_int_equal(PARSE(&w, "a", "-j", "day", "-n", "2", "x", "--", "-j", "--count"), -1);
    assert_string_equal(w.host, "a");
    assert_string_equal(w.layer, "day");
    assert_int_equal(w.more.count, 3);
    assert_string_equal(w.more.words[0], "x");
    assert_string_equal(w.more.words[1], "-j");
    assert_string_equal(w.more.words[2], "--count");
    assert_int_equal(w.count, 2);
    /* the last one counts, unless each adds something */
    assert_int_equal(PARSE(&w, "-n1", "a", "--cou=3", "--poll", "-3", "--poll=-2", "-"), 2);
    assert_string_equal(said, "toki try: '-' is unknown: expected one of hour, day, month\n");
    assert_int_equal(w.count, 3);
    assert_int_equal(w.poll, -5);
}

static void test_negative_numbers_are_no_options(void **state)
{
    struct wanted w;

    (void)state;
    assert_int_equal(PARSE(&w, "a", "day", "offset", "-0.5", "-.5", "-7"), -1);
    assert_int_equal(w.more.count, 4);
    assert_string_equal(w.more.words[3], "-7");
    assert_int_equal(PARSE(&w, "a", "-4"), -1); /* here it is an option */
    assert_int_equal(w.family, 4);
}

static void test_abbreviations(void **state)
{
    struct wanted w;

    (void)state;
    assert_int_equal(PARSE(&w, "a", "--bo", "1s", "--js"), -1);
    assert_true(w.json && near(w.bound_s, 1));
    assert_int_equal(PARSE(&w, "a", "--l", "1"), 2);
    assert_string_equal(said, "toki try: option '--l' is ambiguous: --length or --language\n");
    assert_int_equal(PARSE(&w, "a", "--pa", "x"), 2); /* --part, --path */
}

static void test_what_is_wrong_is_told_with_a_cure(void **state)
{
    static const struct {
        const char *words[3], *message;
    } rows[] = {
        {{"a", "--bonud", "1s"}, "unknown option '--bonud'; did you mean '--bound'?"},
        {{"a", "--helpp"}, "unknown option '--helpp'; did you mean '--help'?"},
        {{"a", "--zzzzzz"}, "unknown option '--zzzzzz'; 'toki try --help' lists the options"},
        {{"a", "-z"}, "unknown option '-z'; 'toki try --help' lists the options"},
        {{"a", "-jz"}, "unknown option '-z'; 'toki try --help' lists the options"},
        {{"a", "--bound"}, "--bound needs a time with its unit, such as 50ms"},
        {{"a", "-n"}, "--count needs a whole number from 1 to 9"},
        {{"a", "--bound", "50"},
         "--bound: '50' has no unit (ns, us, ms, s, min, h or d): expected a time with its unit, "
         "such as 50ms"},
        {{"a", "--bound", "0"},
         "--bound: '0' is out of range: expected a time with its unit, such as 50ms"},
        {{"a", "--timeout", "5 x"},
         "--timeout: '5 x' is not a time (a number with ns, us, ms, s, min, h or d): expected a "
         "time, such as 10s"},
        {{"a", "--timeout", "nan"},
         "--timeout: 'nan' is not a time (a number with ns, us, ms, s, min, h or d): expected a "
         "time, such as 10s"},
        {{"a", "-n", "10"}, "--count: '10' is out of range: expected a whole number from 1 to 9"},
        {{"a", "-n", "-1"}, "--count: '-1' is out of range: expected a whole number from 1 to 9"},
        {{"a", "-n", "1.5"},
         "--count: '1.5' is not a whole number: expected a whole number from 1 to 9"},
        {{"a", "-n", "7x"},
         "--count: '7x' is not a whole number: expected a whole number from 1 to 9"},
        {{"a", "-n", "0x3"},
         "--count: '0x3' is not a whole number: expected a whole number from 1 to 9"},
        {{"a", "-n", "1e400"},
         "--count: '1e400' is not a whole number: expected a whole number from 1 to 9"},
        {{"a", "--path="}, "--path: is empty: expected the path of a file"},
        {{"a", "--json=yes"}, "--json takes no value: remove '=yes'"},
        {{"a", "--language", "nto"}, "--language: 'nto' is unknown; did you mean 'ntp'?"},
        {{"a", "yaer"}, "'yaer' is unknown: expected one of hour, day, month"},
        {{"a", "--path=x", "-v"}, "--path and --verbose cannot be combined"},
        {{"-j"}, "HOST is missing; usage: toki try [OPTION]... HOST [LAYER] [MORE]..."},
    };
    struct wanted w;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *words[5] = {"try", rows[i].words[0], rows[i].words[1], rows[i].words[2], NULL};
        char message[512];

        snprintf(message, sizeof message, "toki try: %s\n", rows[i].message);
        assert_int_equal(parse(&w, words), 2);
        assert_string_equal(said, message);
    }
}

static void test_an_argument_too_many(void **state)
{
    static const struct args_command none = {.name = "none", .summary = "None"};
    char *argv[] = {said, said + 100, NULL};
    int code = -7;

    (void)state;
    snprintf(said, sizeof said, "none");
    snprintf(said + 100, 100, "x");
    assert_false(args_parse(&none, 2, argv, NULL, &code));
    assert_int_equal(code, 2);
}

static void test_numbers_in_ascii_only(void **state)
{
    double s = 0;

    (void)state;
    assert_true(args_value_number(ARGS_SECONDS, "2min", &s) && near(s, 120));
    assert_true(args_value_number(ARGS_TIME, "3\u00b5s", &s) && near(s, 3e-6));
    assert_true(args_value_number(ARGS_TIME, "0", &s) && !(s > 0));
    assert_true(args_value_number(ARGS_TIME, "1 ms", &s) && near(s, 1e-3));
    assert_false(args_value_number(ARGS_TIME, "", &s));
    assert_false(args_value_number(ARGS_TIME, "ms", &s));
    assert_false(args_value_number(ARGS_TIME, "1e300d1", &s));
    assert_false(args_value_number(ARGS_RATE, "1e-9s", &s));
    assert_true(args_value_number(ARGS_NUMBER, "2.5e3", &s) && near(s, 2500));
    assert_false(args_value_number(ARGS_NUMBER, "3%", &s));
    assert_true(args_value_number(ARGS_DAYS, "3", &s) && near(s, 3 * 86400.0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_of_value),
        cmocka_unit_test(test_options_stand_anywhere),
        cmocka_unit_test(test_negative_numbers_are_no_options),
        cmocka_unit_test(test_abbreviations),
        cmocka_unit_test(test_what_is_wrong_is_told_with_a_cure),
        cmocka_unit_test(test_an_argument_too_many),
        cmocka_unit_test(test_numbers_in_ascii_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
