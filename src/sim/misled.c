/* SPDX-License-Identifier: BSD-2-Clause */
/* Worlds in which one server of several is wrong for a while, by seed: how far it drags the clock,
 * and whether the bound stays true. The kinds of faults take turns, or --kind names one:
 *   repent   it lies by 20 ms to 10 s, for 30 to 3000 s, and tells the truth again
 *   early    the same, beginning within the first answers
 *   wander   its frequency is a random walk
 *   creep    it runs fast or slow by 0.02 to 2 ppm
 *   silent   it is unreachable for a while
 * From a minute after the start on the clock must stay within the limit and within its bound. A bad
 * seed is named, and is bad again: toki-misled --seed N --verbose. --median: at most for the median
 * of the seeds' largest errors. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/checks.h"
#include "sim/engine_node.h"
#include "sim/scenario.h"

#define SERVERS_MAX 5
#define SETTLED_S 60

enum kind { KIND_REPENT, KIND_EARLY, KIND_WANDER, KIND_CREEP, KIND_SILENT, KINDS };

static const char *kind_name(enum kind kind)
{
    switch (kind) {
    case KIND_REPENT: return "repent";
    case KIND_EARLY: return "early";
    case KIND_WANDER: return "wander";
    case KIND_CREEP: return "creep";
    case KIND_SILENT: return "silent";
    case KINDS: break;
    }
    return "?";
}

struct misled_plan {
    enum kind kind;
    unsigned servers;
    int minpoll, maxpoll;
    bool wan;
    double lie_s, from_s, to_s, end_s, wander, freq;
    double jitter_s;
};

struct misled_result {
    double max_s, at_s; /* largest error, and when */
    unsigned outside;   /* seconds beyond the bound */
    unsigned unsynchronised;
};

static struct misled_plan plan_world(uint64_t seed, int kind)
{
    struct misled_plan p = {0};
    struct prng dice;

    prng_seed(&dice, seed, 77);
    p.kind = kind >= 0 ? (enum kind)kind : (enum kind)(seed % KINDS);
    p.servers = 3 + prng_below(&dice, 3);
    p.minpoll = 3 + (int)prng_below(&dice, 4);
    p.maxpoll = p.minpoll + (int)prng_below(&dice, (unsigned)(11 - p.minpoll));
    p.jitter_s = prng_between_log(&dice, 1e-6, 5e-5);
    p.from_s =
        prng_between_log(&dice, p.kind == KIND_EARLY ? 1 : 20, p.kind == KIND_EARLY ? 20 : 3000);
    p.to_s = p.from_s + prng_between_log(&dice, 30, 3000);
    p.lie_s = prng_between_log(&dice, 0.02, 10) * (prng_chance(&dice, 0.5) ? 1 : -1);
    p.wander = prng_between_log(&dice, 3e-9, 3e-8);
    p.freq = prng_between_log(&dice, 2e-8, 2e-6) * (prng_chance(&dice, 0.5) ? 1 : -1);
    p.end_s = p.kind == KIND_WANDER || p.kind == KIND_CREEP ? 40000 : p.to_s + 3000;
    return p;
}

static void build(struct world *w, struct checks *checks, struct settings *settings,
                  const struct misled_plan *p, uint64_t seed)
{
    struct oscillator_settings clock = {.offset_s = 1e-3, .freq = 1e-5, .wander = 1e-10};
    struct link_settings path = {.delay_s = 1e-4, .jitter_s = p->jitter_s}, broken = path;
    struct engine_node_setup setup = {.settings = settings};

    scenario_settings_chrony(settings);
    settings->step_threshold_s = 1;
    settings->step_updates = 3;
    for (unsigned i = 0; i < p->servers; i++) {
        struct source_spec *spec = scenario_add_source(settings, i + 1);

        spec->iburst = true;
        spec->minpoll = p->minpoll;
        spec->maxpoll = p->maxpoll;
    }
    world_init(w, seed);
    (void)engine_node_add(w, &clock, &setup);
    for (unsigned i = 0; i < p->servers; i++) {
        struct server_settings server = {0};
        const struct link_settings *link = &path;

        if (i == 0 && (p->kind == KIND_REPENT || p->kind == KIND_EARLY)) {
            server.clock.step_s = p->lie_s;
            server.clock.step_at_s = p->from_s;
            server.clock.step_back_at_s = p->to_s;
        } else if (i == 0 && p->kind == KIND_WANDER) {
            server.clock.wander = p->wander;
        } else if (i == 0 && p->kind == KIND_CREEP) {
            server.clock.freq = p->freq;
        } else if (i == 0) {
            broken.outage_from_s = p->from_s;
            broken.outage_to_s = p->to_s;
            link = &broken;
        }
        (void)world_add_server(w, &server);
        world_set_path(w, 0, i + 1, link, link);
    }
    checks_init(checks, w);
    checks->liar[1] = p->kind != KIND_SILENT;
    checks_watch(checks, 0, settings, true);
    world_start(w);
}

static struct misled_result run(uint64_t seed, int kind, bool verbose)
{
    static struct world world;
    static struct checks checks;
    static struct settings settings;
    struct misled_plan p = plan_world(seed, kind);
    struct misled_result result = {0};

    build(&world, &checks, &settings, &p, seed);
    if (verbose) {
        printf(
            "seed %llu %s: %u servers, polls %d to %d, jitter %.2g s; wrong from %.0f to %.0f s, "
            "by %+.3g s, wander %.2g, freq %+.2g\n",
            (unsigned long long)seed, kind_name(p.kind), p.servers, p.minpoll, p.maxpoll,
            p.jitter_s, p.from_s, p.to_s, p.lie_s, p.wander, p.freq);
    }
    while (world_now_s(&world) < p.end_s) {
        const struct engine *e;
        double error_s, bound_s;

        world_run_second(&world);
        checks_second(&checks);
        e = world.nodes[0].engine;
        error_s = fabs(world_error_s(&world, 0));
        bound_s =
            reference_distance(&e->reference, (struct mono_time){world.nodes[0].clock.mono_ns});
        if (world_now_s(&world) < SETTLED_S) {
            continue;
        }
        if (error_s > result.max_s) {
            result.max_s = error_s;
            result.at_s = world_now_s(&world);
        }
        result.unsynchronised += !e->synchronised;
        result.outside += e->synchronised && error_s > bound_s;
        if (verbose && (error_s > 5e-4 || (e->synchronised && error_s > bound_s))) {
            printf("%8.0f error %.3g bound %.3g", world_now_s(&world), error_s, bound_s);
            for (unsigned i = 0; i < SOURCES_MAX; i++) {
                if (e->sources[i].status != SOURCE_UNUSED) {
                    printf(" %s", source_status_name(e->sources[i].status));
                }
            }
            printf("\n");
        }
    }
    (void)checks_finish(&checks);
    world_free(&world);
    return result;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"seeds", required_argument, NULL, 's'}, {"first-seed", required_argument, NULL, 'f'},
        {"seed", required_argument, NULL, 'o'},  {"kind", required_argument, NULL, 'k'},
        {"limit", required_argument, NULL, 'l'}, {"median", required_argument, NULL, 'm'},
        {"verbose", no_argument, NULL, 'v'},     {NULL, 0, NULL, 0}};
    uint64_t first = 1, count = 100, bad = 0, outside = 0;
    double limit_s = 1e-3, median_s = HUGE_VAL, *errors;
    int option, kind = -1;
    bool verbose = false;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 's': count = strtoull(optarg, NULL, 10); break;
        case 'f': first = strtoull(optarg, NULL, 10); break;
        case 'o':
            first = strtoull(optarg, NULL, 10);
            count = 1;
            break;
        case 'l': limit_s = strtod(optarg, NULL); break;
        case 'm': median_s = strtod(optarg, NULL); break;
        case 'v': verbose = true; break;
        case 'k':
            kind = KINDS - 1;
            while (kind >= 0 && strcmp(optarg, kind_name((enum kind)kind)) != 0) {
                kind--;
            }
            if (kind < 0) {
                fprintf(stderr, "toki-misled: there is no kind '%s'\n", optarg);
                return 2;
            }
            break;
        default:
            fputs(
                "usage: toki-misled [--seeds N] [--first-seed N] [--kind KIND] [--limit S] "
                "[--median S]\n"
                "       toki-misled --seed N [--verbose]\n",
                stderr);
            return 2;
        }
    }
    errors = calloc(count + 1, sizeof *errors);
    for (uint64_t i = 0; errors && i < count; i++) {
        struct misled_result r = run(first + i, kind, verbose);

        errors[i] = r.max_s;
        outside += r.outside;
        if (r.max_s > limit_s || r.outside > 0) {
            printf(
                "seed %llu %s: error %.3g s at %.0f s, %u s beyond the bound, %u s "
                "unsynchronised\n",
                (unsigned long long)(first + i),
                kind_name(kind >= 0 ? (enum kind)kind : (enum kind)((first + i) % KINDS)), r.max_s,
                r.at_s, r.outside, r.unsynchronised);
            bad++;
        }
    }
    if (errors && count > 0) {
        qsort(errors, count, sizeof *errors, by_size);
        printf(
            "%llu seeds, %llu bad; largest error: median %.3g s, 90 %% %.3g s, most %.3g s; "
            "%llu s beyond the bound\n",
            (unsigned long long)count, (unsigned long long)bad, errors[count / 2],
            errors[count * 9 / 10], errors[count - 1], (unsigned long long)outside);
    }
    if (errors && errors[count / 2] > median_s) {
        printf("MEDIAN: %.3g s are allowed\n", median_s);
        bad++;
    }
    free(errors);
    return bad > 0;
}
