/* SPDX-License-Identifier: BSD-2-Clause */
/* wire/ntp_words: numbers as NTPsec 1.2.2 has them in include/ntp.h and include/ntp_control.h, and
 * words as its ntpq prints them. tests/system/test_words.py holds both against that daemon. */
#include <string.h>

#include "check.h"
#include "core/acl.h"
#include "core/packet.h"
#include "wire/ntp_words.h"

static void test_events(void **state)
{
    /* EVNT_ and PEVNT_ */
    static const struct {
        enum event_type type;
        uint32_t kiss;
        unsigned code;
        const char *word;
    } rows[] = {{EVENT_SYNCHRONISED, 0, 0x05, "clock_sync"},
                {EVENT_CLOCK_PANIC, 0, 0x07, "panic_stop"},
                {EVENT_UNSYNCHRONISED, 0, 0x08, "no_sys_peer"},
                {EVENT_NO_MAJORITY, 0, 0x08, "no_sys_peer"},
                {EVENT_HOLDOVER, 0, 0x08, "no_sys_peer"},
                {EVENT_LEAP_ARMED, 0, 0x09, "leap_armed"},
                {EVENT_LEAP_DONE, 0, 0x0b, "leap_event"},
                {EVENT_CLOCK_STEPPED, 0, 0x0c, "clock_step"},
                {EVENT_CLOCK_STEP_SEEN, 0, 0x0c, "clock_step"},
                {EVENT_CLOCK_FAILED, 0, 0x0d, "kern"},
                {EVENT_SOURCE_ADDED, 0, 0x81, "mobilize"},
                {EVENT_SOURCE_REPLACED, 0, 0x81, "mobilize"},
                {EVENT_SOURCE_REMOVED, 0, 0x82, "demobilize"},
                {EVENT_SOURCE_UNREACHABLE, 0, 0x83, "unreachable"},
                {EVENT_SOURCE_REACHABLE, 0, 0x84, "reachable"},
                {EVENT_SOURCE_KISS, REFID('R', 'A', 'T', 'E'), 0x87, "rate_exceeded"},
                {EVENT_SOURCE_KISS, REFID('D', 'E', 'N', 'Y'), 0x88, "access_denied"},
                {EVENT_SOURCE_KISS, REFID('R', 'S', 'T', 'R'), 0x88, "access_denied"},
                {EVENT_SOURCE_SELECTED, 0, 0x8a, "sys_peer"},
                {EVENT_SOURCE_FALSETICKER, 0, NTP_WORDS_NO_EVENT, NULL},
                {EVENT_SOURCE_LOOP, 0, NTP_WORDS_NO_EVENT, NULL},
                {EVENT_SOURCE_REMEMBERED, 0, NTP_WORDS_NO_EVENT, NULL},
                {EVENT_SOURCE_UNRESOLVED, 0, NTP_WORDS_NO_EVENT, NULL},
                {EVENT_CLOCK_CORRECTION, 0, NTP_WORDS_NO_EVENT, NULL}};
    bool told[EVENT_TYPES] = {false};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct event event = {.type = rows[i].type, .value = rows[i].kiss};

        assert_int_equal(ntp_words_event_code(&event), rows[i].code);
        if (rows[i].word) {
            assert_string_equal(ntp_words_event(rows[i].code), rows[i].word);
        }
        told[rows[i].type] = true;
    }
    for (unsigned i = 0; i < EVENT_TYPES; i++) {
        assert_true(told[i]);
    }
    assert_string_equal(ntp_words_event(0x06), "restart");
    assert_string_equal(ntp_words_event(0x80), "");
    assert_string_equal(ntp_words_event(0x8d), "popcorn");
    assert_string_equal(ntp_words_clock_event(6), "clk_bad_time");
    assert_string_equal(ntp_words_clock_event(7), "");
}

static void test_selection(void **state)
{
    /* CTL_PST_SEL_ by status, and what util.py makes of them */
    static const char *const conditions[] = {"reject",    "falsetick", "excess",   "outlier",
                                             "candidate", "backup",    "sys.peer", "pps.peer"};
    static const char tallies[] = " x.-+#*o";

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        assert_string_equal(ntp_words_condition((enum ntp_words_selection)i), conditions[i]);
        assert_int_equal(ntp_words_tally((enum ntp_words_selection)i), tallies[i]);
    }
    for (unsigned i = 0; i < SOURCE_STATUSES; i++) {
        assert_int_equal(ntp_words_selection((enum source_status)i), i == SOURCE_SELECTED      ? 6
                                                                     : i == SOURCE_COMBINED    ? 4
                                                                     : i == SOURCE_OUTLYING    ? 3
                                                                     : i == SOURCE_FALSETICKER ? 1
                                                                                               : 0);
    }
}

static void test_status_words(void **state)
{
    struct ntp_words_source s = {.status = SOURCE_SELECTED, .heard = true, .reach = 0x80};
    uint16_t status = ntp_words_source_status(&s, 3, NTP_WORDS_PEER_REACHABLE);

    (void)state;
    assert_int_equal(status, 0x9634);
    assert_string_equal(ntp_words_configured(status), "yes");
    assert_string_equal(ntp_words_reach(status), "yes");
    assert_string_equal(ntp_words_authentication(status), "none");
    assert_string_equal(ntp_words_source_flag(status, 0), "conf");
    assert_string_equal(ntp_words_source_flag(status, 1), "");
    assert_string_equal(ntp_words_source_flag(0x7800, 1), "authenb");
    assert_string_equal(ntp_words_source_flag(0x7800, 2), "auth");
    assert_string_equal(ntp_words_source_flag(0x7800, 3), "reach");
    assert_string_equal(ntp_words_source_flag(0x7800, 4), "bcast");
    assert_string_equal(ntp_words_reach(0x7800), "none");
    s.key = 1;
    assert_string_equal(ntp_words_authentication(ntp_words_source_status(&s, 0, 0)), "ok ");
    s.last_verdict = REPLY_AUTH;
    s.reach = 0;
    status = ntp_words_source_status(&s, 99, 0);
    assert_int_equal(status, 0xc6f0);
    assert_string_equal(ntp_words_authentication(status), "bad");
    assert_string_equal(ntp_words_reach(status), "no");

    status = ntp_words_system_status(LEAP_DELETE, NTP_WORDS_FROM_LOCAL, 1, 12);
    assert_int_equal(status, 0x851c);
    assert_string_equal(ntp_words_leap(ntp_words_leap_of(status)), "leap_del_sec");
    assert_string_equal(ntp_words_origin(ntp_words_origin_of(status)), "sync_local");
    assert_int_equal(ntp_words_count_of(status), 1);
    assert_string_equal(ntp_words_event(ntp_words_event_of(status)), "clock_step");
    assert_string_equal(ntp_words_origin(63), "");
}

static void test_flash(void **state)
{
    /* BOGON1 .. BOGON14 by what is wrong */
    static const struct {
        enum reply_verdict verdict;
        uint32_t bits;
    } rows[] = {{REPLY_ACCEPTED, 0},   {REPLY_UNEXPECTED, 0x1}, {REPLY_ORIGIN, 0x2},
                {REPLY_ZERO, 0x4},     {REPLY_RESTRICTED, 0x8}, {REPLY_KISS_DENY, 0x8},
                {REPLY_KISS_RATE, 0},  {REPLY_AUTH, 0x10},      {REPLY_UNSYNCHRONISED, 0x20},
                {REPLY_STRATUM, 0x20}, {REPLY_DISTANCE, 0x40},  {REPLY_TURNAROUND, 0x40},
                {REPLY_DELAY, 0x2000}};
    struct ntp_words_source s = {.heard = true, .reach = 0xff, .status = SOURCE_SELECTED};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(ntp_words_packet_flash(rows[i].verdict), rows[i].bits);
    }
    assert_int_equal(ntp_words_flash(&s), 0);
    s.status = SOURCE_TOO_DISTANT;
    assert_int_equal(ntp_words_flash(&s), 0x400);
    s.status = SOURCE_LOOPED;
    assert_int_equal(ntp_words_flash(&s), 0x800);
    s.status = SOURCE_NOSELECT; /* peer_unfit(): as if it were not there */
    assert_int_equal(ntp_words_flash(&s), 0x1000);
    s = (struct ntp_words_source){.status = SOURCE_WAITING};
    assert_int_equal(ntp_words_flash(&s), 0x1600); /* of a peer that was just made */
    assert_string_equal(ntp_words_flash_bit(0), "pkt_dup");
    assert_string_equal(ntp_words_flash_bit(12), "peer_unreach");
    assert_string_equal(ntp_words_flash_bit(13), "");
}

static void test_access(void **state)
{
    /* RES_ */
    static const struct {
        enum access_flags flag;
        uint32_t bit;
        const char *word;
    } rows[] = {{ACCESS_IGNORE, 0x1, "ignore"},
                {ACCESS_NOSERVE, 0x2, "noserve"},
                {ACCESS_NOTRUST, 0x4, "notrust"},
                {ACCESS_VERSION, 0x8, "version"},
                {ACCESS_NOPEER, 0x10, "nopeer"},
                {ACCESS_NOQUERY, 0x40, "noquery"},
                {ACCESS_NOMODIFY, 0x80, "nomodify"},
                {ACCESS_NOTRAP, 0x100, "notrap"},
                {ACCESS_FLAKE, 0x1000, "flake"},
                {ACCESS_LIMITED, 0, "limited"},
                {ACCESS_KOD, 0, "kod"},
                {ACCESS_NTPPORT, 0, "ntpport"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char word[32];

        assert_int_equal(ntp_words_restrictions(rows[i].flag), rows[i].bit);
        acl_format_flags(rows[i].flag, word, sizeof word);
        assert_string_equal(word, rows[i].word);
    }
    assert_int_equal(ntp_words_restrictions(ACCESS_IGNORE | ACCESS_KOD | ACCESS_FLAKE), 0x1001);
    assert_int_equal(ntp_words_limit_letter(0), '.');
    assert_int_equal(ntp_words_limit_letter(0x20), 'L');
    assert_int_equal(ntp_words_limit_letter(0x420), 'K');
    assert_int_equal(ntp_words_limit_letter(0x800), '.'); /* RES_MSSNTP */
}

static void test_others(void **state)
{
    (void)state;
    assert_string_equal(ntp_words_leap(LEAP_UNSYNCHRONISED), "leap_alarm");
    assert_string_equal(ntp_words_mode(MODE_CLIENT), "client");
    assert_string_equal(ntp_words_mode(8), "bclient");
    assert_string_equal(ntp_words_error(4), "BADASSOC");
    assert_string_equal(ntp_words_error(0), "UNSPEC");
    assert_string_equal(ntp_words_error(99), "UNSPEC");
    assert_string_equal(ntp_words_driver(NTP_WORDS_TYPE_SHM), "SHM");
    assert_string_equal(ntp_words_driver(2), "REFCLK");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),       cmocka_unit_test(test_selection),
        cmocka_unit_test(test_status_words), cmocka_unit_test(test_flash),
        cmocka_unit_test(test_access),       cmocka_unit_test(test_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
