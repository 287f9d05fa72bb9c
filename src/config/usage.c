/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows in words; see the header. All texts are plain ASCII, cut where they do not fit. */
#include "config/usage.h"

#include <stdio.h>
#include <string.h>

void usage_of_directive(const struct directive *d, char *out, size_t capacity)
{
    size_t used = (size_t)snprintf(out, capacity, "usage: %s%s", d->keyword,
                                   d->family_prefix ? " [-4|-6]" : "");

    for (unsigned i = 0; i < parameter_count(d->arguments) && used < capacity; i++) {
        const struct parameter *p = &d->arguments[i];

        used += (size_t)snprintf(out + used, capacity - used, "%s%s%s%s", p->optional ? " [" : " ",
                                 p->name, p->type == PARAMETER_REST ? "..." : "",
                                 p->optional ? "]" : "");
    }
    if (used < capacity && parameter_count(d->options) > 4) {
        snprintf(out + used, capacity - used, " [option...]");
        return;
    }
    for (unsigned i = 0; i < parameter_count(d->options) && used < capacity; i++) {
        const struct parameter *p = &d->options[i];

        used += (size_t)snprintf(out + used, capacity - used, " [%s%s]", p->name,
                                 p->type == PARAMETER_FLAG ? "" : " ...");
    }
}

const char *usage_unit(const char *unit)
{
    return strcmp(unit, "s") == 0        ? "seconds"
           : strcmp(unit, "log2 s") == 0 ? "log2 of seconds"
                                         : unit;
}

static bool is_number(const struct parameter *p)
{
    return p->type == PARAMETER_INTEGER || p->type == PARAMETER_REAL;
}

void usage_of_value(const struct parameter *p, char *out, size_t capacity)
{
    char range[64] = "";

    if (!is_number(p)) {
        snprintf(out, capacity, "%s",
                 p->type == PARAMETER_FLAG   ? "a flag"
                 : p->type == PARAMETER_REST ? "words"
                                             : "a word");
        return;
    }
    if (p->minimum > -NO_LIMIT && p->maximum < NO_LIMIT) {
        snprintf(range, sizeof range, " from %.15g to %.15g", p->minimum, p->maximum);
    } else if (p->minimum > -NO_LIMIT) {
        snprintf(range, sizeof range, " from %.15g", p->minimum);
    }
    snprintf(out, capacity, "a %s%s%s%s%s",
             p->type == PARAMETER_INTEGER ? "whole number" : "number", range, p->unit ? " (" : "",
             p->unit ? usage_unit(p->unit) : "", p->unit ? ")" : "");
}

void usage_of_parameter(const struct parameter *p, char *out, size_t capacity)
{
    char value[160];

    if (is_number(p)) {
        usage_of_value(p, value, sizeof value);
        snprintf(out, capacity, "%s: %s", p->name, value);
    } else {
        snprintf(out, capacity, "%s%s%s", p->name, p->doc ? ": " : "", p->doc ? p->doc : "");
    }
}

const char *usage_of_verdict(enum verdict verdict)
{
    static const char *const words[] = {[VERDICT_WORKS] = "works",
                                        [VERDICT_NOTHING] = "needs nothing here",
                                        [VERDICT_LATER] = "ignored with a warning",
                                        [VERDICT_OBSOLETE] = "ignored with a warning",
                                        [VERDICT_REFUSED] = "refused"};

    return words[verdict];
}
