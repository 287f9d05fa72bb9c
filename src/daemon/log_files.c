/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of measurements on disk. The state here belongs to the process that writes: how many lines
 * each file got, for the headings, and which failures were reported. */
#include "daemon/log_files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/columns_chrony.h"
#include "daemon/log.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/process.h"

#define PATH_ROOM (CONFIG_PATH_MAX + STATISTICS_NAME_MAX + 32)
#define TEXT_ROOM (LOG_RECORD_MAX + 512) /* with a heading */
#define DAY_S 86400
/* How often a full disk is reported. */
#define COMPLAINT_S 3600.0

static struct {
    unsigned lines[STATISTICS_KINDS];
    char linked[STATISTICS_KINDS][PATH_ROOM]; /* the file that the bare name is a link to */
    struct mono_time started;                 /* when the first line came */
    bool running;
    struct mono_time next_complaint;
    unsigned long lost;
} state;

/* What the rotation adds to the name. */
static void suffix(enum statistics_rotation rotation, struct wall_time at, double uptime_s,
                   long pid, char out[32])
{
    time_t seconds = (time_t)(at.ns / NS_PER_S);
    struct tm tm;

    out[0] = '\0';
    if (!gmtime_r(&seconds, &tm)) {
        return;
    }
    switch (rotation) {
    case ROTATION_NONE: break;
    case ROTATION_PID: snprintf(out, 32, ".%ld", pid); break;
    case ROTATION_DAY: strftime(out, 32, ".%Y%m%d", &tm); break;
    case ROTATION_WEEK: snprintf(out, 32, ".%04dw%02d", tm.tm_year + 1900, tm.tm_yday / 7); break;
    case ROTATION_MONTH: strftime(out, 32, ".%Y%m", &tm); break;
    case ROTATION_YEAR: strftime(out, 32, ".%Y", &tm); break;
    case ROTATION_AGE: snprintf(out, 32, ".a%08" PRId64, (int64_t)uptime_s / DAY_S * DAY_S); break;
    }
}

/* `tail` after the name: "" for the link. */
static bool join(const struct config *config, enum statistics_kind kind, const char *tail,
                 char *out, size_t capacity)
{
    size_t length = strlen(config->log_directory);
    const char *slash = length > 0 && config->log_directory[length - 1] == '/' ? "" : "/";
    int n = snprintf(out, capacity, "%s%s%s%s", config->log_directory, slash,
                     config->statistics[kind].name, tail);

    return n > 0 && (size_t)n < capacity;
}

bool log_files_name(const struct config *config, enum statistics_kind kind, struct wall_time at,
                    double uptime_s, long pid, char *out, size_t capacity)
{
    char tail[32];

    suffix(config->statistics[kind].rotation, at, uptime_s, pid, tail);
    return join(config, kind, tail, out, capacity);
}

static void complain(const char *path, int error)
{
    struct mono_time now = clock_now().mono;

    state.lost++;
    if (now.ns < state.next_complaint.ns) {
        return;
    }
    log_line(LEVEL_WARNING, "statistics-not-written file=%s lines=%lu text=\"%s\"", path,
             state.lost, strerror(-error));
    state.next_complaint = mono_after(now, COMPLAINT_S);
    state.lost = 0;
}

/* The bare name leads to the present file, as long as that lasts. */
static void link_name(const struct config *config, enum statistics_kind kind, const char *path)
{
    char name[PATH_ROOM], aside[PATH_ROOM], tail[32];
    int error;

    if (!config->statistics[kind].link || config->statistics[kind].rotation == ROTATION_NONE ||
        strcmp(state.linked[kind], path) == 0) {
        return;
    }
    snprintf(tail, sizeof tail, ".C%ld", process_id());
    if (!join(config, kind, "", name, sizeof name) ||
        !join(config, kind, tail, aside, sizeof aside)) {
        return;
    }
    error = file_link(path, name, aside);
    if (error < 0) {
        complain(name, error);
    }
    snprintf(state.linked[kind], sizeof state.linked[kind], "%s", path);
}

/* The line as it goes to the file, with a heading where one is due; its length. */
static size_t compose(const struct log_record *r, bool heading, char out[TEXT_ROOM])
{
    const char *words = columns_chrony_heading((enum statistics_kind)r->kind);
    char rule[256];
    size_t width = words ? strlen(words) : 0;
    int n;

    if (!heading || width >= sizeof rule) {
        n = snprintf(out, TEXT_ROOM, "%s\n", r->text);
    } else {
        memset(rule, '=', width);
        rule[width] = '\0';
        n = snprintf(out, TEXT_ROOM, "%s\n%s\n%s\n%s\n", rule, words, rule, r->text);
    }
    return n > 0 ? (size_t)n : 0;
}

/* Only what a line may have: the sender could have been taken over. */
static bool is_sound(const struct log_record *r)
{
    size_t length = strnlen(r->text, sizeof r->text);

    if (r->kind >= STATISTICS_KINDS || length == 0 || length == sizeof r->text) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (r->text[i] < ' ' || r->text[i] > '~') {
            return false;
        }
    }
    return true;
}

/* chronyd makes its folder, ntpd wants one to be there. */
static int append_line(const struct config *config, enum statistics_kind kind, const char *path,
                       const char *text, size_t length)
{
    size_t before;
    int error = file_append(path, text, length, 0644, &before);

    if (error == -ENOENT && !statistics_is_ntp(kind)) {
        int made = file_make_directory(config->log_directory, 0755, NULL);

        if (made == 0) {
            return file_append(path, text, length, 0644, &before);
        }
        if (made != -EEXIST) { /* a link to nowhere: what is missing is what it leads to */
            error = made;      /* why there is none */
        }
    }
    return error;
}

void log_files_append(const struct config *config, const struct log_record *record)
{
    enum statistics_kind kind = (enum statistics_kind)record->kind;
    struct mono_time now = clock_now().mono;
    char path[PATH_ROOM], text[TEXT_ROOM];
    size_t length;
    bool heading;
    int error;

    if (!config || !is_sound(record) || !config->statistics[kind].on ||
        config->log_directory[0] == '\0') {
        return;
    }
    if (!state.running) {
        state.running = true;
        state.started = now;
    }
    if (!log_files_name(config, kind, record->at, s_from_ns(now.ns - state.started.ns),
                        process_id(), path, sizeof path)) {
        complain(config->log_directory, -ENAMETOOLONG);
        return;
    }
    heading = config->log_banner > 0 && columns_chrony_heading(kind) &&
              state.lines[kind] % config->log_banner == 0;
    length = compose(record, heading, text);
    error = append_line(config, kind, path, text, length);
    if (error < 0) {
        complain(path, error);
        return;
    }
    state.lines[kind]++;
    link_name(config, kind, path);
}
