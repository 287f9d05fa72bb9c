/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of reference clocks in the three dialects mean the same specs. What is wrong with them is
 * in the vectors (clocks-*.conf). */
#include "check.h"

#include <string.h>

#include "config/config.h"
#include "core/packet.h"

static struct config *load(const char *text)
{
    struct config *c = config_new();
    char out[2048];

    assert_non_null(c);
    if (!config_load_text(c, "x.conf", text, strlen(text), DIALECT_UNKNOWN)) {
        config_message_format(&c->messages[0], out, sizeof out);
        fail_msg("%s", out);
    }
    assert_int_equal(c->message_count, 0);
    return c;
}

static const struct source_spec *spec(const struct config *c, unsigned i, const char *name)
{
    const struct source_spec *s = &c->settings.specs[i];

    assert_true(i < c->settings.spec_count);
    assert_string_equal(s->name, name);
    assert_int_equal(s->kind, SOURCE_REFCLOCK);
    assert_int_equal(s->refclock_kind, REFCLOCK_SHM);
    assert_int_equal(s->address.family, ADDRESS_NONE);
    assert_int_equal(s->minpoll, s->maxpoll);
    return s;
}

#define SAME(a, b) assert_float_equal(a, b, 1e-12)

static void chrony_defaults(void **state)
{
    struct config *c = load("refclock SHM 1\nrefclock SHM 0\nmakestep 1 3\n");
    const struct source_spec *s = spec(c, 0, "SHM1");
    (void)state;

    assert_int_equal(c->settings.spec_count, 2);
    assert_int_equal(s->refclock_unit, 1);
    assert_int_equal(s->refclock_mode, 0600);
    assert_int_equal(s->minpoll, 4);
    assert_int_equal(s->refclock_poll, 0);
    assert_int_equal(s->refclock_stratum, 0);
    assert_int_equal(s->refclock_refid, REFID('S', 'H', 'M', '0')); /* by the order of the lines */
    assert_int_equal(spec(c, 1, "SHM0")->refclock_refid, REFID('S', 'H', 'M', '1'));
    SAME(s->offset_correction_s, 0);
    SAME(s->refclock_delay_s, 1e-9);
    SAME(s->refclock_precision_s, 0);
    assert_false(s->prefer || s->noselect || s->trust || s->require || s->iburst);
    config_free(c);
}

static void chrony_options(void **state)
{
    struct config *c = load(
        "refclock SHM 2:perm=0644 poll 3 dpoll -2 refid GPS offset -0.1 delay 0.2 "
        "precision 1e-6 stratum 2 prefer trust require filter 8\n"
        "refclock shm 3 noselect\ndriftfile d\nmakestep 1 3\n");
    const struct source_spec *s = spec(c, 0, "SHM2");
    (void)state;

    assert_int_equal(s->refclock_unit, 2);
    assert_int_equal(s->refclock_mode, 0644);
    assert_int_equal(s->minpoll, 3);
    assert_int_equal(s->refclock_poll, -2);
    assert_int_equal(s->refclock_stratum, 2);
    assert_int_equal(s->refclock_refid, REFID('G', 'P', 'S', 0));
    SAME(s->offset_correction_s, -0.1);
    SAME(s->refclock_delay_s, 0.2);
    SAME(s->refclock_precision_s, 1e-6);
    assert_true(s->prefer && s->trust && s->require && !s->noselect);
    assert_true(spec(c, 1, "SHM3")->noselect);
    config_free(c);
}

/* fudge lines hold wherever they stand, the later one for what it says. */
static void ntp_address_and_fudge(void **state)
{
    struct config *c = load(
        "fudge 127.127.28.2 time1 0.25 refid GPS\n"
        "server 127.127.28.0\n"
        "server 127.127.28.2 minpoll 4 maxpoll 6 prefer\n"
        "server 127.127.28.3 mode 1 noselect\n"
        "fudge 127.127.28.2 stratum 4 time1 0.5 flag1 1\n");
    const struct source_spec *s = spec(c, 1, "SHM2");
    (void)state;

    assert_int_equal(c->settings.spec_count, 3);
    assert_int_equal(s->minpoll, 4);
    assert_int_equal(s->refclock_mode, 0666);
    assert_int_equal(s->refclock_refid, REFID('G', 'P', 'S', 0));
    assert_int_equal(s->refclock_stratum, 4);
    SAME(s->offset_correction_s, 0.5);
    assert_true(s->prefer);
    s = spec(c, 0, "SHM0");
    assert_int_equal(s->refclock_mode, 0600); /* as ntpd makes units 0 and 1 */
    assert_int_equal(s->refclock_refid, REFID('S', 'H', 'M', 0));
    assert_int_equal(s->minpoll, 6);
    SAME(s->offset_correction_s, 0);
    assert_int_equal(spec(c, 2, "SHM3")->refclock_mode, 0600);
    assert_true(spec(c, 2, "SHM3")->noselect);
    config_free(c);
}

static void ntpsec_refclock(void **state)
{
    struct config *c = load(
        "refclock shm unit 2 refid PPS time1 0.125 stratum 1 minpoll 4 maxpoll 4 "
        "true\nrefclock shm\nrestrict default nomodify\n");
    const struct source_spec *s = spec(c, 0, "SHM2");
    (void)state;

    assert_int_equal(c->dialect, DIALECT_NTP);
    assert_int_equal(s->refclock_refid, REFID('P', 'P', 'S', 0));
    assert_int_equal(s->refclock_stratum, 1);
    assert_int_equal(s->minpoll, 4);
    SAME(s->offset_correction_s, 0.125);
    assert_true(s->trust);
    assert_int_equal(spec(c, 1, "SHM0")->refclock_unit, 0);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chrony_defaults),
        cmocka_unit_test(chrony_options),
        cmocka_unit_test(ntp_address_and_fudge),
        cmocka_unit_test(ntpsec_refclock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
