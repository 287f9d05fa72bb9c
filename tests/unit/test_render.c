/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/render: nothing that came from the network can speak to the terminal. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "cli/render.h"

static void test_text_is_cleaned(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"ntp1.example", "ntp1.example"},
        {"a\x1b[31mb\r\n\t\x7f", "a?[31mb????"},
        {"\xc2\x9b"
         "31m",
         "??31m"},            /* C1: CSI in one character */
        {"時計 é", "時計 é"}, /* letters stay */
        {"\xff\xe6\x99", "???"},
        {"", ""},
    };
    char out[64];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(render_clean(rows[i].in, out, sizeof out), rows[i].out);
    }
}

static void test_text_is_cut_between_characters(void **state)
{
    char out[8];

    (void)state;
    assert_string_equal(render_clean("abcdefghij", out, sizeof out), "abcdefg");
    assert_string_equal(render_clean("時計時計", out, sizeof out), "時計");
    assert_string_equal(render_clean("x", out, 1), "");
}

static void test_offsets(void **state)
{
    char text[32];

    (void)state;
    assert_string_equal(render_offset(0.0000123, text), "+12.3 us");
    assert_string_equal(render_offset(-0.7, text), "-700 ms");
    assert_string_equal(render_offset((double)NAN, text), "-");
    assert_string_equal(render_seconds((double)NAN, text), "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_cleaned),
        cmocka_unit_test(test_text_is_cut_between_characters),
        cmocka_unit_test(test_offsets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
