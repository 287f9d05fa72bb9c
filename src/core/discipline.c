/* SPDX-License-Identifier: BSD-2-Clause */
/* Steering of the clock. Called by the engine with each new combined estimate, and on its ticks to
 * end a slew. */
#include "core/discipline.h"

#include <math.h>
#include <string.h>

/* A correction is spread over this part of the time to the next one: short enough to lose nothing
 * (the error left decays within 6 % of the interval), long enough to keep the rate calm. */
#define DISCIPLINE_SLEW_PART (1.0 / 16)
#define DISCIPLINE_SLEW_MIN_S 1.0
/* A slew that missed (the loop woke up late) by more than this, and by more than what the estimate
 * is
 * known to, is mended at once. */
#define DISCIPLINE_MISSED_MIN_S 1e-6

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

static struct clock_command discipline_slew(struct discipline *d, const struct settings *s,
                                            double offset_s, struct mono_time now,
                                            double interval_s)
{
    double part = s->correction_ratio > 0 ? s->correction_ratio : DISCIPLINE_SLEW_PART;
    double duration = fmax(interval_s * part, DISCIPLINE_SLEW_MIN_S);
    double slew;

    if (interval_s < DISCIPLINE_SLEW_MIN_S) {
        duration = fmax(interval_s, 1.0 / 64);
    }
    slew = clamp(offset_s / duration, s->max_slew_rate);
    if (slew != 0) {
        /* as our own clock counts it, which runs faster or slower meanwhile */
        duration = offset_s / slew * (1 + d->drift + slew);
    }
    d->slewing = true;
    d->slew_end = mono_after(now, duration);
    return (struct clock_command){.action = CLOCK_SET_RATE, .rate = d->drift + slew};
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
    if (fabs(left) > DISCIPLINE_MISSED_MIN_S && fabs(left) > d->estimate.offset_sd_s &&
        fabs(left) < fabs(d->last_correction_s) / 2) {
        d->last_correction_s = left;
        return discipline_slew(d, settings, left, now, DISCIPLINE_SLEW_MIN_S);
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
