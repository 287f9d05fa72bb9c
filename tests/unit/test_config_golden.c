/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole output for wrong configurations (reliability F05, F06). Each tests/vectors/config/NAME.conf
 * has a NAME.expected with every message and a line of counts. Files that an editor or git would
 * damage, and files that are none, are made here. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "os/file.h"

#define OUTPUT_MAX 400000

/* All that a configuration has to say, as the vectors write it. */
static char *describe(const struct config *c)
{
    char *out = malloc(OUTPUT_MAX), one[4096];
    size_t used = 0;

    assert_non_null(out);
    out[0] = '\0';
    for (unsigned i = 0; i < c->message_count; i++) {
        size_t length = config_message_format(&c->messages[i], one, sizeof one);

        assert_int_equal(length, strlen(one));
        assert_true(used + length < OUTPUT_MAX - 100);
        memcpy(out + used, one, length + 1);
        used += length;
    }
    snprintf(out + used, OUTPUT_MAX - used, "%s: %u errors, %u warnings\n",
             config_dialect_name(c->dialect), c->error_count, c->warning_count);
    return out;
}

static void check_vector(const char *conf)
{
    char expected_path[256], *expected;
    size_t length, stem = strlen(conf) - strlen(".conf");
    struct config *c = config_new();

    snprintf(expected_path, sizeof expected_path, "%.*s.expected", (int)stem, conf);
    assert_int_equal(file_read(expected_path, 1000000, &expected, &length), 0);
    bool right = config_load(c, conf, DIALECT_UNKNOWN);
    char *got = describe(c);

    assert_string_equal(got, expected);
    assert_int_equal(right, c->error_count == 0);
    free(got);
    free(expected);
    config_free(c);
}

static void vectors_give_their_whole_output(void **state)
{
    struct file_list list;
    (void)state;

    assert_int_equal(file_glob("*.conf", &list), 0);
    assert_true(list.count >= 20);
    for (size_t i = 0; i < list.count; i++) {
        check_vector(list.paths[i]);
    }
    file_list_free(&list);
}

static void check_text(const char *text, size_t length, const char *expected)
{
    struct config *c = config_new();
    bool right = config_load_text(c, "x.conf", text, length, DIALECT_UNKNOWN);
    char *got = describe(c);

    assert_string_equal(got, expected);
    assert_int_equal(right, c->error_count == 0);
    free(got);
    config_free(c);
}

#define TEXT(literal) literal, sizeof literal - 1

static void nul_bytes_are_refused_with_their_place(void **state)
{
    (void)state;
    check_text(TEXT("rtcsync\nserver a.example\0.org\nsever\n"),
               "x.conf:2:17: error: a NUL byte: this is not a text file [E013]\n"
               "    server a.example?.org\n"
               "                    ^\n"
               "  save it as UTF-8; nothing was read\n"
               "chrony.conf: 1 errors, 0 warnings\n");
    /* UTF-16 as a Windows editor writes it */
    check_text(TEXT("\xff\xfes\0e\0r\0v\0e\0r\0\n\0"),
               "x.conf:1:4: error: a NUL byte: this is not a text file [E013]\n"
               "    ??s?e?r?v?e?r?\n"
               "       ^\n"
               "  save it as UTF-8; nothing was read\n"
               "chrony.conf: 1 errors, 0 warnings\n");
}

static void windows_line_ends_and_byte_order_mark_do_no_harm(void **state)
{
    (void)state;
    check_text(TEXT("\xef\xbb\xbfserver a.example.org iburst\r\nmakestep 1 3\r\n\r\n"),
               "chrony.conf: 0 errors, 0 warnings\n");
    check_text(TEXT("\xef\xbb\xbfsever a\r\nmakestep 1\r\n"),
               "x.conf:1:1: error: unknown directive 'sever' [E001]\n"
               "    sever a\n"
               "    ^~~~~\n"
               "  did you mean 'server'?\n"
               "x.conf:2:11: error: 'makestep' needs 'limit' [E005]\n"
               "    makestep 1\n"
               "              ^\n"
               "  usage: makestep threshold limit\n"
               "chrony.conf: 2 errors, 0 warnings\n");
    check_text(TEXT("rtcsync\rserver a"), /* no line end of ours */
               "x.conf:1:9: error: 'server' is an unexpected argument [E006]\n"
               "    rtcsyncserver a\n"
               "            ^~~~~~\n"
               "  usage: rtcsync\n"
               "chrony.conf: 1 errors, 0 warnings\n");
}

static void other_bytes_are_named_and_not_printed(void **state)
{
    (void)state;
    check_text(TEXT("rtcsync\nserver \x1b[31mred\nserver b # \xff\x1b]0;x\x07\n"),
               "x.conf:2:8: error: invalid control character [E013]\n"
               "    server ?[31mred\n"
               "           ^\n"
               "chrony.conf: 1 errors, 0 warnings\n");
    check_text(TEXT("rtcsync\nserver \x83\x65\n"), /* Shift-JIS */
               "x.conf:2:8: error: '\x83\x65' is neither an address nor a host name [E008]\n"
               "    server ?e\n"
               "           ^~\n"
               "  use the ASCII form of the name (xn--...)\n"
               "chrony.conf: 1 errors, 0 warnings\n");
}

static void carets_stand_under_wide_characters(void **state)
{
    (void)state;
    check_text(TEXT("restrict default\nlogfile \"東京\"\nkeys \"東京\" \"大阪\"\nserver a\n"),
               "x.conf:3:11: error: '大阪' is an unexpected argument [E006]\n"
               "    keys \"東京\" \"大阪\"\n"
               "                ^~~~~~\n" /* columns 13-18: four wide characters and the quotes */
               "  usage: keys file\n"
               "ntp.conf: 1 errors, 0 warnings\n");
}

static void a_line_of_a_million_bytes_is_one_error(void **state)
{
    char *text = malloc(1000000);
    (void)state;

    assert_non_null(text);
    memset(text, 'a', 1000000);
    memcpy(text, "server ", 7);
    memcpy(text + 999000, "\nserver b\n", 10);
    memset(text + 999010, ' ', 990);
    struct config *c = config_new();
    assert_false(config_load_text(c, "x.conf", text, 1000000, DIALECT_UNKNOWN));
    assert_int_equal(c->error_count, 1);
    assert_string_equal(c->messages[0].text, "the line is longer than 4096 bytes");
    assert_int_equal(c->messages[0].line, 1);
    assert_int_equal(c->messages[0].column, 4097);
    assert_true(strlen(c->messages[0].source) < sizeof c->messages[0].source);
    assert_memory_equal(c->messages[0].source, "...aaa", 6);

    memcpy(text, "rtcsync # aaaaaaaa", 17); /* a comment may be as long as it likes */
    assert_true(config_load_text(c, "x.conf", text, 1000000, DIALECT_UNKNOWN));
    assert_int_equal(c->settings.spec_count, 1);
    config_free(c);
    free(text);
}

static void too_many_words_are_one_error(void **state)
{
    char text[2000] = "trustedkey";
    (void)state;

    for (unsigned i = 0; i < 300; i++) {
        strcat(text, " 7");
    }
    struct config *c = config_new();
    assert_false(config_load_text(c, "x.conf", text, strlen(text), DIALECT_NTP));
    assert_int_equal(c->error_count, 1);
    assert_string_equal(c->messages[0].text, "the line has more than 256 words");
    config_free(c);
}

static double seconds_to_load(const char *pattern)
{
    struct timespec a, b;
    size_t one = strlen(pattern), length = 999999 / one * one;
    char *text = malloc(length);
    struct config *c = config_new();

    assert_non_null(text);
    for (size_t i = 0; i < length; i += one) {
        memcpy(text + i, pattern, one);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    config_load_text(c, "x.conf", text, length, DIALECT_UNKNOWN);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    assert_true(c->message_count <= CONFIG_MESSAGES_MAX);
    assert_true(c->error_count + c->warning_count >= length / one - 1000);
    config_free(c);
    free(text);
    return (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
}

/* Limits are generous: sanitizers and slow machines come here too. */
static void a_million_bytes_of_errors_cost_no_time(void **state)
{
    (void)state;
    assert_true(seconds_to_load("x\n") < 10);
    assert_true(seconds_to_load("sever\n") < 10);
    assert_true(seconds_to_load("server a iburts minpoll z maxpoll 99\n") < 10);
    assert_true(seconds_to_load("allow 1.2.3.4 x\n") < 10);
    assert_true(seconds_to_load("restrict 1.2.3.4 x\n") < 10);
}

/* ---- what is no file ---- */

static void check_unreadable(const char *path, const char *expected)
{
    struct config *c = config_new();

    assert_false(config_load(c, path, DIALECT_UNKNOWN));
    char *got = describe(c);
    assert_string_equal(got, expected);
    free(got);
    config_free(c);
}

static void what_is_no_file_is_said(void **state)
{
    char folder[] = "/tmp/toki-config-XXXXXX", path[64], expected[256];
    (void)state;

    assert_non_null(mkdtemp(folder));
    snprintf(expected, sizeof expected,
             "%s: error: is a directory [E011]\nunknown: 1 errors, 0 warnings\n", folder);
    check_unreadable(folder, expected);

    snprintf(path, sizeof path, "%s/x.conf", folder);
    snprintf(expected, sizeof expected,
             "%s: error: no such file [E011]\nunknown: 1 errors, 0 warnings\n", path);
    check_unreadable(path, expected);

    assert_int_equal(mkfifo(path, 0600), 0); /* must not wait for a writer */
    snprintf(expected, sizeof expected,
             "%s: error: not a regular file [E011]\nunknown: 1 errors, 0 warnings\n", path);
    check_unreadable(path, expected);
    unlink(path);
    check_unreadable("/dev/zero",
                     "/dev/zero: error: not a regular file [E011]\n"
                     "unknown: 1 errors, 0 warnings\n");

    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), 100000000), 0);
    fclose(f);
    snprintf(expected, sizeof expected,
             "%s: error: larger than 1000000 bytes [E011]\nunknown: 1 errors, 0 warnings\n", path);
    check_unreadable(path, expected);
    unlink(path);
    rmdir(folder);
}

/* A tree of files that would be read millions of times. */
static void a_storm_of_includes_ends(void **state)
{
    char folder[] = "/tmp/toki-config-XXXXXX", path[64];
    (void)state;

    assert_non_null(mkdtemp(folder));
    for (unsigned i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%u.conf", folder, i);
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        for (unsigned j = 0; j < 500; j++) {
            fprintf(f, "include %s/%u.conf\n", folder, i + 1);
        }
        fclose(f);
    }
    snprintf(path, sizeof path, "%s/4.conf", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "server ntp1.example.org\n");
    fclose(f);
    struct config *c = config_new();
    snprintf(path, sizeof path, "%s/0.conf", folder);
    assert_false(config_load(c, path, DIALECT_UNKNOWN));
    assert_int_equal(c->error_count, 1); /* said once, not a million times */
    bool said = false;
    for (unsigned i = 0; i < c->message_count; i++) {
        said = said || strcmp(c->messages[i].text,
                              "more than 1000 files or 16000000 bytes are included") == 0;
    }
    assert_true(said);
    config_free(c);
    for (unsigned i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/%u.conf", folder, i);
        unlink(path);
    }
    rmdir(folder);
}

static void warnings_give_way_to_errors(void **state)
{
    char text[20000] = "rtcsync\n";
    (void)state;

    for (unsigned i = 0; i < 300; i++) {
        strcat(text, "dumponexit\n");
    }
    for (unsigned i = 0; i < 3; i++) {
        strcat(text, "sever a\ndumponexit\n");
    }
    struct config *c = config_new();
    assert_false(config_load_text(c, "x.conf", text, strlen(text), DIALECT_UNKNOWN));
    assert_int_equal(c->error_count, 3);
    assert_int_equal(c->warning_count, 303);
    assert_int_equal(c->message_count, CONFIG_MESSAGES_MAX);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(c->messages[197 + i].severity, CONFIG_ERROR);
        assert_int_equal(c->messages[197 + i].line, 302 + 2 * i);
        assert_string_equal(c->messages[197 + i].hint, "did you mean 'server'?");
    }
    assert_int_equal(c->messages[196].line, 198);
    config_free(c);
}

/* A message must survive any capacity. */
static void messages_fit_where_they_are_put(void **state)
{
    char out[600];
    struct config *c = config_new();
    (void)state;

    config_load_text(c, "x.conf", "rtcsync\nsever a\n", 16, DIALECT_UNKNOWN);
    for (size_t capacity = 1; capacity < sizeof out; capacity++) {
        memset(out, 'z', sizeof out);
        size_t length = config_message_format(&c->messages[0], out, capacity);
        assert_true(length < capacity);
        assert_int_equal(out[length], '\0');
        assert_int_equal(out[capacity], 'z');
    }
    assert_int_equal(config_message_format(&c->messages[0], out, 0), 0);
    config_free(c);
}

/* The vectors name files relative to their own folder. */
static int enter_vectors(void **state)
{
    char path[512] = __FILE__;
    char *slash = strrchr(path, '/');
    (void)state;

    if (slash == NULL) {
        return -1;
    }
    snprintf(slash, sizeof path - (size_t)(slash - path), "/../vectors/config");
    return chdir(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_give_their_whole_output),
        cmocka_unit_test(nul_bytes_are_refused_with_their_place),
        cmocka_unit_test(windows_line_ends_and_byte_order_mark_do_no_harm),
        cmocka_unit_test(other_bytes_are_named_and_not_printed),
        cmocka_unit_test(carets_stand_under_wide_characters),
        cmocka_unit_test(a_line_of_a_million_bytes_is_one_error),
        cmocka_unit_test(too_many_words_are_one_error),
        cmocka_unit_test(a_million_bytes_of_errors_cost_no_time),
        cmocka_unit_test(what_is_no_file_is_said),
        cmocka_unit_test(a_storm_of_includes_ends),
        cmocka_unit_test(warnings_give_way_to_errors),
        cmocka_unit_test(messages_fit_where_they_are_put),
    };
    return cmocka_run_group_tests(tests, enter_vectors, NULL);
}
