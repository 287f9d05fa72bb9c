/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of the command line; see the header. */
#include "cli/base/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/units.h"

#define TIME_MAX_S (366 * 86400.0)

bool options_time(const char *option, const char *text, double *out)
{
    char *end;
    double value = strtod(text, &end);

    if (end != text) {
        value *= *end ? units_time_s(end) : 1;
        if (value > 0 && value <= TIME_MAX_S) {
            *out = value;
            return true;
        }
    }
    fprintf(stderr,
            "toki: %s '%s': write a time above zero, with ns, us, ms, s, min, h or d: %s 50ms\n",
            option, text, option);
    return false;
}

bool options_count(const char *option, const char *text, unsigned least, unsigned most,
                   unsigned *out)
{
    char *end;
    unsigned long value;

    value = strtoul(text, &end, 10);
    if (end == text || *end || text[0] == '-' || value < least || value > most) {
        fprintf(stderr, "toki: %s '%s': write a whole number from %u to %u\n", option, text, least,
                most);
        return false;
    }
    *out = (unsigned)value;
    return true;
}
