/* SPDX-License-Identifier: BSD-2-Clause */
/* The neutral base that each configuration language starts from: no source, nobody's habits; the
 * constants of RFC 5905 where it has them (sections 7.1, 10 and appendix A.1.1). */
#include "core/settings.h"

#include <string.h>

void settings_default(struct settings *s)
{
    memset(s, 0, sizeof *s);

    s->min_sources = 1;      /* NMIN; CMIN */
    s->max_distance_s = 1.0; /* MAXDIST */
    s->max_jitter_s = 1.0;
    s->stratum_weight_s = 1e-3;

    s->clock_control = true;
    s->step_threshold_s = 0.128; /* STEPT */
    s->step_updates = 1;         /* the first update sets the clock, ... */
    s->stepout_s = 900.0;        /* ... later ones only after WATCH */
    s->panic_s = 1000.0;         /* PANICT */
    s->panic_first_allowed = false;
    s->max_slew_rate = 500e-6;
    s->max_clock_error = 15e-6; /* PHI */
    s->max_update_skew = 1e-3;
    s->max_drift = 500e-6; /* MAXFREQ */

    s->local = false;
    s->local_stratum = 10;
    s->local_distance_s = 1.0;

    s->leap_from_sources = true;
    s->name_refresh_s = 14 * 86400.0;
}
