/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes of a running configuration: directives by hand, and what a new configuration changes. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "config/change.h"
#include "config/difference.h"

static struct config old, new;
static struct difference difference;

static void load(struct config *c, const char *text)
{
    enum config_dialect dialect = strstr(text, "restrict") ? DIALECT_NTP : DIALECT_CHRONY;

    assert_true(config_load_text(c, "test", text, strlen(text), dialect));
}

static bool apply(enum change_kind kind, const char *text)
{
    struct change change = {.kind = kind};

    snprintf(change.text, sizeof change.text, "%s", text);
    new = old;
    return change_apply(&new, &change);
}

/* The change is made, and the difference is exactly these lines. */
static void assert_change(enum change_kind kind, const char *text, const char *lines)
{
    if (!apply(kind, text)) {
        fail_msg("'%s': %s", text, new.messages[0].text);
    }
    difference_find(&difference, &old, &new);
    assert_string_equal(difference.text, lines);
}

static void assert_refused(enum change_kind kind, const char *text, const char *why,
                           const char *hint)
{
    assert_false(apply(kind, text));
    assert_true(new.error_count > 0);
    assert_string_equal(new.messages[0].text, why);
    assert_string_equal(new.messages[0].hint, hint);
}

/* "file:line" that source `i` of the new configuration comes from. */
static const char *place(unsigned i)
{
    static char out[100];
    const struct config_place *p = &new.places.specs[i];
    snprintf(out, sizeof out, "%s:%u", new.places.names + p->file - 1, p->line);
    return out;
}

static void test_each_source_keeps_its_place(void **state)
{
    (void)state;
    load(&old, "server ntp1.example\nserver ntp2.example\n");
    assert_true(apply(CHANGE_LINE, "peer ntp3.example"));
    assert_string_equal(place(1), "test:2");
    assert_string_equal(place(2), "command:0"); /* no line of any file */
    old = new;
    assert_true(apply(CHANGE_DELETE, "ntp1.example"));
    assert_string_equal(place(0), "test:2");
    assert_string_equal(place(1), "command:0");
}

static void test_a_second_source_line_names_the_first(void **state)
{
    struct config *c = &new;
    (void)state;
    load(&old, "\nserver ntp1.example\n");
    memcpy(c, &old, sizeof *c);
    (void)apply(CHANGE_CHRONY_LINE, "server ntp1.example maxpoll 8");
    assert_true(c->message_count > 0);
    assert_null(strstr(c->messages[0].text, ":0"));
    assert_null(strstr(c->messages[0].text, "in force:"));
}

static void test_sources_by_hand(void **state)
{
    (void)state;
    load(&old, "server ntp1.example iburst\nserver 2001:db8::1\nallow 192.0.2.0/24\n");
    assert_change(CHANGE_LINE, "server ntp2.example iburst minpoll 4 prefer",
                  "+ server ntp2.example minpoll 4 maxpoll 10 iburst prefer\n");
    assert_change(CHANGE_LINE, "pool pool.example",
                  "+ pool pool.example minpoll 6 maxpoll 10 maxsources 4\n");
    assert_change(CHANGE_LINE, "server ntp1.example iburst maxpoll 8",
                  "~ server ntp1.example: minpoll 6 maxpoll 10 iburst -> minpoll 6 maxpoll 8 "
                  "iburst\n");
    assert_change(CHANGE_DELETE, "NTP1.example", "- server ntp1.example\n");
    assert_change(CHANGE_DELETE, "2001:db8:0::1", "- server 2001:db8::1\n");
    assert_change(CHANGE_OFFLINE, "ntp1.example",
                  "~ server ntp1.example: minpoll 6 maxpoll 10 iburst -> minpoll 6 maxpoll 10 "
                  "iburst offline\n");
    old = new;
    assert_change(CHANGE_ONLINE, "",
                  "~ server ntp1.example: minpoll 6 maxpoll 10 iburst offline -> minpoll 6 "
                  "maxpoll 10 iburst\n");
    assert_refused(CHANGE_DELETE, "ntp1.exampel", "there is no source 'ntp1.exampel'",
                   "did you mean 'ntp1.example'?");
    assert_refused(CHANGE_LINE, "server ntp2.example ibrust", "unknown option 'ibrust' of 'server'",
                   "did you mean 'iburst'?");
}

static void test_only_some_directives(void **state)
{
    static const char *const lines[] = {"driftfile /etc/passwd",
                                        "include /etc/shadow",
                                        "keyfile /etc/shadow",
                                        "user root",
                                        "pidfile /x",
                                        "refclock SHM 0",
                                        "confdir /",
                                        "",
                                        " driftfile /x",
                                        "allowed 192.0.2.1",
                                        "SERVER ntp2.example"};
    struct change change = {.kind = CHANGE_LINE};

    (void)state;
    load(&old, "server ntp1.example\n");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (apply(CHANGE_LINE, lines[i])) {
            fail_msg("'%s' was taken", lines[i]);
        }
    }
    assert_refused(CHANGE_LINE, "driftfile /etc/passwd",
                   "'driftfile' cannot be changed while the daemon runs: edit the file and reload "
                   "it",
                   "server, pool, peer, allow, deny, restrict and unrestrict are accepted");
    snprintf(change.text, sizeof change.text, "server ntp2.example\ndriftfile /etc/passwd");
    assert_false(change_is_sound(&change));
    memset(change.text, 'a', sizeof change.text);
    assert_false(change_is_sound(&change));
    change = (struct change){.kind = CHANGE_KINDS};
    assert_false(change_is_sound(&change));
    assert_false(apply(CHANGE_RELOAD, ""));
}

static bool allowed(const char *text)
{
    struct address a;

    assert_true(address_parse(text, &a));
    return acl_allows(&new.access, &a);
}

static void test_access_by_hand(void **state)
{
    (void)state;
    load(&old, "server ntp1.example\nallow 192.0.2.0/24\nratelimit\n");
    assert_change(CHANGE_LINE, "deny 192.0.2.7", "+ access 192.0.2.7/32: deny limited\n");
    assert_true(allowed("192.0.2.8") && !allowed("192.0.2.7"));
    assert_change(CHANGE_LINE, "allow 10", "+ access 10.0.0.0/8: allow limited\n");
    assert_change(CHANGE_LINE, "deny 192.0.2.0/24",
                  "~ access 192.0.2.0/24: allow limited -> deny limited\n");
    assert_refused(CHANGE_LINE, "restrict 192.0.2.0", "unknown directive 'restrict'",
                   "'restrict' is a word of ntp.conf; this file is read as chrony.conf");
}

/* ntp.conf has neither word: they become restrict lines, and other flags stay. */
static void test_access_by_hand_in_ntp_conf(void **state)
{
    (void)state;
    load(&old,
         "server ntp1.example\nrestrict default limited kod noquery\n"
         "restrict 192.0.2.0/24 noserve nomodify\n");
    assert_change(CHANGE_LINE, "allow 192.0.2.0/24",
                  "~ access 192.0.2.0/24: deny nomodify -> allow nomodify\n");
    assert_true(allowed("192.0.2.1"));
    assert_change(CHANGE_LINE, "deny 198.51.100.7",
                  "+ access 198.51.100.7/32: deny noquery limited kod\n");
    assert_true(allowed("198.51.100.8") && !allowed("198.51.100.7"));
    assert_change(
        CHANGE_LINE, "deny",
        "~ access of all other hosts by IPv4: allow noquery limited kod -> deny noquery limited "
        "kod\n"
        "~ access of all other hosts by IPv6: allow noquery limited kod -> deny noquery limited "
        "kod\n");
    assert_change(CHANGE_LINE, "restrict 203.0.113.0/24 ignore",
                  "+ access 203.0.113.0/24: deny ignore\n");
    assert_false(apply(CHANGE_LINE, "allow all.example")); /* no subnet */
}

static void test_differences(void **state)
{
    (void)state;
    load(&old,
         "server a.example\nserver b.example iburst\nmakestep 1 3\nallow\nport 123\n"
         "driftfile /a\nuser one\n");
    new = old;
    difference_find(&difference, &old, &new);
    assert_int_equal(difference.count, 0);
    assert_string_equal(difference.text, "");
    load(&new,
         "server b.example iburst\nserver c.example port 11123\nmakestep 0.5 3\n"
         "deny 192.0.2.0/24\nport 11123\ndriftfile /b\nuser two\nbindaddress 127.0.0.1\n"
         "keyfile /k\nmaxslewrate 500\n");
    difference_find(&difference, &old, &new);
    assert_string_equal(difference.text,
                        "- server a.example\n"
                        "+ server c.example port 11123 minpoll 6 maxpoll 10\n"
                        "~ access of all other hosts by IPv4: allow -> deny\n"
                        "~ access of all other hosts by IPv6: allow -> deny\n"
                        "+ access 192.0.2.0/24: deny\n"
                        "+ serves on 127.0.0.1\n"
                        "~ serves on: all addresses -> some\n"
                        "~ step threshold: 1 s -> 0.5 s\n"
                        "~ maximum slew rate: 83333.333 ppm -> 500 ppm\n"
                        "~ server port: 123 -> 11123\n"
                        "~ drift file: /a -> /b\n"
                        "~ key file: none -> /k\n"
                        "~ user: one -> two (after a restart)\n");
    assert_int_equal(difference.count, 13);
}

/* Too many for the text: all are counted, and the lines are whole. */
static void test_many_differences(void **state)
{
    (void)state;
    load(&old, "server a.example\n");
    new = old;
    for (unsigned i = 0; i < ACL_RULES_MAX; i++) {
        struct address a = {.family = ADDRESS_V4, .bytes = {10, 0, (uint8_t)(i >> 8), (uint8_t)i}};

        assert_true(acl_set(&new.access, &a, 32, 0));
    }
    difference_find(&difference, &old, &new);
    assert_int_equal(difference.count, ACL_RULES_MAX);
    assert_true(difference.written < difference.count && difference.written > 300);
    assert_true(difference.text[difference.length - 1] == '\n');
}

/* Of two files all that differs is named. */
static void assert_differ(const char *before, const char *after, const char *lines)
{
    load(&old, before);
    load(&new, after);
    difference_find(&difference, &old, &new);
    assert_string_equal(difference.text, lines);
}

static void test_each_difference_has_a_name(void **state)
{
    (void)state;
    assert_differ("server a.b version 3\n", "server a.b\n", "~ server a.b: version 3 -> 4\n");
    assert_differ("server a.b maxdelay 3\n", "server a.b maxdelay 16\n",
                  "~ server a.b: maxdelay 3 s -> 16 s\n");
    assert_differ("server a.b\n", "server a.b minpoll 5 mindelay 0.01\n",
                  "~ server a.b: minpoll 6 maxpoll 10 -> minpoll 5 maxpoll 10\n"
                  "~ server a.b: mindelay measured -> 0.01 s\n");
    assert_differ("server a.b\n", "server a.b\nbindacqaddress 192.0.2.1\n",
                  "~ requests by IPv4 from any -> 192.0.2.1\n");
    assert_differ("refclock SHM 0 precision 1e-6\nserver a.b\n",
                  "refclock SHM 0 precision 1e-5\nserver a.b\n",
                  "~ refclock SHM0: precision 1e-06 s -> 1e-05 s\n");
    load(&old, "server a.b\nlogdir /var/log/x\n");
    load(&new, "server a.b\nlogdir /var/log/x\nlog tracking\n");
    difference_find(&difference, &old, &new);
    assert_int_equal(difference.count, 1);
    assert_non_null(strstr(difference.text, "~ log of tracking: none -> "));
}

/* A setting that no row knows is still a difference. */
static void test_nothing_changes_in_silence(void **state)
{
    (void)state;
    load(&old, "server a.example\n");
    new = old;
    new.settings.build_time_s++;
    difference_find(&difference, &old, &new);
    assert_string_equal(difference.text, "~ other settings\n");
    new = old;
    new.settings.specs[0].min_delay_s = 1;
    difference_find(&difference, &old, &new);
    assert_string_equal(difference.text, "~ server a.example: mindelay measured -> 1 s\n");
    new = old;
    new.settings.serves_nobody = !old.settings.serves_nobody; /* the access rules say it */
    difference_find(&difference, &old, &new);
    assert_string_equal(difference.text, "");
}

/* What authselectmode adds goes by the sources that are there, as in chronyd. */
static void test_selection_options_follow_the_sources(void **state)
{
    const struct source_spec *s = new.settings.specs;

    (void)state;
    load(&old, "server a\nserver b\nserver c trust\nauthselectmode mix\n");
    old.settings.specs[0].key_id = 7;
    assert_true(apply(CHANGE_ONLINE, ""));
    assert_true(s[0].trust && s[0].added_trust && s[0].require && s[0].added_require);
    old = new;
    assert_true(apply(CHANGE_OPTION, "a noselect 1"));
    assert_false(s[0].trust || s[0].require || s[0].added_trust || s[0].added_require);
    assert_true(apply(CHANGE_OPTION, "a trust 1")); /* by its own now */
    assert_true(s[0].trust && !s[0].added_trust && s[0].require && s[0].added_require);
    assert_true(apply(CHANGE_OFFLINE, "a"));
    assert_true(s[0].trust && s[0].added_trust && s[0].require && s[0].added_require);
    assert_true(apply(CHANGE_DELETE, "b"));
    assert_true(s[0].trust && s[1].trust && !s[1].require);
    old = new;
    assert_true(apply(CHANGE_DELETE, "c")); /* there is none without a key any more */
    assert_false(s[0].trust || s[0].require);

    load(&old, "server a\nserver b\nserver c noselect\nauthselectmode prefer\n");
    old.settings.specs[0].key_id = 7;
    assert_true(apply(CHANGE_ONLINE, ""));
    assert_true(s[1].noselect && s[1].added_noselect && !s[2].added_noselect);
    old = new;
    assert_true(apply(CHANGE_DELETE, "a"));
    assert_true(!s[0].noselect && s[1].noselect);
}

static void test_options_of_sources(void **state)
{
    (void)state;
    load(&old, "server ntp1.example\nserver 192.0.2.1 maxpoll 8\n");
    assert_change(CHANGE_OPTION, "ntp1.example minpoll 4",
                  "~ server ntp1.example: minpoll 6 maxpoll 10 -> minpoll 4 maxpoll 10\n");
    assert_change(CHANGE_OPTION, "192.0.2.1 minpoll 9", /* who was given wins */
                  "~ server 192.0.2.1: minpoll 6 maxpoll 8 -> minpoll 9 maxpoll 9\n");
    assert_change(CHANGE_OPTION, "192.0.2.1 prefer 1 trust 1",
                  "~ server 192.0.2.1: minpoll 6 maxpoll 8 -> minpoll 6 maxpoll 8 prefer trust\n");
    assert_change(CHANGE_OPTION, "ntp1.example offset -0.25 maxdelay 1",
                  "~ server ntp1.example: minpoll 6 maxpoll 10 -> minpoll 6 maxpoll 10 "
                  "maxdelay 1 offset -0.25\n");
    /* to the limit that a file has */
    assert_change(CHANGE_OPTION, "ntp1.example maxdelay 1e10",
                  "~ server ntp1.example: minpoll 6 maxpoll 10 -> minpoll 6 maxpoll 10 "
                  "maxdelay 1e+10\n");
    assert_refused(CHANGE_OPTION, "ntp9.example minpoll 4", "there is no source 'ntp9.example'",
                   "did you mean 'ntp1.example'?");
    assert_refused(CHANGE_OPTION, "ntp1.example minpoll 25",
                   "'25' is not a value of 'minpoll': it is a whole number from -7 to 24 (log2 of "
                   "seconds)",
                   "");
    assert_refused(CHANGE_OPTION, "ntp1.example minpoll 4.5",
                   "'4.5' is not a value of 'minpoll': it is a whole number from -7 to 24 (log2 of "
                   "seconds)",
                   "");
    assert_refused(CHANGE_OPTION, "ntp1.example maxdelay nan",
                   "'nan' is not a value of 'maxdelay': it is a number from 0 to 10000000000 "
                   "(seconds)",
                   "");
    assert_refused(CHANGE_OPTION, "ntp1.example key 4",
                   "'key' is not an option that can be changed by hand", "");
    assert_refused(CHANGE_OPTION, "ntp1.example minpoll", "'minpoll' has no value", "");
}

static bool is_offline(unsigned spec)
{
    return new.settings.specs[spec].offline;
}

static void test_sources_by_lists(void **state)
{
    (void)state;
    load(&old, "server ntp1.example\nserver ntp2.example\nserver ntp3.example offline\n");
    assert_true(apply(CHANGE_OFFLINE, "ntp1.example ntp2.example"));
    assert_true(is_offline(0) && is_offline(1) && is_offline(2));
    assert_true(apply(CHANGE_ROUTES, "ntp2.example ntp3.example"));
    assert_true(is_offline(0) && !is_offline(1) && !is_offline(2));
    assert_true(apply(CHANGE_ROUTES, ""));
    assert_true(is_offline(0) && is_offline(1) && is_offline(2));
    assert_true(apply(CHANGE_ONLINE, ""));
    assert_false(is_offline(0) || is_offline(1) || is_offline(2));
    assert_refused(CHANGE_OFFLINE, "ntp1.example ntp22.example",
                   "there is no source 'ntp22.example'", "did you mean 'ntp2.example'?");
}

/* chrony.conf's language, whatever that of the file is. */
static void test_lines_of_chrony(void **state)
{
    struct address client;

    (void)state;
    load(&old,
         "server ntp1.example\nrestrict default limited noquery noserve\n"
         "restrict 192.0.2.0 mask 255.255.255.0 noserve nomodify\n");
    assert_change(CHANGE_CHRONY_LINE, "server 192.0.2.9 port 123 minpoll 1 maxpoll 3 maxdelay 3",
                  "+ server 192.0.2.9 minpoll 1 maxpoll 3\n");
    assert_change(CHANGE_CHRONY_LINE, "makestep 0.5 -1",
                  "~ step threshold: 0.128 s -> 0.5 s\n~ updates with steps: 1 -> -1\n");
    assert_true(apply(CHANGE_CHRONY_LINE, "local stratum 9 distance 0.5 activate 0"));
    assert_true(new.settings.local &&new.settings.local_stratum == 9);
    old.settings.local = true;
    assert_change(CHANGE_CHRONY_LINE, "local off", "~ local reference: yes -> no\n");
    assert_true(address_parse("192.0.2.7", &client));
    assert_true(apply(CHANGE_CHRONY_LINE, "allow 192.0.2.7"));
    assert_true(acl_allows(&new.access, &client));
    assert_true(apply(CHANGE_CHRONY_LINE, "allow"));
    assert_false(acl_allows(&new.access, &client)); /* its own rule holds */
    assert_true(apply(CHANGE_CHRONY_LINE, "allow all"));
    assert_true(acl_allows(&new.access, &client));
    assert_int_equal(acl_flags(&new.access, &client), ACCESS_NOMODIFY); /* the rest stays */
    assert_true(apply(CHANGE_CHRONY_LINE, "allow all 192.0.2.0/25"));
    assert_true(acl_allows(&new.access, &client));
    assert_true(apply(CHANGE_CHRONY_LINE, "cmdallow 192.0.2.0/25"));
    assert_true(acl_allows(&new.command_access, &client));
    assert_false(acl_allows(&new.access, &client));
    assert_refused(CHANGE_CHRONY_LINE, "driftfile /etc/passwd",
                   "'driftfile' cannot be changed while the daemon runs", "");
    assert_false(apply(CHANGE_CHRONY_LINE, "makestep x y"));
}

static void test_parts_of_the_file(void **state)
{
    static struct config file;
    const struct change keys = {.kind = CHANGE_KEYS}, sources = {.kind = CHANGE_SOURCES};
    struct config_places *p;

    (void)state;
    load(&old, "server ntp1.example\nserver ntp2.example\nmakestep 1 3\n");
    load(&file, "server ntp3.example\nserver ntp4.example\nserver ntp5.example\n");
    p = &old.places; /* as if the second were of a sourcedir */
    memcpy(p->names + p->names_length, "/run/a.sources", 15);
    p->specs[1].file = p->names_length + 1;
    p->names_length += 15;
    p = &file.places;
    memcpy(p->names + p->names_length, "/run/b.sources", 15);
    p->specs[1].file = p->specs[2].file = p->names_length + 1;
    p->names_length += 15;
    assert_true(mac_add(&file.keys, 7, MAC_MD5, "secret", 6));
    new = old;
    change_take(&new, &file, &sources);
    difference_find(&difference, &old, &new);
    assert_string_equal(difference.text,
                        "- server ntp2.example\n"
                        "+ server ntp4.example minpoll 6 maxpoll 10\n"
                        "+ server ntp5.example minpoll 6 maxpoll 10\n");
    assert_string_equal(new.places.names + new.places.specs[2].file - 1, "/run/b.sources");
    new = old;
    change_take(&new, &file, &keys);
    assert_non_null(mac_find(&new.keys, 7));
    assert_int_equal(new.settings.spec_count, 2);
    assert_true(change_reads_file(&keys) && change_reads_file(&sources));
    assert_false(change_apply(&new, &keys));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_source_keeps_its_place),
        cmocka_unit_test(test_a_second_source_line_names_the_first),
        cmocka_unit_test(test_sources_by_hand),
        cmocka_unit_test(test_only_some_directives),
        cmocka_unit_test(test_access_by_hand),
        cmocka_unit_test(test_access_by_hand_in_ntp_conf),
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_many_differences),
        cmocka_unit_test(test_each_difference_has_a_name),
        cmocka_unit_test(test_nothing_changes_in_silence),
        cmocka_unit_test(test_selection_options_follow_the_sources),
        cmocka_unit_test(test_options_of_sources),
        cmocka_unit_test(test_sources_by_lists),
        cmocka_unit_test(test_lines_of_chrony),
        cmocka_unit_test(test_parts_of_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
