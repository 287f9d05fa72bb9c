/* SPDX-License-Identifier: BSD-2-Clause */
/* Codec of the NTP header, and the one parser of what may follow it: extension fields, as
 * core/field.h reads them, and a MAC. All bytes are untrusted; every access goes through
 * core/bytes.h. */
#include "core/packet.h"

#include "core/bytes.h"
#include "core/field.h"

/* Key id and digest: MD5 or AES-CMAC, SHA-1; a lone key id is a crypto-NAK. Longer ones, up to
 * SHA-512 and a little slack, can be told from extension fields only where there are none. */
#define MAC_LENGTH_NAK 4
#define MAC_LENGTH_MIN 20
#define MAC_LENGTH_V4 24
#define MAC_LENGTH_MAX 72

static void decode_header(struct bytes_reader *r, struct packet *out)
{
    uint8_t first = bytes_read_u8(r);

    out->leap = first >> 6;
    out->version = first >> 3 & 7;
    out->mode = first & 7;
    out->stratum = bytes_read_u8(r);
    out->poll = (int8_t)bytes_read_u8(r);
    out->precision = (int8_t)bytes_read_u8(r);
    out->root_delay = bytes_read_u32(r);
    out->root_dispersion = bytes_read_u32(r);
    out->refid = bytes_read_u32(r);
    out->reference = bytes_read_u64(r);
    out->origin = bytes_read_u64(r);
    out->receive = bytes_read_u64(r);
    out->transmit = bytes_read_u64(r);
}

/* The rest of the packet from here on is a MAC. */
static void take_mac(struct bytes_reader r, struct packet_trailer *trailer)
{
    trailer->mac_at = r.at;
    trailer->mac_length = bytes_left(&r);
    trailer->key_id = bytes_read_u32(&r);
}

/* RFC 7822: fields, and at most a MAC behind them. False if that is not what these bytes are. */
static bool parse_fields(struct bytes_reader r, struct packet_trailer *trailer)
{
    struct field_reader fields = field_reader_before_mac(r.data, r.length, r.at);
    struct field field;

    while (field_next(&fields, &field)) {
        trailer->fields_at = r.at;
        trailer->fields_length += FIELD_HEADER_LENGTH + field.length;
    }
    if (fields.bytes.failed) {
        return false;
    }
    switch (bytes_left(&fields.bytes)) {
    case 0: return true;
    case MAC_LENGTH_NAK:
    case MAC_LENGTH_MIN:
    case MAC_LENGTH_V4: take_mac(fields.bytes, trailer); return true;
    default: return false;
    }
}

static enum packet_verdict parse_trailer(struct bytes_reader r, uint8_t version,
                                         struct packet_trailer *trailer)
{
    size_t left = bytes_left(&r);

    if (left == 0) {
        return PACKET_OK;
    }
    if (version == 4 && parse_fields(r, trailer)) {
        return PACKET_OK_TRAILER;
    }
    *trailer = (struct packet_trailer){0};
    /* Before version 4 the rest is a MAC, whatever is in it; in version 4 it may be a long one. */
    if (left == MAC_LENGTH_NAK || (left >= MAC_LENGTH_MIN && left <= MAC_LENGTH_MAX)) {
        take_mac(r, trailer);
        return PACKET_OK_TRAILER;
    }
    return PACKET_BAD_TRAILER;
}

enum packet_verdict packet_decode(const uint8_t *data, size_t length, struct packet *out,
                                  struct packet_trailer *trailer)
{
    struct bytes_reader r = bytes_reader(data, length);
    struct packet_trailer parts = {0};
    enum packet_verdict verdict;

    *out = (struct packet){0};
    if (trailer) {
        *trailer = parts;
    }
    if (length < PACKET_HEADER_LENGTH) {
        return PACKET_SHORT;
    }
    decode_header(&r, out);
    if (out->version < 1 || out->version > 4) {
        return PACKET_BAD_VERSION;
    }
    if (length % 4 != 0 || length > PACKET_DATAGRAM_MAX) {
        return PACKET_BAD_LENGTH;
    }
    verdict = parse_trailer(r, out->version, &parts);
    if (trailer) {
        *trailer = parts;
    }
    return verdict;
}

void packet_encode(const struct packet *p, uint8_t out[PACKET_HEADER_LENGTH])
{
    struct bytes_writer w = bytes_writer(out, PACKET_HEADER_LENGTH);

    bytes_write_u8(&w, (uint8_t)((p->leap & 3u) << 6 | (p->version & 7u) << 3 | (p->mode & 7u)));
    bytes_write_u8(&w, p->stratum);
    bytes_write_u8(&w, (uint8_t)p->poll);
    bytes_write_u8(&w, (uint8_t)p->precision);
    bytes_write_u32(&w, p->root_delay);
    bytes_write_u32(&w, p->root_dispersion);
    bytes_write_u32(&w, p->refid);
    bytes_write_u64(&w, p->reference);
    bytes_write_u64(&w, p->origin);
    bytes_write_u64(&w, p->receive);
    bytes_write_u64(&w, p->transmit);
}

void packet_set_transmit(uint8_t data[PACKET_HEADER_LENGTH], uint64_t transmit)
{
    struct bytes_writer w = bytes_writer(data + PACKET_HEADER_LENGTH - 8, 8);

    bytes_write_u64(&w, transmit);
}
