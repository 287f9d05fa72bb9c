/* SPDX-License-Identifier: BSD-2-Clause */
/* Named scenarios: what the clock must do on good days and on the bad ones of reliability.md. The
 * true time is known here, so each limit is on the clock's real error; the invariants of
 * sim/checks.h hold in all of them. Limits are physics with room to spare, not what today's
 * estimator happens to reach: sim/accuracy.c is for that. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab.h"
#include "sim/daemon_node.h"
#include "sim/engine_node.h"

static struct lab lab;

/* Checks excuse what the world does to a clock for as long as the engine may need to see it: its
 * own longest silence, and a burst. */
#define NOTICE_S 80

static void assert_error_below(double limit_s)
{
    if (!(fabs(lab_error_s(&lab)) < limit_s)) {
        fail_msg("clock is %g s off, limit %g s", lab_error_s(&lab), limit_s);
    }
}

static void assert_max_below(double limit_s)
{
    if (!(lab.max_error_s < limit_s)) {
        fail_msg("clock was up to %g s off, limit %g s", lab.max_error_s, limit_s);
    }
}

static void assert_status(unsigned server, enum source_status status)
{
    const struct source *s = lab_source(&lab, server);

    if (s->status != status) {
        fail_msg("server %u is %s, not %s", server, source_status_name(s->status),
                 source_status_name(status));
    }
}

static double bound_now_s(void)
{
    return reference_distance(&lab.client->engine->reference,
                              (struct mono_time){lab.client->clock.mono_ns});
}

/* From `settled_s` on to `end_s` the error stays below the limit. */
static void run_and_hold(double settled_s, double end_s, double limit_s)
{
    lab_run(&lab, settled_s);
    lab_watch(&lab);
    lab_run(&lab, end_s);
    assert_max_below(limit_s);
    assert_int_equal(lab.unsynchronised, 0);
}

/* ---- paths and oscillators ---- */

static void test_steady(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 4);
    lab_start(&lab, 1);
    run_and_hold(600, 20000, 200e-6);
    lab_end(&lab);
}

/* The kernel says when a request left, but only after its answer: by our own word alone the clock
 * would be 1 ms off. */
static void test_late_stamps(void **state)
{
    (void)state;
    for (int daemon = 0; daemon < 2; daemon++) {
        lab_init(&lab, false);
        lab.daemon = daemon;
        lab.early_s = 2e-3;
        lab_add_many(&lab, 4);
        lab_start(&lab, 1);
        run_and_hold(600, 20000, 200e-6);
        for (unsigned i = 1; i <= 4; i++) {
            const struct source *s = lab_source(&lab, i);

            assert_int_equal(s->sent_by[STAMP_DAEMON], s->request.outstanding);
            assert_true(s->sent_by[STAMP_KERNEL] > 20);
        }
        lab_end(&lab);
    }
}

/* With iburst a machine has a clock within seconds, and must not lose it before the first poll:
 * over a LAN the frequency is known to 1 ppm after 30 s. */
static void test_first_minute(void **state)
{
    double freq = 0, early = 0, late = 0;

    (void)state;
    for (unsigned seed = 1; seed <= 40; seed++) {
        double error;

        lab_init(&lab, false);
        lab_add_many(&lab, 1 + seed % 3);
        for (unsigned i = 0; i < lab.server_count; i++) {
            lab.servers[i].up = lab.servers[i].down =
                (struct link_settings){.delay_s = 1e-4, .jitter_s = 1e-5};
            lab.settings.specs[i].iburst = true;
        }
        lab_start(&lab, seed);
        lab_run(&lab, 8);
        early += lab_error_s(&lab) * lab_error_s(&lab) / 40;
        lab_run(&lab, 30);
        error = world_error_freq(&lab.world, LAB_CLIENT);
        assert_true(fabs(error) < 3e-6);
        freq += error * error / 40;
        lab_run(&lab, 62);
        late += lab_error_s(&lab) * lab_error_s(&lab) / 40;
        lab_end(&lab);
    }
    assert_true(sqrt(freq) < 1e-6);
    assert_true(sqrt(late) < 1.5 * sqrt(early) + 5e-6);
}

static void test_jitter(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 3);
    for (unsigned i = 0; i < 3; i++) {
        lab.servers[i].up.jitter_s = lab.servers[i].down.jitter_s = 5e-3;
    }
    lab_start(&lab, 2);
    run_and_hold(3600, 50000, 4e-3);
    lab_end(&lab);
}

static void test_wander(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 3);
    lab.clock.wander = 3e-8;
    lab_start(&lab, 3);
    run_and_hold(1200, 50000, 1e-3);
    lab_end(&lab);
}

/* A constant asymmetry cannot be seen: the error is half of it, and the bound must say so. */
static void test_asymmetric_path(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 1);
    lab.servers[0].up.delay_s = 0.01;
    lab.servers[0].down.delay_s = 0.05;
    lab_start(&lab, 4);
    run_and_hold(1200, 30000, 21e-3);
    assert_true(fabs(lab_error_s(&lab)) > 19e-3);
    lab_end(&lab);
}

static void test_route_changes(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 1);
    lab.servers[0].down.reroute_at_s = 20000;
    lab.servers[0].down.reroute_delay_s = 0.025;
    lab_start(&lab, 5);
    run_and_hold(1200, 60000, 11e-3);
    lab_end(&lab);
}

static void test_temperature(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 2);
    lab.clock.amplitude = 2e-6;
    lab.clock.period_s = 5400;
    lab_start(&lab, 6);
    run_and_hold(2400, 50000, 2e-3);
    lab_end(&lab);
}

static void test_large_frequency_error(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        for (int ntp = 0; ntp <= 1; ntp++) {
            lab_init(&lab, ntp);
            lab_add_many(&lab, 3);
            lab.clock.freq = sign * 400e-6;
            lab_start(&lab, 7);
            run_and_hold(7200, 20000, 500e-6);
            lab_end(&lab);
        }
    }
}

static void test_frequency_jumps(void **state)
{
    (void)state;
    lab_init(&lab, true);
    lab_add_many(&lab, 3);
    lab.clock.jump = 10e-6;
    lab.clock.jump_at_s = 20000;
    lab_start(&lab, 8);
    run_and_hold(1200, 20000, 500e-6);
    run_and_hold(24000, 40000, 500e-6);
    lab_end(&lab);
}

/* ---- liars ---- */

static void check_lies(unsigned honest, unsigned liars, double lie_s, bool ntp)
{
    lab_init(&lab, ntp);
    lab_add_many(&lab, honest + liars);
    for (unsigned i = 0; i < liars; i++) {
        lab.servers[i].server.clock.offset_s = lie_s;
    }
    lab_start(&lab, 10);
    run_and_hold(900, 10000, 500e-6);
    for (unsigned i = 0; i < liars; i++) {
        assert_status(i + 1, SOURCE_FALSETICKER);
    }
    assert_true(lab_events(&lab, EVENT_SOURCE_FALSETICKER) >= liars);
    lab_end(&lab);
}

static void test_one_of_four_lies(void **state)
{
    static const double lies_s[] = {0.02, -0.02, 0.5, 37, -3600, 1e6, -1e6, 1e8, 1e9};

    (void)state;
    for (unsigned i = 0; i < sizeof lies_s / sizeof *lies_s; i++) {
        check_lies(3, 1, lies_s[i], false);
        check_lies(3, 1, lies_s[i], true);
    }
}

static void test_two_of_five_lie_together(void **state)
{
    static const double lies_s[] = {0.05, -0.3, 100, -1e6};

    (void)state;
    for (unsigned i = 0; i < sizeof lies_s / sizeof *lies_s; i++) {
        check_lies(3, 2, lies_s[i], false);
        check_lies(3, 2, lies_s[i], true);
    }
}

/* What a liar is told beside its lie to look better than the others. */
static void test_liar_that_looks_best(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 4);
    lab.servers[0].server.clock.offset_s = 0.08;
    lab.servers[0].up.delay_s = lab.servers[0].down.delay_s = 1e-4;
    lab.servers[0].up.jitter_s = lab.servers[0].down.jitter_s = 1e-7;
    lab.settings.specs[0].prefer = true;
    for (unsigned i = 1; i < 4; i++) {
        lab.servers[i].server.stratum = 3;
        lab.servers[i].server.root_delay_s = 0.02;
        lab.servers[i].server.root_dispersion_s = 0.005;
        lab.servers[i].server.refid = 0x0a010101u + i;
    }
    lab_start(&lab, 11);
    run_and_hold(900, 20000, 500e-6);
    assert_status(1, SOURCE_FALSETICKER);
    lab_end(&lab);
}

/* Nobody can say who is right: the clock is left to itself, and is not called synchronised. */
static void test_no_majority(void **state)
{
    (void)state;
    lab_init(&lab, true);
    lab_add_many(&lab, 3);
    lab.servers[0].server.clock.offset_s = 0.5;
    lab.servers[1].server.clock.offset_s = -0.7;
    lab.servers[2].server.clock.offset_s = 2.5;
    lab_start(&lab, 12);
    lab_run(&lab, 10000);
    assert_int_equal(lab.synchronised, 0);
    assert_int_equal(lab.client->counters.steps, 0);
    assert_true(lab_events(&lab, EVENT_NO_MAJORITY) > 0);
    lab_end(&lab);
}

static void test_one_of_two_disagrees(void **state)
{
    (void)state;
    lab_init(&lab, true);
    lab_add_many(&lab, 2);
    lab.servers[0].server.clock.offset_s = 0.3;
    lab_start(&lab, 13);
    lab_run(&lab, 10000);
    assert_int_equal(lab.synchronised, 0);
    assert_int_equal(lab.client->counters.steps, 0);
    lab_end(&lab);
}

/* 1 ppm is 86 ms a day: slow enough to be followed by whoever trusts one server too much. */
static void test_creeping_liar(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab.majority = false; /* it cannot be told at first, and the bound is its word */
    lab_add_many(&lab, 4);
    lab.servers[0].server.clock.freq = 1e-6;
    lab.servers[0].up.delay_s = lab.servers[0].down.delay_s = 1e-3;
    lab_start(&lab, 14);
    /* the liar is the nearest, and true until it leaves the others' 5 ms; to be rid of it costs a
     * swing, since it has taught the clock its rate */
    run_and_hold(900, 100000, 20e-3);
    assert_status(1, SOURCE_FALSETICKER);
    assert_error_below(500e-6);
    lab_end(&lab);
}

static void test_server_steps(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 3);
    lab.servers[0].server.clock.step_s = 0.05;
    lab.servers[0].server.clock.step_at_s = 20000;
    lab_start(&lab, 15);
    run_and_hold(900, 40000, 500e-6);
    assert_status(1, SOURCE_FALSETICKER);
    lab_end(&lab);
}

/* The only server: it must be believed in the end, but a step needs leave. */
static void test_only_server_steps(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab.majority = false;
    lab_add_many(&lab, 1);
    lab.servers[0].server.clock.step_s = 0.05;
    lab.servers[0].server.clock.step_at_s = 20000;
    lab_start(&lab, 16);
    run_and_hold(900, 19999, 500e-6);
    lab_run(&lab, 40000);
    assert_true(fabs(lab_error_s(&lab) - 0.05) < 1e-3);
    assert_int_equal(lab.client->counters.steps, 0);
    lab_end(&lab);
}

static void test_minority_announces_leap(void **state)
{
    uint64_t armed;

    (void)state;
    lab_init(&lab, false);
    /* 31 December 2027, 12:00 UTC: a day that a leap second may end */
    lab.world.epoch_ns = INT64_C(1830254400) * NS_PER_S;
    lab_add_many(&lab, 5);
    for (unsigned i = 0; i < 2; i++) {
        lab.servers[i].server.leap = LEAP_INSERT;
    }
    lab_start(&lab, 17);
    lab_run(&lab, 900); /* before all were heard a majority may have been one */
    armed = lab_events(&lab, EVENT_LEAP_ARMED);
    assert_int_equal(lab.client->engine->reference.leap, LEAP_NONE);
    run_and_hold(900, 20000, 500e-6);
    assert_int_equal(lab_events(&lab, EVENT_LEAP_ARMED), armed);
    assert_int_equal(lab.client->engine->reference.leap, LEAP_NONE);
    lab_end(&lab);
}

static void test_majority_announces_leap(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab.world.epoch_ns = INT64_C(1830254400) * NS_PER_S;
    lab_add_many(&lab, 5);
    for (unsigned i = 0; i < 3; i++) {
        lab.servers[i].server.leap = LEAP_INSERT;
    }
    lab_start(&lab, 18);
    run_and_hold(900, 20000, 500e-6);
    assert_int_equal(lab_events(&lab, EVENT_LEAP_ARMED), 1);
    assert_int_equal(lab.client->engine->reference.leap, LEAP_INSERT);
    lab_end(&lab);
}

/* ---- servers that fail ---- */

static void test_unsynchronised_server(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 2);
    lab.servers[0].server.unsynchronised = (struct period){0, 30000};
    lab.servers[0].server.clock.offset_s = 5; /* it does not know the time, and says so */
    lab_start(&lab, 20);
    run_and_hold(900, 20000, 500e-6);
    assert_status(1, SOURCE_SERVER_UNSYNCHRONISED);
    lab_end(&lab);
}

static void test_all_unsynchronised(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 2);
    lab.servers[0].server.unsynchronised = lab.servers[1].server.unsynchronised =
        (struct period){0, 10000};
    lab_start(&lab, 21);
    lab_run(&lab, 9999);
    assert_int_equal(lab.synchronised, 0);
    run_and_hold(13000, 20000, 500e-6);
    lab_end(&lab);
}

static void test_rate_kiss(void **state)
{
    uint32_t sent;

    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 1);
    lab.settings.specs[0].maxpoll = 6;
    lab.servers[0].server.kiss = (struct period){1000, 2000};
    lab.servers[0].server.kiss_code = REFID('R', 'A', 'T', 'E');
    lab_start(&lab, 22);
    lab_run(&lab, 2000);
    assert_true(lab_events(&lab, EVENT_SOURCE_KISS) > 0);
    assert_true(lab_source(&lab, 1)->poll_floor > 6);
    sent = lab_source(&lab, 1)->sent;
    lab_run(&lab, 12000);
    /* asked less than it was before, and still asked */
    assert_in_range(lab_source(&lab, 1)->sent - sent, 5, 10000 / 100);
    assert_error_below(1e-3);
    lab_end(&lab);
}

static void test_forged_kiss(void **state)
{
    static const uint32_t codes[] = {REFID('R', 'A', 'T', 'E'), REFID('D', 'E', 'N', 'Y'),
                                     REFID('R', 'S', 'T', 'R')};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        lab_init(&lab, false);
        lab_add_many(&lab, 1);
        lab.servers[0].server.kiss = (struct period){1000, 1800};
        lab.servers[0].server.kiss_code = codes[i];
        lab.servers[0].server.kiss_forged = true;
        lab_start(&lab, 23);
        run_and_hold(900, 20000, 500e-6);
        assert_int_equal(lab_events(&lab, EVENT_SOURCE_KISS), 0);
        assert_false(lab_source(&lab, 1)->refused);
        assert_true(lab_source(&lab, 1)->poll_floor <= 6);
        lab_end(&lab);
    }
}

static void test_deny_kiss(void **state)
{
    static const uint32_t codes[] = {REFID('D', 'E', 'N', 'Y'), REFID('R', 'S', 'T', 'R')};
    uint32_t sent;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        lab_init(&lab, false);
        lab_add_many(&lab, 2);
        lab.servers[0].server.kiss = (struct period){1000, 40000};
        lab.servers[0].server.kiss_code = codes[i];
        lab_start(&lab, 24);
        lab_run(&lab, 5000);
        assert_status(1, SOURCE_REFUSED);
        sent = lab_source(&lab, 1)->sent;
        run_and_hold(5000, 30000, 500e-6);
        assert_in_range(lab_source(&lab, 1)->sent - sent, 0, 1);
        lab_end(&lab);
    }
}

/* ---- networks that fail, and attackers beside the path ---- */

static void test_attacks(void **state)
{
    (void)state;
    for (int ports = 0; ports <= 1; ports++) {
        lab_init(&lab, false);
        lab_add_many(&lab, 1);
        lab.keep_ports = ports;
        lab.servers[0].server.forge = 0.9;
        lab.servers[0].server.forge_offset_s = 10;
        lab.servers[0].server.garbage = 0.5;
        lab.servers[0].server.replay = 0.9;
        lab.servers[0].down.duplicate = 0.5;
        lab.servers[0].up.duplicate = 0.3;
        lab_start(&lab, 30);
        run_and_hold(900, 40000, 500e-6);
        assert_int_equal(lab.client->counters.steps, 0);
        lab_end(&lab);
    }
}

static void test_late_replies(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 1);
    lab.keep_ports = true;
    lab.settings.specs[0].max_delay_s = 16;
    lab.servers[0].down.spike_often = 0.3; /* many come after the next request */
    lab.servers[0].down.spike_s = 40;
    lab_start(&lab, 31);
    run_and_hold(2000, 100000, 5e-3);
    assert_true(lab.client->counters.late_delivered > 10);
    lab_end(&lab);
}

static void test_reordering(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 2);
    for (unsigned i = 0; i < 2; i++) {
        lab.servers[i].up.reorder = lab.servers[i].down.reorder = 0.3;
    }
    lab_start(&lab, 32);
    run_and_hold(3000, 50000, 5e-3);
    lab_end(&lab);
}

static void test_loss(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 1);
    lab.servers[0].up.loss = lab.servers[0].down.loss = 0.3;
    lab_start(&lab, 33);
    run_and_hold(2000, 50000, 1e-3);
    lab_end(&lab);
}

static void test_congestion(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 1);
    lab.servers[0].down.busy_period_s = 7200;
    lab.servers[0].down.busy_from_s = 3600;
    lab.servers[0].down.busy_s = 900;
    lab.servers[0].down.queue_s = 20e-3;
    lab.servers[0].down.queue_jitter_s = 10e-3;
    lab_start(&lab, 34);
    run_and_hold(2000, 60000, 5e-3);
    lab_end(&lab);
}

/* Twelve hours without a server: the clock goes on alone, says so by a growing bound that holds,
 * and comes back without a step. */
static void test_outage(void **state)
{
    double before_s;

    (void)state;
    lab_init(&lab, true);
    lab_add_many(&lab, 2);
    for (unsigned i = 0; i < 2; i++) {
        lab.servers[i].up.outage_from_s = 30000;
        lab.servers[i].up.outage_to_s = 73200;
    }
    lab_start(&lab, 35);
    run_and_hold(900, 30000, 500e-6);
    before_s = bound_now_s();
    lab_watch(&lab);
    lab_run(&lab, 73200);
    assert_max_below(20e-3);
    assert_true(lab_events(&lab, EVENT_HOLDOVER) >= 1);
    assert_status(1, SOURCE_UNREACHABLE);
    assert_true(bound_now_s() > before_s + 500e-6);
    run_and_hold(78000, 90000, 500e-6);
    assert_int_equal(lab.client->counters.steps, 0);
    lab_end(&lab);
}

/* ---- starts ---- */

static void check_start(double offset_s, bool ntp, double by_s, double limit_s)
{
    lab_init(&lab, ntp);
    lab_add_many(&lab, 3);
    lab.clock.offset_s = offset_s;
    lab_start(&lab, 40);
    run_and_hold(by_s, by_s + 5000, limit_s);
    lab_end(&lab);
}

static void test_start_offsets(void **state)
{
    static const double offsets_s[] = {1, -1, 100, -100};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        check_start(offsets_s[i], false, 900, 500e-6);
        check_start(offsets_s[i], true, 900, 500e-6);
    }
}

static void test_start_in_1970(void **state)
{
    (void)state;
    check_start(-(double)WORLD_EPOCH_S + 60, false, 900, 500e-6);
}

/* A client of today and servers of the next era: the timestamps have wrapped. */
static void test_start_across_era(void **state)
{
    static const double offsets_s[] = {0.5, -4e8, -(double)2087000000};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        lab_init(&lab, false);
        lab_add_many(&lab, 3);
        lab.world.epoch_ns = INT64_C(2087000000) * NS_PER_S; /* 19 February 2036 */
        lab.clock.offset_s = offsets_s[i];
        lab_start(&lab, 41);
        run_and_hold(900, 5000, 500e-6);
        lab_end(&lab);
    }
}

/* Over the very wrap: 7 February 2036, 06:28:16 UTC. */
static void test_era_rolls_over(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 3);
    lab.world.epoch_ns = (INT64_C(2085978496) - 5000) * NS_PER_S;
    lab_start(&lab, 42);
    run_and_hold(900, 10000, 500e-6);
    lab_end(&lab);
}

/* ntpd would exit; toki holds: it touches nothing, says why, and lives. */
static void test_panic(void **state)
{
    (void)state;
    lab_init(&lab, true);
    lab_add_many(&lab, 3);
    lab.clock.offset_s = -5000;
    lab.clock.freq = 0;
    lab.clock.wander = 0;
    lab_start(&lab, 43);
    lab_run(&lab, 5000);
    assert_true(fabs(lab_error_s(&lab) + 5000) < 0.1);
    assert_int_equal(lab.synchronised, 0);
    assert_int_equal(lab_events(&lab, EVENT_CLOCK_PANIC), 1);
    assert_int_equal(lab.client->engine->discipline.state, DISCIPLINE_PANIC);
    lab_end(&lab);
}

/* ... and -g allows it once. */
static void test_panic_allowed_at_start(void **state)
{
    (void)state;
    lab_init(&lab, true);
    lab_add_many(&lab, 3);
    lab.clock.offset_s = -5000;
    lab.settings.panic_first_allowed = true;
    lab_start(&lab, 44);
    run_and_hold(900, 5000, 500e-6);
    assert_int_equal(lab.client->counters.steps, 1);
    lab_end(&lab);
}

/* ---- what others do to the clock ---- */

static void step_behind_its_back(struct world *w, struct node *node, double step_s)
{
    world_action_step(w, node, step_s);
    checks_excuse(&lab.checks, node->index, NOTICE_S);
}

static void test_clock_stepped_by_others(void **state)
{
    static const double steps_s[] = {100, -100, 0.3, -0.3};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        lab_init(&lab, i % 2 == 1);
        lab_add_many(&lab, 3);
        lab_start(&lab, 50);
        world_at(&lab.world, 10000.5, LAB_CLIENT, step_behind_its_back, steps_s[i]);
        run_and_hold(900, 10000, 500e-6);
        lab_run(&lab, 10000 + NOTICE_S);
        assert_int_equal(lab_events(&lab, EVENT_CLOCK_STEP_SEEN), 1);
        run_and_hold(12000, 20000, 500e-6);
        lab_end(&lab);
    }
}

static void wake_up(struct world *w, struct node *node, double value)
{
    (void)w;
    (void)value;
    checks_excuse(&lab.checks, node->index, NOTICE_S);
}

static void test_suspend(void **state)
{
    static const double lengths_s[] = {30, 8 * 3600};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        double awake_s = 10000.5 + lengths_s[i];

        lab_init(&lab, false);
        lab_add_many(&lab, 3);
        lab_start(&lab, 51);
        world_at(&lab.world, 10000.5, LAB_CLIENT, world_action_suspend, lengths_s[i]);
        world_at(&lab.world, awake_s, LAB_CLIENT, wake_up, 0);
        run_and_hold(900, 10000, 500e-6);
        run_and_hold(awake_s + 1200, awake_s + 10000, 500e-6);
        lab_end(&lab);
    }
}

/* The kernel refuses (no right): told once in a while, and no busy loop. */
static void test_clock_refuses(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 2);
    lab.majority = false;
    lab_start(&lab, 52);
    lab.client->clock_error = EPERM;
    world_at(&lab.world, 5000, LAB_CLIENT, world_action_clock_error, 0);
    lab_run(&lab, 5000);
    assert_true(lab_events(&lab, EVENT_CLOCK_FAILED) > 0);
    run_and_hold(7000, 20000, 500e-6);
    lab_end(&lab);
}

static void test_measures_only(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 2);
    lab.settings.clock_control = false;
    lab.clock.offset_s = 2;
    lab.clock.freq = 0;
    lab.clock.wander = 0;
    lab_start(&lab, 53);
    lab_run(&lab, 5000);
    assert_true(fabs(lab_error_s(&lab) - 2) < 1e-6);
    assert_int_equal(lab.client->counters.adjustments, 0);
    assert_true(fabs(lab.client->engine->discipline.estimate.offset_s + 2) < 1e-3);
    lab_end(&lab);
}

/* ---- loops ---- */

/* The server says that it follows us: it is no source, however good it looks. */
static void test_loop(void **state)
{
    struct address self = world_address(LAB_CLIENT);

    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 2);
    lab.servers[0].server.stratum = 3;
    lab.servers[0].server.refid = address_refid(&self);
    lab.servers[0].server.clock.offset_s = 0.002;
    lab_start(&lab, 60);
    run_and_hold(900, 10000, 500e-6);
    assert_status(1, SOURCE_LOOPED);
    lab_end(&lab);
}

/* ---- two nodes that ask each other, and one server ---- */

static struct world pair_world;
static struct checks pair_checks;
static struct settings pair_settings[2];

static void start_pair(struct period dead, uint64_t seed)
{
    struct link_settings path = {.delay_s = 1e-3, .jitter_s = 2e-5};
    struct server_settings server = {.dead = dead};
    struct oscillator_settings clock = {.offset_s = 1e-3, .freq = 1e-5, .wander = 1e-9};

    world_init(&pair_world, seed);
    for (unsigned i = 0; i < 2; i++) {
        scenario_settings_ntp(&pair_settings[i]);
        scenario_add_source(&pair_settings[i], 2)->iburst = true;
        scenario_add_source(&pair_settings[i], 1 - i)->iburst = true;
        engine_node_add(&pair_world, &clock,
                        &(struct engine_node_setup){.settings = &pair_settings[i]});
    }
    world_add_server(&pair_world, &server);
    world_set_path(&pair_world, 0, 1, &path, &path);
    world_set_path(&pair_world, 0, 2, &path, &path);
    world_set_path(&pair_world, 1, 2, &path, &path);
    checks_init(&pair_checks, &pair_world);
    checks_watch(&pair_checks, 0, &pair_settings[0], true);
    checks_watch(&pair_checks, 1, &pair_settings[1], true);
    world_start(&pair_world);
}

static void end_pair(void)
{
    unsigned violations = checks_finish(&pair_checks);

    world_free(&pair_world);
    if (violations) {
        fail_msg("%s", pair_checks.text[0]);
    }
}

/* Each hears the other's corrections: they must not swing each other up. */
static void test_pair_is_steady(void **state)
{
    (void)state;
    for (uint64_t seed = 61; seed < 71; seed++) {
        double most_s = 0;

        start_pair((struct period){0, 0}, seed);
        while (world_now_s(&pair_world) < 20000) {
            world_run_second(&pair_world);
            checks_second(&pair_checks);
            if (world_now_s(&pair_world) > 900) {
                most_s = fmax(most_s, fabs(world_error_s(&pair_world, 0)));
                most_s = fmax(most_s, fabs(world_error_s(&pair_world, 1)));
            }
        }
        end_pair();
        if (!(most_s < 200e-6)) {
            fail_msg("a clock was up to %g s off with seed %u", most_s, (unsigned)seed);
        }
    }
}

/* The server dies: they must not keep each other alive, nor count each other up. */
static void test_pair_gives_up(void **state)
{
    uint8_t highest = 0;
    bool synchronised;

    (void)state;
    start_pair((struct period){20000, 1e9}, 61);
    while (world_now_s(&pair_world) < 1050000 && pair_checks.violations == 0) {
        world_run_second(&pair_world);
        checks_second(&pair_checks);
        for (unsigned i = 0; i < 2; i++) {
            const struct reference *r = &pair_world.nodes[i].engine->reference;

            if (world_now_s(&pair_world) > 1000 && r->leap != LEAP_UNSYNCHRONISED) {
                highest = r->stratum > highest ? r->stratum : highest;
            }
        }
    }
    synchronised =
        pair_world.nodes[0].engine->synchronised || pair_world.nodes[1].engine->synchronised;
    end_pair();
    assert_in_range(highest, 2, STRATUM_MAX);
    assert_false(synchronised);
}

/* ---- names ---- */

/* The resolver is not there yet, as at boot; later it is. */
static void check_names(bool daemon)
{
    struct world_name *name;

    lab_init(&lab, false);
    lab_add_many(&lab, 3);
    lab.daemon = daemon;
    lab.settings.spec_count = 1;
    strcpy(lab.settings.specs[0].name, "ntp.example.net");
    lab.settings.specs[0].address.family = ADDRESS_NONE;
    lab_start(&lab, 70);
    name = &lab.world.names[lab.world.name_count++];
    *name = (struct world_name){.name = "ntp.example.net", .count = 1, .failures = 4};
    name->addresses[0] = world_address(2);
    run_and_hold(900, 10000, 500e-6);
    assert_true(lab_events(&lab, EVENT_SOURCE_UNRESOLVED) > 0);
    assert_status(2, SOURCE_SELECTED);
    lab_end(&lab);
}

static void test_name_found_late(void **state)
{
    (void)state;
    check_names(false);
    check_names(true);
}

/* Two of the pool's addresses are dead from the start: they are replaced. */
static void test_pool_with_dead_members(void **state)
{
    struct world_name *name;
    unsigned alive = 0;

    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 8);
    for (unsigned i = 0; i < 2; i++) {
        lab.servers[i].server.dead = (struct period){0, 1e9};
    }
    lab.settings.spec_count = 1;
    strcpy(lab.settings.specs[0].name, "pool.example.net");
    lab.settings.specs[0].address.family = ADDRESS_NONE;
    lab.settings.specs[0].kind = SOURCE_POOL;
    lab.settings.specs[0].max_sources = 4;
    lab_start(&lab, 71);
    name = &lab.world.names[lab.world.name_count++];
    *name = (struct world_name){.name = "pool.example.net", .count = 8};
    for (unsigned i = 0; i < 8; i++) {
        name->addresses[i] = world_address(i + 1);
    }
    run_and_hold(900, 40000, 500e-6);
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &lab.client->engine->sources[i];

        alive += s->status != SOURCE_UNUSED && s->reach != 0;
    }
    assert_int_equal(alive, 4);
    lab_end(&lab);
}

/* ---- the whole daemon ---- */

static void test_daemon_steady(void **state)
{
    (void)state;
    lab_init(&lab, true);
    lab_add_many(&lab, 4);
    lab.daemon = true;
    lab.servers[0].server.clock.offset_s = 0.08;
    lab_start(&lab, 80);
    run_and_hold(600, 20000, 500e-6);
    assert_status(1, SOURCE_FALSETICKER);
    lab_end(&lab);
}

/* Ends and starts again: the drift file saves the new one from learning. */
static void restart(struct world *w, struct node *node, double after_s)
{
    daemon_node_restart(w, node, after_s);
    checks_excuse(&lab.checks, node->index, after_s + 10);
}

static void test_daemon_restarts(void **state)
{
    (void)state;
    lab_init(&lab, true);
    lab_add_many(&lab, 3);
    lab.daemon = true;
    lab.clock.freq = 50e-6;
    lab_start(&lab, 81);
    world_at(&lab.world, 20000.5, LAB_CLIENT, restart, 5);
    run_and_hold(900, 20000, 500e-6);
    lab_run(&lab, 20020);
    lab_watch(&lab);
    lab_run(&lab, 21000);
    assert_max_below(1e-3);
    assert_true(fabs(lab.client->engine->discipline.drift + 50e-6) < 1e-6);
    lab_end(&lab);
}

/* A client of the daemon: what it serves is as good as it says. */
static void test_daemon_serves(void **state)
{
    static struct settings settings;
    struct link_settings path = {.delay_s = 1e-3, .jitter_s = 2e-5};
    unsigned client;

    (void)state;
    lab_init(&lab, true);
    lab_add_many(&lab, 3);
    lab.daemon = true;
    lab_build(&lab, 82);
    scenario_settings_ntp(&settings);
    scenario_add_source(&settings, LAB_CLIENT)->iburst = true;
    client = engine_node_add(
        &lab.world, &(struct oscillator_settings){.offset_s = -20, .freq = -3e-5, .wander = 1e-10},
        &(struct engine_node_setup){.settings = &settings});
    world_set_path(&lab.world, client, LAB_CLIENT, &path, &path);
    lab.world.nodes[client].start_s = 100;
    checks_watch(&lab.checks, client, &settings, true);
    lab_start(&lab, 82);
    run_and_hold(1200, 20000, 500e-6);
    assert_true(fabs(world_error_s(&lab.world, client)) < 1e-3);
    assert_int_equal(lab.world.nodes[client].engine->reference.stratum, 3);
    assert_true(lab.client->counters.answered > 100);
    lab_end(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steady),
        cmocka_unit_test(test_late_stamps),
        cmocka_unit_test(test_first_minute),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_wander),
        cmocka_unit_test(test_asymmetric_path),
        cmocka_unit_test(test_route_changes),
        cmocka_unit_test(test_temperature),
        cmocka_unit_test(test_large_frequency_error),
        cmocka_unit_test(test_frequency_jumps),
        cmocka_unit_test(test_one_of_four_lies),
        cmocka_unit_test(test_two_of_five_lie_together),
        cmocka_unit_test(test_liar_that_looks_best),
        cmocka_unit_test(test_no_majority),
        cmocka_unit_test(test_one_of_two_disagrees),
        cmocka_unit_test(test_creeping_liar),
        cmocka_unit_test(test_server_steps),
        cmocka_unit_test(test_only_server_steps),
        cmocka_unit_test(test_minority_announces_leap),
        cmocka_unit_test(test_majority_announces_leap),
        cmocka_unit_test(test_unsynchronised_server),
        cmocka_unit_test(test_all_unsynchronised),
        cmocka_unit_test(test_rate_kiss),
        cmocka_unit_test(test_forged_kiss),
        cmocka_unit_test(test_deny_kiss),
        cmocka_unit_test(test_attacks),
        cmocka_unit_test(test_late_replies),
        cmocka_unit_test(test_reordering),
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_congestion),
        cmocka_unit_test(test_outage),
        cmocka_unit_test(test_start_offsets),
        cmocka_unit_test(test_start_in_1970),
        cmocka_unit_test(test_start_across_era),
        cmocka_unit_test(test_era_rolls_over),
        cmocka_unit_test(test_panic),
        cmocka_unit_test(test_panic_allowed_at_start),
        cmocka_unit_test(test_clock_stepped_by_others),
        cmocka_unit_test(test_suspend),
        cmocka_unit_test(test_clock_refuses),
        cmocka_unit_test(test_measures_only),
        cmocka_unit_test(test_loop),
        cmocka_unit_test(test_pair_is_steady),
        cmocka_unit_test(test_pair_gives_up),
        cmocka_unit_test(test_name_found_late),
        cmocka_unit_test(test_pool_with_dead_members),
        cmocka_unit_test(test_daemon_steady),
        cmocka_unit_test(test_daemon_restarts),
        cmocka_unit_test(test_daemon_serves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
