/* SPDX-License-Identifier: BSD-2-Clause */
/* The access table against a naive model: a plain list that is searched bit by bit (F09). */
#include "core/acl.h"

#include <string.h>

#include "check.h"

#define MODEL_MAX 2048

struct model_rule {
    struct address prefix;
    unsigned length;
    uint32_t flags;
    bool live;
};

struct model {
    struct model_rule rules[MODEL_MAX];
    unsigned count;
    uint32_t default_flags;
};

static struct acl acl; /* 40 KiB: not for the stack */
static struct model model;

static struct address parsed(const char *text)
{
    struct address a;

    assert_true(address_parse(text, &a));
    return a;
}

static bool bit(const struct address *a, unsigned i)
{
    return a->bytes[i / 8] >> (7 - i % 8) & 1;
}

static bool bits_equal(const struct address *a, const struct address *b, unsigned length)
{
    for (unsigned i = 0; i < length; i++) {
        if (bit(a, i) != bit(b, i)) {
            return false;
        }
    }
    return a->family == b->family;
}

static void model_set(const struct address *prefix, unsigned length, uint32_t flags)
{
    for (unsigned i = 0; i < model.count; i++) {
        struct model_rule *r = &model.rules[i];

        if (r->live && r->length == length && bits_equal(&r->prefix, prefix, length)) {
            r->flags = flags;
            return;
        }
    }
    assert_true(model.count < MODEL_MAX);
    model.rules[model.count++] = (struct model_rule){*prefix, length, flags, true};
}

static void model_clear_within(const struct address *prefix, unsigned length)
{
    for (unsigned i = 0; i < model.count; i++) {
        struct model_rule *r = &model.rules[i];

        if (r->length >= length && bits_equal(&r->prefix, prefix, length)) {
            r->live = false;
        }
    }
}

static uint32_t model_flags(const struct address *a)
{
    uint32_t flags = model.default_flags;
    int best = -1;

    for (unsigned i = 0; i < model.count; i++) {
        const struct model_rule *r = &model.rules[i];

        if (r->live && (int)r->length > best && bits_equal(&r->prefix, a, r->length)) {
            best = (int)r->length;
            flags = r->flags;
        }
    }
    return flags;
}

/* Addresses that are close together: few values, many shared prefixes. */
static struct address near_address(struct dice *d)
{
    bool v6 = dice_below(d, 2);
    struct address a = {.family = v6 ? ADDRESS_V6 : ADDRESS_V4};

    for (unsigned i = 0; i < (v6 ? 16u : 4u); i++) {
        static const uint8_t some[] = {0x00, 0x01, 0x80, 0xff, 0x20};

        a.bytes[i] = some[dice_below(d, sizeof some)];
    }
    return a;
}

static void check_lookups(struct dice *d, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct address a = near_address(d);

        assert_int_equal(acl_flags(&acl, &a), model_flags(&a));
        /* Right at the edges of a rule. */
        if (model.count > 0) {
            const struct model_rule *r = &model.rules[dice_below(d, model.count)];
            unsigned width = r->prefix.family == ADDRESS_V4 ? 32 : 128;

            a = r->prefix;
            if (r->length < width) {
                unsigned k = r->length + dice_below(d, width - r->length);

                a.bytes[k / 8] ^= (uint8_t)(0x80 >> k % 8);
            }
            assert_int_equal(acl_flags(&acl, &a), model_flags(&a));
            if (r->length > 0) {
                unsigned k = dice_below(d, r->length);

                a.bytes[k / 8] ^= (uint8_t)(0x80 >> k % 8);
                assert_int_equal(acl_flags(&acl, &a), model_flags(&a));
            }
        }
    }
}

static void test_against_model(void **state)
{
    struct dice d = {9};

    (void)state;
    for (unsigned table = 0; table < 60; table++) {
        unsigned rules = 1 + dice_below(&d, table % 10 == 0 ? 400 : 40);

        model.count = 0;
        model.default_flags = dice_below(&d, 64) & ~(unsigned)ACCESS_NTPPORT;
        acl_init(&acl, model.default_flags);
        for (unsigned i = 0; i < rules; i++) {
            struct address a = near_address(&d);
            unsigned length = dice_below(&d, a.family == ADDRESS_V4 ? 33 : 129);
            uint32_t flags = dice_below(&d, 64);

            if (dice_below(&d, 12) == 0) {
                acl_clear_within(&acl, &a, length);
                model_clear_within(&a, length);
            } else {
                uint32_t got = ~flags;

                assert_true(acl_set(&acl, &a, length, flags));
                model_set(&a, length, flags);
                assert_true(acl_get(&acl, &a, length, &got));
                assert_int_equal(got, flags);
            }
            check_lookups(&d, 3);
        }
        check_lookups(&d, 2000);
    }
}

/* A chain of all lengths over one address: each length is the answer for exactly one sibling. */
static void test_every_length(void **state)
{
    static const char *const texts[] = {"170.85.204.51", "2001:db8:aaaa:5555:cccc:3333:f0f0:f0f"};

    (void)state;
    for (unsigned family = 0; family < 2; family++) {
        struct address a = parsed(texts[family]);
        unsigned width = family == 0 ? 32 : 128;

        acl_init(&acl, 1000);
        for (unsigned length = 0; length <= width; length++) {
            assert_true(acl_set(&acl, &a, length, length)); /* host bits set, on purpose */
        }
        assert_false(acl_set(&acl, &a, width + 1, 0));
        for (unsigned length = 0; length < width; length++) {
            struct address b = a;

            b.bytes[length / 8] ^= (uint8_t)(0x80 >> length % 8);
            /* Bit 8 of the number is ACCESS_NTPPORT only from 256 on. */
            assert_int_equal(acl_flags(&acl, &b), length);
        }
        assert_int_equal(acl_flags(&acl, &a), width);
        acl_clear_within(&acl, &a, width / 2);
        assert_int_equal(acl_flags(&acl, &a), width / 2 - 1);
        acl_clear_within(&acl, &a, 0);
        assert_int_equal(acl.count, 0);
        assert_int_equal(acl_flags(&acl, &a), 1000);
    }
}

static void test_mapped(void **state)
{
    struct address v4 = parsed("192.0.2.7"), mapped = parsed("::ffff:192.0.2.7");
    struct address net = parsed("192.0.2.0"), mapped_net = parsed("::ffff:192.0.3.0");
    struct address other = parsed("192.0.3.200"), all6 = parsed("::");
    uint32_t flags;

    (void)state;
    acl_init(&acl, 0);
    assert_true(acl_set(&acl, &all6, 0, ACCESS_NOSERVE));
    assert_true(acl_set(&acl, &net, 24, ACCESS_LIMITED));
    assert_true(acl_set(&acl, &mapped_net, 120, ACCESS_NOPEER));
    assert_int_equal(acl_flags(&acl, &v4), ACCESS_LIMITED);
    assert_int_equal(acl_flags(&acl, &mapped), ACCESS_LIMITED);
    assert_int_equal(acl_flags(&acl, &other), ACCESS_NOPEER);
    assert_true(acl_get(&acl, &other, 24, &flags));
    assert_int_equal(flags, ACCESS_NOPEER);
}

static void test_ntp_port(void **state)
{
    struct address net = parsed("192.0.2.0"), a = parsed("192.0.2.7");
    uint32_t flags;

    (void)state;
    acl_init(&acl, 0);
    assert_true(acl_set(&acl, &net, 24, ACCESS_NTPPORT | ACCESS_NOPEER));
    a.port = 50000;
    assert_int_equal(acl_flags(&acl, &a), 0);
    a.port = 123;
    assert_int_equal(acl_flags(&acl, &a), ACCESS_NTPPORT | ACCESS_NOPEER);
    assert_true(acl_set(&acl, &net, 24, ACCESS_NOSERVE));
    assert_int_equal(acl.count, 2);
    assert_int_equal(acl_flags(&acl, &a), ACCESS_NTPPORT | ACCESS_NOPEER);
    a.port = 124;
    assert_int_equal(acl_flags(&acl, &a), ACCESS_NOSERVE);
    assert_true(acl_get(&acl, &net, 24, &flags));
    assert_int_equal(flags, ACCESS_NOSERVE);
    /* Falls through to the next shorter rule. */
    assert_true(acl_set(&acl, &a, 32, ACCESS_NTPPORT));
    assert_int_equal(acl_flags(&acl, &a), ACCESS_NOSERVE);
}

static void test_full(void **state)
{
    struct address a = parsed("10.0.0.0");
    uint32_t flags;

    (void)state;
    acl_init(&acl, 0);
    for (unsigned i = 0; i < ACL_RULES_MAX; i++) {
        a.bytes[2] = (uint8_t)(i >> 8);
        a.bytes[3] = (uint8_t)i;
        assert_true(acl_set(&acl, &a, 32, i << 12));
    }
    a.bytes[1] = 1;
    assert_false(acl_set(&acl, &a, 32, 1));
    a.bytes[1] = 0;
    assert_true(acl_set(&acl, &a, 32, 1)); /* an equal prefix still may change */
    for (unsigned i = 0; i + 1 < ACL_RULES_MAX; i++) {
        a.bytes[2] = (uint8_t)(i >> 8);
        a.bytes[3] = (uint8_t)i;
        assert_int_equal(acl_flags(&acl, &a), i << 12);
    }
    assert_false(acl_get(&acl, &a, 31, &flags));
    assert_false(acl_set(&acl, &(struct address){0}, 0, 0));
    assert_false(acl_set(&acl, &a, 33, 0));
}

static void test_nobody(void **state)
{
    struct address all4 = parsed("0.0.0.0"), all6 = parsed("::"), one = parsed("192.0.2.1");

    (void)state;
    acl_init(&acl, ACCESS_NOSERVE);
    assert_true(acl_allows_nobody(&acl));
    assert_false(acl_allows(&acl, &one));
    assert_true(acl_set(&acl, &one, 32, ACCESS_NOQUERY));
    assert_false(acl_allows_nobody(&acl));
    assert_true(acl_allows(&acl, &one));
    acl_init(&acl, 0);
    assert_false(acl_allows_nobody(&acl));
    assert_true(acl_set(&acl, &all4, 0, ACCESS_NOSERVE));
    assert_false(acl_allows_nobody(&acl));
    assert_true(acl_set(&acl, &all6, 0, ACCESS_IGNORE));
    assert_true(acl_allows_nobody(&acl));
    assert_true(acl_set(&acl, &all6, 0, ACCESS_IGNORE | ACCESS_NTPPORT));
    assert_true(acl_allows_nobody(&acl));
    acl_clear_within(&acl, &all6, 0);
    assert_false(acl_allows_nobody(&acl));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_model), cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_mapped),        cmocka_unit_test(test_ntp_port),
        cmocka_unit_test(test_full),          cmocka_unit_test(test_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
