/* SPDX-License-Identifier: BSD-2-Clause */
/* The vocabulary of chrony: each letter, bit, number and word by which chronyd and chronyc name a
 * state, once. Used by the log files in chronyd's format, the answers to chronyc and our own
 * chronyc. Facts: chrony 4.3 to 4.8, sources.c, ntp_core.c and client.c. Pure.
 *
 * A function that takes a number from the wire takes any. */
#ifndef TOKI_WIRE_CHRONY_WORDS_H
#define TOKI_WIRE_CHRONY_WORDS_H

#include "core/engine.h"
#include "wire/chrony_packet.h"

/* ---- sources ---- */

/* State of a source in selection.log and selectdata: one of N s M d ~ w S O T P U W x r D L + *. */
char chrony_words_state(const struct engine *e, const struct source *s);

/* The coarser state of a source in `sources`. */
enum chrony_source_state chrony_words_source_state(enum source_status status);
enum chrony_source_mode chrony_words_source_mode(enum source_kind kind);

/* "*?x~+-" and "^=#"; ' ': unknown. */
char chrony_words_source_state_letter(unsigned state);
char chrony_words_source_mode_letter(unsigned mode);

/* ---- options ---- */

/* Bits of enum chrony_select_flags: the options of a source for its selection, those in effect and
 * those of its own line. */
unsigned chrony_words_select(const struct source_spec *spec);
unsigned chrony_words_select_configured(const struct source_spec *spec);

/* "NPTR", '-' for each that is not set: the order of selection.log and selectdata. */
#define CHRONY_SELECT_LETTERS 4
const char *chrony_words_select_letters(unsigned options, char text[CHRONY_SELECT_LETTERS + 1]);

/* "noselect", and the bit that the same option has in a request. */
const char *chrony_words_select_option(enum chrony_select_flags flag);
enum chrony_source_flags chrony_words_select_source_flag(enum chrony_select_flags flag);

/* "iburst"; NULL for those that no option of one word sets. */
const char *chrony_words_source_flag(enum chrony_source_flags flag);

/* "minpoll", ... for commands that set one option of a source; NULL: another command. */
const char *chrony_words_source_option(enum chrony_command command);

/* "allow all", ... for commands that change an access list; NULL: another command. */
const char *chrony_words_access(enum chrony_command command);

/* ---- packets ---- */

/* The ten tests of a packet, from high to low: 1 2 3, 5 6 7, A B C D; a bit is set if it passed.
 * Those of the last four are set only if 1 to 7 passed: else they are not made. */
enum chrony_tests {
    CHRONY_TESTS_ORIGIN = 0x340, /* 1 (no duplicate), 2 (an answer to our request), 5 (authentic) */
    CHRONY_TEST_STAMPS = 0x80,   /* 3: no timestamp is zero */
    CHRONY_TEST_SYNCHRONISED = 0x20, /* 6: leap and stratum */
    CHRONY_TEST_DISTANCE = 0x10,     /* 7: root distance below 16 s */
    CHRONY_TEST_EXCHANGE = 0x8,      /* A: delay within maxdelay, turnaround, date */
    CHRONY_TEST_RATIO = 0x4,         /* B: maxdelayratio */
    CHRONY_TEST_DEVIATION = 0x2,     /* C: maxdelaydevratio or maxdelayquant */
    CHRONY_TEST_LOOP = 0x1           /* D: does not follow us */
};
#define CHRONY_TESTS 10

/* Of the last answer to a request (s->exchange) with this verdict. 0: it was none, or there was
 * none yet. */
unsigned chrony_words_tests(const struct source *s, enum reply_verdict verdict);

/* `count` digits, from the bit below `shift` down. */
const char *chrony_words_test_digits(unsigned tests, unsigned shift, unsigned count,
                                     char text[CHRONY_TESTS + 1]);

#define CHRONY_FLAG_INTERLEAVED 0x4000 /* beside the tests in CHRONY_REPLY_NTP_DATA */
#define CHRONY_FLAG_AUTHENTICATED 0x8000

/* 'N', '+', '-', '?' and "Normal", ..., "Invalid". */
char chrony_words_leap_letter(unsigned leap);
const char *chrony_words_leap(unsigned leap);

/* "Server", "Symmetric active", ..., "Invalid": of the packet. */
const char *chrony_words_mode(unsigned mode);

/* 'D', 'K' or 'H': who took a timestamp; the words: "Daemon", "Kernel", "Hardware", "Invalid". */
char chrony_words_stamp_letter(enum stamp stamp);
const char *chrony_words_stamp(unsigned letter);

/* ---- authentication ---- */

enum chrony_auth_mode { CHRONY_AUTH_NONE, CHRONY_AUTH_SYMMETRIC, CHRONY_AUTH_NTS };

/* "-", "SK", "NTS"; "?": unknown. */
const char *chrony_words_auth_mode(unsigned mode);

/* The number of a key's type in authdata; 0: chrony has none for it. */
unsigned chrony_words_key_type(enum mac_algorithm algorithm);

/* ---- the rest ---- */

/* chronyc's text of a status: "500 Failure". */
const char *chrony_words_status(unsigned status);

/* NR: runs of samples kept by the filter that lie on one side of the estimate's line. */
unsigned chrony_words_runs(const struct filter *filter, const struct estimate *line);

/* A skew is a bound of a frequency, for which chronyd multiplies its deviation by Student's t of
 * 99.95 %: 3.5 with more than 40 samples. It is the same in logs, reports and the drift file. */
#define CHRONY_SKEW_DEVIATIONS 3.5

#endif
