/* SPDX-License-Identifier: BSD-2-Clause */
/* The vocabulary of ntpd, each word and number once: status words, selection, flash bits, events,
 * access flags, error codes. The statistics files, the answers to ntpq and our own ntpq all take
 * them from here. Numbers and words are those of NTPsec 1.2 (include/ntp.h, include/ntp_control.h),
 * which RFC 9327 describes; where our states have no counterpart the nearest one stands. Pure. */
#ifndef TOKI_WIRE_NTP_WORDS_H
#define TOKI_WIRE_NTP_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/event.h"
#include "core/source.h"

/* ---- events ---- */

/* Of the system, and with NTP_WORDS_PEER of a source: the codes of protostats. Status words have
 * the lower four bits. */
#define NTP_WORDS_PEER 0x80u
#define NTP_WORDS_NO_EVENT 0u

/* The code of an event; NTP_WORDS_NO_EVENT: ntpd has none for it. */
unsigned ntp_words_event_code(const struct event *event);

/* "restart", "reachable"; "" for an unassigned code. */
const char *ntp_words_event(unsigned code);

/* Of a reference clock: 0 "clk_unspec" .. 6. */
#define NTP_WORDS_CLOCK_OK 0u
#define NTP_WORDS_CLOCK_SILENT 1u
const char *ntp_words_clock_event(unsigned code);

#define NTP_WORDS_SYSTEM_RESTART 6u
#define NTP_WORDS_SYSTEM_STEP 12u
#define NTP_WORDS_PEER_REACHABLE (NTP_WORDS_PEER | 4u)
#define NTP_WORDS_PEER_SELECTED (NTP_WORDS_PEER | 10u)
#define NTP_WORDS_EVENTS_MAX 15u /* as far as a status word counts */

/* ---- selection ---- */

enum ntp_words_selection {
    NTP_WORDS_REJECT,
    NTP_WORDS_FALSETICK,
    NTP_WORDS_EXCESS,
    NTP_WORDS_OUTLIER,
    NTP_WORDS_CANDIDATE,
    NTP_WORDS_BACKUP,
    NTP_WORDS_SYSTEM_PEER,
    NTP_WORDS_PPS_PEER
};

enum ntp_words_selection ntp_words_selection(enum source_status status);

/* "falsetick", and the character of the billboard: 'x'. */
const char *ntp_words_condition(enum ntp_words_selection selection);
char ntp_words_tally(enum ntp_words_selection selection);

/* ---- status words ---- */

/* Where the time comes from. */
enum ntp_words_origin {
    NTP_WORDS_FROM_NOWHERE = 0,
    NTP_WORDS_FROM_UHF_RADIO = 4, /* satellites are among them: what a reference clock is here */
    NTP_WORDS_FROM_LOCAL = 5,
    NTP_WORDS_FROM_NTP = 6
};

/* Of a source that the clock follows. */
enum ntp_words_origin ntp_words_origin_of_kind(enum source_kind kind);

/* What the status word of a source is made from. */
struct ntp_words_source {
    enum source_status status;
    uint32_t key; /* 0: none */
    bool heard;   /* there was a valid packet */
    enum reply_verdict last_verdict;
    uint8_t reach;
};

/* `event` with or without NTP_WORDS_PEER; of `count` what fits. */
uint16_t ntp_words_system_status(unsigned leap, enum ntp_words_origin origin, unsigned count,
                                 unsigned event);
uint16_t ntp_words_source_status(const struct ntp_words_source *source, unsigned count,
                                 unsigned event);

/* The last packet of a source that has a key bore a right MAC: as the classic ntpd means it. NTPsec
 * sets the flag for sources without a key, too; what its client says of both is the same. */
bool ntp_words_is_authentic(const struct ntp_words_source *source);

/* The parts of a status word. */
unsigned ntp_words_leap_of(uint16_t status);
unsigned ntp_words_origin_of(uint16_t status);
enum ntp_words_selection ntp_words_selection_of(uint16_t status);
unsigned ntp_words_count_of(uint16_t status);
unsigned ntp_words_event_of(uint16_t status); /* without NTP_WORDS_PEER */

/* "leap_none", "sync_ntp"; "" for an unassigned number. */
const char *ntp_words_leap(unsigned leap);
const char *ntp_words_origin(unsigned origin);

/* "conf", "authenb", ... of flag number `index` of a source's status, if it is set; "": it is not.
 */
#define NTP_WORDS_SOURCE_FLAGS 5u
const char *ntp_words_source_flag(uint16_t status, unsigned index);

/* As the list of associations has them: "yes", "no" and "none"; "ok", "bad" and "none". */
const char *ntp_words_configured(uint16_t status);
const char *ntp_words_reach(uint16_t status);
const char *ntp_words_authentication(uint16_t status);

/* ---- flash: what is wrong with a packet, and with a source ---- */

#define NTP_WORDS_FLASH_BITS 14u

/* Of a packet alone; and of a source with its last packet. */
uint32_t ntp_words_packet_flash(enum reply_verdict verdict);
uint32_t ntp_words_flash(const struct ntp_words_source *source);

/* "pkt_dup" of bit 0; "" for one that has no word. */
const char *ntp_words_flash_bit(unsigned bit);

/* ---- access ---- */

/* Bits of the list of clients that say what became of the last request. */
#define NTP_WORDS_LIMITED 0x20u
#define NTP_WORDS_KOD 0x400u

/* enum access_flags as bits of the list of clients, but for these two: they say there that a limit
 * was exceeded, not that there is one. Words of flags: acl_words (core/acl.h). */
uint32_t ntp_words_restrictions(uint32_t access_flags);

/* 'K': the last request was answered by a kiss; 'L': it was over the limit; '.': neither. */
char ntp_words_limit_letter(uint32_t restrictions);

/* ---- others ---- */

/* "client": of an association. 0 .. 8. */
const char *ntp_words_mode(unsigned mode);

/* "BADASSOC": enum mode6_error as the client says it. */
const char *ntp_words_error(unsigned error);

/* "SHM": of the type in a reference clock's address, 127.127.TYPE.UNIT. */
#define NTP_WORDS_TYPE_SHM 28u
const char *ntp_words_driver(unsigned type);

#endif
