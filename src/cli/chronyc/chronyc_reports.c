/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports of chronyc that anybody on the host may ask for: the clock, the sources and their
 * statistics; with the columns of chronyc, or as comma-separated values. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/chronyc/chronyc.h"
#include "cli/chronyc/chronyc_format.h"
#include "core/packet.h"
#include "os/clock.h"
#include "os/wait.h"
#include "wire/chrony_words.h"

#define LOCAL_REFID UINT32_C(0x7f7f0101)
#define WAITSYNC_INTERVAL_S 10.0

static const char *slow_or_fast(bool slow)
{
    return slow ? "slow" : "fast";
}

static void print_tracking(struct chronyc *c, const struct chrony_tracking *t)
{
    char name[CHRONYC_NAME_SHOWN_MAX], text[CHRONYC_TEXT_MAX];
    bool is_clock = t->host.family == CHRONY_FAMILY_NONE;

    chronyc_name(c, &t->host, t->refid, is_clock, 0, name);
    if (c->csv) {
        printf("%08X,%s,%u,%s,%.9f,%.9f,%.9f,%.3f,%.3f,%.3f,%.9f,%.9f,%.1f,%s\n", t->refid, name,
               t->stratum, chronyc_format_stamp(t->reference_time, text), t->correction_s,
               t->last_offset_s, t->rms_offset_s, t->frequency_ppm, t->residual_ppm, t->skew_ppm,
               t->root_delay_s, t->root_dispersion_s, t->interval_s, chrony_words_leap(t->leap));
        return;
    }
    printf(
        "Reference ID    : %08X (%s)\n"
        "Stratum         : %u\n"
        "Ref time (UTC)  : %s\n"
        "System time     : %.9f seconds %s of NTP time\n"
        "Last offset     : %+.9f seconds\n"
        "RMS offset      : %.9f seconds\n"
        "Frequency       : %.3f ppm %s\n"
        "Residual freq   : %+.3f ppm\n"
        "Skew            : %.3f ppm\n"
        "Root delay      : %.9f seconds\n"
        "Root dispersion : %.9f seconds\n"
        "Update interval : %.1f seconds\n"
        "Leap status     : %s\n",
        t->refid, name, t->stratum, chronyc_format_time(t->reference_time, text),
        fabs(t->correction_s), slow_or_fast(t->correction_s > 0), t->last_offset_s, t->rms_offset_s,
        fabs(t->frequency_ppm), slow_or_fast(!(t->frequency_ppm > 0)), t->residual_ppm, t->skew_ppm,
        t->root_delay_s, t->root_dispersion_s, t->interval_s, chrony_words_leap(t->leap));
}

bool chronyc_tracking(struct chronyc *c, const struct chronyc_line *line)
{
    struct chrony_tracking t;

    (void)line;
    if (!chronyc_ask_for(c, CHRONY_TRACKING, NULL, CHRONY_REPLY_TRACKING)) {
        return false;
    }
    t = c->reply.tracking;
    print_tracking(c, &t);
    return true;
}

static void print_source(struct chronyc *c, const struct chrony_source *s)
{
    char name[CHRONYC_NAME_SHOWN_MAX], text[4][CHRONYC_TEXT_MAX];
    bool is_clock = s->mode == CHRONY_MODE_REFCLOCK;
    char mode = chrony_words_source_mode_letter(s->mode);
    char state = chrony_words_source_state_letter(s->state);
    uint32_t refid = s->host.family == CHRONY_FAMILY_V4 ? address_refid(&s->host.address) : 0;

    chronyc_name(c, &s->host, refid, is_clock, 25, name);
    if (c->csv) {
        printf("%c,%c,%s,%u,%d,%o,%u,%.9f,%.9f,%.9f\n", mode, state, name, s->stratum, s->poll,
               s->reach, s->since_sample_s, s->adjusted_s, s->measured_s, s->error_s);
        return;
    }
    printf("%c%c %-27s  %2u  %2d   %3o  %s  %s[%s] +/- %s\n", mode, state, name, s->stratum,
           s->poll, s->reach, chronyc_format_interval(s->since_sample_s, text[0]),
           chronyc_format_signed_seconds(s->adjusted_s, text[1]),
           chronyc_format_signed_seconds(s->measured_s, text[2]),
           chronyc_format_seconds(s->error_s, text[3]));
}

bool chronyc_sources(struct chronyc *c, const struct chronyc_line *line)
{
    uint32_t count;

    if (!chronyc_count_sources(c, &count)) {
        return false;
    }
    if (!c->csv && chronyc_has_option(line, "-v")) {
        puts(
            "\n  M, mode:  '^' server, '=' peer, '#' reference clock of this host.\n"
            "  S, state: '*' selected, '+' combined, '-' not combined, '?' unusable,\n"
            "            'x' falseticker, '~' too much jitter.\n"
            "  Poll: log2 of the interval. Reach: octal, the latest request to the right.\n"
            "  Last sample: A[B] +/- C: offset A as corrected since, B as measured, maximum\n"
            "  error C. A positive offset means that the local clock is fast.");
    }
    if (!c->csv) {
        puts(
            "MS Name/IP address         Stratum Poll Reach LastRx Last sample               \n"
            "=================================================================="
            "=============");
    }
    for (uint32_t i = 0; i < count; i++) {
        struct chrony_source s;

        if (!chronyc_ask_number(c, CHRONY_SOURCE_DATA, i, CHRONY_REPLY_SOURCE_DATA)) {
            return false;
        }
        s = c->reply.source;
        if (s.host.family != CHRONY_FAMILY_ID || chronyc_has_option(line, "-a")) {
            print_source(c, &s);
        }
    }
    return true;
}

static void print_sourcestats(struct chronyc *c, const struct chrony_sourcestats *s)
{
    char name[CHRONYC_NAME_SHOWN_MAX], text[5][CHRONYC_TEXT_MAX];

    chronyc_name(c, &s->host, s->refid, s->host.family == CHRONY_FAMILY_NONE, 25, name);
    if (c->csv) {
        printf("%s,%u,%u,%u,%.3f,%.3f,%.9f,%.9f\n", name, s->samples, s->runs, s->span_s,
               s->residual_ppm, s->skew_ppm, s->offset_s, s->deviation_s);
        return;
    }
    printf("%-25s %3u %3u  %s %s %s  %s  %s\n", name, s->samples, s->runs,
           chronyc_format_interval(s->span_s, text[0]),
           chronyc_format_ppm(s->residual_ppm, true, text[1]),
           chronyc_format_ppm(s->skew_ppm, false, text[2]),
           chronyc_format_signed_seconds(s->offset_s, text[3]),
           chronyc_format_seconds(s->deviation_s, text[4]));
}

bool chronyc_sourcestats(struct chronyc *c, const struct chronyc_line *line)
{
    uint32_t count;

    if (!chronyc_count_sources(c, &count)) {
        return false;
    }
    if (!c->csv && chronyc_has_option(line, "-v")) {
        puts(
            "\n  NP: samples kept; NR: runs of residuals with one sign; Span: time they cover;\n"
            "  Frequency: residual, relative to the source (ppm); Freq Skew: its error bound;\n"
            "  Offset: estimated, positive if the local clock is fast; Std Dev: of the samples.");
    }
    if (!c->csv) {
        puts(
            "Name/IP Address            NP  NR  Span  Frequency  Freq Skew  Offset  Std Dev\n"
            "=================================================================="
            "============");
    }
    for (uint32_t i = 0; i < count; i++) {
        struct chrony_sourcestats s;

        if (!chronyc_ask_number(c, CHRONY_SOURCESTATS, i, CHRONY_REPLY_SOURCESTATS)) {
            return false;
        }
        s = c->reply.sourcestats;
        if (s.host.family != CHRONY_FAMILY_ID || chronyc_has_option(line, "-a")) {
            print_sourcestats(c, &s);
        }
    }
    return true;
}

bool chronyc_activity(struct chronyc *c, const struct chronyc_line *line)
{
    struct chrony_activity a;

    (void)line;
    if (!chronyc_ask_for(c, CHRONY_ACTIVITY, NULL, CHRONY_REPLY_ACTIVITY)) {
        return false;
    }
    a = c->reply.activity;
    printf(c->csv ? "%u,%u,%u,%u,%u\n"
                  : "200 OK\n"
                    "%u sources online\n"
                    "%u sources offline\n"
                    "%u sources doing burst (return to online)\n"
                    "%u sources doing burst (return to offline)\n"
                    "%u sources with unknown address\n",
           a.online, a.offline, a.burst_online, a.burst_offline, a.unresolved);
    return true;
}

static const char *yes_or_no(bool yes)
{
    return yes ? "Yes" : "No";
}

bool chronyc_smoothing(struct chronyc *c, const struct chronyc_line *line)
{
    struct chrony_smoothing s;

    (void)line;
    if (!chronyc_ask_for(c, CHRONY_SMOOTHING, NULL, CHRONY_REPLY_SMOOTHING)) {
        return false;
    }
    s = c->reply.smoothing;
    printf(c->csv ? "%s,%s,%.9f,%.6f,%.6f,%.1f,%.1f\n"
                  : "Active         : %s %s\n"
                    "Offset         : %+.9f seconds\n"
                    "Frequency      : %+.6f ppm\n"
                    "Wander         : %+.6f ppm per second\n"
                    "Last update    : %.1f seconds ago\n"
                    "Remaining time : %.1f seconds\n",
           yes_or_no(s.flags & 1),
           c->csv        ? yes_or_no(s.flags & 2)
           : s.flags & 2 ? "(leap second only)"
                         : "",
           s.offset_s, s.frequency_ppm, s.wander_ppm, s.last_update_s, s.remaining_s);
    return true;
}

bool chronyc_rtcdata(struct chronyc *c, const struct chronyc_line *line)
{
    char text[CHRONYC_TEXT_MAX], span[CHRONYC_TEXT_MAX];
    struct chrony_rtc r;

    (void)line;
    if (!chronyc_ask_for(c, CHRONY_RTC_REPORT, NULL, CHRONY_REPLY_RTC)) {
        return false;
    }
    r = c->reply.rtc;
    if (c->csv) {
        printf("%s,%u,%u,%u,%.6f,%.3f\n", chronyc_format_stamp(r.reference_time, text), r.samples,
               r.runs, r.span_s, r.fast_s, r.gain_ppm);
    } else {
        printf(
            "RTC ref time (UTC) : %s\n"
            "Number of samples  : %u\n"
            "Number of runs     : %u\n"
            "Sample span period : %s\n"
            "RTC is fast by     : %12.6f seconds\n"
            "RTC gains time at  : %9.3f ppm\n",
            chronyc_format_time(r.reference_time, text), r.samples, r.runs,
            chronyc_format_interval(r.span_s, span), r.fast_s, r.gain_ppm);
    }
    return true;
}

bool chronyc_sourcename(struct chronyc *c, const struct chronyc_line *line)
{
    union chrony_request_body body;

    if (line->count != 2 || !chronyc_read_host(c, line->words[1], &body.host)) {
        return chronyc_syntax_error("address value");
    }
    if (!chronyc_ask_for(c, CHRONY_SOURCE_NAME, &body, CHRONY_REPLY_SOURCE_NAME)) {
        return false;
    }
    chrony_field_clean_name(c->reply.name);
    puts(c->reply.name);
    return true;
}

static void list_manual(const struct chronyc *c, const struct chrony_manual *m)
{
    char text[CHRONYC_TEXT_MAX];

    if (!c->csv) {
        printf(
            "210 n_samples = %u\n"
            "#    Date     Time(UTC)    Slewed   Original   Residual\n"
            "=======================================================\n",
            m->count);
    }
    for (uint32_t i = 0; i < m->count; i++) {
        printf(c->csv ? "%u,%s,%.2f,%.2f,%.2f\n" : "%2u %s %10.2f %10.2f %10.2f\n", i,
               chronyc_format_date(m->samples[i].when, text), m->samples[i].slewed_s,
               m->samples[i].original_s, m->samples[i].residual_s);
    }
}

bool chronyc_manual(struct chronyc *c, const struct chronyc_line *line)
{
    static const char *const words[] = {"off", "on", "reset"};
    const char *word = line->count > 1 ? line->words[1] : "";
    char *end;

    for (uint32_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i]) == 0) {
            return chronyc_order(c, CHRONY_MANUAL, &(union chrony_request_body){.number = i});
        }
    }
    if (strcmp(word, "delete") == 0 && line->count == 3) {
        unsigned long index = strtoul(line->words[2], &end, 10);

        if (*end == '\0' && index < UINT32_MAX) {
            return chronyc_order(c, CHRONY_MANUAL_DELETE,
                                 &(union chrony_request_body){.number = (uint32_t)index});
        }
    } else if (strcmp(word, "list") == 0) {
        if (!chronyc_ask_for(c, CHRONY_MANUAL_LIST, NULL, CHRONY_REPLY_MANUAL_LIST)) {
            return false;
        }
        list_manual(c, &c->reply.manual);
        return true;
    }
    return chronyc_syntax_error("manual command");
}

static void sleep_s(double s)
{
    struct wait_set nothing = {.count = 0};
    struct mono_time until = mono_after(clock_now().mono, s);

    while (clock_now().mono.ns < until.ns) {
        wait_until(&nothing, until);
    }
}

bool chronyc_waitsync(struct chronyc *c, const struct chronyc_line *line)
{
    double limits[4] = {0, 0, 0, WAITSYNC_INTERVAL_S}; /* tries, correction, skew, interval */

    for (unsigned i = 1; i < line->count && i <= 4; i++) {
        char *end;
        double value = strtod(line->words[i], &end);

        if (*end || end == line->words[i] || !(value >= 0)) {
            return chronyc_syntax_error("waitsync command");
        }
        limits[i - 1] = value;
    }
    limits[3] = limits[3] < 0.1 ? 0.1 : limits[3];
    for (unsigned try = 1;; try++) {
        struct chrony_tracking t;
        bool synchronised;

        if (!chronyc_ask_for(c, CHRONY_TRACKING, NULL, CHRONY_REPLY_TRACKING)) {
            return false;
        }
        t = c->reply.tracking;
        printf(c->csv ? "%u,%08X,%.9f,%.3f\n"
                      : "try: %u, refid: %08X, correction: %.9f, skew: %.3f\n",
               try, t.refid, fabs(t.correction_s), t.skew_ppm);
        fflush(stdout);
        synchronised =
            t.host.family != CHRONY_FAMILY_NONE || (t.refid != 0 && t.refid != LOCAL_REFID);
        if (synchronised && (limits[1] == 0 || fabs(t.correction_s) <= limits[1]) &&
            (limits[2] == 0 || t.skew_ppm <= limits[2])) {
            return true;
        }
        if (limits[0] >= 1 && try >= limits[0]) {
            return false;
        }
        sleep_s(limits[3]);
    }
}
