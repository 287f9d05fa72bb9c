/* SPDX-License-Identifier: BSD-2-Clause */
/* wire/chrony_words by what it is seen in: log files and answers to chronyc agree on each state and
 * with chronyd (sources.c and ntp_core.c of chrony 4.3 to 4.8; tests/system/test_chrony_words.py
 * holds both daemons side by side). */
#include <stdlib.h>

#include "control/chrony/chronyc.h"
#include "daemon/columns_chrony.h"
#include "engine_lab.h"

static struct engine_lab *lab;
static struct report report;
static struct config *config;
static uint8_t reply[CHRONY_REPLY_MAX];

static int set_up(void **state)
{
    (void)state;
    config = config_new();
    if (!config) {
        return -1;
    }
    lab = lab_new(3, 0.05, 20e-6);
    lab->settings.clock_control = false;
    lab_begin(lab);
    lab_run(lab, 600);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    config_free(config);
    return 0;
}

/* The body of the answer to a request for source 1, by its number or by its address. */
static struct bytes_reader ask(enum chrony_command command, bool by_address)
{
    struct report_input input = {.engine = &lab->engine, .now = lab_now(lab), .config = config};
    struct chronyc_context context = {.input = &input, .report = &report, .may_change = true};
    uint8_t request[CHRONY_PACKET_MAX] = {6, 1, 0, 0, 0, (uint8_t)command};
    struct bytes_writer w = bytes_writer(request + CHRONY_REQUEST_HEADER, 20);
    struct bytes_reader r;
    size_t length = 0;

    if (by_address) {
        struct chrony_host host = chrony_field_host(&lab->engine.sources[1].address);

        chrony_field_write_host(&w, &host);
    } else {
        bytes_write_u32(&w, 1);
    }
    assert_int_equal(chronyc_respond(&context, request, chrony_packet_request_length_now(command),
                                     NULL, reply, &length),
                     CHRONYC_ANSWERED);
    assert_true(length > CHRONY_REPLY_HEADER);
    r = bytes_reader(reply, length);
    bytes_take(&r, CHRONY_REPLY_HEADER);
    return r;
}

static const char *log_line(void)
{
    static char line[400];

    assert_true(columns_chrony_selection(&lab->engine, lab_now(lab), 1, line, sizeof line) > 0);
    return line;
}

#define LOG_STATE 36 /* columns */
#define LOG_OPTIONS 38

/* `fresh`: without samples; `preferred`: source 0 tells the truth and is preferred. */
static void the_state_of_a_source_has_one_letter(void **state)
{
    static const struct {
        enum source_status status;
        bool fresh, noselect, preferred;
        char letter, symbol;
    } rows[] = {
        {SOURCE_OFFLINE, true, false, false, 'M', '?'},
        {SOURCE_OFFLINE, false, false, false, 'S', '?'},
        {SOURCE_WAITING, true, false, false, 'M', '?'},
        {SOURCE_UNREACHABLE, true, false, false, 'M', '?'},
        {SOURCE_UNREACHABLE, false, false, false, 'S', '?'},
        {SOURCE_UNREACHABLE, true, true, false, 'N', '?'},
        {SOURCE_SERVER_UNSYNCHRONISED, true, false, false, 'M', '?'},
        {SOURCE_SERVER_UNSYNCHRONISED, false, false, false, 'S', '?'},
        {SOURCE_REFUSED, true, false, false, 'M', '?'},
        {SOURCE_REFUSED, false, false, false, 'S', '?'},
        {SOURCE_LOOPED, true, false, false, 'M', '?'},
        {SOURCE_FEW_SAMPLES, false, false, false, 'M', '?'},
        {SOURCE_TOO_DISTANT, false, false, false, 'd', '?'},
        {SOURCE_TOO_JITTERY, false, false, false, '~', '~'},
        {SOURCE_WRONG_STRATUM, false, false, false, 'r', '?'},
        {SOURCE_ORPHAN, false, false, false, 'O', '?'},
        {SOURCE_FALSETICKER, false, false, false, 'x', 'x'},
        {SOURCE_NO_MAJORITY, false, false, false, 'x', 'x'},
        {SOURCE_HELD, false, false, false, 'W', '-'},
        {SOURCE_UNTRUSTED, false, false, false, 'T', '?'},
        {SOURCE_NOSELECT, false, true, false, 'N', '?'},
        {SOURCE_SAME_NETWORK, false, false, false, 'T', '-'},
        {SOURCE_OUTLYING, false, false, false, 'D', '-'},
        {SOURCE_OUTLYING, false, false, true, 'P', '-'},
        {SOURCE_COMBINED, false, false, false, '+', '+'},
        {SOURCE_SELECTED, false, false, false, '*', '*'},
    };
    struct source *s = &lab->engine.sources[1], saved = *s;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes_reader r;
        unsigned symbol;

        *s = saved;
        s->status = rows[i].status;
        s->config.noselect = rows[i].noselect;
        s->filter.count = rows[i].fresh ? 0 : s->filter.count;
        s->filter.total = rows[i].fresh ? 0 : s->filter.total;
        lab->engine.sources[0].config.prefer = rows[i].preferred;
        lab->engine.sources[0].status = SOURCE_SELECTED;
        assert_int_equal(log_line()[LOG_STATE], rows[i].letter);
        r = ask(CHRONY_SELECT_DATA, false);
        bytes_take(&r, 24);
        assert_int_equal(bytes_read_u8(&r), rows[i].letter);
        r = ask(CHRONY_SOURCE_DATA, false);
        bytes_take(&r, 24);
        symbol = bytes_read_u16(&r);
        assert_int_equal("*?x~+-"[symbol], rows[i].symbol);
    }
    *s = saved;
    lab->engine.sources[0].config.prefer = false;
}

static void options_have_one_order(void **state)
{
    static const char *const texts[] = {"-N---", "--P--", "---T-", "----R"};
    struct source_spec *c = &lab->engine.sources[1].config, saved = *c;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct bytes_reader r;

        *c = saved;
        c->noselect = i == 0;
        c->prefer = i == 1;
        c->trust = i == 2;
        c->require = i == 3;
        assert_memory_equal(log_line() + LOG_OPTIONS, texts[i], 5);
        r = ask(CHRONY_SELECT_DATA, false);
        bytes_take(&r, 28);
        assert_int_equal(bytes_read_u16(&r), 1 << i);
        assert_int_equal(bytes_read_u16(&r), 1 << i);
    }
    *c = saved;
}

/* Tests 3, 6 and 7 look at the packet each; A to D are made if all before passed. */
static void a_packet_has_one_set_of_tests(void **state)
{
    static const struct {
        enum reply_verdict verdict;
        const char *tests;
        uint8_t leap, stratum;
        uint32_t root_dispersion;
        bool no_stamp;
        double ratio, most_s;
    } rows[] = {
        {REPLY_ACCEPTED, "111 111 1111", 0, 2, 0, false, 0, 3},
        {REPLY_UNSYNCHRONISED, "111 101 0000", 3, 0, 0, false, 0, 3},
        {REPLY_UNSYNCHRONISED, "111 101 0000", 0, 16, 0, false, 0, 3},
        {REPLY_UNSYNCHRONISED, "111 100 0000", 3, 16, 0x100000, false, 0, 3},
        {REPLY_UNSYNCHRONISED, "110 101 0000", 3, 0, 0, true, 0, 3},
        {REPLY_STRATUM, "111 101 0000", 0, 17, 0, false, 0, 3},
        {REPLY_KISS_RATE, "111 101 0000", 3, 0, 0, false, 0, 3},
        {REPLY_ZERO, "110 111 0000", 0, 2, 0, true, 0, 3},
        {REPLY_DISTANCE, "111 110 0000", 0, 2, 0x100000, false, 0, 3},
        {REPLY_TURNAROUND, "111 111 0111", 0, 2, 0, false, 0, 3},
        {REPLY_DATE, "111 111 0111", 0, 2, 0, false, 0, 3},
        {REPLY_LATE, "111 111 0111", 0, 2, 0, false, 0, 3},
        {REPLY_DELAY, "111 111 0111", 0, 2, 0, false, 0, 0.001},
        {REPLY_DELAY, "111 111 1011", 0, 2, 0, false, 0.5, 3},
        {REPLY_DELAY, "111 111 1101", 0, 2, 0, false, 0, 3},
        {REPLY_LOOP, "111 111 1110", 0, 2, 0, false, 0, 3},
    };
    struct source *s = &lab->engine.sources[1], saved = *s;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct effect_measured m = {.source = 1, .verdict = rows[i].verdict, .at = lab_now(lab)};
        struct bytes_reader r;
        char line[400], digits[13];
        unsigned flags;

        *s = saved;
        s->last_verdict = rows[i].verdict;
        s->config.max_delay_ratio = rows[i].ratio;
        s->config.max_delay_s = rows[i].most_s;
        s->exchange.packet.leap = rows[i].leap;
        s->exchange.packet.stratum = rows[i].stratum;
        s->exchange.packet.root_dispersion = rows[i].root_dispersion;
        s->exchange.packet.receive = rows[i].no_stamp ? 0 : s->exchange.packet.receive;
        assert_true(columns_chrony_measurements(&lab->engine, &m, true, line, sizeof line) > 0);
        assert_memory_equal(line + 41, rows[i].tests, 12);
        r = ask(CHRONY_NTP_DATA, true);
        bytes_take(&r, 40 + 2 + 6 + 8 + 4 + 12 + 20);
        flags = bytes_read_u16(&r);
        for (unsigned bit = 0, at = 0; bit < 10; bit++) {
            at += bit == 3 || bit == 6;
            digits[at++] = flags >> (9 - bit) & 1 ? '1' : '0';
        }
        digits[3] = digits[7] = ' ';
        assert_memory_equal(digits, rows[i].tests, 12);
    }
    /* what is not from the server is not recorded */
    for (enum reply_verdict v = REPLY_UNEXPECTED; v <= REPLY_AUTH; v++) {
        struct effect_measured m = {.source = 1, .verdict = v, .at = lab_now(lab)};
        char line[400];

        assert_int_equal(columns_chrony_measurements(&lab->engine, &m, true, line, sizeof line) > 0,
                         v == REPLY_ZERO);
    }
    *s = saved;
}

/* Number `column` of a line, counted from 0. */
static double number_of(const char *line, unsigned column)
{
    for (; column > 0; column--) {
        line += strcspn(line, " ");
        line += strspn(line, " ");
    }
    return atof(line);
}

/* chronyd: the deviation times Student's t, which is 3.5 where there are many samples. */
static void skew_is_one_number(void **state)
{
    struct effect_measured m = {.source = 1, .verdict = REPLY_ACCEPTED, .at = lab_now(lab)};
    const struct engine *e = &lab->engine;
    struct estimate line =
        filter_estimate(&e->sources[1].filter, timeline_free(&e->timeline, lab_now(lab).mono));
    struct bytes_reader r = ask(CHRONY_SOURCESTATS, false);
    double reported;
    char text[400];

    (void)state;
    bytes_take(&r, 24 + 12 + 8);
    reported = chrony_field_read_float(&r);
    assert_true(reported > 0);
    assert_true(columns_chrony_statistics(e, &m, text, sizeof text) > 0);
    assert_true(fabs(number_of(text, 7) * 1e6 - reported) < 2e-3 * reported);
    assert_true(fabs(3.5 * line.rate_sd * 1e6 - reported) < 1e-6 * reported);
    r = ask(CHRONY_TRACKING, false);
    bytes_take(&r, 24 + 4 + 12 + 20);
    reported = chrony_field_read_float(&r);
    assert_true(reported > 0);
    assert_true(columns_chrony_tracking(e, lab_now(lab), &lab->last_updated, text, sizeof text) >
                0);
    assert_true(fabs(number_of(text, 5) - reported) < 1e-3);
    assert_true(fabs(3.5 * e->discipline.drift_sd * 1e6 - reported) < 1e-6 * reported);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_of_a_source_has_one_letter),
        cmocka_unit_test(options_have_one_order),
        cmocka_unit_test(a_packet_has_one_set_of_tests),
        cmocka_unit_test(skew_is_one_number),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
