/* SPDX-License-Identifier: BSD-2-Clause */
/* Two tables of units. */
#include "core/units.h"

#include <stddef.h>
#include <string.h>

struct unit {
    const char *name;
    double size;
};

static double find(const struct unit *units, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(units[i].name, name) == 0) {
            return units[i].size;
        }
    }
    return 0;
}

double units_time_s(const char *name)
{
    static const struct unit units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"\u00b5s", 1e-6}, {"ms", 1e-3},
                                        {"s", 1},     {"sec", 1},   {"m", 60},         {"min", 60},
                                        {"h", 3600},  {"d", 86400}};

    return find(units, sizeof units / sizeof units[0], name);
}

double units_ratio(const char *name)
{
    static const struct unit units[] = {{"%", 1e-2}, {"ppm", 1e-6}, {"ppb", 1e-9}};

    return find(units, sizeof units / sizeof units[0], name);
}
