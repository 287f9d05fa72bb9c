/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeps the exchanges of interleaved mode and decides between the two samples that an interleaved
 * answer offers. Called by source. */
#include "core/interleave.h"

#include <math.h>
#include <string.h>

#include "core/stats.h"

#define INTERLEAVE_REQUESTS_MAX 4 /* RFC 9769: "SHOULD limit the number of requests" */
#define INTERLEAVE_KNOWN 8        /* exchanges, before any conclusion is drawn */
#define INTERLEAVE_HYSTERESIS 1.2

void interleave_reset(struct interleave *x)
{
    memset(x, 0, sizeof *x);
}

bool interleave_may_ask(const struct interleave *x)
{
    return x->valid && x->requests < INTERLEAVE_REQUESTS_MAX;
}

void interleave_keep(struct interleave *x, uint64_t cookie, struct wall_time server_receive,
                     struct free_time sent, struct free_time came)
{
    x->valid = true;
    x->cookie = cookie;
    x->server_receive = server_receive;
    x->sent = sent;
    x->came = came;
    x->requests = 0;
}

void interleave_learn(struct interleave *x, double turnaround_s, double delay_s)
{
    x->newest = (x->newest + 1) % INTERLEAVE_WINDOW;
    x->turnaround_s[x->newest] = turnaround_s;
    x->delay_s[x->newest] = delay_s;
    if (x->count < INTERLEAVE_WINDOW) {
        x->count++;
    }
}

/* The values of the ring in ascending order; `b` is added if it is not NULL. */
static void interleave_sorted(const struct interleave *x, const double *a, const double *b,
                              double *out)
{
    for (unsigned i = 0; i < x->count; i++) {
        unsigned j = (x->newest + INTERLEAVE_WINDOW - i) % INTERLEAVE_WINDOW;

        out[i] = a[j] + (b ? b[j] : 0);
    }
    stats_sort(out, x->count);
}

double interleave_turnaround(const struct interleave *x, double total_s)
{
    double values[INTERLEAVE_WINDOW], usual;

    interleave_sorted(x, x->turnaround_s, NULL, values);
    usual = stats_median(values, x->count);
    /* no path is shorter than the shortest: then the server was quicker than usual */
    interleave_sorted(x, x->delay_s, NULL, values);
    return fmin(usual, total_s - values[0]);
}

/* Distance of the quartiles, squared. */
static double interleave_spread(const double *sorted, unsigned n)
{
    double width = sorted[3 * n / 4] - sorted[n / 4];

    return width * width;
}

bool interleave_prefers_old(struct interleave *x, double reading_s, double aging)
{
    double paths[INTERLEAVE_WINDOW], totals[INTERLEAVE_WINDOW], noise;

    if (x->count < INTERLEAVE_KNOWN) {
        return x->old = false;
    }
    interleave_sorted(x, x->delay_s, NULL, paths);
    interleave_sorted(x, x->delay_s, x->turnaround_s, totals);
    noise = (interleave_spread(totals, x->count) + reading_s * reading_s) /
            (interleave_spread(paths, x->count) + reading_s * reading_s);
    /* The error of a clock that is steered by samples of variance R goes with R^(3/4), as a
     * variance: the noisier they are, the longer is the mean over them. */
    x->old = pow(noise, 0.75) > aging * (x->old ? 1 : INTERLEAVE_HYSTERESIS);
    return x->old;
}
