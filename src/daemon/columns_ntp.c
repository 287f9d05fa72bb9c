/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of ntpd's statistics files, column by column. Status words count one event: the one that
 * the line is about, or the last of its kind. */
#include "daemon/columns_ntp.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "wire/ntp_words.h"

#define TIME_TEXT 32
#define STAMP_TEXT 32
#define DAY_S 86400
#define MJD_1970 40587 /* modified Julian day of 1970-01-01 */

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

static unsigned source_status(const struct source *s, unsigned event)
{
    const struct ntp_words_source words = {.status = s->status,
                                           .key = s->config.key_id,
                                           .heard = s->heard,
                                           .last_verdict = s->last_verdict,
                                           .reach = s->reach};

    return ntp_words_source_status(&words, 1, event);
}

static unsigned system_status(const struct engine *e, unsigned event)
{
    enum ntp_words_origin from = NTP_WORDS_FROM_NOWHERE;

    if (e->reference.leap != LEAP_UNSYNCHRONISED && e->selection.chosen < SOURCES_MAX) {
        from = ntp_words_origin_of_kind(e->sources[e->selection.chosen].config.kind);
    }
    return ntp_words_system_status(e->reference.leap, from, 1, event);
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
                        source_status(s, s->status == SOURCE_SELECTED ? NTP_WORDS_PEER_SELECTED
                                                                      : NTP_WORDS_PEER_REACHABLE),
                        m->offset_s, m->delay_s, m->dispersion_s + 3 * estimate.offset_sd_s,
                        s->filter.jitter_s),
               capacity);
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
                        stamp_text(x->sent.at, stamps[0]),
                        stamp_text(wall_from_ntp(p->receive, x->received.at), stamps[1]),
                        stamp_text(wall_from_ntp(p->transmit, x->received.at), stamps[2]),
                        stamp_text(x->received.at, stamps[3]), (unsigned)p->leap,
                        (unsigned)p->version, (unsigned)p->mode, (unsigned)p->stratum, p->poll,
                        p->precision, s_from_ntp_short(p->root_delay),
                        s_from_ntp_short(p->root_dispersion), refid_text(p, refid),
                        (unsigned)s->missed, (unsigned)ntp_words_packet_flash(m->verdict)),
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

size_t columns_ntp_protostats(const struct engine *e, const struct event *event,
                              struct wall_time at, char *out, size_t capacity)
{
    unsigned code = ntp_words_event_code(event);
    char when[TIME_TEXT], name[ADDRESS_TEXT_MAX], more[32] = "";

    if (code == NTP_WORDS_NO_EVENT) {
        return 0;
    }
    if (code == NTP_WORDS_SYSTEM_STEP) {
        snprintf(more, sizeof more, " %+.6f s", event->value);
    }
    if (event->source < SOURCES_MAX) {
        const struct source *s = &e->sources[event->source];

        return fit(snprintf(out, capacity, "%s %s %04x %02x %s%s", time_text(at, when),
                            source_text(s, name), source_status(s, code), code,
                            ntp_words_event(code), more),
                   capacity);
    }
    return fit(snprintf(out, capacity, "%s 0.0.0.0 %04x %02x %s%s", time_text(at, when),
                        system_status(e, code), code, ntp_words_event(code), more),
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
