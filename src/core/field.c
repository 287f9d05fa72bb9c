/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads extension fields. packet.c finds by it where the fields of a packet end and its
 * MAC begins; an authentication that lives in fields finds its own by it. */
#include "core/field.h"

struct field_reader field_reader_before_mac(const uint8_t *data, size_t length, size_t at)
{
    struct field_reader r = {.bytes = bytes_reader(data, length),
                             .shortest = FIELD_LENGTH_MIN,
                             .last = FIELD_LENGTH_LAST_MIN};

    bytes_take(&r.bytes, at);
    return r;
}

struct field_reader field_reader_of(const uint8_t *data, const struct packet_trailer *trailer)
{
    struct field_reader r = {.bytes =
                                 bytes_reader(data, trailer->fields_at + trailer->fields_length),
                             .shortest = FIELD_LENGTH_MIN,
                             .last = 1};

    bytes_take(&r.bytes, trailer->fields_at);
    return r;
}

struct field_reader field_reader_inside(const uint8_t *data, size_t length)
{
    return (struct field_reader){
        .bytes = bytes_reader(data, length), .shortest = FIELD_HEADER_LENGTH, .last = 1};
}

bool field_next(struct field_reader *r, struct field *out)
{
    size_t start = r->bytes.at, length;

    if (bytes_left(&r->bytes) < r->last) {
        return false;
    }
    out->at = start;
    out->type = bytes_read_u16(&r->bytes);
    length = bytes_read_u16(&r->bytes);
    if (length < r->shortest || length % 4 != 0) {
        r->bytes.failed = true;
        return false;
    }
    out->length = length - FIELD_HEADER_LENGTH;
    out->body = bytes_take(&r->bytes, out->length);
    return out->body != NULL;
}
