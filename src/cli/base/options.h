/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of the command line. What cannot be understood is told on stderr with the word and the
 * cure. */
#ifndef TOKI_CLI_BASE_OPTIONS_H
#define TOKI_CLI_BASE_OPTIONS_H

#include <stdbool.h>

/* A time > 0: a number with ns, us, ms, s, min, h or d; without a unit seconds. */
bool options_time(const char *option, const char *text, double *out);

/* A whole number from `least` to `most`. */
bool options_count(const char *option, const char *text, unsigned least, unsigned most,
                   unsigned *out);

#endif
