/* SPDX-License-Identifier: BSD-2-Clause */
/* Units of time and ratio. */
#include "check.h"
#include "core/units.h"

static void times(void **state)
{
    (void)state;
    assert_float_equal(units_time_s("ns"), 1e-9, 0);
    assert_float_equal(units_time_s("\u00b5s"), units_time_s("us"), 0);
    assert_float_equal(units_time_s("ms") * 1000, units_time_s("s"), 0);
    assert_float_equal(units_time_s("m"), 60, 0);
    assert_float_equal(units_time_s("h") * 24, units_time_s("d"), 0);
    assert_float_equal(units_time_s(""), 0, 0);
    assert_float_equal(units_time_s("S"), 0, 0);
    assert_float_equal(units_time_s("msec"), 0, 0);
    assert_float_equal(units_time_s("ppm"), 0, 0);
}

static void ratios(void **state)
{
    (void)state;
    assert_float_equal(units_ratio("%"), 1e-2, 0);
    assert_float_equal(units_ratio("ppm"), 1e-6, 0);
    assert_float_equal(units_ratio("ppb"), 1e-9, 0);
    assert_float_equal(units_ratio("s"), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times),
        cmocka_unit_test(ratios),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
