/* SPDX-License-Identifier: BSD-2-Clause */
/* The answer to a mode 6 request, put together from its fragments; see the header. */
#include "wire/mode6_reply.h"

#include <string.h>

#include "wire/mode6_packet.h"

void mode6_reply_start(struct mode6_reply *r, uint8_t opcode, uint16_t sequence)
{
    r->opcode = opcode;
    r->sequence = sequence;
    r->status = 0;
    r->error = 0;
    r->leap = 0;
    r->have_last = false;
    r->count = 0;
    r->length = 0;
    r->data[0] = '\0';
}

/* Its place among those that are there; false if it is there or lies over another one. */
static bool find_place(const struct mode6_reply *r, struct mode6_fragment f, unsigned *place)
{
    unsigned i = 0;

    while (i < r->count && r->fragments[i].offset < f.offset) {
        i++;
    }
    *place = i;
    if (i > 0 && r->fragments[i - 1].offset + r->fragments[i - 1].count > f.offset) {
        return false;
    }
    return i == r->count || (f.offset != r->fragments[i].offset &&
                             (unsigned)f.offset + f.count <= r->fragments[i].offset);
}

static bool is_whole(const struct mode6_reply *r)
{
    size_t end = 0;

    for (unsigned i = 0; i < r->count; i++) {
        if (r->fragments[i].offset != end) {
            return false;
        }
        end += r->fragments[i].count;
    }
    return r->have_last && end == r->length;
}

static enum mode6_reply_verdict take_fragment(struct mode6_reply *r, struct mode6_fragment f,
                                              bool more, const uint8_t *data)
{
    size_t end = (size_t)f.offset + f.count;
    unsigned place;

    if ((f.count == 0 && more) || r->count == MODE6_FRAGMENTS_MAX) {
        return MODE6_REPLY_BAD;
    }
    if (!find_place(r, f, &place)) {
        return MODE6_REPLY_IGNORED;
    }
    if (r->have_last ? !more || end > r->length : !more && r->count > 0 && place != r->count) {
        return MODE6_REPLY_BAD; /* two ends, or something behind the end */
    }
    memmove(&r->fragments[place + 1], &r->fragments[place],
            (r->count - place) * sizeof r->fragments[0]);
    r->fragments[place] = f;
    r->count++;
    memcpy(r->data + f.offset, data, f.count);
    if (!more) {
        r->have_last = true;
        r->length = end;
    }
    if (!is_whole(r)) {
        return MODE6_REPLY_MORE;
    }
    r->data[r->length] = '\0';
    return MODE6_REPLY_DONE;
}

enum mode6_reply_verdict mode6_reply_take(struct mode6_reply *r, const uint8_t *datagram,
                                          size_t length)
{
    struct mode6_header header;
    struct mode6_parts parts;
    enum mode6_error error = mode6_decode(datagram, length, &header, &parts);

    /* the association is left alone: some daemons answer with another one than was asked for */
    if (error == MODE6_ERROR_UNSPECIFIED || !header.response || header.sequence != r->sequence ||
        header.operation != r->opcode) {
        return MODE6_REPLY_IGNORED;
    }
    r->leap = header.leap;
    if (header.error) {
        r->error = (uint8_t)(header.status >> 8);
        return MODE6_REPLY_ERROR;
    }
    if (error != MODE6_NO_ERROR || (size_t)header.offset + header.count > MODE6_REPLY_MAX) {
        return MODE6_REPLY_BAD;
    }
    if (!header.more) {
        r->status = header.status;
    }
    return take_fragment(r, (struct mode6_fragment){header.offset, header.count}, header.more,
                         parts.data);
}
