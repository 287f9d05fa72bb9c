/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads lists of `name=value, ...` in place, without memory of its own. */
#include "wire/mode6_variables.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Cuts the blanks off both ends of a text that ends at `end`. */
static char *trim(char *text, char *end)
{
    while (is_space(*text)) {
        text++;
    }
    while (end > text && is_space(end[-1])) {
        end--;
    }
    *end = '\0';
    return text;
}

/* One item, which ends at `end`; false: there is nothing in it. */
static bool split(struct variable *v, char *text, char *end)
{
    char *name = trim(text, end), *equals = strchr(name, '=');
    char *value = equals ? trim(equals + 1, name + strlen(name)) : name + strlen(name);
    size_t length = strlen(value);
    bool quoted = length >= 2 && value[0] == '"' && value[length - 1] == '"';

    if (equals) {
        name = trim(name, equals);
    }
    if (quoted) {
        value[length - 1] = '\0';
        value++;
    }
    *v = (struct variable){.name = name, .value = value, .quoted = quoted};
    return *name != '\0';
}

bool variables_next(char **rest, struct variable *v)
{
    while (*rest) {
        char *start = *rest, *out = start;
        const char *in = start;
        bool quoted = false;

        for (; *in && (*in != ',' || quoted); in++) {
            if (*in == '\t' || (*in >= ' ' && *in < 127)) {
                quoted = quoted != (*in == '"');
                *out++ = *in;
            }
        }
        *rest = *in ? start + (in - start) + 1 : NULL;
        *out = '\0';
        if (split(v, start, out)) {
            return true;
        }
    }
    return false;
}

void variables_read(struct variables *v, char *text)
{
    char *rest = text;

    v->count = 0;
    while (v->count < VARIABLES_MAX && variables_next(&rest, &v->items[v->count])) {
        v->count++;
    }
}

const struct variable *variables_find(const struct variables *v, const char *name)
{
    for (unsigned i = 0; i < v->count; i++) {
        if (strcmp(v->items[i].name, name) == 0) {
            return &v->items[i];
        }
    }
    return NULL;
}

const char *variables_text(const struct variables *v, const char *name)
{
    const struct variable *found = variables_find(v, name);

    return found ? found->value : "";
}

double variables_parse_number(const char *text)
{
    char *end;
    double value;

    if (strspn(text, "0123456789+-.eExXabcdfABCDF") != strlen(text) || *text == '\0') {
        return (double)NAN;
    }
    value = strtod(text, &end);
    return *end ? (double)NAN : value;
}

double variables_number(const struct variables *v, const char *name)
{
    return variables_parse_number(variables_text(v, name));
}

bool variables_parse_integer(const char *text, int64_t *out)
{
    double value = variables_parse_number(text);

    if (!(value >= 0 && value <= UINT32_MAX && floor(value) >= value)) {
        return false;
    }
    *out = (int64_t)value;
    return true;
}

bool variables_parse_time(const char *text, uint64_t *timestamp)
{
    char *end;
    unsigned long seconds, fraction;

    if (strncmp(text, "0x", 2) != 0 || strlen(text) != 19 || text[10] != '.' ||
        strspn(text + 2, "0123456789abcdefABCDEF") != 8 ||
        strspn(text + 11, "0123456789abcdefABCDEF") != 8) {
        return false;
    }
    seconds = strtoul(text + 2, &end, 16);
    fraction = strtoul(text + 11, &end, 16);
    *timestamp = (uint64_t)seconds << 32 | (uint32_t)fraction;
    return true;
}

const char *variables_format_time(uint64_t timestamp, char text[VARIABLES_TIME_LENGTH])
{
    snprintf(text, VARIABLES_TIME_LENGTH, "0x%08" PRIx32 ".%08" PRIx32, (uint32_t)(timestamp >> 32),
             (uint32_t)timestamp);
    return text;
}
