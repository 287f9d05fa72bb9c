/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of the command line; see the header. */
#include "cli/base/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_MAX_S (366 * 86400.0)

static const struct {
    const char *name;
    double size;
} units[] = {{"", 1},  {"ns", 1e-9}, {"us", 1e-6}, {"\u00b5s", 1e-6}, {"ms", 1e-3},
             {"s", 1}, {"min", 60},  {"h", 3600},  {"d", 86400}};

bool options_time(const char *option, const char *text, double *out)
{
    char *end;
    double value = strtod(text, &end);

    for (size_t i = 0; end != text && i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].name) == 0 && value > 0 && value * units[i].size <= TIME_MAX_S) {
            *out = value * units[i].size;
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
