/* SPDX-License-Identifier: BSD-2-Clause */
/* What names, and those who answer for them, may do to a clock; and what reloads may not. The true
 * time is known here. Rows C31, N04, N05 and F07 of the faults. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lab.h"
#include "sim/engine_node.h"

static struct lab lab;

static void run_and_hold(double settled_s, double end_s, double limit_s)
{
    lab_run(&lab, settled_s);
    lab_watch(&lab);
    lab_run(&lab, end_s);
    if (!(lab.max_error_s < limit_s)) {
        fail_msg("clock was up to %g s off, limit %g s", lab.max_error_s, limit_s);
    }
    assert_int_equal(lab.unsynchronised, 0);
}

static struct address v4(unsigned a, unsigned b, unsigned c, unsigned d)
{
    return (struct address){.family = ADDRESS_V4,
                            .bytes = {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d},
                            .port = NTP_PORT};
}

/* Line `i` is a name from now on; after lab_build() with its addresses. */
static void name_line(unsigned i, const char *name, enum source_kind kind, unsigned max_sources)
{
    struct source_spec *spec = &lab.settings.specs[i];

    snprintf(spec->name, sizeof spec->name, "%s", name);
    memset(&spec->address, 0, sizeof spec->address);
    spec->kind = kind;
    spec->max_sources = max_sources;
}

static struct world_name *add_name(const char *name)
{
    struct world_name *n = &lab.world.names[lab.world.name_count++];

    *n = (struct world_name){0};
    snprintf(n->name, sizeof n->name, "%s", name);
    return n;
}

static bool asks(const struct address *a)
{
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &lab.client->engine->sources[i];

        if (s->status != SOURCE_UNUSED && address_equal(&s->address, a)) {
            return true;
        }
    }
    return false;
}

static unsigned with_status(enum source_status status)
{
    unsigned n = 0;

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        n += lab.client->engine->sources[i].status == status;
    }
    return n;
}

/* One of four lies: half an hour later a fifth is there in its place. */
static void test_a_liar_of_a_pool_is_replaced(void **state)
{
    const struct address liar = world_address(2), fifth = world_address(5);
    struct world_name *name;

    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 5);
    lab.servers[1].server.clock.offset_s = 0.05;
    lab.settings.spec_count = 1;
    name_line(0, "pool.example", SOURCE_POOL, 4);
    lab_build(&lab, 1);
    name = add_name("pool.example");
    for (unsigned i = 0; i < 5; i++) {
        name->addresses[name->count++] = world_address(i + 1);
    }
    lab_start(&lab, 1);
    run_and_hold(900, 1700, 500e-6);
    assert_true(asks(&liar) && !asks(&fifth));
    run_and_hold(1700, 10000, 500e-6);
    assert_true(!asks(&liar) && asks(&fifth));
    assert_int_equal(lab_events(&lab, EVENT_SOURCE_REPLACED), 1);
    lab_end(&lab);
}

/* Who owns a /24 fills a pool with it, and all of it lies alike. */
static void test_a_network_has_two_votes(void **state)
{
    struct world_name *name;

    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 9);
    for (unsigned i = 3; i < 9; i++) {
        lab.servers[i].server.clock.offset_s = 0.1;
    }
    lab.settings.spec_count = 4;
    name_line(3, "pool.example", SOURCE_POOL, 6);
    for (unsigned i = 0; i < 3; i++) {
        struct source_spec *spec = &lab.settings.specs[i];

        spec->address = v4(198, 51, 100 + i, 1);
        snprintf(spec->name, sizeof spec->name, "198.51.%u.1", 100 + i);
    }
    lab_build(&lab, 2);
    name = add_name("pool.example");
    for (unsigned i = 0; i < 9; i++) {
        lab.world.nodes[i + 1].address = i < 3 ? v4(198, 51, 100 + i, 1) : v4(203, 0, 113, i + 1);
        if (i >= 3) {
            name->addresses[name->count++] = lab.world.nodes[i + 1].address;
        }
    }
    lab_start(&lab, 2);
    run_and_hold(900, 1500, 500e-6);
    assert_int_equal(with_status(SOURCE_FALSETICKER), 2);
    assert_int_equal(with_status(SOURCE_SAME_NETWORK), 4);
    run_and_hold(1500, 20000, 500e-6);
    lab_end(&lab);
}

/* ---- a resolver that lies for a while ---- */

static const struct address attacker[] = {
    {.family = ADDRESS_V4, .bytes = {203, 0, 113, 1}, .port = NTP_PORT},
    {.family = ADDRESS_V4, .bytes = {203, 0, 114, 1}, .port = NTP_PORT},
    {.family = ADDRESS_V4, .bytes = {203, 0, 115, 1}, .port = NTP_PORT},
    {.family = ADDRESS_V4, .bytes = {203, 0, 116, 1}, .port = NTP_PORT}};

static void set_names(struct world *w, bool poisoned)
{
    for (unsigned i = 0; i < 4; i++) {
        w->names[i].addresses[0] = poisoned ? attacker[i] : world_address(i + 1);
    }
}

static void poison(struct world *w, struct node *node, double on)
{
    (void)node;
    set_names(w, on > 0);
}

/* For fifty minutes, just when all names are looked up again, they mean the attacker's hosts. */
static void test_a_poisoned_refresh_takes_one_vote(void **state)
{
    char name[32];

    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 8);
    lab.settings.spec_count = 4;
    lab.settings.name_refresh_s = 20000;
    for (unsigned i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "ntp%u.example", i);
        name_line(i, name, SOURCE_SERVER, 1);
        lab.servers[4 + i].server.clock.offset_s = 0.2;
    }
    lab_build(&lab, 3);
    for (unsigned i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "ntp%u.example", i);
        add_name(name)->count = 1;
        lab.world.nodes[5 + i].address = attacker[i];
    }
    set_names(&lab.world, false);
    world_at(&lab.world, 17500, 0, poison, 1);
    world_at(&lab.world, 20500, 0, poison, 0);
    lab_start(&lab, 3);
    run_and_hold(900, 60000, 500e-6);
    assert_in_range(lab_events(&lab, EVENT_SOURCE_REPLACED), 1, 2);
    for (unsigned i = 0; i < 4; i++) { /* and it is over at the next look-up */
        assert_false(asks(&attacker[i]));
    }
    lab_end(&lab);
}

/* ---- reloads ---- */

static void reload(struct world *w, struct node *node, double round)
{
    struct settings settings = lab.settings;

    for (unsigned i = 0; i < settings.spec_count; i++) {
        settings.specs[i].maxpoll = 8 + (int)round % 3;
        settings.specs[i].prefer = i == (unsigned)round % 4;
    }
    settings.max_slew_rate = (int)round % 2 ? 500e-6 : 0.08;
    engine_node_configure(w, node->index, &settings);
}

/* A reload each second, from before the first answer on: as if there were none. */
static void test_a_thousand_reloads(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 4);
    lab_build(&lab, 4);
    for (unsigned i = 0; i < 1000; i++) {
        world_at(&lab.world, 0.5 + i, LAB_CLIENT, reload, i);
    }
    lab_start(&lab, 4);
    run_and_hold(900, 5000, 500e-6);
    assert_int_equal(lab_events(&lab, EVENT_SOURCE_ADDED), 4);
    assert_int_equal(lab_events(&lab, EVENT_SOURCE_REMOVED), 0);
    assert_int_equal(lab_events(&lab, EVENT_CLOCK_STEPPED), 0);
    lab_end(&lab);
}

static void reload_without_sources(struct world *w, struct node *node, double sources)
{
    struct settings settings = lab.settings;

    settings.spec_count = (unsigned)sources;
    engine_node_configure(w, node->index, &settings);
}

/* In the middle of a slew all sources go; the clock ends where the slew was to lead it. */
static void test_no_sources_in_the_middle_of_a_slew(void **state)
{
    (void)state;
    lab_init(&lab, false);
    lab_add_many(&lab, 3);
    lab.settings.max_slew_rate = 500e-6;
    lab.settings.step_threshold_s = 0;
    lab.clock.offset_s = 0.1; /* more than three minutes of slewing */
    lab.clock.freq = 0;
    lab_build(&lab, 5);
    world_at(&lab.world, 60, LAB_CLIENT, reload_without_sources, 0);
    world_at(&lab.world, 600, LAB_CLIENT, reload_without_sources, 3);
    lab_start(&lab, 5);
    lab_run(&lab, 59);
    assert_true(fabs(lab_error_s(&lab)) > 0.05);
    lab_run(&lab, 599);
    assert_true(fabs(lab_error_s(&lab)) < 0.01);
    assert_int_equal(with_status(SOURCE_UNUSED), SOURCES_MAX);
    run_and_hold(1500, 10000, 500e-6);
    lab_end(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_liar_of_a_pool_is_replaced),
        cmocka_unit_test(test_a_network_has_two_votes),
        cmocka_unit_test(test_a_poisoned_refresh_takes_one_vote),
        cmocka_unit_test(test_a_thousand_reloads),
        cmocka_unit_test(test_no_sources_in_the_middle_of_a_slew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
