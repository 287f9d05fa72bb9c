/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes behind the check of a MAC, for server and client. The first bytes choose a key and
 * whether this target, which knows the secrets, seals the packet itself: then any bytes at all are
 * authentic. Else a packet that gets through bears a MAC that is right by another way to look. */
#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "core/bytes.h"
#include "core/respond.h"
#include "core/source.h"

#define KEYS 3

static struct mac_keys keys;
static struct source fresh;
static struct timeline timeline;
static const struct instant now = {.wall = {INT64_C(1800000000) * NS_PER_S},
                                   .mono = {1000 * NS_PER_S}};

static void start(void)
{
    const struct source_spec spec = {.kind = SOURCE_SERVER,
                                     .name = "192.0.2.1",
                                     .port = NTP_PORT,
                                     .minpoll = 6,
                                     .maxpoll = 10,
                                     .version = 4,
                                     .max_delay_s = 3};
    const struct address to = {.family = ADDRESS_V4, .bytes = {192, 0, 2, 1}, .port = NTP_PORT};
    const uint8_t seed[RANDOM_SEED_LENGTH] = {1};
    uint8_t request[PACKET_DATAGRAM_MAX];
    struct random random;

    FUZZ_REQUIRE(mac_add(&keys, 1, MAC_MD5, "one", 3));
    FUZZ_REQUIRE(mac_add(&keys, 2, MAC_SHA512, "two", 3));
    FUZZ_REQUIRE(mac_add(&keys, 3, MAC_AES128, "sixteen bytes it", 16));
    random_seed(&random, seed);
    timeline_init(&timeline, now, 0);
    source_init(&fresh, 0, &spec, &to, now.mono, 0, 1e-4);
    source_poll(&fresh, &random, now.mono, request);
    fresh.request.sent.at = (struct wall_time){now.wall.ns - NS_PER_S / 100};
}

/* Is there a MAC of the key at the end, by a look from the end? */
static bool ends_in_mac(const uint8_t *data, size_t length, uint32_t id)
{
    uint8_t mac[MAC_LENGTH_MAX];

    for (unsigned cut = 0; cut < 2; cut++) {
        size_t n = mac_digest_length(mac_find(&keys, id)->algorithm);

        n = MAC_KEY_ID_LENGTH + (cut && n > MAC_DIGEST_SHORT ? MAC_DIGEST_SHORT : n);
        if (length >= PACKET_HEADER_LENGTH + n &&
            mac_write(&keys, mac_find(&keys, id), data, length - n, cut, mac) == n &&
            memcmp(data + length - n, mac, n) == 0) {
            return true;
        }
    }
    return false;
}

static bool ends_in_any_mac(const uint8_t *data, size_t length)
{
    for (uint32_t id = 1; id <= KEYS; id++) {
        if (ends_in_mac(data, length, id)) {
            return true;
        }
    }
    return false;
}

static void check_server(const uint8_t *data, size_t length, bool limited)
{
    struct auth auth = auth_of_server(&keys, NULL);
    const struct respond_auth with = {.auth = &auth, .required = true};
    const struct address from = {.family = ADDRESS_V4, .bytes = {192, 0, 2, 9}, .port = 50000};
    const struct reference reference = {.stratum = 2, .precision = -24};
    struct reference_wire wire;
    uint8_t reply[PACKET_DATAGRAM_MAX], silence[PACKET_DATAGRAM_MAX];
    size_t reply_length = 0;
    enum respond_verdict v;

    reference_to_wire(&reference, &wire);
    memset(reply, 0xaa, sizeof reply);
    memset(silence, 0xaa, sizeof silence);
    v = respond_with_auth(&wire, &with, data, length, &from, now.wall, now.wall, now.mono, limited,
                          0, reply, &reply_length);
    if (v != RESPOND_ANSWERED && v != RESPOND_KISS) {
        FUZZ_REQUIRE(memcmp(reply, silence, sizeof reply) == 0 && reply_length == 0);
        return;
    }
    FUZZ_REQUIRE(ends_in_any_mac(data, length));
    FUZZ_REQUIRE(reply_length <= length && ends_in_any_mac(reply, reply_length));
}

static void check_client(const uint8_t *data, size_t length, uint32_t id)
{
    struct auth auth;
    const struct source_context context = {.timeline = &timeline,
                                           .auth = &auth,
                                           .now = now,
                                           .precision_s = 1e-7,
                                           .build_time_s = 1793491200};
    struct source s = fresh;
    struct sample sample;
    enum reply_verdict v;

    s.config.key_id = id;
    auth = auth_of_source(&s.config, &keys, NULL);
    v = source_check_reply(&s, &context, data, length, (struct stamped){.at = now.wall}, &sample);
    FUZZ_REQUIRE(v < REPLY_VERDICTS && s.verdicts[v] == 1);
    if (s.request.outstanding) {
        FUZZ_REQUIRE(v <= REPLY_ORIGIN || v == REPLY_AUTH);
        return;
    }
    FUZZ_REQUIRE(ends_in_mac(data, length, id));
    if (v == REPLY_ACCEPTED) {
        FUZZ_REQUIRE(isfinite(sample.offset_s) && isfinite(sample.delay_s) && sample.delay_s > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size);
    uint8_t packet[PACKET_DATAGRAM_MAX + 100];
    uint8_t choice = bytes_read_u8(&r);
    uint32_t id = 1 + choice % KEYS;
    size_t length = bytes_left(&r);

    if (keys.count == 0) {
        start();
    }
    if (length > PACKET_DATAGRAM_MAX) {
        return 0;
    }
    memcpy(packet, data + size - length, length);
    if (choice & 0x10 && length >= PACKET_HEADER_LENGTH) { /* the origin, which nobody guesses */
        struct bytes_writer w = bytes_writer(packet + 24, 8);

        bytes_write_u64(&w, fresh.request.nonce);
    }
    if (choice & 0x20) {
        length +=
            mac_write(&keys, mac_find(&keys, id), packet, length, choice & 0x40, packet + length);
    }
    check_server(packet, length, choice & 0x80);
    check_client(packet, length, id);
    return 0;
}
