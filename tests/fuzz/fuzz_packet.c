/* SPDX-License-Identifier: BSD-2-Clause */
/* packet_decode() and the reader of extension fields: total, and what they say of the parts of a
 * datagram is true. */
#include <string.h>

#include "core/field.h"
#include "fuzz.h"

/* What the decoder calls fields is nothing but fields, by a walk of our own and by core's reader,
 * which agree on each. */
static void walk_fields(const uint8_t *data, const struct packet_trailer *t)
{
    struct field_reader r = field_reader_of(data, t);
    size_t at = t->fields_at, left = t->fields_length;
    struct field f;

    while (left > 0) {
        size_t length;

        FUZZ_REQUIRE(left >= 16);
        length = (size_t)data[at + 2] << 8 | data[at + 3];
        FUZZ_REQUIRE(length >= 16 && length % 4 == 0 && length <= left);
        FUZZ_REQUIRE(length < left || length >= 28 || t->mac_length > 0);
        FUZZ_REQUIRE(field_next(&r, &f));
        FUZZ_REQUIRE(f.at == at && f.length == length - 4 && f.body == data + at + 4);
        FUZZ_REQUIRE(f.type == (data[at] << 8 | data[at + 1]));
        at += length;
        left -= length;
    }
    FUZZ_REQUIRE(!field_next(&r, &f) && !r.bytes.failed);
}

/* Any bytes at all, as whoever decrypts a field meets them: each field lies inside, behind the one
 * before. */
static void walk_inside(const uint8_t *data, size_t size)
{
    struct field_reader r = field_reader_inside(data, size);
    size_t at = 0;
    struct field f;

    while (field_next(&r, &f)) {
        FUZZ_REQUIRE(f.at == at && f.length % 4 == 0 && f.body == data + at + 4);
        at += 4 + f.length;
        FUZZ_REQUIRE(at <= size);
    }
    FUZZ_REQUIRE(r.bytes.failed == (at != size));
    FUZZ_REQUIRE(!field_next(&r, &f)); /* nor does it go on behind an error */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t again[PACKET_HEADER_LENGTH];
    struct packet_trailer t;
    struct packet p, alone;
    enum packet_verdict v = packet_decode(data, size, &p, &t);

    walk_inside(data, size);
    FUZZ_REQUIRE(packet_decode(data, size, &alone, NULL) == v);
    FUZZ_REQUIRE(memcmp(&p, &alone, sizeof p) == 0);
    FUZZ_REQUIRE((v == PACKET_SHORT) == (size < PACKET_HEADER_LENGTH));
    if (v == PACKET_SHORT) {
        return 0;
    }
    packet_encode(&p, again);
    FUZZ_REQUIRE(memcmp(again, data, sizeof again) == 0);
    if (v == PACKET_OK_TRAILER) {
        FUZZ_REQUIRE(PACKET_HEADER_LENGTH + t.fields_length + t.mac_length == size);
        FUZZ_REQUIRE(t.fields_at == (t.fields_length > 0 ? PACKET_HEADER_LENGTH : 0));
        FUZZ_REQUIRE(t.mac_length == 0 || t.mac_at + t.mac_length == size);
        FUZZ_REQUIRE(p.version == 4 || t.fields_length == 0);
        walk_fields(data, &t);
    } else {
        FUZZ_REQUIRE(t.fields_length == 0 && t.mac_length == 0 && t.key_id == 0);
        FUZZ_REQUIRE(v != PACKET_OK || size == PACKET_HEADER_LENGTH);
    }
    return 0;
}
