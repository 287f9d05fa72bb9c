/* SPDX-License-Identifier: BSD-2-Clause */
/* The answer to a mode 6 request, put together from its fragments; see the header. */
#include "cli/mode6_reply.h"

#include <string.h>

#include "core/bytes.h"
#include "core/packet.h"

#define HEADER_LENGTH 12
#define RESPONSE 0x80
#define ERROR 0x40
#define MORE 0x20
#define OPCODE 0x1f

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
    struct bytes_reader reader = bytes_reader(datagram, length);
    uint8_t first = bytes_read_u8(&reader), flags = bytes_read_u8(&reader);
    uint16_t sequence = bytes_read_u16(&reader), status = bytes_read_u16(&reader);
    struct mode6_fragment f;

    bytes_read_u16(&reader); /* association: some daemons answer for another one than was asked */
    f.offset = bytes_read_u16(&reader);
    f.count = bytes_read_u16(&reader);
    if (reader.failed || (first & 7) != MODE_CONTROL || !(flags & RESPONSE) ||
        sequence != r->sequence || (flags & OPCODE) != r->opcode) {
        return MODE6_REPLY_IGNORED;
    }
    r->leap = first >> 6;
    if (flags & ERROR) {
        r->error = (uint8_t)(status >> 8);
        return MODE6_REPLY_ERROR;
    }
    if (f.count > bytes_left(&reader) || (size_t)f.offset + f.count > MODE6_REPLY_MAX) {
        return MODE6_REPLY_BAD;
    }
    if (!(flags & MORE)) {
        r->status = status;
    }
    return take_fragment(r, f, flags & MORE, datagram + HEADER_LENGTH);
}
