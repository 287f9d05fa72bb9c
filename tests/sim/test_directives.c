/* SPDX-License-Identifier: BSD-2-Clause */
/* What directives do, not how they are read: each test is a configuration as an admin writes it,
 * the
 * world that shows its effect, and mostly the same world without it. The client is 10.0.0.1, its
 * servers are 10.0.0.2 and up, each 5 ms away. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "lab.h"
#include "sim/engine_node.h"

static struct lab lab;
static struct config *config;

#define THREE "server 10.0.0.2 iburst\nserver 10.0.0.3 iburst\nserver 10.0.0.4 iburst\n"

static void load(const char *text, enum config_dialect dialect, struct settings *out)
{
    char message[2048];

    config = config ? config : config_new();
    assert_non_null(config);
    if (!config_load_text(config, "test.conf", text, strlen(text), dialect)) {
        config_message_format(&config->messages[0], message, sizeof message);
        fail_msg("%s", message);
    }
    *out = config->settings;
    out->build_time_s = lab.settings.build_time_s;
}

/* The world of a configuration; it can be changed before run(). */
static void plan_in(enum config_dialect dialect, const char *text)
{
    lab_init(&lab, false);
    load(text, dialect, &lab.settings);
    for (unsigned i = 0; i < lab.settings.spec_count; i++) {
        struct link_settings path = {.delay_s = 5e-3, .jitter_s = 5e-5};

        lab.settings.specs[i].address.port = NTP_PORT;
        lab.servers[i] = (struct scenario_server){.up = path, .down = path};
    }
    lab.server_count = lab.settings.spec_count;
}

static void plan(const char *text)
{
    plan_in(DIALECT_CHRONY, text);
}

static void plan_ntp(const char *text)
{
    plan_in(DIALECT_NTP, text);
}

static void run(double to_s)
{
    if (!lab.built) {
        lab_start(&lab, 7);
    }
    lab_run(&lab, to_s);
}

static const struct engine *engine(void)
{
    return lab.client->engine;
}

static enum source_status status(unsigned server)
{
    return lab_source(&lab, server)->status;
}

static void assert_status(unsigned server, enum source_status expected)
{
    if (status(server) != expected) {
        fail_msg("server %u is %s, not %s", server, source_status_name(status(server)),
                 source_status_name(expected));
    }
}

static uint32_t dropped(unsigned server)
{
    return lab_source(&lab, server)->verdicts[REPLY_DELAY];
}

static uint32_t taken(unsigned server)
{
    return lab_source(&lab, server)->verdicts[REPLY_ACCEPTED];
}

static void assert_near(double value, double expected, double limit)
{
    if (!(fabs(value - expected) <= limit)) {
        fail_msg("%g is not within %g of %g", value, limit, expected);
    }
}

/* ---- who may be selected ---- */

static void minsources_and_minsane_wait_for_enough(void **state)
{
    (void)state;
    plan(THREE "minsources 4\n");
    run(600);
    assert_int_equal(engine()->discipline.updates, 0);
    assert_false(engine()->synchronised);
    assert_status(1, SOURCE_HELD);
    lab_end(&lab);

    plan_ntp(THREE "tos minsane 3\n");
    lab.servers[0].server.dead = (struct period){300, 1e9};
    run(250);
    assert_true(engine()->synchronised);
    run(3000);
    assert_int_equal(engine()->discipline.state, DISCIPLINE_HOLDOVER);
    lab_end(&lab);
}

static void maxdistance_and_maxdist_exclude_the_distant(void **state)
{
    (void)state;
    for (unsigned limit = 1; limit <= 3; limit += 2) {
        plan(limit == 1 ? THREE "maxdistance 1\n" : THREE "maxdistance 3\n");
        lab.servers[0].server.root_dispersion_s = 2;
        run(300);
        assert_int_equal(status(1) == SOURCE_TOO_DISTANT, limit == 1);
        lab_end(&lab);

        plan_ntp(limit == 1 ? THREE "tos maxdist 1\n" : THREE "tos maxdist 3\n");
        lab.servers[0].server.root_dispersion_s = 2;
        run(300);
        assert_int_equal(status(1) == SOURCE_TOO_DISTANT, limit == 1);
        lab_end(&lab);
    }
}

static void maxjitter_excludes_the_noisy(void **state)
{
    (void)state;
    plan(THREE "maxjitter 0.001\n");
    lab.servers[0].up.jitter_s = lab.servers[0].down.jitter_s = 0.02;
    run(2000);
    assert_status(1, SOURCE_TOO_JITTERY);
    assert_true(engine()->synchronised);
    lab_end(&lab);
}

static void strata_are_limited(void **state)
{
    static const struct {
        enum config_dialect dialect;
        const char *text;
        bool usable[3]; /* strata 1, 2 and 5 */
    } cases[] = {
        {DIALECT_CHRONY, THREE "minstratum 2\n", {false, true, true}},
        {DIALECT_CHRONY, THREE "maxstratum 2\n", {true, true, false}},
        {DIALECT_NTP, THREE "tos floor 2 ceiling 5\n", {false, true, false}},
        {DIALECT_NTP, THREE "tos ceiling 6\n", {true, true, true}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plan_in(cases[i].dialect, cases[i].text);
        lab.servers[1].server.stratum = 2;
        lab.servers[2].server.stratum = 5;
        run(300);
        for (unsigned k = 0; k < 3; k++) {
            assert_int_equal(status(k + 1) != SOURCE_WRONG_STRATUM, cases[i].usable[k]);
        }
        lab_end(&lab);
    }
}

static void minstratum_of_a_source_raises_ours(void **state)
{
    (void)state;
    plan("server 10.0.0.2 iburst minstratum 5\n");
    run(100);
    assert_int_equal(engine()->reference.stratum, 6);
    lab_end(&lab);
}

static void two_liars_against(const char *text, enum config_dialect dialect)
{
    plan_in(dialect, text);
    lab.servers[1].server.clock.offset_s = lab.servers[2].server.clock.offset_s = 0.4;
    lab.majority = false;
}

static void trust_true_and_weight_outvote_others(void **state)
{
    static const struct {
        enum config_dialect dialect;
        const char *text;
        bool right;
    } cases[] = {
        {DIALECT_CHRONY, THREE "makestep 0.1 -1\n", false},
        {DIALECT_CHRONY,
         "server 10.0.0.2 iburst trust\nserver 10.0.0.3 iburst\nserver 10.0.0.4 iburst\n", true},
        {DIALECT_NTP,
         "server 10.0.0.2 iburst true\nserver 10.0.0.3 iburst\nserver 10.0.0.4 iburst\n", true},
        {DIALECT_OPENNTPD, "server 10.0.0.2 weight 5\nserver 10.0.0.3\nserver 10.0.0.4 weight 2\n",
         true},
        {DIALECT_OPENNTPD, "server 10.0.0.2 weight 2\nserver 10.0.0.3\nserver 10.0.0.4 weight 2\n",
         false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        two_liars_against(cases[i].text, cases[i].dialect);
        run(600);
        assert_int_equal(status(2) == SOURCE_FALSETICKER && status(3) == SOURCE_FALSETICKER,
                         cases[i].right);
        assert_int_equal(status(1) == SOURCE_FALSETICKER, !cases[i].right);
        lab_end(&lab);
    }
}

static void require_holds_all_without_it(void **state)
{
    (void)state;
    plan("server 10.0.0.2 iburst require\nserver 10.0.0.3 iburst\nserver 10.0.0.4 iburst\n");
    lab.servers[0].server.dead = (struct period){0, 1000};
    run(900);
    assert_int_equal(engine()->discipline.updates, 0);
    assert_status(2, SOURCE_HELD);
    run(3000);
    assert_true(engine()->synchronised && engine()->discipline.updates > 0);
    lab_end(&lab);
}

static void prefer_is_used_alone_and_noselect_never(void **state)
{
    (void)state;
    plan(
        "server 10.0.0.2 iburst noselect\nserver 10.0.0.3 iburst prefer\nserver 10.0.0.4 iburst\n");
    run(600);
    assert_status(1, SOURCE_NOSELECT);
    assert_status(2, SOURCE_SELECTED);
    assert_status(3, SOURCE_OUTLYING);
    assert_true(taken(1) > 0);
    lab_end(&lab);
}

static void mindist_forgives_small_disagreements(void **state)
{
    (void)state;
    for (unsigned wide = 0; wide < 2; wide++) {
        plan_ntp(wide ? THREE "tos mindist 0.01\n" : THREE "tos mindist 0\n");
        lab.servers[0].server.clock.offset_s = 0.004;
        for (unsigned i = 0; i < 3; i++) { /* on one switch: intervals are narrow */
            lab.servers[i].up.delay_s = lab.servers[i].down.delay_s = 1e-4;
            lab.servers[i].up.jitter_s = lab.servers[i].down.jitter_s = 1e-6;
        }
        lab.majority = false;
        run(600);
        assert_int_equal(status(1) == SOURCE_FALSETICKER, !wide);
        lab_end(&lab);
    }
}

/* ---- which of them, and how many ---- */

static void combinelimit_says_who_is_combined(void **state)
{
    (void)state;
    plan(THREE "combinelimit 0\n");
    run(600);
    assert_int_equal(engine()->selection.survivor_count, 1);
    lab_end(&lab);

    plan(THREE "combinelimit 100\n");
    lab.servers[0].up.delay_s = lab.servers[0].down.delay_s = 0.1;
    run(600);
    assert_int_equal(engine()->selection.survivor_count, 3);
    lab_end(&lab);
}

static void stratumweight_is_what_a_stratum_costs(void **state)
{
    (void)state;
    for (unsigned heavy = 0; heavy < 2; heavy++) {
        plan(heavy ? "server 10.0.0.2 iburst\nserver 10.0.0.3 iburst\nstratumweight 1\n"
                   : "server 10.0.0.2 iburst\nserver 10.0.0.3 iburst\nstratumweight 0\n");
        lab.servers[0].server.stratum = 3; /* near */
        lab.servers[1].up.delay_s = lab.servers[1].down.delay_s = 0.02;
        run(600);
        assert_status(heavy ? 2 : 1, SOURCE_SELECTED);
        lab_end(&lab);
    }
}

static void reselectdist_keeps_the_present_source(void **state)
{
    (void)state;
    for (unsigned sticky = 0; sticky < 2; sticky++) {
        plan(sticky ? "server 10.0.0.2 iburst\nserver 10.0.0.3 iburst\nreselectdist 1\n"
                    : "server 10.0.0.2 iburst\nserver 10.0.0.3 iburst\nreselectdist 0\n");
        /* the second one is better, but comes later */
        lab.servers[0].server.root_dispersion_s = 0.01;
        lab.servers[1].server.dead = (struct period){0, 400};
        run(3000);
        assert_status(sticky ? 1 : 2, SOURCE_SELECTED);
        lab_end(&lab);
    }
}

/* ---- samples ---- */

static void delay_tests_drop_what_is_late(void **state)
{
    static const struct {
        const char *text;
        double least, most; /* part of the replies that is dropped */
    } cases[] = {
        {"server 10.0.0.2 iburst maxpoll 6\n", 0, 0},
        {"server 10.0.0.2 iburst maxpoll 6 maxdelay 0.02\n", 0.2, 0.5},
        {"server 10.0.0.2 iburst maxpoll 6 maxdelayratio 2\n", 0.2, 0.5},
        {"server 10.0.0.2 iburst maxpoll 6 maxdelaydevratio 3\n", 0.1, 0.5},
        {"server 10.0.0.2 iburst maxpoll 6 maxdelayquant 0.25\n", 0.6, 0.85},
        {"server 10.0.0.2 iburst maxpoll 6 maxdelayquant 0.75\n", 0.15, 0.35},
        {"server 10.0.0.2 iburst maxpoll 6 mindelay 0.0001 maxdelayratio 50\n", 0.99, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plan(cases[i].text);
        lab.servers[0].up.spike_often = lab.servers[0].down.spike_often = 0.2;
        lab.servers[0].up.spike_s = lab.servers[0].down.spike_s = 0.2;
        run(64 * 400);
        double part = dropped(1) / (double)(dropped(1) + taken(1));
        if (!(part >= cases[i].least && part <= cases[i].most)) {
            fail_msg("%s: %g of the samples were dropped", cases[i].text, part);
        }
        lab_end(&lab);
    }
}

static void a_longer_route_is_not_dropped_for_ever(void **state)
{
    (void)state;
    plan("server 10.0.0.2 iburst maxpoll 6 maxdelayratio 1.5\n");
    lab.servers[0].up.reroute_at_s = 2000;
    lab.servers[0].up.reroute_delay_s = 0.05;
    run(10000);
    assert_true(dropped(1) >= 5);
    assert_true(lab_source(&lab, 1)->reach == 0xff);
    lab_end(&lab);
}

static void mindelay_is_the_empty_path(void **state)
{
    (void)state;
    plan("server 10.0.0.2 iburst mindelay 0.004\n");
    run(600);
    assert_near(lab_source(&lab, 1)->filter.min_delay_s, 0.004, 1e-12);
    lab_end(&lab);
}

/* All queues are on the way there: known, they no longer disturb. */
static void asymmetry_corrects_one_sided_queues(void **state)
{
    double errors[2];

    (void)state;
    for (unsigned known = 0; known < 2; known++) {
        plan(known ? "server 10.0.0.2 iburst maxpoll 6 asymmetry -0.5\n"
                   : "server 10.0.0.2 iburst maxpoll 6 asymmetry 0\n");
        lab.servers[0].up.jitter_s = 0.03;
        lab.servers[0].down.jitter_s = 1e-7;
        run(2000);
        lab_watch(&lab);
        run(20000);
        errors[known] = lab.max_error_s;
        lab_end(&lab);
    }
    assert_true(errors[1] < errors[0] / 3);
}

/* The measured offset is that much larger: our clock ends ahead. */
static void offset_and_bias_are_added(void **state)
{
    (void)state;
    plan("server 10.0.0.2 iburst offset 0.05\n");
    lab.majority = false;
    run(1000);
    assert_near(lab_error_s(&lab), 0.05, 1e-3);
    lab_end(&lab);

    plan_ntp("server 10.0.0.2 iburst bias -0.05\n");
    lab.majority = false;
    run(3000);
    assert_near(lab_error_s(&lab), -0.05, 1e-3);
    lab_end(&lab);
}

/* ---- requests ---- */

static unsigned requests_of(const char *text, double to_s)
{
    unsigned sent;

    plan(text);
    run(to_s);
    sent = lab_source(&lab, 1)->sent;
    lab_end(&lab);
    return sent;
}

static void polls_and_bursts_set_the_number_of_requests(void **state)
{
    (void)state;
    assert_in_range(requests_of("server 10.0.0.2 minpoll 6 maxpoll 6\n", 6400), 98, 103);
    assert_in_range(requests_of("server 10.0.0.2 minpoll 4 maxpoll 4\n", 6400), 390, 410);
    assert_in_range(requests_of("server 10.0.0.2 minpoll 6 maxpoll 6 burst\n", 6400), 300, 410);
    assert_int_equal(requests_of("server 10.0.0.2 minpoll 10\n", 100), 1);
    assert_in_range(requests_of("server 10.0.0.2 minpoll 10 iburst\n", 100), 4, 8);
    assert_int_equal(requests_of("server 10.0.0.2 offline\n", 1000), 0);
}

static void polltarget_asks_more_often(void **state)
{
    static const char *const lines[] = {"server 10.0.0.2 iburst\n",
                                        "server 10.0.0.2 iburst polltarget 64\n"};
    unsigned sent[2];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        plan(lines[i]);
        lab.servers[0].up.jitter_s = lab.servers[0].down.jitter_s = 0.001;
        lab.clock.wander = 3e-8;
        run(100000);
        sent[i] = lab_source(&lab, 1)->sent;
        lab_end(&lab);
    }
    assert_true(sent[1] > 2 * sent[0]);
}

/* ---- the clock ---- */

static void makestep_and_tinker_step_decide_on_steps(void **state)
{
    static const struct {
        enum config_dialect dialect;
        const char *text;
        double offset_s; /* of the clock at the start */
        bool steps;
    } cases[] = {
        {DIALECT_CHRONY, THREE "makestep 0.1 3\n", 0.5, true},
        {DIALECT_CHRONY, THREE "makestep 1 3\n", 0.5, false},
        {DIALECT_CHRONY, THREE, 0.5, false},
        {DIALECT_CHRONY, THREE "initstepslew 0.1 10.0.0.2\n", 0.5, true},
        {DIALECT_NTP, THREE, 0.5, true},
        {DIALECT_NTP, THREE "tinker step 1\n", 0.5, false},
        {DIALECT_NTP, THREE "tinker step 0\n", 0.5, false},
        {DIALECT_NTP, THREE "tinker stepback 1\n", 0.5, false}, /* it is fast: back */
        {DIALECT_NTP, THREE "tinker stepback 1\n", -0.5, true},
        {DIALECT_NTP, THREE "tinker stepfwd 0\n", -0.5, false},
        {DIALECT_NTP, THREE "tinker stepfwd 0\n", 0.5, true},
        {DIALECT_OPENNTPD, THREE, 30, false},
        {DIALECT_OPENNTPD, THREE, 90, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cases[i].dialect == DIALECT_OPENNTPD) {
            plan_in(DIALECT_OPENNTPD, "server 10.0.0.2\nserver 10.0.0.3\nserver 10.0.0.4\n");
        } else {
            plan_in(cases[i].dialect, cases[i].text);
        }
        lab.clock.offset_s = cases[i].offset_s;
        run(60);
        assert_int_equal(engine()->discipline.steps > 0, cases[i].steps);
        lab_end(&lab);
    }
}

/* All servers are half a second off from some time on. */
static void servers_move(double at_s, double offset_s)
{
    for (unsigned i = 0; i < lab.server_count; i++) {
        lab.servers[i].server.clock.step_at_s = at_s;
        lab.servers[i].server.clock.step_s = offset_s;
    }
    lab.majority = false;
}

static void stepout_is_the_patience_before_a_later_step(void **state)
{
    static const struct {
        const char *text;
        double stepped_by_s, not_before_s;
    } cases[] = {{THREE "tinker stepout 1000\n", 5500, 3000},
                 {THREE "tinker stepout 0\n", 3000, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plan_ntp(cases[i].text);
        servers_move(2000, 0.5);
        if (cases[i].not_before_s > 0) {
            run(cases[i].not_before_s);
            assert_int_equal(lab_events(&lab, EVENT_CLOCK_STEPPED), 0);
        }
        run(cases[i].stepped_by_s);
        assert_int_equal(lab_events(&lab, EVENT_CLOCK_STEPPED), 1);
        lab_end(&lab);
    }
}

static void maxchange_and_panic_hold_large_corrections(void **state)
{
    static const struct {
        enum config_dialect dialect;
        const char *text;
        double at_s;
        bool held;
    } cases[] = {
        {DIALECT_CHRONY, THREE "maxchange 0.2 1 -1\n", 2000, true},
        {DIALECT_CHRONY, THREE "maxchange 1 1 -1\n", 2000, false},
        {DIALECT_CHRONY, THREE "maxchange 0.2 1000 -1\n", 2000,
         false}, /* not so many updates yet */
        {DIALECT_NTP, THREE "tinker panic 0.2 stepout 10\n", 2000, true},
        {DIALECT_NTP, THREE "tinker panic 0 stepout 10\n", 2000, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plan_in(cases[i].dialect, cases[i].text);
        servers_move(cases[i].at_s, 0.5);
        run(9000);
        assert_int_equal(engine()->discipline.state == DISCIPLINE_PANIC, cases[i].held);
        assert_int_equal(lab_events(&lab, EVENT_CLOCK_PANIC) > 0, cases[i].held);
        lab_end(&lab);
    }
}

static void maxslewrate_is_the_fastest_slew(void **state)
{
    (void)state;
    plan(THREE "maxslewrate 100\n");
    lab.clock.offset_s = 0.2;
    run(1000);
    assert_true(lab_error_s(&lab) > 0.08 && lab_error_s(&lab) < 0.11); /* 100 us in each second */
    lab_end(&lab);

    plan(THREE);
    lab.clock.offset_s = 0.2;
    run(1000);
    assert_true(fabs(lab_error_s(&lab)) < 1e-3);
    lab_end(&lab);
}

static void corrtimeratio_stretches_corrections(void **state)
{
    static const char *const texts[] = {THREE "corrtimeratio 0.1\n", THREE "corrtimeratio 100\n"};
    double left[2];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        plan(texts[i]);
        lab.clock.offset_s = 0.2;
        run(200);
        left[i] = fabs(lab_error_s(&lab));
        lab_end(&lab);
    }
    assert_true(left[0] < 1e-3 && left[1] > 0.01);
}

static void maxdrift_and_maxupdateskew_bound_the_frequency(void **state)
{
    (void)state;
    plan(THREE "maxdrift 20\n");
    lab.clock.freq = 100e-6;
    lab.majority = false;
    run(2000);
    assert_near(fabs(engine()->discipline.drift), 20e-6, 1e-9);
    lab_end(&lab);

    plan(THREE "maxupdateskew 0.000001\n");
    lab.clock.freq = 100e-6;
    lab.majority = false;
    run(2000);
    assert_true(fabs(engine()->discipline.drift) < 1e-9);
    lab_end(&lab);

    plan(THREE);
    lab.clock.freq = 100e-6;
    lab.majority = false;
    run(2000);
    assert_near(engine()->discipline.drift, -100e-6, 1e-6);
    lab_end(&lab);
}

static void maxclockerror_and_dispersion_are_how_the_bound_grows(void **state)
{
    (void)state;
    plan(THREE "maxclockerror 50\n");
    run(2000);
    assert_true(engine()->reference.dispersion_rate >= 50e-6);
    lab_end(&lab);

    plan_ntp(THREE "tinker dispersion 50\n");
    run(2000);
    assert_true(engine()->reference.dispersion_rate >= 50e-6);
    lab_end(&lab);
}

static void logchange_tells_of_corrections(void **state)
{
    (void)state;
    plan(THREE "logchange 0.1\n");
    lab.clock.offset_s = 0.2;
    run(100);
    assert_true(lab_events(&lab, EVENT_CLOCK_CORRECTION) > 0);
    lab_end(&lab);

    plan(THREE);
    lab.clock.offset_s = 0.2;
    run(100);
    assert_int_equal(lab_events(&lab, EVENT_CLOCK_CORRECTION), 0);
    lab_end(&lab);
}

static void leapsecmode_says_who_inserts_it(void **state)
{
    static const struct {
        const char *text;
        int leap; /* that is armed, and told to clients */
    } cases[] = {{THREE, LEAP_INSERT},
                 {THREE "leapsecmode system\n", LEAP_INSERT},
                 {THREE "leapsecmode step\n", LEAP_INSERT},
                 {THREE "leapsecmode slew\n", LEAP_NONE},
                 {THREE "leapsecmode ignore\n", LEAP_NONE}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plan(cases[i].text);
        /* 31 December 2027, 12:00 UTC: a day that a leap second may end */
        lab.world.epoch_ns = INT64_C(1830254400) * NS_PER_S;
        for (unsigned k = 0; k < 3; k++) {
            lab.servers[k].server.leap = LEAP_INSERT;
        }
        run(2000);
        assert_int_equal(engine()->reference.leap, cases[i].leap);
        lab_end(&lab);
    }
}

static void authselectmode_bars_who_has_no_key(void **state)
{
    (void)state;
    plan(THREE "authselectmode require\n");
    run(600);
    assert_status(1, SOURCE_NOSELECT);
    assert_int_equal(engine()->discipline.updates, 0);
    lab_end(&lab);

    plan(THREE "authselectmode prefer\n"); /* there is no other */
    run(600);
    assert_true(engine()->synchronised);
    lab_end(&lab);
}

static void disable_ntp_only_measures(void **state)
{
    (void)state;
    plan_ntp(THREE "disable ntp\n");
    lab.majority = false;
    run(2000);
    assert_int_equal(lab_events(&lab, EVENT_CLOCK_STEPPED), 0);
    assert_true(fabs(lab_error_s(&lab)) > 3e-3); /* as it was, and drifting */
    lab_end(&lab);
}

/* ---- without a source ---- */

static bool is_local(unsigned stratum)
{
    const struct reference *r = &engine()->reference;

    return r->leap == LEAP_NONE && r->stratum == stratum;
}

static void local_serves_without_a_source(void **state)
{
    static const struct {
        enum config_dialect dialect;
        const char *text;
        unsigned stratum;
        double not_at_s, at_s;
    } cases[] = {
        {DIALECT_CHRONY, "server 10.0.0.2\nlocal\n", 10, 0, 1},
        {DIALECT_CHRONY, "server 10.0.0.2\nlocal stratum 5\n", 5, 0, 1},
        {DIALECT_CHRONY, "server 10.0.0.2\nlocal waitunsynced 500\n", 10, 490, 600},
        {DIALECT_CHRONY, "server 10.0.0.2\nlocal stratum 8 orphan\n", 8, 290, 400},
        {DIALECT_NTP, "server 10.0.0.2\nserver 127.127.1.0\n", 6, 0, 1},
        {DIALECT_NTP, "server 10.0.0.2\nserver 127.127.1.0\nfudge 127.127.1.0 stratum 10\n", 11, 0,
         1},
        {DIALECT_NTP, "server 10.0.0.2\ntos orphan 7\n", 7, 290, 400},
        {DIALECT_NTP, "server 10.0.0.2\ntos orphan 7 orphanwait 1000\n", 7, 990, 1100},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plan_in(cases[i].dialect, cases[i].text);
        lab.servers[0].server.dead = (struct period){0, 1e9};
        if (cases[i].not_at_s > 0) {
            run(cases[i].not_at_s);
            assert_false(is_local(cases[i].stratum));
        }
        run(cases[i].at_s);
        assert_true(is_local(cases[i].stratum));
        assert_false(engine()->synchronised);
        lab_end(&lab);
    }
}

static void local_takes_over_by_its_options(void **state)
{
    static const struct {
        const char *text;
        double dies_at_s, not_at_s, at_s;
    } cases[] = {
        /* the bound has to grow to `distance` */
        {"server 10.0.0.2 iburst\nlocal distance 0.2\nmaxclockerror 100\n", 1000, 1010, 5000},
        /* and so much time to pass */
        {"server 10.0.0.2 iburst\nlocal distance 0.001 waitsynced 5000\n", 1000, 5000, 7500},
        /* but never if it was never good enough */
        {"server 10.0.0.2 iburst\nlocal activate 0.001 distance 0.001\n", 1000, 50000, 0},
        {"server 10.0.0.2 iburst\nlocal activate 0.1 distance 0.2\nmaxclockerror 100\n", 1000, 1010,
         5000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plan(cases[i].text);
        lab.servers[0].server.dead = (struct period){cases[i].dies_at_s, 1e9};
        lab.majority = false;
        run(cases[i].not_at_s);
        assert_false(is_local(10));
        if (cases[i].at_s > 0) {
            run(cases[i].at_s);

            assert_true(is_local(10));
        }
        lab_end(&lab);
    }
}

/* Three servers of one group, each asking the other two, none with a source: one leads, at the
 * orphan stratum, and the others follow it. */
static void orphans_agree_on_a_leader(void **state)
{
    static struct world world;
    static struct settings settings[3];
    static const char *const texts[] = {
        "server 10.0.0.2 iburst\nserver 10.0.0.3 iburst\nlocal stratum 6 orphan\nmaxdistance 16\n",
        "server 10.0.0.1 iburst\nserver 10.0.0.3 iburst\nlocal stratum 6 orphan\nmaxdistance 16\n",
        "server 10.0.0.1 iburst\nserver 10.0.0.2 iburst\nlocal stratum 6 orphan\nmaxdistance 16\n"};
    unsigned leaders = 0, followers = 0;

    (void)state;
    memset(&world, 0, sizeof world);
    world_init(&world, 5);
    for (unsigned i = 0; i < 3; i++) {
        struct oscillator_settings clock = {.offset_s = 0.1 * i, .freq = 1e-6 * i};

        load(texts[i], DIALECT_CHRONY, &settings[i]);
        engine_node_add(&world, &clock, &(struct engine_node_setup){.settings = &settings[i]});
    }
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned k = i + 1; k < 3; k++) {
            struct link_settings path = {.delay_s = 1e-3, .jitter_s = 1e-5};

            world_set_path(&world, i, k, &path, &path);
        }
    }
    world_start(&world);
    while (world_now_s(&world) < 5000) {
        world_run_second(&world);
    }
    for (unsigned i = 0; i < 3; i++) {
        const struct reference *r = &world.nodes[i].engine->reference;

        leaders += r->stratum == 6 && r->leap == LEAP_NONE;
        followers += r->stratum == 7 && r->leap == LEAP_NONE;
    }
    assert_int_equal(leaders, 1);
    assert_int_equal(followers, 2);
    /* the least address leads, and all have its time */
    assert_int_equal(world.nodes[0].engine->reference.stratum, 6);
    for (unsigned i = 1; i < 3; i++) {
        assert_near(world_error_s(&world, i), world_error_s(&world, 0), 1e-3);
    }
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minsources_and_minsane_wait_for_enough),
        cmocka_unit_test(maxdistance_and_maxdist_exclude_the_distant),
        cmocka_unit_test(maxjitter_excludes_the_noisy),
        cmocka_unit_test(strata_are_limited),
        cmocka_unit_test(minstratum_of_a_source_raises_ours),
        cmocka_unit_test(trust_true_and_weight_outvote_others),
        cmocka_unit_test(require_holds_all_without_it),
        cmocka_unit_test(prefer_is_used_alone_and_noselect_never),
        cmocka_unit_test(mindist_forgives_small_disagreements),
        cmocka_unit_test(combinelimit_says_who_is_combined),
        cmocka_unit_test(stratumweight_is_what_a_stratum_costs),
        cmocka_unit_test(reselectdist_keeps_the_present_source),
        cmocka_unit_test(delay_tests_drop_what_is_late),
        cmocka_unit_test(a_longer_route_is_not_dropped_for_ever),
        cmocka_unit_test(mindelay_is_the_empty_path),
        cmocka_unit_test(asymmetry_corrects_one_sided_queues),
        cmocka_unit_test(offset_and_bias_are_added),
        cmocka_unit_test(polls_and_bursts_set_the_number_of_requests),
        cmocka_unit_test(polltarget_asks_more_often),
        cmocka_unit_test(makestep_and_tinker_step_decide_on_steps),
        cmocka_unit_test(stepout_is_the_patience_before_a_later_step),
        cmocka_unit_test(maxchange_and_panic_hold_large_corrections),
        cmocka_unit_test(maxslewrate_is_the_fastest_slew),
        cmocka_unit_test(corrtimeratio_stretches_corrections),
        cmocka_unit_test(maxdrift_and_maxupdateskew_bound_the_frequency),
        cmocka_unit_test(maxclockerror_and_dispersion_are_how_the_bound_grows),
        cmocka_unit_test(logchange_tells_of_corrections),
        cmocka_unit_test(leapsecmode_says_who_inserts_it),
        cmocka_unit_test(authselectmode_bars_who_has_no_key),
        cmocka_unit_test(disable_ntp_only_measures),
        cmocka_unit_test(local_serves_without_a_source),
        cmocka_unit_test(local_takes_over_by_its_options),
        cmocka_unit_test(orphans_agree_on_a_leader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
