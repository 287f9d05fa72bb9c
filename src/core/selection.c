/* SPDX-License-Identifier: BSD-2-Clause */
/* Intersection of the correctness intervals, and choice of the system peer. Called by the engine
 * after each sample. */
#include "core/selection.h"

#include <math.h>
#include <string.h>

#include "core/packet.h"

/* The system peer is left only for one whose distance is below this part of its own. */
#define SELECTION_STICKY 0.7
/* A survivor with a larger multiple of the system peer's distance adds nothing but its own
 * asymmetry and is not combined. */
#define SELECTION_COMBINE 3.0
/* One that is combined stays up to this multiple of that limit: a source that comes and goes has to
 * be learned anew each time. */
#define SELECTION_COMBINE_STAY 2.0
#define SELECTION_STRATUM_S 0.001

struct span {
    double low_s, high_s;
};

void selection_init(struct selection *s)
{
    memset(s, 0, sizeof *s);
    s->chosen = SELECTION_NONE;
    s->stratum_weight_s = SELECTION_STRATUM_S;
    s->combine_limit = SELECTION_COMBINE;
}

unsigned selection_votes(unsigned weight)
{
    return weight > 0 ? weight : 1;
}

static double candidate_low(const struct candidate *c)
{
    return c->offset_s - c->distance_s;
}

static double candidate_high(const struct candidate *c)
{
    return c->offset_s + c->distance_s;
}

/* Votes whose intervals hold `x`. `votes`: of each candidate. */
static unsigned selection_depth(const struct candidate *c, const unsigned *votes, unsigned count,
                                double x)
{
    unsigned depth = 0;

    for (unsigned i = 0; i < count; i++) {
        if (candidate_low(&c[i]) <= x && x <= candidate_high(&c[i])) {
            depth += votes[i];
        }
    }
    return depth;
}

/* Most votes that hold one point: it is always the lower end of some interval. */
static unsigned selection_deepest(const struct candidate *c, const unsigned *votes, unsigned count)
{
    unsigned best = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned depth = selection_depth(c, votes, count, candidate_low(&c[i]));

        best = depth > best ? depth : best;
    }
    return best;
}

/* From the first to the last point that at least so many votes hold, whatever lies between. */
static struct span selection_covered(const struct candidate *c, const unsigned *votes,
                                     unsigned count, unsigned depth)
{
    struct span span = {HUGE_VAL, -HUGE_VAL};

    for (unsigned i = 0; i < count; i++) {
        if (selection_depth(c, votes, count, candidate_low(&c[i])) >= depth) {
            span.low_s = fmin(span.low_s, candidate_low(&c[i]));
        }
        if (selection_depth(c, votes, count, candidate_high(&c[i])) >= depth) {
            span.high_s = fmax(span.high_s, candidate_high(&c[i]));
        }
    }
    return span;
}

/* Is `inner` nowhere outside `outer`? */
static bool selection_within(struct span inner, struct span outer)
{
    return inner.low_s >= outer.low_s && inner.high_s <= outer.high_s;
}

/* `best`: where most agree. `trusted`: where the trusted sources do, of a source that is none
 * (else NULL): it must not lead the clock out of there. */
static enum judgement selection_judge(const struct candidate *c, struct span best,
                                      const struct span *trusted)
{
    struct span own = {candidate_low(c), candidate_high(c)};

    if (!selection_within(own, best) && !selection_within(best, own)) {
        return JUDGED_FALSE;
    }
    return trusted && !selection_within(own, *trusted) ? JUDGED_UNTRUSTED : JUDGED_TRUE;
}

static double selection_rank(const struct selection *s, const struct candidate *c)
{
    return c->distance_s + c->stratum * s->stratum_weight_s;
}

/* Is the best one so little better that the present peer stays? */
static bool selection_stays(const struct selection *s, double best, double present)
{
    return s->reselect_s > 0 ? best + s->reselect_s > present : best > SELECTION_STICKY * present;
}

/* Best survivor; the present peer stays unless another is clearly better. */
static void selection_choose(struct selection *s, const struct candidate *c, unsigned count)
{
    const struct candidate *best = NULL, *present = NULL;

    for (unsigned i = 0; i < count; i++) {
        bool survives = false;

        for (unsigned j = 0; j < s->survivor_count; j++) {
            survives = survives || s->survivors[j] == c[i].source;
        }
        if (!survives) {
            continue;
        }
        if (!best || selection_rank(s, &c[i]) < selection_rank(s, best)) {
            best = &c[i];
        }
        if (c[i].source == s->chosen) {
            present = &c[i];
        }
    }
    if (present && selection_stays(s, selection_rank(s, best), selection_rank(s, present))) {
        best = present;
    }
    s->chosen = best ? best->source : SELECTION_NONE;
}

/* Leaves out the survivors that are much further away than the system peer, and those that might
 * follow us; `before`: the sources that were combined. */
static void selection_prune(struct selection *s, const struct candidate *c, unsigned count,
                            const bool before[SOURCES_MAX])
{
    double limit = 0;
    unsigned kept = 0;
    uint8_t stratum = 0;

    for (unsigned i = 0; i < count; i++) {
        if (c[i].source == s->chosen) {
            limit = s->combine_limit * selection_rank(s, &c[i]);
            stratum = c[i].stratum;
        }
    }
    for (unsigned j = 0; j < s->survivor_count; j++) {
        for (unsigned i = 0; i < count; i++) {
            double stays = before[c[i].source] ? SELECTION_COMBINE_STAY : 1;

            if (c[i].source == s->survivors[j] && (s->serves_nobody || c[i].stratum <= stratum) &&
                (c[i].source == s->chosen || selection_rank(s, &c[i]) <= stays * limit)) {
                s->survivors[kept++] = c[i].source;
                break;
            }
        }
    }
    s->survivor_count = kept;
}

/* Leap second announced by more than half of the truechimers, preferred or not; if some of them are
 * trusted, of those. */
static void selection_leap(struct selection *s, const struct candidate *c, unsigned count)
{
    unsigned votes[4] = {0}, voters = 0;

    for (unsigned i = 0; i < count; i++) {
        if (s->judgements[i] == JUDGED_TRUE && (!s->trusted || c[i].trust)) {
            votes[c[i].leap & 3]++;
            voters++;
        }
    }
    s->leap = LEAP_NONE;
    for (unsigned leap = LEAP_INSERT; leap <= LEAP_DELETE; leap++) {
        if (2 * votes[leap] > voters) {
            s->leap = (uint8_t)leap;
        }
    }
}

/* Truechimers become survivors; if some of them are preferred, only those. */
static void selection_survivors(struct selection *s, const struct candidate *c, unsigned count)
{
    bool preferred = false;

    for (unsigned i = 0; i < count; i++) {
        preferred = preferred || (c[i].prefer && s->judgements[i] == JUDGED_TRUE);
    }
    s->survivor_count = 0;
    for (unsigned i = 0; i < count; i++) {
        if (s->judgements[i] == JUDGED_TRUE && (!preferred || c[i].prefer)) {
            s->survivors[s->survivor_count++] = c[i].source;
        }
    }
}

/* There is nobody to follow: truechimers, if there are any, are not known to be. */
static void selection_fail(struct selection *s, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (s->judgements[i] == JUDGED_TRUE) {
            s->judgements[i] = JUDGED_UNDECIDED;
        }
    }
    s->valid = false;
    s->survivor_count = 0;
    s->chosen = SELECTION_NONE;
    s->leap = LEAP_NONE;
}

/* Is one that must be there among the truechimers? */
static bool selection_has_required(const struct selection *s, const struct candidate *c,
                                   unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (s->judgements[i] == JUDGED_TRUE && c[i].require) {
            return true;
        }
    }
    return false;
}

void selection_update(struct selection *s, const struct candidate *c, unsigned count,
                      unsigned min_sources)
{
    bool before[SOURCES_MAX] = {false};
    unsigned votes[SOURCES_MAX] = {0}, ranked[SOURCES_MAX] = {0};
    struct span best, hull, trusted;
    unsigned depth;

    for (unsigned i = 0; i < s->survivor_count; i++) {
        before[s->survivors[i]] = true;
    }
    s->trusted = false;
    for (unsigned i = 0; i < count; i++) {
        s->trusted = s->trusted || c[i].trust;
    }
    s->voters = 0;
    for (unsigned i = 0; i < count; i++) {
        votes[i] = !s->trusted || c[i].trust ? selection_votes(c[i].weight) : 0;
        /* of what the trusted ones leave open, the others choose */
        ranked[i] = votes[i] * SELECTION_VOTES_MAX + selection_votes(c[i].weight);
        s->voters += votes[i];
        s->judgements[i] = JUDGED_UNDECIDED;
    }
    depth = selection_deepest(c, votes, count);
    s->true_count = 0;
    s->agreeing = depth;
    s->valid = depth > 0 && 2 * depth > s->voters;
    s->held = false;
    if (!s->valid) {
        selection_fail(s, count);
        return;
    }
    best = selection_covered(c, ranked, count, selection_deepest(c, ranked, count));
    trusted = selection_covered(c, votes, count, depth);
    hull = selection_covered(c, votes, count, s->voters / 2 + 1);
    s->low_s = trusted.low_s;
    s->high_s = trusted.high_s;
    s->hull_low_s = hull.low_s;
    s->hull_high_s = hull.high_s;
    for (unsigned i = 0; i < count; i++) {
        bool bound = s->trusted && !c[i].trust;

        s->judgements[i] = selection_judge(&c[i], best, bound ? &trusted : NULL);
        s->true_count += s->judgements[i] == JUDGED_TRUE;
    }
    s->held = s->true_count < min_sources || (s->require && !selection_has_required(s, c, count));
    if (s->held) {
        selection_fail(s, count);
        return;
    }
    selection_survivors(s, c, count);
    selection_choose(s, c, count);
    selection_prune(s, c, count, before);
    selection_leap(s, c, count);
}
