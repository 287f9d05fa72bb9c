/* SPDX-License-Identifier: BSD-2-Clause */
/* See option.h. */
#include "config/option.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_type { OPTION_INT, OPTION_UNSIGNED, OPTION_DOUBLE, OPTION_BOOL };

static const struct option {
    const char *name;
    enum option_type type;
    size_t offset;
    double minimum, maximum;
} options[] = {
    {"minpoll", OPTION_INT, offsetof(struct source_spec, minpoll), POLL_MIN, POLL_MAX},
    {"maxpoll", OPTION_INT, offsetof(struct source_spec, maxpoll), POLL_MIN, POLL_MAX},
    {"maxdelay", OPTION_DOUBLE, offsetof(struct source_spec, max_delay_s), 0, 1e6},
    {"maxdelayratio", OPTION_DOUBLE, offsetof(struct source_spec, max_delay_ratio), 0, 1e6},
    {"maxdelaydevratio", OPTION_DOUBLE, offsetof(struct source_spec, max_delay_deviation), 0, 1e6},
    {"minstratum", OPTION_UNSIGNED, offsetof(struct source_spec, min_stratum), 0, 15},
    {"polltarget", OPTION_UNSIGNED, offsetof(struct source_spec, poll_target), 1, 1000},
    {"offset", OPTION_DOUBLE, offsetof(struct source_spec, offset_correction_s), -1e6, 1e6},
    {"noselect", OPTION_BOOL, offsetof(struct source_spec, noselect), 0, 1},
    {"prefer", OPTION_BOOL, offsetof(struct source_spec, prefer), 0, 1},
    {"trust", OPTION_BOOL, offsetof(struct source_spec, trust), 0, 1},
    {"require", OPTION_BOOL, offsetof(struct source_spec, require), 0, 1},
};

static const struct option *find_option(const char *name)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (strcmp(name, options[i].name) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

static void store(struct source_spec *spec, const struct option *o, double number)
{
    char *place = (char *)spec + o->offset;
    int i = (int)number;
    unsigned u = number > 0 ? (unsigned)number : 0;
    bool b = number > 0;

    switch (o->type) {
    case OPTION_INT:
        memcpy(place, &i, sizeof i);
        break;
    case OPTION_UNSIGNED:
        memcpy(place, &u, sizeof u);
        break;
    case OPTION_DOUBLE:
        memcpy(place, &number, sizeof number);
        break;
    case OPTION_BOOL:
        memcpy(place, &b, sizeof b);
        break;
    }
}

bool option_set(struct source_spec *spec, const char *name, const char *value, char *problem,
                size_t capacity)
{
    const struct option *o = find_option(name);
    char *end;
    double number = strtod(value, &end);

    if (!o) {
        snprintf(problem, capacity, "'%.100s' is no option that can be changed by hand", name);
        return false;
    }
    if (end == value || *end != '\0' || !(number >= o->minimum && number <= o->maximum) ||
        (o->type != OPTION_DOUBLE && number != floor(number))) {
        snprintf(problem, capacity, "'%.100s' is no value of '%s': it is %g to %g", value, name,
                 o->minimum, o->maximum);
        return false;
    }
    store(spec, o, number);
    /* who was given wins, as in a file */
    if (strcmp(name, "minpoll") == 0 && spec->maxpoll < spec->minpoll) {
        spec->maxpoll = spec->minpoll;
    } else if (strcmp(name, "maxpoll") == 0 && spec->minpoll > spec->maxpoll) {
        spec->minpoll = spec->maxpoll;
    }
    return true;
}
