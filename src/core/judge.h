/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine's judgement: which sources are used and why the others are not, what the clock should
 * do, and what is said of it to clients. Works on the engine's state, emits only events. */
#ifndef TOKI_CORE_JUDGE_H
#define TOKI_CORE_JUDGE_H

#include "core/engine.h"

/* Gives each source its status, by a new vote. */
void judge_sources(struct engine *e, struct instant now);

/* Combines the survivors after a new sample of `source` (`suspect`: it is not to be used) and
 * decides on the clock. True if the discipline has a new estimate. */
bool judge_clock(struct engine *e, struct instant now, uint16_t source, bool suspect,
                 struct clock_command *command);

/* Brings e->reference and e->synchronised up to date. `updated`: the clock was just updated. */
void judge_reference(struct engine *e, struct instant now, bool updated);

#endif
