/* SPDX-License-Identifier: BSD-2-Clause */
/* OpenNTPD's ntpd.conf: how it is recognised, what it means, its defaults, and what distributions
 * ship. Wrong files are in tests/vectors/config/openntpd-*. */
#include "check.h"

#include <math.h>
#include <string.h>

#include "config/config.h"

#define NEAR(a, b) assert_true(fabs((a) - (double)(b)) <= 1e-12 * (double)(b))

static struct config *load_as(const char *name, const char *text, enum config_dialect force)
{
    struct config *c = config_new();
    char out[2048];

    assert_non_null(c);
    if (!config_load_text(c, name, text, strlen(text), force)) {
        config_message_format(&c->messages[0], out, sizeof out);
        fail_msg("%s", out);
    }
    return c;
}

static struct config *load(const char *text)
{
    return load_as("x", text, DIALECT_OPENNTPD);
}

static enum config_dialect language_of(const char *name, const char *text)
{
    struct config *c = config_new();
    config_load_text(c, name, text, strlen(text), DIALECT_UNKNOWN);
    enum config_dialect dialect = c->dialect;
    config_free(c);
    return dialect;
}

static bool allowed(const struct config *c, const char *text)
{
    struct address a;

    assert_true(address_parse(text, &a));
    return acl_allows(&c->access, &a);
}

static void assert_address(const struct address *a, const char *expected)
{
    char text[ADDRESS_TEXT_MAX];

    assert_string_equal(address_format(a, text), expected);
}

static void the_language_is_told_by_content(void **state)
{
    (void)state;
    assert_int_equal(language_of("ntp.conf", "servers pool.example\n"), DIALECT_OPENNTPD);
    assert_int_equal(language_of("chrony.conf", "server a\nlisten on *\n"), DIALECT_OPENNTPD);
    assert_int_equal(language_of("x", "sensor *\n"), DIALECT_OPENNTPD);
    assert_int_equal(language_of("x", "query from 192.0.2.1\nserver a\n"), DIALECT_OPENNTPD);
    assert_int_equal(language_of("x", "constraint from \"a\"\n"), DIALECT_OPENNTPD);
    /* options of a server line */
    assert_int_equal(language_of("x", "server a weight 2\n"), DIALECT_OPENNTPD);
    assert_int_equal(language_of("chrony.conf", "server a trusted\n"), DIALECT_OPENNTPD);
    /* then the name of the file, unless the lines cannot be of it */
    assert_int_equal(language_of("/etc/ntpd.conf", "server a\n"), DIALECT_OPENNTPD);
    assert_int_equal(language_of("/etc/openntpd/x.conf", "server a\n"), DIALECT_OPENNTPD);
    assert_int_equal(language_of("/etc/ntpd.conf", "server a iburst\n"), DIALECT_NTP);
    assert_int_equal(language_of("/etc/ntpd.conf", "server a\ndriftfile /d\n"), DIALECT_NTP);
    assert_int_equal(language_of("/etc/ntpd.conf", "tinker panic 0\nserver a\n"), DIALECT_NTP);
    assert_int_equal(language_of("/etc/ntp.conf", "server a\n"), DIALECT_NTP);
    /* words of two languages: refused */
    assert_int_equal(language_of("x", "servers a\nrestrict default\n"), DIALECT_UNKNOWN);
    assert_int_equal(language_of("x", "listen on *\nmakestep 1 3\n"), DIALECT_UNKNOWN);

    assert_int_equal(config_dialect_parse("openntpd"), DIALECT_OPENNTPD);
    assert_int_equal(config_dialect_parse("chrony"), DIALECT_CHRONY);
    assert_int_equal(config_dialect_parse("ntp"), DIALECT_NTP);
    assert_int_equal(config_dialect_parse("ntpd"), DIALECT_UNKNOWN);
    assert_string_equal(config_dialect_name(DIALECT_OPENNTPD), "OpenNTPD's ntpd.conf");
}

static void its_defaults(void **state)
{
    (void)state;
    struct config *c = load("servers pool.example\n");
    const struct settings *s = &c->settings;
    assert_int_equal(c->warning_count, 0);
    assert_true(acl_allows_nobody(&c->access)); /* it listens nowhere */
    assert_int_equal(c->bind_count, 0);
    assert_int_equal(c->dscp, 0);
    assert_false(c->ratelimit.enabled);
    /* off by more than a minute at the start: stepped; else and later: slewed */
    NEAR(s->step_threshold_s, 60);
    assert_int_equal(s->step_updates, 1);
    assert_true(s->stepout_s == 0 && s->panic_s == 0);
    NEAR(s->max_slew_rate, 500e-6);
    assert_int_equal(c->drift_format, DRIFT_NTP);
    assert_int_equal(s->specs[0].kind, SOURCE_POOL);
    assert_int_equal(s->specs[0].max_sources, 8);
    assert_true(s->specs[0].iburst);
    assert_int_equal(s->specs[0].minpoll, 5);
    config_free(c);
}

static void servers_and_their_weights(void **state)
{
    (void)state;
    struct config *c = load(
        "server 192.0.2.1 weight 5\nserver \"ntp.example.org\" trusted weight 2 # ours\n"
        "servers 2001:db8::1\nservers 'pool.example.org'#comment\n");
    const struct source_spec *s = c->settings.specs;
    assert_int_equal(c->warning_count, 0);
    assert_int_equal(c->settings.spec_count, 4);
    assert_int_equal(s[0].weight, 5);
    assert_int_equal(s[0].kind, SOURCE_SERVER);
    assert_string_equal(s[1].name, "ntp.example.org");
    assert_int_equal(s[1].weight, 2);
    assert_int_equal(s[2].kind, SOURCE_SERVER); /* an address has one address */
    assert_string_equal(s[3].name, "pool.example.org");
    assert_int_equal(s[3].kind, SOURCE_POOL);
    assert_int_equal(s[3].weight, 1);
    config_free(c);
}

static void listen_on_serves_everybody_there(void **state)
{
    (void)state;
    struct config *c = load("server a\nlisten on 192.0.2.1\nlisten on ::1\n");
    assert_int_equal(c->bind_count, 2);
    assert_address(&c->bind[0], "192.0.2.1");
    assert_address(&c->bind[1], "::1");
    assert_true(allowed(c, "198.51.100.7") && allowed(c, "2001:db8::7"));
    assert_false(c->ratelimit.enabled);
    config_free(c);

    c = load("server a\nlisten on *\n");
    assert_int_equal(c->bind_count, 2);
    assert_address(&c->bind[0], "0.0.0.0");
    assert_address(&c->bind[1], "::");
    config_free(c);
}

static void query_from_holds_for_what_follows(void **state)
{
    (void)state;
    struct config *c = load(
        "server a\nquery from 192.0.2.1\nserver b\nquery from 2001:db8::1\n"
        "query from 192.0.2.2\nservers c\n");
    const struct source_spec *s = c->settings.specs;
    assert_int_equal(s[0].from[0].family, ADDRESS_NONE);
    assert_address(&s[1].from[0], "192.0.2.1");
    assert_int_equal(s[1].from[1].family, ADDRESS_NONE);
    assert_address(&s[2].from[0], "192.0.2.2");
    assert_address(&s[2].from[1], "2001:db8::1");
    config_free(c);
}

static void sensors_of_another_system(void **state)
{
    (void)state;
    struct config *c = load("server a\nsensor *\nsensor * refid HARD correction 0 weight 1\n");
    assert_int_equal(c->warning_count, 0);
    assert_int_equal(c->settings.spec_count, 1);
    config_free(c);
}

/* The lines of what is shipped, without its comments. */
static void files_of_distributions_say_nothing(void **state)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        {"/etc/openntpd/ntpd.conf", /* Debian, Ubuntu */
         "servers 0.debian.pool.ntp.org\nservers 1.debian.pool.ntp.org\n"
         "servers 2.debian.pool.ntp.org\nservers 3.debian.pool.ntp.org\n"},
        {"/etc/ntpd.conf", /* portable, Alpine, FreeBSD's port */
         "#listen on *\nservers pool.ntp.org\n#sensor *\n"},
        {"/etc/ntpd.conf", "servers pool.ntp.org\nserver time.example.org\nsensor *\n"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct config *c = load_as(files[i].name, files[i].text, DIALECT_UNKNOWN);
        assert_int_equal(c->dialect, DIALECT_OPENNTPD);
        assert_int_equal(c->message_count, 0);
        config_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_language_is_told_by_content),
        cmocka_unit_test(its_defaults),
        cmocka_unit_test(servers_and_their_weights),
        cmocka_unit_test(listen_on_serves_everybody_there),
        cmocka_unit_test(query_from_holds_for_what_follows),
        cmocka_unit_test(sensors_of_another_system),
        cmocka_unit_test(files_of_distributions_say_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
