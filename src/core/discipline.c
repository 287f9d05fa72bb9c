/* SPDX-License-Identifier: BSD-2-Clause */
/* Steering of the clock. Called by the engine with each new combined estimate, and on its ticks to
 * go on with a slew.
 *
 * The law of the slew (B. D. O. Anderson, J. B. Moore, "Optimal Control: Linear Quadratic Methods",
 * 1990, section 2.3): a clock that pays e^2 for time and T^2 u^2 for frequency corrects e by the
 * rate u = e/T. A steady estimate moves by sqrt(2) sd_y/sd_x of its variance in a second, so T =
 * c sd_x/sd_y costs sqrt(2)/4 c of the time error on any path, and buys all the frequency that
 * there is for it. What is many deviations large is no noise: its T is shorter by that. */
#include "core/discipline.h"

#include <math.h>
#include <string.h>

#define DISCIPLINE_COST 0.12 /* c: 4 % of the time error, for half of the frequency error */
#define DISCIPLINE_SURE 10.0 /* deviations beyond which a correction is no noise */
/* T, as a part of the time to the next correction: at least, for shorter costs frequency and gains
 * nothing; at most, for what returns after a silence must not wait for long. */
#define DISCIPLINE_PART_MIN 0.04
#define DISCIPLINE_PART_MAX 2.0
/* A slew of constant rate and length D costs as much time as one that decays with 2/3 D. */
#define DISCIPLINE_LINEAR (2.0 / 3)
#define DISCIPLINE_STEP_S 1.0        /* between two changes of the rate, at least */
#define DISCIPLINE_END (1.0 / 8)     /* of a correction: the rest goes at a constant rate */
#define DISCIPLINE_MISSED_MIN_S 1e-6 /* less is not worth another slew */

void discipline_init(struct discipline *d, double drift, double drift_sd)
{
    memset(d, 0, sizeof *d);
    d->drift = drift;
    d->drift_sd = drift_sd;
}

static double clamp(double x, double limit)
{
    return fmax(-limit, fmin(limit, x));
}

double discipline_offset(const struct discipline *d, const struct timeline *timeline,
                         struct mono_time now)
{
    struct free_time at = timeline_free(timeline, now);
    double age = s_from_ns(ns_subtract(at.ns, d->estimate.at.ns));

    return timeline_clock_offset(timeline, now, d->estimate.offset_s + d->estimate.rate * age);
}

/* Size that an offset of this sign may have without being stepped; 0: it is never stepped. */
static double discipline_threshold(const struct settings *s, double offset_s)
{
    double own = offset_s > 0 ? s->step_forward_s : s->step_backward_s;

    return own > 0 ? own : s->step_threshold_s;
}

/* What to do about an offset beyond the step threshold. */
enum discipline_verdict { VERDICT_SLEW, VERDICT_STEP, VERDICT_HOLD };

static enum discipline_verdict discipline_judge(struct discipline *d, const struct settings *s,
                                                double offset_s, struct mono_time now)
{
    double size = fabs(offset_s), threshold_s = discipline_threshold(s, offset_s);
    bool first = d->updates == 0;
    bool over = threshold_s > 0 && size > threshold_s;
    bool waiting = d->state == DISCIPLINE_SPIKE;

    if (s->panic_s > 0 && size > s->panic_s && !(first && s->panic_first_allowed) &&
        d->updates >= s->panic_updates) {
        d->state = DISCIPLINE_PANIC;
        d->refused_s = offset_s;
        return VERDICT_HOLD;
    }
    d->refused_s = 0;
    d->state = DISCIPLINE_TRACKING;
    if (!over) {
        return VERDICT_SLEW;
    }
    if (s->step_updates < 0 || d->updates < (unsigned)s->step_updates) {
        return VERDICT_STEP;
    }
    if (s->stepout_s <= 0) {
        return VERDICT_SLEW;
    }
    if (!waiting) {
        d->spike_since = now;
    }
    if (waiting && s_from_ns(ns_subtract(now.ns, d->spike_since.ns)) >= s->stepout_s) {
        return VERDICT_STEP;
    }
    d->state = DISCIPLINE_SPIKE;
    return VERDICT_HOLD;
}

static double discipline_time_constant(const struct discipline *d, const struct settings *s,
                                       double offset_s, double interval_s)
{
    double sd_s = d->estimate.offset_sd_s, size_s = fabs(offset_s), constant_s = 0;

    if (s->correction_ratio > 0) {
        return DISCIPLINE_LINEAR * s->correction_ratio * interval_s;
    }
    if (d->estimate.rate_sd > 0) {
        constant_s = DISCIPLINE_COST * sd_s / d->estimate.rate_sd;
    }
    constant_s = fmin(constant_s, DISCIPLINE_PART_MAX * interval_s);
    if (size_s > DISCIPLINE_SURE * sd_s) {
        constant_s *= DISCIPLINE_SURE * sd_s / size_s;
    }
    return fmax(constant_s, DISCIPLINE_PART_MIN * interval_s);
}

/* The next part of a slew: `offset_s` is left of it. */
static struct clock_command discipline_go_on(struct discipline *d, const struct settings *s,
                                             double offset_s, struct mono_time now)
{
    double length_s = fmax(d->slew_constant_s, d->slew_step_s), most = s->max_slew_rate;
    double part = 1, slew;

    d->slew_ends =
        length_s > 2 * d->slew_constant_s || fabs(offset_s) < DISCIPLINE_END * fabs(d->slew_size_s);
    if (!d->slew_ends) {
        part = 1 - exp(-length_s / d->slew_constant_s);
    }
    slew = part * offset_s / length_s;
    if (fabs(slew) > most) { /* as fast as it may, to where the rest may decay */
        slew = clamp(slew, most);
        length_s = fmax(length_s, part * offset_s / slew);
    }
    d->slewing = true;
    /* as our own clock counts it, which runs faster or slower meanwhile */
    d->slew_end = mono_after(now, length_s * (1 + d->drift + slew));
    return (struct clock_command){.action = CLOCK_SET_RATE, .rate = d->drift + slew};
}

static struct clock_command discipline_slew(struct discipline *d, const struct settings *s,
                                            double offset_s, struct mono_time now,
                                            double interval_s)
{
    d->slew_constant_s = discipline_time_constant(d, s, offset_s, interval_s);
    d->slew_step_s = fmax(fmin(interval_s, DISCIPLINE_STEP_S), 1.0 / 64);
    d->slew_size_s = offset_s;
    return discipline_go_on(d, s, offset_s, now);
}

static void discipline_rest(struct discipline *d)
{
    d->slewing = false;
    d->stepping = false;
}

struct clock_command discipline_update(struct discipline *d, const struct settings *settings,
                                       const struct timeline *timeline,
                                       const struct estimate *estimate, struct instant now,
                                       double interval_s)
{
    struct clock_command command = {.action = CLOCK_KEEP};
    double offset_s;

    d->estimate = *estimate;
    if (estimate->rate_sd <= settings->max_update_skew) {
        d->drift = clamp(estimate->rate, settings->max_drift);
        d->drift_sd = estimate->rate_sd;
    }
    offset_s = discipline_offset(d, timeline, now.mono);
    switch (discipline_judge(d, settings, offset_s, now.mono)) {
    case VERDICT_HOLD: return command;
    case VERDICT_STEP:
        command.action = CLOCK_STEP;
        command.step_ns = ns_from_s(offset_s);
        command.rate = d->drift;
        d->slewing = false;
        d->stepping = true;
        break;
    case VERDICT_SLEW:
        command = discipline_slew(d, settings, offset_s, now.mono, interval_s);
        break;
    }
    d->last_correction_s = offset_s;
    d->updates++;
    if (!settings->clock_control) { /* it is only watched: nothing begins, so nothing ends */
        discipline_rest(d);
        command.action = CLOCK_KEEP;
    }
    return command;
}

struct clock_command discipline_tick(struct discipline *d, const struct settings *settings,
                                     const struct timeline *timeline, struct mono_time now)
{
    double left;

    if (!d->slewing || now.ns < d->slew_end.ns) {
        return (struct clock_command){.action = CLOCK_KEEP};
    }
    left = discipline_offset(d, timeline, now);
    if (!d->slew_ends) {
        return discipline_go_on(d, settings, left, now);
    }
    /* it missed: the loop woke up late */
    if (fabs(left) > DISCIPLINE_MISSED_MIN_S && fabs(left) > d->estimate.offset_sd_s &&
        fabs(left) < fabs(d->slew_size_s) / 2) {
        d->slew_size_s = left;
        return discipline_go_on(d, settings, left, now);
    }
    d->slewing = false;
    return (struct clock_command){.action = CLOCK_SET_RATE, .rate = d->drift};
}

struct clock_command discipline_step(struct discipline *d, const struct timeline *timeline,
                                     struct mono_time now)
{
    discipline_rest(d);
    d->refused_s = 0;
    return (struct clock_command){.action = CLOCK_STEP,
                                  .step_ns = ns_from_s(discipline_offset(d, timeline, now)),
                                  .rate = d->drift};
}

void discipline_shift(struct discipline *d, double step_s)
{
    d->estimate.offset_s -= step_s;
    d->stepping = false;
    d->steps++;
}

void discipline_fail(struct discipline *d)
{
    d->updates -= d->stepping && d->updates > 0;
    discipline_rest(d);
}

const char *discipline_state_name(enum discipline_state s)
{
    switch (s) {
    case DISCIPLINE_UNSET: return "unset";
    case DISCIPLINE_TRACKING: return "tracking";
    case DISCIPLINE_HOLDOVER: return "holdover";
    case DISCIPLINE_SPIKE: return "spike";
    case DISCIPLINE_PANIC: return "panic";
    }
    return "unknown";
}
