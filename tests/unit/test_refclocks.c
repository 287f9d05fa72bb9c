/* SPDX-License-Identifier: BSD-2-Clause */
/* Reference clocks in the loop, by a driver of this file, which says by a pipe when there is a
 * sample, or is looked at by time: what is opened and closed, when it is read, and what the engine
 * is told. */
#include "daemon/refclocks.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "os/clock.h"

#define PATH "/dev/fake0"

static struct {
    int ends[2]; /* of the pipe; -1: none */
    unsigned opened, closed, looked;
    struct refclock_reading next;
    bool have;
    struct refclock_place place;
} fake;

static struct refclocks refclocks;
static struct engine engine;
static struct wait_set set;

static int fake_open(const struct refclock_place *place, void **state)
{
    assert_string_equal(place->path, PATH);
    assert_int_equal(place->unit, 7);
    *state = &fake;
    fake.opened++;
    return 0;
}

static bool fake_read(void *state, struct refclock_reading *out)
{
    char byte;

    assert_ptr_equal(state, &fake);
    fake.looked++;
    if (fake.ends[0] >= 0 && read(fake.ends[0], &byte, 1) != 1) {
        return false;
    }
    *out = fake.next;
    return fake.have;
}

static int fake_descriptor(const void *state)
{
    assert_ptr_equal(state, &fake);
    return fake.ends[0];
}

static void fake_close(void *state)
{
    assert_ptr_equal(state, &fake);
    fake.closed++;
}

/* In the place of src/refclock's. */
const struct refclock_driver *refclock_find(enum refclock_kind kind)
{
    static const struct refclock_driver driver = {.name = "FAKE",
                                                  .open = fake_open,
                                                  .read = fake_read,
                                                  .descriptor = fake_descriptor,
                                                  .close = fake_close};

    assert_int_equal(kind, REFCLOCK_SHM);
    return &driver;
}

static struct settings settings;

static int start(bool descriptor)
{
    struct engine_start begin = {.now = clock_now(), .precision_s = 1e-7};
    struct source_spec spec = {.kind = SOURCE_REFCLOCK,
                               .name = "FAKE7",
                               .minpoll = 4,
                               .maxpoll = 4,
                               .refclock_unit = 7,
                               .refclock_path = PATH};

    memset(&fake, 0, sizeof fake);
    memset(&refclocks, 0, sizeof refclocks);
    memset(&set, 0, sizeof set);
    fake.ends[0] = fake.ends[1] = -1;
    if (descriptor) {
        assert_int_equal(pipe(fake.ends), 0);
    }
    settings_default(&settings);
    settings.clock_control = false;
    settings.specs[0] = spec;
    settings.spec_count = 1;
    engine_init(&engine, &settings, &begin);
    refclocks_configure(&refclocks, &settings);
    refclocks_register(&refclocks, &set);
    return 0;
}

static int start_with_descriptor(void **state)
{
    (void)state;
    return start(true);
}

static int start_by_time(void **state)
{
    (void)state;
    return start(false);
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        if (fake.ends[i] >= 0) {
            close(fake.ends[i]);
        }
    }
    return 0;
}

static void tell(double truth_after_s, enum reading_kind kind)
{
    struct wall_time now = clock_now().wall;

    fake.have = true;
    fake.next = (struct refclock_reading){.kind = kind,
                                          .truth = {ns_add(now.ns, ns_from_s(truth_after_s))},
                                          .received = now,
                                          .resolution_s = 1e-9};
}

/* Not looked at before there is something; then once for each byte, at once. */
static void test_a_descriptor_wakes(void **state)
{
    struct wait_set *wait = &set;

    (void)state;
    assert_int_equal(fake.opened, 1);
    assert_int_equal(wait->count, 1);
    assert_int_equal(refclocks_deadline(&refclocks, &engine).ns, INT64_MAX);
    assert_int_equal(wait_until(wait, clock_now().mono), 0);
    assert_false(refclocks_read(&refclocks, wait, &engine, 0));
    assert_int_equal(fake.looked, 0);
    for (unsigned i = 1; i <= 3; i++) {
        tell(0.25, READING_TIME);
        assert_int_equal(write(fake.ends[1], "x", 1), 1);
        assert_int_equal(wait_until(wait, mono_after(clock_now().mono, 5)), 1);
        assert_true(refclocks_read(&refclocks, wait, &engine, 0));
        assert_int_equal(engine.sources[0].verdicts[REPLY_ACCEPTED], i);
        assert_true(fabs(engine.sources[0].last.offset_s - 0.25) < 1e-6);
        assert_int_equal(wait_until(wait, clock_now().mono), 0);
        assert_false(refclocks_read(&refclocks, wait, &engine, 0));
    }
    assert_int_equal(fake.looked, 3);
    assert_false(refclocks_read(&refclocks, wait, &engine, 1)); /* no clock's source */
}

/* A reload: the same line keeps its clock, no line closes it, and the set keeps no descriptor of a
 * closed one. */
static void test_reload(void **state)
{
    (void)state;
    refclocks_unregister(&refclocks, &set);
    refclocks_configure(&refclocks, &settings);
    refclocks_register(&refclocks, &set);
    assert_int_equal(fake.opened, 1);
    assert_int_equal(fake.closed, 0);
    assert_int_equal(set.count, 1);
    refclocks_unregister(&refclocks, &set);
    assert_int_equal(set.count, 0);
    settings.spec_count = 0;
    refclocks_configure(&refclocks, &settings);
    refclocks_register(&refclocks, &set);
    assert_int_equal(fake.closed, 1);
    assert_int_equal(set.count, 0);
}

static void test_by_time(void **state)
{
    (void)state;
    assert_int_equal(set.count, 0);
    assert_true(refclocks_deadline(&refclocks, &engine).ns <= clock_now().mono.ns);
    tell(0.25, READING_TIME);
    assert_true(refclocks_read(&refclocks, &set, &engine, 0));
    assert_true(refclocks_deadline(&refclocks, &engine).ns > 0);
    while (refclocks_deadline(&refclocks, &engine).ns > clock_now().mono.ns) {
        assert_false(refclocks_read(&refclocks, &set, &engine, 0));
        usleep(10000);
    }
    tell(0.25, READING_TIME);
    assert_true(refclocks_read(&refclocks, &set, &engine, 0));
    assert_int_equal(fake.looked, 2);
}

/* Of a pulse only what is left of whole seconds is told, to the nanosecond, however far the two
 * numbers are apart; that nobody numbers it is then the engine's verdict. */
static void test_a_fraction(void **state)
{
    struct wait_set *wait = &set;

    (void)state;
    tell(0, READING_FRACTION);
    fake.next.truth.ns = 0;
    assert_int_equal(write(fake.ends[1], "x", 1), 1);
    assert_int_equal(wait_until(wait, mono_after(clock_now().mono, 5)), 1);
    assert_true(refclocks_read(&refclocks, wait, &engine, 0));
    assert_true(engine.sources[0].pulses);
    assert_int_equal(engine.sources[0].verdicts[REPLY_UNSYNCHRONISED], 1);
    assert_int_equal(engine.sources[0].verdicts[REPLY_MALFORMED], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_descriptor_wakes, start_with_descriptor, end),
        cmocka_unit_test_setup_teardown(test_reload, start_with_descriptor, end),
        cmocka_unit_test_setup_teardown(test_by_time, start_by_time, end),
        cmocka_unit_test_setup_teardown(test_a_fraction, start_with_descriptor, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
