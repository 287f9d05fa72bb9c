/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of associations: what a reload keeps, how often names are asked for, what a resolver's
 * answer may do, and pools that fill up. Rows C43, N02 to N04 of the faults. */
#include "core/roster.h"

#include <stdio.h>
#include <string.h>

#include "check.h"

struct rig {
    struct source sources[SOURCES_MAX];
    struct effect_queue effects;
    struct random random;
    struct settings settings;
    struct roster roster;
    struct mono_time now;
    unsigned added, removed, unresolved, cancelled, replaced, remembered;
    struct roster_memory memory;
    struct effect_look_up asked[16]; /* since they were last taken */
    unsigned asked_count;
};

static struct address v4(unsigned a, unsigned b, unsigned c, unsigned d)
{
    return (struct address){.family = ADDRESS_V4,
                            .bytes = {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d}};
}

static struct source_spec line(enum source_kind kind, const char *name)
{
    struct source_spec s = {.kind = kind,
                            .port = NTP_PORT,
                            .minpoll = 6,
                            .maxpoll = 10,
                            .version = 4,
                            .max_sources = 4,
                            .max_delay_s = 3};

    strncpy(s.name, name, sizeof s.name - 1);
    (void)address_parse(name, &s.address);
    return s;
}

static void rig_take(struct rig *rig)
{
    struct effect e;

    while (effect_take(&rig->effects, &e)) {
        rig->added += e.type == EFFECT_EVENT && e.event.type == EVENT_SOURCE_ADDED;
        rig->removed += e.type == EFFECT_EVENT && e.event.type == EVENT_SOURCE_REMOVED;
        rig->unresolved += e.type == EFFECT_EVENT && e.event.type == EVENT_SOURCE_UNRESOLVED;
        rig->replaced += e.type == EFFECT_EVENT && e.event.type == EVENT_SOURCE_REPLACED;
        rig->remembered += e.type == EFFECT_EVENT && e.event.type == EVENT_SOURCE_REMEMBERED;
        rig->cancelled += e.type == EFFECT_CANCEL;
        if (e.type == EFFECT_LOOK_UP) {
            assert_true(rig->asked_count < 16);
            rig->asked[rig->asked_count++] = e.look_up;
        }
    }
    assert_int_equal(rig->effects.lost, 0);
}

static void rig_configure(struct rig *rig, const struct source_spec *lines, unsigned count)
{
    struct settings old = rig->settings;

    rig->settings.spec_count = count;
    for (unsigned i = 0; i < count; i++) {
        rig->settings.specs[i] = lines[i];
    }
    roster_configure(&rig->roster, &old, &rig->settings, rig->now);
    rig_take(rig);
}

static struct rig *rig_start(const struct source_spec *lines, unsigned count)
{
    static struct rig rig;
    const uint8_t seed[RANDOM_SEED_LENGTH] = {7};

    memset(&rig, 0, sizeof rig);
    random_seed(&rig.random, seed);
    settings_default(&rig.settings);
    rig.now.ns = 5 * NS_PER_S;
    rig.roster = (struct roster){.sources = rig.sources,
                                 .effects = &rig.effects,
                                 .random = &rig.random,
                                 .rate = 1e-5,
                                 .rate_sd = 1e-6,
                                 .settings = &rig.settings,
                                 .memory = &rig.memory};
    rig_configure(&rig, lines, count);
    return &rig;
}

/* Lets time pass, and look-ups be asked for at their moments; how many were. */
static unsigned rig_pass(struct rig *rig, double seconds)
{
    int64_t end = rig->now.ns + ns_from_s(seconds);

    rig->asked_count = 0;
    while (roster_deadline(rig->sources).ns <= end) {
        unsigned before = rig->asked_count;
        int64_t deadline = roster_deadline(rig->sources).ns;

        rig->now.ns = deadline > rig->now.ns ? deadline : rig->now.ns;
        roster_look_up(&rig->roster, rig->now);
        rig_take(rig);
        assert_true(rig->asked_count > before); /* a deadline has a reason */
    }
    rig->now.ns = end;
    roster_look_up(&rig->roster, rig->now);
    rig_take(rig);
    return rig->asked_count;
}

static void rig_resolve(struct rig *rig, uint16_t source, const struct address *a, unsigned count)
{
    roster_resolved(&rig->roster, source, a, count, rig->now);
    rig_take(rig);
}

static unsigned rig_live(const struct rig *rig)
{
    unsigned n = 0;

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &rig->sources[i];

        n += s->status != SOURCE_UNUSED && s->address.family != ADDRESS_NONE;
        for (unsigned j = 0; j < i; j++) { /* no two of a pool are the same server */
            assert_true(s->status == SOURCE_UNUSED || s->address.family == ADDRESS_NONE ||
                        rig->sources[j].status == SOURCE_UNUSED ||
                        !address_equal(&s->address, &rig->sources[j].address));
        }
    }
    return n;
}

static void test_numeric_lines_need_no_look_up(void **state)
{
    const struct source_spec lines[] = {line(SOURCE_SERVER, "192.0.2.1"),
                                        line(SOURCE_PEER, "2001:db8::1")};
    struct rig *rig = rig_start(lines, 2);

    (void)state;
    assert_int_equal(rig->added, 2);
    assert_int_equal(rig_pass(rig, 1e6), 0);
    assert_int_equal(rig_live(rig), 2);
    assert_int_equal(rig->sources[0].address.port, NTP_PORT);
    assert_true(rig->sources[0].filter.rate_prior == 1e-5);
    /* first requests within half a second, not all at once */
    assert_true(rig->sources[0].next.ns != rig->sources[1].next.ns);
    assert_in_range(rig->sources[0].next.ns, 5 * NS_PER_S, 5 * NS_PER_S + NS_PER_S / 2);
}

static void test_failed_look_ups_back_off(void **state)
{
    const struct source_spec lines[] = {line(SOURCE_SERVER, "ntp.example")};
    struct rig *rig = rig_start(lines, 1);
    double wait = 2;

    (void)state;
    assert_int_equal(rig_pass(rig, 0), 1);
    assert_string_equal(rig->asked[0].name, "ntp.example");
    assert_int_equal(rig->asked[0].source, 0);
    assert_int_equal(rig_pass(rig, 1e5), 0); /* the answer is still to come */
    for (unsigned i = 0; i < 20; i++) {
        rig_resolve(rig, 0, NULL, 0);
        assert_int_equal(rig->unresolved, 1); /* told at once, and once */
        assert_int_equal(rig_pass(rig, wait - 0.01), 0);
        assert_int_equal(rig_pass(rig, 0.02), 1);
        wait = wait < 2048 ? 2 * wait : 2048; /* at least once an hour */
    }
    rig_resolve(rig, 0, (struct address[]){v4(192, 0, 2, 9)}, 1);
    assert_int_equal(rig->sources[0].status, SOURCE_WAITING);
    assert_int_equal(rig->sources[0].address.port, NTP_PORT);
    assert_int_equal(rig_pass(rig, 1e6), 0);
}

/* C43: what a resolver may not make us ask. */
static void test_addresses_that_no_server_has(void **state)
{
    const struct source_spec lines[] = {line(SOURCE_SERVER, "a.example"),
                                        line(SOURCE_POOL, "b.example")};
    const struct address bad[] = {v4(127, 127, 1, 1),
                                  v4(0, 0, 0, 0),
                                  v4(255, 255, 255, 255),
                                  v4(224, 0, 1, 1),
                                  {.family = ADDRESS_V6},
                                  {.family = 77},
                                  {.family = ADDRESS_V6, .bytes = {0xff, 2, [15] = 1}}};
    struct rig *rig = rig_start(lines, 2);

    (void)state;
    rig_pass(rig, 0);
    rig_resolve(rig, 0, bad, 7);
    rig_resolve(rig, 1, bad, 7);
    assert_int_equal(rig_live(rig), 0);
    assert_int_equal(rig_pass(rig, 700), 2); /* asks again, ... */
    rig_resolve(rig, 0, (struct address[]){v4(127, 0, 0, 1)},
                1); /* a server on this host is fine */
    assert_int_equal(rig_live(rig), 1);
}

static void test_two_names_of_one_server_are_one_vote(void **state)
{
    const struct source_spec lines[] = {line(SOURCE_SERVER, "a.example"),
                                        line(SOURCE_SERVER, "b.example")};
    const struct address same[] = {v4(192, 0, 2, 1)}, both[] = {v4(192, 0, 2, 1), v4(192, 0, 2, 2)};
    struct rig *rig = rig_start(lines, 2);

    (void)state;
    rig_pass(rig, 0);
    rig_resolve(rig, 0, same, 1);
    rig_resolve(rig, 1, same, 1);
    assert_int_equal(rig_live(rig), 1);
    rig_pass(rig, 700);
    rig_resolve(rig, 1, both, 2);
    assert_int_equal(rig_live(rig), 2);
}

static void test_a_pool_fills_up(void **state)
{
    struct source_spec lines[] = {line(SOURCE_SERVER, "192.0.2.1"),
                                  line(SOURCE_POOL, "pool.example")};
    struct address answers[3] = {v4(192, 0, 2, 1), v4(192, 0, 2, 2), v4(192, 0, 2, 2)};
    struct rig *rig;
    unsigned questions = 0;

    (void)state;
    lines[1].max_sources = 7;
    rig = rig_start(lines, 2);
    rig_pass(rig, 0);
    rig_resolve(rig, 1, answers, 3);
    assert_int_equal(rig_live(rig), 2);
    for (uint8_t i = 3; i < 30; i += 3) { /* three at a time, others each time */
        unsigned asked = rig_pass(rig, 3600);

        questions += asked;
        assert_true(asked <= 1);
        if (asked) {
            for (uint8_t k = 0; k < 3; k++) {
                answers[k] = v4(192, 0, 2, i + k);
            }
            rig_resolve(rig, rig->asked[0].source, answers, 3);
        }
        assert_true(rig_live(rig) <= 8);
    }
    assert_int_equal(rig_live(rig), 8);
    assert_true(questions <= 3); /* full: no more questions */
    assert_int_equal(rig->added, 8);
}

static void test_a_pool_that_cannot_fill_up_asks_seldom(void **state)
{
    const struct source_spec lines[] = {line(SOURCE_POOL, "pool.example")};
    const struct address answers[] = {v4(192, 0, 2, 1), v4(192, 0, 2, 2)};
    struct rig *rig = rig_start(lines, 1);
    unsigned questions = 0;

    (void)state;
    rig_pass(rig, 0);
    rig_resolve(rig, 0, answers, 2);
    for (unsigned i = 0; i < 1000; i++) {
        unsigned asked = rig_pass(rig, 60);

        questions += asked;
        assert_true(asked <= 1);
        if (asked) {
            rig_resolve(rig, rig->asked[0].source, answers, 2);
        }
    }
    assert_int_equal(rig_live(rig), 2);
    assert_true(questions <= 100);
}

static void silence(struct source *s)
{
    s->reach = 0;
    s->missed = 12;
}

static void test_a_silent_server_is_looked_up_again(void **state)
{
    const struct source_spec lines[] = {line(SOURCE_SERVER, "a.example")};
    const struct address old[] = {v4(192, 0, 2, 1)}, moved[] = {v4(192, 0, 2, 7)};
    struct rig *rig = rig_start(lines, 1);
    struct source *s = &rig->sources[0];
    uint16_t serial;

    (void)state;
    rig_pass(rig, 0);
    rig_resolve(rig, 0, old, 1);
    s->kiss = 5;
    s->falseticker = true;
    s->last_verdict = REPLY_LOOP;
    s->request.serial = serial = 500;
    assert_int_equal(rig_pass(rig, 1e5), 0); /* it answers, so the name is left alone */
    silence(s);
    assert_int_equal(rig_pass(rig, 1), 1);
    rig_resolve(rig, 0, old, 1); /* nothing new */
    assert_int_equal(s->address.bytes[3], 1);
    assert_int_equal(rig_pass(rig, 599), 0);
    assert_int_equal(rig_pass(rig, 2), 1);
    s->request.outstanding = true;
    rig_resolve(rig, 0, moved, 1);
    assert_int_equal(s->address.bytes[3], 7);
    assert_int_equal(s->address.port, NTP_PORT);
    assert_int_equal(rig->cancelled, 1);
    /* another server: nothing of the old one counts, but serials go on */
    assert_int_equal(s->status, SOURCE_WAITING);
    assert_int_equal(s->kiss, 0);
    assert_int_equal(s->last_verdict, REPLY_ACCEPTED);
    assert_false(s->falseticker);
    assert_int_equal(s->missed, 0);
    assert_int_equal(s->request.serial, serial);
    assert_false(s->request.outstanding);
}

static void test_a_reload_keeps_what_is_the_same(void **state)
{
    struct source_spec before[] = {
        line(SOURCE_SERVER, "192.0.2.1"), line(SOURCE_SERVER, "192.0.2.2"),
        line(SOURCE_SERVER, "192.0.2.3"), line(SOURCE_SERVER, "192.0.2.3")};
    struct source_spec after[5];
    struct rig *rig = rig_start(before, 4);

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        rig->sources[i].filter.total = 10 + i;
        rig->sources[i].request.outstanding = i == 1;
    }
    after[0] = before[3]; /* other order, one changed, one gone, one new */
    after[1] = line(SOURCE_SERVER, "192.0.2.9");
    after[2] = before[0];
    after[3] = before[2];
    after[3].minpoll = 4;
    after[4] = before[2];
    rig_configure(rig, after, 5);
    assert_int_equal(rig->sources[0].filter.total, 10);
    assert_int_equal(rig->sources[0].spec, 2);
    assert_int_equal(rig->sources[2].filter.total + rig->sources[3].filter.total, 12 + 13);
    assert_int_equal(rig->cancelled, 1);
    assert_int_equal(rig->removed, 1);
    assert_int_equal(rig->added, 6);
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &rig->sources[i];

        if (s->status != SOURCE_UNUSED) {
            assert_string_equal(s->config.name, after[s->spec].name);
            assert_int_equal(s->config.minpoll, after[s->spec].minpoll);
        }
    }
}

static void test_the_same_again_changes_nothing(void **state)
{
    const struct source_spec lines[] = {line(SOURCE_SERVER, "192.0.2.1"),
                                        line(SOURCE_POOL, "pool.example")};
    struct rig *rig = rig_start(lines, 2);
    const struct address answers[] = {v4(192, 0, 2, 2), v4(192, 0, 2, 3), v4(192, 0, 2, 4)};

    (void)state;
    rig_pass(rig, 0);
    rig_resolve(rig, 1, answers, 3);
    assert_int_equal(rig_live(rig), 4);
    for (unsigned i = 0; i < 50; i++) { /* sources must not multiply */
        rig_configure(rig, lines, 2);
        assert_int_equal(rig_live(rig), 4);
    }
    assert_int_equal(rig->removed, 0);
    rig_configure(rig, lines, 1); /* a pool goes with all its servers */
    assert_int_equal(rig_live(rig), 1);
    assert_int_equal(rig->removed, 3);
}

/* A reload while a name is looked up: the answer of the old name must not go to the new one. */
static void test_an_answer_for_a_line_that_is_gone(void **state)
{
    const struct source_spec old[] = {line(SOURCE_SERVER, "old.example")},
                             new[] = {line(SOURCE_SERVER, "new.example")};
    const struct address a[] = {v4(192, 0, 2, 66)}, b[] = {v4(192, 0, 2, 2)};
    struct rig *rig = rig_start(old, 1);
    uint16_t slot;

    (void)state;
    assert_int_equal(rig_pass(rig, 0), 1);
    rig_configure(rig, new, 1);
    assert_int_equal(rig_pass(rig, 0), 1);
    assert_string_equal(rig->asked[0].name, "new.example");
    slot = rig->asked[0].source;
    rig_resolve(rig, 0, a, 1); /* the late answer */
    assert_int_equal(rig_live(rig), 0);
    rig_resolve(rig, slot, b, 1);
    assert_int_equal(rig_live(rig), 1);
    assert_int_equal(rig->sources[slot].address.bytes[3], 2);
    /* and the slot is of use again */
    rig_configure(rig, old, 1);
    assert_int_equal(rig_pass(rig, 0), 1);
    rig_resolve(rig, rig->asked[0].source, a, 1);
    assert_int_equal(rig_live(rig), 1);
}

static void test_answers_that_nobody_asked_for(void **state)
{
    const struct source_spec lines[] = {line(SOURCE_SERVER, "a.example")};
    const struct address a[] = {v4(192, 0, 2, 66)};
    struct rig *rig = rig_start(lines, 1);

    (void)state;
    rig_resolve(rig, 0, a, 1); /* not asked yet */
    rig_resolve(rig, 1, a, 1);
    rig_resolve(rig, SOURCES_MAX, a, 1);
    rig_resolve(rig, UINT16_MAX, a, 1);
    assert_int_equal(rig_live(rig), 0);
}

/* One whose name lists it is asked on; one after the other of those listed is tried. */
static void test_the_dead_servers_of_a_name_are_gone_through(void **state)
{
    const struct source_spec lines[] = {line(SOURCE_SERVER, "a.example")};
    const struct address all[] = {v4(192, 0, 2, 1), v4(192, 0, 2, 2), v4(192, 0, 2, 3)};
    struct rig *rig = rig_start(lines, 1);
    struct source *s = &rig->sources[0];

    (void)state;
    rig_pass(rig, 0);
    rig_resolve(rig, 0, all, 3);
    for (unsigned i = 0; i < 7; i++) {
        assert_int_equal(s->address.bytes[3], i % 3 + 1);
        silence(s);
        assert_int_equal(rig_pass(rig, 601), 1);
        rig_resolve(rig, 0, all, 3);
    }
    assert_int_equal(rig->replaced, 7);
}

static void test_a_name_that_stays_useless_is_asked_seldom(void **state)
{
    const struct source_spec lines[] = {line(SOURCE_SERVER, "a.example")};
    const struct address same[] = {v4(192, 0, 2, 1)};
    struct rig *rig = rig_start(lines, 1);
    unsigned asked = 0;

    (void)state;
    rig_pass(rig, 0);
    rig_resolve(rig, 0, same, 1);
    silence(&rig->sources[0]);
    for (unsigned i = 0; i < 24 * 60; i++) {
        if (rig_pass(rig, 60)) {
            asked++;
            rig_resolve(rig, 0, same, 1);
        }
    }
    assert_in_range(asked, 23, 28); /* about once an hour, after the first few */
}

/* N04: a name may mean another host by now although the old one still answers. */
static void test_names_are_refreshed(void **state)
{
    const struct source_spec lines[] = {line(SOURCE_SERVER, "a.example"),
                                        line(SOURCE_SERVER, "b.example")};
    const struct address first[] = {v4(192, 0, 2, 1), v4(192, 0, 2, 2)},
                         moved[] = {v4(192, 0, 2, 7), v4(192, 0, 2, 8)};
    struct rig *rig;

    (void)state;
    rig = rig_start(lines, 0);
    rig->roster.refresh_s = 100000;
    rig_configure(rig, lines, 2);
    rig_pass(rig, 0);
    rig_resolve(rig, 0, &first[0], 1);
    rig_resolve(rig, 1, &first[1], 1);
    assert_int_equal(rig_pass(rig, 89999), 0);
    assert_int_equal(rig_pass(rig, 10001), 2);
    rig_resolve(rig, 0, first, 2); /* as before */
    rig_resolve(rig, 1, first, 2);
    assert_int_equal(rig->replaced, 0);
    assert_int_equal(rig_pass(rig, 100000), 2);
    rig_resolve(rig, 0, &moved[0], 1); /* both elsewhere: one at a time */
    rig_resolve(rig, 1, &moved[1], 1);
    assert_int_equal(rig->replaced, 1);
    assert_int_equal(rig_pass(rig, 3500), 0);
    assert_int_equal(rig_pass(rig, 200), 1);
    rig_resolve(rig, rig->asked[0].source, &moved[1], 1);
    assert_int_equal(rig->replaced, 2);
    /* and a resolver that fails then takes nothing away */
    rig_pass(rig, 100000);
    rig_resolve(rig, 0, NULL, 0);
    rig_resolve(rig, 1, NULL, 0);
    assert_int_equal(rig_live(rig), 2);
    assert_int_equal(rig->replaced, 2);
    assert_true(rig_pass(rig, 2100) >= 1);
}

/* A server of a pool that is false, or of no use otherwise, for half an hour. */
static void test_useless_servers_of_pools_are_replaced(void **state)
{
    static const enum source_status useless[] = {SOURCE_FALSETICKER, SOURCE_TOO_DISTANT,
                                                 SOURCE_SERVER_UNSYNCHRONISED, SOURCE_LOOPED,
                                                 SOURCE_REFUSED};
    static const enum source_status excused[] = {SOURCE_SELECTED, SOURCE_NO_MAJORITY,
                                                 SOURCE_FEW_SAMPLES, SOURCE_SAME_NETWORK,
                                                 SOURCE_NOSELECT};
    const struct source_spec lines[] = {line(SOURCE_POOL, "pool.example"),
                                        line(SOURCE_SERVER, "192.0.2.99")};
    struct address answers[5];
    struct rig *rig = rig_start(lines, 2);

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        answers[i] = v4(192, 0, 2, i + 1);
    }
    rig_pass(rig, 0);
    rig_resolve(rig, 0, answers, 4);
    for (unsigned i = 0; i < sizeof excused / sizeof excused[0]; i++) {
        rig->sources[2].status = excused[i];
        assert_int_equal(rig_pass(rig, 7200), 0);
    }
    rig->sources[1].status = SOURCE_FALSETICKER; /* no pool's: whoever wrote it wants it */
    assert_int_equal(rig_pass(rig, 7200), 0);
    for (unsigned i = 0; i < sizeof useless / sizeof useless[0]; i++) {
        struct address before = rig->sources[2].address;

        rig->sources[2].status = SOURCE_COMBINED;
        rig_pass(rig, 1);
        rig->sources[2].status = useless[i];
        rig->sources[2].reach = 0xff;
        assert_int_equal(rig_pass(rig, 1790), 0);
        assert_int_equal(rig_pass(rig, 20), 1);
        rig_resolve(rig, rig->asked[0].source, &before, 1);
        assert_true(address_equal(&rig->sources[2].address, &before)); /* there is no other */
        assert_int_equal(rig_pass(rig, 3700), 1);
        rig_resolve(rig, rig->asked[0].source, answers, 5);
        assert_false(address_equal(&rig->sources[2].address, &before));
        assert_int_equal(rig->sources[2].status, SOURCE_WAITING);
        assert_int_equal(rig_live(rig), 5);
    }
}

static void test_a_host_is_not_its_own_server(void **state)
{
    struct source_spec lines[] = {line(SOURCE_POOL, "pool.example"),
                                  line(SOURCE_SERVER, "me.example")};
    const struct address answers[] = {v4(192, 0, 2, 1), v4(192, 0, 2, 2)};
    struct rig *rig = rig_start(lines, 2);

    (void)state;
    rig->roster.self = answers;
    rig->roster.self_count = 1;
    rig_pass(rig, 0);
    rig_resolve(rig, 0, answers, 2);
    rig_resolve(rig, 1, answers, 1); /* by hand: somebody wants it so */
    assert_int_equal(rig_live(rig), 2);
    assert_int_equal(rig->sources[0].address.bytes[3], 2);
}

/* Two servers on one host, by their ports. */
static void test_ports_tell_servers_apart(void **state)
{
    struct source_spec lines[] = {line(SOURCE_SERVER, "a.example"),
                                  line(SOURCE_SERVER, "b.example")};
    const struct address same[] = {v4(192, 0, 2, 1)};
    struct rig *rig;

    (void)state;
    lines[1].port = 11123;
    rig = rig_start(lines, 2);
    rig_pass(rig, 0);
    rig_resolve(rig, 0, same, 1);
    rig_resolve(rig, 1, same, 1);
    assert_int_equal(rig->sources[0].address.port, NTP_PORT);
    assert_int_equal(rig->sources[1].address.port, 11123);
}

/* What worked in the last run is used while the name service fails, and no longer. */
static void test_remembered_addresses(void **state)
{
    const struct source_spec lines[] = {line(SOURCE_SERVER, "a.example"),
                                        line(SOURCE_POOL, "pool.example")};
    const struct address last[] = {v4(192, 0, 2, 1), v4(192, 0, 2, 2), v4(192, 0, 2, 3)};
    const struct address moved[] = {v4(192, 0, 2, 9)};
    struct rig *rig = rig_start(lines, 2);

    (void)state;
    rig_pass(rig, 0);
    roster_remembered(&rig->roster, 0, last, 1, rig->now);
    roster_remembered(&rig->roster, 1, last, 3, rig->now);
    rig_take(rig);
    assert_int_equal(rig_live(rig), 3);
    assert_int_equal(rig->remembered, 2);
    assert_int_equal(rig_pass(rig, 2.1), 2); /* asked again as after any failure */
    roster_remembered(&rig->roster, 0, last, 1, rig->now);
    assert_int_equal(rig->sources[0].address.bytes[3], 1);
    assert_true(rig->sources[0].remembered);
    assert_int_equal(rig_pass(rig, 4.1), 1);
    rig_resolve(rig, 0, moved, 1); /* the service is back: what it says holds */
    assert_int_equal(rig->sources[0].address.bytes[3], 9);
    assert_false(rig->sources[0].remembered);
    rig_resolve(rig, 1, &last[1], 2); /* as remembered: samples stay */
    assert_false(rig->sources[1].remembered);
    assert_int_equal(rig->sources[1].address.bytes[3], 2);
    roster_remembered(&rig->roster, 0, last, 1, rig->now); /* nobody has asked */
    assert_int_equal(rig->sources[0].address.bytes[3], 9);
}

/* Other options, the same server: what is known of it stays, within the new limits. */
static void test_other_options_keep_the_samples(void **state)
{
    struct source_spec lines[] = {line(SOURCE_SERVER, "192.0.2.1"),
                                  line(SOURCE_SERVER, "192.0.2.2")};
    struct rig *rig = rig_start(lines, 2);
    struct source *s = &rig->sources[0];

    (void)state;
    s->filter.total = 10;
    s->poll = 10;
    s->reach = 0xff;
    s->next = mono_after(rig->now, 1000);
    lines[0].maxpoll = 8;
    lines[0].prefer = lines[0].iburst = true;
    rig_configure(rig, lines, 2);
    assert_int_equal(s->filter.total, 10);
    assert_int_equal(s->poll, 8);
    assert_true(s->config.prefer && s->next.ns <= mono_after(rig->now, 256).ns);
    assert_int_equal(s->burst_left, 0);
    lines[0].offline = true;
    rig_configure(rig, lines, 2);
    assert_int_equal(s->reach, 0);
    assert_int_equal(s->filter.total, 10);
    assert_false(source_due(s, mono_after(rig->now, 1e6)));
    rig->now = mono_after(rig->now, 1e5);
    lines[0].offline = false;
    rig_configure(rig, lines, 2);
    assert_true(source_due(s, mono_after(rig->now, 3)));
    assert_int_equal(rig->added + rig->removed, 2);
    lines[0].offset_correction_s = 1e-3; /* the samples mean something else then */
    rig_configure(rig, lines, 2);
    assert_int_equal(rig->added, 3);
    assert_int_equal(rig->removed, 1);
}

static void test_a_pool_may_become_smaller(void **state)
{
    struct source_spec lines[] = {line(SOURCE_POOL, "pool.example")};
    const struct address answers[] = {v4(192, 0, 2, 1), v4(192, 0, 2, 2), v4(192, 0, 2, 3)};
    struct rig *rig = rig_start(lines, 1);

    (void)state;
    rig_pass(rig, 0);
    rig_resolve(rig, 0, answers, 3);
    lines[0].max_sources = 1;
    rig_configure(rig, lines, 1);
    assert_int_equal(rig_live(rig), 1);
    assert_int_equal(rig->sources[0].address.bytes[3], 1);
}

/* All slots wait for answers about lines that are gone: the new lines come in when they are free.
 * */
static void test_lines_wait_for_slots(void **state)
{
    static struct source_spec old[SOURCE_SPECS_MAX], new[SOURCE_SPECS_MAX];
    struct rig *rig;

    (void)state;
    for (unsigned i = 0; i < SOURCE_SPECS_MAX; i++) {
        char name[32];

        snprintf(name, sizeof name, "old%u.example", i);
        old[i] = line(SOURCE_SERVER, name);
        snprintf(name, sizeof name, "192.0.2.%u", i + 1);
        new[i] = line(SOURCE_SERVER, name);
    }
    rig = rig_start(old, SOURCE_SPECS_MAX);
    roster_look_up(&rig->roster, rig->now);
    rig->effects.count = 0;
    rig_configure(rig, new, SOURCE_SPECS_MAX);
    assert_int_equal(rig_live(rig), 0);
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        rig_resolve(rig, i, NULL, 0);
    }
    rig_pass(rig, 1);
    assert_int_equal(rig_live(rig), SOURCES_MAX);
}

static void test_more_lines_than_slots(void **state)
{
    static struct source_spec lines[SOURCE_SPECS_MAX];
    struct address many[64];
    struct rig *rig;

    (void)state;
    for (unsigned i = 0; i < SOURCE_SPECS_MAX; i++) {
        char name[32];

        snprintf(name, sizeof name, "p%u.example", i);
        lines[i] = line(SOURCE_POOL, name);
        lines[i].max_sources = 16;
    }
    rig = rig_start(lines, SOURCE_SPECS_MAX);
    for (unsigned i = 0; i < 64; i++) {
        many[i] = v4(192, 0, 2, i + 1);
    }
    assert_int_equal(rig->added, SOURCES_MAX);
    roster_look_up(&rig->roster, rig->now);
    assert_int_equal(rig->effects.count, SOURCES_MAX); /* one question each, none lost */
    assert_int_equal(rig->effects.lost, 0);
    rig->effects.count = 0;
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        rig_resolve(rig, i, many, 64);
        assert_true(rig_live(rig) <= SOURCES_MAX);
    }
    assert_int_equal(rig_live(rig), SOURCES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numeric_lines_need_no_look_up),
        cmocka_unit_test(test_failed_look_ups_back_off),
        cmocka_unit_test(test_addresses_that_no_server_has),
        cmocka_unit_test(test_two_names_of_one_server_are_one_vote),
        cmocka_unit_test(test_a_pool_fills_up),
        cmocka_unit_test(test_a_pool_that_cannot_fill_up_asks_seldom),
        cmocka_unit_test(test_a_silent_server_is_looked_up_again),
        cmocka_unit_test(test_a_reload_keeps_what_is_the_same),
        cmocka_unit_test(test_the_same_again_changes_nothing),
        cmocka_unit_test(test_an_answer_for_a_line_that_is_gone),
        cmocka_unit_test(test_answers_that_nobody_asked_for),
        cmocka_unit_test(test_the_dead_servers_of_a_name_are_gone_through),
        cmocka_unit_test(test_a_name_that_stays_useless_is_asked_seldom),
        cmocka_unit_test(test_names_are_refreshed),
        cmocka_unit_test(test_useless_servers_of_pools_are_replaced),
        cmocka_unit_test(test_a_host_is_not_its_own_server),
        cmocka_unit_test(test_ports_tell_servers_apart),
        cmocka_unit_test(test_remembered_addresses),
        cmocka_unit_test(test_other_options_keep_the_samples),
        cmocka_unit_test(test_a_pool_may_become_smaller),
        cmocka_unit_test(test_lines_wait_for_slots),
        cmocka_unit_test(test_more_lines_than_slots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
