/* SPDX-License-Identifier: BSD-2-Clause */
/* Membership and feeding of the combined Kalman filter. Called by the engine after each selection
 * and for each sample of a survivor. */
#include "core/ensemble.h"

#include <math.h>
#include <string.h>

/* Deviations beyond which a sample does not fit. */
#define ENSEMBLE_OUTLIER 7.0

static int ensemble_find(const struct ensemble *e, uint16_t source)
{
    for (unsigned i = 0; i < e->kalman.biases; i++) {
        if (e->members[i] == source) {
            return (int)i;
        }
    }
    return -1;
}

static void ensemble_join(struct ensemble *e, const struct ensemble_member *m)
{
    unsigned i = kalman_add_bias(&e->kalman, m->bias_sd_s);

    e->members[i] = m->source;
}

static void ensemble_leave(struct ensemble *e, unsigned index)
{
    kalman_remove_bias(&e->kalman, index);
    for (unsigned i = index; i < e->kalman.biases; i++) {
        e->members[i] = e->members[i + 1];
    }
}

static void ensemble_take(struct ensemble *e, int bias, const struct filter *f,
                          const struct sample *s)
{
    struct kalman_measurement z = filter_measurement(f, s, bias);

    kalman_update(&e->kalman, &z);
    if (e->samples < UINT16_MAX) {
        e->samples++;
    }
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
        ensemble_take(e, (int)whose, members[whose].filter, oldest);
    }
}

bool ensemble_set_members(struct ensemble *e, const struct ensemble_member *members, unsigned count)
{
    bool changed = count != e->kalman.biases, all_kept = true, rebuilt = false;

    if (count > KALMAN_BIASES_MAX) {
        count = KALMAN_BIASES_MAX;
    }
    for (unsigned i = 0; i < count; i++) {
        changed = changed || ensemble_find(e, members[i].source) < 0;
        all_kept = all_kept && members[i].filter->total <= members[i].filter->count;
    }
    if (count == 0 || (e->started && !changed)) {
        return false;
    }
    if (!e->started || (all_kept && e->samples < FILTER_WINDOW)) {
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
    for (unsigned i = 0; i < count; i++) {
        int bias = ensemble_find(e, members[i].source);

        /* alone, a bias that drifts would only be noise on the offset */
        e->kalman.bias_drift[bias] = count > 1 ? members[i].bias_drift_s2 : 0;
    }
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

void ensemble_add(struct ensemble *e, uint16_t source, const struct filter *filter, bool leads)
{
    int bias = ensemble_find(e, source);
    struct kalman_measurement z;
    struct kalman_prediction p;
    double innovation;

    if (!e->started || bias < 0 || filter->count == 0) {
        return;
    }
    z = filter_measurement(filter, filter_sample(filter, 0), bias);
    p = kalman_predict(&e->kalman, z.at, bias);
    innovation = z.offset_s - p.offset_s;
    if (!leads && innovation * innovation >
                      ENSEMBLE_OUTLIER * ENSEMBLE_OUTLIER * (p.variance_s2 + z.variance_s2)) {
        kalman_loosen_bias(&e->kalman, (unsigned)bias, innovation * innovation);
    }
    ensemble_take(e, bias, filter, filter_sample(filter, 0));
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
