/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests for the list of clients, and its rows. */
#include "wire/mode6_mru.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Numbers of a request. */
#define NUMBERS(X)                                                                                 \
    X(frags) X(limit) X(recent) X(mincount) X(mindrop) X(resall) X(resany) X(maxlstint) X(minlstint)

/* What ntpq lets people choose by; the rest is the protocol's. */
#define FILTERS(X)                                                                                 \
    X(mincount)                                                                                    \
    X(mindrop) X(minscore) X(resall) X(resany) X(maxlstint) X(minlstint) X(laddr) X(recent)

/* ---- requests ---- */

/* 192.0.2.1:123 or [2001:db8::1]:123; the port does not matter. */
static bool parse_address(const char *text, struct address *out)
{
    char address[ADDRESS_TEXT_MAX];
    size_t skip = text[0] == '[', length = strcspn(text + skip, skip ? "]" : ":");

    if (text[skip + length] == '\0' || length >= sizeof address) {
        return false;
    }
    memcpy(address, text + skip, length);
    address[length] = '\0';
    return address_parse(address, out);
}

/* "addr.0", "last.15": the point that a name belongs to; NULL: it is something else. */
static struct mode6_mru_point *find_point(struct mode6_mru_request *r, const char *name,
                                          const char *stem)
{
    size_t length = strlen(stem);
    int64_t index;

    return strncmp(name, stem, length) == 0 && variables_parse_integer(name + length, &index) &&
                   index < MODE6_MRU_RESUME_MAX
               ? &r->points[index]
               : NULL;
}

static bool take_item(struct mode6_mru_request *r, const struct variable *v)
{
    struct mode6_mru_point *point;

#define TAKE_NUMBER(field)                                                                         \
    if (strcmp(v->name, #field) == 0) {                                                            \
        return variables_parse_integer(v->value, &r->field);                                       \
    }
    NUMBERS(TAKE_NUMBER)
    if (strcmp(v->name, "nonce") == 0) {
        snprintf(r->nonce, sizeof r->nonce, "%s", v->value);
    } else if (strcmp(v->name, "minscore") == 0) {
        r->minscore = variables_parse_number(v->value);
        return r->minscore >= 0;
    } else if ((point = find_point(r, v->name, "addr.")) != NULL) {
        r->resumes = true;
        return parse_address(v->value, &point->address);
    } else if ((point = find_point(r, v->name, "last.")) != NULL) {
        r->resumes = true;
        return variables_parse_time(v->value, &point->last);
    }
    return true; /* laddr, and names of clients to come */
}

bool mode6_mru_read_request(struct mode6_mru_request *r, const uint8_t *data, size_t length)
{
    char text[MODE6_DATA_MAX + 1], *rest = text;
    struct variable v;

    *r = (struct mode6_mru_request){.maxlstint = -1};
    length = length < MODE6_DATA_MAX ? length : MODE6_DATA_MAX;
    memcpy(text, data, length);
    text[length] = '\0';
    while (variables_next(&rest, &v)) {
        if (*v.value != '\0' && !take_item(r, &v)) {
            return false;
        }
    }
    return true;
}

bool mode6_mru_is_filter(const char *name, size_t length)
{
#define IS_FILTER(field) || (length == sizeof #field - 1 && memcmp(name, #field, length) == 0)
    return false FILTERS(IS_FILTER);
}

void mode6_mru_write_request(const char *nonce, unsigned frags, const char *filters,
                             const struct mode6_mru_row *rows, size_t count,
                             char out[MODE6_DATA_MAX + 1])
{
    size_t used =
        (size_t)snprintf(out, MODE6_DATA_MAX + 1, "nonce=%s, frags=%u%s", nonce, frags, filters);

    for (size_t i = 0; i < MODE6_MRU_RESUME_MAX && i < count; i++) {
        const struct mode6_mru_row *row = &rows[count - 1 - i];
        char point[2 * ADDRESS_TEXT_MAX], last[VARIABLES_TIME_LENGTH];
        size_t length = (size_t)snprintf(point, sizeof point, ", addr.%zu=%s, last.%zu=%s", i,
                                         row->addr, i, variables_format_time(row->last, last));

        if (used + length > MODE6_DATA_MAX) {
            break;
        }
        memcpy(out + used, point, length + 1);
        used += length;
    }
}

/* ---- rows ---- */

void mode6_mru_write_row(struct mode6_list *list, int index, const struct mode6_mru_row *row)
{
    list->index = index;
    mode6_put_word(list, MODE6_DEFAULT, "addr", row->addr);
    mode6_put_time(list, MODE6_DEFAULT, "last", row->last);
    mode6_put_time(list, MODE6_DEFAULT, "first", row->first);
    mode6_put_integer(list, MODE6_DEFAULT, "ct", (int64_t)row->ct);
    mode6_put_integer(list, MODE6_DEFAULT, "mv", row->mv);
    mode6_put_hex(list, MODE6_DEFAULT, "rs", row->rs);
    mode6_put_decimal(list, MODE6_DEFAULT, "sc", row->sc, 3);
    mode6_put_integer(list, MODE6_DEFAULT, "dr", (int64_t)row->dr);
    list->index = -1;
}

/* The value of `stem.index`; "": there is none. */
static const char *member(const struct variables *v, const char *stem, unsigned index)
{
    char name[48];

    snprintf(name, sizeof name, "%s.%u", stem, index);
    return variables_text(v, name);
}

static unsigned small(const char *text)
{
    int64_t value;

    return variables_parse_integer(text, &value) && value <= UINT16_MAX ? (unsigned)value : 0;
}

bool mode6_mru_read_row(const struct variables *v, unsigned index, struct mode6_mru_row *row)
{
    const char *addr = member(v, "addr", index);

    *row = (struct mode6_mru_row){.ct = variables_parse_number(member(v, "ct", index)),
                                  .dr = variables_parse_number(member(v, "dr", index)),
                                  .sc = variables_parse_number(member(v, "sc", index)),
                                  .mv = small(member(v, "mv", index)),
                                  .rs = small(member(v, "rs", index))};
    snprintf(row->addr, sizeof row->addr, "%s", addr);
    if (!variables_parse_time(member(v, "first", index), &row->first) ||
        !variables_parse_time(member(v, "last", index), &row->last)) {
        row->last = 0;
    }
    return *addr != '\0';
}
