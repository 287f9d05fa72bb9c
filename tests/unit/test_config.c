/* SPDX-License-Identifier: BSD-2-Clause */
/* What configurations mean: the files of the three articles that the project began with, those that
 * distributions ship, each language's defaults, and the effect of single directives. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "config/listen.h"

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

static struct config *load(const char *name, const char *text)
{
    return load_as(name, text, DIALECT_UNKNOWN);
}

static struct config *load_silent(const char *name, const char *text)
{
    struct config *c = load(name, text);

    assert_int_equal(c->warning_count, 0);
    assert_int_equal(c->message_count, 0);
    return c;
}

static uint32_t flags_of(const struct acl *acl, const char *text)
{
    struct address a;

    assert_true(address_parse(text, &a));
    return acl_flags(acl, &a);
}

static bool allowed(const struct config *c, const char *text)
{
    struct address a;

    assert_true(address_parse(text, &a));
    return acl_allows(&c->access, &a);
}

#define NEAR(a, b) assert_true(fabs((a) - (b)) <= 1e-12 * fabs(b))

/* ---- the three articles ---- */

static void the_freebsd_article(void **state)
{
    (void)state;
    struct config *c = load_silent("ntp.conf",
                                   "server ntp1.sakura.ad.jp iburst\n"
                                   "driftfile /var/db/ntpd.drift\n");
    const struct source_spec *s = &c->settings.specs[0];
    assert_int_equal(c->dialect, DIALECT_NTP);
    assert_int_equal(c->settings.spec_count, 1);
    assert_string_equal(s->name, "ntp1.sakura.ad.jp");
    assert_int_equal(s->kind, SOURCE_SERVER);
    assert_int_equal(s->address.family, ADDRESS_NONE);
    assert_true(s->iburst);
    assert_false(s->burst || s->prefer || s->noselect);
    assert_int_equal(s->minpoll, 6);
    assert_int_equal(s->maxpoll, 10);
    assert_int_equal(s->port, 123);
    assert_int_equal(s->version, 4);
    assert_string_equal(c->driftfile, "/var/db/ntpd.drift");
    assert_int_equal(c->drift_format, DRIFT_NTP);
    assert_true(allowed(c, "198.51.100.7"));
    config_free(c);
}

static void the_vps_article(void **state)
{
    (void)state;
    struct config *c = load_silent("chrony.conf",
                                   "server ntp.nict.jp iburst # 東京\n"
                                   "server 0.jp.pool.ntp.org iburst # 負荷分散 (複数地域)\n"
                                   "server 1.jp.pool.ntp.org iburst # 負荷分散 (複数地域)\n"
                                   "server 2.jp.pool.ntp.org iburst # 負荷分散 (複数地域)\n"
                                   "allow 127.0.0.1\n"
                                   "allow ::1\n"
                                   "allow 162.43.5.61\n");
    assert_int_equal(c->dialect, DIALECT_CHRONY);
    assert_int_equal(c->settings.spec_count, 4);
    assert_string_equal(c->settings.specs[0].name, "ntp.nict.jp");
    assert_string_equal(c->settings.specs[3].name, "2.jp.pool.ntp.org");
    for (unsigned i = 0; i < 4; i++) {
        assert_true(c->settings.specs[i].iburst);
    }
    /* it answers only those three */
    assert_true(allowed(c, "127.0.0.1") && allowed(c, "::1") && allowed(c, "162.43.5.61"));
    assert_false(allowed(c, "127.0.0.2") || allowed(c, "::2") || allowed(c, "162.43.5.60") ||
                 allowed(c, "162.43.5.62") || allowed(c, "8.8.8.8") || allowed(c, "2001:db8::1"));
    assert_false(acl_allows_nobody(&c->access));
    config_free(c);
}

static void the_centos_article(void **state)
{
    (void)state;
    struct config *c = load_silent("ntp.conf",
                                   "driftfile /var/lib/ntp/ntp.drift\n"
                                   "restrict default nomodify notrap nopeer noquery kod limited\n"
                                   "restrict 127.0.0.1\n"
                                   "restrict ::1\n"
                                   "server ntp1.jst.mfeed.ad.jp iburst\n"
                                   "server ntp2.jst.mfeed.ad.jp iburst\n"
                                   "server ntp3.jst.mfeed.ad.jp iburst\n"
                                   "server ntp.nict.jp iburst\n"
                                   "server ntp.jst.mfeed.ad.jp iburst\n");
    uint32_t all = ACCESS_NOMODIFY | ACCESS_NOTRAP | ACCESS_NOPEER | ACCESS_NOQUERY | ACCESS_KOD |
                   ACCESS_LIMITED;
    assert_int_equal(c->dialect, DIALECT_NTP);
    assert_int_equal(c->settings.spec_count, 5);
    assert_string_equal(c->driftfile, "/var/lib/ntp/ntp.drift");
    /* serves the world, with a limit; no status for it */
    assert_int_equal(flags_of(&c->access, "198.51.100.7"), all);
    assert_int_equal(flags_of(&c->access, "2001:db8::7"), all);
    assert_true(allowed(c, "198.51.100.7") && allowed(c, "2001:db8::7"));
    assert_int_equal(flags_of(&c->access, "127.0.0.1"), 0);
    assert_int_equal(flags_of(&c->access, "::1"), 0);
    assert_int_equal(flags_of(&c->access, "127.0.0.2"), all);
    assert_true(c->ratelimit.enabled);
    config_free(c);
}

/* ---- what distributions ship, without its comments ---- */

static void files_of_distributions_say_nothing_surprising(void **state)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        {"debian/chrony.conf",
         "confdir /no/conf.d\npool 2.debian.pool.ntp.org iburst\n"
         "sourcedir /no/chrony-dhcp\nsourcedir /no/sources.d\n"
         "keyfile /etc/chrony/chrony.keys\n"
         "driftfile /var/lib/chrony/chrony.drift\nntsdumpdir /var/lib/chrony\n"
         "#log tracking measurements statistics\nlogdir /var/log/chrony\n"
         "maxupdateskew 100.0\nrtcsync\nmakestep 1 3\nleapsectz right/UTC\n"},
        {"fedora/chrony.conf",
         "pool 2.fedora.pool.ntp.org iburst\nsourcedir /no/chrony-dhcp\n"
         "driftfile /var/lib/chrony/drift\nmakestep 1.0 3\nrtcsync\n"
         "#hwtimestamp *\n#minsources 2\n#allow 192.168.0.0/16\n"
         "#local stratum 10\nkeyfile /etc/chrony.keys\n"
         "ntsdumpdir /var/lib/chrony\nleapseclist /usr/share/zoneinfo/l\n"
         "logdir /var/log/chrony\n"},
        {"centos7/chrony.conf",
         "server 0.centos.pool.ntp.org iburst\n"
         "server 1.centos.pool.ntp.org iburst\n"
         "server 2.centos.pool.ntp.org iburst\n"
         "server 3.centos.pool.ntp.org iburst\n"
         "driftfile /var/lib/chrony/drift\nmakestep 1.0 3\nrtcsync\n"
         "logdir /var/log/chrony\n"},
        {"ntpsec/ntp.conf",
         "driftfile /var/lib/ntpsec/ntp.drift\n"
         "leapfile /usr/share/zoneinfo/leap-seconds.list\n"
         "tos maxclock 11\ntos minclock 4 minsane 3\n"
         "pool 0.debian.pool.ntp.org iburst\npool 1.debian.pool.ntp.org iburst\n"
         "pool 2.debian.pool.ntp.org iburst\npool 3.debian.pool.ntp.org iburst\n"
         "restrict default kod nomodify nopeer noquery limited\n"
         "restrict 127.0.0.1\nrestrict ::1\n"},
        {"debian-classic/ntp.conf",
         "driftfile /var/lib/ntp/ntp.drift\nleapfile /usr/share/zoneinfo/leap-seconds.list\n"
         "filegen loopstats file loopstats type day enable\nstatsdir /var/log/ntpstats/\n"
         "pool 0.debian.pool.ntp.org iburst\npool 1.debian.pool.ntp.org iburst\n"
         "restrict -4 default kod notrap nomodify nopeer noquery limited\n"
         "restrict -6 default kod notrap nomodify nopeer noquery limited\n"
         "restrict 127.0.0.1\nrestrict ::1\nrestrict source notrap nomodify noquery\n"},
        {"centos6/ntp.conf",
         "driftfile /var/lib/ntp/drift\n"
         "restrict default kod nomodify notrap nopeer noquery\n"
         "restrict -6 default kod nomodify notrap nopeer noquery\n"
         "restrict 127.0.0.1\nrestrict -6 ::1\n"
         "server 0.centos.pool.ntp.org iburst\n"
         "keys /etc/ntp/keys\ndisable monitor\n"},
        {"freebsd/ntp.conf",
         "tos minclock 3 maxclock 6\npool 0.freebsd.pool.ntp.org iburst\n"
         "restrict default limited kod nomodify notrap noquery nopeer\n"
         "restrict source  limited kod nomodify notrap noquery\n"
         "restrict 127.0.0.1\nrestrict ::1\nleapfile \"/var/db/ntpd.leap\"\n"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        config_free(load_silent(files[i].name, files[i].text));
    }
}

/* ---- languages ---- */

static void each_language_has_its_own_defaults(void **state)
{
    (void)state;
    struct config *c = load_silent("x", "pool a.example iburst\nrtcsync\n");
    assert_int_equal(c->dialect, DIALECT_CHRONY);
    assert_true(acl_allows_nobody(&c->access));
    assert_false(c->ratelimit.enabled);
    NEAR(c->settings.max_slew_rate, 83333.333e-6);
    NEAR(c->settings.max_distance_s, 3.0);
    assert_true(c->settings.step_threshold_s == 0); /* never */
    assert_true(c->settings.panic_s == 0 && c->settings.stepout_s == 0);
    assert_int_equal(c->settings.min_sources, 1);
    assert_int_equal(c->settings.specs[0].max_sources, 4);
    assert_int_equal(c->drift_format, DRIFT_CHRONY);
    assert_int_equal(c->command_port, 323);
    assert_int_equal(c->port, 123);
    assert_int_equal(c->dscp, 0);
    assert_true(c->rtc_sync);
    assert_int_equal(c->client_log_bytes, 524288);
    assert_int_equal(flags_of(&c->command_access, "127.0.0.1"), 0);
    assert_int_equal(flags_of(&c->command_access, "::1"), 0);
    assert_int_equal(flags_of(&c->command_access, "192.0.2.1"), ACCESS_NOSERVE);
    config_free(c);

    c = load_silent("x", "pool a.example iburst\ndisable monitor\n");
    assert_int_equal(c->dialect, DIALECT_NTP);
    assert_true(allowed(c, "198.51.100.7"));
    assert_int_equal(flags_of(&c->access, "198.51.100.7"), ACCESS_NOQUERY);
    assert_false(c->ratelimit.enabled);
    NEAR(c->settings.max_slew_rate, 500e-6);
    NEAR(c->settings.max_distance_s, 1.5);
    NEAR(c->settings.step_threshold_s, 0.128);
    NEAR(c->settings.stepout_s, 300.0);
    NEAR(c->settings.panic_s, 1000.0);
    assert_int_equal(c->settings.step_updates, 1);
    assert_false(c->settings.panic_first_allowed);
    assert_int_equal(c->settings.specs[0].max_sources, 9); /* maxclock 10, the pool line is one */
    assert_int_equal(c->drift_format, DRIFT_NTP);
    assert_int_equal(c->command_port, 323);
    assert_string_equal(c->command_socket, ""); /* it is chrony.conf's */
    assert_int_equal(c->dscp, 46);
    assert_true(c->settings.clock_control);
    config_free(c);
}

static enum config_dialect language_of(const char *name, const char *text)
{
    struct config *c = config_new();
    config_load_text(c, name, text, strlen(text), DIALECT_UNKNOWN);
    enum config_dialect dialect = c->dialect;
    config_free(c);
    return dialect;
}

static void the_language_is_told_by_content(void **state)
{
    (void)state;
    /* a word that only one has beats the name of the file */
    assert_int_equal(language_of("ntp.conf", "server a\nmakestep 1 3\n"), DIALECT_CHRONY);
    assert_int_equal(language_of("chrony.conf", "server a\ntos minsane 2\n"), DIALECT_NTP);
    assert_int_equal(language_of("x", "RTCSYNC\n"), DIALECT_CHRONY);
    assert_int_equal(language_of("x", "# restrict default\nrtcsync\n"), DIALECT_CHRONY);
    /* then what stands on source lines, and comments */
    assert_int_equal(language_of("ntp.conf", "server a offline\n"), DIALECT_CHRONY);
    assert_int_equal(language_of("chrony.conf", "server -4 a\n"), DIALECT_NTP);
    assert_int_equal(language_of("chrony.conf", "server 127.127.1.0\n"), DIALECT_NTP);
    assert_int_equal(language_of("chrony.conf", "server a true\n"), DIALECT_NTP);
    assert_int_equal(language_of("ntp.conf", "! comment\nserver a\n"), DIALECT_CHRONY);
    assert_int_equal(language_of("x", "refclock SHM 0\n"), DIALECT_CHRONY);
    assert_int_equal(language_of("x", "refclock shm unit 0\n"), DIALECT_NTP);
    /* then the name; and the one that does no harm where nothing tells */
    assert_int_equal(language_of("/etc/ntp.conf", "server a iburst\n"), DIALECT_NTP);
    assert_int_equal(language_of("/etc/ntp/chrony.conf", "server a iburst\n"), DIALECT_CHRONY);
    assert_int_equal(language_of("/etc/toki.conf", "server a iburst\n"), DIALECT_CHRONY);
    assert_int_equal(language_of("/etc/toki.conf", ""), DIALECT_CHRONY);
    /* both: refused */
    assert_int_equal(language_of("ntp.conf", "makestep 1 3\nrestrict ::1\n"), DIALECT_UNKNOWN);
    /* upper case is no sign of chrony.conf where the word is one of ntp.conf */
    assert_int_equal(language_of("x", "Server a\nrestrict ::1\n"), DIALECT_NTP);
}

static void the_language_may_be_forced(void **state)
{
    (void)state;
    struct config *c = load_as("chrony.conf", "server a iburst\n", DIALECT_NTP);
    assert_int_equal(c->dialect, DIALECT_NTP);
    config_free(c);

    c = config_new();
    assert_false(config_load_text(c, "x", "server a\nmakestep 1 3\n", 22, DIALECT_NTP));
    assert_int_equal(c->error_count, 1);
    assert_string_equal(c->messages[0].text, "unknown directive 'makestep'");
    config_free(c);
    assert_string_equal(config_dialect_name(DIALECT_CHRONY), "chrony.conf");
    assert_string_equal(config_dialect_name(DIALECT_NTP), "ntp.conf");
}

/* ---- effects of chrony's words ---- */

static void chrony_sources(void **state)
{
    (void)state;
    struct config *c =
        load_silent("chrony.conf",
                    "server 192.0.2.1 minpoll -2 maxpoll 3 version 3 port 1123 prefer trust\n"
                    "server 2001:db8::1 noselect require xleave offline burst maxdelay 0.25\n"
                    "pool p.example ipv6 maxsources 7 offset -0.001\n"
                    "PEER q.example MinPoll 12 ipv4\n"
                    "server r.example maxpoll 4\n"
                    "server fe80::1%eth0\n");
    const struct source_spec *s = c->settings.specs;
    struct address expected;
    assert_int_equal(c->settings.spec_count, 6);
    assert_true(address_parse("192.0.2.1", &expected));
    assert_true(address_equal(&s[0].address, &expected));
    assert_int_equal(s[0].minpoll, -2);
    assert_int_equal(s[0].maxpoll, 3);
    assert_int_equal(s[0].version, 3);
    assert_int_equal(s[0].port, 1123);
    assert_true(s[0].prefer && s[0].trust && !s[0].require && !s[0].iburst);
    NEAR(s[0].max_delay_s, 3.0);
    assert_int_equal(s[1].address.family, ADDRESS_V6);
    assert_true(s[1].noselect && s[1].require && s[1].xleave && s[1].offline && s[1].burst);
    NEAR(s[1].max_delay_s, 0.25);
    assert_int_equal(s[2].kind, SOURCE_POOL);
    assert_int_equal(s[2].family, ADDRESS_V6);
    assert_int_equal(s[2].max_sources, 7);
    NEAR(s[2].offset_correction_s, -0.001);
    assert_int_equal(s[3].kind, SOURCE_PEER);
    assert_int_equal(s[3].family, ADDRESS_V4);
    assert_int_equal(s[3].minpoll, 12);
    assert_int_equal(s[3].maxpoll, 12); /* follows */
    assert_int_equal(s[4].minpoll, 4);
    assert_int_equal(s[4].maxpoll, 4);
    assert_string_equal(s[5].name, "fe80::1%eth0");
    assert_int_equal(s[5].address.family, ADDRESS_NONE);
    config_free(c);
}

static void chrony_clock(void **state)
{
    (void)state;
    struct config *c = load("chrony.conf",
                            "server a\nmakestep 0.5 -1\nmaxslewrate 500\nmaxupdateskew 5\n"
                            "maxdistance 2.5\nmaxjitter 0.25\nminsources 1\nmaxclockerror 2\n"
                            "maxdrift 100\nmaxchange 100 1 -1\ndriftfile /d interval 60\n"
                            "leapsectz right/UTC\nlogdir /l\nkeyfile /k\npidfile /p\nuser u\n"
                            "dscp 48\n");
    const struct settings *s = &c->settings;
    assert_int_equal(c->warning_count, 0);
    NEAR(s->step_threshold_s, 0.5);
    assert_int_equal(s->step_updates, -1);
    NEAR(s->max_slew_rate, 500e-6);
    NEAR(s->max_update_skew, 5e-6);
    NEAR(s->max_distance_s, 2.5);
    NEAR(s->max_jitter_s, 0.25);
    NEAR(s->max_clock_error, 2e-6);
    NEAR(s->max_drift, 100e-6);
    NEAR(s->panic_s, 100.0);
    assert_true(s->panic_first_allowed);
    NEAR(c->drift_interval_s, 60.0);
    assert_string_equal(c->driftfile, "/d");
    assert_string_equal(c->log_directory, "/l");
    assert_string_equal(c->keyfile, "/k");
    assert_string_equal(c->pidfile, "/p");
    assert_string_equal(c->user, "u");
    assert_int_equal(c->dscp, 48);
    config_free(c);

    c = load("chrony.conf", "server a maxdelay 1e9\nmaxdistance 94608000.0\nmaxjitter 1e9\n");
    NEAR(c->settings.max_distance_s, 94608000.0); /* who wants no limit writes what is none */
    NEAR(c->settings.specs[0].max_delay_s, 1e9);
    config_free(c);

    c = load("chrony.conf", "server a\nmakestep 0 3\n"); /* any offset, not: never */
    assert_true(c->settings.step_threshold_s > 0 && c->settings.step_threshold_s < 1e-6);
    assert_int_equal(c->settings.step_updates, 3);
    config_free(c);
    c = load("chrony.conf", "server a\nmakestep 1 -5\n"); /* any number below 0 */
    assert_int_equal(c->settings.step_updates, -1);
    config_free(c);
    c = load("chrony.conf", "server a\nmakestep 1 0\n");
    assert_true(c->settings.step_threshold_s == 0);
    config_free(c);
}

static void chrony_server(void **state)
{
    (void)state;
    struct config *c = load_silent("chrony.conf",
                                   "local stratum 5 distance 0.5\nallow\nport 1123\ncmdport 0\n"
                                   "bindaddress 127.0.0.1\nbindaddress ::1\n"
                                   "ratelimit interval 1 burst 16 leak 3 kod 2\n"
                                   "clientloglimit 65536\n");
    assert_true(c->settings.local);
    assert_int_equal(c->settings.local_stratum, 5);
    NEAR(c->settings.local_distance_s, 0.5);
    assert_int_equal(c->port, 1123);
    assert_int_equal(c->command_port, 0);
    assert_int_equal(c->bind_count, 2);
    assert_int_equal(c->bind[1].family, ADDRESS_V6);
    assert_true(c->ratelimit.enabled);
    NEAR(c->ratelimit.interval_s, 2.0);
    NEAR(c->ratelimit.burst, 16.0);
    assert_int_equal(c->ratelimit.leak_log2, 3);
    assert_int_equal(c->ratelimit.kod_log2, 2);
    assert_int_equal(c->client_log_bytes, 65536);
    assert_int_equal(flags_of(&c->access, "192.0.2.1"), ACCESS_LIMITED | ACCESS_KOD);
    config_free(c);

    c = load("chrony.conf", "local\nallow 10/8\nratelimit\n");
    assert_int_equal(c->settings.local_stratum, 10);
    assert_int_equal(flags_of(&c->access, "10.0.0.1"), ACCESS_LIMITED);
    assert_int_equal(flags_of(&c->access, "11.0.0.1"), ACCESS_LIMITED | ACCESS_NOSERVE);
    NEAR(c->ratelimit.interval_s, 8.0);
    config_free(c);

    c = load("chrony.conf", "server a\nallow\nnoclientlog\nratelimit\n");
    assert_int_equal(c->client_log_bytes, 0);
    assert_int_equal(c->warning_count, 1);
    assert_int_equal(c->messages[0].line, 4);
    config_free(c);
}

/* ---- effects of ntp's words ---- */

static void ntp_sources(void **state)
{
    (void)state;
    struct config *c = load("ntp.conf",
                            "server -4 a.example minpoll 4 maxpoll 17 true bias 0.002\n"
                            "server -6 b.example prefer version 3\n"
                            "peer c.example noselect\n"
                            "pool d.example burst\npool e.example\n"
                            "tos maxclock 9\n");
    const struct source_spec *s = c->settings.specs;
    assert_int_equal(c->warning_count, 0);
    assert_int_equal(s[0].family, ADDRESS_V4);
    assert_int_equal(s[0].minpoll, 4);
    assert_int_equal(s[0].maxpoll, 17);
    assert_true(s[0].trust && !s[0].iburst);
    NEAR(s[0].offset_correction_s, 0.002);
    assert_int_equal(s[1].family, ADDRESS_V6);
    assert_true(s[1].prefer);
    assert_int_equal(s[1].version, 3);
    assert_int_equal(s[2].kind, SOURCE_PEER);
    assert_true(s[2].noselect);
    assert_true(s[3].burst);
    /* nine in all, less the five lines: two and two */
    assert_int_equal(s[3].max_sources, 2);
    assert_int_equal(s[4].max_sources, 2);
    config_free(c);
}

static void ntp_clock(void **state)
{
    (void)state;
    struct config *c = load("ntp.conf",
                            "server a\ntinker step 0.5 panic 0 stepout 60\n"
                            "tinker dispersion 30\ntos minsane 1 maxdist 2\n"
                            "keys /k\npidfile \"/p q\"\ndriftfile \"/d r\" 0.1\n");
    const struct settings *s = &c->settings;
    assert_int_equal(c->warning_count, 0);
    NEAR(s->step_threshold_s, 0.5);
    assert_true(s->panic_s == 0);
    NEAR(s->stepout_s, 60.0);
    NEAR(s->max_clock_error, 30e-6);
    NEAR(s->max_distance_s, 2.0);
    assert_string_equal(c->keyfile, "/k");
    assert_string_equal(c->pidfile, "/p q");
    assert_string_equal(c->driftfile, "/d r");
    config_free(c);

    c = load("ntp.conf", "server a\ntinker step 0 stepout 0\ndisable ntp\ndscp 0\n");
    assert_true(c->settings.step_threshold_s == 0); /* never */
    assert_int_equal(c->settings.step_updates, -1);
    assert_false(c->settings.clock_control);
    assert_int_equal(c->dscp, 0);
    config_free(c);
}

static void ntp_local_clock(void **state)
{
    (void)state;
    struct config *c =
        load_silent("ntp.conf", "server 127.127.1.0\nfudge 127.127.1.0 stratum 10\n");
    assert_true(c->settings.local);
    assert_int_equal(c->settings.local_stratum, 11); /* ntpd is one below the clock it follows */
    assert_int_equal(c->settings.spec_count, 0);
    config_free(c);

    c = load("ntp.conf", "server 127.127.1.0\nfudge 127.127.1.0 stratum 15\n");
    assert_int_equal(c->settings.local_stratum, 15);
    config_free(c);
    c = load("ntp.conf", "server a\nfudge 127.127.1.0 stratum 10\n");
    assert_false(c->settings.local);
    config_free(c);
    c = load("ntp.conf", "server a\ntos orphan 6\n");
    assert_true(c->settings.local);
    assert_true(c->settings.local_orphan);
    assert_int_equal(c->settings.local_stratum, 6);
    NEAR(c->settings.local_wait_unsynced_s, 300.0);
    assert_int_equal(c->warning_count, 0);
    config_free(c);
    c = load("ntp.conf", "server a\ntos orphan 16\n");
    assert_false(c->settings.local);
    config_free(c);
}

static void ntp_limits(void **state)
{
    (void)state;
    struct config *c = load("ntp.conf", "server a\nrestrict default limited kod\n");
    assert_true(c->ratelimit.enabled);
    NEAR(c->ratelimit.interval_s, 1.0);
    NEAR(c->ratelimit.burst, 20.0);
    config_free(c);
    c = load("ntp.conf",
             "server a\nrestrict default limited\ndiscard average 4 minimum 1\n"
             "mru maxmem 512\n");
    NEAR(c->ratelimit.interval_s, 16.0);
    NEAR(c->ratelimit.minimum_s, 1.0);
    NEAR(c->ratelimit.burst, 8.0);
    assert_int_equal(c->client_log_bytes, 524288);
    config_free(c);
    c = load("ntp.conf", "server a\nrestrict 10.0.0.0/8 limited\nlimit average 4 burst 10 kod 1\n");
    assert_true(c->ratelimit.enabled);
    NEAR(c->ratelimit.interval_s, 0.25);
    NEAR(c->ratelimit.burst, 10.0);
    config_free(c);
}

static void unrestrict_without_flags_removes_the_rule(void **state)
{
    (void)state;
    struct config *c = load("ntp.conf",
                            "server a\nrestrict default limited\n"
                            "restrict 10.0.0.0/8 ignore\nrestrict 10.0.0.0/8 ntpport\n"
                            "restrict source ignore\nrestrict [::1] nomodify\n"
                            "unrestrict 10.0.0.0/8\nunrestrict source\n");
    assert_int_equal(c->warning_count, 0);
    assert_int_equal(flags_of(&c->access, "10.0.0.1"), ACCESS_LIMITED | ACCESS_NOQUERY);
    assert_int_equal(flags_of(&c->access, "::1"), ACCESS_NOMODIFY);
    assert_false(c->have_source_access);
    config_free(c);

    c = load("ntp.conf", "server a\nunrestrict 10.0.0.0/8\n");
    assert_int_equal(c->warning_count, 1);
    config_free(c);
}

/* Which addresses of a computer are served: lo 127.0.0.1 and ::1, eth0 192.0.2.1 and 2001:db8::1,
 * eth1 198.51.100.1; one letter for each. */
static void served_by(const char *lines, char out[6])
{
    static const struct {
        const char *device, *address;
    } own[] = {{"lo", "127.0.0.1"},
               {"lo", "::1"},
               {"eth0", "192.0.2.1"},
               {"eth0", "2001:db8::1"},
               {"eth1", "198.51.100.1"}};
    char text[512];
    struct address a;

    snprintf(text, sizeof text, "server a\n%s", lines);
    struct config *c = load("ntp.conf", text);
    assert_int_equal(c->warning_count, 0);
    for (size_t i = 0; i < 5; i++) {
        assert_true(address_parse(own[i].address, &a));
        out[i] = listen_allows(c, own[i].device, &a) ? 'y' : 'n';
        if (listen_is_everywhere(c, a.family)) {
            assert_int_equal(out[i], 'y');
        }
    }
    out[5] = '\0';
    config_free(c);
}

static void ntp_interfaces(void **state)
{
    static const struct {
        const char *text, *served;
    } cases[] = {
        {"interface ignore wildcard\n", "yyyyy"},
        {"interface listen 192.0.2.1\n", "yyyyy"}, /* all the others stay open */
        {"interface ignore all\ninterface listen 192.0.2.1\nnic listen ::1\n", "nyynn"},
        {"interface ignore ipv6\n", "ynyny"},
        {"nic drop ipv4\ninterface listen 192.0.2.1\n", "nyyyn"},
        {"interface ignore all\n", "nnnnn"},
        {"interface ignore all\ninterface listen all\n", "yyyyy"},
        {"interface listen all\ninterface ignore all\n", "nnnnn"},
        {"interface ignore eth1\n", "yyyyn"},
        {"interface ignore wildcard\ninterface ignore all\ninterface listen eth0\n", "nnyyn"},
        {"interface ignore all\ninterface listen eth0\ninterface ignore ipv6\n", "nnynn"},
        {"interface ignore all\ninterface listen 192.0.2.0/24\n", "nnynn"},
        {"interface ignore 127.0.0.0/8\n", "nyyyy"},
        {"interface drop all\ninterface listen ipv6\n", "nynyn"},
    };
    char served[6];
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        served_by(cases[i].text, served);
        assert_string_equal(served, cases[i].served);
    }
}

static void ntp_named_addresses(void **state)
{
    struct config *c = load("ntp.conf",
                            "server a\ninterface ignore all\n"
                            "interface listen 192.0.2.1\ninterface listen ::1\n"
                            "interface listen 198.51.100.1\n"
                            "interface listen 192.0.2.1\n"
                            "interface ignore 198.51.100.0/24\n");
    struct address named[8];
    char text[ADDRESS_TEXT_MAX];
    (void)state;

    /* once each, and not what a later line closes */
    assert_int_equal(listen_named(c, named, 8), 2);
    assert_string_equal(address_format(&named[0], text), "192.0.2.1");
    assert_string_equal(address_format(&named[1], text), "::1");
    assert_int_equal(listen_named(c, named, 1), 1);
    config_free(c);
}

/* ---- files within files ---- */

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void included_files_count_as_if_they_stood_there(void **state)
{
    char folder[] = "/tmp/toki-config-XXXXXX";
    (void)state;

    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    mkdir("one", 0700);
    mkdir("two", 0700);
    write_file("one/10.conf", "maxslewrate 1\nserver one10\n");
    write_file("one/30.conf", "server one30\n");
    write_file("two/10.conf", "server two10\n"); /* one's file of this name comes first */
    write_file("two/20.conf", "server two20\n");
    write_file("two/x.txt", "rubbish\n");
    write_file("one/a.sources", "server dhcp iburst\npool dhcp-pool\n");
    write_file("main.conf",
               "server first\nconfdir one two missing\nsourcedir one\n"
               "include one/3*.conf\ninclude none/*\nmaxslewrate 2\nserver last\n");
    struct config *c = config_new();
    assert_true(config_load(c, "main.conf", DIALECT_UNKNOWN));
    const char *names[] = {"first", "one10", "two20", "one30", "dhcp", "dhcp-pool", "last"};
    assert_int_equal(c->settings.spec_count, 7);
    for (unsigned i = 0; i < 7; i++) {
        assert_string_equal(c->settings.specs[i].name, names[i]);
    }
    NEAR(c->settings.max_slew_rate, 2e-6);
    /* the second maxslewrate, and one30 read once more */
    assert_int_equal(c->warning_count, 2);
    assert_string_equal(c->messages[0].file, "one/30.conf");
    assert_string_equal(c->messages[0].text, "'one30' repeated: this line replaces one/30.conf:1");
    assert_string_equal(c->messages[1].text,
                        "'maxslewrate' repeated: this line replaces one/10.conf:1");
    config_free(c);

    write_file("ntp.conf", "includefile one/ntp\nserver last\n");
    write_file("one/ntp", "restrict default ignore\nserver inner\n");
    c = config_new();
    assert_true(config_load(c, "ntp.conf", DIALECT_NTP));
    assert_string_equal(c->settings.specs[0].name, "inner");
    assert_string_equal(c->settings.specs[1].name, "last");
    assert_int_equal(flags_of(&c->access, "192.0.2.1"), ACCESS_IGNORE | ACCESS_NOQUERY);
    config_free(c);

    const char *all[] = {"one/10.conf", "one/30.conf", "two/10.conf", "two/20.conf",
                         "two/x.txt",   "main.conf",   "ntp.conf",    "one/a.sources",
                         "one/ntp",     "one",         "two"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_int_equal(remove(all[i]), 0);
    }
    assert_int_equal(chdir("/"), 0);
    rmdir(folder);
}

static void a_second_load_starts_anew(void **state)
{
    static const char bad[] = "rtcsync\nsever a\nallow 10/8\nlocal\n";
    static const char good[] = "restrict ::1\nserver a\n";
    (void)state;

    struct config *c = config_new();
    assert_false(config_load_text(c, "x", bad, strlen(bad), DIALECT_UNKNOWN));
    assert_true(config_load_text(c, "x", good, strlen(good), DIALECT_UNKNOWN));
    assert_int_equal(c->error_count + c->warning_count + c->message_count, 0);
    assert_false(c->settings.local);
    assert_int_equal(c->access.count, 1);
    config_free(c);
}

/* 64 sources and no more; each line beyond is an error of its own. */
static void sources_are_limited(void **state)
{
    char text[8192] = "rtcsync\n";
    (void)state;

    for (unsigned i = 0; i < 66; i++) {
        snprintf(text + strlen(text), 64, "server h%u.example\n", i);
    }
    struct config *c = config_new();
    assert_false(config_load_text(c, "x", text, strlen(text), DIALECT_UNKNOWN));
    assert_int_equal(c->error_count, 2);
    assert_string_equal(c->messages[0].text, "more than 64 sources");
    assert_int_equal(c->messages[0].line, 66);
    config_free(c);
}

/* chrony's `log`: which files, and what toki has nothing to write of. */
static void test_logs(void **state)
{
    struct config *c = load_silent("chrony.conf",
                                   "server a\nlog tracking rawmeasurements\n"
                                   "log Selection\nlogdir /l\nlogbanner 5\n");

    (void)state;
    assert_true(c->statistics[STATISTICS_TRACKING].on && c->log_raw_measurements);
    assert_true(c->statistics[STATISTICS_MEASUREMENTS].on);
    assert_true(c->statistics[STATISTICS_SELECTION].on);
    assert_false(c->statistics[STATISTICS_STATISTICS].on);
    assert_string_equal(c->statistics[STATISTICS_TRACKING].name, "tracking.log");
    assert_int_equal(c->log_banner, 5);
    config_free(c);
    c = load("chrony.conf", "server a\nlog tempcomp measurements\nlogdir /l\n");
    assert_int_equal(c->warning_count, 1);
    assert_non_null(strstr(c->messages[0].text, "tempcomp"));
    assert_true(c->statistics[STATISTICS_MEASUREMENTS].on && c->log_banner == 32);
    assert_false(c->log_raw_measurements);
    config_free(c);
    c = load("chrony.conf", "server a\nlog measurements\n");
    assert_int_equal(c->warning_count, 1);
    assert_non_null(strstr(c->messages[0].text, "without 'logdir'"));
    config_free(c);
}

/* ntpd's `statistics` and `filegen`, with their defaults. */
static void test_statistics(void **state)
{
    struct config *c =
        load_silent("ntp.conf",
                    "server a\nstatsdir /s/\nstatistics loopstats rawstats\n"
                    "filegen loopstats file loops type month nolink\nfilegen peerstats\n"
                    "filegen rawstats disable\nfilegen sysstats type age enable link\n");
    const struct statistics_file *f = c->statistics;

    (void)state;
    assert_string_equal(c->log_directory, "/s/");
    assert_string_equal(f[STATISTICS_LOOPSTATS].description, "loops, by month");
    assert_string_equal(f[STATISTICS_PEERSTATS].description, "peerstats, by day, linked");
    assert_string_equal(f[STATISTICS_RAWSTATS].description, "");
    assert_string_equal(f[STATISTICS_SYSSTATS].description, "sysstats, by age, linked");
    assert_false(f[STATISTICS_CLOCKSTATS].on || c->statistics_disabled);
    config_free(c);
    c = load("ntp.conf", "server a\nstatsdir /s\nstatistics usestats loopstats\ndisable stats\n");
    assert_int_equal(c->warning_count, 1);
    assert_true(c->statistics_disabled);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_freebsd_article),
        cmocka_unit_test(the_vps_article),
        cmocka_unit_test(the_centos_article),
        cmocka_unit_test(files_of_distributions_say_nothing_surprising),
        cmocka_unit_test(each_language_has_its_own_defaults),
        cmocka_unit_test(the_language_is_told_by_content),
        cmocka_unit_test(the_language_may_be_forced),
        cmocka_unit_test(chrony_sources),
        cmocka_unit_test(chrony_clock),
        cmocka_unit_test(chrony_server),
        cmocka_unit_test(ntp_sources),
        cmocka_unit_test(ntp_clock),
        cmocka_unit_test(ntp_local_clock),
        cmocka_unit_test(ntp_limits),
        cmocka_unit_test(unrestrict_without_flags_removes_the_rule),
        cmocka_unit_test(ntp_interfaces),
        cmocka_unit_test(ntp_named_addresses),
        cmocka_unit_test(included_files_count_as_if_they_stood_there),
        cmocka_unit_test(a_second_load_starts_anew),
        cmocka_unit_test(test_logs),
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(sources_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
