/* SPDX-License-Identifier: BSD-2-Clause */
/* chronyc add: a source with its options, as the body of a request. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/chronyc/chronyc.h"
#include "wire/chrony_words.h"

/* Without an option of its own. */
#define ASYMMETRY_NONE 1.0     /* it is estimated */
#define UNREACHABLE_MAX 100000 /* polls without an answer until a source is replaced */

static const struct chrony_new_source usual = {.port = 123,
                                               .minpoll = 6,
                                               .maxpoll = 10,
                                               .presend = 100,
                                               .poll_target = 8,
                                               .max_sources = 4,
                                               .min_samples = -1,
                                               .max_samples = -1,
                                               .nts_port = 4460,
                                               .max_delay_s = 3,
                                               .max_delay_deviation = 10,
                                               .asymmetry = ASYMMETRY_NONE,
                                               .flags = CHRONY_SOURCE_ONLINE,
                                               .max_unreachable = UNREACHABLE_MAX};

#define NUMBER(word, member)                                                                       \
    {                                                                                              \
        word, CHRONY_FIELD(struct chrony_new_source, member)                                       \
    }

static const struct {
    const char *option;
    struct chrony_field field;
} numbers[] = {
    NUMBER("port", port),
    NUMBER("minpoll", minpoll),
    NUMBER("maxpoll", maxpoll),
    NUMBER("presend", presend),
    NUMBER("minstratum", min_stratum),
    NUMBER("polltarget", poll_target),
    NUMBER("version", version),
    NUMBER("maxsources", max_sources),
    NUMBER("minsamples", min_samples),
    NUMBER("maxsamples", max_samples),
    NUMBER("key", key_id),
    NUMBER("ntsport", nts_port),
    NUMBER("maxdelay", max_delay_s),
    NUMBER("maxdelayratio", max_delay_ratio),
    NUMBER("maxdelaydevratio", max_delay_deviation),
    NUMBER("mindelay", min_delay_s),
    NUMBER("asymmetry", asymmetry),
    NUMBER("offset", offset_s),
    NUMBER("filter", filter),
    NUMBER("certset", certificates),
    NUMBER("maxdelayquant", max_delay_quantile),
    NUMBER("maxunreach", max_unreachable),
};

static bool set_number(struct chrony_new_source *source, const struct chrony_field *field,
                       const char *word)
{
    void *at = (char *)source + field->offset;
    char *end;
    double value = strtod(word, &end);

    if (*end != '\0' || end == word || !(value >= -2147483648.0 && value <= 4294967295.0)) {
        return false;
    }
    if (field->kind == CHRONY_FIELD_FLOAT) {
        *(double *)at = value;
        return true;
    }
    *(uint32_t *)at = (uint32_t)(int64_t)value;
    return value == (double)(int64_t)value;
}

/* One option with what follows it; false: it is none. */
static bool take_option(const struct chronyc_line *line, unsigned *i,
                        struct chrony_new_source *source)
{
    const char *word = line->words[*i];

    if (strcmp(word, "offline") == 0) {
        source->flags &= ~(uint32_t)CHRONY_SOURCE_ONLINE;
        return true;
    }
    for (unsigned bit = 0; bit < CHRONY_SOURCE_FLAGS; bit++) {
        const char *option = chrony_words_source_flag((enum chrony_source_flags)(1u << bit));

        if (option && strcmp(word, option) == 0) {
            source->flags |= 1u << bit;
            return true;
        }
    }
    if (*i + 1 == line->count) {
        return false;
    }
    if (strcmp(word, "extfield") == 0) {
        const char *type = line->words[++*i];

        source->flags |= strcmp(type, "F323") == 0   ? CHRONY_SOURCE_EXTENSION_ROOT
                         : strcmp(type, "F324") == 0 ? CHRONY_SOURCE_EXTENSION_CORRECTION
                                                     : 0;
        return strcmp(type, "F323") == 0 || strcmp(type, "F324") == 0;
    }
    for (size_t n = 0; n < sizeof numbers / sizeof numbers[0]; n++) {
        if (strcmp(word, numbers[n].option) == 0) {
            return set_number(source, &numbers[n].field, line->words[++*i]);
        }
    }
    return false;
}

bool chronyc_add(struct chronyc *c, const struct chronyc_line *line)
{
    static const char *const types[] = {
        [CHRONY_ADD_SERVER] = "server", [CHRONY_ADD_PEER] = "peer", [CHRONY_ADD_POOL] = "pool"};
    union chrony_request_body body = {.new_source = usual};
    struct chrony_new_source *source = &body.new_source;
    struct address address;

    source->type = CHRONY_ADD_POOL;
    while (source->type > 0 && (line->count < 3 || strcmp(line->words[1], types[source->type]))) {
        source->type--;
    }
    if (!source->type || strlen(line->words[2]) >= CHRONY_NAME_LENGTH) {
        return chronyc_syntax_error("add command");
    }
    snprintf(source->name, sizeof source->name, "%s", line->words[2]);
    for (unsigned i = 3; i < line->count; i++) {
        if (!take_option(line, &i, source)) {
            return chronyc_syntax_error("add command");
        }
    }
    /* The daemon would go on looking for it; who types it wants to know now. */
    if (exchange_look_up(line->words[2], ADDRESS_NONE, &address, 1, NULL) == 0) {
        fputs("Invalid host/IP address\n", stderr);
        return false;
    }
    return chronyc_order(c, CHRONY_ADD_SOURCE, &body);
}
