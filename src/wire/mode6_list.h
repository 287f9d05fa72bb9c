/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes the text of a control message: `name=value` joined by ", ", lines of at most 72 columns
 * that end with a comma, CR and LF. A list knows which names were asked for; an item that was
 * not is left out, and so is one that does not fit, with all that follow it. Values are
 * written as every client can read them: plain decimals, nothing that is not a number. */
#ifndef TOKI_WIRE_MODE6_LIST_H
#define TOKI_WIRE_MODE6_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/mode6_packet.h"

#define MODE6_NAMES_MAX (MODE6_DATA_MAX / 2) /* in a request */

/* Names that a request lists. */
struct mode6_names {
    char text[MODE6_DATA_MAX + 1];
    unsigned count;
    struct {
        const char *text;
        bool found;
    } names[MODE6_NAMES_MAX];
};

/* Whether an item is in the default list, sent if no name is requested. */
enum mode6_when { MODE6_DEFAULT, MODE6_BY_NAME };

struct mode6_list {
    char *out;
    size_t capacity, length, column;
    bool full;
    struct mode6_names *wanted; /* NULL: the default list */
    int index;                  /* of a row: names get ".INDEX"; -1: none */
};

/* Splits "a, b,c=1" (what follows a '=' does not count); of `length` what a request holds. */
void mode6_names_parse(struct mode6_names *names, const uint8_t *data, size_t length);

/* Was each of them an item of some list? */
bool mode6_names_all_found(const struct mode6_names *names);

void mode6_list_begin(struct mode6_list *list, char *out, size_t capacity,
                      struct mode6_names *wanted);

/* The last CR LF; nothing if nothing was written. */
void mode6_list_end(struct mode6_list *list);

void mode6_put_integer(struct mode6_list *list, enum mode6_when when, const char *name,
                       int64_t value);
void mode6_put_hex(struct mode6_list *list, enum mode6_when when, const char *name, uint32_t value);

/* With this number of decimals, at most 9; not finite: 0. */
void mode6_put_decimal(struct mode6_list *list, enum mode6_when when, const char *name,
                       double value, int decimals);

/* An NTP timestamp. */
void mode6_put_time(struct mode6_list *list, enum mode6_when when, const char *name,
                    uint64_t timestamp);

/* As it is; and in quotes. Control characters, quotes, commas and '=' become '_'. */
void mode6_put_word(struct mode6_list *list, enum mode6_when when, const char *name,
                    const char *value);
void mode6_put_string(struct mode6_list *list, enum mode6_when when, const char *name,
                      const char *value);

/* Eight values with two decimals, a space before each. */
void mode6_put_eight(struct mode6_list *list, enum mode6_when when, const char *name,
                     const double values[8]);

#endif
