/* SPDX-License-Identifier: BSD-2-Clause */
/* Effects and events turned into lines of the log files that are enabled. */
#include "daemon/statistics.h"

#include "daemon/columns_chrony.h"
#include "daemon/columns_ntp.h"
#include "daemon/log.h"
#include "daemon/parent.h"
#include "os/clock.h"

static bool is_on(const struct loop *loop, enum statistics_kind kind)
{
    const struct config *config = loop->setup.config;

    return config->statistics[kind].on && !config->statistics_disabled &&
           config->log_directory[0] != '\0';
}

/* Lost lines are reported when the parent has time again. */
static void give(struct loop *loop, enum statistics_kind kind, struct wall_time at, size_t length,
                 struct log_record *record)
{
    if (length == 0) {
        return;
    }
    record->kind = (uint32_t)kind;
    record->at = at;
    if (!parent_record(loop->setup.parent, loop->setup.config, record)) {
        loop->records_lost++;
    } else if (loop->records_lost > 0) {
        log_line(LEVEL_WARNING, "statistics-lost lines=%llu text=\"the disk is too slow\"",
                 (unsigned long long)loop->records_lost);
        loop->records_lost = 0;
    }
}

/* `CALL` fills record.text, and gives the length. */
#define GIVE(loop, kind, at, CALL)                                                                 \
    do {                                                                                           \
        if (is_on(loop, kind)) {                                                                   \
            struct log_record record = {0};                                                        \
                                                                                                   \
            give(loop, kind, at, CALL, &record);                                                   \
        }                                                                                          \
    } while (0)
#define ROOM record.text, sizeof record.text

void statistics_measured(struct loop *loop, const struct effect_measured *m)
{
    const struct engine *e = &loop->engine;
    bool raw = loop->setup.config->log_raw_measurements;

    GIVE(loop, STATISTICS_MEASUREMENTS, m->at.wall, columns_chrony_measurements(e, m, raw, ROOM));
    GIVE(loop, STATISTICS_STATISTICS, m->at.wall, columns_chrony_statistics(e, m, ROOM));
    GIVE(loop, STATISTICS_REFCLOCKS, m->at.wall, columns_chrony_refclocks(e, m, ROOM));
    GIVE(loop, STATISTICS_PEERSTATS, m->at.wall, columns_ntp_peerstats(e, m, ROOM));
    GIVE(loop, STATISTICS_RAWSTATS, m->at.wall, columns_ntp_rawstats(e, m, ROOM));
    GIVE(loop, STATISTICS_CLOCKSTATS, m->at.wall, columns_ntp_clockstats(e, m, ROOM));
    for (uint16_t i = 0; m->verdict == REPLY_ACCEPTED && i < SOURCES_MAX; i++) {
        GIVE(loop, STATISTICS_SELECTION, m->at.wall, columns_chrony_selection(e, m->at, i, ROOM));
    }
}

void statistics_updated(struct loop *loop, const struct effect_updated *u)
{
    const struct engine *e = &loop->engine;

    GIVE(loop, STATISTICS_TRACKING, u->at.wall, columns_chrony_tracking(e, u->at, u, ROOM));
    GIVE(loop, STATISTICS_LOOPSTATS, u->at.wall, columns_ntp_loopstats(e, u, ROOM));
}

void statistics_event(struct loop *loop, const struct event *event)
{
    const struct engine *e = &loop->engine;
    struct instant now = clock_now();

    if (event->type == EVENT_UNSYNCHRONISED) {
        GIVE(loop, STATISTICS_TRACKING, now.wall, columns_chrony_tracking(e, now, NULL, ROOM));
    }
    GIVE(loop, STATISTICS_PROTOSTATS, now.wall, columns_ntp_protostats(e, event, now.wall, ROOM));
}

static uint64_t since(const struct report_server *total, const struct report_server *before,
                      enum respond_verdict verdict)
{
    return total->counters[verdict] - before->counters[verdict];
}

void statistics_served(struct loop *loop, const struct report_server *total, struct instant now)
{
    const struct report_server *before = &loop->served;
    struct columns_ntp_served served;

    if (loop->next_served.ns > now.mono.ns) {
        return;
    }
    served = (struct columns_ntp_served){
        .seconds = STATISTICS_SERVED_S,
        .received = total->received - before->received,
        .processed = since(total, before, RESPOND_ANSWERED) + since(total, before, RESPOND_KISS),
        .old_version = total->old_version - before->old_version,
        .denied = since(total, before, RESPOND_DROPPED_ACCESS),
        .bad_length = since(total, before, RESPOND_DROPPED_SHORT) +
                      since(total, before, RESPOND_DROPPED_FORMAT),
        .bad_authentication = since(total, before, RESPOND_DROPPED_AUTH),
        .declined = since(total, before, RESPOND_DROPPED_MODE) +
                    since(total, before, RESPOND_DROPPED_SOURCE),
        .limited = since(total, before, RESPOND_DROPPED_RATE),
        .kisses = since(total, before, RESPOND_KISS)};
    served.current_version = served.received - served.old_version - served.bad_length;
    loop->next_served = mono_after(now.mono, STATISTICS_SERVED_S);
    loop->served = *total;
    GIVE(loop, STATISTICS_SYSSTATS, now.wall, columns_ntp_sysstats(&served, now.wall, ROOM));
}
