/* SPDX-License-Identifier: BSD-2-Clause */
/* Items are joined in lines as ntpd does, which some clients rely on. */
#include "wire/mode6_list.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "wire/mode6_variables.h"

#define COLUMNS 72
#define ITEM_MAX 400
#define VALUE_MAX 300
/* Larger numbers than these mean nothing in any unit that is used, and need many digits. */
#define DECIMAL_MAX 1e15

void mode6_names_parse(struct mode6_names *names, const uint8_t *data, size_t length)
{
    char *rest = names->text;
    struct variable v;

    length = length < MODE6_DATA_MAX ? length : MODE6_DATA_MAX;
    memcpy(names->text, data, length);
    names->text[length] = '\0';
    names->count = 0;
    while (names->count < MODE6_NAMES_MAX && variables_next(&rest, &v)) {
        names->names[names->count].text = v.name;
        names->names[names->count++].found = false;
    }
}

bool mode6_names_all_found(const struct mode6_names *names)
{
    for (unsigned i = 0; i < names->count; i++) {
        if (!names->names[i].found) {
            return false;
        }
    }
    return true;
}

void mode6_list_begin(struct mode6_list *list, char *out, size_t capacity,
                      struct mode6_names *wanted)
{
    *list = (struct mode6_list){.out = out, .capacity = capacity, .wanted = wanted, .index = -1};
}

static bool is_wanted(struct mode6_list *list, enum mode6_when when, const char *name)
{
    bool wanted = false;

    if (!list->wanted) {
        return when == MODE6_DEFAULT;
    }
    for (unsigned i = 0; i < list->wanted->count; i++) {
        if (strcmp(list->wanted->names[i].text, name) == 0) {
            list->wanted->names[i].found = true;
            wanted = true;
        }
    }
    return wanted;
}

/* Room for the last CR LF is kept. */
static void append(struct mode6_list *list, const char *item, size_t length)
{
    bool new_line = list->column + length + 3 > COLUMNS;
    const char *separator = list->length == 0 ? "" : new_line ? ",\r\n" : ", ";
    size_t gap = strlen(separator);

    list->full = list->full || list->length + gap + length + 2 > list->capacity;
    if (list->full) {
        return;
    }
    memcpy(list->out + list->length, separator, gap);
    memcpy(list->out + list->length + gap, item, length);
    list->length += gap + length;
    list->column = new_line ? length : list->column + gap + length;
}

static void put(struct mode6_list *list, enum mode6_when when, const char *name, const char *value)
{
    char item[ITEM_MAX];
    int length;

    if (!is_wanted(list, when, name)) {
        return;
    }
    length = list->index < 0 ? snprintf(item, sizeof item, "%s=%s", name, value)
                             : snprintf(item, sizeof item, "%s.%d=%s", name, list->index, value);
    if (length > 0 && (size_t)length < sizeof item) {
        append(list, item, (size_t)length);
    }
}

void mode6_list_end(struct mode6_list *list)
{
    if (list->length > 0) {
        memcpy(list->out + list->length, "\r\n", 2);
        list->length += 2;
    }
}

void mode6_put_integer(struct mode6_list *list, enum mode6_when when, const char *name,
                       int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, value);
    put(list, when, name, text);
}

void mode6_put_hex(struct mode6_list *list, enum mode6_when when, const char *name, uint32_t value)
{
    char text[16];

    snprintf(text, sizeof text, "0x%" PRIx32, value);
    put(list, when, name, text);
}

static double presentable(double value)
{
    return isfinite(value) ? fmax(-DECIMAL_MAX, fmin(value, DECIMAL_MAX)) : 0;
}

void mode6_put_decimal(struct mode6_list *list, enum mode6_when when, const char *name,
                       double value, int decimals)
{
    char text[40];

    snprintf(text, sizeof text, "%.*f", decimals, presentable(value));
    put(list, when, name, text);
}

void mode6_put_time(struct mode6_list *list, enum mode6_when when, const char *name,
                    uint64_t timestamp)
{
    char text[VARIABLES_TIME_LENGTH];

    put(list, when, name, variables_format_time(timestamp, text));
}

static void put_clean(struct mode6_list *list, enum mode6_when when, const char *name,
                      const char *value, const char *quote)
{
    char text[VALUE_MAX];
    size_t length =
        (size_t)snprintf(text, sizeof text, "%s%.*s%s", quote, VALUE_MAX - 3, value, quote);

    for (size_t i = strlen(quote); i + strlen(quote) < length; i++) {
        if (text[i] < ' ' || text[i] > '~' || strchr("\",=", text[i])) {
            text[i] = '_';
        }
    }
    put(list, when, name, text);
}

void mode6_put_word(struct mode6_list *list, enum mode6_when when, const char *name,
                    const char *value)
{
    put_clean(list, when, name, value, "");
}

void mode6_put_string(struct mode6_list *list, enum mode6_when when, const char *name,
                      const char *value)
{
    put_clean(list, when, name, value, "\"");
}

void mode6_put_eight(struct mode6_list *list, enum mode6_when when, const char *name,
                     const double values[8])
{
    char text[VALUE_MAX];
    size_t length = 0;

    for (unsigned i = 0; i < 8; i++) {
        length +=
            (size_t)snprintf(text + length, sizeof text - length, " %.2f", presentable(values[i]));
    }
    put(list, when, name, text);
}
