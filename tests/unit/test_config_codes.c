/* SPDX-License-Identifier: BSD-2-Clause */
/* Codes of messages: the table is sound, each call names a code of it, each code is used; and the
 * warnings about what a file means come when they should and not else. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/codes.h"
#include "config/config.h"
#include "os/file.h"

static bool is_code(const char *text)
{
    return (text[0] == 'E' || text[0] == 'W') && text[1] == '0' && text[2] >= '0' &&
           text[2] <= '9' && text[3] >= '0' && text[3] <= '9';
}

static void the_table_is_sound(void **state)
{
    const char *before = "";
    unsigned count = 0;
    (void)state;

    for (const struct message_code *c = message_codes; c->code != NULL; c++) {
        assert_true(is_code(c->code) && strlen(c->code) == 4);
        assert_true(strcmp(before, c->code) < 0); /* in order, once each */
        assert_true(strlen(c->title) > 3 && strlen(c->title) < 60);
        assert_true(strlen(c->text) > 60 && c->text[strlen(c->text) - 1] != ' ');
        assert_null(strstr(c->text, "  "));
        assert_ptr_equal(message_code_find(c->code), c);
        before = c->code;
        count++;
    }
    assert_true(count > 30);
    assert_non_null(message_code_find("w001"));
    assert_null(message_code_find("W999"));
    assert_null(message_code_find(""));
}

/* Literals that begin with a code, in all of src/config. */
static void calls_and_table_fit(void **state)
{
    bool used[100] = {false};
    struct file_list list;
    unsigned calls = 0;
    (void)state;

    assert_int_equal(file_glob("src/config/*.c", &list), 0);
    assert_true(list.count > 10);
    for (size_t i = 0; i < list.count; i++) {
        char *text;
        size_t length;
        assert_int_equal(file_read(list.paths[i], 1000000, &text, &length), 0);
        for (const char *p = text; (p = strchr(p, '"')) != NULL; p++) {
            char code[5] = "";
            if (!is_code(p + 1) || p[5] != ' ') {
                continue;
            }
            memcpy(code, p + 1, 4);
            const struct message_code *c = message_code_find(code);
            if (c == NULL) {
                fail_msg("%s: %s is not in the table", list.paths[i], code);
            }
            used[c - message_codes] = true;
            calls++;
        }
        free(text);
    }
    file_list_free(&list);
    assert_true(calls > 80);
    for (unsigned i = 0; message_codes[i].code != NULL; i++) {
        if (!used[i]) {
            fail_msg("%s is not used", message_codes[i].code);
        }
    }
}

/* Every message of every vector has its code. */
static void all_messages_of_the_vectors_have_one(void **state)
{
    struct file_list list;
    (void)state;

    assert_int_equal(chdir("tests/vectors/config"), 0);
    assert_int_equal(file_glob("*.conf", &list), 0);
    for (size_t i = 0; i < list.count; i++) {
        struct config *c = config_new();
        config_load(c, list.paths[i], DIALECT_UNKNOWN);
        for (unsigned m = 0; m < c->message_count; m++) {
            const struct config_message *message = &c->messages[m];
            if (message_code_find(message->code) == NULL ||
                (message->code[0] == 'E') != (message->severity == CONFIG_ERROR)) {
                fail_msg("%s: '%s' has code '%s'", list.paths[i], message->text, message->code);
            }
        }
        config_free(c);
    }
    file_list_free(&list);
    assert_int_equal(chdir("../../.."), 0);
}

/* The codes of the warnings about a text, "W001 W003". */
static void warnings_of(const char *text, enum config_dialect dialect, char out[100])
{
    struct config *c = config_new();

    out[0] = '\0';
    if (!config_load_text(c, "x", text, strlen(text), dialect)) {
        fail_msg("%s: %s", text, c->messages[0].text);
    }
    for (unsigned i = 0; i < c->message_count; i++) {
        strncat(out, i > 0 ? " " : "", 2);
        strncat(out, c->messages[i].code, 5);
    }
    config_free(c);
}

#define LIMITED "restrict default limited kod nomodify notrap nopeer noquery\n"

#define IGNORED "restrict default ignore\nrestrict 127.0.0.1\nrestrict ::1\n"

static void warnings_about_what_a_file_means(void **state)
{
    static const struct {
        enum config_dialect dialect;
        const char *text, *codes;
    } cases[] = {
        /* two cannot outvote a liar */
        {DIALECT_CHRONY, "server a\n", ""},
        {DIALECT_CHRONY, "server a\nserver b\n", "W001"},
        {DIALECT_CHRONY, "server a\nserver b\nserver c\n", ""},
        {DIALECT_CHRONY, "server a\nserver b\nserver c noselect\n", "W001"},
        {DIALECT_CHRONY, "server a prefer\nserver b\n", ""},
        {DIALECT_CHRONY, "server a\nserver b trust\n", ""},
        {DIALECT_CHRONY, "pool a maxsources 2\n", "W001"},
        {DIALECT_CHRONY, "pool a\n", ""},
        {DIALECT_NTP, "server a\nserver b\n", "W001"},
        {DIALECT_NTP, "server a\nserver 127.127.28.0\n", ""},
        {DIALECT_OPENNTPD, "server a\nserver b\n", "W001"},
        {DIALECT_OPENNTPD, "servers a\n", ""},
        /* the pool as the source of a public server */
        {DIALECT_CHRONY, "pool 2.debian.pool.ntp.org\nallow\nratelimit\n", "W002"},
        {DIALECT_CHRONY, "server 0.POOL.ntp.org\nallow 0/0\nratelimit\n", "W002"},
        {DIALECT_CHRONY, "pool pool.ntp.org\nallow 10/8\n", ""},
        {DIALECT_CHRONY, "pool pool.ntp.org\nallow\nport 0\n", ""},
        {DIALECT_CHRONY, "server pool.ntp.org.example\nallow\nratelimit\n", ""},
        {DIALECT_OPENNTPD, "servers pool.ntp.org\nlisten on *\n", "W002"},
        {DIALECT_OPENNTPD, "servers pool.ntp.org\n", ""},
        {DIALECT_NTP, "pool pool.ntp.org\n" LIMITED "restrict 127.0.0.1\n", ""}, /* Debian's */
        /* everybody without a limit */
        {DIALECT_CHRONY, "server a\nallow\n", "W003"},
        {DIALECT_CHRONY, "server a\nallow all\n", "W003"},
        {DIALECT_CHRONY, "server a\nallow 0.0.0.0/0\n", "W003"},
        {DIALECT_CHRONY, "server a\nallow\nratelimit\n", ""},
        {DIALECT_CHRONY, "server a\nallow\ndeny\n", ""},
        {DIALECT_CHRONY, "server a\nallow 192.168/16\n", ""},
        {DIALECT_NTP, "server a\n", ""}, /* a client; ntpd's default serves */
        {DIALECT_NTP, "server a\nrestrict default\n", "W003"},
        {DIALECT_NTP, "server a\nrestrict default\nrestrict default limited\n", ""},
        {DIALECT_NTP, "server a\n" LIMITED "restrict 127.0.0.1\nrestrict ::1\n", ""},
        /* out of one's own house */
        {DIALECT_NTP, "server a\n" LIMITED, "W006"},
        {DIALECT_NTP, "server a\nrestrict default ignore\nrestrict source\n", "W006"},
        {DIALECT_NTP, "server a\n" LIMITED "restrict 127.0.0.1 noquery\n", "W006"},
        {DIALECT_NTP, "server a\nrestrict 127.0.0.1 nomodify\nrestrict ::1 ignore\n", "W006"},
        {DIALECT_NTP, "server a\n" LIMITED "restrict 127.0.0.0 mask 255.0.0.0\n", ""},
        {DIALECT_NTP, "server a\nrestrict default nomodify\n", ""},
        /* one's own sources */
        {DIALECT_NTP, "server 192.0.2.1\nrestrict 192.0.2.0/24 ignore\n", "W012"},
        {DIALECT_NTP, "server 192.0.2.1\nrestrict 192.0.2.0/24 ignore\nrestrict source\n", ""},
        {DIALECT_NTP, "server a.b\n" IGNORED, "W012"},
        {DIALECT_NTP, "pool a.b\n" IGNORED, "W012"},
        {DIALECT_NTP, "server -4 a.b\n" IGNORED "restrict -6 2001:db8::/32\n", "W012"},
        {DIALECT_NTP, "server a.b\n" IGNORED "restrict source nomodify\n", ""},
        {DIALECT_NTP, "server a.b\n" IGNORED "restrict A.b nomodify\n", ""},
        {DIALECT_NTP, "server a.b\n" IGNORED "restrict 192.0.2.0/24 nomodify\n", ""},
        {DIALECT_NTP, "server localhost\n" IGNORED, ""},
        {DIALECT_NTP, "server 127.127.28.0\n" IGNORED, ""},
        {DIALECT_NTP, "server a.b\nrestrict -4 default ignore\nrestrict 127.0.0.1\n", ""},
        /* counts */
        {DIALECT_CHRONY, "rtcsync\n", "W013"},
        {DIALECT_CHRONY, "local\n", ""},
        {DIALECT_CHRONY, "server a\nserver b\nserver c\nminsources 4\n", "W015"},
    };
    char codes[100];
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        warnings_of(cases[i].text, cases[i].dialect, codes);
        if (strcmp(codes, cases[i].codes) != 0) {
            fail_msg("%s: '%s', not '%s'", cases[i].text, codes, cases[i].codes);
        }
    }
}

/* Paths are those of the tree. */
static int go_to_the_top(void **state)
{
    char path[512] = __FILE__;
    char *slash = strrchr(path, '/');
    (void)state;

    if (slash == NULL) {
        return -1;
    }
    snprintf(slash, sizeof path - (size_t)(slash - path), "/../..");
    return chdir(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sound),
        cmocka_unit_test(calls_and_table_fit),
        cmocka_unit_test(all_messages_of_the_vectors_have_one),
        cmocka_unit_test(warnings_about_what_a_file_means),
    };
    return cmocka_run_group_tests(tests, go_to_the_top, NULL);
}
