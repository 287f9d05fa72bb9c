/* SPDX-License-Identifier: BSD-2-Clause */
/* How ntpq writes what mode 6 says: the layout; the words are those of wire/ntp_words.h. */
#include "cli/ntpq/ntpq_format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "wire/ntp_words.h"

static void add_events(char text[NTPQ_TEXT_MAX], unsigned count, const char *last)
{
    size_t used = strlen(text);

    if (count == 0) {
        snprintf(text + used, NTPQ_TEXT_MAX - used, "no events%s%s", *last ? ", " : "", last);
    } else {
        snprintf(text + used, NTPQ_TEXT_MAX - used, "%u event%s%s%s", count, count > 1 ? "s" : "",
                 *last ? ", " : "", last);
    }
}

static void add_source_flags(char text[NTPQ_TEXT_MAX], uint16_t status)
{
    for (unsigned i = 0; i < NTP_WORDS_SOURCE_FLAGS; i++) {
        const char *word = ntp_words_source_flag(status, i);
        size_t used = strlen(text);

        snprintf(text + used, NTPQ_TEXT_MAX - used, "%s%s", word, *word ? ", " : "");
    }
}

const char *ntpq_format_status(enum ntpq_status_kind kind, uint16_t status,
                               char text[NTPQ_TEXT_MAX])
{
    unsigned count = ntp_words_count_of(status), event = ntp_words_event_of(status);
    size_t used;

    text[0] = '\0';
    switch (kind) {
    case NTPQ_STATUS_SYSTEM:
        snprintf(text, NTPQ_TEXT_MAX, "%s, %s, ", ntp_words_leap(ntp_words_leap_of(status)),
                 ntp_words_origin(ntp_words_origin_of(status)));
        add_events(text, count, ntp_words_event(event));
        break;
    case NTPQ_STATUS_PEER:
        add_source_flags(text, status);
        used = strlen(text);
        snprintf(text + used, NTPQ_TEXT_MAX - used, "sel_%s, ",
                 ntp_words_condition(ntp_words_selection_of(status)));
        add_events(text, count, ntp_words_event(NTP_WORDS_PEER | event));
        break;
    case NTPQ_STATUS_CLOCK: add_events(text, count, ntp_words_clock_event(event)); break;
    }
    return text;
}

/* `associations` calls the event of a clock by another word than the line of status does, and the
 * ones behind it by none. */
const char *ntpq_format_peer_event(uint16_t status)
{
    unsigned event = ntp_words_event_of(status);

    return event == 11 ? "clock_alarm" : event > 11 ? "" : ntp_words_event(NTP_WORDS_PEER | event);
}

const char *ntpq_format_number(double value, unsigned decimals, const char *missing,
                               char text[NTPQ_TEXT_MAX])
{
    /* what eight columns hold with 4, 3, 2, 1 decimals */
    static const double above[] = {1e6, 1e5, 1e4, 1e3}, below[] = {-1e5, -1e4, -1e3, -1e2};
    unsigned fit = 0;

    if (isnan(value)) {
        snprintf(text, NTPQ_TEXT_MAX, "%8s", missing);
        return text;
    }
    for (unsigned d = 1; d <= decimals && d <= 4; d++) {
        if (value >= 0 ? value < above[d - 1] : value > below[d - 1]) {
            fit = d;
        }
    }
    snprintf(text, NTPQ_TEXT_MAX, "%8.*f", (int)fit, value);
    return text;
}

const char *ntpq_format_interval(int64_t s, char text[NTPQ_TEXT_MAX])
{
    double amount = (double)s;
    char unit = 's';

    if (s <= 0) {
        return "-";
    }
    if (amount > 2048) {
        amount = (amount + 29) / 60;
        unit = 'm';
    }
    if (unit == 'm' && amount > 300) {
        amount = (amount + 29) / 60;
        unit = 'h';
    }
    if (unit == 'h' && amount > 96) {
        amount = (amount + 11) / 24;
        unit = 'd';
    }
    snprintf(text, NTPQ_TEXT_MAX, unit == 's' ? "%.0f" : "%.0f%c", floor(amount), unit);
    return text;
}

const char *ntpq_format_duration(int64_t s, char text[NTPQ_TEXT_MAX])
{
    char days[32] = "";

    s = s < 0 ? 0 : s;
    if (s >= 86400) {
        snprintf(days, sizeof days, "%lldD ", (long long)(s / 86400));
    }
    snprintf(text, NTPQ_TEXT_MAX, "%s%02d:%02d:%02d", days, (int)(s % 86400 / 3600),
             (int)(s % 3600 / 60), (int)(s % 60));
    return text;
}

const char *ntpq_format_date(uint64_t timestamp, struct wall_time now, char text[NTPQ_TEXT_MAX])
{
    int64_t ns = wall_from_ntp(timestamp, now).ns;
    int64_t second = ns / NS_PER_S - (ns % NS_PER_S < 0);
    time_t t = (time_t)second;
    struct tm date = {0};

    gmtime_r(&t, &date);
    snprintf(text, NTPQ_TEXT_MAX, "%08x.%08x %04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
             (unsigned)(timestamp >> 32), (unsigned)timestamp, date.tm_year + 1900, date.tm_mon + 1,
             date.tm_mday, date.tm_hour, date.tm_min, date.tm_sec,
             (int)((ns - second * NS_PER_S) / 1000000));
    return text;
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++) {
        if (strcmp(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

/* The bits of the flash word that are set, by name. */
static void format_flash(unsigned value, char *out, size_t capacity)
{
    size_t used = (size_t)snprintf(out, capacity, "flash=%02x%s", value, value ? "" : " ok");

    for (unsigned i = 0; i < NTP_WORDS_FLASH_BITS && used < capacity; i++) {
        const char *word = ntp_words_flash_bit(i);

        if (value >> i & 1 && *word) {
            used += (size_t)snprintf(out + used, capacity - used, " %s", word);
        }
    }
}

/* Eight numbers, a tab between them. */
static void format_filter(const struct variable *v, char *out, size_t capacity)
{
    size_t used = (size_t)snprintf(out, capacity, "%10s =", v->name);
    bool gap = false, first = true;

    for (const char *c = v->value; *c && used + 2 < capacity; c++) {
        if (*c == ' ' || *c == '\t') {
            gap = true;
            continue;
        }
        if (gap && !first) {
            out[used++] = '\t';
        }
        gap = first = false;
        out[used++] = *c;
        out[used] = '\0';
    }
}

void ntpq_format_variable(const struct variable *v, struct wall_time now, char *out,
                          size_t capacity)
{
    static const char *const dates[] = {"reftime", "clock", "org", "rec", "xmt", NULL};
    static const char *const bare[] = {"srcadr", "peeradr", "dstadr", "refid", NULL};
    static const char *const filters[] = {"filtdelay", "filtoffset", "filtdisp", "filterror", NULL};
    double number = variables_parse_number(v->value);
    char text[NTPQ_TEXT_MAX];
    uint64_t timestamp;

    if (is_one_of(v->name, filters)) {
        format_filter(v, out, capacity);
    } else if (is_one_of(v->name, dates) && variables_parse_time(v->value, &timestamp)) {
        snprintf(out, capacity, "%s=%s", v->name, ntpq_format_date(timestamp, now, text));
    } else if (strcmp(v->name, "leap") == 0 && number >= 0 && number <= 3) {
        snprintf(out, capacity, "leap=%d%d", (int)number / 2, (int)number % 2);
    } else if (strcmp(v->name, "reach") == 0 && number >= 0 && number <= 65535) {
        snprintf(out, capacity, "reach=%03o", (unsigned)number);
    } else if (strcmp(v->name, "flash") == 0 && number >= 0 && number <= 65535) {
        format_flash((unsigned)number, out, capacity);
    } else if (is_one_of(v->name, bare)) {
        snprintf(out, capacity, "%s=%s", v->name, v->value);
    } else if (isnan(number) || v->quoted) {
        snprintf(out, capacity, "%s=\"%s\"", v->name, v->value);
    } else if (strncmp(v->value, "0x", 2) == 0) {
        snprintf(out, capacity, "%s=%.0f", v->name, number);
    } else {
        snprintf(out, capacity, "%s=%s", v->name, v->value); /* with the digits it came with */
    }
}
