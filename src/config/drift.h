/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of a drift file, in either format; reading and writing the file is the daemon's. The
 * rate is toki's: the correction that the oscillator needs, a pure number, positive: it runs slow.
 */
#ifndef TOKI_CONFIG_DRIFT_H
#define TOKI_CONFIG_DRIFT_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

/* False: not the text of a drift file (empty, binary, no number, more than 500 ppm); *rate and
 * *skew are then untouched. *skew (>= 0) is 0 where the format has none. */
bool drift_parse(const char *text, size_t length, enum drift_format format, double *rate,
                 double *skew);

/* Writes the text with a newline and a NUL; returns its length, 0 if it does not fit or a number
 * is not fit for a drift file. */
size_t drift_format_text(char *out, size_t capacity, enum drift_format format, double rate,
                         double skew);

#endif
