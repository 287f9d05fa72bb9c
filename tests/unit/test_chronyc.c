/* SPDX-License-Identifier: BSD-2-Clause */
/* control/chronyc: requests as chronyc of several versions sends them, against an engine that keeps
 * a simulated clock: layouts, signs, refusals, orders. */
#include <stdlib.h>

#include "control/chrony/chronyc.h"
#include "engine_lab.h"

#define REPORTS "activity manual rtcdata smoothing sourcename sources sourcestats tracking"

static struct engine_lab *lab;
static struct report report;
static struct config *config;
static struct command_order order;
static struct report_server server;
static struct clients *clients;

/* One exchange. */
static struct {
    enum chronyc_result result;
    struct chrony_response head;
    size_t length;
    struct bytes_reader body;
    uint8_t data[CHRONY_REPLY_MAX];
} got;

static struct report_input input(void)
{
    return (struct report_input){.engine = &lab->engine,
                                 .now = lab_now(lab),
                                 .config = config,
                                 .clients = clients,
                                 .server = server};
}

static void ask_raw(const uint8_t *request, size_t length, bool may_change)
{
    struct report_input in = input();
    struct chronyc_context context = {.input = &in,
                                      .report = &report,
                                      .may_change = may_change,
                                      .open_commands = REPORTS,
                                      .requests = 41,
                                      .refused = 3};

    memset(&got, 0, sizeof got);
    got.result = chronyc_respond(&context, request, length, &order, got.data, &got.length);
    got.body = bytes_reader(got.data, got.length);
    if (got.result == CHRONYC_ANSWERED) {
        assert_true(got.length <= length);
        got.head = chrony_packet_read_response(&got.body);
        assert_int_equal(got.length, chrony_reply_length(got.head.reply));
        assert_int_equal(got.head.version, 6);
        assert_int_equal(got.head.type, 2);
    }
}

static void ask_of(unsigned version, unsigned command, const struct bytes_writer *body,
                   size_t length, bool may_change)
{
    uint8_t request[1000] = {0};
    struct bytes_writer w = bytes_writer(request, sizeof request);

    chrony_packet_write_request(&w, &(struct chrony_request){.version = (uint8_t)version,
                                                             .type = CHRONY_REQUEST,
                                                             .command = (uint16_t)command,
                                                             .sequence = 0x11223344});
    if (body) {
        bytes_put(&w, body->data, body->at);
    }
    ask_raw(request, length, may_change);
    if (got.result == CHRONYC_ANSWERED) {
        assert_int_equal(got.head.sequence, 0x11223344);
        assert_int_equal(got.head.command, command);
    }
}

static void ask(unsigned command, const struct bytes_writer *body)
{
    ask_of(6, command, body, chrony_packet_request_length_now(command), true);
}

static uint8_t body_room[400];

static struct bytes_writer body_of_number(uint32_t number)
{
    struct bytes_writer w = bytes_writer(body_room, sizeof body_room);

    bytes_write_u32(&w, number);
    return w;
}

static void write_address(struct bytes_writer *w, const char *text)
{
    struct address address = {.family = ADDRESS_NONE};
    struct chrony_host host;

    assert_true(text[0] == '\0' || address_parse(text, &address));
    host = chrony_field_host(&address);
    chrony_field_write_host(w, &host);
}

static struct bytes_writer body_of_address(const char *text)
{
    struct bytes_writer w = bytes_writer(body_room, sizeof body_room);

    write_address(&w, text);
    return w;
}

static double number(void)
{
    return chrony_field_read_float(&got.body);
}

/* Three servers; ours is 50 ms slow, and runs slow by 20 ppm; nothing is corrected. */
static void begin(unsigned sources)
{
    lab = lab_new(sources, 0.05, 20e-6);
    lab->settings.clock_control = false;
    lab_begin(lab);
    lab_run(lab, 600);
}

static void assert_near(double value, double expected, double slack)
{
    if (!(fabs(value - expected) <= slack)) {
        fail_msg("%.9g is not %.9g", value, expected);
    }
}

/* ---- reports ---- */

static void tracking_has_the_signs_of_the_wire(void **state)
{
    struct chrony_host host;
    struct address first;
    int64_t updated_ns;

    (void)state;
    begin(3);
    ask(CHRONY_TRACKING, NULL);
    assert_int_equal(got.head.reply, CHRONY_REPLY_TRACKING);
    assert_int_equal(got.length, 104);
    assert_int_equal(bytes_read_u32(&got.body), lab->engine.reference.refid);
    host = chrony_field_read_host(&got.body);
    first = lab->engine.sources[lab->engine.selection.chosen].address;
    assert_true(address_equal(&host.address, &first));
    assert_int_equal(bytes_read_u16(&got.body), 3);
    assert_int_equal(bytes_read_u16(&got.body), LEAP_NONE);
    updated_ns = chrony_field_read_time(&got.body).ns;
    assert_int_equal(updated_ns, lab->engine.reference.updated.ns);
    /* slow: the correction is positive, the last offset and the frequency negative */
    assert_near(number(), lab_error_s(lab), 1e-3);
    assert_near(number(), -0.05 - 600 * 20e-6, 5e-3);
    assert_true(number() > 0.05);
    assert_near(number(), -20, 2);
    assert_near(number(), 0, 2); /* residual */
    assert_true(number() > 0);   /* skew */
    assert_true(number() > 0 && number() > 0);
    assert_in_range((int)ceil(number()), 1, 128);
    assert_false(got.body.failed);
}

static void an_unsynchronised_clock_says_nothing_of_itself(void **state)
{
    (void)state;
    lab = lab_new(1, 0, 0);
    lab_begin(lab);
    ask(CHRONY_TRACKING, NULL);
    assert_int_equal(bytes_read_u32(&got.body), 0);
    assert_int_equal(chrony_field_read_host(&got.body).family, CHRONY_FAMILY_NONE);
    assert_int_equal(bytes_read_u16(&got.body), 0);
    assert_int_equal(bytes_read_u16(&got.body), LEAP_UNSYNCHRONISED);
    assert_int_equal(chrony_field_read_time(&got.body).ns, 0);
    for (unsigned i = 0; i < 6; i++) {
        (void)number();
    }
    assert_near(number(), 1, 0);
    assert_near(number(), 1, 0);
}

/* A billboard asks for each source by itself: an answer looks at that one alone. */
static void answers_fill_what_they_tell(void **state)
{
    static const unsigned commands[] = {CHRONY_N_SOURCES, CHRONY_ACTIVITY, CHRONY_SOURCE_DATA,
                                        CHRONY_SOURCESTATS};
    struct bytes_writer body = body_of_number(2);

    (void)state;
    begin(3);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        unsigned filled = 0;

        memset(report.sources, 0xa5, sizeof report.sources);
        ask(commands[i], i < 2 ? NULL : &body);
        assert_int_equal(report.source_count, 3);
        for (unsigned k = 0; k < 3; k++) {
            filled += (uint8_t)report.sources[k].name[0] != 0xa5;
        }
        assert_int_equal(filled, i < 2 ? 0 : 1);
    }
}

static void sources_have_the_signs_of_the_wire(void **state)
{
    struct bytes_writer body = body_of_number(0);
    struct chrony_host host;
    uint32_t ago;

    (void)state;
    begin(3);
    ask(CHRONY_N_SOURCES, NULL);
    assert_int_equal(bytes_read_u32(&got.body), 3);
    ask(CHRONY_SOURCE_DATA, &body);
    assert_int_equal(got.head.reply, CHRONY_REPLY_SOURCE_DATA);
    host = chrony_field_read_host(&got.body);
    assert_true(address_equal(&host.address, &lab->engine.sources[0].address));
    assert_int_equal(bytes_read_u16(&got.body), lab->engine.sources[0].poll);
    assert_int_equal(bytes_read_u16(&got.body), 2);
    assert_true(bytes_read_u16(&got.body) <= CHRONY_STATE_COMBINED);
    assert_int_equal(bytes_read_u16(&got.body), CHRONY_MODE_SERVER);
    bytes_read_u16(&got.body);
    assert_int_equal(bytes_read_u16(&got.body), lab->engine.sources[0].reach);
    ago = bytes_read_u32(&got.body);
    assert_in_range(ago, 0, 128);
    assert_near(number(), -0.06, 5e-3);
    assert_near(number(), -lab_error_s(lab), 1e-3);
    assert_true(number() > 0);
    body = body_of_number(3);
    ask(CHRONY_SOURCE_DATA, &body);
    assert_int_equal(got.head.status, CHRONY_NO_SUCH_SOURCE);
    assert_int_equal(got.length, 28);
}

static void sourcestats_are_of_the_filter(void **state)
{
    struct bytes_writer body = body_of_number(1);
    const struct source *s;
    uint32_t samples, runs;

    (void)state;
    begin(2);
    s = &lab->engine.sources[1];
    ask(CHRONY_SOURCESTATS, &body);
    assert_int_equal(bytes_read_u32(&got.body), address_refid(&s->address));
    chrony_field_read_host(&got.body);
    samples = bytes_read_u32(&got.body);
    runs = bytes_read_u32(&got.body);
    assert_int_equal(samples, s->filter.count);
    assert_in_range(runs, 1, samples);
    assert_in_range(bytes_read_u32(&got.body), 64, 700);
    assert_near(number(), s->filter.jitter_s, 1e-9);
    assert_near(number(), 0, 5); /* residual frequency */
    assert_true(number() > 0);
    assert_near(number(), -lab_error_s(lab), 2e-3);
    assert_true(number() > 0);
}

static void an_empty_source_is_told_by_usual_numbers(void **state)
{
    struct bytes_writer body = body_of_number(0);

    (void)state;
    lab = lab_new(1, 0, 0);
    lab->servers[0].answer = LAB_SILENT;
    lab_begin(lab);
    lab_run(lab, 10);
    ask(CHRONY_SOURCESTATS, &body);
    bytes_take(&got.body, 4 + 20 + 12);
    assert_near(number(), 4, 0);
    assert_near(number(), 0, 0);
    assert_near(number(), 2000, 0);
    body = body_of_number(0);
    ask(CHRONY_SELECT_DATA, &body);
    bytes_take(&got.body, 24);
    assert_int_equal(bytes_read_u8(&got.body), 'M');
    assert_int_equal(bytes_read_u8(&got.body), 0);
    assert_int_equal(bytes_read_u8(&got.body), LEAP_UNSYNCHRONISED);
}

static void ntpdata_has_a_layout_for_each_version(void **state)
{
    struct bytes_writer body = body_of_address("192.0.2.1");
    const struct source *s;
    uint16_t flags;

    (void)state;
    begin(2);
    s = &lab->engine.sources[0];
    body = bytes_writer(body_room, sizeof body_room);
    {
        struct chrony_host host = chrony_field_host(&s->address);

        chrony_field_write_host(&body, &host);
    }
    ask_of(6, CHRONY_NTP_DATA, &body, 152, true);
    assert_int_equal(got.head.reply, CHRONY_REPLY_NTP_DATA);
    ask_of(6, CHRONY_NTP_DATA, &body, 172, true);
    assert_int_equal(got.head.reply, CHRONY_REPLY_NTP_DATA2);
    bytes_take(&got.body, 40);
    assert_int_equal(bytes_read_u16(&got.body), s->address.port);
    assert_int_equal(bytes_read_u8(&got.body), s->leap);
    assert_int_equal(bytes_read_u8(&got.body), 4);
    assert_int_equal(bytes_read_u8(&got.body), MODE_SERVER);
    assert_int_equal(bytes_read_u8(&got.body), 2);
    bytes_take(&got.body, 2 + 8);
    assert_int_equal(bytes_read_u32(&got.body), s->refid);
    assert_int_equal(chrony_field_read_time(&got.body).ns, s->reference_time.ns);
    assert_near(number(), 0.06, 5e-3); /* here an offset is positive where we are slow */
    assert_near(number(), s->last.delay_s, 1e-6);
    assert_near(number(), s->last.dispersion_s, 1e-6);
    (void)number();
    (void)number();
    flags = bytes_read_u16(&got.body);
    assert_int_equal(flags, 0x3ff); /* neither interleaved nor authenticated */
    bytes_take(&got.body, 2);
    assert_int_equal(bytes_read_u32(&got.body), s->sent);
    assert_int_equal(bytes_read_u32(&got.body), s->received);
    assert_int_equal(bytes_read_u32(&got.body), s->received);
    assert_int_equal(bytes_read_u32(&got.body), s->verdicts[REPLY_ACCEPTED]);
    bytes_take(&got.body, 16);
    assert_int_equal(bytes_read_u32(&got.body), UINT32_MAX);
    body = body_of_address("198.51.100.200");
    ask(CHRONY_NTP_DATA, &body);
    assert_int_equal(got.head.status, CHRONY_NO_SUCH_SOURCE);
}

static void serverstats_have_a_layout_for_each_version(void **state)
{
    static const struct {
        size_t request, width;
        unsigned reply, ntp_drops; /* index of the word */
    } rows[] = {{48, 4, CHRONY_REPLY_SERVER_STATS, 2},   {60, 4, CHRONY_REPLY_SERVER_STATS2, 3},
                {72, 4, CHRONY_REPLY_SERVER_STATS3, 3},  {195, 4, CHRONY_REPLY_SERVER_STATS3, 3},
                {196, 8, CHRONY_REPLY_SERVER_STATS4, 3}, {416, 8, CHRONY_REPLY_SERVER_STATS4, 3}};

    (void)state;
    begin(1);
    server = (struct report_server){.received = 70};
    server.counters[RESPOND_DROPPED_RATE] = 5;
    server.counters[RESPOND_DROPPED_SHORT] = 2;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ask_of(6, CHRONY_SERVER_STATS, NULL, rows[i].request, true);
        assert_int_equal(got.head.reply, rows[i].reply);
        for (unsigned word = 0; word <= rows[i].ntp_drops; word++) {
            uint64_t count = bytes_read(&got.body, rows[i].width);

            if (word == 0) {
                assert_int_equal(count, 70);
            } else if (word == rows[i].ntp_drops) {
                assert_int_equal(count, 7);
            } else if (word == rows[i].ntp_drops - 1) {
                assert_int_equal(count, 42); /* this request included */
            }
        }
    }
    server.authenticated = 4;
    server.answered = 60;
    server.kernel_stamps = 69;
    ask_of(6, CHRONY_SERVER_STATS, NULL, 72, true);
    bytes_take(&got.body, 28);
    assert_int_equal(bytes_read_u32(&got.body), 4);
    ask_of(6, CHRONY_SERVER_STATS, NULL, 196, true);
    bytes_take(&got.body, 56);
    assert_int_equal(bytes_read_u64(&got.body), 4);
    bytes_take(&got.body, 24);
    assert_int_equal(bytes_read_u64(&got.body), 1);  /* stamped by the daemon, */
    assert_int_equal(bytes_read_u64(&got.body), 60); /* as are answers, ... */
    assert_int_equal(bytes_read_u64(&got.body), 69); /* ... and by the kernel */
    assert_int_equal(bytes_read_u64(&got.body), 0);
    bytes_take(&got.body, 16);
    assert_int_equal(bytes_read_u64(&got.body), UINT64_MAX);
    ask_of(6, CHRONY_SERVER_STATS, NULL, 47, true);
    assert_int_equal(got.head.status, CHRONY_BAD_LENGTH);
    memset(&server, 0, sizeof server);
}

static void sources_without_an_address_come_last(void **state)
{
    struct bytes_writer body = body_of_number(1);
    struct chrony_host host;
    uint32_t known = 0;

    (void)state;
    lab = lab_new(2, 0, 0);
    memset(&lab->settings.specs[0].address, 0, sizeof lab->settings.specs[0].address);
    strcpy(lab->settings.specs[0].name, "ntp.example");
    lab_begin(lab);
    lab_run(lab, 5);
    ask(CHRONY_SOURCE_DATA, &body);
    host = chrony_field_read_host(&got.body);
    assert_int_equal(host.family, CHRONY_FAMILY_ID);
    assert_int_equal(host.id, 1);
    /* and is asked for by that number */
    body = bytes_writer(body_room, sizeof body_room);
    chrony_field_write_host(&body, &host);
    ask(CHRONY_SOURCE_NAME, &body);
    assert_int_equal(got.head.status, CHRONY_SUCCESS);
    assert_string_equal((const char *)got.data + 28, "ntp.example");
    ask(CHRONY_ACTIVITY, NULL);
    for (unsigned i = 0; i < 4; i++) { /* online, offline, either in a burst */
        known += bytes_read_u32(&got.body);
    }
    assert_int_equal(known, 1);
    assert_int_equal(bytes_read_u32(&got.body), 1);
}

static void access_is_checked_by_the_tables(void **state)
{
    struct bytes_writer body;
    struct address address;

    (void)state;
    begin(1);
    acl_init(&config->access, ACCESS_NOSERVE);
    acl_init(&config->command_access, ACCESS_NOSERVE);
    assert_true(address_parse("10.0.0.0", &address));
    acl_set(&config->access, &address, 8, 0);
    body = body_of_address("10.3.3.3");
    ask(CHRONY_ACCHECK, &body);
    assert_int_equal(got.head.status, CHRONY_ACCESS_ALLOWED);
    ask(CHRONY_CMDACCHECK, &body);
    assert_int_equal(got.head.status, CHRONY_ACCESS_DENIED);
    body = body_of_address("");
    ask(CHRONY_ACCHECK, &body);
    assert_int_equal(got.head.status, CHRONY_INVALID_FAMILY);
}

static void what_toki_has_not_is_switched_off(void **state)
{
    (void)state;
    begin(1);
    ask(CHRONY_RTC_REPORT, NULL);
    assert_int_equal(got.head.status, CHRONY_NO_RTC);
    ask(CHRONY_SMOOTHING, NULL);
    assert_int_equal(got.head.status, CHRONY_NOT_ENABLED);
    ask(CHRONY_CLIENT_ACCESSES, NULL);
    assert_int_equal(got.head.status, CHRONY_INACTIVE);
    ask(CHRONY_MANUAL_LIST, NULL);
    assert_int_equal(got.head.reply, CHRONY_REPLY_MANUAL_LIST);
    assert_int_equal(bytes_read_u32(&got.body), 0);
    ask(CHRONY_SETTIME, NULL);
    assert_int_equal(got.head.status, CHRONY_NOT_ENABLED);
    ask(CHRONY_MANUAL_DELETE, NULL);
    assert_int_equal(got.head.status, CHRONY_BAD_SAMPLE);
    ask(CHRONY_DFREQ, NULL);
    assert_int_equal(got.head.status, CHRONY_FAILED);
}

/* ---- protocol ---- */

static void wrong_packets_are_told_or_ignored(void **state)
{
    uint8_t request[104] = {6, 1, 0, 0, 0, 33};

    (void)state;
    begin(1);
    ask_of(6, CHRONY_TRACKING, NULL, 103, false);
    assert_int_equal(got.head.status, CHRONY_BAD_LENGTH);
    ask_of(6, CHRONY_TRACKING, NULL, 27, false);
    assert_int_equal(got.result, CHRONYC_IGNORED);
    ask_of(6, CHRONY_TRACKING, NULL, 861, false);
    assert_int_equal(got.result, CHRONYC_IGNORED);
    ask_of(5, CHRONY_TRACKING, NULL, 104, false);
    assert_int_equal(got.head.status, CHRONY_BAD_VERSION);
    ask_of(7, CHRONY_TRACKING, NULL, 104, false);
    assert_int_equal(got.head.status, CHRONY_BAD_VERSION);
    ask_of(4, CHRONY_TRACKING, NULL, 104, false);
    assert_int_equal(got.result, CHRONYC_IGNORED);
    ask_of(6, 75, NULL, 28, false);
    assert_int_equal(got.head.status, CHRONY_INVALID);
    ask_of(6, 10, NULL, 28, true);
    assert_int_equal(got.head.status, CHRONY_INVALID);
    ask_of(6, CHRONY_MAKESTEP, NULL, 28, false);
    assert_int_equal(got.head.status, CHRONY_UNAUTHORISED);
    ask_of(6, CHRONY_SERVER_STATS, NULL, 416, false);
    assert_int_equal(got.head.status, CHRONY_UNAUTHORISED);
    ask_of(6, CHRONY_TRACKING, NULL, 400, false); /* longer is fine */
    assert_int_equal(got.head.reply, CHRONY_REPLY_TRACKING);
    request[1] = 2; /* a reply */
    ask_raw(request, sizeof request, false);
    assert_int_equal(got.result, CHRONYC_IGNORED);
    request[1] = 1;
    request[3] = 1;
    ask_raw(request, sizeof request, false);
    assert_int_equal(got.result, CHRONYC_IGNORED);
}

/* Whatever is asked, the answer is no longer than the request, and strangers change nothing. */
static void no_reply_is_longer_than_its_request(void **state)
{
    struct dice dice = {.state = 323};
    uint8_t request[900];

    (void)state;
    begin(3);
    for (unsigned command = 0; command < CHRONY_COMMANDS + 3; command++) {
        for (size_t length = 0; length < sizeof request; length += 1 + dice_below(&dice, 7)) {
            bool may_change = dice_below(&dice, 2);

            for (size_t i = 0; i < length; i++) {
                request[i] = dice_below(&dice, 3) ? 0 : (uint8_t)dice_below(&dice, 256);
            }
            memcpy(request, (const uint8_t[]){6, 1, 0, 0, 0, (uint8_t)command}, 6);
            ask_raw(request, length, may_change); /* holds the lengths against each other */
            assert_true(may_change || got.result != CHRONYC_ORDERED);
        }
    }
}

/* ---- orders ---- */

static void expect_change(unsigned command, const struct bytes_writer *body, enum change_kind kind,
                          const char *text)
{
    ask(command, body);
    if (got.result != CHRONYC_ORDERED) {
        fail_msg("command %u: %u", command, got.head.status);
    }
    assert_int_equal(order.kind, ORDER_CHANGE);
    assert_int_equal(order.change.kind, kind);
    assert_string_equal(order.change.text, text);
}

static void expect_status(unsigned command, const struct bytes_writer *body,
                          enum chrony_status status)
{
    ask(command, body);
    assert_int_equal(got.result, CHRONYC_ANSWERED);
    assert_int_equal(got.head.status, status);
}

static struct bytes_writer body_of_subnet(const char *mask, const char *address)
{
    struct bytes_writer w = bytes_writer(body_room, sizeof body_room);

    write_address(&w, mask);
    write_address(&w, address);
    return w;
}

static void connections_name_their_sources(void **state)
{
    struct bytes_writer body = body_of_subnet("", "");
    char first[ADDRESS_TEXT_MAX], both[600];

    (void)state;
    begin(2);
    expect_change(CHRONY_OFFLINE, &body, CHANGE_OFFLINE, "");
    expect_change(CHRONY_ONLINE, &body, CHANGE_ONLINE, "");
    address_format(&lab->engine.sources[0].address, first);
    body = body_of_subnet("255.255.255.255", first);
    expect_change(CHRONY_OFFLINE, &body, CHANGE_OFFLINE, lab->engine.sources[0].config.name);
    body = body_of_subnet("255.255.255.0", first);
    snprintf(both, sizeof both, "%s %s", lab->engine.sources[0].config.name,
             lab->engine.sources[1].config.name);
    expect_change(CHRONY_OFFLINE, &body, CHANGE_OFFLINE, both);
    body = body_of_subnet("255.255.255.255", "203.0.113.9");
    expect_status(CHRONY_OFFLINE, &body, CHRONY_NO_SUCH_SOURCE);
    body = body_of_subnet("255.255.255.255", first);
    bytes_write_u32(&body, 2);
    bytes_write_u32(&body, 4);
    ask(CHRONY_BURST, &body);
    assert_int_equal(got.result, CHRONYC_ORDERED);
    assert_int_equal(order.kind, ORDER_BURST);
    assert_int_equal(order.chosen, 1);
    assert_int_equal(order.answers, 2);
    assert_int_equal(order.requests, 4);
    body = body_of_subnet("", "");
    bytes_write_u32(&body, 5);
    bytes_write_u32(&body, 4);
    expect_status(CHRONY_BURST, &body, CHRONY_INVALID);
}

static void options_and_settings_are_lines(void **state)
{
    char first[ADDRESS_TEXT_MAX], text[600];
    const char *name;
    struct bytes_writer body;

    (void)state;
    begin(1);
    address_format(&lab->engine.sources[0].address, first);
    name = lab->engine.sources[0].config.name;
    body = body_of_address(first);
    bytes_write_u32(&body, (uint32_t)-2);
    snprintf(text, sizeof text, "%s minpoll -2", name);
    expect_change(CHRONY_MINPOLL, &body, CHANGE_OPTION, text);
    body = body_of_address(first);
    chrony_field_write_float(&body, 0.5);
    snprintf(text, sizeof text, "%s maxdelay 0.5", name);
    expect_change(CHRONY_MAXDELAY, &body, CHANGE_OPTION, text);
    body = body_of_address(first);
    bytes_write_u32(&body, 0);
    bytes_write_u32(&body, 6); /* as chronyc sends "-prefer +trust" */
    bytes_write_u32(&body, 0x20);
    snprintf(text, sizeof text, "%s prefer 0 trust 1", name);
    expect_change(CHRONY_SELECTOPTS, &body, CHANGE_OPTION, text);
    body = body_of_address(first);
    bytes_write_u32(&body, 0);
    chrony_field_write_float(&body, 0.25);
    snprintf(text, sizeof text, "%s offset 0.25", name);
    expect_change(CHRONY_OFFSET, &body, CHANGE_OPTION, text);
    body = body_of_address(first);
    expect_change(CHRONY_DELETE_SOURCE, &body, CHANGE_DELETE, name);
    body = body_of_address("203.0.113.9");
    expect_status(CHRONY_DELETE_SOURCE, &body, CHRONY_NO_SUCH_SOURCE);

    body = body_of_address("10.0.0.0");
    bytes_write_u32(&body, 8);
    expect_change(CHRONY_ALLOW, &body, CHANGE_CHRONY_LINE, "allow 10.0.0.0/8");
    expect_change(CHRONY_CMDDENY_ALL, &body, CHANGE_CHRONY_LINE, "cmddeny all 10.0.0.0/8");
    body = body_of_address("");
    expect_change(CHRONY_DENY_ALL, &body, CHANGE_CHRONY_LINE, "deny all");
    body = body_of_address("10.0.0.0");
    bytes_write_u32(&body, 33);
    expect_status(CHRONY_ALLOW, &body, CHRONY_BAD_SUBNET);

    body = bytes_writer(body_room, sizeof body_room);
    bytes_write_u32(&body, 3);
    chrony_field_write_float(&body, 0.5);
    snprintf(text, sizeof text, "makestep 0.5 %u", 3 + lab->engine.discipline.updates);
    expect_change(CHRONY_MODIFY_MAKESTEP, &body, CHANGE_CHRONY_LINE, text);
    body = bytes_writer(body_room, sizeof body_room);
    chrony_field_write_float(&body, 100);
    expect_change(CHRONY_MAXUPDATESKEW, &body, CHANGE_CHRONY_LINE, "maxupdateskew 100");
    expect_change(CHRONY_RESELECTDIST, &body, CHANGE_CHRONY_LINE, "reselectdist 100");
    expect_change(CHRONY_REKEY, NULL, CHANGE_KEYS, "");
    expect_change(CHRONY_RELOAD_SOURCES, NULL, CHANGE_SOURCES, "");
}

static void local_has_two_layouts(void **state)
{
    struct bytes_writer body = bytes_writer(body_room, sizeof body_room);

    (void)state;
    begin(1);
    bytes_write_u32(&body, 1);
    bytes_write_u32(&body, 9);
    chrony_field_write_float(&body, 0.5);
    bytes_write_u32(&body, 1);
    ask_of(6, CHRONY_LOCAL_OLD, &body, 36, true);
    assert_string_equal(order.change.text,
                        "local stratum 9 distance 0.5 activate 0 waitsynced 0 waitunsynced 0 "
                        "orphan");
    chrony_field_write_float(&body, 2);
    chrony_field_write_float(&body, 4);
    chrony_field_write_float(&body, 8);
    expect_change(CHRONY_LOCAL, &body, CHANGE_CHRONY_LINE,
                  "local stratum 9 distance 0.5 activate 2 waitsynced 4 waitunsynced 8 orphan");
    body = body_of_number(0);
    expect_change(CHRONY_LOCAL, &body, CHANGE_CHRONY_LINE, "local off");
}

/* As chronyc sends it, but for name, key and flags. */
static struct bytes_writer body_of_source(uint32_t type, const char *name, uint32_t key,
                                          uint32_t flags)
{
    struct bytes_writer w = bytes_writer(body_room, sizeof body_room);

    bytes_write_u32(&w, type);
    bytes_put(&w, name, strlen(name));
    chrony_field_pad(&w, CHRONY_NAME_LENGTH - strlen(name));
    bytes_write_u32(&w, 123);
    bytes_write_u32(&w, 1);
    bytes_write_u32(&w, 3);
    bytes_write_u32(&w, 100);
    bytes_write_u32(&w, 0);
    bytes_write_u32(&w, 8);
    bytes_write_u32(&w, 0);
    bytes_write_u32(&w, 4);
    bytes_write_u32(&w, (uint32_t)-1);
    bytes_write_u32(&w, (uint32_t)-1);
    bytes_write_u32(&w, key);
    bytes_write_u32(&w, 4460);
    chrony_field_write_float(&w, 3);
    chrony_field_write_float(&w, 0);
    chrony_field_write_float(&w, 10);
    chrony_field_write_float(&w, 0);
    chrony_field_write_float(&w, 1);
    chrony_field_write_float(&w, 0);
    bytes_write_u32(&w, flags);
    bytes_write_u32(&w, 0);
    bytes_write_u32(&w, 0);
    chrony_field_write_float(&w, 0);
    bytes_write_u32(&w, 100000);
    return w;
}

static void a_new_source_is_a_line(void **state)
{
    struct bytes_writer body = body_of_source(1, "127.0.0.77", 1, 0xd);
    char name[CHRONY_NAME_LENGTH + 1];

    (void)state;
    begin(1);
    expect_change(CHRONY_ADD_SOURCE, &body, CHANGE_CHRONY_LINE,
                  "server 127.0.0.77 port 123 minpoll 1 maxpoll 3 maxdelay 3 polltarget 8 key 1 "
                  "iburst prefer");
    body = body_of_source(3, "pool.example", 0, 0x2000);
    expect_change(CHRONY_ADD_SOURCE, &body, CHANGE_CHRONY_LINE,
                  "pool pool.example port 123 minpoll 1 maxpoll 3 maxdelay 3 maxsources 4 "
                  "polltarget 8 ipv4 offline");
    body = body_of_source(1, "ntp.example", 0, CHRONY_SOURCE_NTS);
    expect_status(CHRONY_ADD_SOURCE, &body, CHRONY_NOT_ENABLED);
    body = body_of_source(7, "ntp.example", 0, 1);
    expect_status(CHRONY_ADD_SOURCE, &body, CHRONY_INVALID);
    body = body_of_source(1, "ntp.example\nallow", 0, 1);
    expect_status(CHRONY_ADD_SOURCE, &body, CHRONY_INVALID_NAME);
    body = body_of_source(1, "", 0, 1);
    expect_status(CHRONY_ADD_SOURCE, &body, CHRONY_INVALID_NAME);
    memset(name, 'a', sizeof name);
    name[CHRONY_NAME_LENGTH] = '\0';
    body = body_of_source(1, name, 0, 1);
    expect_status(CHRONY_ADD_SOURCE, &body, CHRONY_INVALID_NAME);
    body = body_of_source(1, lab->engine.sources[0].config.name, 0, 1);
    expect_status(CHRONY_ADD_SOURCE, &body, CHRONY_SOURCE_KNOWN);
}

/* chronyc 3.5 has looked its name up, and sends an address. */
static void an_old_new_source_is_a_line(void **state)
{
    struct bytes_writer body = body_of_address("2001:db8::77");
    static const uint32_t words[] = {123, 6, 10, 100, 0, 8, 4, 4, 6, 0, 7};
    static const double floats[] = {3, 0, 20, 0, 1, 0.5};

    (void)state;
    begin(1);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        bytes_write_u32(&body, words[i]);
    }
    for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++) {
        chrony_field_write_float(&body, floats[i]);
    }
    bytes_write_u32(&body, CHRONY_SOURCE_ONLINE | CHRONY_SOURCE_IBURST);
    bytes_write_u32(&body, 0);
    assert_int_equal(body.at, 96);
    expect_change(CHRONY_ADD_SERVER_OLD, &body, CHANGE_CHRONY_LINE,
                  "server 2001:db8::77 port 123 minpoll 6 maxpoll 10 maxdelay 3 polltarget 8 "
                  "version 4 key 7 maxdelaydevratio 20 offset 0.5 iburst");
    expect_change(CHRONY_ADD_PEER_OLD, &body, CHANGE_CHRONY_LINE,
                  "peer 2001:db8::77 port 123 minpoll 6 maxpoll 10 maxdelay 3 polltarget 8 "
                  "version 4 key 7 maxdelaydevratio 20 offset 0.5 iburst");
    body = body_of_address("");
    expect_status(CHRONY_ADD_SERVER_OLD, &body, CHRONY_INVALID_NAME);
}

/* Ten clients, of which one asked three times, for two versions of the protocol. */
static void clients_are_listed_by_and_by(void **state)
{
    static const uint8_t seed[16] = {1};
    struct address address;
    uint32_t next = 0, seen = 0, busy = 0;
    struct bytes_writer body;

    (void)state;
    begin(1);
    clients = aligned_alloc(64, clients_size(64));
    assert_non_null(clients);
    memset(clients, 0, clients_size(64));
    clients_init(clients, 64, seed);
    clients_resize(clients, clients_size(64));
    for (unsigned i = 0; i < 12; i++) {
        address = (struct address){ADDRESS_V4, {192, 0, 2, (uint8_t)(i < 10 ? i : 9)}, 123, 0};
        clients_note(clients, &address, mono_after(lab_now(lab).mono, -9), 0x23, 0,
                     i == 11 ? CLIENTS_LIMITED : CLIENTS_ANSWERED);
    }
    for (unsigned turn = 0; turn < 2; turn++) {
        unsigned kind = turn ? CHRONY_REPLY_CLIENT_ACCESSES_OLD : CHRONY_REPLY_CLIENT_ACCESSES;
        uint32_t room, count;

        seen = busy = next = 0;
        do {
            body = body_of_number(next);
            bytes_write_u32(&body, 8);
            bytes_write_u32(&body, 0);
            ask(turn ? CHRONY_CLIENT_ACCESSES_OLD : CHRONY_CLIENT_ACCESSES, &body);
            assert_int_equal(got.head.reply, kind);
            room = bytes_read_u32(&got.body);
            next = bytes_read_u32(&got.body);
            count = bytes_read_u32(&got.body);
            assert_true(count <= 8);
            for (uint32_t i = 0; i < count; i++, seen++) {
                struct chrony_host host = chrony_field_read_host(&got.body);
                uint32_t hits = bytes_read_u32(&got.body);

                assert_int_equal(host.family, CHRONY_FAMILY_V4);
                bytes_take(&got.body, turn ? 4 : 8);
                busy += hits == 3 && bytes_read_u32(&got.body) == 1 && host.address.bytes[3] == 9;
                bytes_take(&got.body, hits == 3 ? 0 : 4);
                bytes_take(&got.body, turn ? 8 : 12);
                assert_in_range(bytes_read_u32(&got.body), 8, 10); /* seconds ago */
                bytes_take(&got.body, turn ? 4 : 8);
            }
        } while (next < room);
        assert_int_equal(seen, 10);
        assert_int_equal(busy, 1);
    }
    body = body_of_number(0);
    bytes_write_u32(&body, 8);
    bytes_write_u32(&body, 2); /* hits at least */
    ask(CHRONY_CLIENT_ACCESSES, &body);
    bytes_take(&got.body, 8);
    assert_int_equal(bytes_read_u32(&got.body), 1);
    free(clients);
    clients = NULL;
}

static void plain_orders(void **state)
{
    static const struct {
        unsigned command;
        enum order_kind kind;
    } rows[] = {{CHRONY_MAKESTEP, ORDER_MAKE_STEP},   {CHRONY_DUMP, ORDER_KEEP},
                {CHRONY_REFRESH, ORDER_REFRESH},      {CHRONY_RESELECT, ORDER_RESELECT},
                {CHRONY_RESET_SOURCES, ORDER_FORGET}, {CHRONY_ONOFFLINE, ORDER_FOLLOW_ROUTES},
                {CHRONY_SHUTDOWN, ORDER_END}};
    uint8_t request[28] = {6, 1, 0, 0, 0, CHRONY_MAKESTEP, 0, 0, 1, 2, 3, 4}, reply[520];
    static const struct command_outcome failed = {.error = "refused"}, done = {.error = NULL};

    (void)state;
    begin(1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ask(rows[i].command, NULL);
        assert_int_equal(got.result, CHRONYC_ORDERED);
        assert_int_equal(order.kind, rows[i].kind);
    }
    assert_int_equal(chronyc_answer(request, &done, reply), 28);
    assert_memory_equal(reply, "\6\2\0\0\0\x2b\0\1\0\0\0\0\0\0\0\0\1\2\3\4", 20);
    assert_int_equal(chronyc_answer(request, &failed, reply), 28);
    assert_int_equal(reply[9], CHRONY_FAILED);
}

static int set_up(void **state)
{
    (void)state;
    config = config_new();
    return config ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    config_free(config);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tracking_has_the_signs_of_the_wire),
        cmocka_unit_test(an_unsynchronised_clock_says_nothing_of_itself),
        cmocka_unit_test(answers_fill_what_they_tell),
        cmocka_unit_test(sources_have_the_signs_of_the_wire),
        cmocka_unit_test(sourcestats_are_of_the_filter),
        cmocka_unit_test(an_empty_source_is_told_by_usual_numbers),
        cmocka_unit_test(ntpdata_has_a_layout_for_each_version),
        cmocka_unit_test(serverstats_have_a_layout_for_each_version),
        cmocka_unit_test(sources_without_an_address_come_last),
        cmocka_unit_test(access_is_checked_by_the_tables),
        cmocka_unit_test(what_toki_has_not_is_switched_off),
        cmocka_unit_test(wrong_packets_are_told_or_ignored),
        cmocka_unit_test(no_reply_is_longer_than_its_request),
        cmocka_unit_test(connections_name_their_sources),
        cmocka_unit_test(options_and_settings_are_lines),
        cmocka_unit_test(local_has_two_layouts),
        cmocka_unit_test(a_new_source_is_a_line),
        cmocka_unit_test(an_old_new_source_is_a_line),
        cmocka_unit_test(clients_are_listed_by_and_by),
        cmocka_unit_test(plain_orders),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
