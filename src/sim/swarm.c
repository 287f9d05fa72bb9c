/* SPDX-License-Identifier: BSD-2-Clause */
/* The swarm: random worlds by seed, each run twice; the invariants of sim/checks.h must hold,
 * nothing may be allocated once the world runs, and both runs must be the same to the last bit. A
 * seed that fails is told, and fails again: toki-swarm --seed N --verbose. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/daemon_node.h"
#include "sim/engine_node.h"
#include "sim/swarm_plan.h"

/* How long the world may take to be noticed: the engine's longest silence, and a burst. */
#define NOTICE_S 100
#define FOLLOWER_START_S 400 /* it starts with our node, and hears of what that did a poll later */

struct outcome {
    uint64_t trace, allocations;
    unsigned violations;
    char text[CHECKS_KEPT][CHECKS_TEXT];
    double seconds_synchronised, error_s;
    uint64_t outside;
};

/* ---- allocations: counted by the linker's --wrap ---- */

static bool running;
static uint64_t allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_malloc(size_t size)
{
    allocations += running;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations += running;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    allocations += running;
    return __real_realloc(memory, size);
}

/* ---- one world ---- */

/* What the actions of the world need beside their node. One world runs at a time. */
static struct checks checks;
static struct plan plan;

static void say(void *context, struct node *node, const struct event *event)
{
    const struct checks *c = context;

    printf("%12.3f node %u %s source %d value %g\n", world_now_s(c->world), node->index,
           event_name(event->type), event->source == EVENT_NO_SOURCE ? -1 : (int)event->source,
           event->value);
}

static const char *plan_event_word(enum plan_event_kind kind)
{
    switch (kind) {
    case PLAN_STEP: return "step";
    case PLAN_SUSPEND: return "suspend";
    case PLAN_REFUSE: return "refuse";
    case PLAN_OFFLINE: return "offline";
    case PLAN_RESTART: break;
    }
    return "restart";
}

static void say_servers(void)
{
    for (unsigned i = 0; i < plan.server_count; i++) {
        const struct scenario_server *s = &plan.servers[i];
        const struct server_settings *set = &s->server;

        printf(
            "  server %u%s: stratum %u, clock %+.3g s %+.2g ppm, step %+.2g s at %.0f s; "
            "root %.2g s +- %.2g s\n"
            "    path %.3g s + %.2g s there, %.3g s + %.2g s back, loss %.2f %.2f\n"
            "    unsynchronised %.0f-%.0f s, dead %.0f-%.0f s, cut off %.0f-%.0f s, kiss "
            "%.0f-%.0f s\n",
            i + 1, s->liar ? " (liar)" : "", set->stratum, set->clock.offset_s,
            set->clock.freq * 1e6, set->clock.step_s, set->clock.step_at_s, set->root_delay_s,
            set->root_dispersion_s, s->up.delay_s, s->up.jitter_s, s->down.delay_s,
            s->down.jitter_s, s->up.loss, s->down.loss, set->unsynchronised.from_s,
            set->unsynchronised.to_s, set->dead.from_s, set->dead.to_s, s->up.outage_from_s,
            s->up.outage_to_s, set->kiss.from_s, set->kiss.to_s);
    }
    for (unsigned i = 0; i < plan.event_count; i++) {
        const struct plan_event *e = &plan.events[i];

        printf("  at %.0f s: %s, %g s, for %g s\n", e->at_s, plan_event_word(e->kind), e->value,
               e->length_s);
    }
}

/* The first seconds outside the bound, in full. */
static void say_outside(const struct world *w, unsigned index, uint64_t before)
{
    const struct node *node = &w->nodes[index];
    const struct engine *e = node->engine;

    if (checks.nodes[index].outside == before || before >= 3) {
        return;
    }
    printf(
        "%12.0f node %u OUTSIDE: error %+.4g s, bound %.4g s, admitted %+.4g s +- %.2g s, drift "
        "%.4g, "
        "%s\n",
        world_now_s(w), index, world_error_s(w, index),
        reference_distance(&e->reference, (struct mono_time){node->clock.mono_ns}),
        e->reference.offset_s, e->reference.offset_sd_s, e->discipline.drift,
        discipline_state_name(e->discipline.state));
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &e->sources[i];

        if (s->status != SOURCE_UNUSED) {
            printf(
                "    server %d: %s, poll %d, reach %02x, last offset %+.4g s, jitter %.2g s, "
                "delay %.3g s\n",
                s->address.bytes[3] - 1, source_status_name(s->status), s->poll, s->reach,
                s->last.offset_s, s->filter.jitter_s, s->filter.min_delay_s);
        }
    }
}

static void excuse(struct world *w, struct node *node, double for_s)
{
    (void)w;
    checks_excuse(&checks, node->index, for_s);
}

static void step(struct world *w, struct node *node, double step_s)
{
    world_action_step(w, node, step_s);
    checks_excuse(&checks, node->index, NOTICE_S);
}

static void suspend(struct world *w, struct node *node, double length_s)
{
    world_action_suspend(w, node, length_s);
    world_at(w, world_now_s(w) + length_s, node->index, excuse, NOTICE_S);
}

static void set_offline(struct world *w, struct node *node, double offline)
{
    plan.settings.specs[0].offline = offline > 0.5;
    engine_node_configure(w, node->index, &plan.settings);
    checks_excuse(&checks, node->index, 0);
}

static void restart(struct world *w, struct node *node, double after_s)
{
    daemon_node_restart(w, node, after_s);
    checks_excuse(&checks, node->index, after_s + NOTICE_S);
}

static void schedule(struct world *w, const struct plan_event *e)
{
    double end_s = e->at_s + e->length_s;

    switch (e->kind) {
    case PLAN_STEP: world_at(w, e->at_s, 0, step, e->value); break;
    case PLAN_SUSPEND: world_at(w, e->at_s, 0, suspend, e->length_s); break;
    case PLAN_REFUSE:
        world_at(w, e->at_s, 0, world_action_clock_error, EPERM);
        world_at(w, end_s, 0, world_action_clock_error, 0);
        break;
    case PLAN_OFFLINE:
        if (!plan.daemon) {
            world_at(w, e->at_s, 0, set_offline, 1);
            world_at(w, end_s, 0, set_offline, 0);
        }
        break;
    case PLAN_RESTART:
        if (plan.daemon) {
            world_at(w, e->at_s, 0, restart, fmin(e->length_s, 60));
        }
        break;
    }
}

static void build(struct world *w)
{
    struct oscillator_settings follower = {.offset_s = 0.3, .freq = -2e-5, .wander = 1e-9};
    struct link_settings path = {.delay_s = 2e-3, .jitter_s = 1e-4};

    world_init(w, plan.seed);
    if (plan.daemon) {
        daemon_node_add(w, &plan.clock,
                        &(struct daemon_node_setup){.settings = &plan.settings,
                                                    .serves = true,
                                                    .limited = plan.hostile,
                                                    .keeps_drift = true});
    } else {
        engine_node_add(
            w, &plan.clock,
            &(struct engine_node_setup){.settings = &plan.settings, .keep_ports = plan.hostile});
    }
    for (unsigned i = 0; i < plan.server_count; i++) {
        unsigned server = world_add_server(w, &plan.servers[i].server);

        world_set_path(w, 0, server, &plan.servers[i].up, &plan.servers[i].down);
    }
    if (plan.follower) {
        unsigned node = engine_node_add(
            w, &follower, &(struct engine_node_setup){.settings = &plan.follower_settings});

        world_set_path(w, node, 0, &path, &path);
    }
    if (plan.named) {
        struct world_name *name = &w->names[w->name_count++];

        *name = (struct world_name){
            .name = "pool.example.net", .count = plan.server_count, .failures = plan.name_failures};
        for (unsigned i = 0; i < plan.server_count; i++) {
            name->addresses[i] = world_address(i + 1);
        }
    }
    for (unsigned i = 0; i < plan.event_count; i++) {
        schedule(w, &plan.events[i]);
    }
}

static bool disturbed(void)
{
    for (unsigned i = 0; i < plan.event_count; i++) {
        if (plan.events[i].kind == PLAN_REFUSE) {
            return true; /* the clock cannot be held to a promise that the kernel breaks */
        }
    }
    return !plan.settings.clock_control;
}

static void run(struct world *w, bool verbose, struct outcome *out)
{
    unsigned last = plan.server_count + 1;

    build(w);
    checks_init(&checks, w);
    checks_watch(&checks, 0, &plan.settings, plan.majority && !disturbed());
    for (unsigned i = 0; i < plan.server_count; i++) {
        checks.liar[i + 1] = plan.servers[i].liar;
    }
    if (plan.follower) {
        /* Its one server is our node, which may step: then it follows, and is not to blame. */
        checks_watch(&checks, last, &plan.follower_settings,
                     plan.majority && !disturbed() && plan.event_count == 0);
        checks_excuse(&checks, last, FOLLOWER_START_S);
    }
    if (verbose) {
        w->observer.event = say;
    }
    world_start(w);
    while (world_now_s(w) < plan.length_s) {
        uint64_t before[2] = {checks.nodes[0].outside, checks.nodes[last].outside};

        world_run_second(w);
        checks_second(&checks);
        if (verbose) {
            say_outside(w, 0, before[0]);
        }
        if (verbose && plan.follower) {
            say_outside(w, last, before[1]);
        }
        running = w->second >= 2; /* all nodes have started */
    }
    running = false;
    out->violations = checks_finish(&checks);
    memcpy(out->text, checks.text, sizeof out->text);
    out->trace = w->trace;
    out->seconds_synchronised = (double)checks.nodes[0].synchronised;
    out->outside = checks.nodes[0].outside;
    out->error_s = world_error_s(w, 0);
    world_free(w);
}

/* Both runs of a seed; true if all is well. */
static bool judge(uint64_t seed, bool verbose)
{
    static struct world world;
    static struct outcome first, second;
    char description[200];
    bool good;

    swarm_plan(&plan, seed);
    swarm_describe(&plan, description, sizeof description);
    if (verbose) {
        printf("seed %llu: %s\n", (unsigned long long)seed, description);
        say_servers();
    }
    allocations = 0;
    run(&world, verbose, &first);
    swarm_plan(&plan, seed);
    run(&world, false, &second);
    good = first.violations == 0 && first.trace == second.trace && allocations == 0;
    if (!good) {
        printf("FAILED seed %llu: %s\n", (unsigned long long)seed, description);
    }
    for (unsigned i = 0; i < first.violations && i < CHECKS_KEPT; i++) {
        printf("    %s\n", first.text[i]);
    }
    if (first.violations > CHECKS_KEPT) {
        printf("    ... and %u more\n", first.violations - CHECKS_KEPT);
    }
    if (first.trace != second.trace) {
        printf("    two runs differ\n");
    }
    if (allocations > 0) {
        printf("    %llu allocations while it ran\n", (unsigned long long)allocations);
    }
    if (verbose) {
        printf("synchronised %.0f s of %.0f, outside the bound %llu s, error at the end %g s\n",
               first.seconds_synchronised, plan.length_s, (unsigned long long)first.outside,
               first.error_s);
    }
    return good;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {{"seeds", required_argument, NULL, 'n'},
                                          {"first-seed", required_argument, NULL, 'f'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"verbose", no_argument, NULL, 'v'},
                                          {NULL, 0, NULL, 0}};
    uint64_t first = 1, count = 200, failed = 0;
    bool verbose = false;
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'n': count = strtoull(optarg, NULL, 10); break;
        case 'f': first = strtoull(optarg, NULL, 10); break;
        case 's':
            first = strtoull(optarg, NULL, 10);
            count = 1;
            break;
        case 'v': verbose = true; break;
        default:
            fprintf(stderr,
                    "usage: toki-swarm [--seeds N] [--first-seed N] [--seed N] "
                    "[--verbose]\n");
            return 2;
        }
    }
    for (uint64_t i = 0; i < count; i++) {
        failed += !judge(first + i, verbose);
        fflush(stdout);
    }
    printf("%llu seeds from %llu: %llu passed, %llu failed\n", (unsigned long long)count,
           (unsigned long long)first, (unsigned long long)(count - failed),
           (unsigned long long)failed);
    return failed ? 1 : 0;
}
