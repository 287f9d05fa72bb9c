/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue of effects: first in, first out, through many turns of the ring; what happens without
 * room; and that a new effect holds nothing of an old one. */
#include "core/effect.h"

#include <string.h>

#include "check.h"

static struct effect_queue queue;

static void test_order_is_kept(void **state)
{
    struct dice dice = {2};
    uint16_t pushed = 0, taken = 0;
    struct effect e;

    (void)state;
    memset(&queue, 0, sizeof queue);
    for (unsigned turn = 0; turn < 2000; turn++) {
        for (unsigned n = dice_below(&dice, 40); n > 0 && queue.count < EFFECTS_MAX; n--) {
            effect_push(&queue, EFFECT_CANCEL)->cancel.serial = pushed++;
        }
        for (unsigned n = dice_below(&dice, 40); n > 0 && effect_take(&queue, &e); n--) {
            assert_int_equal(e.type, EFFECT_CANCEL);
            assert_int_equal(e.cancel.serial, taken);
            taken++;
        }
    }
    while (effect_take(&queue, &e)) {
        assert_int_equal(e.cancel.serial, taken);
        taken++;
    }
    assert_int_equal(taken, pushed);
    assert_int_equal(queue.lost, 0);
    assert_false(effect_take(&queue, &e));
}

static void test_without_room_the_newest_is_lost_and_counted(void **state)
{
    struct effect e;

    (void)state;
    memset(&queue, 0, sizeof queue);
    for (uint16_t i = 0; i < EFFECTS_MAX + 3; i++) {
        effect_push(&queue, EFFECT_CANCEL)->cancel.serial = i;
    }
    assert_int_equal(queue.lost, 3);
    for (uint16_t i = 0; i < EFFECTS_MAX - 1; i++) {
        assert_true(effect_take(&queue, &e));
        assert_int_equal(e.cancel.serial, i);
    }
    assert_true(effect_take(&queue, &e));
    assert_int_equal(e.cancel.serial, EFFECTS_MAX + 2);
    assert_false(effect_take(&queue, &e));
}

static void test_a_new_effect_is_zeroed(void **state)
{
    struct effect e, *fresh;

    (void)state;
    memset(&queue, 0xa5, sizeof queue);
    queue.first = queue.count = 0;
    queue.lost = 0;
    fresh = effect_push(&queue, EFFECT_LOOK_UP);
    assert_int_equal(fresh->type, EFFECT_LOOK_UP);
    for (unsigned i = 0; i < SOURCE_NAME_MAX; i++) {
        assert_int_equal(fresh->look_up.name[i], 0);
    }
    assert_true(effect_take(&queue, &e));
    effect_event(&queue, EVENT_LEAP_DONE, 7, -1);
    assert_true(effect_take(&queue, &e));
    assert_int_equal(e.type, EFFECT_EVENT);
    assert_int_equal(e.event.type, EVENT_LEAP_DONE);
    assert_int_equal(e.event.source, 7);
    assert_true(e.event.value == -1);
}

static void test_each_event_has_its_own_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < EVENT_TYPES; i++) {
        const char *name = event_name((enum event_type)i);

        assert_non_null(name);
        assert_true(strlen(name) > 3);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(name, event_name((enum event_type)j));
        }
    }
    assert_string_equal(event_name(EVENT_TYPES), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_kept),
        cmocka_unit_test(test_without_room_the_newest_is_lost_and_counted),
        cmocka_unit_test(test_a_new_effect_is_zeroed),
        cmocka_unit_test(test_each_event_has_its_own_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
