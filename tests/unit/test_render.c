/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/render: nothing that came from the network can speak to the terminal. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cli/draw/render.h"
#include "cli/draw/table.h"

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

static void test_frequencies(void **state)
{
    char text[32];

    (void)state;
    assert_string_equal(render_frequency(3.214e-9, text), "3.21 ppb");
    assert_string_equal(render_frequency(4.56e-8, text), "45.6 ppb");
    assert_string_equal(render_frequency(7.89e-7, text), "789 ppb");
    assert_string_equal(render_frequency(1e-6, text), "1.00 ppm");
    assert_string_equal(render_frequency(5e-4, text), "500 ppm");
    assert_string_equal(render_frequency(0, text), "0.00 ppb");
}

static char *printed(const struct table *t, unsigned width)
{
    static char text[4096];
    FILE *out = fmemopen(text, sizeof text, "w");

    table_print(t, width, out);
    fclose(out);
    return text;
}

static void fill(struct table *t, const char *second)
{
    static const struct table_column columns[] = {
        {"name", true, true}, {"st", false, false}, {"offset", false, false}};

    table_init(t, columns, 3);
    table_begin_row(t, STYLE_PLAIN);
    table_cell(t, 0, "ntp1.example");
    table_cell(t, 1, "1");
    table_cell(t, 2, "+1.23 ms");
    table_note(t, "a sentence of some words");
    table_begin_row(t, STYLE_PLAIN);
    table_cell(t, 0, second);
    table_cell(t, 1, "12");
}

/* What fits stands side by side, what does not gets a line of its own, nothing is cut. */
static void test_tables_fit_and_cut_nothing(void **state)
{
    static const char address[] = "2001:db8:1234:5678:9abc:def0:1234:5678";
    struct table t;

    (void)state;
    fill(&t, "時計");
    assert_string_equal(printed(&t, 0),
                        "name         st   offset\n"
                        "ntp1.example  1 +1.23 ms\n"
                        "    a sentence of some words\n"
                        "時計         12\n");
    assert_string_equal(printed(&t, 24),
                        "name         st   offset\n"
                        "ntp1.example  1 +1.23 ms\n"
                        "    a sentence of some\n"
                        "    words\n"
                        "時計         12\n");
    table_free(&t);
    fill(&t, address);
    assert_string_equal(printed(&t, 30),
                        "name               st   offset\n"
                        "ntp1.example        1 +1.23 ms\n"
                        "    a sentence of some words\n"
                        "2001:db8:1234:5678:9abc:def0:1234:5678\n"
                        "                   12\n");
    assert_non_null(strstr(printed(&t, 20), address)); /* stacked */
    assert_non_null(strstr(printed(&t, 20), "\n  12"));
    assert_non_null(strstr(printed(&t, 8), "  st 12\n")); /* a line for each cell */
    assert_non_null(strstr(printed(&t, 1), address));
    table_free(&t);
}

static void test_paragraphs(void **state)
{
    static const struct {
        unsigned indent, width;
        const char *text, *out;
    } rows[] = {{0, 0, "one two three", "one two three\n"},
                {2, 9, "one two three", "  one two\n  three\n"},
                {0, 3, "onetwothree x", "onetwothree\nx\n"},
                {2, 7, "時計 時計", "  時計\n  時計\n"},
                {0, 10, "", "\n"}};
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        FILE *out = fmemopen(text, sizeof text, "w");

        render_paragraph(rows[i].text, rows[i].indent, rows[i].width, out);
        fclose(out);
        assert_string_equal(text, rows[i].out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_cleaned),
        cmocka_unit_test(test_text_is_cut_between_characters),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_frequencies),
        cmocka_unit_test(test_tables_fit_and_cut_nothing),
        cmocka_unit_test(test_paragraphs),
    };

    setenv("LC_ALL", "C.UTF-8", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
