/* SPDX-License-Identifier: BSD-2-Clause */
/* The client's side of interleaved mode (RFC 9769): what it asks, which answers it believes (row
 * C41 of the faults that a client must bear, CVE-2016-1548), and which of the two samples of an
 * answer it takes. The server here remembers one exchange, as the RFC wants at least. */
#include "core/interleave.h"

#include <math.h>

#include "source_lab.h"

#define POLL_S 64
#define OFFSET_S 0.0005 /* of the server's clock against ours */

struct xlab {
    struct source_lab lab;
    struct packet request;
    struct wall_time t2, t3; /* of the present exchange */
    bool knows;              /* the server: of the one before */
    uint64_t saved_receive;
    struct wall_time saved_transmit;
    struct wall_time former_sent; /* when the client began the former exchange */
    struct dice dice;
};

static void begin(struct xlab *x, bool xleave)
{
    memset(x, 0, sizeof *x);
    lab_start(&x->lab);
    x->lab.config.xleave = xleave;
    source_init(&x->lab.source, 0, &x->lab.config, &x->lab.config.address, x->lab.context.now.mono,
                0, 1e-4);
    x->lab.received_by = STAMP_KERNEL;
}

/* The client asks; the answer takes so long on each leg. */
static void ask(struct xlab *x, double there_s, double stay_s, double back_s)
{
    struct source_lab *lab = &x->lab;

    x->former_sent = lab->sent;
    lab_pass(lab, POLL_S * NS_PER_S);
    source_poll(&lab->source, &lab->random, lab->context.now.mono, lab->request);
    lab->sent = lab->source.request.sent.at = lab->context.now.wall;
    lab->source.request.sent.by = STAMP_KERNEL;
    assert_int_equal(packet_decode(lab->request, sizeof lab->request, &x->request, NULL),
                     PACKET_OK);
    x->t2 = lab_later(lab->sent, there_s + OFFSET_S);
    x->t3 = lab_later(x->t2, stay_s);
    lab_pass(lab, ns_from_s(there_s + stay_s + back_s));
    lab->received = lab->context.now.wall;
}

/* The answer in one mode. What the server says in its header of t3 is `wrong_s` early: it does not
 * know yet. */
static struct packet answer(struct xlab *x, bool interleaved, double wrong_s)
{
    struct packet p = lab_reply(&x->lab, OFFSET_S);

    p.precision = -30;
    p.receive = ntp_from_wall(x->t2);
    p.transmit = ntp_from_wall(interleaved ? x->saved_transmit : lab_later(x->t3, -wrong_s));
    p.origin = interleaved ? x->request.receive : x->request.transmit;
    x->knows = true;
    x->saved_receive = p.receive;
    x->saved_transmit = x->t3;
    return p;
}

/* As a server of the RFC: interleaved if it can. */
static struct packet answer_rightly(struct xlab *x, double wrong_s)
{
    bool can = x->knows && x->request.origin == x->saved_receive &&
               x->request.receive != x->request.transmit;

    return answer(x, can, wrong_s);
}

static void exchange(struct xlab *x, double there_s, double stay_s, double back_s)
{
    struct packet p;

    ask(x, there_s, stay_s, back_s);
    p = answer_rightly(x, 0);
    assert_int_equal(lab_receive(&x->lab, &p), REPLY_ACCEPTED);
}

static void check_basic_request(const struct xlab *x)
{
    assert_true(x->request.origin == 0);
    assert_true(x->request.receive == 0);
    assert_true(x->request.transmit != 0);
}

static void check_interleaved_request(const struct xlab *x)
{
    assert_true(x->request.origin == x->saved_receive);
    assert_true(x->request.receive != 0 && x->request.transmit != 0);
    assert_true(x->request.receive != x->request.transmit);
}

static void without_the_option_nothing_is_told_and_nothing_believed(void **state)
{
    struct xlab x;
    struct packet p;

    (void)state;
    begin(&x, false);
    for (int i = 0; i < 5; i++) {
        ask(&x, 0.01, 1e-5, 0.01);
        check_basic_request(&x);
        p = answer(&x, true, 0); /* origin: the receive field of the request, which is 0 */
        assert_int_equal(lab_receive(&x.lab, &p), REPLY_ORIGIN);
        p.origin = x.saved_receive;
        assert_int_equal(lab_receive(&x.lab, &p), REPLY_ORIGIN);
        p.origin = ntp_from_wall(x.lab.sent);
        assert_int_equal(lab_receive(&x.lab, &p), REPLY_ORIGIN);
        p = answer(&x, false, 0);
        assert_int_equal(lab_receive(&x.lab, &p), REPLY_ACCEPTED);
        assert_false(x.lab.source.interleaved);
    }
}

static void requests_carry_the_cookie_and_nonces(void **state)
{
    uint64_t before = 0;
    struct xlab x;

    (void)state;
    begin(&x, true);
    ask(&x, 0.01, 1e-5, 0.01);
    check_basic_request(&x); /* there is nothing to come back to */
    struct packet p = answer_rightly(&x, 0);
    assert_int_equal(lab_receive(&x.lab, &p), REPLY_ACCEPTED);
    for (int i = 0; i < 5; i++) {
        ask(&x, 0.01, 1e-5, 0.01);
        check_interleaved_request(&x);
        assert_true(x.request.receive != before);
        before = x.request.receive;
        /* neither stamp says what our clock shows */
        assert_true(x.request.receive >> 32 != ntp_from_wall(x.lab.sent) >> 32);
        assert_true(x.request.transmit >> 32 != ntp_from_wall(x.lab.sent) >> 32);
        p = answer_rightly(&x, 0);
        assert_int_equal(lab_receive(&x.lab, &p), REPLY_ACCEPTED);
        assert_true(x.lab.source.interleaved);
    }
}

static void either_mode_is_believed_and_no_third(void **state)
{
    struct xlab x;
    struct packet p, old;
    uint64_t cookie;

    (void)state;
    begin(&x, true);
    exchange(&x, 0.01, 1e-5, 0.01);
    exchange(&x, 0.01, 1e-5, 0.01);
    assert_true(x.lab.source.interleaved);
    old = answer(&x, true, 0);
    cookie = x.lab.source.interleave.cookie;

    ask(&x, 0.01, 1e-5, 0.01);
    assert_int_equal(lab_receive(&x.lab, &old), REPLY_ORIGIN); /* a replay */
    p = answer(&x, true, 0);
    p.origin = cookie;
    assert_int_equal(lab_receive(&x.lab, &p), REPLY_ORIGIN);
    p.origin = 0;
    assert_int_equal(lab_receive(&x.lab, &p), REPLY_ORIGIN);
    assert_true(x.lab.source.interleave.cookie == cookie); /* nothing lost by all that */
    p = answer(&x, false, 0);
    assert_int_equal(lab_receive(&x.lab, &p), REPLY_ACCEPTED);
    assert_false(x.lab.source.interleaved);
    assert_int_equal(lab_receive(&x.lab, &p), REPLY_UNEXPECTED); /* one answer is enough */

    exchange(&x, 0.01, 1e-5, 0.01);
    assert_true(x.lab.source.interleaved);
}

static void losses_end_in_basic_mode_and_back(void **state)
{
    struct xlab x;

    (void)state;
    begin(&x, true);
    exchange(&x, 0.01, 1e-5, 0.01);
    for (int lost = 0; lost < 12; lost++) {
        ask(&x, 0.01, 1e-5, 0.01);
        if (lost < 4) {
            check_interleaved_request(&x);
        } else {
            check_basic_request(&x);
        }
        source_give_up(&x.lab.source);
    }
    exchange(&x, 0.01, 1e-5, 0.01);
    assert_false(x.lab.source.interleaved);
    exchange(&x, 0.01, 1e-5, 0.01);
    assert_true(x.lab.source.interleaved);

    source_restart(&x.lab.source, x.lab.context.now.mono, 0, 1e-4);
    ask(&x, 0.01, 1e-5, 0.01);
    check_basic_request(&x);
}

/* One answer of the ones that come after a loss still completes the exchange before it. */
static void an_exchange_is_completed_after_a_loss(void **state)
{
    struct xlab x;
    struct packet p;

    (void)state;
    begin(&x, true);
    exchange(&x, 0.01, 1e-5, 0.01);
    ask(&x, 0.01, 1e-5, 0.01);
    source_give_up(&x.lab.source);
    ask(&x, 0.01, 1e-5, 0.01);
    p = answer_rightly(&x, 0);
    assert_int_equal(lab_receive(&x.lab, &p), REPLY_ACCEPTED);
    assert_true(x.lab.source.interleaved);
    assert_true(fabs(x.lab.sample.offset_s - OFFSET_S) < 1e-8);
}

static void impossible_transmit_times_are_refused(void **state)
{
    /* before the request came; late beyond belief; longer than the whole exchange took */
    static const struct {
        double transmit_s;
        enum reply_verdict verdict;
    } wrong[] = {{-1, REPLY_TURNAROUND},         {-1e-4, REPLY_TURNAROUND}, {4.5, REPLY_TURNAROUND},
                 {POLL_S + 1, REPLY_TURNAROUND}, {3, REPLY_DELAY},          {0.0201, REPLY_DELAY}};

    (void)state;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct xlab x;
        struct packet p;

        begin(&x, true);
        exchange(&x, 0.01, 1e-5, 0.01);
        exchange(&x, 0.01, 1e-5, 0.01);
        x.saved_transmit = lab_later(x.t2, wrong[i].transmit_s);
        ask(&x, 0.01, 1e-5, 0.01);
        p = answer_rightly(&x, 0);
        assert_int_equal(lab_receive(&x.lab, &p), wrong[i].verdict);
        /* the server that forgets what it has told answers in basic mode: all is well again */
        exchange(&x, 0.01, 1e-5, 0.01);
        exchange(&x, 0.01, 1e-5, 0.01);
        assert_true(x.lab.source.interleaved);
    }
}

/* Takes part in the filter too: what a poll interval of age costs is found there. */
static void measured_exchange(struct xlab *x, double there_s, double stay_s, double back_s,
                              double wrong_s)
{
    struct packet p;

    ask(x, there_s, stay_s, back_s);
    p = answer_rightly(x, wrong_s);
    assert_int_equal(lab_receive(&x->lab, &p), REPLY_ACCEPTED);
    (void)source_take_sample(&x->lab.source, &x->lab.sample, &x->lab.random,
                             x->lab.context.now.mono);
}

static double noise(struct xlab *x, double most_s)
{
    return most_s * dice_below(&x->dice, 10000) / 10000;
}

static bool is_of(const struct xlab *x, struct wall_time sent)
{
    int64_t at = timeline_free_wall(&x->lab.timeline, x->lab.sample.at).ns;

    return at >= sent.ns && at < sent.ns + NS_PER_S;
}

/* Paths that scatter, a server that does not: the exchange at hand is as good, and fresh. */
static void a_steady_server_gives_fresh_samples(void **state)
{
    struct xlab x;

    (void)state;
    begin(&x, true);
    for (int i = 0; i < 60; i++) {
        measured_exchange(&x, 1e-4 + noise(&x, 2e-5), 30e-6, 1e-4 + noise(&x, 2e-5), 10e-6);
        assert_true(is_of(&x, x.lab.sent));
        assert_true(fabs(x.lab.sample.offset_s - OFFSET_S) < 12e-6);
    }
    assert_true(x.lab.source.interleaved);
}

/* The other way round, as with stamps by network cards: only the exact transmit time will do. */
static void a_restless_server_gives_exact_samples(void **state)
{
    double worst = 0;
    unsigned exact = 0;
    struct xlab x;

    (void)state;
    begin(&x, true);
    for (int i = 0; i < 60; i++) {
        measured_exchange(&x, 1e-4 + noise(&x, 2e-7), 30e-6 + noise(&x, 2e-4),
                          1e-4 + noise(&x, 2e-7), 20e-6);
        if (i >= 20) {
            exact += is_of(&x, x.former_sent);
            worst = fmax(worst, fabs(x.lab.sample.offset_s - OFFSET_S));
        }
    }
    assert_int_equal(exact, 40);
    assert_true(worst < 2e-7);
}

/* Our own step between the two exchanges moves the old one along. */
static void a_step_between_does_no_harm(void **state)
{
    const int64_t step_ns = 250000000;
    struct xlab x;

    (void)state;
    begin(&x, true);
    for (int i = 0; i < 20; i++) {
        measured_exchange(&x, 1e-4 + noise(&x, 2e-7), 30e-6 + noise(&x, 2e-4),
                          1e-4 + noise(&x, 2e-7), 20e-6);
    }
    assert_true(is_of(&x, x.former_sent));
    timeline_record_step(&x.lab.timeline, step_ns);
    x.lab.context.now.wall.ns += step_ns;
    filter_shift(&x.lab.source.filter, s_from_ns(step_ns));
    /* the server's clock stays: it is now behind ours by that much */
    lab_pass(&x.lab, POLL_S * NS_PER_S);
    source_poll(&x.lab.source, &x.lab.random, x.lab.context.now.mono, x.lab.request);
    x.lab.sent = x.lab.source.request.sent.at = x.lab.context.now.wall;
    x.lab.source.request.sent.by = STAMP_KERNEL;
    assert_int_equal(packet_decode(x.lab.request, sizeof x.lab.request, &x.request, NULL),
                     PACKET_OK);
    x.t2 = lab_later(x.lab.sent, 1e-4 + OFFSET_S - 0.25);
    x.t3 = lab_later(x.t2, 30e-6);
    lab_pass(&x.lab, 230000);
    x.lab.received = x.lab.context.now.wall;
    struct packet p = answer_rightly(&x, 0);
    assert_int_equal(lab_receive(&x.lab, &p), REPLY_ACCEPTED);
    assert_true(x.lab.source.interleave.old);
    assert_true(fabs(x.lab.sample.offset_s - (OFFSET_S - 0.25)) < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_the_option_nothing_is_told_and_nothing_believed),
        cmocka_unit_test(requests_carry_the_cookie_and_nonces),
        cmocka_unit_test(either_mode_is_believed_and_no_third),
        cmocka_unit_test(losses_end_in_basic_mode_and_back),
        cmocka_unit_test(an_exchange_is_completed_after_a_loss),
        cmocka_unit_test(impossible_transmit_times_are_refused),
        cmocka_unit_test(a_steady_server_gives_fresh_samples),
        cmocka_unit_test(a_restless_server_gives_exact_samples),
        cmocka_unit_test(a_step_between_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
