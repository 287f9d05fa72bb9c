/* SPDX-License-Identifier: BSD-2-Clause */
/* Membership and feeding of the combined Kalman filter. Called by the engine after each selection
 * and for each sample of a survivor. */
#include "core/ensemble.h"

#include <math.h>
#include <string.h>

/* Deviations beyond which a sample is odd: it counts for less. */
#define ENSEMBLE_ODD 3.0
/* Deviations within which a sample is as the source's own filter expects it. */
#define ENSEMBLE_EXPECTED 2.0
/* Doubts of two members are alike up to this factor: one is later than the other. */
#define ENSEMBLE_ALIKE 4.0
/* A wander may weigh up to this multiple of what it weighs in any member's own filter. Else what
 * members contradict each other in would be explained by an oscillator that none of them sees. */
#define ENSEMBLE_WANDER 10.0

static int ensemble_find(const struct ensemble *e, uint16_t source)
{
    for (unsigned i = 0; i < e->kalman.biases; i++) {
        if (e->members[i] == source) {
            return (int)i;
        }
    }
    return -1;
}

static double ensemble_weight(const struct ensemble_member *m)
{
    double jitter_s = m->filter->jitter_s;

    return 1 / (jitter_s * jitter_s + m->bias_sd_s * m->bias_sd_s + 1e-20);
}

static void ensemble_join(struct ensemble *e, const struct ensemble_member *m)
{
    unsigned i = kalman_add_bias(&e->kalman, m->bias_sd_s);

    e->members[i] = m->source;
    e->doubts_s[i] = 0;
}

static void ensemble_leave(struct ensemble *e, unsigned index)
{
    kalman_remove_bias(&e->kalman, index);
    for (unsigned i = index; i < e->kalman.biases; i++) {
        e->members[i] = e->members[i + 1];
        e->doubts_s[i] = e->doubts_s[i + 1];
    }
}

/* What each model of wander may weigh, by what each member knows by itself. */
static void ensemble_restrain(struct ensemble *e, const struct ensemble_member *members,
                              unsigned count)
{
    double most[KALMAN_MODELS] = {0};

    for (unsigned i = 0; i < count; i++) {
        for (unsigned m = 0; m < KALMAN_MODELS; m++) {
            most[m] = fmax(most[m], ENSEMBLE_WANDER * members[i].filter->kalman.weight[m]);
        }
    }
    kalman_restrain(&e->kalman, most);
}

/* Do members with most of the information say that the clock is off by about as much? One alone can
 * say so only of a clock that surprises it. */
static bool ensemble_is_doubted(const struct ensemble *e, const struct ensemble_member *members,
                                unsigned count, double doubt_s, double surprise)
{
    double doubts = 0, all = 0;
    unsigned alike = 0;

    for (unsigned i = 0; i < count; i++) {
        double weight = ensemble_weight(&members[i]);
        double ratio = e->doubts_s[ensemble_find(e, members[i].source)] / doubt_s;

        all += weight;
        if (ratio > 1 / ENSEMBLE_ALIKE && ratio < ENSEMBLE_ALIKE) {
            doubts += weight;
            alike++;
        }
    }
    return 2 * doubts > all && (alike > 1 || count == 1 || surprise > ENSEMBLE_ODD);
}

/* Takes in a measurement of a member, as far as it fits. `surprise`: see filter_surprise(). A
 * member that is as it expects itself, but twice in a row not as the others say, has another pace
 * than they: its bias moves, not our clock; true then. */
static bool ensemble_consider(struct ensemble *e, const struct ensemble_member *members,
                              unsigned count, struct kalman_measurement z, double surprise)
{
    struct kalman_prediction p = kalman_predict(&e->kalman, z.at, z.bias);
    double innovation = z.offset_s - p.offset_s;
    double deviations = fabs(innovation) / sqrt(p.variance_s2 + z.variance_s2);
    double *doubt_s = &e->doubts_s[z.bias];
    bool odd = deviations > ENSEMBLE_ODD, again = odd && *doubt_s * innovation > 0;
    bool expected = surprise < ENSEMBLE_EXPECTED, moves = false;

    *doubt_s = odd ? innovation : 0;
    if (odd && ensemble_is_doubted(e, members, count, innovation, surprise)) {
        memset(e->doubts_s, 0, sizeof e->doubts_s); /* it is the clock */
    } else if (again && expected) {
        kalman_loosen_bias(&e->kalman, (unsigned)z.bias, innovation * innovation);
        *doubt_s = 0;
        moves = true;
    } else if (odd && expected) {
        return false;
    } else if (odd) { /* as if it had that many deviations by chance */
        z.variance_s2 = innovation * innovation / (ENSEMBLE_ODD * ENSEMBLE_ODD) - p.variance_s2;
    }
    kalman_update(&e->kalman, &z);
    if (count > 1) {
        ensemble_restrain(e, members, count);
    }
    if (e->samples < UINT16_MAX) {
        e->samples++;
    }
    return moves;
}

/* Builds the filter from all samples that the members still have, oldest first. */
static void ensemble_rebuild(struct ensemble *e, const struct ensemble_member *members,
                             unsigned count)
{
    unsigned left[KALMAN_BIASES_MAX];

    ensemble_reset(e);
    for (unsigned i = 0; i < count; i++) {
        left[i] = members[i].filter->count;
    }
    for (;;) {
        const struct sample *oldest = NULL;
        unsigned whose = 0;

        for (unsigned i = 0; i < count; i++) {
            const struct sample *s;

            if (left[i] == 0) {
                continue;
            }
            s = filter_sample(members[i].filter, left[i] - 1);
            if (!oldest || s->at.ns < oldest->at.ns) {
                oldest = s;
                whose = i;
            }
        }
        if (!oldest) {
            return;
        }
        if (!e->started) {
            /* next to nothing is known of the offset yet; a prior beyond this loses digits */
            double sd = 1e3 * sqrt(filter_variance(members[whose].filter, oldest));

            kalman_init(&e->kalman, oldest->at, oldest->offset_s, sd, e->rate_prior,
                        e->rate_prior_sd);
            for (unsigned i = 0; i < count; i++) {
                ensemble_join(e, &members[i]);
            }
            e->started = true;
        }
        left[whose]--;
        (void)ensemble_consider(e, members, count,
                                filter_measurement(members[whose].filter, oldest, (int)whose),
                                filter_surprise(members[whose].filter, left[whose]));
    }
}

static bool ensemble_all_kept(const struct ensemble_member *members, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (members[i].filter->total > members[i].filter->count) {
            return false;
        }
    }
    return true;
}

static void ensemble_set_drifts(struct ensemble *e, const struct ensemble_member *members,
                                unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int bias = ensemble_find(e, members[i].source);

        /* alone, a bias that drifts would only be noise on the offset */
        e->kalman.bias_drift[bias] = count > 1 ? members[i].bias_drift_s2 : 0;
    }
}

bool ensemble_set_members(struct ensemble *e, const struct ensemble_member *members, unsigned count)
{
    bool changed = count != e->kalman.biases, rebuilt = false;

    if (count > KALMAN_BIASES_MAX) {
        count = KALMAN_BIASES_MAX;
    }
    for (unsigned i = 0; i < count; i++) {
        changed = changed || ensemble_find(e, members[i].source) < 0;
    }
    if (count == 0 || (e->started && !changed)) {
        return false;
    }
    if (!e->started || (ensemble_all_kept(members, count) && e->samples < FILTER_WINDOW)) {
        ensemble_rebuild(e, members, count);
        rebuilt = true;
    } else {
        for (unsigned i = e->kalman.biases; i-- > 0;) {
            bool stays = false;

            for (unsigned j = 0; j < count; j++) {
                stays = stays || members[j].source == e->members[i];
            }
            if (!stays) {
                ensemble_leave(e, i);
            }
        }
        for (unsigned i = 0; i < count; i++) {
            if (ensemble_find(e, members[i].source) < 0) {
                ensemble_join(e, &members[i]);
            }
        }
    }
    ensemble_set_drifts(e, members, count);
    return rebuilt;
}

bool ensemble_has(const struct ensemble *e, uint16_t source)
{
    return e->started && ensemble_find(e, source) >= 0;
}

void ensemble_release(struct ensemble *e, uint16_t source)
{
    int bias = ensemble_find(e, source);

    if (e->started && bias >= 0) {
        ensemble_leave(e, (unsigned)bias);
    }
}

void ensemble_forget(struct ensemble *e, uint16_t source)
{
    int bias = ensemble_find(e, source);

    if (!e->started || bias < 0) {
        return;
    }
    if (e->kalman.biases == 1) {
        ensemble_reset(e);
    } else {
        ensemble_leave(e, (unsigned)bias);
    }
}

void ensemble_add(struct ensemble *e, const struct ensemble_member *members, unsigned count,
                  uint16_t source)
{
    int bias = ensemble_find(e, source);
    const struct filter *f;
    unsigned i = 0;

    if (count > KALMAN_BIASES_MAX) { /* the others are no members */
        count = KALMAN_BIASES_MAX;
    }
    while (i < count && members[i].source != source) {
        i++;
    }
    if (!e->started || bias < 0 || i == count || members[i].filter->count == 0) {
        return;
    }
    f = members[i].filter;
    if (ensemble_consider(e, members, count, filter_measurement(f, filter_sample(f, 0), bias),
                          filter_surprise(f, 0)) &&
        ensemble_all_kept(members, count)) {
        ensemble_rebuild(e, members, count);
        ensemble_set_drifts(e, members, count);
    }
}

struct estimate ensemble_estimate(const struct ensemble *e, struct free_time at)
{
    struct estimate out = kalman_estimate_at(&e->kalman, at);

    out.samples = e->samples;
    return out;
}

double ensemble_bias(const struct ensemble *e, uint16_t source)
{
    int bias = ensemble_find(e, source);

    return e->started && bias >= 0 ? kalman_bias(&e->kalman, (unsigned)bias, NULL) : 0;
}

void ensemble_set_prior(struct ensemble *e, double rate, double rate_sd)
{
    e->rate_prior = rate;
    e->rate_prior_sd = rate_sd;
}

void ensemble_reset(struct ensemble *e)
{
    double rate = e->rate_prior, rate_sd = e->rate_prior_sd;

    memset(e, 0, sizeof *e);
    ensemble_set_prior(e, rate, rate_sd);
}

void ensemble_shift(struct ensemble *e, double step_s)
{
    if (e->started) {
        kalman_shift(&e->kalman, step_s);
    }
}
