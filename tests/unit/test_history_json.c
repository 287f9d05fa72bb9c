/* SPDX-License-Identifier: BSD-2-Clause */
/* The history as JSON: a full layer of long numbers fits into an answer, rows are as wide as the
 * columns say and in order, and what is not known is null. */
#include "control/history_json.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "check.h"
#include "control/endpoint.h"

#define NOW_S INT64_C(1795312800)

static struct history history;
static struct report report;
static char out[ENDPOINT_REPLY_MAX];

static json_t *answer(const char *words)
{
    struct document d;

    report.input.history = &history;
    report.input.now.wall.ns = NOW_S * NS_PER_S;
    document_begin(&d, out, sizeof out);
    assert_true(history_json_write(&d, &report, words));
    assert_true(document_finish(&d) > 0);
    return json_loads(out, 0, NULL);
}

static void fill(void)
{
    struct dice dice = {4};

    memset(&history, 0, sizeof history);
    for (int64_t s = NOW_S - 32 * 86400; s <= NOW_S; s += 600) {
        double odd = (double)dice_u64(&dice) / 1.8e19;
        struct history_look look = {.synchronised = s % 7 != 0,
                                    .values = {-1.23456789e-7 * (1 + odd), 1.9876e-4 * (1 + odd),
                                               -123.4567 * (1 + odd), dice_below(&dice, 64), odd}};

        history_add(&history, (struct wall_time){s * NS_PER_S}, &look);
    }
}

static void test_full_layers(void **state)
{
    static const char *const layers[] = {"month", "day", "hour"};

    (void)state;
    fill();
    for (unsigned i = 0; i < 3; i++) {
        json_t *a = answer(layers[i]), *slots = json_object_get(a, "slots"), *slot;
        size_t width = json_array_size(json_object_get(a, "columns")), k;
        json_int_t before = 0;

        assert_string_equal(json_string_value(json_object_get(a, "layer")), layers[i]);
        assert_int_equal(width, 4 + 3 * HISTORY_QUANTITIES);
        assert_true(json_array_size(slots) > 0);
        assert_true(i != 0 || json_array_size(slots) == HISTORY_MONTH_SLOTS);
        json_array_foreach(slots, k, slot)
        {
            json_int_t start = json_integer_value(json_array_get(slot, 0));

            assert_int_equal(json_array_size(slot), width);
            assert_true(start > before && start <= NOW_S);
            assert_true(json_real_value(json_array_get(slot, 4)) <=
                        json_real_value(json_array_get(slot, 6)));
            before = start;
        }
        json_decref(a);
    }
}

static void test_unknown(void **state)
{
    const struct history_look look = {
        .values = {(double)NAN, (double)NAN, (double)NAN, 0, (double)INFINITY}};
    struct document d;
    json_t *a, *slot;

    (void)state;
    memset(&history, 0, sizeof history);
    history_add(&history, (struct wall_time){NOW_S * NS_PER_S}, &look);
    a = answer("");
    assert_string_equal(json_string_value(json_object_get(a, "layer")), "hour");
    slot = json_array_get(json_object_get(a, "slots"), 0);
    assert_true(json_is_null(json_array_get(slot, 4)) && json_is_null(json_array_get(slot, 18)));
    json_decref(a);
    document_begin(&d, out, sizeof out);
    assert_false(history_json_write(&d, &report, "year"));
    report.input.history = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_layers),
        cmocka_unit_test(test_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
