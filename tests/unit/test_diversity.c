/* SPDX-License-Identifier: BSD-2-Clause */
/* How many votes one network has (row C31 of the faults). */
#include "core/diversity.h"

#include <stdio.h>
#include <string.h>

#include "check.h"

#define VOTERS_MAX 16

/* `voters`: addresses; those of pools begin with '*'. `expected`: 'x' for each that is one too
 * many. */
static void assert_limit(const char *const *voters, const char *expected)
{
    struct diversity_voter v[VOTERS_MAX] = {0};
    bool excess[VOTERS_MAX];
    char found[VOTERS_MAX + 1] = "";
    unsigned count = 0;

    for (; voters[count]; count++) {
        const char *text = voters[count];

        v[count] = (struct diversity_voter){.pool = text[0] == '*'};
        if (strcmp(text, "clock") != 0) {
            assert_true(address_parse(text + (text[0] == '*'), &v[count].address));
        }
    }
    diversity_limit(v, count, excess);
    for (unsigned i = 0; i < count; i++) {
        found[i] = excess[i] ? 'x' : '.';
    }
    assert_string_equal(found, expected);
}

#define LIST(...)                                                                                  \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static void test_one_network_has_two_votes(void **state)
{
    (void)state;
    assert_limit(LIST("*203.0.113.1", "*203.0.113.2", "*203.0.113.3", "*203.0.113.200",
                      "198.51.100.1", "192.0.2.1"),
                 "..xx..");
    /* who was chosen by hand always votes, and counts */
    assert_limit(LIST("*203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4", "198.51.100.1",
                      "192.0.2.1"),
                 "x.....");
    assert_limit(LIST("*203.0.113.1", "*203.0.113.2", "203.0.113.3", "198.51.100.1", "192.0.2.1"),
                 ".x...");
    assert_limit(LIST("*203.0.113.1", "*203.0.114.2", "*203.0.115.3", "*203.0.116.3"), "....");
    assert_limit(LIST("*2001:db8:1:1::1", "*2001:db8:1:2::1", "*2001:db8:1:ffff::1",
                      "*2001:db8:2::1", "*192.0.2.1"),
                 "..x..");
    /* clocks of our own are networks of their own */
    assert_limit(LIST("*203.0.113.1", "*203.0.113.2", "*203.0.113.3", "clock", "clock"), "..x..");
}

static void test_without_others_there_is_no_limit(void **state)
{
    (void)state;
    assert_limit(LIST("*203.0.113.1", "*203.0.113.2", "*203.0.113.3", "*203.0.113.4"), "....");
    assert_limit(LIST("*203.0.113.1", "*203.0.113.2", "*203.0.113.3", "192.0.2.1", "192.0.2.2"),
                 ".....");
    assert_limit((const char *const[]){NULL}, "");
}

static void test_private_networks_have_no_limit(void **state)
{
    static const char *const kinds[] = {"10.1.2.",    "127.0.0.", "192.168.1.", "172.31.0.",
                                        "169.254.0.", "fd00::",   "fe80::"};
    char text[4][32];

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (unsigned j = 0; j < 4; j++) {
            snprintf(text[j], sizeof text[j], "*%s%u", kinds[i], j + 1);
        }
        assert_limit(LIST(text[0], text[1], text[2], text[3], "198.51.100.1", "192.0.2.1"),
                     "......");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_network_has_two_votes),
        cmocka_unit_test(test_without_others_there_is_no_limit),
        cmocka_unit_test(test_private_networks_have_no_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
