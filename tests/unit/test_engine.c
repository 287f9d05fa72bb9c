/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine end to end, without the simulator: the daemon's side of the contract in engine.h, one
 * scripted world, and the rows of the faults that need more than one source or the clock (C17 to
 * C19, C25 to C30, C32 to C35, C42, O02 to O04, O08 to O12). */
#include "engine_lab.h"

static unsigned count_status(const struct engine_lab *lab, enum source_status status)
{
    unsigned n = 0;

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        n += lab->engine.sources[i].status == status;
    }
    return n;
}

/* The bound that is told to clients must hold, and the estimate be within it. */
static void check_bound(const struct engine_lab *lab)
{
    const struct reference *r = &lab->engine.reference;

    if (lab->engine.synchronised) {
        assert_true(fabs(lab_error_s(lab)) <= reference_distance(r, lab_now(lab).mono));
        assert_in_range(r->stratum, 1, 15);
        assert_int_not_equal(r->leap, LEAP_UNSYNCHRONISED);
    } else if (!lab->settings.local) {
        assert_int_equal(r->leap, LEAP_UNSYNCHRONISED);
    }
}

static void test_from_start_to_synchronised(void **state)
{
    struct engine_lab *lab = lab_new(4, 0.7, 40e-6);

    (void)state;
    lab_begin(lab);
    assert_false(lab->status.synchronised);
    assert_int_equal(lab->engine.reference.leap, LEAP_UNSYNCHRONISED);
    for (unsigned i = 0; i < 40; i++) {
        lab_run(lab, 0.5);
        check_bound(lab);
    }
    assert_int_equal(lab->steps, 1);
    assert_true(fabs(lab_error_s(lab)) < 1e-4);
    assert_true(lab->engine.synchronised && lab->status.synchronised);
    assert_int_equal(lab->events[EVENT_SYNCHRONISED], 1);
    assert_int_equal(lab->events[EVENT_SOURCE_REACHABLE], 4);
    assert_int_equal(lab->events[EVENT_CLOCK_STEPPED], 1);
    lab_run(lab, 4 * 3600);
    check_bound(lab);
    assert_true(fabs(lab_error_s(lab)) < 1e-6);
    assert_true(fabs(lab->rate - 40e-6) < 1e-8);
    assert_int_equal(lab->steps, 1);
    assert_true(lab->stores >= 1);
    assert_int_equal(lab->events[EVENT_UNSYNCHRONISED], 0);
    /* each request ended exactly once; those under way have not */
    assert_in_range(lab->sends - lab->cancels, 0, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_true(lab->servers[i].least_gap_ns >= 19 * NS_PER_S / 10);
    }
}

/* What is told for the records: each answer once, offsets by the one sign, and what was known. */
static void test_measurements_are_told(void **state)
{
    struct engine_lab *lab = lab_new(4, 0.05, 0);
    const struct effect_measured *m = &lab->last_measured;
    const struct effect_updated *u = &lab->last_updated;
    double error_s;

    (void)state;
    lab->settings.clock_control = false;
    lab->servers[3].answer = LAB_UNSYNCHRONISED;
    lab_begin(lab);
    lab_run(lab, 60);
    error_s = lab_error_s(lab);
    assert_true(fabs(error_s) > 0.04);
    assert_int_equal(lab->measured[REPLY_ACCEPTED] + lab->measured[REPLY_UNSYNCHRONISED],
                     lab->sends);
    assert_true(lab->measured[REPLY_UNSYNCHRONISED] > 0);
    assert_true(lab->updates > 0 && lab->updates <= lab->measured[REPLY_ACCEPTED]);
    assert_true(m->verdict != REPLY_ACCEPTED || fabs(m->offset_s - error_s) < 1e-4);
    assert_true(fabs(u->offset_s - error_s) < 1e-4);
    assert_true(fabs(u->known_s - error_s) < 1e-4); /* by the updates before */
    assert_true(u->max_error_s >= fabs(error_s));
}

static void test_reference_fields(void **state)
{
    struct engine_lab *lab = lab_new(3, 0.01, 5e-6);
    const struct reference *r = &lab->engine.reference;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        lab->servers[i].stratum = 4;
    }
    lab_begin(lab);
    assert_int_equal(r->stratum, STRATUM_UNSYNCHRONISED);
    lab_run(lab, 1000);
    assert_int_equal(r->stratum, 5);
    assert_int_equal(r->refid >> 8, 192u << 16 | 0u << 8 | 2u);
    assert_int_equal(r->leap, LEAP_NONE);
    assert_int_equal(r->precision, -23);
    assert_true(r->root_delay_s >= 0x40 / 65536.0 + 0.0199 && r->root_delay_s < 0.022);
    assert_true(r->root_dispersion_s >= 0x20 / 65536.0);
    assert_true(r->root_dispersion_s < 0.01);
    assert_true(r->dispersion_rate >= lab->settings.max_clock_error);
    assert_true(r->updated.ns > LAB_START_S * NS_PER_S);
    assert_true(r->updated.ns <= lab_now(lab).wall.ns);
}

static void test_64_sources_at_once(void **state)
{
    struct engine_lab *lab = lab_new(SOURCES_MAX, 0.3, -20e-6);

    (void)state;
    lab_begin(lab);
    lab_run(lab, 900);
    assert_int_equal(lab->engine.effects.lost, 0);
    assert_true(lab->engine.synchronised);
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        assert_true(lab->servers[i].asked >= 5);
    }
    /* all due in one tick, all timed out in another, all dropped in a third */
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        lab->servers[i].answer = LAB_SILENT;
    }
    lab_run(lab, 3);
    lab_advance_to(lab, lab->true_ns + 3000 * NS_PER_S); /* the loop slept */
    lab_run(lab, 2);
    lab_advance_to(lab, lab->true_ns + 3000 * NS_PER_S);
    lab_run(lab, 100);
    lab->settings.spec_count = 0;
    engine_configure(&lab->engine, lab_now(lab), &lab->settings);
    lab_take_effects(lab);
    assert_int_equal(lab->events[EVENT_SOURCE_REMOVED], SOURCES_MAX);
    assert_int_equal(lab->sends, lab->cancels);
    assert_int_equal(lab->engine.effects.lost, 0);
}

static void test_liars_are_outvoted(void **state)
{
    static const double lies[] = {0.08, -3, 1e6};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct engine_lab *lab = lab_new(5, 0.2, 10e-6);

        lab->servers[1].lie_s = lab->servers[3].lie_s = lies[i]; /* C26: two of five, together */
        lab->settings.specs[3].prefer = true;                    /* C30 */
        lab_begin(lab);
        lab_run(lab, 600);
        check_bound(lab);
        assert_true(fabs(lab_error_s(lab)) < 1e-4);
        assert_int_equal(lab->engine.sources[1].status, SOURCE_FALSETICKER);
        assert_int_equal(lab->engine.sources[3].status, SOURCE_FALSETICKER);
        lab_run(lab, 6000);
        assert_int_equal(lab->events[EVENT_SOURCE_FALSETICKER], 2); /* C25: told once */
    }
}

/* Who has no vote delays nothing, however much of them disagree. */
static void test_a_trusted_source_alone_is_enough(void **state)
{
    (void)state;
    for (unsigned lying = 1; lying <= 5; lying++) {
        struct engine_lab *lab = lab_new(6, 0.2, 10e-6);

        for (unsigned i = 1; i < 6; i++) {
            lab->servers[i].lie_s = i <= lying ? i : 0;
        }
        lab->settings.specs[0].trust = true;
        lab_begin(lab);
        lab_run(lab, 10);
        assert_true(lab->engine.synchronised);
        assert_true(fabs(lab_error_s(lab)) < 1e-3);
        assert_int_equal(count_status(lab, SOURCE_FALSETICKER), lying);
        assert_int_equal(lab->events[EVENT_SOURCE_FALSETICKER], lying);
        assert_int_equal(lab->events[EVENT_NO_MAJORITY], 0);
        lab_run(lab, 3600);
        check_bound(lab);
        assert_int_equal(lab->steps, 1);
    }
}

/* Nor does one without a vote whose answers are still to come: four of five have just one. */
static void test_a_trusted_source_waits_for_no_other(void **state)
{
    struct engine_lab *lab = lab_new(5, 0.2, 10e-6);

    (void)state;
    lab->settings.specs[0].trust = true;
    lab_begin(lab);
    lab_run(lab, 1);
    for (unsigned i = 1; i < 5; i++) {
        lab->servers[i].answer = LAB_SILENT;
    }
    lab_run(lab, 9);
    assert_int_equal(count_status(lab, SOURCE_FEW_SAMPLES), 4);
    assert_true(lab->engine.synchronised);
}

/* One whose answers are still to come would decide alone. */
static void test_a_trusted_source_is_waited_for(void **state)
{
    struct engine_lab *lab = lab_new(4, 0.2, 10e-6);

    (void)state;
    lab->servers[1].lie_s = lab->servers[2].lie_s = lab->servers[3].lie_s = 1;
    lab->settings.specs[0].trust = true;
    lab->servers[0].answer = LAB_SILENT;
    lab_begin(lab);
    lab_run(lab, 1);
    lab->servers[0].answer = LAB_GOOD;
    lab_run(lab, 20);
    assert_true(lab->engine.synchronised);
    assert_true(fabs(lab_error_s(lab)) < 1e-3);
    assert_int_equal(lab->steps, 1);
    assert_int_equal(count_status(lab, SOURCE_FALSETICKER), 3);

    lab = lab_new(4, 0.2, 10e-6); /* but not for ever */
    lab->settings.specs[0].trust = true;
    lab->servers[0].answer = LAB_SILENT;
    lab_begin(lab);
    lab_run(lab, 20);
    assert_true(lab->engine.synchronised);
    assert_int_equal(lab->engine.sources[0].status, SOURCE_UNREACHABLE);
}

/* A source that is required: nothing is updated until it is there, and the liar is a liar. */
static void test_held_until_enough_tell_the_truth(void **state)
{
    struct engine_lab *lab = lab_new(4, 0.2, 10e-6);

    (void)state;
    lab->servers[3].lie_s = 1;
    lab->servers[2].answer = LAB_SILENT;
    lab->settings.min_sources = 3; /* of three that answer */
    lab_begin(lab);
    lab_run(lab, 600);
    assert_int_equal(lab->adjusts, 0);
    assert_int_equal(count_status(lab, SOURCE_HELD), 2);
    assert_int_equal(lab->engine.sources[3].status, SOURCE_FALSETICKER);
    assert_int_equal(lab->events[EVENT_NO_MAJORITY], 0);
    lab->servers[2].answer = LAB_GOOD;
    lab_run(lab, 600);
    assert_true(lab->engine.synchronised);
    assert_int_equal(count_status(lab, SOURCE_HELD), 0);
}

static void test_no_majority_moves_nothing(void **state)
{
    struct engine_lab *lab = lab_new(2, 0.2, 10e-6);

    (void)state;
    lab->servers[1].lie_s = 1; /* C28 */
    lab_begin(lab);
    lab_run(lab, 3600);
    assert_int_equal(lab->adjusts, 0);
    assert_false(lab->engine.synchronised);
    assert_int_equal(count_status(lab, SOURCE_NO_MAJORITY), 2);
    assert_int_equal(lab->events[EVENT_NO_MAJORITY], 1);
}

static void test_servers_that_do_not_know(void **state)
{
    struct engine_lab *lab = lab_new(3, 0.2, 10e-6);

    (void)state;
    lab->servers[0].answer = LAB_UNSYNCHRONISED;
    lab->servers[1].answer = LAB_LOOP;
    lab->servers[2].answer = LAB_SILENT;
    lab_begin(lab);
    lab_run(lab, 3600);
    assert_int_equal(lab->engine.sources[0].status, SOURCE_SERVER_UNSYNCHRONISED);
    assert_int_equal(lab->engine.sources[1].status, SOURCE_LOOPED); /* C32 */
    assert_int_equal(lab->engine.sources[2].status, SOURCE_UNREACHABLE);
    assert_int_equal(lab->adjusts, 0);
    for (unsigned i = 0; i < 3; i++) { /* and are not pestered for it */
        assert_in_range(lab->servers[i].asked, 50, 70);
        assert_true(lab->servers[i].least_gap_ns >= 19 * NS_PER_S / 10);
    }
    lab->servers[0].answer = LAB_GOOD;
    lab_run(lab, 600);
    assert_true(lab->engine.synchronised);
}

/* The name of its reference may be our address in another network. */
static void test_nobody_follows_who_serves_nobody(void **state)
{
    struct engine_lab *lab = lab_new(1, 0.2, 10e-6);

    (void)state;
    lab->servers[0].answer = LAB_LOOP;
    lab->settings.serves_nobody = true;
    lab_begin(lab);
    lab_run(lab, 60);
    assert_true(lab->engine.synchronised);
}

static void test_kisses(void **state)
{
    struct engine_lab *lab = lab_new(3, 0.05, 10e-6);

    (void)state;
    lab_begin(lab);
    lab_run(lab, 600);
    lab->servers[0].answer = LAB_DENY;
    lab->servers[1].answer = LAB_RATE;
    lab_run(lab, 1200);
    assert_int_equal(lab->engine.sources[0].status, SOURCE_REFUSED);
    assert_true(lab->engine.synchronised);
    assert_true(lab->events[EVENT_SOURCE_KISS] >= 2);
    lab->servers[0].asked = 0;
    lab_run(lab, 80000);
    assert_int_equal(lab->servers[0].asked, 0);
    lab_set_clock(lab, 5); /* nor does a step, or a night's sleep, make it welcome again */
    lab->servers[1].asked = 0;
    lab_run(lab, 120);
    assert_int_equal(lab->servers[0].asked, 0);
    assert_true(lab->servers[1].asked <= 1); /* and it does not need to be hurried */
    assert_true(lab->engine.synchronised);
}

/* C02, CVE-2016-4954: strangers' packets change nothing that anybody can see. */
static void test_strangers_change_nothing(void **state)
{
    static struct engine before;
    struct engine_lab *lab = lab_new(4, 0.05, 10e-6);
    struct packet p = {.version = 4, .mode = MODE_SERVER, .stratum = 1, .precision = -20};
    uint8_t data[PACKET_HEADER_LENGTH];

    (void)state;
    lab_begin(lab);
    lab_run(lab, 700);
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        lab->servers[i].answer = LAB_SILENT;
    }
    while (!lab->open[2]) {
        lab_run(lab, 1);
    }
    memcpy(&before, &lab->engine, sizeof before);
    p.receive = p.transmit = lab_ntp(lab, lab->true_ns, 0);
    for (unsigned i = 0; i < 5000; i++) {
        struct source *a = &before.sources[2], *b = &lab->engine.sources[2];

        p.origin = i % 3 ? dice_u64(&lab->dice) : 0;
        p.mode = (uint8_t)(i % 5 ? MODE_SERVER : i % 8);
        p.leap = (uint8_t)(i % 4);
        p.stratum = (uint8_t)(i % 7);
        p.refid = i % 2 ? REFID('D', 'E', 'N', 'Y') : REFID('R', 'A', 'T', 'E');
        packet_encode(&p, data);
        engine_receive(&lab->engine, lab_now(lab), 2, lab->serial[2], data, sizeof data,
                       lab_kernel_stamp(lab));
        if (i % 100 == 0 || i < 20) { /* but for counters */
            a->received = b->received;
            a->rejections = b->rejections;
            memcpy(a->verdicts, b->verdicts, sizeof a->verdicts);
            assert_memory_equal(&before, &lab->engine, sizeof before);
        }
    }
}

static void test_any_input_at_any_time(void **state)
{
    struct engine_lab *lab = lab_new(8, 0.05, 10e-6);
    struct dice *d = &lab->dice;

    (void)state;
    lab_begin(lab);
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t data[200];
        uint16_t source = (uint16_t)(dice_below(d, 4) ? dice_below(d, 10) : dice_u64(d));
        uint16_t serial = (uint16_t)(dice_below(d, 2) && source < SOURCES_MAX ? lab->serial[source]
                                                                              : dice_u64(d));
        struct wall_time wall = lab_now(lab).wall;
        struct stamped stamp = {.at = wall, .by = (enum stamp)dice_below(d, STAMPS)};
        struct address none = {0};

        dice_fill(d, data, sizeof data);
        if (dice_below(d, 5) == 0) {
            stamp.at.ns = wall.ns = (int64_t)dice_u64(d);
        }
        switch (dice_below(d, 6)) {
        case 0:
            engine_receive(&lab->engine, lab_now(lab), source, serial, data,
                           dice_below(d, 2) ? 48 : dice_below(d, 200), stamp);
            break;
        case 1: engine_sent(&lab->engine, lab_now(lab), source, serial, stamp); break;
        case 2:
            engine_send_failed(&lab->engine, lab_now(lab), source, serial, (int)dice_below(d, 200));
            break;
        case 3: engine_resolved(&lab->engine, lab_now(lab), source, &none, dice_below(d, 2)); break;
        case 4:
            engine_refclock(&lab->engine, lab_now(lab), source,
                            &(struct reading){.kind = (enum reading_kind)dice_below(d, 2),
                                              .at = wall,
                                              .offset_s = (double)NAN,
                                              .dispersion_s = 1e-6});
            break;
        default: engine_tick(&lab->engine, lab_now(lab)); break;
        }
        lab_take_effects(lab);
        if (i % 50 == 0) {
            lab_run(lab, 20);
        }
    }
    lab_run(lab, 3000);
    assert_true(lab->engine.synchronised);
    assert_true(fabs(lab_error_s(lab)) < 1e-3);
}

static void check_foreign_step(double step_s)
{
    struct engine_lab *lab = lab_new(3, 0.05, 10e-6);
    unsigned asked;

    lab_begin(lab);
    lab_run(lab, 7200);
    assert_true(lab->engine.synchronised);
    asked = lab->servers[0].asked;
    lab_set_clock(lab, step_s);
    engine_tick(&lab->engine, lab_now(lab)); /* whoever watches the clock wakes the loop */
    lab_take_effects(lab);
    assert_int_equal(lab->events[EVENT_CLOCK_STEP_SEEN], 1);
    assert_int_equal(lab->events[EVENT_UNSYNCHRONISED], 1);
    assert_false(lab->engine.synchronised);
    assert_false(lab->status.synchronised);
    check_bound(lab);
    lab_run(lab, 16);
    check_bound(lab);
    assert_true(lab->engine.synchronised);
    assert_in_range(lab->servers[0].asked - asked, 3, 8);
    assert_true(lab->servers[0].least_gap_ns >= 19 * NS_PER_S / 10);
    lab_run(lab, 300);
    assert_true(fabs(lab_error_s(lab)) < 1e-5); /* once, not twice (O03) */
    assert_int_equal(lab->steps, fabs(step_s) > 0.1);
    assert_true(fabs(lab->rate - 10e-6) < 1e-7); /* what was known of the oscillator stays */
}

static void test_o03_steps_of_others(void **state)
{
    static const double steps[] = {0.002, -0.05, 100, -100, 86400, -86400, 1e8, -1e8};

    (void)state;
    for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++) {
        check_foreign_step(steps[i]);
    }
}

/* An admin sees the clock 40 s off, slewing for minutes, and sets it by hand. */
static void test_a_foreign_step_ends_a_slew(void **state)
{
    struct engine_lab *lab = lab_new(1, 40, 10e-6);

    (void)state;
    lab->settings.step_threshold_s = 0; /* slews only */
    lab_begin(lab);
    lab_run(lab, 112);
    assert_true(lab->rate > 0.08);
    lab->servers[0].answer = LAB_SILENT; /* and the server cannot be reached just now */
    lab_set_clock(lab, lab_error_s(lab));
    lab_run(lab, 3600);
    assert_true(fabs(lab->rate) < 1e-3);
    assert_true(fabs(lab_error_s(lab)) < 1);
}

/* O04: somebody else sets the clock every few seconds. The servers must not suffer for it. */
static void test_a_fight_does_not_flood_the_servers(void **state)
{
    struct engine_lab *lab = lab_new(3, 0.05, 10e-6);

    (void)state;
    lab_begin(lab);
    lab_run(lab, 3600);
    lab->servers[0].asked = 0;
    for (unsigned i = 0; i < 2000; i++) {
        lab_set_clock(lab, i % 2 ? 0.05 : -0.05);
        lab_run(lab, 1.8);
    }
    assert_true(lab->servers[0].least_gap_ns >= 19 * NS_PER_S / 10);
    assert_true(lab->servers[0].asked <= 3600 / 64 * 5);
    lab_run(lab, 600);
    assert_true(lab->engine.synchronised);
    assert_true(fabs(lab_error_s(lab)) < 1e-3);
}

static void test_our_own_step_asks_again_in_time(void **state)
{
    struct engine_lab *lab = lab_new(8, 37, 10e-6);
    struct mono_time now;
    struct estimate e;

    (void)state;
    lab_begin(lab);
    while (lab->steps == 0) {
        lab_run(lab, 0.01);
    }
    now = lab_now(lab).mono; /* what was known moves with the clock, and is known still */
    e = ensemble_estimate(&lab->engine.ensemble, timeline_free(&lab->engine.timeline, now));
    assert_true(fabs(timeline_clock_offset(&lab->engine.timeline, now, e.offset_s) -
                     lab_error_s(lab)) < 1e-3);
    assert_true(lab->engine.synchronised);
    lab_run(lab, 60);
    assert_int_equal(lab->steps, 1);
    for (unsigned i = 0; i < 8; i++) {
        assert_true(lab->servers[i].least_gap_ns >= 19 * NS_PER_S / 10);
    }
    assert_true(fabs(lab_error_s(lab)) < 1e-4);
}

/* Seconds from the start to 2026-12-31 00:00:00 UTC. */
#define TO_LEAP_DAY 3675200.0

static void lab_begin_at(struct engine_lab *lab, double seconds)
{
    lab->true_ns = ns_from_s(seconds);
    lab->wall_ns += seconds * 1e9;
    lab->mono_ns += seconds * 1e9;
    lab_begin(lab);
}

static void test_a_leap_second_is_no_step(void **state)
{
    static const int leaps[] = {LEAP_INSERT, LEAP_DELETE};

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct engine_lab *lab = lab_new(4, 0.01, 10e-6);
        int64_t step_ns = leaps[k] == LEAP_INSERT ? -NS_PER_S : NS_PER_S;

        for (unsigned i = 0; i < 3; i++) {
            lab->servers[i].leap = (uint8_t)leaps[k];
        }
        lab_begin_at(lab, TO_LEAP_DAY - 3000);
        lab_run(lab, 2900);
        assert_int_equal(lab->engine.leap_armed, LEAP_NONE); /* not yet the day */
        lab_run(lab, 20000);
        assert_int_equal(lab->engine.leap_armed, leaps[k]);
        assert_int_equal(lab->status.leap, leaps[k]);
        assert_int_equal(lab->engine.reference.leap, leaps[k]);
        assert_int_equal(lab->events[EVENT_LEAP_ARMED], 1);
        lab_run(lab,
                TO_LEAP_DAY + 86400 - (leaps[k] == LEAP_DELETE) - s_from_ns(lab->true_ns) + 1e-3);
        /* midnight: the kernel and UTC do it together, and the loop may wake up at once or not */
        lab->utc_step_ns += step_ns;
        lab_set_clock(lab, s_from_ns(step_ns));
        engine_tick(&lab->engine, lab_now(lab));
        lab_take_effects(lab);
        assert_int_equal(lab->events[EVENT_LEAP_DONE], 1);
        assert_true(lab->engine.synchronised);
        for (unsigned i = 0; i < 20; i++) {
            lab_run(lab, 0.1); /* the second that comes twice */
            engine_tick(&lab->engine, lab_now(lab));
            lab_take_effects(lab);
        }
        lab->engine.next_status = lab_now(lab).mono;
        lab_run(lab, 0.2);
        assert_int_equal(lab->events[EVENT_LEAP_ARMED], 1);
        for (unsigned i = 0; i < 4; i++) {
            lab->servers[i].leap = LEAP_NONE;
        }
        lab_run(lab, 4000);
        assert_true(fabs(lab_error_s(lab)) < 1e-5);
        assert_int_equal(lab->steps, 0);
        assert_int_equal(lab->engine.leap_armed, LEAP_NONE);
        assert_int_equal(lab->status.leap, LEAP_NONE);
        assert_int_equal(lab->events[EVENT_CLOCK_STEP_SEEN], 0);
        assert_int_equal(lab->events[EVENT_UNSYNCHRONISED], 0);
        assert_int_equal(lab->events[EVENT_LEAP_ARMED], 1);
        assert_int_equal(lab->events[EVENT_LEAP_DONE], 1);
    }
}

/* In the second that an inserted leap second repeats, a status is due: nothing is armed again. */
static void test_a_leap_second_is_not_armed_twice(void **state)
{
    struct engine_lab *lab = lab_new(3, 0.0, 1e-6);

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        lab->servers[i].leap = LEAP_INSERT;
    }
    lab_begin_at(lab, TO_LEAP_DAY + 80000);
    lab_run(lab, 6400 + 1e-3);
    lab->utc_step_ns -= NS_PER_S;
    lab_set_clock(lab, -1);
    engine_tick(&lab->engine, lab_now(lab));
    lab_take_effects(lab);
    assert_int_equal(lab->events[EVENT_LEAP_DONE], 1);
    engine_configure(&lab->engine, lab_now(lab), &lab->settings); /* publishes */
    lab_take_effects(lab);
    assert_int_equal(lab->events[EVENT_LEAP_ARMED], 1);
    assert_int_equal(lab->engine.leap_armed, LEAP_NONE);
}

static void test_c34_c35_leaps_that_are_not_believed(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        struct engine_lab *lab = lab_new(4, 0.01, 10e-6);

        for (unsigned i = 0; i < (k == 0 ? 1 : 4); i++) {
            lab->servers[i].leap = LEAP_INSERT;
        }
        lab->settings.leap_from_sources = k != 2;
        lab_begin_at(lab, (k == 1 ? TO_LEAP_DAY - 86400 : TO_LEAP_DAY) + 70000); /* the 30th */
        lab_run(lab, 10000);
        assert_int_equal(lab->engine.leap_armed, LEAP_NONE);
        assert_int_equal(lab->events[EVENT_LEAP_ARMED], 0);
        assert_int_equal(lab->engine.reference.leap, LEAP_NONE);
    }
}

/* Three of five announce it. Whoever answers first, and whoever is missing for a moment, must not
 * make it come and go: the kernel would be told each time. */
static void test_c35_an_announcement_does_not_flap(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 2; first++) {
        struct engine_lab *lab = lab_new(5, 0.01, 1e-6);

        for (unsigned i = 0; i < 5; i++) {
            lab->servers[i].leap = (uint8_t)((first ? i < 3 : i >= 2) ? LEAP_INSERT : LEAP_NONE);
            lab->settings.specs[i].iburst = i < 3; /* the others are heard later */
        }
        lab_begin_at(lab, TO_LEAP_DAY + 70000);
        lab_run(lab, 1500);
        assert_int_equal(lab->engine.leap_armed, LEAP_INSERT);
        assert_int_equal(lab->events[EVENT_LEAP_ARMED], 1);
        for (unsigned i = 0; i < 20; i++) { /* now and then one of them says nonsense, once */
            unsigned odd = first ? i % 3 : 2 + i % 3, before = lab->servers[odd].asked;

            lab->servers[odd].lie_s = 0.9;
            while (lab->servers[odd].asked == before) {
                lab_run(lab, 1);
            }
            lab_run(lab, 1);
            lab->servers[odd].lie_s = 0;
            assert_int_equal(lab->engine.leap_armed, LEAP_INSERT);
            lab_run(lab, 200);
        }
        assert_int_equal(lab->events[EVENT_LEAP_ARMED], 1);
        for (unsigned i = 0; i < 5; i++) { /* but it can be taken back */
            lab->servers[i].leap = LEAP_NONE;
        }
        lab_run(lab, 1200);
        assert_int_equal(lab->engine.leap_armed, LEAP_NONE);
    }
}

/* Armed, then all sources fall silent, and the kernel does nothing (-x, another's clock). */
static void test_a_leap_that_did_not_happen_is_not_announced_for_ever(void **state)
{
    struct engine_lab *lab = lab_new(3, 0.01, 1e-6);

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        lab->servers[i].leap = LEAP_INSERT;
    }
    lab_begin_at(lab, TO_LEAP_DAY + 70000);
    lab_run(lab, 1000);
    assert_int_equal(lab->engine.leap_armed, LEAP_INSERT);
    for (unsigned i = 0; i < 3; i++) {
        lab->servers[i].answer = LAB_SILENT;
    }
    lab_run(lab, 20000);
    assert_false(lab->engine.selection.valid);
    assert_int_equal(lab->engine.leap_armed, LEAP_NONE);
    assert_int_equal(lab->status.leap, LEAP_NONE);
}

static void test_holdover_ends_beyond_the_distance(void **state)
{
    struct engine_lab *lab = lab_new(3, 0.01, 10e-6);
    double last = 0;

    (void)state;
    lab->settings.max_distance_s = 0.5;
    lab_begin(lab);
    lab_run(lab, 6 * 3600);
    assert_true(lab->engine.synchronised);
    for (unsigned i = 0; i < 3; i++) {
        lab->servers[i].answer = LAB_SILENT;
    }
    lab_run(lab, 3 * 3600);
    assert_int_equal(lab->events[EVENT_SOURCE_UNREACHABLE], 3);
    assert_int_equal(lab->events[EVENT_HOLDOVER], 1);
    assert_int_equal(lab->engine.discipline.state, DISCIPLINE_HOLDOVER);
    assert_true(lab->engine.synchronised); /* it still knows the time well */
    for (unsigned i = 0; i < 100; i++) {   /* the bound grows, by PHI at least (S22) */
        double distance = reference_distance(&lab->engine.reference, lab_now(lab).mono);

        assert_true(distance > last);
        assert_true(i == 0 || distance >= last + 500 * lab->settings.max_clock_error * 0.99);
        last = distance;
        lab_run(lab, 500);
        check_bound(lab);
    }
    lab_run(lab, 10 * 86400.0);
    assert_false(lab->engine.synchronised);
    assert_int_equal(lab->engine.reference.leap, LEAP_UNSYNCHRONISED);
    assert_int_equal(lab->events[EVENT_UNSYNCHRONISED], 1);
    assert_false(lab->status.synchronised);
    for (unsigned i = 0; i < 3; i++) {
        lab->servers[i].answer = LAB_GOOD;
    }
    lab_run(lab, 1200);
    assert_true(lab->engine.synchronised);
    assert_true(fabs(lab_error_s(lab)) < 1e-3);
}

static void test_local_mode(void **state)
{
    struct engine_lab *lab = lab_new(1, 0.01, 10e-6);
    const struct reference *r = &lab->engine.reference;

    (void)state;
    lab->settings.local = true;
    lab->settings.local_stratum = 8;
    lab->settings.local_distance_s = 1;
    lab->servers[0].answer = LAB_SILENT;
    lab_begin(lab);
    lab_run(lab, 100);
    assert_int_equal(r->leap, LEAP_NONE);
    assert_int_equal(r->stratum, 8);
    assert_int_equal(r->refid, REFID(127, 127, 1, 1));
    assert_false(lab->engine.synchronised);
    assert_false(lab->status.synchronised);
    lab->servers[0].answer = LAB_GOOD;
    lab_run(lab, 400);
    assert_int_equal(r->stratum, 3); /* a real one is better */
    assert_true(lab->engine.synchronised);
}

static void test_o08_o09_a_clock_that_refuses(void **state)
{
    static const double offsets[] = {0.02, 0.5, 20};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct engine_lab *lab = lab_new(3, offsets[i], 10e-6);

        lab->refuse = 1; /* EPERM */
        lab_begin(lab);
        lab_run(lab, 3600);
        assert_false(lab->engine.synchronised);
        assert_false(lab->status.synchronised);
        assert_int_equal(lab->engine.reference.leap, LEAP_UNSYNCHRONISED);
        assert_true(lab->events[EVENT_CLOCK_FAILED] >= 1);
        assert_true(lab->adjusts < 3600); /* it is not hammered */
        assert_int_equal(lab->engine.discipline.steps, 0);
        assert_true(fabs(engine_clock_offset(&lab->engine, lab_now(lab).mono) - lab_error_s(lab)) <
                    1e-4); /* what is known of the error is honest */
        lab->refuse = 0;   /* and as soon as it may, it does, by a step if that was allowed */
        lab_run(lab, 2100);
        assert_true(lab->engine.synchronised);
        assert_int_equal(lab->steps, offsets[i] > 0.1);
        assert_true(fabs(lab_error_s(lab)) < 1e-4);
    }
}

static void test_without_clock_control(void **state)
{
    struct engine_lab *lab = lab_new(3, 0.5, 10e-6);

    (void)state;
    lab->settings.clock_control = false;
    lab_begin(lab);
    lab_run(lab, 7200);
    assert_int_equal(lab->adjusts, 0);
    assert_true(fabs(engine_clock_offset(&lab->engine, lab_now(lab).mono) - lab_error_s(lab)) <
                1e-5);
    check_bound(lab);
}

static void test_panic_holds_and_says_so_once(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 2; first++) {
        struct engine_lab *lab = lab_new(3, 5000, 10e-6);

        lab->settings.panic_s = 1000;
        lab->settings.panic_first_allowed = first;
        lab_begin(lab);
        lab_run(lab, 3600);
        if (first) { /* -g */
            assert_true(lab->engine.synchronised);
            assert_int_equal(lab->steps, 1);
            for (unsigned i = 0; i < 3; i++) { /* all together go mad (C27): not again (O10) */
                lab->servers[i].lie_s = 5000;
            }
            lab_run(lab, 7200);
            assert_int_equal(lab->steps, 1);
            assert_true(fabs(lab_error_s(lab)) < 1e-3);
        }
        assert_int_equal(lab->engine.discipline.state, DISCIPLINE_PANIC);
        assert_false(lab->engine.synchronised);
        assert_int_equal(lab->events[EVENT_CLOCK_PANIC], 1);
    }
}

static void test_a_refused_correction_is_no_synchronisation(void **state)
{
    struct engine_lab *lab = lab_new(3, 0.4, 10e-6);

    (void)state;
    lab->settings.panic_s = 0.2; /* well below the distance that clients bear */
    lab_begin(lab);
    lab_run(lab, 600);
    assert_int_equal(lab->engine.discipline.state, DISCIPLINE_PANIC);
    assert_false(lab->engine.synchronised);
    assert_int_equal(lab->adjusts, 0);
}

static void test_a_reload_keeps_what_did_not_change(void **state)
{
    struct engine_lab *lab = lab_new(4, 0.05, 10e-6);
    unsigned kept;

    (void)state;
    lab_begin(lab);
    lab_run(lab, 3600);
    kept = lab->engine.sources[1].filter.total;
    lab->settings.specs[0] = lab_line(9);
    lab->settings.spec_count = 3;
    engine_configure(&lab->engine, lab_now(lab), &lab->settings);
    lab_take_effects(lab);
    assert_true(lab->engine.synchronised);
    assert_int_equal(lab->engine.sources[1].filter.total, kept);
    assert_int_equal(lab->engine.sources[3].status, SOURCE_UNUSED);
    assert_false(ensemble_has(&lab->engine.ensemble, 0)); /* another server now */
    assert_int_equal(lab->events[EVENT_SOURCE_REMOVED], 2);
    lab_run(lab, 1000);
    assert_true(ensemble_has(&lab->engine.ensemble, 0));
    assert_true(fabs(lab_error_s(lab)) < 1e-6);
    assert_int_equal(lab->events[EVENT_UNSYNCHRONISED], 0);
}

/* The only server is replaced by one whose path has another asymmetry: what was known of the old
 * path's bias must not be taken for the new one's, and the clock is not lost meanwhile. */
static void test_a_reload_that_replaces_all(void **state)
{
    struct engine_lab *lab = lab_new(1, 0.05, 10e-6);

    (void)state;
    lab_begin(lab);
    lab_run(lab, 20000);
    lab->settings.specs[0] = lab_line(9);
    lab->servers[8].lie_s = 0.004;
    engine_configure(&lab->engine, lab_now(lab), &lab->settings);
    lab_take_effects(lab);
    assert_true(lab->engine.synchronised);
    assert_int_equal(lab->engine.ensemble.kalman.biases, 0);
    lab_run(lab, 100);
    assert_true(lab->engine.synchronised);
    assert_int_equal(lab->events[EVENT_UNSYNCHRONISED], 0);
    check_bound(lab);
    lab_run(lab, 20000);
    assert_true(fabs(lab->rate - 10e-6) < 1e-8);
}

/* More good sources than can be combined: the best of them must be, wherever it stands. */
static void test_the_best_is_among_the_combined(void **state)
{
    struct engine_lab *lab = lab_new(24, 0.05, 10e-6);
    unsigned combined = 0;

    (void)state;
    for (unsigned i = 0; i < 24; i++) {
        lab->servers[i].stratum = i == 20 ? 1 : 9;
    }
    lab_begin(lab);
    lab_run(lab, 3600);
    assert_int_equal(lab->engine.selection.chosen, 20);
    assert_int_equal(lab->engine.sources[20].status, SOURCE_SELECTED);
    for (uint16_t i = 0; i < 24; i++) {
        bool has = ensemble_has(&lab->engine.ensemble, i);

        combined += has;
        assert_int_equal(has, lab->engine.sources[i].status >= SOURCE_COMBINED);
    }
    assert_true(ensemble_has(&lab->engine.ensemble, 20));
    assert_in_range(combined, 1, KALMAN_BIASES_MAX);
}

static void test_names(void **state)
{
    struct engine_lab *lab = lab_new(1, 0.05, 10e-6);
    const struct address a = {.family = ADDRESS_V4, .bytes = {192, 0, 2, 1}};

    (void)state;
    memcpy(lab->settings.specs[0].name, "ntp.example", 12);
    lab->settings.specs[0].address = (struct address){0};
    lab_begin(lab);
    lab_run(lab, 5);
    assert_int_equal(lab->look_up_count, 1);
    assert_string_equal(lab->look_ups[0].name, "ntp.example");
    assert_int_equal(lab->engine.sources[0].status, SOURCE_UNRESOLVED);
    for (unsigned i = 0; i < 6; i++) { /* 2, 4, ... s */
        engine_resolved(&lab->engine, lab_now(lab), 0, NULL, 0);
        lab_take_effects(lab);
        lab_run(lab, s_from_log2((int)i + 1) + 0.1);
        assert_int_equal(lab->look_up_count, i + 2);
    }
    engine_resolved(&lab->engine, lab_now(lab), 0, &a, 1);
    lab_take_effects(lab);
    lab_run(lab, 20);
    assert_true(lab->engine.synchronised);
    assert_int_equal(lab->events[EVENT_SOURCE_UNRESOLVED], 1);
}

static void test_a_late_loop(void **state)
{
    struct engine_lab *lab = lab_new(4, 0.05, 50e-6);

    (void)state;
    lab_begin(lab);
    lab_run(lab, 1000);
    for (unsigned i = 0; i < 200; i++) { /* O13: stopped for a while, again and again */
        lab_advance_to(lab, lab->true_ns + (int64_t)dice_below(&lab->dice, 60) * NS_PER_S);
        lab_run(lab, 30);
        check_bound(lab);
    }
    lab_run(lab, 3000);
    assert_true(fabs(lab_error_s(lab)) < 1e-4);
    assert_int_equal(lab->steps, 0);
}

static void test_o02_starts_at_any_date(void **state)
{
    static const double years[] = {-100, -57, -10, 5, 11.5, 60, 100, 200};

    (void)state;
    for (unsigned i = 0; i < sizeof years / sizeof *years; i++) {
        struct engine_lab *lab = lab_new(3, -years[i] * 31556952.0, 10e-6);

        lab_begin(lab);
        lab_run(lab, 60);
        assert_int_equal(lab->steps, 1);
        assert_true(lab->engine.synchronised);
        lab_run(lab, 600);
        assert_true(fabs(lab_error_s(lab)) < 1e-4);
        assert_int_equal(lab->steps, 1);
    }
}

static void test_selected_event_tells_the_error_of_the_clock(void **state)
{
    struct engine_lab *lab = lab_new(2, 0, 400e-6);
    struct effect e;
    double value = 1e9;

    (void)state;
    lab->settings.specs[1].offline = true;
    lab_begin(lab);
    lab_run(lab, 40000); /* the free clock is 16 s off by now, the clock is right */
    lab->settings.specs[0] = lab_line(9);
    engine_configure(&lab->engine, lab_now(lab), &lab->settings);
    while (value > 1e8) { /* what lab_run() does, but for looking at the events */
        struct lab_flight *f = lab_next_flight(lab);

        lab_advance_to(lab, f ? f->arrives_ns : lab->true_ns + NS_PER_S / 10);
        if (f) {
            struct lab_flight now = *f;
            uint8_t data[PACKET_HEADER_LENGTH];
            struct packet request,
                p = {.version = 4, .mode = MODE_SERVER, .stratum = 2, .precision = -25};

            f->used = false;
            assert_int_equal(packet_decode(now.send.data, now.send.length, &request, NULL),
                             PACKET_OK);
            p.origin = request.transmit;
            p.receive = p.transmit = lab_ntp(lab, now.true_sent_ns + LAB_WAY_NS, 0);
            packet_encode(&p, data);
            engine_receive(&lab->engine, lab_now(lab), now.send.source, now.send.serial, data,
                           sizeof data, lab_kernel_stamp(lab));
        } else {
            engine_tick(&lab->engine, lab_now(lab));
        }
        while (engine_take_effect(&lab->engine, &e)) {
            if (e.type == EFFECT_SEND) {
                lab->open[e.send.source] = false;
                lab_send(lab, &e.send);
            } else if (e.type == EFFECT_ADJUST_CLOCK) {
                lab_adjust(lab, &e.adjust);
            } else if (e.type == EFFECT_EVENT && e.event.type == EVENT_SOURCE_SELECTED) {
                value = e.event.value;
            }
        }
    }
    assert_true(fabs(value) < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_start_to_synchronised),
        cmocka_unit_test(test_measurements_are_told),
        cmocka_unit_test(test_reference_fields),
        cmocka_unit_test(test_64_sources_at_once),
        cmocka_unit_test(test_liars_are_outvoted),
        cmocka_unit_test(test_a_trusted_source_alone_is_enough),
        cmocka_unit_test(test_a_trusted_source_waits_for_no_other),
        cmocka_unit_test(test_a_trusted_source_is_waited_for),
        cmocka_unit_test(test_held_until_enough_tell_the_truth),
        cmocka_unit_test(test_no_majority_moves_nothing),
        cmocka_unit_test(test_servers_that_do_not_know),
        cmocka_unit_test(test_nobody_follows_who_serves_nobody),
        cmocka_unit_test(test_kisses),
        cmocka_unit_test(test_strangers_change_nothing),
        cmocka_unit_test(test_any_input_at_any_time),
        cmocka_unit_test(test_o03_steps_of_others),
        cmocka_unit_test(test_a_foreign_step_ends_a_slew),
        cmocka_unit_test(test_a_fight_does_not_flood_the_servers),
        cmocka_unit_test(test_our_own_step_asks_again_in_time),
        cmocka_unit_test(test_a_leap_second_is_no_step),
        cmocka_unit_test(test_a_leap_second_is_not_armed_twice),
        cmocka_unit_test(test_c34_c35_leaps_that_are_not_believed),
        cmocka_unit_test(test_c35_an_announcement_does_not_flap),
        cmocka_unit_test(test_a_leap_that_did_not_happen_is_not_announced_for_ever),
        cmocka_unit_test(test_holdover_ends_beyond_the_distance),
        cmocka_unit_test(test_local_mode),
        cmocka_unit_test(test_o08_o09_a_clock_that_refuses),
        cmocka_unit_test(test_without_clock_control),
        cmocka_unit_test(test_panic_holds_and_says_so_once),
        cmocka_unit_test(test_a_refused_correction_is_no_synchronisation),
        cmocka_unit_test(test_a_reload_keeps_what_did_not_change),
        cmocka_unit_test(test_a_reload_that_replaces_all),
        cmocka_unit_test(test_the_best_is_among_the_combined),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_late_loop),
        cmocka_unit_test(test_o02_starts_at_any_date),
        cmocka_unit_test(test_selected_event_tells_the_error_of_the_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
