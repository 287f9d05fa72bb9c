/* SPDX-License-Identifier: BSD-2-Clause */
/* chronyc add: a source with its options, as the body of a request. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/chronyc/chronyc.h"
#include "wire/chrony_words.h"

enum { SOURCE_TYPE_SERVER = 1, SOURCE_TYPE_PEER = 2, SOURCE_TYPE_POOL = 3 };

#define UNRESTRICTED 100000 /* polls without an answer until a source is replaced */

/* The numbers of the body, in their order. */
enum field {
    PORT,
    MINPOLL,
    MAXPOLL,
    PRESEND,
    MINSTRATUM,
    POLLTARGET,
    VERSION,
    MAXSOURCES,
    MINSAMPLES,
    MAXSAMPLES,
    KEY,
    NTSPORT,
    MAXDELAY,
    MAXDELAYRATIO,
    MAXDELAYDEVRATIO,
    MINDELAY,
    ASYMMETRY,
    OFFSET,
    FLAGS,
    FILTER,
    CERTSET,
    MAXDELAYQUANT,
    MAXUNREACH,
    FIELDS
};

static const struct {
    const char *option; /* NULL: not to be given */
    double value;       /* without it */
    bool real;
} fields[FIELDS] = {
    [PORT] = {"port", 123, false},
    [MINPOLL] = {"minpoll", 6, false},
    [MAXPOLL] = {"maxpoll", 10, false},
    [PRESEND] = {"presend", 100, false},
    [MINSTRATUM] = {"minstratum", 0, false},
    [POLLTARGET] = {"polltarget", 8, false},
    [VERSION] = {"version", 0, false},
    [MAXSOURCES] = {"maxsources", 4, false},
    [MINSAMPLES] = {"minsamples", -1, false},
    [MAXSAMPLES] = {"maxsamples", -1, false},
    [KEY] = {"key", 0, false},
    [NTSPORT] = {"ntsport", 4460, false},
    [MAXDELAY] = {"maxdelay", 3, true},
    [MAXDELAYRATIO] = {"maxdelayratio", 0, true},
    [MAXDELAYDEVRATIO] = {"maxdelaydevratio", 10, true},
    [MINDELAY] = {"mindelay", 0, true},
    [ASYMMETRY] = {"asymmetry", 1, true},
    [OFFSET] = {"offset", 0, true},
    [FLAGS] = {NULL, CHRONY_SOURCE_ONLINE, false},
    [FILTER] = {"filter", 0, false},
    [CERTSET] = {"certset", 0, false},
    [MAXDELAYQUANT] = {"maxdelayquant", 0, true},
    [MAXUNREACH] = {"maxunreach", UNRESTRICTED, false},
};

/* One option with what follows it; false: it is none. */
static bool take_option(const struct chronyc_line *line, unsigned *i, double values[FIELDS],
                        unsigned *flag_bits)
{
    const char *word = line->words[*i];
    char *end;

    if (strcmp(word, "offline") == 0) {
        *flag_bits &= ~(unsigned)CHRONY_SOURCE_ONLINE;
        return true;
    }
    for (unsigned bit = 0; bit < CHRONY_SOURCE_FLAGS; bit++) {
        const char *option = chrony_words_source_flag((enum chrony_source_flags)(1u << bit));

        if (option && strcmp(word, option) == 0) {
            *flag_bits |= 1u << bit;
            return true;
        }
    }
    if (*i + 1 == line->count) {
        return false;
    }
    if (strcmp(word, "extfield") == 0) {
        const char *type = line->words[++*i];

        *flag_bits |= strcmp(type, "F323") == 0   ? CHRONY_SOURCE_EXTENSION_ROOT
                      : strcmp(type, "F324") == 0 ? CHRONY_SOURCE_EXTENSION_CORRECTION
                                                  : 0;
        return strcmp(type, "F323") == 0 || strcmp(type, "F324") == 0;
    }
    for (size_t f = 0; f < FIELDS; f++) {
        if (fields[f].option && strcmp(word, fields[f].option) == 0) {
            values[f] = strtod(line->words[++*i], &end);
            return *end == '\0' && end != line->words[*i] && values[f] >= -2147483648.0 &&
                   values[f] <= 4294967295.0 &&
                   (fields[f].real || values[f] == (double)(long long)values[f]);
        }
    }
    return false;
}

bool chronyc_add(struct chronyc *c, const struct chronyc_line *line)
{
    static const char *const types[] = {"", "server", "peer", "pool"};
    uint8_t room[CHRONYC_BODY_MAX];
    struct bytes_writer body = chronyc_body(room);
    unsigned type = SOURCE_TYPE_POOL, flag_bits = CHRONY_SOURCE_ONLINE;
    double values[FIELDS];
    struct address address;
    size_t length;

    while (type > 0 && (line->count < 3 || strcmp(line->words[1], types[type]) != 0)) {
        type--;
    }
    length = type ? strlen(line->words[2]) : 0;
    if (!type || length >= CHRONY_NAME_LENGTH) {
        return chronyc_syntax_error("add command");
    }
    for (size_t f = 0; f < FIELDS; f++) {
        values[f] = fields[f].value;
    }
    for (unsigned i = 3; i < line->count; i++) {
        if (!take_option(line, &i, values, &flag_bits)) {
            return chronyc_syntax_error("add command");
        }
    }
    /* The daemon would go on looking for it; who types it wants to know now. */
    if (exchange_look_up(line->words[2], ADDRESS_NONE, &address, 1, NULL) == 0) {
        fputs("Invalid host/IP address\n", stderr);
        return false;
    }
    values[FLAGS] = flag_bits;
    bytes_write_u32(&body, type);
    bytes_put(&body, line->words[2], length);
    chrony_field_pad(&body, CHRONY_NAME_LENGTH - length);
    for (size_t f = 0; f < FIELDS; f++) {
        if (fields[f].real) {
            chrony_field_write_float(&body, values[f]);
        } else {
            bytes_write_u32(&body, (uint32_t)(int64_t)values[f]);
        }
    }
    return chronyc_order(c, CHRONY_ADD_SOURCE, &body);
}
