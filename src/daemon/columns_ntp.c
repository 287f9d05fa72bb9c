/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of ntpd's statistics files; see the header. Status words are those of RFC 9327, appendix
 * A, with one event counted: toki keeps no number of them. */
#include "daemon/columns_ntp.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define TIME_TEXT 32
#define STAMP_TEXT 32
#define DAY_S 86400
#define MJD_1970 40587 /* modified Julian day of 1970-01-01 */

enum peer_status {
    PEER_CONFIGURED = 0x8000,
    PEER_KEYED = 0x4000,
    PEER_AUTHENTIC = 0x2000,
    PEER_REACHABLE = 0x1000,
    PEER_ONE_EVENT = 0x0010
};

/* Events: of the system, and of a peer. */
enum { SYSTEM_STEP = 0xc, PEER_EVENT = 0x80, PEER_REACHED = 4, PEER_SYSTEM = 0xa };

struct event_words {
    unsigned code;
    const char *text;
};

static size_t fit(int length, size_t capacity)
{
    return length < 0 ? 0 : (size_t)length < capacity ? (size_t)length : capacity - 1;
}

/* Modified Julian day and second of it, as each line begins. */
static const char *time_text(struct wall_time at, char out[TIME_TEXT])
{
    int64_t ms = at.ns / 1000000;

    snprintf(out, TIME_TEXT, "%" PRId64 " %" PRId64 ".%03d", ms / 1000 / DAY_S + MJD_1970,
             ms / 1000 % DAY_S, (int)(ms % 1000));
    return out;
}

/* Seconds since 1900 with the era unfolded away, as ntpd prints stamps. */
static const char *stamp_text(struct wall_time at, char out[STAMP_TEXT])
{
    snprintf(out, STAMP_TEXT, "%" PRIu32 ".%09d", (uint32_t)(at.ns / NS_PER_S + NTP_UNIX_OFFSET_S),
             (int)(at.ns % NS_PER_S));
    return out;
}

static const char *source_text(const struct source *s, char out[ADDRESS_TEXT_MAX])
{
    if (s->config.kind == SOURCE_REFCLOCK) {
        snprintf(out, ADDRESS_TEXT_MAX, "SHM(%u)", s->config.refclock_unit);
        return out;
    }
    return s->address.family == ADDRESS_NONE ? "0.0.0.0" : address_format(&s->address, out);
}

/* The three bits of the selection, as control/mode6 has them. */
static unsigned selection_code(enum source_status status)
{
    static const uint8_t codes[SOURCE_STATUSES] = {[SOURCE_SELECTED] = 6,
                                                   [SOURCE_COMBINED] = 4,
                                                   [SOURCE_OUTLYING] = 3,
                                                   [SOURCE_FALSETICKER] = 1};

    return codes[status];
}

static unsigned peer_status(const struct source *s, unsigned code)
{
    bool keyed = s->config.key_id != 0;

    return PEER_CONFIGURED | (keyed ? PEER_KEYED : 0) |
           (keyed && s->filter.total > 0 ? PEER_AUTHENTIC : 0) | (s->reach ? PEER_REACHABLE : 0) |
           selection_code(s->status) << 8 | PEER_ONE_EVENT | (code & 0xf);
}

static unsigned system_status(const struct engine *e, unsigned code)
{
    const struct reference *r = &e->reference;
    unsigned ntp = 6, clock = 4, from = 0;

    if (r->leap != LEAP_UNSYNCHRONISED && e->selection.chosen < SOURCES_MAX) {
        from = e->sources[e->selection.chosen].config.kind == SOURCE_REFCLOCK ? clock : ntp;
    }
    return (unsigned)r->leap << 14 | from << 8 | PEER_ONE_EVENT | code;
}

size_t columns_ntp_loopstats(const struct engine *e, const struct effect_updated *u, char *out,
                             size_t capacity)
{
    const struct source *peer =
        e->selection.chosen < SOURCES_MAX ? &e->sources[e->selection.chosen] : NULL;
    char when[TIME_TEXT];

    return fit(snprintf(out, capacity, "%s %.9f %.6f %.9f %.6f %d", time_text(u->at.wall, when),
                        u->offset_s, e->discipline.drift * 1e6, peer ? peer->filter.jitter_s : 0.0,
                        e->discipline.drift_sd * 1e6, peer ? peer->poll : 0),
               capacity);
}

size_t columns_ntp_peerstats(const struct engine *e, const struct effect_measured *m, char *out,
                             size_t capacity)
{
    const struct source *s = &e->sources[m->source];
    char when[TIME_TEXT], name[ADDRESS_TEXT_MAX];
    struct estimate estimate;

    if (m->verdict != REPLY_ACCEPTED || s->filter.total == 0) {
        return 0;
    }
    estimate = filter_estimate(&s->filter, timeline_free(&e->timeline, m->at.mono));
    return fit(snprintf(out, capacity, "%s %s %04x %.9f %.9f %.9f %.9f",
                        time_text(m->at.wall, when), source_text(s, name),
                        peer_status(s, s->status == SOURCE_SELECTED ? PEER_SYSTEM : PEER_REACHED),
                        m->offset_s, m->delay_s, m->dispersion_s + 3 * estimate.offset_sd_s,
                        s->filter.jitter_s),
               capacity);
}

/* ntpd's flags of what is wrong with a packet (its BOGON1 and on). */
static unsigned bogon(enum reply_verdict v)
{
    static const uint16_t flags[REPLY_VERDICTS] = {[REPLY_ZERO] = 0x4,
                                                   [REPLY_DATE] = 0x4,
                                                   [REPLY_KISS_DENY] = 0x8,
                                                   [REPLY_KISS_RATE] = 0x8,
                                                   [REPLY_UNSYNCHRONISED] = 0x20,
                                                   [REPLY_STRATUM] = 0x20,
                                                   [REPLY_KISS_OTHER] = 0x20,
                                                   [REPLY_DISTANCE] = 0x40,
                                                   [REPLY_TURNAROUND] = 0x40,
                                                   [REPLY_DELAY] = 0x40,
                                                   [REPLY_LATE] = 0x40,
                                                   [REPLY_LOOP] = 0x100};

    return flags[v];
}

static const char *refid_text(const struct packet *p, char out[ADDRESS_TEXT_MAX])
{
    unsigned length = 0;

    if (p->stratum > 1 && p->stratum <= STRATUM_MAX) {
        snprintf(out, ADDRESS_TEXT_MAX, "%u.%u.%u.%u", p->refid >> 24, p->refid >> 16 & 255,
                 p->refid >> 8 & 255, p->refid & 255);
        return out;
    }
    out[length++] = '.';
    for (int shift = 24; shift >= 0; shift -= 8) {
        char c = (char)(p->refid >> shift & 0xff);

        if (c > ' ' && c < 0x7f) {
            out[length++] = c;
        }
    }
    out[length++] = '.';
    out[length] = '\0';
    return out;
}

/* The address of ours that the answer most likely came to: sockets of requests are gone by now. */
static const char *own_text(const struct engine *e, const struct source *s,
                            char out[ADDRESS_TEXT_MAX])
{
    const struct address *from = &s->config.from[s->address.family == ADDRESS_V6];

    if (from->family != ADDRESS_NONE) {
        return address_format(from, out);
    }
    for (unsigned i = 0; i < e->self_count; i++) {
        if (e->self[i].family == s->address.family &&
            address_is_loopback(&e->self[i]) == address_is_loopback(&s->address)) {
            return address_format(&e->self[i], out);
        }
    }
    return s->address.family == ADDRESS_V6 ? "::" : "0.0.0.0";
}

size_t columns_ntp_rawstats(const struct engine *e, const struct effect_measured *m, char *out,
                            size_t capacity)
{
    const struct source *s = &e->sources[m->source];
    const struct source_exchange *x = &s->exchange;
    const struct packet *p = &x->packet;
    char when[TIME_TEXT], name[ADDRESS_TEXT_MAX], own[ADDRESS_TEXT_MAX], refid[ADDRESS_TEXT_MAX],
        stamps[4][STAMP_TEXT];

    if (s->config.kind == SOURCE_REFCLOCK || x->packet.mode == 0) {
        return 0;
    }
    return fit(snprintf(out, capacity,
                        "%s %s %s %s %s %s %s %u %u %u %u %d %d %.6f %.6f %s %u 0 %x",
                        time_text(m->at.wall, when), source_text(s, name), own_text(e, s, own),
                        stamp_text(x->sent, stamps[0]),
                        stamp_text(wall_from_ntp(p->receive, x->received), stamps[1]),
                        stamp_text(wall_from_ntp(p->transmit, x->received), stamps[2]),
                        stamp_text(x->received, stamps[3]), (unsigned)p->leap, (unsigned)p->version,
                        (unsigned)p->mode, (unsigned)p->stratum, p->poll, p->precision,
                        s_from_ntp_short(p->root_delay), s_from_ntp_short(p->root_dispersion),
                        refid_text(p, refid), (unsigned)s->missed, bogon(m->verdict)),
               capacity);
}

/* The time that the reference clock gave. */
size_t columns_ntp_clockstats(const struct engine *e, const struct effect_measured *m, char *out,
                              size_t capacity)
{
    const struct source *s = &e->sources[m->source];
    struct wall_time truth = {ns_add(m->at.wall.ns, ns_from_s(m->offset_s))};
    char when[TIME_TEXT], name[ADDRESS_TEXT_MAX], stamp[STAMP_TEXT];

    if (s->config.kind != SOURCE_REFCLOCK || m->verdict != REPLY_ACCEPTED) {
        return 0;
    }
    return fit(snprintf(out, capacity, "%s %s %s", time_text(m->at.wall, when),
                        source_text(s, name), stamp_text(truth, stamp)),
               capacity);
}

/* ntpd's code and words for an event; code 0: it has none. */
static struct event_words words_of(const struct event *event)
{
    static const struct event_words rows[EVENT_TYPES] = {
        [EVENT_SOURCE_ADDED] = {PEER_EVENT | 1, "mobilize"},
        [EVENT_SOURCE_REMOVED] = {PEER_EVENT | 2, "demobilize"},
        [EVENT_SOURCE_UNREACHABLE] = {PEER_EVENT | 3, "unreachable"},
        [EVENT_SOURCE_REACHABLE] = {PEER_EVENT | PEER_REACHED, "reachable"},
        [EVENT_SOURCE_KISS] = {PEER_EVENT | 9, "access_denied"},
        [EVENT_SOURCE_SELECTED] = {PEER_EVENT | PEER_SYSTEM, "sys_peer"},
        [EVENT_SYNCHRONISED] = {5, "clock_sync"},
        [EVENT_UNSYNCHRONISED] = {8, "no_system_peer"},
        [EVENT_CLOCK_PANIC] = {7, "panic_stop"},
        [EVENT_LEAP_ARMED] = {9, "leap_armed"},
        [EVENT_LEAP_DONE] = {0xb, "leap_event"},
        [EVENT_CLOCK_STEPPED] = {SYSTEM_STEP, "clock_step"},
        [EVENT_CLOCK_STEP_SEEN] = {SYSTEM_STEP, "clock_step"}};
    static const struct event_words rate = {PEER_EVENT | 8, "rate_exceeded"};
    bool is_rate = event->type == EVENT_SOURCE_KISS && event->value == REFID('R', 'A', 'T', 'E');

    return is_rate ? rate : rows[event->type];
}

size_t columns_ntp_protostats(const struct engine *e, const struct event *event,
                              struct wall_time at, char *out, size_t capacity)
{
    const struct event_words words = words_of(event);
    char when[TIME_TEXT], name[ADDRESS_TEXT_MAX], more[32] = "";

    if (words.code == 0) {
        return 0;
    }
    if (words.code == SYSTEM_STEP) {
        snprintf(more, sizeof more, " %+.6f s", event->value);
    }
    if (event->source < SOURCES_MAX) {
        const struct source *s = &e->sources[event->source];

        return fit(snprintf(out, capacity, "%s %s %04x %02x %s%s", time_text(at, when),
                            source_text(s, name), peer_status(s, words.code), words.code,
                            words.text, more),
                   capacity);
    }
    return fit(snprintf(out, capacity, "%s 0.0.0.0 %04x %02x %s%s", time_text(at, when),
                        system_status(e, words.code), words.code, words.text, more),
               capacity);
}

size_t columns_ntp_sysstats(const struct columns_ntp_served *served, struct wall_time at, char *out,
                            size_t capacity)
{
    char when[TIME_TEXT];

    return fit(snprintf(out, capacity,
                        "%s %.0f %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
                        " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
                        time_text(at, when), served->seconds, served->received, served->processed,
                        served->current_version, served->old_version, served->denied,
                        served->bad_length, served->bad_authentication, served->declined,
                        served->limited, served->kisses),
               capacity);
}
