/* SPDX-License-Identifier: BSD-2-Clause */
/* Invariants. Each is checked where the world shows what it speaks of, and never asks the engine
 * whether it did well: only its published reference and its counters are read. */
#include "sim/checks.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BURST_GAP_S 1.9 /* bursts are 2 s apart */
#define BURST_MAX 8     /* requests in one */
#define SPREAD 0.97     /* polls are spread by a few percent */
#define START_S 30      /* nothing is asked of the bound before */
#define AFTER_LIAR_S 300
/* Part of the synchronised seconds in which the error may be beyond the bound ... */
#define OUTSIDE_MAX 0.001
#define OUTSIDE_FREE 3 /* ... and this number in any case: short runs */
#define RUNS_MAX 400   /* of a node in one second */

static void violated(struct checks *c, const struct node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void violated(struct checks *c, const struct node *node, const char *format, ...)
{
    if (c->violations < CHECKS_KEPT) {
        char *text = c->text[c->violations];
        int length =
            snprintf(text, CHECKS_TEXT, "%.3f s, node %u: ", world_now_s(c->world), node->index);
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(text + length, CHECKS_TEXT - (size_t)length, format, arguments);
        va_end(arguments);
    }
    c->violations++;
}

static const struct source_spec *spec_of(const struct settings *settings, const struct address *to)
{
    const struct source_spec *named = NULL;

    for (unsigned i = 0; i < settings->spec_count; i++) {
        const struct source_spec *s = &settings->specs[i];

        if (s->kind != SOURCE_REFCLOCK && address_equal(&s->address, to)) {
            return s;
        }
        if (s->kind != SOURCE_REFCLOCK && s->address.family == ADDRESS_NONE) {
            named = s; /* the worlds have at most one kind of named line */
        }
    }
    return named;
}

static struct check_source *source_of(struct check_node *n, const struct address *to)
{
    for (unsigned i = 0; i < n->source_count; i++) {
        if (address_equal(&n->sources[i].address, to)) {
            return &n->sources[i];
        }
    }
    if (n->source_count == CHECKS_SOURCES) {
        return NULL;
    }
    n->sources[n->source_count] = (struct check_source){.address = *to};
    return &n->sources[n->source_count++];
}

/* `gap_s`: since the last request to the same server, by the client's own clock. */
static void check_gap(struct checks *c, const struct node *node, struct check_source *s,
                      const struct source_spec *spec, double gap_s)
{
    struct check_node *n = &c->nodes[node->index];

    if (gap_s >= SPREAD * s_from_log2(spec->minpoll)) {
        s->run = 1;
        return;
    }
    s->run++;
    if (gap_s >= BURST_GAP_S && s->run <= BURST_MAX) {
        return;
    }
    if (n->early > 0) {
        n->early--;
        s->run = 1;
        return;
    }
    violated(c, node, "rate: %s asked again after %.3f s, minpoll %d, %u in a row", spec->name,
             gap_s, spec->minpoll, s->run);
}

static void on_request(void *context, struct node *node, const struct address *to)
{
    struct checks *c = context;
    struct check_node *n = &c->nodes[node->index];
    const struct source_spec *spec;
    struct check_source *s;
    int64_t now = oscillator_read(&node->clock).mono.ns;

    if (!n->settings) {
        return;
    }
    spec = spec_of(n->settings, to);
    s = source_of(n, to);
    if (!spec || !s) {
        violated(c, node, "rate: a server that is not configured is asked");
        return;
    }
    if (spec->offline) {
        violated(c, node, "offline: %s is asked", spec->name);
    }
    if (s->asked) {
        check_gap(c, node, s, spec, s_from_ns(now - s->last_ns));
    }
    s->asked = true;
    s->last_ns = now;
}

static void on_step(void *context, struct node *node, double step_s)
{
    struct checks *c = context;
    struct check_node *n = &c->nodes[node->index];
    const struct settings *s = n->settings;
    double size = fabs(step_s), threshold_s;

    if (!s) {
        return;
    }
    n->early += n->source_count; /* what is under way is void after a step, and asked again */
    threshold_s = step_s > 0 ? s->step_forward_s : s->step_backward_s;
    threshold_s = threshold_s > 0 ? threshold_s : s->step_threshold_s;
    if (!s->clock_control || !(threshold_s > 0)) {
        violated(c, node, "step: by %g s, steps are not allowed", step_s);
    } else if (size <= threshold_s * 0.999) {
        violated(c, node, "step: by %g s, below the threshold", step_s);
    } else if (s->step_updates >= 0 && n->updates >= (unsigned)s->step_updates &&
               !(s->stepout_s > 0)) {
        violated(c, node, "step: by %g s after %u updates", step_s, n->updates);
    }
    if (s->panic_s > 0 && size > s->panic_s && !(n->updates == 0 && s->panic_first_allowed) &&
        n->updates >= s->panic_updates) {
        violated(c, node, "step: by %g s, above the panic threshold", step_s);
    }
}

void checks_init(struct checks *c, struct world *w)
{
    memset(c, 0, sizeof *c);
    c->world = w;
    w->observer = (struct world_observer){.context = c, .request = on_request, .step = on_step};
}

void checks_watch(struct checks *c, unsigned node, const struct settings *settings, bool bound)
{
    c->nodes[node].settings = settings;
    c->nodes[node].bound = bound;
    c->nodes[node].grace_ns = c->world->now_ns + ns_from_s(START_S);
}

void checks_excuse(struct checks *c, unsigned node, double for_s)
{
    struct check_node *n = &c->nodes[node];

    n->grace_ns = c->world->now_ns + ns_from_s(for_s);
    n->early += n->source_count;
    for (unsigned i = 0; i < n->source_count; i++) {
        n->sources[i].run = 0; /* a new burst is in order */
    }
}

/* A liar whose time lies within what the honest servers leave open cannot be told from them, by
 * anybody: as long as the node uses one, its bound is the liar's word, and so is that of its
 * followers. How long after now its bound means nothing, in seconds; 0: it holds. */
static double misled_s(const struct checks *c, const struct node *node)
{
    double most_s = 0;

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &node->engine->sources[i];

        for (unsigned n = 0; n < c->world->node_count && s->status >= SOURCE_COMBINED; n++) {
            struct address server = world_address(n);

            if (!address_equal(&s->address, &server)) {
                continue;
            }
            if (c->liar[n]) {
                most_s = fmax(most_s, AFTER_LIAR_S);
            } else if (c->nodes[n].settings && c->nodes[n].misled_ns > c->world->now_ns) {
                most_s = fmax(most_s, AFTER_LIAR_S + s_from_log2(s->poll)); /* until it asks */
            }
        }
    }
    return most_s;
}

static void check_bound(struct checks *c, const struct node *node)
{
    struct check_node *n = &c->nodes[node->index];
    const struct reference *r = &node->engine->reference;
    double error_s, bound_s, misled = misled_s(c, node);

    if (r->leap == LEAP_UNSYNCHRONISED || r->stratum >= STRATUM_UNSYNCHRONISED ||
        !node->engine->synchronised || c->world->now_ns < n->grace_ns) {
        return;
    }
    if (misled > 0) {
        n->grace_ns = n->misled_ns = c->world->now_ns + ns_from_s(misled);
        return;
    }
    error_s = fabs(world_error_s(c->world, node->index));
    bound_s = reference_distance(r, (struct mono_time){node->clock.mono_ns});
    n->synchronised++;
    n->outside += error_s > bound_s;
    if (error_s > n->worst * bound_s) {
        n->worst = error_s / bound_s;
        n->worst_at_s = world_now_s(c->world);
    }
}

void checks_second(struct checks *c)
{
    for (unsigned i = 0; i < c->world->node_count; i++) {
        const struct node *node = &c->world->nodes[i];
        struct check_node *n = &c->nodes[i];

        if (!n->settings || !node->started || node->asleep) {
            continue;
        }
        n->updates = node->engine->discipline.updates;
        if (n->bound) {
            check_bound(c, node);
        }
    }
}

unsigned checks_finish(struct checks *c)
{
    for (unsigned i = 0; i < c->world->node_count; i++) {
        const struct node *node = &c->world->nodes[i];
        const struct check_node *n = &c->nodes[i];

        if (!n->settings || !node->engine) {
            continue;
        }
        if ((double)n->outside > OUTSIDE_MAX * (double)n->synchronised + OUTSIDE_FREE) {
            violated(c, node, "bound: %llu of %llu s outside, worst %.2f times at %.0f s",
                     (unsigned long long)n->outside, (unsigned long long)n->synchronised, n->worst,
                     n->worst_at_s);
        }
        if (node->counters.stuck > 0 || node->counters.runs_worst_second > RUNS_MAX) {
            violated(c, node, "spin: stuck %llu times, %llu runs in one second",
                     (unsigned long long)node->counters.stuck,
                     (unsigned long long)node->counters.runs_worst_second);
        }
        if (node->engine->effects.lost > 0) {
            violated(c, node, "effects: %llu lost", (unsigned long long)node->engine->effects.lost);
        }
        if (node->counters.unasked > 0) {
            violated(c, node, "unasked: %llu replies", (unsigned long long)node->counters.unasked);
        }
    }
    if (c->world->events_lost > 0) {
        violated(c, &c->world->nodes[0], "the world's queue was full %llu times",
                 (unsigned long long)c->world->events_lost);
    }
    return c->violations;
}
