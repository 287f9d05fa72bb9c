/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/variables: lists as daemons send them, and as nobody should. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "wire/mode6_variables.h"

static struct variables list;

static void read_text(const char *text)
{
    static char copy[512];

    strncpy(copy, text, sizeof copy - 1);
    variables_read(&list, copy);
}

static void lists_are_taken_apart(void **state)
{
    (void)state;
    read_text(
        "version=\"ntpd 4, of today\", leap=0,\r\noffset=-0.012, empty=, flag, "
        "filtdelay= 0.1 0.2\r\n");
    assert_int_equal(list.count, 6);
    assert_string_equal(variables_text(&list, "version"), "ntpd 4, of today");
    assert_true(variables_find(&list, "version")->quoted);
    assert_string_equal(variables_text(&list, "leap"), "0");
    assert_true(variables_number(&list, "offset") == -0.012);
    assert_string_equal(variables_text(&list, "empty"), "");
    assert_non_null(variables_find(&list, "flag"));
    assert_string_equal(variables_text(&list, "filtdelay"), "0.1 0.2");
    assert_null(variables_find(&list, "nothing"));
    assert_string_equal(variables_text(&list, "nothing"), "");
}

static void what_terminals_obey_is_left_out(void **state)
{
    (void)state;
    read_text("\1\1  ,b=2"); /* blanks alone are left, and more of them behind */
    assert_int_equal(list.count, 1);
    assert_string_equal(variables_text(&list, "b"), "2");
    read_text(
        "a=\x1b[31m\x9b\x7f, \x01"
        "b=2, , =, \"");
    assert_string_equal(variables_text(&list, "a"), "[31m");
    assert_string_equal(variables_text(&list, "b"), "2");
}

static void numbers_are_whole_words(void **state)
{
    (void)state;
    assert_true(variables_parse_number("0x1f") == 31);
    assert_true(variables_parse_number("-20") == -20);
    assert_true(variables_parse_number("6e-05") == 6e-05);
    assert_true(isnan(variables_parse_number("")));
    assert_true(isnan(variables_parse_number("12 ")));
    assert_true(isnan(variables_parse_number("inf")));
    assert_true(isnan(variables_parse_number("192.0.2.1")));
}

static void times_have_their_form(void **state)
{
    uint64_t t;

    (void)state;
    assert_true(variables_parse_time("0xeeac8f58.604b77c4", &t));
    assert_true(t == UINT64_C(0xeeac8f58604b77c4));
    assert_false(variables_parse_time("0xeeac8f58.604b77c", &t));
    assert_false(variables_parse_time("0xeeac8f58 604b77c4", &t));
    assert_false(variables_parse_time("1795313048", &t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_taken_apart),
        cmocka_unit_test(what_terminals_obey_is_left_out),
        cmocka_unit_test(numbers_are_whole_words),
        cmocka_unit_test(times_have_their_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
