/* SPDX-License-Identifier: BSD-2-Clause */
/* Text to address and back, checked against the C library's own parser and printer. */
#include "core/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "check.h"

static struct address parsed(const char *text)
{
    struct address a;

    assert_true(address_parse(text, &a));
    return a;
}

static void test_good_text(void **state)
{
    static const char *const rows[][2] = {
        {"0.0.0.0", "0.0.0.0"},
        {"192.0.2.1", "192.0.2.1"},
        {"255.255.255.255", "255.255.255.255"},
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, /* one zero group stays */
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},          /* longest run */
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},    /* first of equals */
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
        {"::ffff:c000:201", "::ffff:192.0.2.1"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {"fe80::1%2", "fe80::1%2"},
        {"fe80::1%4294967295", "fe80::1%4294967295"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct address a = parsed(rows[i][0]);
        char text[ADDRESS_TEXT_MAX];

        assert_string_equal(address_format(&a, text), rows[i][1]);
    }
}

static void test_bad_text(void **state)
{
    static const char *const rows[] = {
        "",
        " ",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.04",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1..2.3",
        "1.2.3.",
        ".1.2.3",
        "1.2.3.-4",
        "+1.2.3.4",
        "0x1.2.3.4",
        "1.2.3.4%1",
        "1.2.3.4/24",
        ":",
        ":::",
        "1:2",
        "::1::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "12345::",
        "g::",
        "1:",
        ":1",
        "1:2:3:4:5:6:7:",
        "::1.2.3",
        "::1.2.3.4.5",
        "::1.2.3.4:5",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1.2.3.4::",
        "[::1]",
        "fe80::1%",
        "fe80::1%eth0",
        "fe80::1%1%2",
        "fe80::1%4294967296",
        "fe80::1%01",
        "%1",
        "ntp.example",
        "0000000000000000000000000000000000000000000000000000000000000000000001::",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct address a, none = {0};

        memset(&a, 0xff, sizeof a);
        if (address_parse(rows[i], &a)) {
            fail_msg("taken as an address: '%s'", rows[i]);
        }
        assert_memory_equal(&a.bytes, &none.bytes, sizeof none.bytes);
        assert_int_equal(a.family, ADDRESS_NONE);
    }
}

/* Random text of the alphabet of addresses: we and inet_pton(3) agree on each. */
static void test_parse_like_libc(void **state)
{
    struct dice d = {3};
    unsigned good = 0;

    (void)state;
    for (unsigned i = 0; i < 400000; i++) {
        static const char alphabet[] = "0123:::.af19";
        char text[24];
        unsigned n = 1 + dice_below(&d, 15);
        struct in6_addr v6;
        struct in_addr v4;
        struct address a;
        bool ours;

        for (unsigned k = 0; k < n; k++) {
            text[k] = alphabet[dice_below(&d, sizeof alphabet - 1)];
        }
        text[n] = '\0';
        ours = address_parse(text, &a);
        if (inet_pton(AF_INET6, text, &v6) == 1) {
            assert_true(ours && a.family == ADDRESS_V6);
            assert_memory_equal(a.bytes, &v6, 16);
            good++;
        } else if (inet_pton(AF_INET, text, &v4) == 1) {
            assert_true(ours && a.family == ADDRESS_V4);
            assert_memory_equal(a.bytes, &v4, 4);
            good++;
        } else if (ours) {
            fail_msg("the C library refuses '%s'", text);
        }
    }
    assert_true(good > 1000);
}

/* format -> inet_pton and format -> parse give the address back, whatever its zeros. */
static void test_format_round_trip(void **state)
{
    struct dice d = {4};

    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        struct address a = {.family = ADDRESS_V6}, b;
        char text[ADDRESS_TEXT_MAX];
        struct in6_addr v6;

        for (unsigned k = 0; k < 16; k++) {
            a.bytes[k] = dice_below(&d, 3) ? 0 : (uint8_t)dice_u64(&d);
        }
        address_format(&a, text);
        assert_int_equal(inet_pton(AF_INET6, text, &v6), 1);
        assert_memory_equal(&v6, a.bytes, 16);
        assert_true(address_parse(text, &b) && address_equal(&a, &b));
    }
}

static void test_format_port(void **state)
{
    char text[ADDRESS_TEXT_MAX];
    struct address a = parsed("192.0.2.1");

    (void)state;
    a.port = 123;
    assert_string_equal(address_format_port(&a, text), "192.0.2.1:123");
    a = parsed("fe80:1234:5678:9abc:def0:1234:5678:9abc%4294967295");
    a.port = 65535;
    assert_string_equal(address_format_port(&a, text),
                        "[fe80:1234:5678:9abc:def0:1234:5678:9abc%4294967295]:65535");
    a = (struct address){0};
    assert_string_equal(address_format_port(&a, text), "-");
}

static void test_equal(void **state)
{
    struct address a = parsed("192.0.2.1"), b = a;

    (void)state;
    b.port = 5;
    assert_true(address_equal(&a, &b));
    b.bytes[3] = 2;
    assert_false(address_equal(&a, &b));
    a = parsed("fe80::1%1");
    b = parsed("fe80::1%2");
    assert_false(address_equal(&a, &b));
    b = (struct address){0};
    assert_false(address_equal(&a, &b));
}

static void test_kinds(void **state)
{
    static const struct {
        const char *text;
        bool loopback, unicast;
    } rows[] = {
        {"127.0.0.1", true, true},
        {"127.255.255.254", true, true},
        {"128.0.0.1", false, true},
        {"0.0.0.0", false, false},
        {"0.1.2.3", false, false},
        {"1.0.0.0", false, true},
        {"223.255.255.255", false, true},
        {"224.0.1.1", false, false},
        {"240.0.0.1", false, false},
        {"255.255.255.255", false, false},
        {"::", false, false},
        {"::1", true, true},
        {"::2", false, true},
        {"ff02::101", false, false},
        {"fe80::1", false, true},
        {"2001:db8::1", false, true},
        {"::ffff:127.0.0.1", true, true},
        {"::ffff:224.0.0.1", false, false},
        {"::ffff:192.0.2.1", false, true},
        {"::ffff:0.0.0.0", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct address a = parsed(rows[i].text);

        assert_int_equal(address_is_loopback(&a), rows[i].loopback);
        assert_int_equal(address_is_unicast(&a), rows[i].unicast);
    }
    assert_false(address_is_unicast(&(struct address){0}));
}

/* S24. The MD5 of the sixteen bytes of 2001:db8::1 is 39ab9b3749629b8f.... */
static void test_refid(void **state)
{
    struct address a = parsed("192.0.2.33");

    (void)state;
    assert_int_equal(address_refid(&a), 0xc0000221u);
    a = parsed("2001:db8::1");
    assert_int_equal(address_refid(&a), 0x39ab9b37u);
    assert_int_equal(address_refid(&(struct address){0}), 0);
}

/* Against a bit-by-bit comparison, at every length. */
static void test_prefix(void **state)
{
    struct dice d = {5};

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        bool v6 = dice_below(&d, 2);
        unsigned width = v6 ? 128 : 32, differ = dice_below(&d, width + 1);
        struct address a = {.family = v6 ? ADDRESS_V6 : ADDRESS_V4}, b;

        dice_fill(&d, a.bytes, width / 8);
        b = a;
        for (unsigned bit = differ; bit < width; bit++) {
            if (bit == differ || dice_below(&d, 2)) {
                b.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
            }
        }
        for (unsigned length = 0; length <= width; length++) {
            assert_int_equal(address_in_prefix(&a, &b, length), length <= differ);
        }
        b.family = v6 ? ADDRESS_V4 : ADDRESS_V6;
        assert_false(address_in_prefix(&a, &b, 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_text),       cmocka_unit_test(test_bad_text),
        cmocka_unit_test(test_parse_like_libc), cmocka_unit_test(test_format_round_trip),
        cmocka_unit_test(test_format_port),     cmocka_unit_test(test_equal),
        cmocka_unit_test(test_kinds),           cmocka_unit_test(test_refid),
        cmocka_unit_test(test_prefix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
