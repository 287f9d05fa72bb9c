/* SPDX-License-Identifier: BSD-2-Clause */
/* Simulated clocks. The noise model is that of clknetsim (and of the tables that toki's accuracy is
 * judged by): once a second the frequency takes a Gaussian step of deviation `wander`. */
#include "sim/oscillator.h"

#include <math.h>

/* Uptime of a machine when the world begins: mono is never near zero in real life. */
#define MONO_START_NS (INT64_C(1234) * NS_PER_S)

static void choose_freq(struct oscillator *o)
{
    const struct oscillator_settings *s = &o->settings;
    double t = (double)o->true_ns * 1e-9;

    o->freq = s->freq + o->walk;
    if (s->amplitude > 0) {
        o->freq += s->amplitude * sin(2 * 3.14159265358979323846 * t / s->period_s);
    }
    if (s->jump < 0 || s->jump > 0) {
        o->freq += t >= s->jump_at_s ? s->jump : 0;
    }
}

void oscillator_init(struct oscillator *o, const struct oscillator_settings *settings,
                     uint64_t seed, uint64_t stream, int64_t epoch_ns)
{
    *o = (struct oscillator){.settings = *settings, .mono_ns = MONO_START_NS};
    prng_seed(&o->prng, seed, stream);
    o->wall_minus_mono_ns = epoch_ns + ns_from_s(settings->offset_s) - MONO_START_NS;
    choose_freq(o);
}

void oscillator_advance(struct oscillator *o, int64_t true_ns)
{
    int64_t dt = true_ns - o->true_ns;
    double part, whole;

    if (dt <= 0) {
        return;
    }
    /* Only the difference from true time goes through a double: below 1e9 ns of it is exact to
     * 1e-7 ns even at a rate of 1. */
    part = o->mono_part + oscillator_total_rate(o) * (double)dt;
    whole = floor(part);
    o->mono_ns += dt + (int64_t)whole;
    o->mono_part = part - whole;
    o->free_ns_error += o->freq * (double)dt;
    o->true_ns = true_ns;
}

void oscillator_begin_second(struct oscillator *o)
{
    const struct oscillator_settings *s = &o->settings;

    if (s->wander > 0) {
        o->walk += s->wander * prng_gauss(&o->prng);
    }
    choose_freq(o);
    if (!o->stepped && (s->step_s < 0 || s->step_s > 0) &&
        (double)o->true_ns * 1e-9 >= s->step_at_s) {
        oscillator_step(o, ns_from_s(s->step_s));
        o->stepped = true;
    }
    if (o->stepped && !o->stepped_back && s->step_back_at_s > 0 &&
        (double)o->true_ns * 1e-9 >= s->step_back_at_s) {
        oscillator_step(o, ns_from_s(-s->step_s));
        o->stepped_back = true;
    }
}

struct instant oscillator_read(const struct oscillator *o)
{
    return (struct instant){.wall = {o->mono_ns + o->wall_minus_mono_ns}, .mono = {o->mono_ns}};
}

double oscillator_error_s(const struct oscillator *o, int64_t epoch_ns)
{
    int64_t whole = o->mono_ns + o->wall_minus_mono_ns - epoch_ns - o->true_ns;

    return ((double)whole + o->mono_part) * 1e-9;
}

double oscillator_total_rate(const struct oscillator *o)
{
    return o->freq + o->rate + o->freq * o->rate;
}

int64_t oscillator_when(const struct oscillator *o, struct mono_time mono)
{
    int64_t left = ns_subtract(mono.ns, o->mono_ns);
    double total = oscillator_total_rate(o), need;

    if (left <= 0) {
        return o->true_ns;
    }
    /* Far deadlines need no precision: the caller asks again in the next second. */
    need = ((double)left - o->mono_part) / (1 + total);
    return need > 4e18 ? INT64_MAX : ns_add(o->true_ns, (int64_t)ceil(need));
}

void oscillator_set_rate(struct oscillator *o, double rate)
{
    o->rate = rate;
}

void oscillator_step(struct oscillator *o, int64_t step_ns)
{
    o->wall_minus_mono_ns += step_ns;
}

void oscillator_suspend(struct oscillator *o, int64_t true_ns, double error_s)
{
    int64_t slept = true_ns - o->true_ns;

    o->wall_minus_mono_ns += slept + ns_from_s(error_s);
    o->free_ns_error -= (double)slept;
    o->true_ns = true_ns;
}
