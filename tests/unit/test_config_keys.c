/* SPDX-License-Identifier: BSD-2-Clause */
/* Key files of both kinds, trustedkey, and sources with keys: what is taken, and the whole output
 * where something is wrong (reliability F08, CVE-2021-22212). No message may show a secret. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/keys.h"

static struct config *c;
static char output[100000];

static int start(void **state)
{
    (void)state;
    c = config_new();
    assert_non_null(c);
    return 0;
}

static int end(void **state)
{
    (void)state;
    config_free(c);
    return 0;
}

static const char *messages(void)
{
    size_t used = 0;

    output[0] = '\0';
    for (unsigned i = 0; i < c->message_count; i++) {
        used += config_message_format(&c->messages[i], output + used, sizeof output - used);
    }
    return output;
}

static const char *read_keys(const char *text, enum keys_format format)
{
    memset(c, 0, sizeof *c);
    keys_read_text(c, "k", text, strlen(text), format);
    assert_int_equal(c->error_count, 0);
    return messages();
}

static void assert_key(uint32_t id, enum mac_algorithm algorithm, const char *secret, size_t length)
{
    const struct mac_key *key = mac_find(&c->keys, id);

    assert_non_null(key);
    assert_int_equal(key->algorithm, algorithm);
    assert_int_equal(key->length, length);
    assert_memory_equal(c->keys.secrets + key->at, secret, length);
}

static void test_chrony_lines(void **state)
{
    (void)state;
    assert_string_equal(read_keys("# a comment\n! another\n; and\n% more\n\n"
                                  "1 SHA1 HEX:000102030405060708090a0b0c0d0e0f10111213\r\n"
                                  "  2\tSHA256   ASCII:tulip and no more is read # 4th\n",
                                  KEYS_CHRONY),
                        "k:7:26: warning: unexpected argument after key 2; it is not used [W004]\n"
                        "      2 SHA256   *********** *** ** **** ** **** * ***\n"
                        "                             ^~~\n"
                        "  a line is: ID [TYPE] KEY\n");
    assert_key(1, MAC_SHA1, "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23", 20);
    assert_null(mac_find(&c->keys, 2));

    assert_string_equal(read_keys("\xef\xbb\xbf"
                                  "7 sha512 with#hash#in#it # and a comment\n"
                                  "4294967295 AES128 HEX:000102030405060708090A0B0C0D0E0F\n"
                                  "9 AES256 abcdefghijklmnopqrstuvwxyz012345",
                                  KEYS_CHRONY),
                        "");
    assert_key(7, MAC_SHA512, "with#hash#in#it", 15);
    assert_key(4294967295u, MAC_AES128, "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 16);
    assert_key(9, MAC_AES256, "abcdefghijklmnopqrstuvwxyz012345", 32);

    assert_string_equal(
        read_keys("3 correct-horse-battery\n", KEYS_CHRONY),
        "k:1:1: warning: key 3 is used with MD5, which RFC 8573 advises against [W005]\n"
        "    3 *********************\n"
        "    ^\n"
        "  a better type is AES128 (toki keygen --type AES128)\n");
    assert_key(3, MAC_MD5, "correct-horse-battery", 21);
}

static void test_ntp_lines(void **state)
{
    (void)state;
    assert_string_equal(
        read_keys("# ntpkey_SHA1_x\n"
                  "65535 SHA1 twenty.characters.ok  # SHA1 key\n"
                  "2 RIPEMD160 00112233445566778899aabbccddeeff00112233\n"
                  "3 AES-CMAC 000102030405060708090a0b0c0d0e0f\n"
                  "4 AES128CMAC 000102030405060708090a0b0c0d0e0f# no blank in front\n",
                  KEYS_NTP),
        "k:5:14: warning: key 4 has a '#', which starts a comment; it is not used [W004]\n"
        "    4 AES128CMAC ********************************* ** ***** ** *****\n"
        "                 ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
        "  write the key as hexadecimal digits\n");
    assert_key(65535, MAC_SHA1, "twenty.characters.ok", 20);
    assert_key(2, MAC_RIPEMD160,
               "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x00\x11\x22\x33",
               20);
    assert_key(3, MAC_AES128, "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 16);

    /* M of old, and whatever begins with it; once said is enough */
    assert_string_equal(
        read_keys("1 M HEX:0123456789\n2 Mickey ten.letters\n", KEYS_NTP),
        "k:1:3: warning: key 1 is used with MD5, which RFC 8573 advises against [W005]\n"
        "    1 M **************\n"
        "      ^\n"
        "  a better type is AES128 (toki keygen --type AES128)\n");
    assert_key(1, MAC_MD5, "HEX:0123456789", 14);
    assert_key(2, MAC_MD5, "ten.letters", 11);

    /* ntpd makes them fit */
    assert_string_equal(
        read_keys("1 AES short\n2 AES this.one.is.too.long\n"
                  "3 SHA1 "
                  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff99\n",
                  KEYS_NTP),
        "k:1:7: warning: key 1 has 5 bytes: it can be found by brute force [W005]\n"
        "    1 AES *****\n"
        "          ^~~~~\n"
        "  make a better one: toki keygen\n"
        "k:1:7: warning: key 1 has 5 bytes: it is padded with zeros to 16 [W004]\n"
        "    1 AES *****\n"
        "          ^~~~~\n"
        "  ntpd does the same\n"
        "k:2:7: warning: key 2 has 20 bytes: it is truncated to 16 [W004]\n"
        "    2 AES ********************\n"
        "          ^~~~~~~~~~~~~~~~~~~~\n"
        "  ntpd does the same\n"
        "k:3:8: warning: only the first 32 bytes of key 3 are used [W004]\n"
        "    3 SHA1 ******************************************************************\n"
        "           ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
        "  ntpd does the same\n");
    assert_key(1, MAC_AES128, "short\0\0\0\0\0\0\0\0\0\0", 16);
    assert_key(2, MAC_AES128, "this.one.is.too.", 16);
    assert_int_equal(mac_find(&c->keys, 3)->length, 32);
}

/* Each costs its own key, and the last line of the file is as good as if it were alone. */
static void test_wrong_lines(void **state)
{
    static const struct {
        enum keys_format format;
        const char *line, *expected;
    } rows[] = {
        {KEYS_CHRONY, "0 SHA1 HEX:00112233445566778899",
         "k:1:1: warning: '0' is not a valid key number; the line is ignored [W004]\n"
         "    0 **** ************************\n"
         "    ^\n"
         "  a line starts with a key number from 1 to 4294967295\n"},
        {KEYS_CHRONY, "4294967296 SHA1 HEX:00112233445566778899",
         "k:1:1: warning: '4294967296' is not a valid key number; the line is ignored [W004]\n"
         "    4294967296 **** ************************\n"
         "    ^~~~~~~~~~\n"
         "  a line starts with a key number from 1 to 4294967295\n"},
        {KEYS_NTP, "65536 SHA1 abcdefghijkl",
         "k:1:1: warning: '65536' is not a valid key number; the line is ignored [W004]\n"
         "    65536 **** ************\n"
         "    ^~~~~\n"
         "  a line starts with a key number from 1 to 65535\n"},
        {KEYS_NTP, "opensesame",
         "k:1:1: warning: not a key number; the line is ignored [W004]\n"
         "    **********\n"
         "    ^~~~~~~~~~\n"
         "  a line starts with a key number from 1 to 65535\n"},
        {KEYS_CHRONY, "5",
         "k:1:2: warning: key 5 has no secret; it is not used [W004]\n"
         "    5\n"
         "     ^\n"
         "  a line is: ID [TYPE] KEY\n"},
        {KEYS_NTP, "5 # M secret",
         "k:1:2: warning: key 5 has no type; it is not used [W004]\n"
         "    5 * * ******\n"
         "     ^\n"
         "  a line is: ID TYPE KEY\n"},
        {KEYS_NTP, "5 opensesame",
         "k:1:13: warning: key 5 has no secret; it is not used [W004]\n"
         "    5 **********\n"
         "                ^\n"
         "  a line is: ID TYPE KEY\n"},
        {KEYS_CHRONY, "5 SHA257 HEX:00112233445566778899",
         "k:1:3: warning: the type of key 5 is not known; it is not used [W004]\n"
         "    5 ****** ************************\n"
         "      ^~~~~~\n"
         "  MD5, SHA1, SHA256, SHA384, SHA512, SHA3-256, AES128, AES256, ...\n"},
        {KEYS_CHRONY, "5 TIGER HEX:00112233445566778899",
         "k:1:3: warning: the type of key 5 is not supported; it is not used [W004]\n"
         "    5 TIGER ************************\n"
         "      ^~~~~\n"
         "  MD5, SHA1, SHA256, SHA384, SHA512, SHA3-256, AES128, AES256, ...\n"},
        {KEYS_CHRONY, "5 SHA1 HEX:0011223344556677889g",
         "k:1:8: warning: key 5 has characters that are not hexadecimal digits; it is not used "
         "[W004]\n"
         "    5 SHA1 ************************\n"
         "           ^~~~~~~~~~~~~~~~~~~~~~~~\n"
         "  0-9 and a-f\n"},
        {KEYS_CHRONY, "5 SHA1 HEX:0011223344556677889",
         "k:1:8: warning: key 5 has an odd number of hexadecimal digits; it is not used [W004]\n"
         "    5 SHA1 ***********************\n"
         "           ^~~~~~~~~~~~~~~~~~~~~~~\n"
         "  two digits make a byte\n"},
        {KEYS_NTP, "5 SHA1 twenty-one.characters",
         "k:1:8: warning: key 5 has characters that are not hexadecimal digits; it is not used "
         "[W004]\n"
         "    5 SHA1 *********************\n"
         "           ^~~~~~~~~~~~~~~~~~~~~\n"
         "  a key of more than 20 characters is hexadecimal\n"},
        {KEYS_CHRONY, "5 SHA1 HEX:",
         "k:1:8: warning: key 5 is empty; it is not used [W004]\n"
         "    5 SHA1 ****\n"
         "           ^~~~\n"},
        {KEYS_CHRONY, "5 AES128 HEX:00112233445566778899",
         "k:1:10: warning: key 5 has 10 bytes, but AES128 takes 16; it is not used [W004]\n"
         "    5 AES128 ************************\n"
         "             ^~~~~~~~~~~~~~~~~~~~~~~~\n"},
        {KEYS_NTP, "5 SHA1 abcdefghijkl 192.0.2.1",
         "k:1:21: warning: key 5 is limited to addresses, which is not supported; it is not used "
         "[W004]\n"
         "    5 SHA1 ************ *********\n"
         "                        ^~~~~~~~~\n"
         "  a line is: ID TYPE KEY\n"},
        {KEYS_NTP, "5 SHA1 pa#ss", /* ntpkeygen of NTPsec 1.2.0 wrote such */
         "k:1:8: warning: key 5 has a '#', which starts a comment; it is not used [W004]\n"
         "    5 SHA1 *****\n"
         "           ^~\n"
         "  write the key as hexadecimal digits\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[200];

        assert_string_equal(read_keys(rows[i].line, rows[i].format), rows[i].expected);
        assert_int_equal(c->keys.count, 0);
        snprintf(text, sizeof text, "%s\n6 SHA1 a-good-secret\n", rows[i].line);
        assert_string_equal(read_keys(text, rows[i].format), rows[i].expected);
        assert_key(6, MAC_SHA1, "a-good-secret", 13);
        assert_int_equal(c->keys.count, 1);
    }
}

static void test_weak_and_double(void **state)
{
    (void)state;
    assert_string_equal(
        read_keys("1 SHA1 x\n2 SHA1 first-secret\n2 SHA256 second-secret\n", KEYS_CHRONY),
        "k:1:8: warning: key 1 has 1 byte: it can be found by brute force [W005]\n"
        "    1 SHA1 *\n"
        "           ^\n"
        "  make a better one: toki keygen\n"
        "k:3:1: warning: key 2 repeated: this line takes effect [W004]\n"
        "    2 SHA256 *************\n"
        "    ^\n");
    assert_key(1, MAC_SHA1, "x", 1);
    assert_key(2, MAC_SHA256, "second-secret", 13);
    assert_int_equal(c->keys.count, 2);
}

static void test_damaged_files(void **state)
{
    static char text[200000];
    size_t used = 0;

    (void)state;
    memset(c, 0, sizeof *c);
    keys_read_text(c, "k", "1 SHA1 a-good-secret\n2 SHA1 \0ther\n", 34, KEYS_NTP);
    assert_string_equal(messages(),
                        "k:2:1: warning: a NUL byte: this is not a text file [W004]\n"
                        "  the keys from here on are ignored\n");
    assert_int_equal(c->keys.count, 1);

    memset(text, 'a', 3000);
    snprintf(text + 3000, 100, "\n1 SHA1 a-good-secret");
    assert_string_equal(
        read_keys(text, KEYS_CHRONY),
        "k:1:1: warning: the line is longer than 2047 bytes; it is not used [W004]\n");
    assert_key(1, MAC_SHA1, "a-good-secret", 13);

    for (unsigned i = 1; i <= MAC_KEYS_MAX + 1; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%u SHA1 secret-of-%u\n", i, i);
    }
    assert_string_equal(read_keys(text, KEYS_CHRONY),
                        "k:1025:1: warning: key 1025 exceeds the limit for all keys (1024 keys, "
                        "65536 bytes); it is "
                        "not used [W004]\n"
                        "    1025 SHA1 **************\n"
                        "    ^~~~\n");
    assert_int_equal(c->keys.count, MAC_KEYS_MAX);
    assert_key(1024, MAC_SHA1, "secret-of-1024", 14);
}

/* ---- with a configuration around it ---- */

static char folder[] = "/tmp/toki-keys-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/k", mkdtemp(folder));
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

/* Messages with the path of the file written as "K". */
static const char *__attribute__((format(printf, 3, 4)))
load(const char *keys, mode_t mode, const char *format, ...)
{
    char text[2000], *at;
    FILE *f;
    va_list arguments;

    unlink(path);
    if (keys) {
        f = fopen(path, "w");
        assert_non_null(f);
        fputs(keys, f);
        fclose(f);
        assert_int_equal(chmod(path, mode), 0);
    }
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    while ((at = strstr(text, "@")) != NULL) {
        char rest[2000];

        snprintf(rest, sizeof rest, "%s", at + 1);
        snprintf(at, sizeof text - (size_t)(at - text), "%s%s", path, rest);
    }
    config_load_text(c, "x.conf", text, strlen(text), DIALECT_UNKNOWN);
    messages();
    while ((at = strstr(output, path)) != NULL) {
        memmove(at + 1, at + strlen(path), strlen(at + strlen(path)) + 1);
        *at = 'K';
    }
    return output;
}

#define GOOD_CHRONY                                                                                \
    "1 SHA1 HEX:000102030405060708090a0b0c0d0e0f10111213\n"                                        \
    "2 SHA256 HEX:000102030405060708090a0b0c0d0e0f10111213\n"                                      \
    "3 AES128 HEX:000102030405060708090a0b0c0d0e0f\n"

static void test_chrony_sources(void **state)
{
    const struct source_spec *specs = c->settings.specs;

    (void)state;
    assert_string_equal(load(GOOD_CHRONY, 0640,
                             "server a key 1\nserver b key 2\nserver c key 2 version 4\n"
                             "server d key 3 version 3\nkeyfile @\nserver e\nrtcsync\n"),
                        "");
    assert_int_equal(c->keys.count, 3);
    assert_int_equal(specs[0].key_id, 1);
    assert_int_equal(specs[0].version, 4);
    assert_int_equal(specs[1].version, 3); /* a digest above 160 bits, as chronyd */
    assert_int_equal(specs[2].version, 4);
    assert_int_equal(specs[3].version, 3);
    assert_int_equal(specs[4].key_id, 0);
    assert_true(specs[1].long_mac);

    assert_string_equal(load(GOOD_CHRONY, 0640, "server a key 4 iburst\nkeyfile @\nrtcsync\n"),
                        "x.conf:1:14: error: there is no usable key 4 in 'K' [E017]\n"
                        "    server a key 4 iburst\n"
                        "                 ^\n");
    assert_string_equal(load(NULL, 0, "server a key 4\nkeyfile @\nrtcsync\n"),
                        "x.conf:2:9: warning: 'K': no such file [W004]\n"
                        "  no key can be used\n"
                        "x.conf:1:14: error: key 4 is unknown: 'K': no such file [E017]\n"
                        "    server a key 4\n"
                        "                 ^\n");
    assert_string_equal(load(NULL, 0, "server a key 4\nrtcsync\n"),
                        "x.conf:1:14: error: key 4 is unknown: no key file is configured [E017]\n"
                        "    server a key 4\n"
                        "                 ^\n"
                        "  add a line: keyfile FILE\n");
    /* beside other errors, too; but not if it may be one of them that names no keys */
    assert_string_equal(load(GOOD_CHRONY, 0640, "rtcsync\nserver a key 4\nkeyfile @\nsever b\n"),
                        "x.conf:4:1: error: unknown directive 'sever' [E001]\n"
                        "    sever b\n"
                        "    ^~~~~\n"
                        "  did you mean 'server'?\n"
                        "x.conf:2:14: error: there is no usable key 4 in 'K' [E017]\n"
                        "    server a key 4\n"
                        "                 ^\n");
    assert_string_equal(load(GOOD_CHRONY, 0640, "rtcsync\nserver a key 4\nkeyfle @\n"),
                        "x.conf:3:1: error: unknown directive 'keyfle' [E001]\n"
                        "    keyfle K\n"
                        "    ^~~~~~\n"
                        "  did you mean 'keyfile'?\n");
    /* what a distribution ships: the file may be there or not */
    assert_string_equal(load(NULL, 0, "pool a\nkeyfile @\nrtcsync\n"), "");
    assert_false(c->keys_unreadable);
    assert_string_equal(
        load(GOOD_CHRONY, 0644, "pool a\nkeyfile @\nrtcsync\n"),
        "x.conf:2:9: warning: any user on this host can read the keys in 'K' [W005]\n"
        "  chmod 640 'K'\n");
    assert_string_equal(
        load(GOOD_CHRONY, 0602, "pool a\nkeyfile @\nrtcsync\n"),
        "x.conf:2:9: warning: any user on this host can write the keys in 'K' [W005]\n"
        "  chmod 640 'K'\n");
    assert_string_equal(load(NULL, 0, "pool a\nkeyfile /\nrtcsync\n"),
                        "x.conf:2:9: warning: '/': is a directory [W004]\n"
                        "  no key can be used\n");
    assert_true(c->keys_unreadable);
}

#define GOOD_NTP                                                                                   \
    "1 SHA1 000102030405060708090a0b0c0d0e0f10111213\n"                                            \
    "2 SHA256 000102030405060708090a0b0c0d0e0f10111213\n"                                          \
    "6 AES 000102030405060708090a0b0c0d0e0f\n"                                                     \
    "9 SHA1 a-good-secret\n"

static void test_ntp_trust(void **state)
{
    (void)state;
    assert_string_equal(load(GOOD_NTP, 0600,
                             "server a key 2\nkeys @\ntrustedkey 1 2 (5 ... 8)\ncontrolkey 1\n"
                             "requestkey 1\n"),
                        "");
    assert_int_equal(c->keys.count, 3); /* 9 is not trusted */
    assert_non_null(mac_find(&c->keys, 6));
    assert_null(mac_find(&c->keys, 9));
    assert_int_equal(c->settings.specs[0].version, 4);
    assert_false(c->settings.specs[0].long_mac);
    assert_int_equal(c->control_key, 1);
    assert_string_equal(load(GOOD_NTP, 0600, "server a\nkeys @\ntrustedkey 1\ncontrolkey 9\n"),
                        "x.conf:4:1: warning: key 9, which allows ntpq to make changes, is "
                        "not usable and trusted [W004]\n"
                        "  add the lines: keys FILE and trustedkey 9\n");

    assert_string_equal(load(GOOD_NTP, 0600,
                             "trustedkey 1\ntrustedkey (2...3)\ntrustedkey ( 4 ...\t9 )6 (7 ...8)\n"
                             "keys @\nserver a key 9 iburst\n"),
                        "");
    assert_int_equal(c->keys.count, 4);
    assert_string_equal(load(GOOD_NTP, 0600, "server a key 9 iburst\nkeys @\ntrustedkey 1\n"),
                        "x.conf:1:14: error: key 9 is not trusted [E017]\n"
                        "    server a key 9 iburst\n"
                        "                 ^\n"
                        "  add a line: trustedkey 9\n");
    assert_string_equal(
        load(GOOD_NTP, 0600, "server a iburst\nkeys @\ntrustedkey 1 4 (20 ... 30)\n"),
        "x.conf:3:14: warning: there is no usable key 4 in 'K' [W004]\n");
    assert_string_equal(
        load(NULL, 0, "server a iburst\ntrustedkey 1 4\n"),
        "x.conf:2:12: warning: a key is trusted, but no key file is configured [W004]\n"
        "  add a line: keys FILE\n");
    assert_string_equal(load(GOOD_NTP, 0600, "server a iburst\nkeys @\n"), "");
    assert_int_equal(c->keys.count, 0);
}

static void test_wrong_trust(void **state)
{
    static const struct {
        const char *line, *expected;
    } rows[] = {
        {"trustedkey 0",
         "x.conf:1:12: error: '0' is not a valid key number [E017]\n"
         "    trustedkey 0\n"
         "               ^\n"
         "  a whole number from 1 to 65535\n"},
        {"trustedkey 1 65536",
         "x.conf:1:14: error: '65536' is not a valid key number [E017]\n"
         "    trustedkey 1 65536\n"
         "                 ^~~~~\n"
         "  a whole number from 1 to 65535\n"},
        {"trustedkey 1-5",
         "x.conf:1:12: error: expected a key number [E005]\n"
         "    trustedkey 1-5\n"
         "               ^~~\n"
         "  usage: trustedkey 1 3 (5 ... 9)\n"},
        {"trustedkey (5 ...",
         "x.conf:1:18: error: expected a key number [E005]\n"
         "    trustedkey (5 ...\n"
         "                     ^\n"
         "  usage: trustedkey 1 3 (5 ... 9)\n"},
        {"trustedkey (5 9)",
         "x.conf:1:15: error: expected '...' [E005]\n"
         "    trustedkey (5 9)\n"
         "                  ^~\n"
         "  usage: trustedkey 1 3 (5 ... 9)\n"},
        {"trustedkey (5 ... 9",
         "x.conf:1:20: error: expected ')' [E005]\n"
         "    trustedkey (5 ... 9\n"
         "                       ^\n"
         "  usage: trustedkey 1 3 (5 ... 9)\n"},
        {"trustedkey (9 ... 5)",
         "x.conf:1:12: error: the end of the range is before its start [E017]\n"
         "    trustedkey (9 ... 5)\n"
         "               ^~\n"
         "  usage: trustedkey 1 3 (5 ... 9)\n"},
        {"trustedkey",
         "x.conf:1:11: error: 'trustedkey' needs 'key' [E005]\n"
         "    trustedkey\n"
         "              ^\n"
         "  usage: trustedkey key...\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(load(NULL, 0, "%s\nrestrict default\n", rows[i].line),
                            rows[i].expected);
    }
}

static void test_notrust(void **state)
{
    (void)state;
    assert_string_equal(
        load(GOOD_NTP, 0600, "server a\nkeys @\ntrustedkey 1\nrestrict 10.0.0.0/8 notrust\n"), "");
    assert_string_equal(
        load(GOOD_NTP, 0600, "server a\nkeys @\nrestrict 10.0.0.0/8 notrust\n"),
        "x.conf:3:1: warning: there are no keys, so no packet can satisfy 'notrust' [W020]\n"
        "  to deny all of them, use 'noserve'\n");
}

static unsigned flags(const struct source_spec *s)
{
    return (unsigned)s->trust << 2 | (unsigned)s->require << 1 | (unsigned)s->noselect;
}

/* authselectmode: trust, require and noselect of a source with a key, one without, a clock. */
static void test_authselectmode(void **state)
{
    static const struct {
        const char *line;
        unsigned with, without, clock;
    } rows[] = {
        {"", 6, 0, 6},
        {"authselectmode mix", 6, 0, 6},
        {"authselectmode IGNORE", 0, 0, 0},
        {"authselectmode prefer", 0, 1, 0},
        {"authselectmode require", 0, 1, 0},
    };
    const struct source_spec *s = c->settings.specs;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(load(GOOD_CHRONY, 0600,
                                 "server a key 2\nserver b\nrefclock SHM 0\nkeyfile @\n%s\n",
                                 rows[i].line),
                            "");
        assert_int_equal(flags(&s[0]), rows[i].with);
        assert_int_equal(flags(&s[1]), rows[i].without);
        assert_int_equal(flags(&s[2]), rows[i].clock);
    }
    load(NULL, 0, "server a\nserver b\nserver c\nauthselectmode prefer\n");
    assert_int_equal(flags(&s[0]), 0); /* there is nothing better */
    load(NULL, 0, "server a\nserver b\nserver c\nrtcsync\n");
    assert_int_equal(flags(&s[0]), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        /* what is only measured neither counts nor is required */
        assert_string_equal(load(GOOD_CHRONY, 0600,
                                 "server a key 2 noselect\nserver b\nrefclock SHM 0\nkeyfile @\n"
                                 "%s\n",
                                 rows[i].line),
                            "");
        assert_int_equal(flags(&s[0]), 1);
        assert_int_equal(flags(&s[1]), i == 4);
        assert_int_equal(flags(&s[2]), 0);
    }
    assert_string_equal(load(NULL, 0, "authselectmode some\n"),
                        "x.conf:1:16: error: unknown mode 'some' [E009]\n"
                        "    authselectmode some\n"
                        "                   ^~~~\n"
                        "  require, prefer, mix or ignore\n");
}

/* Any bytes: no crash, and not one byte of a secret of eight or more in any message. */
static void test_no_message_shows_a_secret(void **state)
{
    static const char *const pieces[] = {
        "SECRETSECRET", "1",      "2",     "4294967296", "0", "SHA1", "SHA257",  "MD5", "AES128",
        "HEX:",         "ASCII:", "TIGER", "#",          " ", " ",    "\t",      " ",   "\n",
        "\xe6\x9d\xb1", "\xff",   "(",     "AES",        "M", ";",    "HEX:0102"};
    struct dice d = {5};

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        char text[400] = "";
        size_t used = 0;

        for (unsigned k = dice_below(&d, 30); k > 0; k--) {
            const char *piece = pieces[dice_below(&d, sizeof pieces / sizeof pieces[0])];

            used += (size_t)snprintf(text + used, sizeof text - used, "%s", piece);
        }
        read_keys(text, dice_below(&d, 2) ? KEYS_NTP : KEYS_CHRONY);
        assert_null(strstr(output, "SECRET"));
    }
}

/* CVE-2021-22212: what is written is read again, by either format, any secret: 10^5 keys. */
static void test_written_lines_are_read_again(void **state)
{
    struct dice d = {6};
    unsigned written = 0;

    (void)state;
    while (written < 100000) {
        enum keys_format format = dice_below(&d, 2) ? KEYS_NTP : KEYS_CHRONY;
        enum mac_algorithm algorithm = dice_below(&d, MAC_ALGORITHMS);
        size_t wanted = mac_secret_length(algorithm);
        size_t length = wanted ? wanted : 1 + dice_below(&d, format == KEYS_NTP ? 32 : 80);
        uint32_t id = (uint32_t)dice_u64(&d) >> dice_below(&d, 32);
        uint8_t secret[MAC_SECRET_MAX];
        char line[1200];
        size_t used;

        dice_fill(&d, secret, length);
        used = keys_write_line(format, id, algorithm, secret, length, line, sizeof line);
        if (used == 0) {
            assert_true(id == 0 || !keys_type_name(format, algorithm) ||
                        (format == KEYS_NTP && (id > 65535 || length <= 10)));
            continue;
        }
        assert_int_equal(used, strlen(line));
        c->message_count = c->warning_count = c->error_count = 0;
        c->keys.count = c->keys.used = 0;
        keys_read_text(c, "k", line, used, format);
        assert_int_equal(c->keys.count, 1);
        assert_key(id, algorithm, (const char *)secret, length);
        assert_int_equal(c->warning_count, (algorithm == MAC_MD5) + (length < 10));
        written++;
    }
    assert_int_equal(keys_write_line(KEYS_CHRONY, 1, MAC_AES128,
                                     (const uint8_t *)"0123456789abcdef", 16, output, 44),
                     0);
    assert_int_equal(keys_write_line(KEYS_CHRONY, 1, MAC_AES128,
                                     (const uint8_t *)"0123456789abcdef", 16, output, 46),
                     45);
    assert_string_equal(output, "1 AES128 HEX:30313233343536373839616263646566");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_chrony_lines, start, end),
        cmocka_unit_test_setup_teardown(test_ntp_lines, start, end),
        cmocka_unit_test_setup_teardown(test_wrong_lines, start, end),
        cmocka_unit_test_setup_teardown(test_weak_and_double, start, end),
        cmocka_unit_test_setup_teardown(test_damaged_files, start, end),
        cmocka_unit_test_setup_teardown(test_chrony_sources, start, end),
        cmocka_unit_test_setup_teardown(test_ntp_trust, start, end),
        cmocka_unit_test_setup_teardown(test_wrong_trust, start, end),
        cmocka_unit_test_setup_teardown(test_notrust, start, end),
        cmocka_unit_test_setup_teardown(test_authselectmode, start, end),
        cmocka_unit_test_setup_teardown(test_no_message_shows_a_secret, start, end),
        cmocka_unit_test_setup_teardown(test_written_lines_are_read_again, start, end),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
