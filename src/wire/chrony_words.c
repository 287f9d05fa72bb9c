/* SPDX-License-Identifier: BSD-2-Clause */
/* chrony's words for our states. Each is a switch over all values, without a default, so that the
 * compiler names the one that a new value of an enum forgot. */
#include "wire/chrony_words.h"

#include "core/packet.h"

/* ---- sources ---- */

/* Is a preferred source that tells the truth used in place of this one? */
static bool is_outranked(const struct engine *e, const struct source *s)
{
    for (unsigned i = 0; i < SOURCES_MAX && !s->config.prefer; i++) {
        if (e->sources[i].config.prefer && e->sources[i].status >= SOURCE_OUTLYING) {
            return true;
        }
    }
    return false;
}

char chrony_words_state(const struct engine *e, const struct source *s)
{
    if (s->config.noselect && s->status != SOURCE_UNUSED) {
        return 'N'; /* also if it is silent or not synchronised */
    }
    switch (s->status) {
    case SOURCE_UNUSED: return '?';
    case SOURCE_UNRESOLVED:
    case SOURCE_DUPLICATE:
    case SOURCE_WAITING:
    case SOURCE_FEW_SAMPLES: return 'M';
    case SOURCE_OFFLINE: /* what they said before has become stale, if there was anything */
    case SOURCE_UNREACHABLE:
    case SOURCE_SERVER_UNSYNCHRONISED:
    case SOURCE_REFUSED:
    case SOURCE_LOOPED: return source_ready(s) ? 'S' : 'M';
    case SOURCE_TOO_DISTANT: return 'd';
    case SOURCE_TOO_JITTERY: return '~';
    case SOURCE_WRONG_STRATUM: return 'r';
    case SOURCE_ORPHAN: return 'O';
    case SOURCE_FALSETICKER:
    case SOURCE_NO_MAJORITY: return 'x';
    case SOURCE_HELD: return 'W';
    case SOURCE_NOSELECT: return 'N';
    case SOURCE_UNTRUSTED:
    case SOURCE_SAME_NETWORK: return 'T';
    case SOURCE_OUTLYING: return is_outranked(e, s) ? 'P' : 'D';
    case SOURCE_COMBINED: return '+';
    case SOURCE_SELECTED: return '*';
    case SOURCE_STATUSES: break;
    }
    return '?';
}

enum chrony_source_state chrony_words_source_state(enum source_status status)
{
    switch (status) {
    case SOURCE_UNUSED:
    case SOURCE_UNRESOLVED:
    case SOURCE_DUPLICATE:
    case SOURCE_OFFLINE:
    case SOURCE_WAITING:
    case SOURCE_UNREACHABLE:
    case SOURCE_SERVER_UNSYNCHRONISED:
    case SOURCE_REFUSED:
    case SOURCE_LOOPED:
    case SOURCE_FEW_SAMPLES:
    case SOURCE_TOO_DISTANT:
    case SOURCE_WRONG_STRATUM:
    case SOURCE_ORPHAN:
    case SOURCE_UNTRUSTED:
    case SOURCE_NOSELECT:
    case SOURCE_STATUSES: return CHRONY_STATE_UNUSABLE;
    case SOURCE_TOO_JITTERY: return CHRONY_STATE_JITTERY;
    case SOURCE_FALSETICKER:
    case SOURCE_NO_MAJORITY: return CHRONY_STATE_FALSETICKER;
    case SOURCE_HELD:
    case SOURCE_SAME_NETWORK:
    case SOURCE_OUTLYING: return CHRONY_STATE_NOT_COMBINED;
    case SOURCE_COMBINED: return CHRONY_STATE_COMBINED;
    case SOURCE_SELECTED: return CHRONY_STATE_SELECTED;
    }
    return CHRONY_STATE_UNUSABLE;
}

enum chrony_source_mode chrony_words_source_mode(enum source_kind kind)
{
    switch (kind) {
    case SOURCE_SERVER:
    case SOURCE_POOL: return CHRONY_MODE_SERVER;
    case SOURCE_PEER: return CHRONY_MODE_PEER;
    case SOURCE_REFCLOCK: return CHRONY_MODE_REFCLOCK;
    }
    return CHRONY_MODE_SERVER;
}

char chrony_words_source_state_letter(unsigned state)
{
    switch ((enum chrony_source_state)state) {
    case CHRONY_STATE_SELECTED: return '*';
    case CHRONY_STATE_UNUSABLE: return '?';
    case CHRONY_STATE_FALSETICKER: return 'x';
    case CHRONY_STATE_JITTERY: return '~';
    case CHRONY_STATE_COMBINED: return '+';
    case CHRONY_STATE_NOT_COMBINED: return '-';
    }
    return ' ';
}

char chrony_words_source_mode_letter(unsigned mode)
{
    switch ((enum chrony_source_mode)mode) {
    case CHRONY_MODE_SERVER: return '^';
    case CHRONY_MODE_PEER: return '=';
    case CHRONY_MODE_REFCLOCK: return '#';
    }
    return ' ';
}

/* ---- options ---- */

unsigned chrony_words_select(const struct source_spec *spec)
{
    return (spec->noselect ? CHRONY_SELECT_NOSELECT : 0u) |
           (spec->prefer ? CHRONY_SELECT_PREFER : 0u) | (spec->trust ? CHRONY_SELECT_TRUST : 0u) |
           (spec->require ? CHRONY_SELECT_REQUIRE : 0u);
}

unsigned chrony_words_select_configured(const struct source_spec *spec)
{
    return chrony_words_select(spec) & ~((spec->added_noselect ? CHRONY_SELECT_NOSELECT : 0u) |
                                         (spec->added_trust ? CHRONY_SELECT_TRUST : 0u) |
                                         (spec->added_require ? CHRONY_SELECT_REQUIRE : 0u));
}

const char *chrony_words_select_option(enum chrony_select_flags flag)
{
    return chrony_words_source_flag(chrony_words_select_source_flag(flag));
}

enum chrony_source_flags chrony_words_select_source_flag(enum chrony_select_flags flag)
{
    switch (flag) {
    case CHRONY_SELECT_NOSELECT: return CHRONY_SOURCE_NOSELECT;
    case CHRONY_SELECT_PREFER: return CHRONY_SOURCE_PREFER;
    case CHRONY_SELECT_TRUST: return CHRONY_SOURCE_TRUST;
    case CHRONY_SELECT_REQUIRE: return CHRONY_SOURCE_REQUIRE;
    }
    return (enum chrony_source_flags)0;
}

/* The letter of an option is the first of its name. */
const char *chrony_words_select_letters(unsigned options, char text[CHRONY_SELECT_LETTERS + 1])
{
    for (unsigned i = 0; i < CHRONY_SELECT_LETTERS; i++) {
        enum chrony_select_flags flag = (enum chrony_select_flags)(1u << i);

        text[i] = options & flag ? (char)(chrony_words_select_option(flag)[0] - 'a' + 'A') : '-';
    }
    text[CHRONY_SELECT_LETTERS] = '\0';
    return text;
}

const char *chrony_words_source_flag(enum chrony_source_flags flag)
{
    switch (flag) {
    case CHRONY_SOURCE_AUTO_OFFLINE: return "auto_offline";
    case CHRONY_SOURCE_IBURST: return "iburst";
    case CHRONY_SOURCE_PREFER: return "prefer";
    case CHRONY_SOURCE_NOSELECT: return "noselect";
    case CHRONY_SOURCE_TRUST: return "trust";
    case CHRONY_SOURCE_REQUIRE: return "require";
    case CHRONY_SOURCE_INTERLEAVED: return "xleave";
    case CHRONY_SOURCE_BURST: return "burst";
    case CHRONY_SOURCE_NTS: return "nts";
    case CHRONY_SOURCE_COPY: return "copy";
    case CHRONY_SOURCE_IPV4: return "ipv4";
    case CHRONY_SOURCE_IPV6: return "ipv6";
    case CHRONY_SOURCE_ONLINE:
    case CHRONY_SOURCE_EXTENSION_ROOT:
    case CHRONY_SOURCE_EXTENSION_CORRECTION: break;
    }
    return NULL;
}

const char *chrony_words_source_option(enum chrony_command command)
{
    return command == CHRONY_MINPOLL            ? "minpoll"
           : command == CHRONY_MAXPOLL          ? "maxpoll"
           : command == CHRONY_MAXDELAY         ? "maxdelay"
           : command == CHRONY_MAXDELAYRATIO    ? "maxdelayratio"
           : command == CHRONY_MAXDELAYDEVRATIO ? "maxdelaydevratio"
           : command == CHRONY_MINSTRATUM       ? "minstratum"
           : command == CHRONY_POLLTARGET       ? "polltarget"
                                                : NULL;
}

const char *chrony_words_access(enum chrony_command command)
{
    return command == CHRONY_ALLOW          ? "allow"
           : command == CHRONY_ALLOW_ALL    ? "allow all"
           : command == CHRONY_DENY         ? "deny"
           : command == CHRONY_DENY_ALL     ? "deny all"
           : command == CHRONY_CMDALLOW     ? "cmdallow"
           : command == CHRONY_CMDALLOW_ALL ? "cmdallow all"
           : command == CHRONY_CMDDENY      ? "cmddeny"
           : command == CHRONY_CMDDENY_ALL  ? "cmddeny all"
                                            : NULL;
}

/* ---- packets ---- */

#define ROOT_DISTANCE_MAX_S 16.0
#define TESTS_OF_SAMPLE                                                                            \
    (CHRONY_TEST_EXCHANGE | CHRONY_TEST_RATIO | CHRONY_TEST_DEVIATION | CHRONY_TEST_LOOP)
#define TESTS_OF_PACKET                                                                            \
    (CHRONY_TESTS_ORIGIN | CHRONY_TEST_STAMPS | CHRONY_TEST_SYNCHRONISED | CHRONY_TEST_DISTANCE)

/* Tests 3, 6 and 7 are made one by one of what the packet holds. */
static unsigned packet_tests(const struct packet *p)
{
    double distance_s = s_from_ntp_short(p->root_delay) / 2 + s_from_ntp_short(p->root_dispersion);
    bool synchronised =
        p->leap != LEAP_UNSYNCHRONISED && p->stratum > 0 && p->stratum < STRATUM_UNSYNCHRONISED;

    return CHRONY_TESTS_ORIGIN |
           (p->origin != 0 && p->receive != 0 && p->transmit != 0 ? CHRONY_TEST_STAMPS : 0u) |
           (synchronised ? CHRONY_TEST_SYNCHRONISED : 0u) |
           (distance_s < ROOT_DISTANCE_MAX_S ? CHRONY_TEST_DISTANCE : 0u);
}

/* Which of the tests of its delay the last answer failed. */
static unsigned failed_delay_test(const struct source *s)
{
    const struct source_exchange *x = &s->exchange;
    double away_s = s_from_ns(ns_subtract(x->received.at.ns, x->sent.at.ns));
    double there_s = (double)(int64_t)(x->packet.transmit - x->packet.receive) / 0x1p32;
    double delay_s = away_s - there_s;

    if (x->interleaved || !(delay_s >= 0 && delay_s <= s->config.max_delay_s)) {
        return CHRONY_TEST_EXCHANGE;
    }
    return s->config.max_delay_ratio > 0 &&
                   delay_s > s->config.max_delay_ratio * s->filter.min_delay_s
               ? CHRONY_TEST_RATIO
               : CHRONY_TEST_DEVIATION;
}

static unsigned failed_tests(const struct source *s, enum reply_verdict verdict)
{
    switch (verdict) {
    case REPLY_ACCEPTED:
    case REPLY_ZERO: /* these are seen in the packet itself */
    case REPLY_UNSYNCHRONISED:
    case REPLY_STRATUM:
    case REPLY_KISS_RATE:
    case REPLY_KISS_DENY:
    case REPLY_KISS_OTHER:
    case REPLY_DISTANCE: return 0;
    case REPLY_TURNAROUND:
    case REPLY_DATE:
    case REPLY_LATE: return CHRONY_TEST_EXCHANGE;
    case REPLY_DELAY: return failed_delay_test(s);
    case REPLY_LOOP: return CHRONY_TEST_LOOP;
    case REPLY_UNEXPECTED: /* nothing from the server that we asked: chronyd tests it, too, ... */
    case REPLY_MALFORMED:  /* ... but what it found is not kept */
    case REPLY_MODE:
    case REPLY_VERSION:
    case REPLY_ORIGIN:
    case REPLY_AUTH:
    case REPLY_RESTRICTED:
    case REPLY_VERDICTS: break;
    }
    return TESTS_OF_PACKET | TESTS_OF_SAMPLE;
}

unsigned chrony_words_tests(const struct source *s, enum reply_verdict verdict)
{
    unsigned passed = s->exchange.packet.mode == 0 ? 0 : packet_tests(&s->exchange.packet);

    if (passed == TESTS_OF_PACKET) {
        passed |= TESTS_OF_SAMPLE;
    }
    return passed & ~failed_tests(s, verdict);
}

const char *chrony_words_test_digits(unsigned tests, unsigned shift, unsigned count,
                                     char text[CHRONY_TESTS + 1])
{
    for (unsigned i = 0; i < count; i++) {
        text[i] = tests >> (shift - 1 - i) & 1 ? '1' : '0';
    }
    text[count] = '\0';
    return text;
}

char chrony_words_leap_letter(unsigned leap)
{
    switch ((enum packet_leap)leap) {
    case LEAP_NONE: return 'N';
    case LEAP_INSERT: return '+';
    case LEAP_DELETE: return '-';
    case LEAP_UNSYNCHRONISED: break;
    }
    return '?';
}

const char *chrony_words_leap(unsigned leap)
{
    switch ((enum packet_leap)leap) {
    case LEAP_NONE: return "Normal";
    case LEAP_INSERT: return "Insert second";
    case LEAP_DELETE: return "Delete second";
    case LEAP_UNSYNCHRONISED: return "Not synchronised";
    }
    return "Invalid";
}

const char *chrony_words_mode(unsigned mode)
{
    return mode == MODE_SYMMETRIC_ACTIVE    ? "Symmetric active"
           : mode == MODE_SYMMETRIC_PASSIVE ? "Symmetric passive"
           : mode == MODE_SERVER            ? "Server"
                                            : "Invalid";
}

char chrony_words_stamp_letter(enum stamp stamp)
{
    switch (stamp) {
    case STAMP_DAEMON:
    case STAMPS: break;
    case STAMP_KERNEL: return 'K';
    case STAMP_HARDWARE: return 'H';
    }
    return 'D';
}

const char *chrony_words_stamp(unsigned letter)
{
    return letter == 'D'   ? "Daemon"
           : letter == 'K' ? "Kernel"
           : letter == 'H' ? "Hardware"
                           : "Invalid";
}

/* ---- authentication ---- */

const char *chrony_words_auth_mode(unsigned mode)
{
    switch ((enum chrony_auth_mode)mode) {
    case CHRONY_AUTH_NONE: return "-";
    case CHRONY_AUTH_SYMMETRIC: return "SK";
    case CHRONY_AUTH_NTS: return "NTS";
    }
    return "?";
}

unsigned chrony_words_key_type(enum mac_algorithm algorithm)
{
    switch (algorithm) {
    case MAC_MD5: return 1;
    case MAC_SHA1: return 2;
    case MAC_SHA256: return 3;
    case MAC_SHA384: return 4;
    case MAC_SHA512: return 5;
    case MAC_SHA3_224: return 6;
    case MAC_SHA3_256: return 7;
    case MAC_SHA3_384: return 8;
    case MAC_SHA3_512: return 9;
    case MAC_AES128: return 13;
    case MAC_AES256: return 14;
    case MAC_SHA224:
    case MAC_RIPEMD160:
    case MAC_ALGORITHMS: break;
    }
    return 0;
}

/* ---- the rest ---- */

const char *chrony_words_status(unsigned status)
{
#define CASE(name, number, text)                                                                   \
    case CHRONY_##name: return text;
    switch ((enum chrony_status)status) {
        CHRONY_STATUS_LIST(CASE)
    }
#undef CASE
    return "520 Got unexpected error from daemon";
}

unsigned chrony_words_runs(const struct filter *filter, const struct estimate *line)
{
    unsigned runs = 0;
    bool above = false;

    for (unsigned i = 0; i < filter->count; i++) {
        const struct sample *sample = filter_sample(filter, i);
        double age_s = s_from_ns(ns_subtract(line->at.ns, sample->at.ns));
        bool now_above = sample->offset_s > line->offset_s - age_s * line->rate;

        runs += i == 0 || now_above != above;
        above = now_above;
    }
    return runs;
}
