/* SPDX-License-Identifier: BSD-2-Clause */
/* ntpd's words and numbers; see the header. What comes from the network is looked up in a switch
 * over its number; what is ours, in a switch over our enum without a default, so that the compiler
 * tells of a value that was forgotten. */
#include "wire/ntp_words.h"

#include <stddef.h>

#include "core/acl.h"
#include "core/packet.h"

/* ---- events ---- */

unsigned ntp_words_event_code(const struct event *event)
{
    switch (event->type) {
    case EVENT_SYNCHRONISED: return 5;
    case EVENT_CLOCK_PANIC: return 7;
    case EVENT_UNSYNCHRONISED:
    case EVENT_NO_MAJORITY:
    case EVENT_HOLDOVER: return 8;
    case EVENT_LEAP_ARMED: return 9;
    case EVENT_LEAP_DONE: return 11;
    case EVENT_CLOCK_STEPPED:
    case EVENT_CLOCK_STEP_SEEN: return NTP_WORDS_SYSTEM_STEP;
    case EVENT_CLOCK_FAILED: return 13;
    case EVENT_SOURCE_ADDED:
    case EVENT_SOURCE_REPLACED: return NTP_WORDS_PEER | 1;
    case EVENT_SOURCE_REMOVED: return NTP_WORDS_PEER | 2;
    case EVENT_SOURCE_UNREACHABLE: return NTP_WORDS_PEER | 3;
    case EVENT_SOURCE_REACHABLE: return NTP_WORDS_PEER_REACHABLE;
    case EVENT_SOURCE_KISS:
        return NTP_WORDS_PEER | (event->value == REFID('R', 'A', 'T', 'E') ? 7 : 8);
    case EVENT_SOURCE_SELECTED: return NTP_WORDS_PEER_SELECTED;
    case EVENT_SOURCE_FALSETICKER:
    case EVENT_SOURCE_LOOP:
    case EVENT_SOURCE_REMEMBERED:
    case EVENT_SOURCE_UNRESOLVED:
    case EVENT_CLOCK_CORRECTION:
    case EVENT_TYPES: return NTP_WORDS_NO_EVENT;
    }
    return NTP_WORDS_NO_EVENT;
}

#define WORD(code, word)                                                                           \
    case code: return word;

/* clang-format off */
#define SYSTEM_EVENTS(X) \
    X(0, "unspecified") X(1, "freq_not_set") X(2, "freq_set") X(3, "spike_detect") \
    X(4, "freq_mode") X(5, "clock_sync") X(6, "restart") X(7, "panic_stop") X(8, "no_sys_peer") \
    X(9, "leap_armed") X(10, "leap_disarmed") X(11, "leap_event") X(12, "clock_step") \
    X(13, "kern") X(14, "TAI") X(15, "stale_leapsecond_values")
#define PEER_EVENTS(X) \
    X(0x81, "mobilize") X(0x82, "demobilize") X(0x83, "unreachable") X(0x84, "reachable") \
    X(0x85, "restart") X(0x86, "no_reply") X(0x87, "rate_exceeded") X(0x88, "access_denied") \
    X(0x89, "leap_armed") X(0x8a, "sys_peer") X(0x8b, "clock_event") X(0x8c, "bad_auth") \
    X(0x8d, "popcorn") X(0x8e, "interleave_mode") X(0x8f, "interleave_error")
#define CLOCK_EVENTS(X) \
    X(0, "clk_unspec") X(1, "clk_no_reply") X(2, "clk_bad_format") X(3, "clk_fault") \
    X(4, "clk_bad_signal") X(5, "clk_bad_date") X(6, "clk_bad_time")
#define LEAPS(X) X(0, "leap_none") X(1, "leap_add_sec") X(2, "leap_del_sec") X(3, "leap_alarm")
#define ORIGINS(X) \
    X(0, "sync_unspec") X(1, "sync_pps") X(2, "sync_lf_radio") X(3, "sync_hf_radio") \
    X(4, "sync_uhf_radio") X(5, "sync_local") X(6, "sync_ntp") X(7, "sync_other") \
    X(8, "sync_wristwatch") X(9, "sync_telephone")
#define MODES(X) \
    X(0, "unspec") X(1, "sym_active") X(2, "sym_passive") X(3, "client") X(4, "server") \
    X(5, "broadcast") X(6, "control") X(7, "private") X(8, "bclient")
#define ERRORS(X) \
    X(1, "PERMISSION") X(2, "BADFMT") X(3, "BADOP") X(4, "BADASSOC") X(5, "UNKNOWNVAR") \
    X(6, "BADVALUE") X(7, "RESTRICT")
#define DRIVERS(X) \
    X(1, "LOCAL") X(8, "GENERIC") X(18, "NIST_ACTS") X(20, "GPS_NMEA") X(22, "PPS") \
    X(26, "GPS_HP") X(NTP_WORDS_TYPE_SHM, "SHM") X(29, "GPS_PALISADE") X(30, "GPS_ONCORE") \
    X(40, "JJY") X(42, "ZYFER") X(46, "GPS_JSON")
/* clang-format on */

/* A function that finds the word of a number in one of these lists. */
#define LOOK_UP(name, list, otherwise)                                                             \
    const char *name(unsigned code)                                                                \
    {                                                                                              \
        switch (code) {                                                                            \
            list(WORD) default : return otherwise;                                                 \
        }                                                                                          \
    }

static LOOK_UP(system_event, SYSTEM_EVENTS, "") static LOOK_UP(peer_event, PEER_EVENTS, "")
    LOOK_UP(ntp_words_clock_event, CLOCK_EVENTS, "") LOOK_UP(ntp_words_leap, LEAPS, "")
        LOOK_UP(ntp_words_origin, ORIGINS, "") LOOK_UP(ntp_words_mode, MODES, "")
            LOOK_UP(ntp_words_error, ERRORS, "UNSPEC") LOOK_UP(ntp_words_driver, DRIVERS, "REFCLK")

                const char *ntp_words_event(unsigned code)
{
    return code & NTP_WORDS_PEER ? peer_event(code) : system_event(code);
}

/* ---- selection ---- */

enum ntp_words_selection ntp_words_selection(enum source_status status)
{
    switch (status) {
    case SOURCE_SELECTED: return NTP_WORDS_SYSTEM_PEER;
    case SOURCE_COMBINED: return NTP_WORDS_CANDIDATE;
    case SOURCE_OUTLYING: return NTP_WORDS_OUTLIER;
    case SOURCE_FALSETICKER: return NTP_WORDS_FALSETICK;
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
    case SOURCE_TOO_JITTERY:
    case SOURCE_WRONG_STRATUM:
    case SOURCE_ORPHAN:
    case SOURCE_NO_MAJORITY:
    case SOURCE_HELD:
    case SOURCE_UNTRUSTED:
    case SOURCE_NOSELECT:
    case SOURCE_SAME_NETWORK:
    case SOURCE_STATUSES: return NTP_WORDS_REJECT;
    }
    return NTP_WORDS_REJECT;
}

const char *ntp_words_condition(enum ntp_words_selection selection)
{
    switch (selection) {
    case NTP_WORDS_REJECT: return "reject";
    case NTP_WORDS_FALSETICK: return "falsetick";
    case NTP_WORDS_EXCESS: return "excess";
    case NTP_WORDS_OUTLIER: return "outlier";
    case NTP_WORDS_CANDIDATE: return "candidate";
    case NTP_WORDS_BACKUP: return "backup";
    case NTP_WORDS_SYSTEM_PEER: return "sys.peer";
    case NTP_WORDS_PPS_PEER: return "pps.peer";
    }
    return "";
}

char ntp_words_tally(enum ntp_words_selection selection)
{
    switch (selection) {
    case NTP_WORDS_REJECT: return ' ';
    case NTP_WORDS_FALSETICK: return 'x';
    case NTP_WORDS_EXCESS: return '.';
    case NTP_WORDS_OUTLIER: return '-';
    case NTP_WORDS_CANDIDATE: return '+';
    case NTP_WORDS_BACKUP: return '#';
    case NTP_WORDS_SYSTEM_PEER: return '*';
    case NTP_WORDS_PPS_PEER: return 'o';
    }
    return ' ';
}

/* ---- status words ---- */

enum {
    CONFIGURED = 0x8000,
    KEYED = 0x4000,
    AUTHENTIC = 0x2000,
    REACHABLE = 0x1000,
    BROADCAST = 0x0800
};

enum ntp_words_origin ntp_words_origin_of_kind(enum source_kind kind)
{
    switch (kind) {
    case SOURCE_SERVER:
    case SOURCE_POOL:
    case SOURCE_PEER: return NTP_WORDS_FROM_NTP;
    case SOURCE_REFCLOCK: return NTP_WORDS_FROM_UHF_RADIO;
    }
    return NTP_WORDS_FROM_NOWHERE;
}

static unsigned events(unsigned count, unsigned event)
{
    return (count < NTP_WORDS_EVENTS_MAX ? count : NTP_WORDS_EVENTS_MAX) << 4 | (event & 15);
}

uint16_t ntp_words_system_status(unsigned leap, enum ntp_words_origin origin, unsigned count,
                                 unsigned event)
{
    return (uint16_t)((leap & 3) << 14 | (unsigned)origin << 8 | events(count, event));
}

bool ntp_words_is_authentic(const struct ntp_words_source *source)
{
    return source->key != 0 && source->heard && source->last_verdict != REPLY_AUTH;
}

uint16_t ntp_words_source_status(const struct ntp_words_source *source, unsigned count,
                                 unsigned event)
{
    unsigned flags = CONFIGURED | (source->key != 0 ? KEYED : 0) |
                     (ntp_words_is_authentic(source) ? AUTHENTIC : 0) |
                     (source->reach != 0 ? REACHABLE : 0);

    return (uint16_t)(flags | (unsigned)ntp_words_selection(source->status) << 8 |
                      events(count, event));
}

unsigned ntp_words_leap_of(uint16_t status)
{
    return status >> 14;
}

unsigned ntp_words_origin_of(uint16_t status)
{
    return status >> 8 & 0x3f;
}

enum ntp_words_selection ntp_words_selection_of(uint16_t status)
{
    return (enum ntp_words_selection)(status >> 8 & 7);
}

unsigned ntp_words_count_of(uint16_t status)
{
    return status >> 4 & 15;
}

unsigned ntp_words_event_of(uint16_t status)
{
    return status & 15;
}

const char *ntp_words_source_flag(uint16_t status, unsigned index)
{
    switch (status & CONFIGURED >> index) {
    case CONFIGURED: return "conf";
    case KEYED: return "authenb";
    case AUTHENTIC: return "auth";
    case REACHABLE: return "reach";
    case BROADCAST: return "bcast";
    default: return "";
    }
}

const char *ntp_words_configured(uint16_t status)
{
    return status & CONFIGURED ? "yes" : "no";
}

const char *ntp_words_reach(uint16_t status)
{
    return status & BROADCAST ? "none" : status & REACHABLE ? "yes" : "no";
}

const char *ntp_words_authentication(uint16_t status)
{
    return !(status & KEYED) ? "none" : status & AUTHENTIC ? "ok " : "bad";
}

/* ---- flash ---- */

/* clang-format off */
/* identifier, bit, word: of packets, ... */
#define FLASH(X) \
    X(PACKET_DUPLICATE, 0, "pkt_dup") X(PACKET_BOGUS, 1, "pkt_bogus") \
    X(PACKET_UNSYNCHRONISED, 2, "pkt_unsync") X(PACKET_DENIED, 3, "pkt_denied") \
    X(PACKET_AUTHENTICATION, 4, "pkt_auth") X(PACKET_STRATUM, 5, "pkt_stratum") \
    X(PACKET_HEADER, 6, "pkt_header") X(PACKET_AUTOKEY, 7, "pkt_autokey") \
    X(PACKET_CRYPTO, 8, "pkt_crypto") \
    X(PEER_STRATUM, 9, "peer_stratum") X(PEER_DISTANCE, 10, "peer_dist") \
    X(PEER_LOOP, 11, "peer_loop") X(PEER_UNREACHABLE, 12, "peer_unreach") \
    X(PACKET_SLOW, 13, "") /* no client has a word for it */
#define FLASH_BIT(id, bit, word) id = 1u << (bit),
#define FLASH_WORD(id, bit, word) WORD(bit, word)
/* clang-format on */

enum flash { FLASH(FLASH_BIT) };

uint32_t ntp_words_packet_flash(enum reply_verdict verdict)
{
    switch (verdict) {
    case REPLY_UNEXPECTED:
    case REPLY_LATE: /* a step makes ntpd forget what it asked */ return PACKET_DUPLICATE;
    case REPLY_ORIGIN: return PACKET_BOGUS;
    case REPLY_ZERO: return PACKET_UNSYNCHRONISED;
    case REPLY_RESTRICTED:
    case REPLY_KISS_DENY: return PACKET_DENIED;
    case REPLY_AUTH: return PACKET_AUTHENTICATION;
    case REPLY_UNSYNCHRONISED:
    case REPLY_STRATUM: return PACKET_STRATUM;
    case REPLY_MALFORMED:
    case REPLY_DISTANCE:
    case REPLY_TURNAROUND:
    case REPLY_DATE: return PACKET_HEADER;
    case REPLY_DELAY: return PACKET_SLOW;
    case REPLY_ACCEPTED:
    case REPLY_MODE: /* dropped before a packet is anybody's */
    case REPLY_VERSION:
    case REPLY_KISS_RATE: /* an event, and no fault of the packet */
    case REPLY_KISS_OTHER:
    case REPLY_LOOP: /* a fault of the source */
    case REPLY_VERDICTS: return 0;
    }
    return 0;
}

static uint32_t flash_of_status(enum source_status status)
{
    switch (status) {
    case SOURCE_SERVER_UNSYNCHRONISED: /* and nothing of it is measured */
        return PEER_STRATUM | PEER_DISTANCE;
    case SOURCE_WRONG_STRATUM: return PEER_STRATUM;
    case SOURCE_FEW_SAMPLES: /* ntpd takes missing samples for bad ones */
    case SOURCE_TOO_DISTANT:
    case SOURCE_TOO_JITTERY: return PEER_DISTANCE;
    case SOURCE_LOOPED: return PEER_LOOP;
    case SOURCE_NOSELECT:
    case SOURCE_UNREACHABLE: return PEER_UNREACHABLE;
    case SOURCE_UNUSED:
    case SOURCE_UNRESOLVED:
    case SOURCE_DUPLICATE:
    case SOURCE_OFFLINE:
    case SOURCE_WAITING:
    case SOURCE_REFUSED:
    case SOURCE_ORPHAN:
    case SOURCE_FALSETICKER:
    case SOURCE_NO_MAJORITY:
    case SOURCE_HELD:
    case SOURCE_UNTRUSTED:
    case SOURCE_SAME_NETWORK:
    case SOURCE_OUTLYING:
    case SOURCE_COMBINED:
    case SOURCE_SELECTED:
    case SOURCE_STATUSES: return 0;
    }
    return 0;
}

uint32_t ntp_words_flash(const struct ntp_words_source *source)
{
    return ntp_words_packet_flash(source->last_verdict) | flash_of_status(source->status) |
           (source->reach == 0 ? PEER_UNREACHABLE : 0) |
           (source->heard ? 0 : PEER_STRATUM | PEER_DISTANCE);
}

const char *ntp_words_flash_bit(unsigned bit)
{
    switch (bit) {
        FLASH(FLASH_WORD)
    default: return "";
    }
}

/* ---- access ---- */

static uint32_t access_bit(enum access_flags flag)
{
    switch (flag) {
    case ACCESS_IGNORE: return 0x1;
    case ACCESS_NOSERVE: return 0x2;
    case ACCESS_NOTRUST: return 0x4;
    case ACCESS_VERSION: return 0x8;
    case ACCESS_NOPEER: return 0x10;
    case ACCESS_NOQUERY: return 0x40;
    case ACCESS_NOMODIFY: return 0x80;
    case ACCESS_NOTRAP: return 0x100;
    case ACCESS_FLAKE: return 0x1000;
    case ACCESS_LIMITED: /* see the header */
    case ACCESS_KOD:
    case ACCESS_NTPPORT: /* of a rule, not of a client */ return 0;
    }
    return 0;
}

uint32_t ntp_words_restrictions(uint32_t access_flags)
{
    uint32_t bits = 0;

    for (uint32_t left = access_flags; left != 0; left &= left - 1) {
        bits |= access_bit((enum access_flags)(left & -left));
    }
    return bits;
}

char ntp_words_limit_letter(uint32_t restrictions)
{
    return restrictions & NTP_WORDS_KOD ? 'K' : restrictions & NTP_WORDS_LIMITED ? 'L' : '.';
}
