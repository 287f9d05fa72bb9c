/* SPDX-License-Identifier: BSD-2-Clause */
/* Simulated paths. Each packet draws the same number of random values whatever becomes of it, so
 * that two runs that differ in one setting stay comparable. */
#include "sim/link.h"

#include <math.h>

void link_init(struct link *l, const struct link_settings *settings, uint64_t seed, uint64_t stream)
{
    l->settings = *settings;
    prng_seed(&l->prng, seed, stream);
}

static bool busy(const struct link_settings *s, double now_s)
{
    double phase;

    if (!(s->busy_period_s > 0)) {
        return false;
    }
    phase = fmod(now_s, s->busy_period_s);
    return phase >= s->busy_from_s && phase <= s->busy_from_s + s->busy_s;
}

static double one_delay(struct link *l, double now_s)
{
    const struct link_settings *s = &l->settings;
    bool rerouted = s->reroute_at_s > 0 && now_s >= s->reroute_at_s;
    double delay = rerouted ? s->reroute_delay_s : s->delay_s;

    delay += s->jitter_s * prng_exponential(&l->prng);
    if (s->spike_often > 0 && prng_chance(&l->prng, s->spike_often)) {
        delay += s->spike_s * prng_exponential(&l->prng);
    }
    if (s->detour_often > 0 && prng_chance(&l->prng, s->detour_often)) {
        delay += s->detour_s;
    }
    if (busy(s, now_s)) {
        delay += s->queue_s + s->queue_jitter_s * prng_exponential(&l->prng);
    }
    if (s->reorder > 0 && prng_chance(&l->prng, s->reorder)) {
        delay += 10 * (s->delay_s + s->jitter_s) * prng_unit(&l->prng);
    }
    return delay;
}

unsigned link_carry(struct link *l, double now_s, double delays_s[LINK_COPIES_MAX])
{
    const struct link_settings *s = &l->settings;
    bool lost = s->loss > 0 && prng_chance(&l->prng, s->loss);
    unsigned copies = 1;

    while (s->duplicate > 0 && copies < LINK_COPIES_MAX && prng_chance(&l->prng, s->duplicate)) {
        copies++;
    }
    for (unsigned i = 0; i < copies; i++) {
        delays_s[i] = one_delay(l, now_s);
    }
    lost = lost || (now_s >= s->outage_from_s && now_s < s->outage_to_s);
    return lost ? 0 : copies;
}
