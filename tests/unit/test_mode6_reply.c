/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/mode6_reply: fragments in any order, doubled, overlapping, refused, of somebody else. */
#include <string.h>

#include "check.h"
#include "wire/mode6_reply.h"

#define READVAR 2
#define SEQUENCE 7

static struct mode6_reply reply;

/* One fragment with this text at an offset. */
static enum mode6_reply_verdict take(unsigned flags, unsigned offset, const char *text)
{
    uint8_t d[512] = {0x16, (uint8_t)(0x80 | flags | READVAR), 0, SEQUENCE, 0x06, 0x15};
    size_t count = strlen(text);

    d[8] = (uint8_t)(offset >> 8);
    d[9] = (uint8_t)offset;
    d[11] = (uint8_t)count;
    memcpy(d + 12, text, count);
    return mode6_reply_take(&reply, d, 12 + (count + 3) / 4 * 4);
}

static int start(void **state)
{
    (void)state;
    mode6_reply_start(&reply, READVAR, SEQUENCE);
    return 0;
}

static void one_fragment_is_an_answer(void **state)
{
    (void)state;
    assert_int_equal(take(0, 0, "leap=0"), MODE6_REPLY_DONE);
    assert_string_equal(reply.data, "leap=0");
    assert_int_equal(reply.status, 0x0615);
    assert_int_equal(reply.length, 6);
}

static void fragments_come_in_any_order(void **state)
{
    (void)state;
    assert_int_equal(take(0, 8, "ef"), MODE6_REPLY_MORE);
    assert_int_equal(take(0x20, 4, "cd.."), MODE6_REPLY_MORE);
    assert_int_equal(take(0x20, 4, "cd.."), MODE6_REPLY_IGNORED); /* twice */
    assert_int_equal(take(0x20, 2, "xxxx"), MODE6_REPLY_IGNORED); /* over another one */
    assert_int_equal(take(0x20, 0, "abcd"), MODE6_REPLY_DONE);
    assert_string_equal(reply.data, "abcdcd..ef");
}

static void what_contradicts_itself_is_bad(void **state)
{
    static const uint8_t claims[16] = {0x16, 0x82, 0, SEQUENCE, 0, 0, 0, 0, 0, 0, 0, 200};

    (void)state;
    assert_int_equal(mode6_reply_take(&reply, claims, sizeof claims), MODE6_REPLY_BAD);
    assert_int_equal(take(0x20, 0, ""), MODE6_REPLY_BAD);
    assert_int_equal(take(0, 4, "end"), MODE6_REPLY_MORE);
    assert_int_equal(take(0, 0, "end"), MODE6_REPLY_BAD);     /* a second end */
    assert_int_equal(take(0x20, 8, "more"), MODE6_REPLY_BAD); /* behind the end */
    assert_int_equal(take(0x20, 65535, "too far"), MODE6_REPLY_BAD);
}

static void others_are_ignored(void **state)
{
    uint8_t d[12] = {0x16, 0x82, 0, SEQUENCE};

    (void)state;
    for (size_t i = 0; i < sizeof d; i++) {
        assert_int_equal(mode6_reply_take(&reply, d, i), MODE6_REPLY_IGNORED);
    }
    d[3]++;
    assert_int_equal(mode6_reply_take(&reply, d, sizeof d), MODE6_REPLY_IGNORED);
    d[3]--;
    d[1] = 0x81; /* another command */
    assert_int_equal(mode6_reply_take(&reply, d, sizeof d), MODE6_REPLY_IGNORED);
    d[1] = 0x02; /* a request */
    assert_int_equal(mode6_reply_take(&reply, d, sizeof d), MODE6_REPLY_IGNORED);
    d[1] = 0x82;
    d[0] = 0x24; /* no control packet */
    assert_int_equal(mode6_reply_take(&reply, d, sizeof d), MODE6_REPLY_IGNORED);
}

static void a_refusal_has_its_code(void **state)
{
    static const uint8_t d[12] = {0x16, 0xc2, 0, SEQUENCE, 5, 0};

    (void)state;
    assert_int_equal(mode6_reply_take(&reply, d, sizeof d), MODE6_REPLY_ERROR);
    assert_int_equal(reply.error, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_fragment_is_an_answer, start),
        cmocka_unit_test_setup(fragments_come_in_any_order, start),
        cmocka_unit_test_setup(what_contradicts_itself_is_bad, start),
        cmocka_unit_test_setup(others_are_ignored, start),
        cmocka_unit_test_setup(a_refusal_has_its_code, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
