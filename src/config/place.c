/* SPDX-License-Identifier: BSD-2-Clause */
/* See place.h. What does not fit any more keeps its last known place. */
#include "config/place.h"

#include <assert.h>
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

struct config_place place_here(struct reader *r)
{
    struct config_places *p = &r->config->places;

    if (r->frame) {
        return (struct config_place){keep_name(p, r->frame->path), r->by_hand ? 0 : r->frame->line};
    }
    return (struct config_place){r->file_count > 0 ? keep_name(p, r->files[0]) : 0, 0};
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

    return (struct config_place){file ? keep_name(&to->places, file) : 0, place->line};
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
