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

void selection_init(struct selection *s)
{
    memset(s, 0, sizeof *s);
    s->chosen = SELECTION_NONE;
    s->stratum_weight_s = SELECTION_STRATUM_S;
    s->combine_limit = SELECTION_COMBINE;
}

static unsigned candidate_votes(const struct candidate *c)
{
    return c->weight > 0 ? c->weight : 1;
}

static double candidate_low(const struct candidate *c)
{
    return c->offset_s - c->distance_s;
}

static double candidate_high(const struct candidate *c)
{
    return c->offset_s + c->distance_s;
}

/* Votes whose intervals (of trusted sources only, if `trusted`) that hold `x`. */
static unsigned selection_depth(const struct candidate *c, unsigned count, double x, bool trusted)
{
    unsigned depth = 0;

    for (unsigned i = 0; i < count; i++) {
        if ((!trusted || c[i].trust) && candidate_low(&c[i]) <= x && x <= candidate_high(&c[i])) {
            depth += candidate_votes(&c[i]);
        }
    }
    return depth;
}

/* Deepest point: it is always the lower end of some interval. Gives the depth. */
static unsigned selection_deepest(const struct candidate *c, unsigned count, bool trusted,
                                  double *low)
{
    unsigned best = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned depth;

        if (trusted && !c[i].trust) {
            continue;
        }
        depth = selection_depth(c, count, candidate_low(&c[i]), trusted);
        if (depth > best) {
            best = depth;
            *low = candidate_low(&c[i]);
        }
    }
    return best;
}

/* Upper end of the intersection that begins at `low`, of the sources that were asked. */
static double selection_upper(const struct candidate *c, unsigned count, bool trusted, double low)
{
    double high = INFINITY;

    for (unsigned i = 0; i < count; i++) {
        if ((!trusted || c[i].trust) && candidate_low(&c[i]) <= low &&
            low <= candidate_high(&c[i])) {
            high = fmin(high, candidate_high(&c[i]));
        }
    }
    return high;
}

/* Ends of the region that more than half of the voters cover: the truth is in it as long as they
 * are
 * right, wherever in it they agree most. */
static void selection_hull(struct selection *s, const struct candidate *c, unsigned count,
                           bool trusted)
{
    s->hull_low_s = s->low_s;
    s->hull_high_s = s->high_s;
    for (unsigned i = 0; i < count; i++) {
        if (2 * selection_depth(c, count, candidate_low(&c[i]), trusted) > s->voters) {
            s->hull_low_s = fmin(s->hull_low_s, candidate_low(&c[i]));
        }
        if (2 * selection_depth(c, count, candidate_high(&c[i]), trusted) > s->voters) {
            s->hull_high_s = fmax(s->hull_high_s, candidate_high(&c[i]));
        }
    }
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

/* Leap second announced by more than half of the truechimers, preferred or not. */
static void selection_leap(struct selection *s, const struct candidate *c, unsigned count)
{
    unsigned votes[4] = {0}, voters = 0;

    for (unsigned i = 0; i < count; i++) {
        if (s->judgements[i] == JUDGED_TRUE) {
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

void selection_update(struct selection *s, const struct candidate *c, unsigned count,
                      unsigned min_sources)
{
    bool before[SOURCES_MAX] = {false};
    unsigned trusted = 0, all = 0, depth;
    double low = 0;

    for (unsigned i = 0; i < s->survivor_count; i++) {
        before[s->survivors[i]] = true;
    }
    for (unsigned i = 0; i < count; i++) {
        all += candidate_votes(&c[i]);
        trusted += c[i].trust ? candidate_votes(&c[i]) : 0;
    }
    s->voters = trusted ? trusted : all;
    depth = selection_deepest(c, count, trusted > 0, &low);
    s->valid = depth > 0 && 2 * depth > s->voters && count >= min_sources;
    if (!s->valid) {
        for (unsigned i = 0; i < count; i++) {
            s->judgements[i] = JUDGED_UNDECIDED;
        }
        s->survivor_count = 0;
        s->chosen = SELECTION_NONE;
        s->leap = LEAP_NONE;
        return;
    }
    s->low_s = low;
    s->high_s = selection_upper(c, count, trusted > 0, low);
    selection_hull(s, c, count, trusted > 0);
    for (unsigned i = 0; i < count; i++) {
        bool meets = candidate_low(&c[i]) <= s->high_s && s->low_s <= candidate_high(&c[i]);

        s->judgements[i] = meets ? JUDGED_TRUE : JUDGED_FALSE;
    }
    selection_survivors(s, c, count);
    selection_choose(s, c, count);
    selection_prune(s, c, count, before);
    selection_leap(s, c, count);
}
