/* SPDX-License-Identifier: BSD-2-Clause */
/* Transmit stamps that come after the answer: they correct the measurement of the last exchange, as
 * if they had come in time, and nothing else. */
#include "engine_lab.h"

#define EARLY_NS 400000 /* the daemon's T1: the sample is wrong by half of it */

static struct engine kept; /* of another run */

/* An hour of servers with transmit stamps in time, or early ones of the daemon, which the kernel
 * corrects late or never. */
static struct engine_lab *run(unsigned servers, bool early, bool late)
{
    struct engine_lab *lab = lab_new(servers, 0.002, 10e-6);

    lab->early_ns = early ? EARLY_NS : 0;
    lab->late = late;
    lab_begin(lab);
    lab_run(lab, 3600);
    assert_int_equal(lab->engine.sources[0].filter.suspects, 0);
    return lab;
}

/* The late stamp of each exchange, the last of its round or not: what is known in the end is what
 * is known with stamps in time, where those of the daemon alone put the clock 200 us off. */
static void test_as_if_in_time(void **state)
{
    (void)state;
    for (unsigned servers = 1; servers <= 5; servers += 2) {
        const struct engine *e = &kept;
        struct engine_lab *lab = run(servers, false, false);
        unsigned updates = lab->updates, measured = lab->measured[REPLY_ACCEPTED];

        kept = lab->engine;
        lab = run(servers, true, false);
        assert_true(fabs(lab_error_s(lab)) > 150e-6);
        lab = run(servers, true, true);
        assert_true(fabs(lab_error_s(lab)) < 2e-6);
        /* when a burst ends is up to the first word of a stamp */
        assert_in_range(lab->updates, updates - 4, updates + 4);
        assert_in_range(lab->measured[REPLY_ACCEPTED], measured - 4, measured + 4);
        assert_in_range(lab->engine.discipline.updates, e->discipline.updates - 4,
                        e->discipline.updates + 4);
        for (unsigned i = 0; i < servers; i++) {
            const struct source *a = &e->sources[i], *b = &lab->engine.sources[i];

            assert_in_range(a->filter.total, b->filter.total - 4, b->filter.total + 4);
            assert_true(fabs(a->last.delay_s - b->last.delay_s) < 1e-7);
            assert_true(fabs(filter_sample(&b->filter, 0)->delay_s - b->last.delay_s) < 1e-12);
            assert_int_equal(b->sent_by[STAMP_KERNEL], b->sent);
            assert_int_equal(b->sent_by[STAMP_DAEMON], 0);
            assert_int_equal(b->transmit_stamp, STAMP_KERNEL);
            assert_int_equal(b->exchange.sent.by, STAMP_KERNEL);
        }
    }
}

/* One exchange measured with the daemon's stamp; what the kernel would have said is returned. */
static struct stamped measure(struct engine_lab *lab)
{
    struct lab_flight *f;
    struct stamped sent;

    lab->early_ns = EARLY_NS;
    do {
        lab_run(lab, 0.005); /* a quarter of an exchange: none is missed */
        f = lab_next_flight(lab);
    } while (!f || f->send.source != 0);
    sent = f->sent;
    lab_run(lab, 0.1);
    assert_false(lab->engine.sources[0].request.outstanding);
    assert_true(lab->engine.sources[0].amendable);
    return sent;
}

/* Tells a stamp of source 0 that must change nothing. */
static void assert_ignored(struct engine_lab *lab, uint16_t serial, struct stamped sent)
{
    kept = lab->engine;
    engine_sent(&lab->engine, lab_now(lab), 0, serial, sent);
    assert_memory_equal(&kept, &lab->engine, sizeof kept);
}

static void test_what_is_ignored(void **state)
{
    struct engine_lab *lab = run(1, false, false);
    struct source *s = &lab->engine.sources[0];
    struct stamped sent = measure(lab), other;

    (void)state;
    other = sent;
    other.by = STAMP_DAEMON; /* no better than what there is */
    assert_ignored(lab, s->request.serial, other);
    other.by = STAMP_KERNEL;
    assert_ignored(lab, (uint16_t)(s->request.serial - 1), other); /* of another request */
    other.at.ns = s->exchange.received.at.ns + NS_PER_S;           /* after its own answer */
    assert_ignored(lab, s->request.serial, other);
    other.at.ns = sent.at.ns - 20 * NS_PER_S; /* longer ago than any answer is waited for */
    assert_ignored(lab, s->request.serial, other);

    engine_sent(&lab->engine, lab_now(lab), 0, s->request.serial, sent);
    lab_take_effects(lab);
    assert_true(fabs(s->last.delay_s - 0.02) < 1e-6);
    assert_ignored(lab, s->request.serial, sent); /* once is enough */

    sent = measure(lab);
    lab_run(lab, 1100); /* the next request has left, and was answered */
    assert_ignored(lab, (uint16_t)(s->request.serial - 1), sent);
}

/* A card's stamp comes behind the kernel's, and is better still. */
static void test_better_and_better(void **state)
{
    struct engine_lab *lab = run(1, false, false);
    struct source *s = &lab->engine.sources[0];
    struct stamped sent = measure(lab);

    (void)state;
    engine_sent(&lab->engine, lab_now(lab), 0, s->request.serial, sent);
    lab_take_effects(lab);
    sent.by = STAMP_HARDWARE;
    sent.at.ns += 3000;
    sent.interface = 2;
    engine_sent(&lab->engine, lab_now(lab), 0, s->request.serial, sent);
    lab_take_effects(lab);
    assert_true(fabs(s->last.delay_s - 0.02 + 3e-6) < 1e-7);
    assert_int_equal(s->exchange.sent.by, STAMP_HARDWARE);
    assert_int_equal(s->exchange.sent.interface, 2);
    assert_int_equal(s->sent_by[STAMP_HARDWARE], 1);
    assert_int_equal(s->sent_by[STAMP_KERNEL], s->sent - 1);
}

/* A step, by us or by others, between the answer and its stamp: the stamp is of another time. */
static void test_after_a_step(void **state)
{
    struct engine_lab *lab = run(1, false, false);
    struct source *s = &lab->engine.sources[0];
    struct clock_command step = {.action = CLOCK_STEP, .step_ns = 50000000, .rate = lab->rate};
    struct stamped sent = measure(lab);

    (void)state;
    lab_adjust(lab, &step);
    lab_take_effects(lab);
    assert_ignored(lab, s->request.serial, sent);
    sent = measure(lab);
    lab->wall_ns += 3e9;
    engine_sent(&lab->engine, lab_now(lab), 0, s->request.serial, sent);
    lab_take_effects(lab);
    assert_int_equal(lab->events[EVENT_CLOCK_STEP_SEEN], 1);
    assert_int_equal(s->filter.total, 0); /* forgotten, and not brought back */
}

/* Another source was heard between an answer and its stamp: the sample is put right, what was
 * concluded is not undone. */
static void test_another_between(void **state)
{
    struct engine_lab *lab = run(2, false, false);
    struct source *a, *b;
    struct stamped sent;
    unsigned newest;

    (void)state;
    a = &lab->engine.sources[0];
    b = &lab->engine.sources[1];
    sent = measure(lab);
    a->next = (struct mono_time){INT64_MAX / 2}; /* b alone is asked from now on */
    newest = b->sent;
    while (b->sent == newest || b->request.outstanding) {
        lab_run(lab, 1);
    }
    kept = lab->engine;
    engine_sent(&lab->engine, lab_now(lab), 0, a->request.serial, sent);
    assert_true(fabs(a->last.delay_s - 0.02) < 1e-6);
    assert_true(fabs(filter_sample(&a->filter, 0)->delay_s - 0.02) < 1e-6);
    assert_memory_equal(&kept.ensemble, &lab->engine.ensemble, sizeof kept.ensemble);
    assert_memory_equal(&kept.sources[0].filter.kalman, &a->filter.kalman, sizeof a->filter.kalman);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_if_in_time),     cmocka_unit_test(test_what_is_ignored),
        cmocka_unit_test(test_better_and_better), cmocka_unit_test(test_after_a_step),
        cmocka_unit_test(test_another_between),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
