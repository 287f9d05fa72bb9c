/* SPDX-License-Identifier: BSD-2-Clause */
/* What does not fit any more keeps its last known place. */
#include "config/place.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "config/fields.h"

static uint32_t keep_name(struct config_places *p, const char *name)
{
    size_t length = strlen(name) + 1;

    for (unsigned at = 0; at < p->names_length; at += (unsigned)strlen(p->names + at) + 1) {
        if (strcmp(p->names + at, name) == 0) {
            return at + 1;
        }
    }
    if (p->names_length + length > sizeof p->names) {
        return 1; /* the main file, which was the first */
    }
    memcpy(p->names + p->names_length, name, length);
    p->names_length += (unsigned)length;
    return p->names_length - (unsigned)length + 1;
}

/* Is it in the list, which ends with 0? */
static bool has_offset(const size_t *list, size_t offset)
{
    while (list && *list != 0 && *list != offset) {
        list++;
    }
    return list && *list != 0;
}

struct config_place place_here(struct reader *r)
{
    struct config_places *p = &r->config->places;

    if (!r->frame) {
        return (struct config_place){.file = r->file_count > 0 ? keep_name(p, r->files[0]) : 0};
    }
    return (struct config_place){
        .file = keep_name(p, r->frame->path),
        .line = r->by_hand ? 0 : r->frame->line,
        .row = (uint16_t)(r->directive ? r->directive - r->language->directives + 1 : 0),
        .dialect = (uint16_t)r->language->dialect};
}

/* The name of the parameter, NULL if it does not govern what is at `offset` of struct config. */
static const char *find_parameter(const struct parameter *table, size_t offset)
{
    for (const struct parameter *p = table; p && p->name; p++) {
        if ((p->store != STORE_NOTHING && p->offset == offset) || has_offset(p->sets, offset)) {
            return p->name;
        }
    }
    return NULL;
}

/* Does the row govern it? *option: by which of its options; NULL: as a whole. */
static bool governs(const struct directive *d, size_t offset, const char **option)
{
    *option = d->for_source ? NULL : find_parameter(d->options, offset);
    return *option || has_offset(d->sets, offset) ||
           (!d->for_source && find_parameter(d->arguments, offset));
}

void place_directive(const struct config *c, const struct config_place *place, size_t offset,
                     char *out, size_t capacity)
{
    const struct language *own = language_of(c->dialect);
    const struct language *language = place->row > 0 ? language_of(place->dialect) : NULL;
    const struct directive *d = language ? &language->directives[place->row - 1] : NULL;
    const char *option = NULL;

    if (d) {
        (void)governs(d, offset, &option);
    } else if (own && place->file == 0) {
        for (const struct directive *row = own->directives; !d && row->keyword; row++) {
            d = governs(row, offset, &option) ? row : NULL;
        }
    }
    snprintf(out, capacity, "%s%s%s", d ? d->keyword : "", option ? " " : "", option ? option : "");
}

void place_begin(struct reader *r)
{
    size_t at = 0;

    assert(config_field_count <= CONFIG_FIELDS_MAX);
    for (size_t i = 0; i < config_field_count; i++) {
        assert(at + config_fields[i].size <= sizeof r->fields_before);
        memcpy(r->fields_before + at, (const char *)r->config + config_fields[i].offset,
               config_fields[i].size);
        at += config_fields[i].size;
    }
}

void place_note_changes(struct reader *r)
{
    size_t at = 0;

    for (size_t i = 0; i < config_field_count; i++) {
        if (memcmp(r->fields_before + at, (const char *)r->config + config_fields[i].offset,
                   config_fields[i].size) != 0) {
            r->config->places.fields[i] = place_here(r);
        }
        at += config_fields[i].size;
    }
    place_begin(r); /* a line that includes a file has changed nothing itself */
}

void place_note_field(struct reader *r, size_t offset)
{
    for (size_t i = 0; i < config_field_count; i++) {
        if (config_fields[i].offset == offset) {
            r->config->places.fields[i] = place_here(r);
        }
    }
}

void place_note_source(struct reader *r, unsigned spec)
{
    r->config->places.specs[spec] = place_here(r);
}

void place_note_access(struct reader *r, bool command, const struct address *prefix,
                       unsigned length, bool ntp_port)
{
    struct config_places *p = &r->config->places;

    if (p->access_count < CONFIG_ACCESS_PLACES_MAX) {
        p->access[p->access_count++] = (struct config_access_place){
            place_here(r), *prefix, (uint8_t)length, command, ntp_port};
    }
}

const char *place_file(const struct config *c, const struct config_place *place)
{
    return place->file > 0 ? c->places.names + place->file - 1 : NULL;
}

struct config_place place_copy(struct config *to, const struct config *from,
                               const struct config_place *place)
{
    const char *file = place_file(from, place);

    struct config_place copy = *place;

    copy.file = file ? keep_name(&to->places, file) : 0;
    return copy;
}

struct config_place place_of_access(const struct config *c, bool command,
                                    const struct address *prefix, unsigned length, bool ntp_port)
{
    for (unsigned i = c->places.access_count; i-- > 0;) {
        const struct config_access_place *a = &c->places.access[i];

        if (a->command == command && a->length == length && a->ntp_port == ntp_port &&
            a->prefix.family == prefix->family && address_in_prefix(prefix, &a->prefix, length)) {
            return a->place;
        }
    }
    return (struct config_place){0};
}
