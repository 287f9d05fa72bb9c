/* SPDX-License-Identifier: BSD-2-Clause */
/* chrony's command protocol, the daemon's side. The first byte says by which socket the request
 * came and how the engine is, the second the command, the third the length; the rest is the body.
 * Whatever comes: no reply is longer than its request, strangers order nothing, and what is ordered
 * is sound. Other first bytes: the whole is the datagram. */
#include "fuzz.h"

#include <string.h>

#include "control/chrony/chronyc.h"

static struct engine engine;
static struct report report;
static struct config *config;

static void start(void)
{
    struct engine_start begin = {.now = {{INT64_C(1800000000) * NS_PER_S}, {1000 * NS_PER_S}},
                                 .precision_s = 1e-7};
    static struct settings settings;
    struct effect effect;

    config = config_new();
    FUZZ_REQUIRE(config);
    settings_default(&settings);
    settings.spec_count = 4;
    for (unsigned i = 0; i < 4; i++) {
        struct source_spec *spec = &settings.specs[i];

        *spec = (struct source_spec){.kind = i == 2 ? SOURCE_REFCLOCK : SOURCE_SERVER,
                                     .port = 123,
                                     .minpoll = 6,
                                     .maxpoll = 10,
                                     .version = 4,
                                     .refclock_refid = 0x47505300};
        snprintf(spec->name, sizeof spec->name, "%s",
                 i == 3   ? "ntp.example"
                 : i == 2 ? "SHM0"
                          : "192.0.2.0");
        if (i < 2) {
            spec->name[8] = (char)('1' + i);
            address_parse(spec->name, &spec->address);
        }
    }
    engine_init(&engine, &settings, &begin);
    while (engine_take_effect(&engine, &effect)) {
    }
    for (unsigned i = 0; i < 40; i++) { /* samples of nothing in particular */
        const struct instant now = {{begin.now.wall.ns + i * NS_PER_S},
                                    {begin.now.mono.ns + i * NS_PER_S}};

        engine_refclock(
            &engine, now, 2,
            &(struct reading){.at = now.wall, .offset_s = 1e-3 * (i % 3), .dispersion_s = 1e-6});
        while (engine_take_effect(&engine, &effect)) {
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct command_order order;
    uint8_t request[1000] = {0}, reply[CHRONY_REPLY_MAX];
    struct report_input input = {.engine = &engine,
                                 .now = {{INT64_C(1800000050) * NS_PER_S}, {1050 * NS_PER_S}}};
    struct chronyc_context context = {
        .input = &input, .report = &report, .open_commands = "tracking sources sourcestats"};
    size_t length = size < sizeof request ? size : sizeof request, answered = 0;
    enum chronyc_result result;

    if (!config) {
        start();
    }
    input.config = config;
    if (size < 3) {
        return 0;
    }
    memcpy(request, data, length);
    context.may_change = data[0] & 1;
    if (data[0] & 2) {
        const uint8_t head[] = {6, 1, 0, 0, 0, data[1], 0, 0, 1, 2, 3, 4};

        memset(request, 0, sizeof request);
        memcpy(request, head, sizeof head);
        memcpy(request + CHRONY_REQUEST_HEADER, data + 3, size - 3 < 900 ? size - 3 : 900);
        length = data[2] & 1 ? chrony_packet_request_length_now(data[1]) : 4 * (size_t)data[2];
    }
    result = chronyc_respond(&context, request, length, &order, reply, &answered);
    if (result == CHRONYC_ANSWERED) {
        FUZZ_REQUIRE(answered >= 28 && answered <= length && answered <= sizeof reply);
        FUZZ_REQUIRE(reply[0] == 6 && reply[1] == 2 && memcmp(reply + 4, request + 4, 2) == 0);
    } else if (result == CHRONYC_ORDERED) {
        FUZZ_REQUIRE(context.may_change);
        FUZZ_REQUIRE(order.kind != ORDER_CHANGE || change_is_sound(&order.change));
        FUZZ_REQUIRE(memchr(order.source, 0, sizeof order.source) != NULL);
    }
    return 0;
}
