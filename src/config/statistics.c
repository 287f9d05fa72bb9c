/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and defaults of the files of measurements; see the header. */
#include "config/statistics.h"

#include <stdio.h>
#include <string.h>

const char *statistics_name(enum statistics_kind kind)
{
#define STATISTICS_TEXT(id, name) [id] = name,
    static const char *const names[STATISTICS_KINDS] = {STATISTICS_LIST(STATISTICS_TEXT)};
#undef STATISTICS_TEXT

    return names[kind];
}

const char *statistics_rotation_name(enum statistics_rotation rotation)
{
    static const char *const names[] = {
        [ROTATION_NONE] = "none", [ROTATION_PID] = "pid",     [ROTATION_DAY] = "day",
        [ROTATION_WEEK] = "week", [ROTATION_MONTH] = "month", [ROTATION_YEAR] = "year",
        [ROTATION_AGE] = "age"};

    return names[rotation];
}

bool statistics_is_ntp(enum statistics_kind kind)
{
    return kind >= STATISTICS_LOOPSTATS;
}

void statistics_default(struct statistics_file files[STATISTICS_KINDS])
{
    memset(files, 0, STATISTICS_KINDS * sizeof *files);
    for (enum statistics_kind kind = 0; kind < STATISTICS_KINDS; kind++) {
        bool ntp = statistics_is_ntp(kind);

        snprintf(files[kind].name, sizeof files[kind].name, "%s%s", statistics_name(kind),
                 ntp ? "" : ".log");
        files[kind].rotation = ntp ? ROTATION_DAY : ROTATION_NONE;
        files[kind].link = ntp;
    }
}

void statistics_describe(struct statistics_file *file)
{
    memset(file->description, 0, sizeof file->description);
    if (file->on && file->rotation == ROTATION_NONE) {
        snprintf(file->description, sizeof file->description, "%s", file->name);
    } else if (file->on) {
        snprintf(file->description, sizeof file->description, "%s, by %s%s", file->name,
                 statistics_rotation_name(file->rotation), file->link ? ", linked" : "");
    }
}
