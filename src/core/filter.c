/* SPDX-License-Identifier: BSD-2-Clause */
/* Noise model of one path, and the Kalman filter of one source on top of it. Called by source for
 * each accepted reply and by the engine for each reference clock sample. */
#include "core/filter.h"

#include <math.h>
#include <string.h>

#include "core/stats.h"

#define FILTER_SHARE 0.0833333 /* 1/12: uniform error within the excess */
#define FILTER_SHARE_MIN 0.0208333
#define FILTER_SHARE_MAX 0.3333333
#define FILTER_MEMORY 200.0        /* samples that share and slope look back on */
#define FILTER_SHARE_PRIOR 16.0    /* samples that the priors of share and slope are worth */
#define FILTER_SLOPE_SD 0.053      /* of a path whose queues are lopsided */
#define FILTER_SLOPE_LOG_ODDS -1.5 /* for such a path, before anything is seen */
#define FILTER_OUTLIER 6.0         /* deviations beyond which no oscillator explains a sample */
#define FILTER_FLOOR_MEMORY 512.0  /* samples that the floor looks back on */
#define FILTER_FLOOR_MOST 12.0     /* times its variance that a sample may count for */
#define FILTER_CHANCE 1e-5         /* of what is believed to be a change, not one of many */
#define FILTER_NOISE_KNOWN 4       /* samples until the noise model holds */
#define FILTER_RATE_KNOWN 8        /* likewise until the rate is */
#define FILTER_SUSPECTS_MAX 3
#define FILTER_BASE_SAMPLES_MAX 4096
#define FILTER_RESTART_RATE_SD 1e-6

void filter_init(struct filter *f, double rate, double rate_sd)
{
    memset(f, 0, sizeof *f);
    f->rate_prior = rate;
    f->rate_prior_sd = rate_sd;
    f->share = FILTER_SHARE;
}

void filter_restart(struct filter *f, double rate, double rate_sd)
{
    struct filter old = *f;

    filter_init(f, rate, rate_sd);
    if (old.base_samples == 0) {
        return;
    }
    f->min_delay_s = old.min_delay_s;
    f->base_samples = old.base_samples;
    f->spread_s = old.spread_s;
    f->share = old.share;
    f->share_sum = old.share_sum;
    f->share_weight = old.share_weight;
    f->slope = old.slope;
    f->slope_sum = old.slope_sum;
    f->slope_weight = old.slope_weight;
}

const struct sample *filter_sample(const struct filter *f, unsigned i)
{
    return &f->window[(f->newest + FILTER_WINDOW - i) % FILTER_WINDOW];
}

double filter_surprise(const struct filter *f, unsigned i)
{
    return f->surprises[(f->newest + FILTER_WINDOW - i) % FILTER_WINDOW];
}

/* Takes the newest sample out again. */
static void filter_pop(struct filter *f)
{
    f->newest = (f->newest + FILTER_WINDOW - 1) % FILTER_WINDOW;
    f->count--;
}

static void filter_push(struct filter *f, const struct sample *s)
{
    f->newest = (f->newest + 1) % FILTER_WINDOW;
    f->window[f->newest] = *s;
    f->surprises[f->newest] = HUGE_VALF;
    if (f->count < FILTER_WINDOW) {
        f->count++;
    }
}

/* The newest n delays in order. */
static void filter_delays(const struct filter *f, unsigned n, double *delays)
{
    for (unsigned i = 0; i < n; i++) {
        delays[i] = filter_sample(f, i)->delay_s;
    }
    stats_sort(delays, n);
}

/* Does the path look longer by chance? Some of its packets may always have gone a longer way: a run
 * of them must be less likely than FILTER_CHANCE by what the samples before it show. */
static bool filter_alternates(const struct filter *f, double far_s)
{
    unsigned run = 0, longer = 0;

    while (run < f->count && filter_sample(f, run)->delay_s > far_s) {
        run++;
    }
    for (unsigned i = run; i < f->count; i++) {
        longer += filter_sample(f, i)->delay_s > far_s;
    }
    return pow((longer + 1.0) / (f->count - run + 2.0), run) > FILTER_CHANCE;
}

/* Follows the base of the path. A lower delay is believed at once; a higher base only when all of
 * the last eight samples lie far above the old one and close together: a longer route, or a stamp
 * that once was wrong. Congestion lifts them too, but scatters them. */
static void filter_track_base(struct filter *f, const struct sample *s)
{
    double delays[8], far_s;

    if (f->known_base_s > 0) {
        f->min_delay_s = f->known_base_s;
        f->base_samples = FILTER_BASE_SAMPLES_MAX;
        return;
    }
    if (f->base_samples == 0 || s->delay_s < f->min_delay_s - 10 * f->spread_s) {
        f->base_samples = 0; /* a first sample, or a shorter route */
        f->min_delay_s = s->delay_s;
    }
    f->min_delay_s = fmin(f->min_delay_s, s->delay_s);
    if (f->base_samples < FILTER_BASE_SAMPLES_MAX) {
        f->base_samples++;
    }
    if (f->base_samples < 8 || f->count < 8) {
        return;
    }
    filter_delays(f, 8, delays);
    far_s = f->min_delay_s + 10 * f->spread_s;
    if (delays[0] > far_s && delays[4] - delays[0] < 4 * f->spread_s &&
        !filter_alternates(f, far_s)) {
        f->min_delay_s = delays[0];
        f->base_samples = 8;
    }
}

/* Scale of the queues from the quartiles of the delays, which lie 1.73 apart for a sum of two
 * exponentials of mean 1: unlike the excess itself they do not depend on the base. Fewer than eight
 * samples may lie close together by chance, and of several sources the one that believes itself too
 * exact would lead the others: their mean less the least is taken for a half more than it says, and
 * a tenth of the delay is a guess that fades. */
static void filter_track_spread(struct filter *f)
{
    unsigned n = f->count < FILTER_RECENT ? f->count : FILTER_RECENT;
    double delays[FILTER_RECENT], mean = 0;

    filter_delays(f, n, delays);
    if (n >= 8) {
        f->spread_s = (delays[n - 1 - n / 4] - delays[n / 4]) / 1.73;
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        mean += delays[i] / n;
    }
    f->spread_s =
        fmax((mean - delays[0]) * (0.75 + 3.2 / n), f->min_delay_s / 10 * pow(0.85, n - 1.0));
}

/* A second difference of offsets, from the i-th newest sample on: it holds no offset and no
 * rate, and next to none of the wander when samples are frequent. Of white noise its variance is
 * six times that of a sample. */
static double filter_bend(const struct filter *f, unsigned i)
{
    return filter_sample(f, i)->offset_s - 2 * filter_sample(f, i + 1)->offset_s +
           filter_sample(f, i + 2)->offset_s;
}

/* Noise of a source without delays. The median of few is all there is at first, and is off by a
 * fifth; later a mean over many, in which an outlier counts for little. */
static void filter_track_floor(struct filter *f)
{
    double squares[FILTER_WINDOW], bend, variance = f->floor_s * f->floor_s;
    unsigned n = 0;

    if (f->count == FILTER_WINDOW && variance > 0) {
        bend = filter_bend(f, 0);
        bend = fmin(bend * bend / 6, FILTER_FLOOR_MOST * variance);
        f->floor_s = sqrt(variance + (bend - variance) / FILTER_FLOOR_MEMORY);
        return;
    }
    for (unsigned i = 0; i + 2 < f->count; i++) {
        bend = filter_bend(f, i);
        squares[n++] = bend * bend;
    }
    if (n >= 6) { /* the median of the square of a normal deviate is 0.455 */
        stats_sort(squares, n);
        f->floor_s = sqrt(stats_median(squares, n) / 6 / 0.455);
    }
}

static double filter_excess(const struct filter *f, const struct sample *s)
{
    return fmax(s->delay_s - f->min_delay_s, 0);
}

static double filter_excess_bound(const struct filter *f, const struct sample *s)
{
    unsigned n = f->base_samples ? f->base_samples : 1;

    return filter_excess(f, s) + f->spread_s * sqrt(2.0 / n);
}

double filter_variance(const struct filter *f, const struct sample *s)
{
    double u = filter_excess_bound(f, s), floor_s = fmax(s->dispersion_s, f->floor_s);

    return f->share * u * u + floor_s * floor_s + 1e-20;
}

static double filter_slope(const struct filter *f)
{
    return f->has_known_slope ? f->known_slope : f->slope;
}

struct kalman_measurement filter_measurement(const struct filter *f, const struct sample *s,
                                             int bias)
{
    return (struct kalman_measurement){.at = s->at,
                                       .bias = bias,
                                       .offset_s =
                                           s->offset_s - filter_slope(f) * filter_excess(f, s),
                                       .variance_s2 = filter_variance(f, s)};
}

/* The slope by regression, as far as it is to be believed. Most paths have none, and the noise of
 * a regression costs more than it finds there; so there are two hypotheses, b = 0 and b normal with
 * FILTER_SLOPE_SD, and the estimate of the second counts by its probability (Bayes factor of two
 * Gaussian models; `weight` is the information about b, `sum` is that times its estimate). */
static double filter_believed_slope(double sum, double weight)
{
    double prior = 1 / (FILTER_SLOPE_SD * FILTER_SLOPE_SD);
    double b = sum / (weight + prior);
    double log_odds = 0.5 * b * sum - 0.5 * log(1 + weight / prior) + FILTER_SLOPE_LOG_ODDS;

    return fmax(-0.5, fmin(0.5, b / (1 + exp(-log_odds))));
}

/* Learns share and slope from how far the sample was from its prediction. */
static void filter_learn(struct filter *f, const struct sample *s,
                         const struct kalman_prediction *p)
{
    double excess = filter_excess(f, s), u = filter_excess_bound(f, s), innovation, w, d, keep;

    if (f->total < 8 || excess > 8 * f->spread_s || !(u > 0)) {
        return;
    }
    keep = 1 - 1 / FILTER_MEMORY;
    w = 1 / (p->variance_s2 + filter_variance(f, s));
    innovation = s->offset_s - p->offset_s;
    f->slope_sum = keep * f->slope_sum + w * excess * innovation;
    f->slope_weight = keep * f->slope_weight + w * excess * excess;
    f->slope = filter_believed_slope(f->slope_sum, f->slope_weight);

    d = innovation - filter_slope(f) * excess;
    d = fmin(d * d, 9 / w) - p->variance_s2 - s->dispersion_s * s->dispersion_s;
    f->share_sum = keep * f->share_sum + w * w * u * u * d;
    f->share_weight = keep * f->share_weight + w * w * u * u * u * u;
    f->share = (f->share_sum + FILTER_SHARE_PRIOR / FILTER_SHARE) /
               (f->share_weight + FILTER_SHARE_PRIOR / FILTER_SHARE / FILTER_SHARE);
    f->share = fmax(FILTER_SHARE_MIN, fmin(FILTER_SHARE_MAX, f->share));
}

/* Deviation of a typical recent sample. */
static void filter_track_jitter(struct filter *f)
{
    unsigned n = f->count < FILTER_RECENT ? f->count : FILTER_RECENT;
    double variances[FILTER_RECENT], sum = 0;

    for (unsigned i = 0; i < n; i++) {
        variances[i] = filter_variance(f, filter_sample(f, i));
    }
    stats_sort(variances, n);
    n -= n / 8; /* the worst eighth says nothing of the typical */
    for (unsigned i = 0; i < n; i++) {
        sum += variances[i];
    }
    f->jitter_s = sqrt(sum / n);
}

static void filter_begin(struct filter *f, const struct kalman_measurement *z, double rate,
                         double rate_sd)
{
    kalman_init(&f->kalman, z->at, z->offset_s, sqrt(z->variance_s2), rate, rate_sd);
    f->total = 1;
    f->suspects = 0;
}

/* The source jumped, the oscillator did not: what was long known of its rate stays. */
static void filter_begin_anew(struct filter *f, const struct kalman_measurement *z)
{
    if (f->total >= FILTER_RATE_KNOWN) {
        filter_begin(f, z, kalman_estimate(&f->kalman).rate, FILTER_RESTART_RATE_SD);
    } else {
        filter_begin(f, z, f->rate_prior, f->rate_prior_sd);
    }
}

/* Does the sample lie further off than any wander explains? The noise of the first samples is a
 * guess; but none of them can be wrong by more than half of its delay. */
static bool filter_outlies(const struct filter *f, const struct kalman_measurement *z,
                           const struct kalman_prediction *p)
{
    double innovation = fabs(z->offset_s - p->offset_s), least = 0;

    if (f->total < FILTER_NOISE_KNOWN) {
        least = (filter_sample(f, 0)->delay_s + filter_sample(f, 1)->delay_s) / 2;
    }
    return innovation - least > FILTER_OUTLIER * sqrt(p->widest_variance_s2 + z->variance_s2);
}

enum filter_verdict filter_add(struct filter *f, const struct sample *s)
{
    struct kalman_measurement z;
    struct kalman_prediction p;

    filter_push(f, s);
    filter_track_base(f, s);
    filter_track_spread(f);
    if (s->delay_s <= 0) {
        filter_track_floor(f);
    }
    z = filter_measurement(f, s, -1);
    if (f->total == 0) {
        filter_begin(f, &z, f->rate_prior, f->rate_prior_sd);
        filter_track_jitter(f);
        return FILTER_TAKEN;
    }
    p = kalman_predict(&f->kalman, s->at, -1);
    if (filter_outlies(f, &z, &p)) {
        if (++f->suspects < FILTER_SUSPECTS_MAX) {
            filter_pop(f);
            return FILTER_SUSPECT;
        }
        filter_begin_anew(f, &z);
        f->count = 1;
        return FILTER_RESTARTED;
    }
    f->suspects = 0;
    filter_learn(f, s, &p);
    z = filter_measurement(f, s, -1);
    if (f->total >= FILTER_RATE_KNOWN) {
        f->surprises[f->newest] =
            (float)(fabs(z.offset_s - p.offset_s) / sqrt(p.variance_s2 + z.variance_s2));
    }
    kalman_update(&f->kalman, &z);
    if (f->total < UINT16_MAX) {
        f->total++;
    }
    filter_track_jitter(f);
    return FILTER_TAKEN;
}

void filter_amend(struct filter *f, struct free_time at, const struct sample *s)
{
    if (f->count > 0 && f->window[f->newest].at.ns == at.ns) {
        f->window[f->newest] = *s;
    }
}

struct estimate filter_estimate(const struct filter *f, struct free_time at)
{
    struct estimate e = kalman_estimate_at(&f->kalman, at);

    e.samples = f->total;
    return e;
}

void filter_shift(struct filter *f, double step_s)
{
    kalman_shift(&f->kalman, step_s);
    for (unsigned i = 0; i < FILTER_WINDOW; i++) {
        f->window[i].offset_s -= step_s;
    }
}
