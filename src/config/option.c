/* SPDX-License-Identifier: BSD-2-Clause */
/* Options by name, from the rows of chrony.conf's `server`: those that are `live`. */
#include "config/option.h"

#include <stdio.h>
#include <string.h>

#include "config/directive.h"
#include "config/usage.h"

bool option_set(struct source_spec *spec, const char *name, const char *value, char *problem,
                size_t capacity)
{
    const struct directive *server = directive_find(language_of(DIALECT_CHRONY), "server");
    const struct parameter *p = parameter_find(server->options, name, false);
    char usage[160];
    double number;

    if (!p || !p->live) {
        snprintf(problem, capacity, "'%.100s' is not an option that can be changed by hand", name);
        return false;
    }
    if (parameter_number(p, value, &number) != NUMBER_GOOD) {
        usage_of_value(p, usage, sizeof usage);
        snprintf(problem, capacity, "'%.100s' is not a value of '%s': it is %s", value, name,
                 p->type == PARAMETER_FLAG ? "0 or 1" : usage);
        return false;
    }
    parameter_put(p, number, NULL, spec);
    /* the one that was given wins, as in a file */
    if (strcmp(name, "minpoll") == 0 && spec->maxpoll < spec->minpoll) {
        spec->maxpoll = spec->minpoll;
    } else if (strcmp(name, "maxpoll") == 0 && spec->minpoll > spec->maxpoll) {
        spec->minpoll = spec->maxpoll;
    }
    return true;
}
