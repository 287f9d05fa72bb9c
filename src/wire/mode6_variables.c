/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of `name=value, ...`, taken apart; see the header. */
#include "wire/mode6_variables.h"

#include <math.h>
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

static void add(struct variables *v, char *text, char *end)
{
    char *name, *value, *equals;
    size_t length;
    bool quoted;

    name = trim(text, end);
    if (*name == '\0' || v->count == VARIABLES_MAX) {
        return;
    }
    equals = strchr(name, '=');
    value = equals ? trim(equals + 1, name + strlen(name)) : name + strlen(name);
    if (equals && *(name = trim(name, equals)) == '\0') {
        return;
    }
    length = strlen(value);
    quoted = length >= 2 && value[0] == '"' && value[length - 1] == '"';
    if (quoted) {
        value[length - 1] = '\0';
        value++;
    }
    v->items[v->count++] = (struct variable){.name = name, .value = value, .quoted = quoted};
}

void variables_read(struct variables *v, char *text)
{
    char *start = text, *out = text;
    bool quoted = false;

    v->count = 0;
    for (const char *in = text; *in; in++) {
        char c = *in;

        if (c == ',' && !quoted) {
            *out = '\0';
            add(v, start, out);
            start = ++out;
        } else if (c == '\t' || (c >= ' ' && c < 127)) {
            quoted = quoted != (c == '"');
            *out++ = c;
        }
    }
    *out = '\0';
    add(v, start, out);
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
