/* SPDX-License-Identifier: BSD-2-Clause */
/* When a source asks, and with what: nonces, minpoll, bursts, kisses, silence and the reach
 * register, over long runs against a server that answers as each test likes. */
#include <math.h>
#include <stdlib.h>

#include "source_lab.h"

#define SPREAD 0.985 /* intervals are random by a percent */

enum answer { ANSWER, SILENCE, SAY_RATE, SAY_DENY, SAY_UNKNOWN, SAY_UNSYNCHRONISED };

struct run {
    struct source_lab lab;
    struct dice dice;
    enum answer (*server)(struct run *run);
    double noise_s;
    unsigned asked, in_a_row, longest;
    double gap_s, shortest_s; /* between two requests: last, least outside bursts */
    struct mono_time last;
    double first_gap_s[16];
    uint8_t reach; /* our own register */
    double end_s;
};

static void run_start(struct run *run, struct source_spec *spec,
                      enum answer (*server)(struct run *run))
{
    const struct source_spec lan = *spec;
    struct source_lab *lab = &run->lab;

    memset(run, 0, sizeof *run);
    run->dice.state = 99;
    run->server = server;
    run->noise_s = 1e-4;
    run->shortest_s = (double)INFINITY;
    lab_start(lab);
    lab->config = lan;
    source_init(&lab->source, 0, &lab->config, &lab->config.address, lab->context.now.mono, 0,
                1e-4);
}

static struct source_spec spec_of(int minpoll, int maxpoll)
{
    struct source_lab lab;

    lab_start(&lab);
    lab.config.minpoll = minpoll;
    lab.config.maxpoll = maxpoll;
    return lab.config;
}

static void run_count(struct run *run, int minpoll)
{
    struct mono_time now = run->lab.context.now.mono;

    if (run->asked > 0) {
        run->gap_s = s_from_ns(now.ns - run->last.ns);
        if (run->asked <= 16) {
            run->first_gap_s[run->asked - 1] = run->gap_s;
        }
        if (run->gap_s < s_from_log2(minpoll) * SPREAD) {
            run->in_a_row++;
            assert_true(run->gap_s >= 2.0); /* a burst */
        } else {
            run->shortest_s = fmin(run->shortest_s, run->gap_s);
            run->in_a_row = 0;
        }
    }
    run->longest = run->in_a_row + 1 > run->longest ? run->in_a_row + 1 : run->longest;
    run->asked++;
    run->last = now;
}

static void run_answer(struct run *run)
{
    struct source_lab *lab = &run->lab;
    double queue_s = run->noise_s * (dice_below(&run->dice, 1000) / 500.0);
    struct packet p = lab_reply(lab, queue_s / 2);
    enum answer answer = run->server(run);
    enum reply_verdict v;

    lab->context.now.wall = lab->received = lab_later(lab->received, queue_s);
    lab->context.now.mono.ns += ns_from_s(queue_s);
    if (answer == SILENCE) {
        return;
    }
    if (answer != ANSWER) {
        p.leap = LEAP_UNSYNCHRONISED;
        p.stratum = 0;
        p.refid = answer == SAY_RATE   ? REFID('R', 'A', 'T', 'E')
                  : answer == SAY_DENY ? REFID('D', 'E', 'N', 'Y')
                                       : REFID('I', 'N', 'I', 'T');
        p.refid = answer == SAY_UNKNOWN ? REFID('A', 'C', 'S', 'T') : p.refid;
    }
    v = lab_receive(lab, &p);
    if (v == REPLY_ACCEPTED) {
        run->reach |= 1;
        (void)source_take_sample(&lab->source, &lab->sample, &lab->random, lab->context.now.mono);
    }
}

static void run_for(struct run *run, double seconds)
{
    struct source_lab *lab = &run->lab;
    struct source *s = &lab->source;
    int64_t end;

    run->end_s += seconds;
    end = 1000 * NS_PER_S + LAB_ROUND_NS + ns_from_s(run->end_s);
    while (source_deadline(s).ns <= end) {
        struct mono_time deadline = source_deadline(s);

        lab_pass(lab, deadline.ns > lab->context.now.mono.ns
                          ? deadline.ns - lab->context.now.mono.ns
                          : 0);
        if (source_timed_out(s, lab->context.now.mono)) {
            source_give_up(s);
            continue;
        }
        assert_true(source_due(s, lab->context.now.mono)); /* else this would never end */
        run_count(run, s->config.minpoll);
        run->reach = (uint8_t)(run->reach << 1);
        lab_ask(lab);
        run_answer(run);
        assert_int_equal(s->reach, run->reach);
    }
}

static enum answer always(struct run *run)
{
    (void)run;
    return ANSWER;
}

static enum answer never(struct run *run)
{
    (void)run;
    return SILENCE;
}

static enum answer sometimes(struct run *run)
{
    return dice_below(&run->dice, 10) < 4 ? SILENCE : ANSWER;
}

static void test_nonces_are_random_and_all_there_is(void **state)
{
    static uint64_t nonces[100000];
    struct source_lab lab, other;
    unsigned ones[64] = {0}, n = 100000;

    (void)state;
    lab_start_at(&lab, LAB_NOW_S * NS_PER_S);
    lab_start_at(&other, (LAB_NOW_S + 12345) * NS_PER_S + 6789); /* another time, the same seed */
    for (unsigned i = 0; i < n; i++) {
        uint8_t bare[PACKET_HEADER_LENGTH] = {4 << 3 | MODE_CLIENT};

        source_give_up(&lab.source);
        lab_ask(&lab);
        source_give_up(&other.source);
        lab_pass(&other, 777777777);
        lab_ask(&other);
        assert_memory_equal(lab.request, bare, 40); /* nothing but version and mode */
        assert_memory_equal(lab.request, other.request, sizeof lab.request); /* nor of the clock */
        nonces[i] = lab.source.request.nonce;
        for (unsigned b = 0; b < 64; b++) {
            ones[b] += (unsigned)(nonces[i] >> b & 1);
        }
    }
    for (unsigned b = 0; b < 64; b++) { /* five deviations */
        assert_in_range(ones[b], n / 2 - 800, n / 2 + 800);
    }
    for (unsigned i = 0; i < n; i++) { /* none twice; a table of the top bits finds neighbours */
        static uint32_t table[1u << 20];
        uint32_t at = (uint32_t)(nonces[i] >> 44);

        if (i == 0) {
            memset(table, 0, sizeof table);
        }
        for (; table[at] != 0; at = (at + 1) % (1u << 20)) {
            assert_true(nonces[table[at] - 1] != nonces[i]);
        }
        table[at] = i + 1;
    }
}

static void test_the_nonce_is_what_the_reply_must_name(void **state)
{
    struct source_lab lab;
    uint64_t wire = 0;

    (void)state;
    lab_start(&lab);
    for (unsigned i = 40; i < 48; i++) {
        wire = wire << 8 | lab.request[i];
    }
    assert_true(wire == lab.source.request.nonce && wire != 0);
}

static void test_minpoll_holds_over_weeks(void **state)
{
    static const int minpolls[] = {-4, 0, 3, 4, 6, 10};
    static enum answer (*const servers[])(struct run *) = {always, sometimes, never};

    (void)state;
    for (unsigned m = 0; m < 6; m++) {
        for (unsigned k = 0; k < 3; k++) {
            struct source_spec spec = spec_of(minpolls[m], minpolls[m] + 4);
            struct run run;

            run_start(&run, &spec, servers[k]);
            run_for(&run, 20000 * s_from_log2(minpolls[m]));
            assert_true(run.asked > 300);
            assert_true(run.shortest_s >= s_from_log2(minpolls[m]) * SPREAD);
            assert_int_equal(run.longest, 1);
        }
    }
}

/* Two seconds apart until four are answered; the rest of the eight, ever further. */
static void test_iburst_is_eight_at_most(void **state)
{
    static enum answer (*const servers[])(struct run *) = {always, sometimes, never};
    static const double gaps_s[] = {2, 2, 2, 4, 8, 16, 32};
    struct source_spec spec = spec_of(6, 10);
    struct run run;

    (void)state;
    spec.iburst = true;
    for (unsigned k = 0; k < 3; k++) {
        run_start(&run, &spec, servers[k]);
        run_for(&run, 1e6);
        assert_true(run.longest <= 8);
        assert_true(run.shortest_s >= 64 * SPREAD);
        assert_true(k == 1 || run.longest == 8);
        for (unsigned i = 0; i < 7 && k != 1; i++) {
            double gap_s = k == 0 ? gaps_s[i] : 2;

            assert_true(run.first_gap_s[i] >= 0.89 * gap_s && run.first_gap_s[i] >= 2);
            assert_true(run.first_gap_s[i] < 1.05 * gap_s);
        }
        assert_true(k == 1 || run.first_gap_s[7] >= 64 * SPREAD);
    }
}

static void test_burst_groups_each_poll(void **state)
{
    struct source_spec spec = spec_of(6, 6);
    struct run run;

    (void)state;
    spec.burst = true;
    run_start(&run, &spec, always);
    run_for(&run, 1e5);
    assert_int_equal(run.longest, 4);
    assert_true(run.asked > 4000 && run.asked < 6400);
    run_start(&run, &spec, never); /* a silent server gets none */
    run_for(&run, 1e5);
    assert_int_equal(run.longest, 1);
}

static enum answer rate_once(struct run *run)
{
    return run->asked == 3 ? SAY_RATE : ANSWER;
}

static enum answer rate_always(struct run *run)
{
    (void)run;
    return SAY_RATE;
}

static enum answer deny_once(struct run *run)
{
    return run->asked == 3 ? SAY_DENY : SILENCE;
}

static enum answer unknown_kiss(struct run *run)
{
    (void)run;
    return SAY_UNKNOWN;
}

static enum answer unsynchronised(struct run *run)
{
    (void)run;
    return SAY_UNSYNCHRONISED;
}

static void test_rate_ends_bursts_and_doubles_for_good(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++) {
        struct source_spec spec = spec_of(6, 6);
        struct run run;

        spec.iburst = kind == 1;
        spec.burst = kind == 2;
        run_start(&run, &spec, rate_once);
        while (run.asked < 3) {
            run_for(&run, 2.5);
        }
        run.shortest_s = (double)INFINITY;
        run.longest = run.in_a_row = 0;
        run_for(&run, 1e6);
        assert_true(run.shortest_s >= 128 * SPREAD);
        assert_int_equal(run.longest, 1);
        assert_true(run.asked > 7000);
    }
}

static void test_rate_again_and_again_ends_at_the_longest(void **state)
{
    struct source_spec spec = spec_of(4, 6);
    struct run run;

    (void)state;
    run_start(&run, &spec, rate_always);
    run_for(&run, 1e6);
    assert_true(run.asked > 900 && run.asked < 1100); /* each 1024 s */
}

static void test_deny_is_a_day_of_rest(void **state)
{
    struct source_spec spec = spec_of(4, 6);
    struct run run;

    (void)state;
    spec.iburst = true;
    run_start(&run, &spec, deny_once);
    run_for(&run, 86400 - 10);
    assert_int_equal(run.asked, 3);
    run_for(&run, 10 * 86400.0);
    assert_in_range(run.asked, 12, 13);
}

static void test_what_is_no_answer_is_no_reason_to_hurry(void **state)
{
    static enum answer (*const servers[])(struct run *) = {unknown_kiss, unsynchronised};

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct source_spec spec = spec_of(6, 10);
        struct run run;

        run_start(&run, &spec, servers[k]);
        run_for(&run, 1e5);
        assert_true(run.shortest_s >= 64 * SPREAD);
        assert_int_equal(run.longest, 1);
        assert_int_equal(run.reach, 0);
    }
}

static void test_a_silent_server_is_asked_each_256_s(void **state)
{
    struct source_spec spec = spec_of(10, 17);
    struct run run;

    (void)state;
    run_start(&run, &spec, never); /* but not against the configuration */
    run_for(&run, 1e6);
    assert_true(run.shortest_s >= 1024 * SPREAD);
    assert_int_equal(run.longest, 1);
    spec = spec_of(4, 12);
    run_start(&run, &spec, always);
    run.noise_s = 0.05; /* long path, steady clock: the interval grows */
    run_for(&run, 1e6);
    assert_true(run.gap_s > 1000);
    run.server = never;
    run_for(&run, 1e5);
    assert_true(run.gap_s <= 256 * 1.02);
}

static enum answer rate_after_200(struct run *run)
{
    return run->asked == 200 ? SAY_RATE : run->asked < 200 ? ANSWER : SILENCE;
}

/* A server that was told to be left alone for 512 s, and then fell silent. */
static void test_silence_does_not_undo_a_rate(void **state)
{
    struct source_spec spec = spec_of(8, 12);
    struct run run;

    (void)state;
    run_start(&run, &spec, rate_after_200);
    run_for(&run, 200 * 300.0);
    run.noise_s = 0.05;
    while (run.asked < 200) {
        run_for(&run, 100);
    }
    run.shortest_s = (double)INFINITY;
    run_for(&run, 1e6);
    assert_true(run.shortest_s >= 512 * SPREAD);
}

static void test_serials_and_timeouts(void **state)
{
    struct source_lab lab;
    uint16_t serial;
    int64_t asked;

    (void)state;
    lab_start(&lab);
    serial = lab.source.request.serial;
    asked = lab.context.now.mono.ns - LAB_ROUND_NS;
    assert_false(source_due(&lab.source, (struct mono_time){INT64_MAX}));
    assert_false(source_timed_out(&lab.source, (struct mono_time){asked + 3999999999}));
    assert_true(source_timed_out(&lab.source, (struct mono_time){asked + 4000000000}));
    assert_int_equal(source_deadline(&lab.source).ns, asked + 4000000000);
    source_give_up(&lab.source);
    assert_false(source_timed_out(&lab.source, (struct mono_time){INT64_MAX}));
    lab_ask(&lab);
    assert_int_equal(lab.source.request.serial, (uint16_t)(serial + 1));
    lab.source.config.offline = true;
    source_give_up(&lab.source);
    assert_false(source_due(&lab.source, (struct mono_time){INT64_MAX}));
    assert_true(source_deadline(&lab.source).ns == INT64_MAX);
}

/* An error of the network explains a silence that is a little longer, and not for ever. */
static void test_an_error_is_kept_for_a_while(void **state)
{
    struct source_lab lab;

    (void)state;
    lab_start(&lab);
    lab.source.send_error = 113;
    lab.source.send_error_age = 0;
    source_give_up(&lab.source);
    source_give_up(&lab.source);
    assert_int_equal(lab.source.send_error, 113);
    source_give_up(&lab.source);
    assert_int_equal(lab.source.send_error, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_error_is_kept_for_a_while),
        cmocka_unit_test(test_nonces_are_random_and_all_there_is),
        cmocka_unit_test(test_the_nonce_is_what_the_reply_must_name),
        cmocka_unit_test(test_minpoll_holds_over_weeks),
        cmocka_unit_test(test_iburst_is_eight_at_most),
        cmocka_unit_test(test_burst_groups_each_poll),
        cmocka_unit_test(test_rate_ends_bursts_and_doubles_for_good),
        cmocka_unit_test(test_rate_again_and_again_ends_at_the_longest),
        cmocka_unit_test(test_deny_is_a_day_of_rest),
        cmocka_unit_test(test_what_is_no_answer_is_no_reason_to_hurry),
        cmocka_unit_test(test_a_silent_server_is_asked_each_256_s),
        cmocka_unit_test(test_silence_does_not_undo_a_rate),
        cmocka_unit_test(test_serials_and_timeouts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
