/* SPDX-License-Identifier: BSD-2-Clause */
/* Access rules as text, against a plain model of longest prefix (reliability F09): all lengths,
 * host bits set, overlaps, any order. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/access.h"
#include "config/config.h"

static void check_prefix(const char *text, bool short_forms, const char *address, unsigned length)
{
    struct address got;
    unsigned got_length;
    char shown[ADDRESS_TEXT_MAX];
    const char *problem;

    assert_true(access_parse_prefix(text, short_forms, &got, &got_length, &problem));
    assert_string_equal(address_format(&got, shown), address);
    assert_int_equal(got_length, length);
}

static void prefixes_are_read(void **state)
{
    (void)state;
    check_prefix("192.0.2.1", false, "192.0.2.1", 32);
    check_prefix("2001:db8::1", false, "2001:db8::1", 128);
    check_prefix("0.0.0.0/0", false, "0.0.0.0", 0);
    check_prefix("::/0", false, "::", 0);
    /* chrony's short forms */
    check_prefix("10", true, "10.0.0.0", 8);
    check_prefix("1.2", true, "1.2.0.0", 16);
    check_prefix("1.2.3", true, "1.2.3.0", 24);
    check_prefix("1.2.3.4", true, "1.2.3.4", 32);
    check_prefix("10/8", true, "10.0.0.0", 8);
    check_prefix("3.4.5/22", true, "3.4.5.0", 22);
    check_prefix("0/0", true, "0.0.0.0", 0);
}

static void what_is_no_prefix_is_refused(void **state)
{
    static const char *const bad[] = {
        "1.2.3.4/33",   "1.2.3.4/-1", "1.2.3.4/", "1.2.3.4/x", "1.2.3.4/8/8", "::/129",
        "1.2.3.4/1000", "/8",         "256",      "1..2",      "1.2.3.4.5",   "1.2.3.4.",
        "1.2.",         "10.",        "1:2",      "0x10/8",    "1.2.3.4/ 8"};
    struct address address;
    unsigned length;
    const char *problem;
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(access_parse_prefix(bad[i], true, &address, &length, &problem));
        assert_non_null(problem);
    }
    assert_false(access_parse_prefix("10", false, &address, &length, &problem));
    assert_non_null(problem);
    assert_false(access_parse_prefix("ntp.example.org", true, &address, &length, &problem));
    assert_null(problem); /* a name, perhaps */
}

/* ---- the model ---- */

#define RULES 12

struct rule {
    struct address prefix;
    unsigned length;
    bool allow;
};

static struct address draw_address(struct dice *dice, bool v6)
{
    struct address a = {.family = v6 ? ADDRESS_V6 : ADDRESS_V4};
    dice_fill(dice, a.bytes, v6 ? 16 : 4);
    a.bytes[0] = v6 ? 0x20 : 10; /* not ::ffff:0:0/96, and near one another */
    a.bytes[1] &= 1;
    return a;
}

/* Last said of the longest prefix that matches; nobody else. */
static bool model_allows(const struct rule *rules, unsigned count, const struct address *a)
{
    int best = -1;
    bool allow = false;
    for (unsigned i = 0; i < count; i++) {
        if (address_in_prefix(a, &rules[i].prefix, rules[i].length) &&
            (int)rules[i].length >= best) {
            best = (int)rules[i].length;
            allow = rules[i].allow;
        }
    }
    return allow;
}

static void allow_and_deny_are_longest_prefix(void **state)
{
    struct dice dice = {.state = 2015};
    (void)state;

    for (unsigned round = 0; round < 600; round++) {
        struct rule rules[RULES];
        char text[RULES * 100] = "local\n", shown[ADDRESS_TEXT_MAX];
        for (unsigned i = 0; i < RULES; i++) {
            bool v6 = dice_below(&dice, 2) == 1;
            struct rule *r = &rules[i];
            if (i > 0 && dice_below(&dice, 3) > 0) {
                r->prefix = rules[i - 1].prefix; /* overlap */
                v6 = r->prefix.family == ADDRESS_V6;
            } else {
                r->prefix = draw_address(&dice, v6);
            }
            r->length = dice_below(&dice, v6 ? 129 : 33);
            r->allow = dice_below(&dice, 2) == 1;
            snprintf(text + strlen(text), 100, "%s %s/%u\n", r->allow ? "allow" : "deny",
                     address_format(&r->prefix, shown), r->length);
        }
        struct config *c = config_new();
        assert_true(config_load_text(c, "x", text, strlen(text), DIALECT_CHRONY));
        for (unsigned i = 0; i < 200; i++) {
            struct address a = draw_address(&dice, dice_below(&dice, 2) == 1);
            const struct rule *near = &rules[dice_below(&dice, RULES)];
            if (dice_below(&dice, 4) > 0) { /* an address near a rule: one bit apart */
                unsigned bit = dice_below(&dice, near->prefix.family == ADDRESS_V6 ? 128 : 32);
                a = near->prefix;
                a.bytes[bit / 8] = (uint8_t)(a.bytes[bit / 8] ^ (0x80U >> bit % 8));
            }
            assert_int_equal(acl_allows(&c->access, &a), model_allows(rules, RULES, &a));
        }
        config_free(c);
    }
}

static const char *lengths_of(bool v6, unsigned length, char text[200])
{
    snprintf(text, 200, "server a\nrestrict %s/%u noserve\nrestrict source\n",
             v6 ? "2001:db8:55aa:55aa:55aa:55aa:55aa:55aa" : "85.170.85.170", length);
    return text;
}

/* Every length of both families, /0, /1, /7, /31 and /127 among them. */
static void every_length_ends_where_it_should(void **state)
{
    char text[200];
    (void)state;

    for (unsigned family = 0; family < 2; family++) {
        bool v6 = family == 1;
        unsigned bits = v6 ? 128 : 32;
        for (unsigned length = 0; length <= bits; length++) {
            struct config *c = config_new();
            struct address a, near;
            lengths_of(v6, length, text);
            assert_true(config_load_text(c, "x", text, strlen(text), DIALECT_NTP));
            address_parse(v6 ? "2001:db8:55aa:55aa:55aa:55aa:55aa:55aa" : "85.170.85.170", &a);
            assert_false(acl_allows(&c->access, &a));
            for (unsigned bit = 0; bit < bits; bit++) {
                near = a;
                near.bytes[bit / 8] = (uint8_t)(near.bytes[bit / 8] ^ (0x80U >> bit % 8));
                assert_int_equal(acl_allows(&c->access, &near), bit < length);
            }
            config_free(c);
        }
    }
}

/* ---- single words ---- */

static uint32_t flags_after(const char *text, enum config_dialect language, const char *address,
                            uint16_t port)
{
    struct config *c = config_new();
    struct address a;
    char out[2048];

    if (!config_load_text(c, "x", text, strlen(text), language)) {
        config_message_format(&c->messages[0], out, sizeof out);
        fail_msg("%s", out);
    }
    assert_true(address_parse(address, &a));
    a.port = port;
    uint32_t flags = acl_flags(&c->access, &a);
    config_free(c);
    return flags;
}

static bool chrony_allows(const char *text, const char *address)
{
    return (flags_after(text, DIALECT_CHRONY, address, 1024) & ACCESS_NOSERVE) == 0;
}

static void all_clears_what_is_within(void **state)
{
    (void)state;
    /* the manual's own example: longer prefixes stay, unless `all` is said */
    assert_false(chrony_allows("allow 1.2.3.4\ndeny 1.2.3\nallow 1.2\n", "1.2.3.5"));
    assert_true(chrony_allows("allow 1.2.3.4\ndeny 1.2.3\nallow 1.2\n", "1.2.3.4"));
    assert_true(chrony_allows("allow 1.2.3.4\ndeny 1.2.3\nallow all 1.2\n", "1.2.3.5"));
    assert_false(chrony_allows("allow 1.2.3.4\ndeny all 1.2\n", "1.2.3.4"));
    assert_true(chrony_allows("deny 10/8\nallow\n", "11.0.0.1"));
    assert_false(chrony_allows("deny 10/8\nallow\n", "10.0.0.1"));
    assert_true(chrony_allows("deny 10/8\nallow all\n", "10.0.0.1"));
    assert_true(chrony_allows("allow ALL\n", "2001:db8::1"));
    assert_true(chrony_allows("allow 0/0\n", "10.0.0.1"));
    assert_false(chrony_allows("allow 0/0\n", "2001:db8::1"));
    assert_true(chrony_allows("allow ::/0\n", "2001:db8::1"));
    assert_false(chrony_allows("allow 10/8\nallow 2001:db8::/32\ndeny all\n", "10.0.0.1"));
    assert_false(chrony_allows("allow 10/8\nallow 2001:db8::/32\ndeny all\n", "2001:db8::1"));
}

static uint32_t ntp_flags(const char *text, const char *address)
{
    return flags_after(text, DIALECT_NTP, address, 1024);
}

static void restrict_flags_add_up(void **state)
{
    (void)state;
    assert_int_equal(ntp_flags("restrict default kod\nrestrict default limited\n", "192.0.2.1"),
                     ACCESS_NOQUERY | ACCESS_KOD | ACCESS_LIMITED);
    assert_int_equal(ntp_flags("restrict -4 default ignore\n", "192.0.2.1"),
                     ACCESS_NOQUERY | ACCESS_IGNORE);
    assert_int_equal(ntp_flags("restrict -4 default ignore\n", "2001:db8::1"), ACCESS_NOQUERY);
    assert_int_equal(ntp_flags("restrict -6 default ignore\n", "2001:db8::1"),
                     ACCESS_NOQUERY | ACCESS_IGNORE);
    assert_int_equal(ntp_flags("restrict 0.0.0.0 mask 0.0.0.0 noserve\n", "192.0.2.1"),
                     ACCESS_NOQUERY | ACCESS_NOSERVE);
    /* a rule of its own stands alone: nothing of the default comes in */
    assert_int_equal(ntp_flags("restrict default ignore\nrestrict 127.0.0.1\n", "127.0.0.1"), 0);
    assert_int_equal(ntp_flags("restrict 192.168.1.0 mask 255.255.255.0 nomodify notrap\n"
                               "restrict 192.168.1.0/24 nopeer\n",
                               "192.168.1.77"),
                     ACCESS_NOMODIFY | ACCESS_NOTRAP | ACCESS_NOPEER);
    assert_int_equal(ntp_flags("restrict 2001:db8:: mask ffff:ffff:: noserve\n", "2001:db8:1::1"),
                     ACCESS_NOSERVE);
    assert_int_equal(ntp_flags("restrict default flake version notrust\n", "192.0.2.1"),
                     ACCESS_NOQUERY | ACCESS_FLAKE | ACCESS_VERSION | ACCESS_NOTRUST);
    assert_int_equal(
        ntp_flags("restrict default lowpriotrap nomrulist noepeer ippeerlimit -1\n", "192.0.2.1"),
        ACCESS_NOQUERY);
}

static void unrestrict_takes_flags_away(void **state)
{
    (void)state;
    assert_int_equal(ntp_flags("unrestrict default noquery\n", "192.0.2.1"), 0);
    assert_int_equal(
        ntp_flags("restrict 10.0.0.0/8 noserve kod\nunrestrict 10.0.0.0/8 noserve\n", "10.1.1.1"),
        ACCESS_KOD);
}

static void ntpport_is_a_rule_of_its_own(void **state)
{
    static const char text[] =
        "restrict 10.0.0.0/8 noserve\nrestrict 10.0.0.0/8 ntpport nomodify\n";
    (void)state;

    assert_int_equal(flags_after(text, DIALECT_NTP, "10.0.0.1", 1024), ACCESS_NOSERVE);
    assert_int_equal(flags_after(text, DIALECT_NTP, "10.0.0.1", 123),
                     ACCESS_NTPPORT | ACCESS_NOMODIFY);
}

static void restrict_source_is_kept(void **state)
{
    struct config *c = config_new();
    static const char text[] =
        "restrict default ignore\nrestrict 127.0.0.1\nrestrict source nomodify noquery\n"
        "server 192.0.2.1\n";
    (void)state;

    assert_true(config_load_text(c, "x", text, sizeof text - 1, DIALECT_UNKNOWN));
    assert_true(c->have_source_access);
    assert_int_equal(c->source_access, ACCESS_NOMODIFY | ACCESS_NOQUERY);
    assert_int_equal(c->warning_count, 0); /* its replies come through */
    config_free(c);
}

static void command_access_is_apart(void **state)
{
    struct config *c = config_new();
    struct address a;
    static const char text[] = "server b\ncmdallow 10/8\ncmddeny 10.1/16\n";
    (void)state;

    assert_true(config_load_text(c, "x", text, sizeof text - 1, DIALECT_UNKNOWN));
    assert_true(address_parse("10.2.0.1", &a));
    assert_true(acl_allows(&c->command_access, &a));
    assert_false(acl_allows(&c->access, &a));
    assert_true(address_parse("10.1.0.1", &a));
    assert_false(acl_allows(&c->command_access, &a));
    config_free(c);
}

static void rules_are_limited(void **state)
{
    char *text = malloc(100000);
    size_t used = (size_t)sprintf(text, "server a\n");
    (void)state;

    for (unsigned i = 0; i < ACL_RULES_MAX + 2; i++) {
        used += (size_t)sprintf(text + used, "allow 10.0.%u.%u\n", i / 256, i % 256);
    }
    struct config *c = config_new();
    assert_false(config_load_text(c, "x", text, used, DIALECT_UNKNOWN));
    assert_int_equal(c->error_count, 2);
    assert_string_equal(c->messages[0].text, "more than 1024 access rules");
    assert_int_equal(c->messages[0].line, 1026);
    config_free(c);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefixes_are_read),
        cmocka_unit_test(what_is_no_prefix_is_refused),
        cmocka_unit_test(allow_and_deny_are_longest_prefix),
        cmocka_unit_test(every_length_ends_where_it_should),
        cmocka_unit_test(all_clears_what_is_within),
        cmocka_unit_test(restrict_flags_add_up),
        cmocka_unit_test(unrestrict_takes_flags_away),
        cmocka_unit_test(ntpport_is_a_rule_of_its_own),
        cmocka_unit_test(restrict_source_is_kept),
        cmocka_unit_test(command_access_is_apart),
        cmocka_unit_test(rules_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
