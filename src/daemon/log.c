/* SPDX-License-Identifier: BSD-2-Clause */
/* Events -> words: row_of() says how loud each is and what its value means. Names that came from a
 * configuration are cleaned before they are printed. */
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

/* How loud an event is, and what its value means. */
struct row {
    enum log_level level;
    enum value_kind kind;
    const char *key;
};

static struct row row_of(enum event_type type)
{
    switch (type) {
    case EVENT_SOURCE_REACHABLE: return (struct row){LEVEL_INFO, VALUE_NONE, ""};
    case EVENT_SOURCE_UNREACHABLE: return (struct row){LEVEL_WARNING, VALUE_COUNT, "requests"};
    case EVENT_SOURCE_SELECTED: return (struct row){LEVEL_NOTICE, VALUE_SECONDS, "offset_s"};
    case EVENT_SOURCE_FALSETICKER:
        return (struct row){LEVEL_WARNING, VALUE_SECONDS, "from_majority_s"};
    case EVENT_SOURCE_KISS: return (struct row){LEVEL_WARNING, VALUE_REFID, "code"};
    case EVENT_SOURCE_ADDED: return (struct row){LEVEL_INFO, VALUE_NONE, ""};
    case EVENT_SOURCE_REMOVED: return (struct row){LEVEL_INFO, VALUE_NONE, ""};
    case EVENT_SOURCE_LOOP: return (struct row){LEVEL_WARNING, VALUE_NONE, ""};
    case EVENT_SYNCHRONISED: return (struct row){LEVEL_NOTICE, VALUE_SECONDS, "offset_s"};
    case EVENT_UNSYNCHRONISED: return (struct row){LEVEL_WARNING, VALUE_NONE, ""};
    case EVENT_NO_MAJORITY: return (struct row){LEVEL_WARNING, VALUE_COUNT, "sources"};
    case EVENT_CLOCK_STEPPED: return (struct row){LEVEL_NOTICE, VALUE_SECONDS, "step_s"};
    case EVENT_CLOCK_CORRECTION: return (struct row){LEVEL_NOTICE, VALUE_SECONDS, "offset_s"};
    case EVENT_CLOCK_STEP_SEEN: return (struct row){LEVEL_WARNING, VALUE_SECONDS, "step_s"};
    case EVENT_CLOCK_PANIC: return (struct row){LEVEL_ERROR, VALUE_SECONDS, "refused_s"};
    case EVENT_CLOCK_FAILED: return (struct row){LEVEL_ERROR, VALUE_ERRNO, "error"};
    case EVENT_HOLDOVER: return (struct row){LEVEL_WARNING, VALUE_NONE, ""};
    case EVENT_LEAP_ARMED: return (struct row){LEVEL_NOTICE, VALUE_SIGN, "leap"};
    case EVENT_LEAP_DONE: return (struct row){LEVEL_NOTICE, VALUE_SIGN, "leap"};
    case EVENT_SOURCE_REPLACED: return (struct row){LEVEL_NOTICE, VALUE_NONE, ""};
    case EVENT_SOURCE_REMEMBERED: return (struct row){LEVEL_WARNING, VALUE_NONE, ""};
    case EVENT_SOURCE_UNRESOLVED: return (struct row){LEVEL_WARNING, VALUE_NONE, ""};
    case EVENT_TYPES: break;
    }
    return (struct row){LEVEL_ERROR, VALUE_NONE, ""};
}

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
    setvbuf(opened, NULL, _IOLBF,
            2 * LINE_MAX_LENGTH); /* whole lines, also when others write to it */
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

static int priority_of(enum log_level level)
{
    switch (level) {
    case LEVEL_ERROR: return LOG_ERR;
    case LEVEL_WARNING: return LOG_WARNING;
    case LEVEL_NOTICE: return LOG_NOTICE;
    case LEVEL_INFO: break;
    }
    return LOG_INFO;
}

static void write_line(enum log_level level, const char *line)
{
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
        syslog(priority_of(level), "%s", line);
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
    const struct row row = row_of(event->type);
    const char *key = row.key;
    char letters[5];

    switch (row.kind) {
    case VALUE_SECONDS: snprintf(out, capacity, " %s=%+.9f", key, event->value); break;
    case VALUE_COUNT: snprintf(out, capacity, " %s=%.0f", key, event->value); break;
    case VALUE_SIGN: snprintf(out, capacity, " %s=%+.0f", key, event->value); break;
    case VALUE_ERRNO:
        snprintf(out, capacity, " %s=%.0f text=\"%s\"", key, event->value,
                 strerror((int)event->value));
        break;
    case VALUE_REFID:
        refid_letters(event->value, letters);
        snprintf(out, capacity, " %s=%s", key, letters);
        break;
    case VALUE_NONE: out[0] = '\0'; break;
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
    write_line(row_of(event->type).level, line);
}
