/* SPDX-License-Identifier: BSD-2-Clause */
/* Vote, combination and reference (RFC 5905 sections 11.2 and 11.3). Called by the engine's
 * inputs. */
#include "core/judge.h"

#include <math.h>
#include <string.h>

#include "core/diversity.h"
#include "core/leap.h"

#define JUDGE_SILENT 3         /* requests without any answer ever: unreachable, not waiting */
#define JUDGE_FIRST_WAIT_S 5.0 /* at the start a source may take so long to answer first */
#define JUDGE_LEAP_REST_S 2.0
#define JUDGE_PROOFS 8 /* newest samples of the system peer that are held against the estimate */
/* Deviation of the bias that asymmetry gives a path, as a part of its delay: nothing is known but
 * that it lies within half of it (uniform: 0.29). How it changes in time is a matter of far less.
 * */
#define JUDGE_BIAS 0.25
#define JUDGE_BIAS_CHANGE 0.02
#define JUDGE_BIAS_MIN_S 1e-8
/* A path gains its own bias again within the first of these times, a server's clock within the
 * second: a server that is itself corrected, perhaps by us, must not be taken for a constant. */
#define JUDGE_PATH_LIFE_S (30 * 86400.0)
#define JUDGE_SERVER_LIFE_S 3600.0
/* What a new ensemble believes of a rate that was known before. */
#define JUDGE_PRIOR_FACTOR 3.0
#define JUDGE_PRIOR_SD 1e-6

/* State of a source apart from any vote; SOURCE_SELECTED stands for "may vote". */
static enum source_status judge_fitness(const struct engine *e, const struct source *s,
                                        const struct estimate *estimate)
{
    if (s->config.offline && s->config.kind != SOURCE_REFCLOCK) {
        return SOURCE_OFFLINE;
    }
    if (s->address.family == ADDRESS_NONE && s->config.kind != SOURCE_REFCLOCK) {
        return s->duplicate ? SOURCE_DUPLICATE : SOURCE_UNRESOLVED;
    }
    if (s->refused) {
        return SOURCE_REFUSED;
    }
    if (s->reach == 0) {
        bool answered = s->heard || s->last_verdict != REPLY_ACCEPTED;
        /* the interval of a reference clock ends before its next sample */
        bool speaks = s->missed <= (s->config.kind == SOURCE_REFCLOCK ? 1u : 0u);

        if (answered && speaks && s->last_verdict == REPLY_UNSYNCHRONISED) {
            return SOURCE_SERVER_UNSYNCHRONISED;
        }
        if (answered && speaks && s->last_verdict == REPLY_LOOP) {
            return SOURCE_LOOPED;
        }
        return s->missed < JUDGE_SILENT && s->filter.total == 0 ? SOURCE_WAITING
                                                                : SOURCE_UNREACHABLE;
    }
    if (s->last_verdict == REPLY_UNSYNCHRONISED) {
        return SOURCE_SERVER_UNSYNCHRONISED;
    }
    if (s->last_verdict == REPLY_LOOP) {
        return SOURCE_LOOPED;
    }
    if (s->config.noselect) {
        return SOURCE_NOSELECT;
    }
    if (s->filter.total > 0 &&
        (s->last.stratum < e->settings.min_stratum ||
         (e->settings.max_stratum > 0 && s->last.stratum > e->settings.max_stratum))) {
        return SOURCE_WRONG_STRATUM;
    }
    if (!source_ready(s) || s->suspect) {
        return SOURCE_FEW_SAMPLES;
    }
    if (source_root_distance(s, estimate) > e->settings.max_distance_s) {
        return SOURCE_TOO_DISTANT;
    }
    return s->filter.jitter_s > e->settings.max_jitter_s ? SOURCE_TOO_JITTERY : SOURCE_SELECTED;
}

/* Is a source configured that must be there, whatever became of it? */
static bool judge_requires(const struct engine *e)
{
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        if (e->sources[i].status != SOURCE_UNUSED && e->sources[i].config.require) {
            return true;
        }
    }
    return false;
}

/* Votes of the sources whose first word may still come, as far as they would count. */
static unsigned judge_pending(const struct engine *e, struct instant now)
{
    double age = s_from_ns(ns_subtract(now.mono.ns, e->started.ns));
    unsigned pending = 0;

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &e->sources[i];

        if (s->config.noselect || (e->selection.trusted && !s->config.trust) ||
            !(s->status == SOURCE_FEW_SAMPLES ||
              ((s->status == SOURCE_WAITING || s->status == SOURCE_UNRESOLVED) &&
               age < JUDGE_FIRST_WAIT_S))) {
            continue;
        }
        /* the first trusted source decides alone */
        pending += s->config.trust && !e->selection.trusted ? SELECTION_VOTES_MAX
                                                            : selection_votes(s->config.weight);
    }
    return pending;
}

/* Before the first update: sources that are still being asked could not turn the vote. */
static bool judge_settled(const struct engine *e, struct instant now)
{
    const struct selection *sel = &e->selection;

    return sel->valid && 2 * sel->agreeing > sel->voters + judge_pending(e, now);
}

static void judge_event_majority(struct engine *e, struct instant now, unsigned voters)
{
    bool none = voters > 0 && !e->selection.valid && !e->selection.held;

    if (none && !e->no_majority && e->discipline.updates == 0 && judge_pending(e, now) > 0) {
        return; /* a source that has not answered yet may bring one */
    }
    if (none && !e->no_majority) {
        effect_event(&e->effects, EVENT_NO_MAJORITY, EVENT_NO_SOURCE, voters);
    }
    e->no_majority = none;
}

static bool judge_picked(const uint16_t *picked, unsigned count, uint16_t source)
{
    for (unsigned i = 0; i < count; i++) {
        if (picked[i] == source) {
            return true;
        }
    }
    return false;
}

/* The survivors that are combined, if there are more than can be: the system peer, those that are
 * combined already, then the others in their order. */
static unsigned judge_pick(const struct engine *e, uint16_t picked[KALMAN_BIASES_MAX])
{
    const struct selection *sel = &e->selection;
    unsigned count = 0;

    for (unsigned turn = 0; turn < 3; turn++) {
        for (unsigned i = 0; i < sel->survivor_count && count < KALMAN_BIASES_MAX; i++) {
            uint16_t source = sel->survivors[i];
            bool wanted = turn == 2 || (turn == 1 && ensemble_has(&e->ensemble, source)) ||
                          source == sel->chosen;

            if (wanted && !judge_picked(picked, count, source)) {
                picked[count++] = source;
            }
        }
    }
    return count;
}

static enum source_status judge_status(const struct selection *sel, enum judgement judgement)
{
    switch (judgement) {
    case JUDGED_TRUE: return SOURCE_OUTLYING;
    case JUDGED_FALSE: return SOURCE_FALSETICKER;
    case JUDGED_UNTRUSTED: return SOURCE_UNTRUSTED;
    case JUDGED_UNDECIDED: break;
    }
    return sel->held ? SOURCE_HELD : SOURCE_NO_MAJORITY;
}

static void judge_mark(struct engine *e, struct instant now, const struct candidate *candidates,
                       unsigned count, uint16_t chosen_before)
{
    const struct selection *sel = &e->selection;
    uint16_t picked[KALMAN_BIASES_MAX];
    unsigned picked_count;
    bool settled;

    for (unsigned i = 0; i < count; i++) {
        e->sources[candidates[i].source].status = judge_status(sel, sel->judgements[i]);
    }
    /* no source is called false by the ones that happened to answer first */
    settled = e->discipline.updates > 0 || judge_settled(e, now);
    for (unsigned i = 0; settled && i < count; i++) {
        struct source *s = &e->sources[candidates[i].source];
        bool is_false = sel->judgements[i] == JUDGED_FALSE;

        if (is_false && !s->falseticker) {
            effect_event(&e->effects, EVENT_SOURCE_FALSETICKER, candidates[i].source,
                         candidates[i].offset_s - (sel->low_s + sel->high_s) / 2);
        }
        s->falseticker = is_false;
    }
    picked_count = judge_pick(e, picked);
    for (unsigned i = 0; i < picked_count; i++) {
        e->sources[picked[i]].status = SOURCE_COMBINED;
    }
    if (sel->chosen != SELECTION_NONE) {
        e->sources[sel->chosen].status = SOURCE_SELECTED;
        for (unsigned i = 0; i < count && sel->chosen != chosen_before; i++) {
            if (candidates[i].source == sel->chosen) {
                effect_event(&e->effects, EVENT_SOURCE_SELECTED, sel->chosen,
                             timeline_clock_offset(&e->timeline, now.mono, candidates[i].offset_s));
            }
        }
    }
}

/* Our own address as this source is likely to see it: the one most like its own. 0: none. */
static uint32_t judge_own_refid(const struct engine *e, const struct address *of)
{
    uint32_t refid = 0;
    unsigned best = 0;

    for (unsigned i = 0; i < e->self_count; i++) {
        const struct address *self = &e->self[i];
        unsigned alike = 0;

        if (self->family != of->family || address_is_loopback(self)) {
            continue;
        }
        while (alike < sizeof self->bytes && self->bytes[alike] == of->bytes[alike]) {
            alike++;
        }
        if (refid == 0 || alike > best) {
            refid = address_refid(self);
            best = alike;
        }
    }
    return refid;
}

/* Orphans (servers like us that serve their own clock at our local stratum) count only where nobody
 * better is there, and of them only the one whose address gives the least reference ID, if that is
 * less than ours: all of the group then choose the same leader. */
static unsigned judge_orphans(struct engine *e, struct candidate *candidates, unsigned count)
{
    uint16_t leader = SELECTION_NONE;
    uint32_t least = UINT32_MAX;
    bool better = false;
    unsigned kept = 0;

    for (unsigned i = 0; i < count; i++) {
        better = better || candidates[i].stratum < e->settings.local_stratum;
    }
    for (unsigned i = 0; !better && i < count; i++) {
        const struct address *address = &e->sources[candidates[i].source].address;
        uint32_t refid = address_refid(address);

        if (candidates[i].stratum == e->settings.local_stratum && refid < least &&
            refid < judge_own_refid(e, address)) {
            least = refid;
            leader = candidates[i].source;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (candidates[i].stratum < e->settings.local_stratum || candidates[i].source == leader) {
            candidates[kept++] = candidates[i];
        } else {
            e->sources[candidates[i].source].status = SOURCE_ORPHAN;
        }
    }
    return kept;
}

static void judge_vote(struct engine *e, const struct candidate *candidates, unsigned count)
{
    struct selection *sel = &e->selection;

    sel->stratum_weight_s = e->settings.stratum_weight_s;
    sel->reselect_s = e->settings.reselect_s;
    sel->serves_nobody = e->settings.serves_nobody;
    if (e->settings.combine_limit > 0) {
        sel->combine_limit = e->settings.combine_limit;
    }
    sel->require = judge_requires(e);
    selection_update(sel, candidates, count, e->settings.min_sources);
}

/* Takes away the votes that are too many of one network; the number of those that stay. */
static unsigned judge_networks(struct engine *e, struct candidate *candidates, unsigned count)
{
    struct diversity_voter voters[SOURCES_MAX];
    bool excess[SOURCES_MAX];
    unsigned kept = 0;

    for (unsigned i = 0; i < count; i++) {
        const struct source *s = &e->sources[candidates[i].source];

        voters[i] = (struct diversity_voter){s->address, s->config.kind == SOURCE_POOL};
    }
    diversity_limit(voters, count, excess);
    for (unsigned i = 0; i < count; i++) {
        if (excess[i]) {
            e->sources[candidates[i].source].status = SOURCE_SAME_NETWORK;
        } else {
            candidates[kept++] = candidates[i];
        }
    }
    return kept;
}

void judge_sources(struct engine *e, struct instant now)
{
    struct free_time at = timeline_free(&e->timeline, now.mono);
    struct candidate candidates[SOURCES_MAX];
    uint16_t before = e->selection.chosen;
    unsigned count = 0;

    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        struct source *s = &e->sources[i];
        struct estimate estimate = {.at = at};

        if (s->status == SOURCE_UNUSED) {
            continue;
        }
        if (s->filter.total > 0) {
            estimate = filter_estimate(&s->filter, at);
        }
        s->status = judge_fitness(e, s, &estimate);
        if (s->status != SOURCE_SELECTED) {
            continue;
        }
        candidates[count++] = (struct candidate){
            .source = i,
            .offset_s = estimate.offset_s,
            .distance_s = fmax(source_root_distance(s, &estimate), e->settings.min_distance_s),
            .stratum = s->last.stratum,
            .leap = s->last.leap,
            .weight = (uint8_t)s->config.weight,
            .prefer = s->config.prefer,
            .trust = s->config.trust,
            .require = s->config.require};
    }
    count = judge_networks(e, candidates, count);
    if (e->settings.local && e->settings.local_orphan) {
        count = judge_orphans(e, candidates, count);
    }
    judge_vote(e, candidates, count);
    judge_mark(e, now, candidates, count, before);
    judge_event_majority(e, now, count);
    if (!e->selection.valid && e->discipline.state == DISCIPLINE_TRACKING) {
        e->discipline.state = DISCIPLINE_HOLDOVER;
        effect_event(&e->effects, EVENT_HOLDOVER, EVENT_NO_SOURCE, 0);
    }
}

/* Mean seconds between the samples of the combined sources. */
static double judge_interval(const struct engine *e)
{
    uint16_t picked[KALMAN_BIASES_MAX];
    unsigned count = judge_pick(e, picked);
    double per_second = 0;

    for (unsigned i = 0; i < count; i++) {
        const struct source *s = &e->sources[picked[i]];
        double interval = source_spacing_s(s);

        if (s->config.kind == SOURCE_REFCLOCK && s->filter.count > 1) {
            interval = s_from_ns(filter_sample(&s->filter, 0)->at.ns -
                                 filter_sample(&s->filter, 1)->at.ns);
        }
        per_second += 1 / fmax(interval, 1e-3);
    }
    return 1 / per_second;
}

static unsigned judge_members(const struct engine *e, struct ensemble_member *members)
{
    uint16_t picked[KALMAN_BIASES_MAX];
    unsigned count = judge_pick(e, picked);

    for (unsigned i = 0; i < count; i++) {
        const struct source *s = &e->sources[picked[i]];
        double delay = s->filter.min_delay_s + s->last.root_delay_s;
        double path = JUDGE_BIAS * delay, change = JUDGE_BIAS_CHANGE * delay;
        double server = s->last.root_dispersion_s;

        members[i] = (struct ensemble_member){
            .source = picked[i],
            .filter = &s->filter,
            .bias_sd_s = JUDGE_BIAS_MIN_S + sqrt(path * path + server * server),
            .bias_drift_s2 =
                change * change / JUDGE_PATH_LIFE_S + server * server / JUDGE_SERVER_LIFE_S};
    }
    return count;
}

/* What the ensemble says must lie where the majority does; if it does not, the clock jumped, or
 * liars once had the majority: it begins anew from the survivors. */
static void judge_consistency(struct engine *e, struct free_time at,
                              const struct ensemble_member *members, unsigned count)
{
    struct estimate estimate = ensemble_estimate(&e->ensemble, at);
    double slack = 5 * estimate.offset_sd_s;

    if (estimate.offset_s < e->selection.hull_low_s - slack ||
        estimate.offset_s > e->selection.hull_high_s + slack || !isfinite(estimate.offset_s)) {
        ensemble_reset(&e->ensemble);
        (void)ensemble_set_members(&e->ensemble, members, count);
    }
}

/* A member that turned out a liar has led the others astray: offset, rate and biases. */
static void judge_forget_liars(struct engine *e)
{
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        if (e->sources[i].status == SOURCE_FALSETICKER && ensemble_has(&e->ensemble, i)) {
            ensemble_reset(&e->ensemble);
        }
    }
}

bool judge_clock(struct engine *e, struct instant now, uint16_t source, bool suspect,
                 struct clock_command *command)
{
    struct free_time at = timeline_free(&e->timeline, now.mono);
    struct ensemble_member members[KALMAN_BIASES_MAX];
    struct estimate estimate;
    unsigned count;

    if (!e->selection.valid) {
        return false;
    }
    count = judge_members(e, members);
    judge_forget_liars(e);
    if (!e->ensemble.started) {
        bool known = e->discipline.updates > 0;

        ensemble_set_prior(&e->ensemble, e->discipline.drift,
                           known ? fmax(JUDGE_PRIOR_FACTOR * e->discipline.drift_sd, JUDGE_PRIOR_SD)
                                 : e->discipline.drift_sd);
    }
    if (!ensemble_set_members(&e->ensemble, members, count) && !suspect) {
        ensemble_add(&e->ensemble, members, count, source);
    }
    judge_consistency(e, at, members, count);
    if (!ensemble_has(&e->ensemble, source) ||
        (e->discipline.updates == 0 && !judge_settled(e, now))) {
        return false;
    }
    /* whatever the weights, the clock stays where the majority says that the true time lies */
    estimate = ensemble_estimate(&e->ensemble, at);
    estimate.offset_s =
        fmax(e->selection.hull_low_s, fmin(e->selection.hull_high_s, estimate.offset_s));
    *command = discipline_update(&e->discipline, &e->settings, &e->timeline, &estimate, now,
                                 judge_interval(e));
    return true;
}

/* What the majority announces. While sources without a vote just now could turn it, it stays as it
 * was. */
static int judge_leap(const struct engine *e, struct instant now)
{
    int leap = e->selection.leap, either = leap != LEAP_NONE ? leap : e->leap_armed;
    unsigned votes = 0, voters = 0, pending = judge_pending(e, now);

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &e->sources[i];

        if (s->status >= SOURCE_OUTLYING && (!e->selection.trusted || s->config.trust)) {
            voters++;
            votes += s->last.leap == either;
        }
    }
    if (e->leap_armed == LEAP_NONE) {
        return 2 * votes > voters + pending ? leap : LEAP_NONE;
    }
    return leap == LEAP_NONE && 2 * (votes + pending) > voters + pending ? e->leap_armed : leap;
}

static void judge_arm_leap(struct engine *e, struct instant now)
{
    int leap = LEAP_NONE;

    if (e->settings.leap_from_sources && e->synchronised && leap_may_end_today(now.wall)) {
        leap = judge_leap(e, now);
    }
    if (e->leap_armed == LEAP_NONE && e->stepped &&
        now.mono.ns < mono_after(e->stepped_at, JUDGE_LEAP_REST_S).ns) {
        leap = LEAP_NONE; /* it was just inserted: this second of the day comes twice */
    }
    if (leap != LEAP_NONE && e->leap_armed == LEAP_NONE) {
        effect_event(&e->effects, EVENT_LEAP_ARMED, EVENT_NO_SOURCE, leap == LEAP_INSERT ? 1 : -1);
    }
    if (e->selection.valid || !leap_may_end_today(now.wall)) { /* the day passes in any case */
        e->leap_armed = leap;
    }
}

/* How much further from the truth we may be than half of the least delay, by what the peer's last
 * samples prove: each says that the truth is not further from it than half of its own delay, and
 * the one that says most counts. More than nothing when the path has changed, and the estimate
 * still remembers the old one. */
static double judge_unproven(const struct engine *e, const struct source *s)
{
    const struct filter *f = &s->filter;
    double best_s = HUGE_VAL;

    for (unsigned i = 0; i < f->count && i < JUDGE_PROOFS; i++) {
        const struct sample *sample = filter_sample(f, i);
        double estimate_s = ensemble_estimate(&e->ensemble, sample->at).offset_s;
        double age_s = s_from_ns(ns_subtract(filter_sample(f, 0)->at.ns, sample->at.ns));

        best_s = fmin(best_s, fabs(sample->offset_s - estimate_s) + sample->delay_s / 2 +
                                  age_s * e->settings.max_clock_error);
    }
    return isfinite(best_s) ? fmax(best_s - f->min_delay_s / 2, 0) : 0;
}

/* Values of the system peer, kept while there is none (holdover). */
static void judge_follow_peer(struct engine *e, struct instant now, bool updated)
{
    const struct source *s = &e->sources[e->selection.chosen];
    struct reference *r = &e->reference;

    r->stratum = (uint8_t)(s->last.stratum + 1);
    r->refid = s->config.kind == SOURCE_REFCLOCK ? s->refid : address_refid(&s->address);
    r->poll = (int8_t)s->poll;
    e->server_delay_s = s->last.root_delay_s + s->filter.min_delay_s;
    e->server_dispersion_s = s->last.root_dispersion_s + s->last.dispersion_s;
    if (s->filter.total > 0 && e->ensemble.started) {
        /* The clock is where all agree, the peer's interval is about its own word. And a new peer
         * may have another word, which the clock will follow only with the next sample. */
        struct free_time at = timeline_free(&e->timeline, now.mono);
        double word_s = filter_estimate(&s->filter, at).offset_s;
        double left_s = fabs(discipline_offset(&e->discipline, &e->timeline, now.mono));

        e->server_dispersion_s += judge_unproven(e, s);
        e->server_dispersion_s +=
            fmax(fabs(word_s - ensemble_estimate(&e->ensemble, at).offset_s),
                 fabs(timeline_clock_offset(&e->timeline, now.mono, word_s)) - left_s);
    }
    if (updated) {
        r->updated = now.wall;
    }
}

/* Whether to serve our own clock because there is no better one. The bound of a lost source grows
 * without limit: from some size on the clock itself is the better reference for clients that only
 * need to agree with each other. */
static bool judge_local(struct engine *e, struct instant now, bool updated)
{
    const struct settings *s = &e->settings;
    double distance_s = reference_distance(&e->reference, now.mono), since_s;

    if (updated && e->synchronised) {
        e->ever_synchronised = true;
        e->last_update = now.mono;
    }
    e->local_activated =
        e->local_activated || (e->synchronised && distance_s < s->local_activate_s);
    if (!s->local || (e->synchronised && distance_s < s->local_distance_s) ||
        (s->local_activate_s > 0 && !e->local_activated)) {
        return false;
    }
    since_s =
        s_from_ns(ns_subtract(now.mono.ns, e->ever_synchronised ? e->last_update.ns : e->born.ns));
    return since_s >= (e->ever_synchronised ? s->local_wait_synced_s : s->local_wait_unsynced_s);
}

void judge_reference(struct engine *e, struct instant now, bool updated)
{
    struct free_time at = timeline_free(&e->timeline, now.mono);
    struct reference *r = &e->reference;
    const struct discipline *d = &e->discipline;
    struct estimate estimate;
    double age_s;

    if (d->updates > 0 && e->selection.chosen != SELECTION_NONE) {
        judge_follow_peer(e, now, updated);
    }
    r->at = now.mono;
    if (e->ensemble.started) {
        estimate = ensemble_estimate(&e->ensemble, at);
        /* what an oscillator does that never did it before is not in the estimate's deviation */
        age_s = s_from_ns(ns_subtract(at.ns, e->ensemble.kalman.at.ns));
        r->offset_s = discipline_offset(d, &e->timeline, now.mono);
        r->offset_sd_s = estimate.offset_sd_s;
        r->root_delay_s = e->server_delay_s;
        r->root_dispersion_s = e->server_dispersion_s + e->precision_s + fabs(r->offset_s) +
                               3 * estimate.offset_sd_s +
                               fmax(age_s, 0) * e->settings.max_clock_error;
        r->dispersion_rate = e->settings.max_clock_error + 2 * estimate.rate_sd;
    }
    e->synchronised = d->updates > 0 && e->ensemble.started && d->state != DISCIPLINE_PANIC &&
                      !e->clock_failed && r->stratum >= 1 && r->stratum <= STRATUM_MAX &&
                      reference_distance(r, now.mono) < e->settings.max_distance_s;
    judge_arm_leap(e, now);
    r->leap = e->synchronised ? (uint8_t)e->leap_armed : LEAP_UNSYNCHRONISED;
    if (judge_local(e, now, updated)) {
        r->leap = LEAP_NONE;
        r->stratum = (uint8_t)e->settings.local_stratum;
        r->refid = REFID(127, 127, 1, 1);
        r->root_delay_s = 0;
        r->root_dispersion_s = e->precision_s;
        r->dispersion_rate = 0;
        r->updated = now.wall;
    }
}
