/* SPDX-License-Identifier: BSD-2-Clause */
/* Control requests: any bytes, from this machine and from elsewhere (first byte), signed by the
 * control key or not, with a good nonce in place of the word NONCE. Whatever comes, answers are
 * whole datagrams that decode again, in order and within bounds; elsewhere and unsigned, one. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "control/mode6/mode6.h"

#define BUCKETS 64

static struct engine engine;
static struct report report;
static struct mode6 mode6;
static struct mode6_answer answer;
static struct clients *clients;
static struct config *config;
static struct instant now = {{INT64_C(1800000000) * NS_PER_S}, {1000 * NS_PER_S}};

static void fill_clients(void)
{
    static const uint8_t key[16] = {3};

    clients = aligned_alloc(64, clients_size(BUCKETS));
    FUZZ_REQUIRE(clients);
    memset(clients, 0, clients_size(BUCKETS));
    clients_init(clients, BUCKETS, key);
    clients_resize(clients, BUCKETS * sizeof(struct clients_bucket));
    for (unsigned i = 0; i < 300; i++) {
        struct address a = {.family = ADDRESS_V4,
                            .bytes = {10, 0, (uint8_t)(i >> 8), (uint8_t)i},
                            .port = (uint16_t)(1 + i)};

        clients_note(clients, &a, (struct mono_time){now.mono.ns - i * 1000000}, 0x23, i, i % 4);
    }
}

static void start(void)
{
    static const uint8_t key[16] = {7};
    static struct settings settings;
    struct engine_start begin = {.now = now, .precision_s = 1e-6};
    struct effect effect;

    settings_default(&settings);
    settings.spec_count = 2;
    settings.specs[0] = (struct source_spec){
        .kind = SOURCE_SERVER, .name = "192.0.2.1", .minpoll = 6, .maxpoll = 10};
    address_parse("192.0.2.1", &settings.specs[0].address);
    settings.specs[1] =
        (struct source_spec){.kind = SOURCE_REFCLOCK, .name = "SHM 0", .minpoll = 4, .maxpoll = 4};
    engine_init(&engine, &settings, &begin);
    while (engine_take_effect(&engine, &effect)) {
    }
    config = config_new();
    FUZZ_REQUIRE(config);
    acl_init(&config->access, ACCESS_NOQUERY);
    mac_add(&config->keys, 1, MAC_SHA1, "control", 7);
    config->control_key = 1;
    mode6_init(&mode6, key, now.mono);
    fill_clients();
}

/* Puts a nonce that is good where the fuzzer wrote "NONCE" and 19 characters more. */
static void put_nonce(uint8_t *data, size_t length, const struct address *peer)
{
    static const uint8_t word[] = "NONCE";
    char text[64];
    struct mode6_list list;

    mode6_list_begin(&list, text, sizeof text, NULL);
    mode6_put_nonce(&list, &mode6, now.wall, peer);
    for (size_t i = 0; i + 24 <= length; i++) {
        if (memcmp(data + i, word, 5) == 0) {
            memcpy(data + i, text + 6, 24);
        }
    }
}

static size_t sign(uint8_t *data, size_t length)
{
    const struct mac_key *key = mac_find(&config->keys, 1);

    length = length / 4 * 4;
    return length + mac_write(&config->keys, key, data, length, false, data + length);
}

static void check_answer(bool alone)
{
    uint8_t out[MODE6_DATAGRAM_MAX];
    struct mode6_header header;
    struct mode6_parts parts;
    size_t length, at = 0, datagrams = 0;

    while ((length = mode6_next(&answer, out)) > 0) {
        FUZZ_REQUIRE(length <= sizeof out && length % 4 == 0);
        FUZZ_REQUIRE(mode6_decode(out, length, &header, &parts) == MODE6_NO_ERROR);
        FUZZ_REQUIRE(header.response && header.offset == at);
        at += header.count;
        datagrams++;
    }
    FUZZ_REQUIRE(datagrams >= 1 && datagrams <= (alone ? 1 : MODE6_ANSWER_FRAGMENTS));
    FUZZ_REQUIRE(!header.error || at == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct report_input input = {.engine = &engine, .now = now, .driver = "none"};
    struct mode6_question question;
    uint8_t request[MODE6_DATAGRAM_MAX];
    bool local, is_signed;
    size_t length;

    if (!config) {
        start();
    }
    if (size < 2 || size - 1 > sizeof request - MAC_LENGTH_MAX) {
        return 0;
    }
    local = data[0] & 1;
    is_signed = (data[0] & 2) != 0;
    length = size - 1;
    memcpy(request, data + 1, length);
    question.peer = (struct address){.family = ADDRESS_V4, .bytes = {10, 1, 2, 3}, .port = 9};
    question.peer.bytes[0] = local ? 127 : 10;
    put_nonce(request, length, &question.peer);
    length = is_signed ? sign(request, length) : length;
    question.data = request;
    question.length = length;
    input.config = config;
    input.clients = clients;
    switch (mode6_handle(&mode6, &input, &question, &report, &answer)) {
    case MODE6_SILENT: break;
    case MODE6_ORDERED:
        FUZZ_REQUIRE(is_signed && change_is_sound(&answer.order.change));
        mode6_finish(&answer, local ? NULL : "no");
        check_answer(true);
        break;
    case MODE6_ANSWERED: check_answer(!local && !is_signed); break;
    }
    return 0;
}
