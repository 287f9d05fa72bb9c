/* SPDX-License-Identifier: BSD-2-Clause */
/* wire/mode6_mru: what one end writes the other reads; and what nobody should send. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "wire/mode6_mru.h"

static struct mode6_mru_request got;

static bool read_request(const char *text)
{
    return mode6_mru_read_request(&got, (const uint8_t *)text, strlen(text));
}

static void requests_come_over(void **state)
{
    const struct mode6_mru_row rows[] = {{.addr = "192.0.2.1:123", .last = 0x1122334455667788},
                                         {.addr = "[2001:db8::1]:40000", .last = 5}};
    char text[MODE6_DATA_MAX + 1];
    struct address address;

    (void)state;
    mode6_mru_write_request("abc", 32, ", mincount=0x10, minscore=0.25, laddr=192.0.2.9", rows, 2,
                            text);
    assert_true(read_request(text));
    assert_string_equal(got.nonce, "abc");
    assert_true(got.frags == 32 && got.mincount == 16 && got.limit == 0 && got.maxlstint == -1);
    assert_true(got.minscore == 0.25 && got.resumes);
    assert_true(address_parse("2001:db8::1", &address)); /* the newest first */
    assert_true(address_equal(&got.points[0].address, &address) && got.points[0].last == 5);
    assert_true(address_parse("192.0.2.1", &address));
    assert_true(address_equal(&got.points[1].address, &address));
    assert_true(got.points[1].last == 0x1122334455667788);
    assert_int_equal(got.points[2].address.family, ADDRESS_NONE);
    mode6_mru_write_request("abc", 32, "", NULL, 0, text);
    assert_true(read_request(text) && !got.resumes);
}

/* As many points as there is room for in a request, and none cut. */
static void points_fill_a_request(void **state)
{
    struct mode6_mru_row rows[40];
    char text[MODE6_DATA_MAX + 1];
    unsigned points = 0;

    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        rows[i] = (struct mode6_mru_row){.last = i + 1};
        snprintf(rows[i].addr, sizeof rows[i].addr, "[2001:db8:1111:2222:3333:4444:5555:%x]:12345",
                 0x6000 + i);
    }
    mode6_mru_write_request("0123456789abcdef01234567", 32, "", rows, 40, text);
    assert_in_range(strlen(text), 380, MODE6_DATA_MAX);
    assert_true(read_request(text));
    while (points < MODE6_MRU_RESUME_MAX && got.points[points].last != 0) {
        assert_int_equal(got.points[points].last, 40 - points);
        points++;
    }
    assert_in_range(points, 4, 8);
}

static void nonsense_is_refused(void **state)
{
    static const char *const wrong[] = {"limit=x",           "limit=-1",    "limit=1.5",
                                        "frags=99999999999", "minscore=-1", "addr.0=192.0.2.1",
                                        "addr.0=[::1:123",   "last.0=12",   "minscore=nan"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (read_request(wrong[i])) {
            fail_msg("taken: %s", wrong[i]);
        }
    }
    assert_true(read_request("unknown=7, addr.16=x, limit, frags=3, , ="));
    assert_true(got.frags == 3 && got.limit == 0 && !got.resumes);
    assert_true(mode6_mru_is_filter("mincount=", 8) && mode6_mru_is_filter("laddr", 5));
    assert_false(mode6_mru_is_filter("limit", 5) || mode6_mru_is_filter("min", 3));
}

static void rows_come_over(void **state)
{
    const struct mode6_mru_row row = {.addr = "192.0.2.1:123",
                                      .last = 0xeeaccc045aba59f2,
                                      .first = 0xeeaccc0400000000,
                                      .ct = 12,
                                      .dr = 3,
                                      .sc = 0.125,
                                      .mv = 35,
                                      .rs = 0x420};
    static struct variables variables;
    struct mode6_mru_row read;
    struct mode6_list list;
    char text[600];

    (void)state;
    mode6_list_begin(&list, text, sizeof text - 1, NULL);
    mode6_mru_write_row(&list, 7, &row);
    mode6_put_word(&list, MODE6_DEFAULT, "addr.8", "192.0.2.2:123");
    mode6_list_end(&list);
    text[list.length] = '\0';
    variables_read(&variables, text);
    assert_true(mode6_mru_read_row(&variables, 7, &read));
    assert_string_equal(read.addr, row.addr);
    assert_true(read.last == row.last && read.first == row.first && read.ct == 12);
    assert_true(read.dr == 3 && read.sc == 0.125 && read.mv == 35 && read.rs == 0x420);
    assert_true(mode6_mru_read_row(&variables, 8, &read)); /* without its times */
    assert_true(read.last == 0 && isnan(read.ct));
    assert_false(mode6_mru_read_row(&variables, 9, &read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_come_over),
        cmocka_unit_test(points_fill_a_request),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(rows_come_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
