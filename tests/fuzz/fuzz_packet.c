/* SPDX-License-Identifier: BSD-2-Clause */
/* packet_decode(): total, and what it says of the parts of a datagram is true. */
#include <string.h>

#include "core/packet.h"
#include "fuzz.h"

/* What the decoder calls fields can be walked by whoever reads them. */
static void walk_fields(const uint8_t *at, size_t left, int mac_follows)
{
    while (left > 0) {
        size_t length;

        FUZZ_REQUIRE(left >= 16);
        length = (size_t)at[2] << 8 | at[3];
        FUZZ_REQUIRE(length >= 16 && length % 4 == 0 && length <= left);
        FUZZ_REQUIRE(length < left || length >= 28 || mac_follows);
        at += length;
        left -= length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t again[PACKET_HEADER_LENGTH];
    struct packet_trailer t;
    struct packet p, alone;
    enum packet_verdict v = packet_decode(data, size, &p, &t);

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
        walk_fields(data + t.fields_at, t.fields_length, t.mac_length > 0);
    } else {
        FUZZ_REQUIRE(t.fields_length == 0 && t.mac_length == 0 && t.key_id == 0);
        FUZZ_REQUIRE(v != PACKET_OK || size == PACKET_HEADER_LENGTH);
    }
    return 0;
}
