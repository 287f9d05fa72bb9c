/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of control messages; see the header. Clients differ in where they put a MAC: behind the
 * data padded to four bytes, or behind header and data padded to eight. Both places are tried. */
#include "wire/mode6_packet.h"

#include <string.h>

#include "core/bytes.h"
#include "core/packet.h"

#define BIT_RESPONSE 0x80
#define BIT_ERROR 0x40
#define BIT_MORE 0x20
#define OPERATION_MASK 0x1f

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static void find_mac(struct mode6_parts *parts, size_t end_of_data, size_t length)
{
    const size_t places[2] = {round_up(end_of_data, 4), round_up(end_of_data, 8)};

    for (unsigned i = 0; i < 2; i++) {
        size_t behind = length > places[i] ? length - places[i] : 0;

        if (behind >= MAC_KEY_ID_LENGTH + MAC_DIGEST_MIN && behind <= MAC_LENGTH_MAX &&
            (i == 0 || places[1] != places[0])) {
            parts->mac_at[i] = places[i];
            parts->mac_length[i] = behind;
        }
    }
}

enum mode6_error mode6_decode(const uint8_t *datagram, size_t length, struct mode6_header *header,
                              struct mode6_parts *parts)
{
    struct bytes_reader r = bytes_reader(datagram, length);
    uint8_t first, second;

    memset(header, 0, sizeof *header);
    memset(parts, 0, sizeof *parts);
    if (length < MODE6_HEADER_LENGTH) {
        return MODE6_ERROR_UNSPECIFIED;
    }
    first = bytes_read_u8(&r);
    second = bytes_read_u8(&r);
    header->leap = first >> 6;
    header->version = first >> 3 & 7;
    header->response = (second & BIT_RESPONSE) != 0;
    header->error = (second & BIT_ERROR) != 0;
    header->more = (second & BIT_MORE) != 0;
    header->operation = second & OPERATION_MASK;
    header->sequence = bytes_read_u16(&r);
    header->status = bytes_read_u16(&r);
    header->association = bytes_read_u16(&r);
    header->offset = bytes_read_u16(&r);
    header->count = bytes_read_u16(&r);
    if ((first & 7) != MODE_CONTROL || header->version < 1 || header->version > 4) {
        return MODE6_ERROR_UNSPECIFIED;
    }
    if (header->count > MODE6_DATA_MAX || length % 4 != 0) {
        return MODE6_ERROR_FORMAT;
    }
    parts->data = bytes_take(&r, header->count);
    if (!parts->data) {
        return MODE6_ERROR_FORMAT;
    }
    find_mac(parts, MODE6_HEADER_LENGTH + (size_t)header->count, length);
    return MODE6_NO_ERROR;
}

size_t mode6_encode(const struct mode6_header *header, const void *data,
                    const struct mac_keys *keys, const struct mode6_seal *seal,
                    uint8_t out[MODE6_DATAGRAM_MAX])
{
    size_t count = header->count < MODE6_DATA_MAX ? header->count : MODE6_DATA_MAX;
    size_t length = round_up(MODE6_HEADER_LENGTH + count, seal->key && seal->align_8 ? 8 : 4);
    struct bytes_writer w = bytes_writer(out, MODE6_HEADER_LENGTH);

    memset(out, 0, length);
    bytes_write_u8(&w,
                   (uint8_t)((header->leap & 3) << 6 | (header->version & 7) << 3 | MODE_CONTROL));
    bytes_write_u8(&w, (uint8_t)((header->response ? BIT_RESPONSE : 0) |
                                 (header->error ? BIT_ERROR : 0) | (header->more ? BIT_MORE : 0) |
                                 (header->operation & OPERATION_MASK)));
    bytes_write_u16(&w, header->sequence);
    bytes_write_u16(&w, header->status);
    bytes_write_u16(&w, header->association);
    bytes_write_u16(&w, header->offset);
    bytes_write_u16(&w, (uint16_t)count);
    if (count > 0) {
        memcpy(out + MODE6_HEADER_LENGTH, data, count);
    }
    return seal->key ? length + mac_write(keys, seal->key, out, length, seal->cut, out + length)
                     : length;
}

bool mode6_find_seal(const uint8_t *datagram, const struct mode6_parts *parts,
                     const struct mac_keys *keys, struct mode6_seal *seal)
{
    *seal = (struct mode6_seal){.key = NULL};
    for (unsigned i = 0; i < 2; i++) {
        size_t at = parts->mac_at[i], length = parts->mac_length[i];
        struct bytes_reader r = bytes_reader(datagram + at, length);
        const struct mac_key *key = length > 0 ? mac_find(keys, bytes_read_u32(&r)) : NULL;

        if (key && mac_is_valid(keys, key, datagram, at, datagram + at + MAC_KEY_ID_LENGTH,
                                length - MAC_KEY_ID_LENGTH)) {
            seal->key = key;
            seal->align_8 = i == 1;
            seal->cut =
                length - MAC_KEY_ID_LENGTH < mac_digest_length((enum mac_algorithm)key->algorithm);
            return true;
        }
    }
    return false;
}
