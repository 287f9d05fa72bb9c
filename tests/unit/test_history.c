/* SPDX-License-Identifier: BSD-2-Clause */
/* The rings of the history: what a slot gathers, how layers roll over, what a clock that is set
 * does to them, and bytes that are not ours. */
#include "core/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define BEGIN_S INT64_C(1795312800) /* a multiple of all widths */

static struct history history, other;
static uint8_t bytes[HISTORY_BYTES];

static struct wall_time at(double s)
{
    return (struct wall_time){BEGIN_S * NS_PER_S + ns_from_s(s)};
}

static void look(double s, double offset_s, double used, bool synchronised)
{
    struct history_look l = {.synchronised = synchronised,
                             .values = {[HISTORY_OFFSET] = offset_s,
                                        [HISTORY_BOUND] = synchronised ? 0.01 : (double)NAN,
                                        [HISTORY_FREQUENCY] = 20,
                                        [HISTORY_USED] = used,
                                        [HISTORY_REACH] = 1}};

    history_add(&history, at(s), &l);
}

static void test_slots(void **state)
{
    const struct history_slot *s;

    (void)state;
    memset(&history, 0, sizeof history);
    assert_null(history_find(&history, HISTORY_HOUR, at(0), 0));
    look(0, 1e-3, 3, true);
    look(4, -2e-3, 4, true);
    look(9, 4e-3, 4, false);
    look(10, 0.5, 1, true);
    s = history_find(&history, HISTORY_HOUR, at(19), 1);
    assert_non_null(s);
    assert_int_equal(s->start_s, BEGIN_S);
    assert_int_equal(s->looks, 3);
    assert_int_equal(s->synchronised, 2);
    assert_true(fabs(history_mean(&s->values[HISTORY_OFFSET]) - 1e-3) < 1e-12);
    assert_true(fabs(s->values[HISTORY_OFFSET].least + 2e-3) < 1e-9);
    assert_true(fabs(s->values[HISTORY_OFFSET].most - 4e-3) < 1e-9);
    assert_int_equal(s->values[HISTORY_BOUND].count, 2); /* known at two looks */
    s = history_find(&history, HISTORY_HOUR, at(19), 0);
    assert_int_equal(s->looks, 1);
    /* the coarser layers have all four in one */
    assert_int_equal(history_find(&history, HISTORY_DAY, at(119), 0)->looks, 4);
    assert_int_equal(history_find(&history, HISTORY_MONTH, at(3599), 0)->looks, 4);
    assert_null(history_find(&history, HISTORY_DAY, at(120), 0));
    assert_non_null(history_find(&history, HISTORY_DAY, at(120), 1));
}

/* Each layer holds its time and no more. */
static void test_layers_roll_over(void **state)
{
    (void)state;
    memset(&history, 0, sizeof history);
    for (double s = 0; s < 3 * 86400; s += HISTORY_LOOK_S) {
        look(s, 0, 1, true);
    }
    for (enum history_layer l = HISTORY_HOUR; l < HISTORY_LAYERS; l++) {
        int64_t width_s = history_slot_width_s(l);
        unsigned known = 0;

        for (unsigned back = 0; back < 2 * history_slot_count(l); back++) {
            const struct history_slot *s = history_find(&history, l, at(3 * 86400 - 1), back);

            known += s != NULL;
            if (s) {
                assert_int_equal(s->looks, width_s / HISTORY_LOOK_S);
            }
        }
        assert_int_equal(known, l == HISTORY_MONTH ? 72 : history_slot_count(l));
    }
}

/* A clock that was ahead by a year, then set: the wrong times are not shown, nor mixed in. */
static void test_a_clock_that_is_set(void **state)
{
    (void)state;
    memset(&history, 0, sizeof history);
    look(365 * 86400.0, 9, 0, false);
    look(-1e9, 9, 0, false);
    look(-2e9, 9, 0, false); /* before 1970 */
    look(0, 1e-3, 1, true);
    for (unsigned back = 0; back < HISTORY_MONTH_SLOTS; back++) {
        const struct history_slot *s = history_find(&history, HISTORY_MONTH, at(5), back);

        assert_true(back == 0 ? s && s->looks == 1 : !s);
    }
}

static void test_bytes(void **state)
{
    struct dice dice = {9};
    size_t length;

    (void)state;
    memset(&history, 0, sizeof history);
    for (unsigned i = 0; i < 5000; i++) {
        look(i * 50, (dice_below(&dice, 2001) - 1000.0) * 1e-6, dice_below(&dice, 9), i % 7 != 0);
    }
    length = history_encode(&history, bytes);
    assert_int_equal(length, HISTORY_BYTES);
    assert_true(history_decode(&other, bytes, length));
    for (unsigned i = 0; i < HISTORY_SLOTS; i++) {
        const struct history_slot *a = &history.slots[i], *b = &other.slots[i];

        assert_int_equal(a->looks, b->looks);
        assert_int_equal(a->start_s, b->start_s);
        assert_true(a->values[HISTORY_OFFSET].sum == b->values[HISTORY_OFFSET].sum);
    }
    /* not ours: nothing of it is taken */
    assert_false(history_decode(&other, bytes, length - 1));
    assert_false(history_decode(&other, bytes, 0));
    bytes[0] ^= 1;
    assert_false(history_decode(&other, bytes, length));
    bytes[0] ^= 1;
    /* damaged: slots that cannot be are left out, whatever was hit */
    for (unsigned i = 0; i < 300; i++) {
        for (unsigned k = 0; k < 2000; k++) {
            bytes[16 + dice_below(&dice, HISTORY_BYTES - 16)] = (uint8_t)dice_u64(&dice);
        }
        assert_true(history_decode(&other, bytes, length));
        for (unsigned s = 0; s < HISTORY_SLOTS; s++) {
            const struct history_slot *slot = &other.slots[s];
            const struct history_value *v = &slot->values[HISTORY_OFFSET];

            assert_true(slot->synchronised <= slot->looks && v->count <= slot->looks);
            assert_true(v->count == 0 || isfinite(history_mean(v)));
        }
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_int_equal(history_layer_parse("day"), HISTORY_DAY);
    assert_int_equal(history_layer_parse("year"), HISTORY_LAYERS);
    assert_string_equal(history_layer_name(HISTORY_MONTH), "month");
    assert_string_equal(history_quantity_name(HISTORY_OFFSET), "offset_s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_layers_roll_over),
        cmocka_unit_test(test_a_clock_that_is_set),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
