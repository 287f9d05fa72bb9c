/* SPDX-License-Identifier: BSD-2-Clause */
/* control/document: whatever it is given, what comes out is JSON, read back here by jansson. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "check.h"
#include "control/document.h"

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, 0, &error);

    if (!value) {
        fail_msg("%s at column %d of %s", error.text, error.column, text);
    }
    return value;
}

static void test_all_kinds_of_values(void **state)
{
    char out[512];
    struct document d;
    size_t length;
    json_t *v;

    (void)state;
    document_begin(&d, out, sizeof out);
    document_open_object(&d, NULL);
    document_string(&d, "text", "a\"b\\c");
    document_string(&d, "nothing", NULL);
    document_number(&d, "number", -1.25e-9);
    document_number(&d, "nan", (double)NAN);
    document_number(&d, "infinite", (double)INFINITY);
    document_integer(&d, "least", INT64_MIN);
    document_bool(&d, "yes", true);
    document_open_array(&d, "list");
    document_integer(&d, NULL, 1);
    document_open_object(&d, NULL);
    document_close_object(&d);
    document_close_array(&d);
    document_instant(&d, "at", (struct wall_time){1800000000000000001});
    document_instant(&d, "before", (struct wall_time){-500000000});
    document_close_object(&d);
    length = document_finish(&d);
    assert_int_equal(length, strlen(out));
    assert_int_equal(out[strlen(out) - 1], '\n');
    v = parse(out);
    assert_string_equal(json_string_value(json_object_get(v, "text")), "a\"b\\c");
    assert_true(json_is_null(json_object_get(v, "nothing")));
    assert_true(json_real_value(json_object_get(v, "number")) == -1.25e-9);
    assert_true(json_is_null(json_object_get(v, "nan")));
    assert_true(json_is_null(json_object_get(v, "infinite")));
    assert_true(json_integer_value(json_object_get(v, "least")) == INT64_MIN);
    assert_true(json_is_true(json_object_get(v, "yes")));
    assert_int_equal(json_array_size(json_object_get(v, "list")), 2);
    json_decref(v);
    assert_non_null(strstr(out, "\"at\":1800000000.000000001"));
    assert_non_null(strstr(out, "\"before\":-0.500000000"));
}

/* Any bytes at all as a string: jansson refuses what is not UTF-8 or not escaped. */
static void test_any_bytes_are_written_validly(void **state)
{
    struct dice dice = {1};

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[17], out[256];
        struct document d;

        dice_fill(&dice, (uint8_t *)text, 16);
        text[16] = '\0';
        document_begin(&d, out, sizeof out);
        document_open_array(&d, NULL);
        document_string(&d, NULL, text);
        document_close_array(&d);
        assert_true(document_finish(&d) > 0);
        json_decref(parse(out));
    }
}

static void test_strings_keep_their_meaning(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"日本 é €", "日本 é €"},                 /* two and three bytes */
        {"\xf0\x9f\x95\x90", "\xf0\x9f\x95\x90"}, /* four */
        {"\x1b[31m\x7f", "\x1b[31m\x7f"},         /* escaped, not lost */
        {"\xff", "\xef\xbf\xbd"},
        {"\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd"},                 /* overlong */
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* surrogate */
        {"\xe6\x97", "\xef\xbf\xbd\xef\xbf\xbd"},                 /* cut short */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[256];
        struct document d;
        json_t *v;

        document_begin(&d, out, sizeof out);
        document_open_array(&d, NULL);
        document_string(&d, NULL, rows[i].in);
        document_close_array(&d);
        assert_true(document_finish(&d) > 0);
        for (const char *c = out; *c && *c != '\n'; c++) {
            assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
        }
        v = parse(out);
        assert_string_equal(json_string_value(json_array_get(v, 0)), rows[i].out);
        json_decref(v);
    }
}

static void test_what_does_not_fit_fails_as_a_whole(void **state)
{
    char out[64], exact[32];
    struct document d;
    size_t needed = strlen("[\"abc\"]\n");

    (void)state;
    for (size_t capacity = 0; capacity <= needed + 1; capacity++) {
        memset(exact, 'x', sizeof exact);
        document_begin(&d, exact, capacity);
        document_open_array(&d, NULL);
        document_string(&d, NULL, "abc");
        document_close_array(&d);
        assert_int_equal(document_finish(&d), capacity > needed ? needed : 0);
        assert_int_equal(exact[capacity], 'x'); /* nothing behind the end */
    }
    document_begin(&d, out, sizeof out);
    document_open_array(&d, NULL);
    assert_int_equal(document_finish(&d), 0); /* left open */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_kinds_of_values),
        cmocka_unit_test(test_any_bytes_are_written_validly),
        cmocka_unit_test(test_strings_keep_their_meaning),
        cmocka_unit_test(test_what_does_not_fit_fails_as_a_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
