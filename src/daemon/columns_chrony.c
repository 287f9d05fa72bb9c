/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of chronyd's log files, with its columns and signs. */
#include "daemon/columns_chrony.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "wire/chrony_words.h"

#define TIME_TEXT 32
#define NAME_TEXT 64

const char *columns_chrony_heading(enum statistics_kind kind)
{
    switch (kind) {
    case STATISTICS_MEASUREMENTS:
        return "   Date (UTC) Time     IP Address   L St 123 567 ABCD  LP RP Score    Offset  "
               "Peer del. Peer disp.  Root del. Root disp. Refid     MTxRx";
    case STATISTICS_STATISTICS:
        return "   Date (UTC) Time     IP Address    Std dev'n Est offset  Offset sd  Diff freq   "
               "Est skew  Stress  Ns  Bs  Nr  Asym";
    case STATISTICS_SELECTION:
        return "   Date (UTC) Time     IP Address   S EOpts Reach Score Last sample  Low end   "
               "High end";
    case STATISTICS_TRACKING:
        return "   Date (UTC) Time     IP Address   St   Freq ppm   Skew ppm     Offset L Co  "
               "Offset sd Rem. corr. Root delay Root disp. Max. error";
    case STATISTICS_REFCLOCKS:
        return "   Date (UTC) Time         Refid  DP L P  Raw offset   Cooked offset      Disp.";
    case STATISTICS_LOOPSTATS:
    case STATISTICS_PEERSTATS:
    case STATISTICS_RAWSTATS:
    case STATISTICS_SYSSTATS:
    case STATISTICS_CLOCKSTATS:
    case STATISTICS_PROTOSTATS:
    case STATISTICS_KINDS: break;
    }
    return NULL; /* files of ntpd have none */
}

static const char *time_text(struct wall_time at, char out[TIME_TEXT])
{
    time_t seconds = (time_t)(at.ns / NS_PER_S);
    struct tm tm;

    if (!gmtime_r(&seconds, &tm) || !strftime(out, TIME_TEXT, "%Y-%m-%d %H:%M:%S", &tm)) {
        out[0] = '\0';
    }
    return out;
}

static const char *refid_text(uint32_t refid, char out[NAME_TEXT])
{
    unsigned length = 0;

    for (int shift = 24; shift >= 0; shift -= 8) {
        char c = (char)(refid >> shift & 0x7f);

        if (c > ' ' && c < 0x7f) {
            out[length++] = c;
        }
    }
    out[length] = '\0';
    return out;
}

/* As the column "IP Address" has it: reference clocks are called by their refid. */
static const char *source_text(const struct source *s, char out[NAME_TEXT])
{
    if (s->config.kind == SOURCE_REFCLOCK) {
        return refid_text(s->config.refclock_refid, out);
    }
    return address_format(&s->address, out);
}

/* The rounded end of a length that snprintf() gave. */
static size_t fit(int length, size_t capacity)
{
    return length < 0 ? 0 : (size_t)length < capacity ? (size_t)length : capacity - 1;
}

size_t columns_chrony_measurements(const struct engine *e, const struct effect_measured *m,
                                   bool raw, char *out, size_t capacity)
{
    const struct source *s = &e->sources[m->source];
    const struct source_exchange *x = &s->exchange;
    unsigned tests = chrony_words_tests(s, m->verdict);
    char when[TIME_TEXT], name[NAME_TEXT], digits[CHRONY_TESTS + 1];

    /* packets that are no answer of this server are not recorded */
    if (s->config.kind == SOURCE_REFCLOCK || (m->verdict != REPLY_ACCEPTED && !raw) ||
        (tests & CHRONY_TESTS_ORIGIN) != CHRONY_TESTS_ORIGIN) {
        return 0;
    }
    chrony_words_test_digits(tests, CHRONY_TESTS, CHRONY_TESTS, digits);
    return fit(snprintf(out, capacity,
                        "%s %-15s %c %2u %.3s %.3s %.4s  %2d %2d %4.2f %10.3e %10.3e %10.3e %10.3e "
                        "%10.3e %08X %u%c %c %c",
                        time_text(m->at.wall, when), source_text(s, name),
                        chrony_words_leap_letter(x->packet.leap), (unsigned)x->packet.stratum,
                        digits, digits + 3, digits + 6, s->poll, x->packet.poll, 0.0, m->offset_s,
                        m->delay_s, m->dispersion_s, s_from_ntp_short(x->packet.root_delay),
                        s_from_ntp_short(x->packet.root_dispersion), (unsigned)x->packet.refid,
                        (unsigned)x->packet.mode, x->interleaved ? 'I' : 'B',
                        chrony_words_stamp_letter(x->sent.by),
                        chrony_words_stamp_letter(x->received.by)),
               capacity);
}

size_t columns_chrony_statistics(const struct engine *e, const struct effect_measured *m, char *out,
                                 size_t capacity)
{
    const struct source *s = &e->sources[m->source];
    struct estimate estimate;
    char when[TIME_TEXT], name[NAME_TEXT];

    if (m->verdict != REPLY_ACCEPTED || s->filter.count == 0) {
        return 0;
    }
    estimate = filter_estimate(&s->filter, timeline_free(&e->timeline, m->at.mono));
    return fit(snprintf(out, capacity,
                        "%s %-15s %10.3e %10.3e %10.3e %10.3e %10.3e %7.1e %3u %3u %3u %5.2f",
                        time_text(m->at.wall, when), source_text(s, name), s->filter.jitter_s,
                        -timeline_clock_offset(&e->timeline, m->at.mono, estimate.offset_s),
                        estimate.offset_sd_s, e->discipline.drift - estimate.rate,
                        CHRONY_SKEW_DEVIATIONS * estimate.rate_sd, 0.0, s->filter.count, 0U,
                        chrony_words_runs(&s->filter, &estimate), -s->filter.slope + 0.0),
               capacity);
}

size_t columns_chrony_refclocks(const struct engine *e, const struct effect_measured *m, char *out,
                                size_t capacity)
{
    const struct source *s = &e->sources[m->source];
    char when[TIME_TEXT], name[NAME_TEXT];

    if (s->config.kind != SOURCE_REFCLOCK || m->verdict != REPLY_ACCEPTED) {
        return 0;
    }
    return fit(snprintf(out, capacity, "%s.%06d %-5s %3u %c %d %13.6e %13.6e %10.3e",
                        time_text(m->at.wall, when), (int)(m->at.wall.ns % NS_PER_S / 1000),
                        source_text(s, name), s->filter.total, chrony_words_leap_letter(s->leap), 0,
                        m->offset_s - s->config.offset_correction_s, m->offset_s, m->dispersion_s),
               capacity);
}

size_t columns_chrony_selection(const struct engine *e, struct instant at, uint16_t source,
                                char *out, size_t capacity)
{
    const struct source *s = &e->sources[source];
    double age_s = 0, offset_s = 0, distance_s = 0;
    char when[TIME_TEXT], name[NAME_TEXT], options[CHRONY_SELECT_LETTERS + 1];

    if (s->status == SOURCE_UNUSED || s->status == SOURCE_UNRESOLVED ||
        s->status == SOURCE_DUPLICATE) {
        return 0;
    }
    if (s->filter.total > 0) {
        struct estimate estimate =
            filter_estimate(&s->filter, timeline_free(&e->timeline, at.mono));

        age_s = fmax(s_from_ns(ns_subtract(at.mono.ns, s->last_at.ns)), 0);
        offset_s = -timeline_clock_offset(&e->timeline, at.mono, estimate.offset_s);
        distance_s = fmax(source_root_distance(s, &estimate), e->settings.min_distance_s);
    }
    return fit(snprintf(out, capacity, "%s %-15s %c -%s %4o %5.2f %10.3e %10.3e %10.3e",
                        time_text(at.wall, when), source_text(s, name), chrony_words_state(e, s),
                        chrony_words_select_letters(chrony_words_select(&s->config), options),
                        (unsigned)s->reach, 1.0, age_s, offset_s - distance_s,
                        offset_s + distance_s),
               capacity);
}

static unsigned used_sources(const struct engine *e)
{
    unsigned used = 0;

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        used += e->sources[i].status == SOURCE_SELECTED || e->sources[i].status == SOURCE_COMBINED;
    }
    return used;
}

size_t columns_chrony_tracking(const struct engine *e, struct instant at,
                               const struct effect_updated *update, char *out, size_t capacity)
{
    static const struct effect_updated none = {.max_error_s = 1.5};
    const struct reference *r = &e->reference;
    const struct effect_updated *u = update ? update : &none;
    bool known = update && e->selection.chosen < SOURCES_MAX;
    char when[TIME_TEXT], name[NAME_TEXT] = "0.0.0.0";

    if (known) {
        source_text(&e->sources[e->selection.chosen], name);
    }
    return fit(
        snprintf(out, capacity,
                 "%s %-15s %2u %10.3f %10.3f %10.3e %c %2u %10.3e %10.3e %10.3e %10.3e "
                 "%10.3e",
                 time_text(at.wall, when), name, known ? (unsigned)r->stratum : 0,
                 -e->discipline.drift * 1e6, CHRONY_SKEW_DEVIATIONS * e->discipline.drift_sd * 1e6,
                 u->known_s - u->offset_s, known ? chrony_words_leap_letter(r->leap) : '?',
                 known ? used_sources(e) : 0, known ? e->discipline.estimate.offset_sd_s : 0.0,
                 u->known_s, known ? r->root_delay_s : 1.0,
                 known ? reference_dispersion(r, at.mono) : 1.0,
                 u->max_error_s + fabs(u->offset_s - u->known_s)),
        capacity);
}
