/* SPDX-License-Identifier: BSD-2-Clause */
/* Which second a pulse begins: a source that says no more than that one begins needs another. */
#ifndef TOKI_CORE_PULSE_H
#define TOKI_CORE_PULSE_H

#include <stdbool.h>

#include "core/engine.h"

/* How far the pulse may lie from a second of the other source, its own bound included, so that no
 * other second can be meant. */
#define PULSE_AMBIGUOUS_S 0.4

/* The offset of our clock by a pulse that came at `at`: `fraction_s` and the whole seconds that the
 * nearest other source in use adds to it; *leap is that source's. False: there is none, or it does
 * not know the second well enough. */
bool pulse_number(const struct engine *e, uint16_t source, struct mono_time at, double fraction_s,
                  double *offset_s, uint8_t *leap);

#endif
