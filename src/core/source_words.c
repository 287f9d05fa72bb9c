/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of what becomes of packets and of sources, as they stand in JSON and logs. The compiler
 * tells which value has none. */
#include "core/source.h"

const char *reply_verdict_name(enum reply_verdict v)
{
    switch (v) {
    case REPLY_ACCEPTED: return "accepted";
    case REPLY_UNEXPECTED: return "unexpected";
    case REPLY_MALFORMED: return "malformed";
    case REPLY_MODE: return "mode";
    case REPLY_VERSION: return "version";
    case REPLY_ORIGIN: return "origin";
    case REPLY_ZERO: return "zero";
    case REPLY_AUTH: return "authentication";
    case REPLY_KISS_RATE: return "kiss-rate";
    case REPLY_KISS_DENY: return "kiss-deny";
    case REPLY_KISS_OTHER: return "kiss";
    case REPLY_UNSYNCHRONISED: return "unsynchronised";
    case REPLY_STRATUM: return "stratum";
    case REPLY_DISTANCE: return "distance";
    case REPLY_TURNAROUND: return "turnaround";
    case REPLY_DELAY: return "delay";
    case REPLY_LOOP: return "loop";
    case REPLY_DATE: return "date";
    case REPLY_LATE: return "late";
    case REPLY_RESTRICTED: return "restricted";
    case REPLY_VERDICTS: break;
    }
    return "unknown";
}

const char *source_status_name(enum source_status s)
{
    switch (s) {
    case SOURCE_UNUSED: return "unused";
    case SOURCE_UNRESOLVED: return "unresolved";
    case SOURCE_DUPLICATE: return "duplicate";
    case SOURCE_OFFLINE: return "offline";
    case SOURCE_WAITING: return "waiting";
    case SOURCE_UNREACHABLE: return "unreachable";
    case SOURCE_SERVER_UNSYNCHRONISED: return "server-unsynchronised";
    case SOURCE_REFUSED: return "refused";
    case SOURCE_LOOPED: return "loop";
    case SOURCE_FEW_SAMPLES: return "few-samples";
    case SOURCE_TOO_DISTANT: return "too-distant";
    case SOURCE_TOO_JITTERY: return "too-jittery";
    case SOURCE_WRONG_STRATUM: return "wrong-stratum";
    case SOURCE_ORPHAN: return "orphan";
    case SOURCE_FALSETICKER: return "falseticker";
    case SOURCE_NO_MAJORITY: return "no-majority";
    case SOURCE_HELD: return "held";
    case SOURCE_UNTRUSTED: return "untrusted";
    case SOURCE_NOSELECT: return "noselect";
    case SOURCE_SAME_NETWORK: return "same-network";
    case SOURCE_OUTLYING: return "outlying";
    case SOURCE_COMBINED: return "combined";
    case SOURCE_SELECTED: return "selected";
    case SOURCE_STATUSES: break;
    }
    return "unknown";
}
