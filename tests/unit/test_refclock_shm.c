/* SPDX-License-Identifier: BSD-2-Clause */
/* refclock/shm against a feeder that is played here, through an os/shm.h of our own: both modes,
 * both resolutions, each sample once, mad ones never. And the layout, which is an agreement with
 * programs that were compiled long ago. */
#include "check.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "core/packet.h"
#include "os/shm.h"
#include "refclock/shm.h"

/* ---- os/shm.h ---- */

static struct shm_time memory;
static uint32_t asked_key;
static size_t asked_size;
static unsigned asked_mode;
static int refusal;
static bool detached;

int shm_attach(uint32_t key, size_t size, unsigned mode, void **segment)
{
    asked_key = key;
    asked_size = size;
    asked_mode = mode;
    *segment = &memory;
    return refusal;
}

void shm_detach(void *segment)
{
    detached = segment == &memory;
}

/* ---- the feeder ---- */

#define RECEIVED_S INT64_C(1700000000)

static void feed(int mode)
{
    memory.mode = mode;
    memory.count += 2;
    memory.clock_s = RECEIVED_S + 1;
    memory.clock_us = 250001;
    memory.clock_ns = 250001002;
    memory.receive_s = RECEIVED_S;
    memory.receive_us = 750003;
    memory.receive_ns = 750003004;
    memory.leap = LEAP_NONE;
    memory.precision = -1;
    memory.valid = 1;
}

static int begin(void **state)
{
    struct refclock_place place = {.unit = 0, .mode = 0600};

    memset(&memory, 0, sizeof memory);
    refusal = 0;
    return refclock_find(REFCLOCK_SHM)->open(&place, state);
}

static bool look(void **state, struct refclock_reading *out)
{
    memset(out, 0x55, sizeof *out);
    return refclock_find(REFCLOCK_SHM)->read(*state, out);
}

/* ---- tests ---- */

static void the_layout_is_that_of_ntpd(void **state)
{
    struct natural {
        int mode, count;
        time_t clock_s;
        int clock_us;
        time_t receive_s;
        int receive_us, leap, precision, sample_count, valid;
        unsigned clock_ns, receive_ns;
        int reserved[8];
    };
    (void)state;

    assert_int_equal(sizeof(struct shm_time), sizeof(struct natural));
#define SAME_PLACE(field)                                                                          \
    assert_int_equal(offsetof(struct shm_time, field), offsetof(struct natural, field))
    SAME_PLACE(clock_s);
    SAME_PLACE(clock_us);
    SAME_PLACE(receive_s);
    SAME_PLACE(receive_us);
    SAME_PLACE(valid);
    SAME_PLACE(receive_ns);
    SAME_PLACE(reserved);
    if (sizeof(time_t) == 8 && _Alignof(time_t) == 8) {
        assert_int_equal(sizeof(struct shm_time), 96);
        assert_int_equal(offsetof(struct shm_time, valid), 48);
    }
    assert_true(atomic_is_lock_free(&memory.clock_s)); /* between processes */
    assert_true(atomic_is_lock_free(&memory.count));
}

static void the_unit_is_part_of_the_key(void **state)
{
    struct refclock_place place = {.unit = 2, .mode = 0644};
    void *segment;
    (void)state;

    refusal = 0;
    assert_string_equal(refclock_find(REFCLOCK_SHM)->name, "SHM");
    assert_int_equal(refclock_find(REFCLOCK_SHM)->open(&place, &segment), 0);
    assert_int_equal(asked_key, 0x4e545032);
    assert_int_equal(asked_size, sizeof(struct shm_time));
    assert_int_equal(asked_mode, 0644);
    refclock_find(REFCLOCK_SHM)->close(segment);
    assert_true(detached);
    refusal = -EACCES;
    assert_int_equal(refclock_find(REFCLOCK_SHM)->open(&place, &segment), -EACCES);
}

static void a_sample_is_read_once(void **state)
{
    struct refclock_reading r;

    assert_false(look(state, &r)); /* nothing fed yet */
    for (int mode = 0; mode <= 1; mode++) {
        feed(mode);
        assert_true(look(state, &r));
        assert_int_equal(r.truth.ns, (RECEIVED_S + 1) * NS_PER_S + 250001002);
        assert_int_equal(r.received.ns, RECEIVED_S * NS_PER_S + 750003004);
        assert_float_equal(r.resolution_s, 1e-9, 1e-15);
        assert_int_equal(r.leap, LEAP_NONE);
        assert_int_equal(memory.valid, 0); /* a writer of mode 0 waits for it */
        assert_false(look(state, &r));
    }
}

static void feeders_without_ns(void **state)
{
    struct refclock_reading r;

    feed(0);
    memory.clock_ns = 0; /* old ones leave both alone ... */
    memory.receive_ns = 0;
    assert_true(look(state, &r));
    assert_int_equal(r.truth.ns, (RECEIVED_S + 1) * NS_PER_S + 250001000);
    assert_int_equal(r.received.ns, RECEIVED_S * NS_PER_S + 750003000);
    assert_float_equal(r.resolution_s, 1e-6, 1e-12);
    feed(0);
    memory.receive_ns = 0xdeadbeef; /* ... or in any state */
    assert_true(look(state, &r));
    assert_int_equal(r.received.ns, RECEIVED_S * NS_PER_S + 750003000);
}

static void leap_is_handed_on(void **state)
{
    struct refclock_reading r;

    for (int leap = LEAP_NONE; leap <= LEAP_UNSYNCHRONISED; leap++) {
        feed(1);
        memory.leap = leap;
        assert_true(look(state, &r));
        assert_int_equal(r.leap, leap);
    }
}

static void mad_numbers_make_no_sample(void **state)
{
    static const struct {
        size_t field;
        int value;
    } bad_ints[] = {
        {offsetof(struct shm_time, clock_us), 1000000},
        {offsetof(struct shm_time, clock_us), -1},
        {offsetof(struct shm_time, receive_us), 1000000},
        {offsetof(struct shm_time, receive_us), -1},
        {offsetof(struct shm_time, leap), 4},
        {offsetof(struct shm_time, leap), -1},
    };
    static const time_t bad_seconds[] = {INT64_MAX, INT64_MIN, INT64_C(9000000000),
                                         INT64_C(-9000000000)};
    struct refclock_reading r;

    for (size_t i = 0; i < sizeof bad_ints / sizeof bad_ints[0]; i++) {
        feed(1);
        memcpy((char *)&memory + bad_ints[i].field, &bad_ints[i].value, sizeof(int));
        assert_false(look(state, &r));
        assert_int_equal(memory.valid, 0); /* it is used up all the same */
    }
    for (size_t i = 0; i < sizeof bad_seconds / sizeof bad_seconds[0]; i++) {
        feed(1);
        memory.clock_s = bad_seconds[i];
        assert_false(look(state, &r));
        feed(1);
        memory.receive_s = bad_seconds[i];
        assert_false(look(state, &r));
    }
    feed(2); /* no such mode */
    assert_false(look(state, &r));
    feed(-1);
    assert_false(look(state, &r));
    feed(1);
    assert_true(look(state, &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_layout_is_that_of_ntpd),
        cmocka_unit_test(the_unit_is_part_of_the_key),
        cmocka_unit_test_setup(a_sample_is_read_once, begin),
        cmocka_unit_test_setup(feeders_without_ns, begin),
        cmocka_unit_test_setup(leap_is_handed_on, begin),
        cmocka_unit_test_setup(mad_numbers_make_no_sample, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
