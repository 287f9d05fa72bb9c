/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that need no network: numbers and localhost. */
#include "os/names.h"

#include <string.h>

#include "check.h"

static struct address parsed(const char *text)
{
    struct address a;

    assert_true(address_parse(text, &a));
    return a;
}

static void assert_found(const char *name, uint8_t family, const char *expected)
{
    struct address out[NAMES_MAX], wanted = parsed(expected);
    enum names_error error = NAMES_BROKEN;

    assert_int_equal(names_look_up(name, family, out, NAMES_MAX, &error), 1);
    assert_true(address_equal(&out[0], &wanted));
    assert_int_equal(out[0].port, 0);
    assert_int_equal(error, NAMES_FOUND);
}

static void test_numbers(void **state)
{
    (void)state;
    assert_found("192.0.2.7", ADDRESS_NONE, "192.0.2.7");
    assert_found("192.0.2.7", ADDRESS_V4, "192.0.2.7");
    assert_found("2001:db8::7", ADDRESS_NONE, "2001:db8::7");
    assert_found("2001:db8::7", ADDRESS_V6, "2001:db8::7");
    assert_found("fe80::1%1", ADDRESS_V6, "fe80::1%1");
}

static void test_localhost(void **state)
{
    struct address out[NAMES_MAX], v4 = parsed("127.0.0.1");
    unsigned count = names_look_up("localhost", ADDRESS_NONE, out, NAMES_MAX, NULL);

    (void)state;
    assert_true(count >= 1);
    for (unsigned i = 0; i < count; i++) {
        assert_true(address_is_loopback(&out[i]));
        for (unsigned k = 0; k < i; k++) {
            assert_false(address_equal(&out[i], &out[k])); /* each once */
        }
    }
    assert_true(names_look_up("localhost", ADDRESS_V4, out, NAMES_MAX, NULL) >= 1);
    assert_true(address_equal(&out[0], &v4));
    assert_int_equal(names_look_up("localhost", ADDRESS_V4, out, 0, NULL), 0);
}

static void test_failures(void **state)
{
    struct address out[2];
    enum names_error error = NAMES_FOUND;

    (void)state;
    assert_int_equal(names_look_up("192.0.2.7", ADDRESS_V6, out, 2, &error), 0);
    assert_int_not_equal(error, NAMES_FOUND);
    assert_int_equal(names_look_up("no such name", ADDRESS_NONE, out, 2, &error), 0);
    assert_int_not_equal(error, NAMES_FOUND);
    for (unsigned i = NAMES_UNKNOWN; i <= NAMES_BROKEN; i++) {
        assert_true(strlen(names_error_text((enum names_error)i)) > 5);
    }
    assert_int_equal(names_look_up("", ADDRESS_NONE, out, 2, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_localhost),
        cmocka_unit_test(test_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
