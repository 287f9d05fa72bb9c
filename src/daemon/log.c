/* SPDX-License-Identifier: BSD-2-Clause */
/* Events -> words; see the header. The table below has one row for each event: how loud, and what
 * its value means. Names that came from a configuration are cleaned before they are printed. */
#include "daemon/log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "os/clock.h"

#define LINE_MAX_LENGTH 600
/* Lines of one type that may come at once, and how fast they are earned back. */
#define TYPE_BURST 20.0
#define TYPE_PER_S 0.2

enum value_kind { VALUE_NONE, VALUE_SECONDS, VALUE_COUNT, VALUE_REFID, VALUE_SIGN, VALUE_ERRNO };

static const struct {
    enum log_level level;
    enum value_kind kind;
    const char *key;
} rows[EVENT_TYPES] = {
    [EVENT_SOURCE_REACHABLE] = {LEVEL_INFO, VALUE_NONE, ""},
    [EVENT_SOURCE_UNREACHABLE] = {LEVEL_WARNING, VALUE_COUNT, "requests"},
    [EVENT_SOURCE_SELECTED] = {LEVEL_NOTICE, VALUE_SECONDS, "offset_s"},
    [EVENT_SOURCE_FALSETICKER] = {LEVEL_WARNING, VALUE_SECONDS, "from_majority_s"},
    [EVENT_SOURCE_KISS] = {LEVEL_WARNING, VALUE_REFID, "code"},
    [EVENT_SOURCE_ADDED] = {LEVEL_INFO, VALUE_NONE, ""},
    [EVENT_SOURCE_REMOVED] = {LEVEL_INFO, VALUE_NONE, ""},
    [EVENT_SOURCE_LOOP] = {LEVEL_WARNING, VALUE_NONE, ""},
    [EVENT_SYNCHRONISED] = {LEVEL_NOTICE, VALUE_SECONDS, "offset_s"},
    [EVENT_UNSYNCHRONISED] = {LEVEL_WARNING, VALUE_NONE, ""},
    [EVENT_NO_MAJORITY] = {LEVEL_WARNING, VALUE_COUNT, "sources"},
    [EVENT_CLOCK_STEPPED] = {LEVEL_NOTICE, VALUE_SECONDS, "step_s"},
    [EVENT_CLOCK_CORRECTION] = {LEVEL_NOTICE, VALUE_SECONDS, "offset_s"},
    [EVENT_CLOCK_STEP_SEEN] = {LEVEL_WARNING, VALUE_SECONDS, "step_s"},
    [EVENT_CLOCK_PANIC] = {LEVEL_ERROR, VALUE_SECONDS, "refused_s"},
    [EVENT_CLOCK_FAILED] = {LEVEL_ERROR, VALUE_ERRNO, "error"},
    [EVENT_HOLDOVER] = {LEVEL_WARNING, VALUE_NONE, ""},
    [EVENT_LEAP_ARMED] = {LEVEL_NOTICE, VALUE_SIGN, "leap"},
    [EVENT_LEAP_DONE] = {LEVEL_NOTICE, VALUE_SIGN, "leap"},
    [EVENT_SOURCE_REPLACED] = {LEVEL_NOTICE, VALUE_NONE, ""},
    [EVENT_SOURCE_REMEMBERED] = {LEVEL_WARNING, VALUE_NONE, ""},
    [EVENT_SOURCE_UNRESOLVED] = {LEVEL_WARNING, VALUE_NONE, ""},
};

static enum { TO_NOBODY, TO_STDERR, TO_SYSTEM } target = TO_NOBODY;
static FILE *file; /* logfile of the configuration */
static enum log_level quietest = LEVEL_INFO;
static struct {
    double spent;
    struct mono_time at;
    unsigned long suppressed;
} limits[EVENT_TYPES];

void log_open(bool to_stderr, enum log_level least)
{
    quietest = least;
    target = to_stderr ? TO_STDERR : TO_SYSTEM;
    if (!to_stderr) {
        openlog("tokid", LOG_PID | LOG_NDELAY, LOG_DAEMON);
    }
}

bool log_to_file(const char *path)
{
    FILE *opened = fopen(path, "ae");

    if (!opened) {
        return false;
    }
    setvbuf(opened, NULL, _IOLBF, 2 * LINE_MAX_LENGTH); /* whole lines, whoever else writes */
    if (file) {
        fclose(file);
    }
    file = opened;
    return true;
}

/* Now, UTC. */
static void write_date(char *out, size_t capacity)
{
    time_t seconds = (time_t)(clock_now().wall.ns / NS_PER_S);
    struct tm tm;

    if (!gmtime_r(&seconds, &tm) || strftime(out, capacity, "%Y-%m-%dT%H:%M:%SZ ", &tm) == 0) {
        out[0] = '\0';
    }
}

static void write_line(enum log_level level, const char *line)
{
    static const int priorities[] = {[LEVEL_ERROR] = LOG_ERR,
                                     [LEVEL_WARNING] = LOG_WARNING,
                                     [LEVEL_NOTICE] = LOG_NOTICE,
                                     [LEVEL_INFO] = LOG_INFO};
    char date[32];

    if (level > quietest) {
        return;
    }
    write_date(date, sizeof date);
    if (file) {
        fprintf(file, "%stokid: %s\n", date, line);
    }
    if (target == TO_STDERR) {
        fprintf(stderr, "%stokid: %s\n", date, line);
    } else if (!file) {
        syslog(priorities[level], "%s", line);
    }
}

void log_line(enum log_level level, const char *format, ...)
{
    char line[LINE_MAX_LENGTH];
    va_list arguments;

    if (target == TO_NOBODY) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    write_line(level, line);
}

/* Letters of a kiss code, as they come from the network: only printable ones pass. */
static void refid_letters(double value, char out[5])
{
    uint32_t code = value > 0 && value < 4294967296.0 ? (uint32_t)value : 0;

    for (int i = 0; i < 4; i++) {
        char c = (char)(code >> (24 - 8 * i) & 0x7f);

        out[i] = c > ' ' && c < 0x7f ? c : '.';
    }
    out[4] = '\0';
}

static void value_text(const struct event *event, char *out, size_t capacity)
{
    const char *key = rows[event->type].key;
    char letters[5];

    switch (rows[event->type].kind) {
    case VALUE_SECONDS:
        snprintf(out, capacity, " %s=%+.9f", key, event->value);
        break;
    case VALUE_COUNT:
        snprintf(out, capacity, " %s=%.0f", key, event->value);
        break;
    case VALUE_SIGN:
        snprintf(out, capacity, " %s=%+.0f", key, event->value);
        break;
    case VALUE_ERRNO:
        snprintf(out, capacity, " %s=%.0f text=\"%s\"", key, event->value,
                 strerror((int)event->value));
        break;
    case VALUE_REFID:
        refid_letters(event->value, letters);
        snprintf(out, capacity, " %s=%s", key, letters);
        break;
    case VALUE_NONE:
        out[0] = '\0';
        break;
    }
}

size_t log_format_event(const struct engine *engine, const struct event *event, char *out,
                        size_t capacity)
{
    char value[128], source[SOURCE_NAME_MAX + ADDRESS_TEXT_MAX + 32] = "",
                                                                 address[ADDRESS_TEXT_MAX];
    int length;

    value_text(event, value, sizeof value);
    if (event->source < SOURCES_MAX) {
        const struct source *s = &engine->sources[event->source];

        snprintf(source, sizeof source, " source=%s address=%s", s->config.name,
                 s->address.family ? address_format_port(&s->address, address) : "-");
    }
    length = snprintf(out, capacity, "%s%s%s", event_name(event->type), source, value);
    return length < 0 ? 0 : (size_t)length < capacity ? (size_t)length : capacity - 1;
}

void log_event(const struct engine *engine, const struct event *event, struct instant now)
{
    char line[LINE_MAX_LENGTH];
    size_t length;

    if (target == TO_NOBODY) {
        return;
    }
    assert(event->type < EVENT_TYPES);
    limits[event->type].spent -=
        s_from_ns(ns_subtract(now.mono.ns, limits[event->type].at.ns)) * TYPE_PER_S;
    limits[event->type].spent = limits[event->type].spent < 0 ? 0 : limits[event->type].spent;
    limits[event->type].at = now.mono;
    if (limits[event->type].spent > TYPE_BURST - 1) {
        limits[event->type].suppressed++;
        return;
    }
    limits[event->type].spent += 1;
    length = log_format_event(engine, event, line, sizeof line);
    if (limits[event->type].suppressed) {
        snprintf(line + length, sizeof line - length, " suppressed_before=%lu",
                 limits[event->type].suppressed);
        limits[event->type].suppressed = 0;
    }
    write_line(rows[event->type].level, line);
}
