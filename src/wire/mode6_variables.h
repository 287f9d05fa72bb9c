/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of `name=value, name="text", ...` as mode 6 requests and answers carry them,
 * taken apart. mode6_list.h writes them. */
#ifndef TOKI_WIRE_MODE6_VARIABLES_H
#define TOKI_WIRE_MODE6_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VARIABLES_MAX 4096

struct variable {
    const char *name, *value; /* value without its quotes; "" if there is none */
    bool quoted;
};

struct variables {
    unsigned count;
    struct variable items[VARIABLES_MAX];
};

/* The next variable of a text that is taken apart in place and must live as long as it. Control
 * characters and bytes above 126 are left out, a comma within quotes does not separate. *rest: the
 * text at first, NULL at its end. False: there is none any more. */
bool variables_next(char **rest, struct variable *v);

/* All of them. */
void variables_read(struct variables *v, char *text);

/* NULL: there is none of this name. */
const struct variable *variables_find(const struct variables *v, const char *name);

/* The text of a variable, or "". */
const char *variables_text(const struct variables *v, const char *name);

/* Whole text as a number: decimal, 0x.., with a fraction. NAN: it is none, or missing. */
double variables_number(const struct variables *v, const char *name);
double variables_parse_number(const char *text);

/* A whole number of 32 bits. False: it is none. */
bool variables_parse_integer(const char *text, int64_t *out);

/* An NTP timestamp as "0x%08x.%08x". False: it is none. */
#define VARIABLES_TIME_LENGTH 20
bool variables_parse_time(const char *text, uint64_t *timestamp);
const char *variables_format_time(uint64_t timestamp, char text[VARIABLES_TIME_LENGTH]);

#endif
