/* SPDX-License-Identifier: BSD-2-Clause */
/* The addresses that worked last: kept by name, as text in a file, and put to use while a look-up
 * fails. */
#include "daemon/addresses.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "# toki addresses 1"
#define LINE_LENGTH_MAX 1024

/* ---- text ---- */

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

static bool is_name(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!is_name_character(name[i])) {
            return false;
        }
    }
    return length > 0 && length < SOURCE_NAME_MAX;
}

bool addresses_record_is_sound(const struct address_record *record)
{
    const char *end = memchr(record->name, '\0', sizeof record->name);

    if (!end || !is_name(record->name, (size_t)(end - record->name)) || record->count == 0 ||
        record->count > ADDRESSES_OF_NAME_MAX) {
        return false;
    }
    for (unsigned i = 0; i < record->count; i++) {
        if (!address_is_unicast(&record->addresses[i])) {
            return false;
        }
    }
    return true;
}

/* Next word of a line that ends with a NUL; NULL if there is none. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t\r");

    *rest = word + strcspn(word, " \t\r");
    if (**rest) {
        *(*rest)++ = '\0';
    }
    return *word ? word : NULL;
}

static bool parse_line(char *line, struct address_record *out)
{
    char *name = next_word(&line), *seen = next_word(&line), *word, *end = NULL;

    memset(out, 0, sizeof *out);
    if (!name || !seen || !is_name(name, strlen(name))) {
        return false;
    }
    memcpy(out->name, name, strlen(name) + 1);
    out->seen_s = strtoll(seen, &end, 10);
    while (*end == '\0' && out->count < ADDRESSES_OF_NAME_MAX && (word = next_word(&line))) {
        if (!address_parse(word, &out->addresses[out->count])) {
            return false;
        }
        out->count++;
    }
    return *end == '\0' && addresses_record_is_sound(out);
}

static struct address_record *find(struct addresses *a, const char *name)
{
    for (unsigned i = 0; i < a->count; i++) {
        if (strcmp(a->records[i].name, name) == 0) {
            return &a->records[i];
        }
    }
    return NULL;
}

bool addresses_parse(struct addresses *a, const char *text, size_t length)
{
    size_t first = strlen(FIRST_LINE), at = first;
    char line[LINE_LENGTH_MAX];

    memset(a, 0, sizeof *a);
    if (length <= first || memcmp(text, FIRST_LINE "\n", first + 1) != 0) {
        return false;
    }
    while (at < length && a->count < SOURCE_SPECS_MAX) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t bytes = end ? (size_t)(end - (text + at)) : length - at;

        if (bytes < sizeof line && !memchr(text + at, '\0', bytes)) {
            memcpy(line, text + at, bytes);
            line[bytes] = '\0';
            if (parse_line(line, &a->records[a->count]) && !find(a, a->records[a->count].name)) {
                a->count++;
            }
        }
        at += bytes + 1;
    }
    return true;
}

size_t addresses_format(const struct addresses *a, char *out, size_t capacity)
{
    size_t used = (size_t)snprintf(out, capacity, "%s\n", FIRST_LINE);
    char text[ADDRESS_TEXT_MAX];

    for (unsigned i = 0; i < a->count; i++) {
        const struct address_record *record = &a->records[i];

        if (used < capacity) {
            used += (size_t)snprintf(out + used, capacity - used, "%s %" PRId64, record->name,
                                     record->seen_s);
        }
        for (unsigned j = 0; j < record->count && used < capacity; j++) {
            used += (size_t)snprintf(out + used, capacity - used, " %s",
                                     address_format(&record->addresses[j], text));
        }
        if (used < capacity) {
            used += (size_t)snprintf(out + used, capacity - used, "\n");
        }
    }
    return used < capacity ? used : 0;
}

/* ---- what works ---- */

static bool works(const struct source *s)
{
    return s->reach != 0 && s->address.family != ADDRESS_NONE && s->status >= SOURCE_HELD;
}

/* The addresses of this name that work now. */
static void gather(const struct engine *engine, const char *name, struct address_record *out)
{
    for (unsigned i = 0; i < SOURCES_MAX && out->count < ADDRESSES_OF_NAME_MAX; i++) {
        const struct source *s = &engine->sources[i];

        if (s->status != SOURCE_UNUSED && works(s) && strcmp(s->config.name, name) == 0) {
            out->addresses[out->count] = s->address;
            out->addresses[out->count++].port = 0;
        }
    }
}

static bool has_address(const struct address_record *record, const struct address *a)
{
    for (unsigned i = 0; i < record->count; i++) {
        if (address_equal(&record->addresses[i], a)) {
            return true;
        }
    }
    return false;
}

static bool same_addresses(const struct address_record *a, const struct address_record *b)
{
    for (unsigned i = 0; i < a->count; i++) {
        if (!has_address(b, &a->addresses[i])) {
            return false;
        }
    }
    return a->count == b->count;
}

static bool is_configured(const struct engine *engine, const char *name)
{
    for (unsigned i = 0; i < engine->settings.spec_count; i++) {
        if (strcmp(engine->settings.specs[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Names that are gone make room. */
static bool forget_strangers(struct addresses *a, const struct engine *engine)
{
    unsigned kept = 0, before = a->count;

    for (unsigned i = 0; i < a->count; i++) {
        if (is_configured(engine, a->records[i].name)) {
            if (kept != i) {
                a->records[kept] = a->records[i];
            }
            kept++;
        }
    }
    a->count = kept;
    return kept != before;
}

bool addresses_collect(struct addresses *a, const struct engine *engine, struct wall_time now)
{
    bool changed = forget_strangers(a, engine);

    for (unsigned i = 0; i < engine->settings.spec_count; i++) {
        const struct source_spec *spec = &engine->settings.specs[i];
        struct address_record record = {.seen_s = now.ns / NS_PER_S}, *known;

        if (spec->kind == SOURCE_REFCLOCK || spec->address.family != ADDRESS_NONE) {
            continue;
        }
        memcpy(record.name, spec->name, sizeof record.name);
        gather(engine, spec->name, &record);
        if (!addresses_record_is_sound(&record)) {
            continue; /* nothing works now: what did is still worth knowing */
        }
        known = find(a, spec->name);
        if (!known && a->count < SOURCE_SPECS_MAX) {
            known = &a->records[a->count++];
            known->count = 0;
        }
        if (known) {
            changed = changed || !same_addresses(known, &record);
            *known = record;
        }
    }
    return changed;
}

void addresses_resolved(const struct addresses *a, struct engine *engine, struct instant now,
                        uint16_t source, const struct address *found, unsigned count)
{
    const struct source *s = &engine->sources[source];
    struct address usable[ADDRESSES_OF_NAME_MAX];
    unsigned remembered = 0;

    for (unsigned i = 0; count == 0 && i < a->count; i++) {
        const struct address_record *record = &a->records[i];

        for (unsigned j = 0; j < record->count && strcmp(record->name, s->config.name) == 0; j++) {
            if (!s->config.family || s->config.family == record->addresses[j].family) {
                usable[remembered++] = record->addresses[j];
            }
        }
    }
    if (remembered > 0 && s->status != SOURCE_UNUSED && s->address.family == ADDRESS_NONE) {
        engine_remembered(engine, now, source, usable, remembered);
    } else {
        engine_resolved(engine, now, source, found, count);
    }
}
