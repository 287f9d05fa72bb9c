/* SPDX-License-Identifier: BSD-2-Clause */
/* Characters, numbers, likeness of words, and the parting of lines into words. */
#include "check.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/line.h"
#include "config/text.h"

static void characters_are_counted_as_readers_count(void **state)
{
    uint32_t code;
    (void)state;

    assert_int_equal(text_length("server", 6), 6);
    assert_int_equal(text_length("東京", 6), 2);
    assert_int_equal(text_character("é", 2, &code), 2);
    assert_int_equal(code, 0xe9);
    assert_int_equal(text_character("😀", 4, &code), 4);
    assert_int_equal(code, 0x1f600);
    /* overlong, surrogate, cut, beyond Unicode, lone continuation: one byte each */
    const char *bad[] = {"\xc0\xaf",         "\xed\xa0\x80", "\xe6\x9d",
                         "\xf4\x90\x80\x80", "\x80",         "\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(text_character(bad[i], strlen(bad[i]), &code), 1);
        assert_int_equal(code, TEXT_BAD_CHARACTER);
    }
    assert_int_equal(text_character_width(0x6771), 2);
    assert_int_equal(text_character_width('a'), 1);
    assert_int_equal(text_character_width(0x301), 0);
}

static void check_number(const char *text, double expected, const char *rest)
{
    const char *end;
    double number;

    assert_true(text_number(text, &number, &end));
    assert_true(fabs(number - expected) <= 1e-15 * fabs(expected));
    assert_string_equal(end, rest);
}

static void numbers_are_read(void **state)
{
    (void)state;
    check_number("0", 0, "");
    check_number("-7", -7, "");
    check_number("+3.25", 3.25, "");
    check_number("1.0", 1, "");
    check_number(".5", 0.5, "");
    check_number("5.", 5, "");
    check_number("100e-9", 1e-7, "");
    check_number("1E3x", 1000, "x");
    check_number("1e", 1, "e");
    check_number("64s", 64, "s");
    check_number("0.1.2", 0.1, ".2");
    check_number("0,5", 0, ",5");
    check_number("83333.333", 83333.333, "");
    check_number("123456789012345678901234567890", 123456789012345678901234567890.0, "");
    check_number("0.000000000000000000000000000001", 1e-30, "");
    check_number("1e-99999999999999999999", 0, "");
    check_number("1e308", 1e308, "");
}

static void what_is_no_number_is_refused(void **state)
{
    const char *bad[] = {"",
                         "-",
                         "+",
                         ".",
                         "e5",
                         "nan",
                         "inf",
                         "-inf",
                         "x1",
                         " 1",
                         "1e309",
                         "1e999",
                         "1e99999999999999999999999"};
    const char *end;
    double number;
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(text_number(bad[i], &number, &end));
    }
}

/* All that printf writes in the C locale comes back nearly bit for bit. */
static void numbers_agree_with_the_system(void **state)
{
    struct dice dice = {.state = 4711};
    (void)state;

    for (unsigned i = 0; i < 20000; i++) {
        char text[64];
        const char *end;
        double number, mine;
        uint64_t bits = dice_u64(&dice);
        memcpy(&number, &bits, sizeof number);
        if (!isnormal(number)) {
            continue;
        }
        snprintf(text, sizeof text, "%.17g", number);
        assert_true(text_number(text, &mine, &end));
        assert_true(fabs(mine - number) <= 4e-16 * fabs(number) || fabs(number) < 1e-290);
    }
}

static void the_locale_changes_nothing(void **state)
{
    (void)state;
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL) {
        setlocale(LC_ALL, "C.UTF-8");
    }
    check_number("0.5", 0.5, "");
    check_number("0,5", 0, ",5");
    setlocale(LC_ALL, "C");
}

static void slips_are_near(void **state)
{
    (void)state;
    assert_int_equal(text_distance("server", "server"), 0);
    assert_int_equal(text_distance("sever", "server"), 1);
    assert_int_equal(text_distance("ibrust", "iburst"), 1); /* a swap is one */
    assert_int_equal(text_distance("SERVER", "server"), 0);
    assert_int_equal(text_distance("", "abc"), 3);
    assert_int_equal(text_distance("kitten", "sitting"), 3);
    assert_true(text_distance("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "server") > 100);
    assert_int_equal(text_distance_limit("x"), 0);
    assert_int_equal(text_distance_limit("alow"), 1);
    assert_int_equal(text_distance_limit("drifftile"), 3);
}

/* ---- lines ---- */

static const struct line_style chrony = {.comment_starts = "!;#%", .comment_needs_blank = true};
static const struct line_style ntp = {.comment_starts = "#", .quotes = true};

/* The words of a line as "column+width:word|..." */
static const char *split(const char *text, const struct line_style *style)
{
    static char out[512];
    static struct line line;
    size_t used = 0;
    enum line_verdict verdict = line_split(&line, text, strlen(text), style);

    out[0] = '\0';
    if (verdict != LINE_WORDS) {
        snprintf(out, sizeof out, "fault %d at %u", (int)verdict, line.fault_column);
        return out;
    }
    for (unsigned i = 0; i < line.count; i++) {
        used += (size_t)snprintf(out + used, sizeof out - used, "%s%u+%u:%s", i > 0 ? "|" : "",
                                 line.words[i].column, line.words[i].width, line.words[i].text);
    }
    return out;
}

static void words_have_their_places(void **state)
{
    (void)state;
    assert_string_equal(split("server a iburst", &chrony), "1+6:server|8+1:a|10+6:iburst");
    assert_string_equal(split("\tserver  a \r", &ntp), "2+6:server|10+1:a");
    assert_string_equal(split("", &ntp), "");
    assert_string_equal(split(" \t ", &ntp), "");
    assert_string_equal(split("a 東京 b", &chrony), "1+1:a|3+2:東京|6+1:b");
}

static void comments_are_left_out(void **state)
{
    (void)state;
    for (const char *c = "!;#%"; *c != '\0'; c++) {
        char text[] = " ? server a";
        text[1] = *c;
        assert_string_equal(split(text, &chrony), "");
        assert_int_equal(split(text, &ntp)[0] == '\0', *c == '#');
    }
    assert_string_equal(split("a # b", &chrony), "1+1:a");
    assert_string_equal(split("a #b", &chrony), "1+1:a");
    assert_string_equal(split("a#b c", &chrony), "1+3:a#b|5+1:c");
    assert_string_equal(split("a !b", &chrony), "1+1:a|3+2:!b");
    assert_string_equal(split("a#b c", &ntp), "1+1:a");
    assert_string_equal(split("server ntp.nict.jp iburst # 東京", &chrony),
                        "1+6:server|8+11:ntp.nict.jp|20+6:iburst");
    assert_string_equal(split("a # \x01\x02 \xff", &chrony), "1+1:a");
}

static void quotes_keep_together(void **state)
{
    (void)state;
    assert_string_equal(split("keys \"/a b\" c", &ntp), "1+4:keys|6+6:/a b|13+1:c");
    assert_string_equal(split("keys \"/a # b\" # c", &ntp), "1+4:keys|6+8:/a # b");
    assert_string_equal(split("a\"b\"c", &ntp), "1+1:a|2+3:b|5+1:c");
    assert_string_equal(split("a \"\"", &ntp), "1+1:a|3+2:");
    assert_string_equal(split("a \"b", &ntp), "fault 1 at 3");
    assert_string_equal(split("a \"b", &chrony), "1+1:a|3+2:\"b");
    assert_string_equal(split("a \"x\ty　z\"", &ntp), "1+1:a|3+7:x\ty　z");
}

static void faults_have_their_column(void **state)
{
    char text[LINE_BYTES_MAX + 10];
    (void)state;

    assert_string_equal(split("a \x01", &ntp), "fault 4 at 3");
    assert_string_equal(split("東京\x7f", &ntp), "fault 4 at 3");
    assert_string_equal(split("a　b", &chrony), "fault 5 at 2");
    assert_string_equal(split("a\xc2\xa0z", &chrony), "fault 5 at 2");
    memset(text, 'x', sizeof text);
    text[LINE_BYTES_MAX] = '\0';
    assert_memory_equal(split(text, &ntp), "1+4096", 6);
    text[LINE_BYTES_MAX] = 'x';
    text[LINE_BYTES_MAX + 1] = '\0';
    assert_string_equal(split(text, &ntp), "fault 2 at 4097");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_counted_as_readers_count),
        cmocka_unit_test(numbers_are_read),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(numbers_agree_with_the_system),
        cmocka_unit_test(the_locale_changes_nothing),
        cmocka_unit_test(slips_are_near),
        cmocka_unit_test(words_have_their_places),
        cmocka_unit_test(comments_are_left_out),
        cmocka_unit_test(quotes_keep_together),
        cmocka_unit_test(faults_have_their_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
