/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon knows, as plain data: filled from the engine in one place, written by
 * report_json.c, explained in words by explain.c. Units as in doc/control.md; NAN = not known. */
#ifndef TOKI_CONTROL_REPORT_H
#define TOKI_CONTROL_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "control/reasons.h"
#include "core/clients.h"
#include "core/engine.h"
#include "core/history.h"
#include "core/respond.h"
#include "os/clock.h"
#include "os/names.h"

#define REPORT_REFID_MAX 20
#define REPORT_CLIENTS_MAX 500
#define REPORT_CAUSE_MAX 448
#define REPORT_REMEDY_MAX 448
#define REPORT_SENTENCE_MAX (REPORT_CAUSE_MAX + REPORT_REMEDY_MAX)

/* In words, of the table of control/reasons.h. */
struct report_words {
    char cause[REPORT_CAUSE_MAX], remedy[REPORT_REMEDY_MAX]; /* remedy "": none is needed */
    char sentence[REPORT_SENTENCE_MAX];                      /* both */
};

struct report_source {
    uint16_t slot; /* in engine.sources */
    char name[SOURCE_NAME_MAX];
    char address[ADDRESS_TEXT_MAX]; /* "": not known yet */
    uint16_t port;
    enum source_kind kind;
    enum source_status status;
    enum report_source_code code; /* why it has that status */
    bool heard;                   /* stratum, refid, leap and root_* hold */
    uint8_t stratum, leap;
    char refid[REPORT_REFID_MAX];
    char kiss[REPORT_REFID_MAX]; /* "": none */
    int poll;
    uint8_t reach;
    uint32_t sent, received, missed, verdicts[REPLY_VERDICTS];
    double last_sample_age_s, offset_s, offset_sd_s, delay_s, jitter_s, frequency;
    double root_delay_s, root_dispersion_s, root_distance_s;
    unsigned samples;
    bool kernel_stamps, interleaved;
    const char *address_from; /* "configuration", "name-service", "last-run"; NULL: none yet */
    double max_distance_s, max_jitter_s; /* the limits it was judged by */
    double combined_offset_s;            /* what all together say; to compare */
    enum names_error lookup_error;       /* of the last look-up */
    int send_error;                      /* errno that the last request met; 0: none */
    uint32_t rejected;                   /* replies since the last good one, ... */
    enum reply_verdict rejection;        /* and why the last of them */
    bool crypto_nak;
    uint32_t key;                      /* 0: none */
    unsigned others, others_answering; /* sources beside this one */
    bool rival;                        /* it is one of two that contradict each other */
    struct report_words words;
};

struct report_clock {
    bool synchronised;
    enum report_clock_code code;
    enum discipline_state state;
    int selected; /* index in report.sources, -1: none */
    uint8_t stratum, leap;
    char refid[REPORT_REFID_MAX];
    struct wall_time reference_time; /* 0: never */
    double offset_s, offset_sd_s, error_bound_s, frequency, frequency_sd;
    double root_delay_s, root_dispersion_s, precision_s, refused_s;
    unsigned updates, steps, min_sources, selectable, used;
    double true_error_s;
    struct report_words words;
};

struct report_server {
    uint64_t old_version; /* requests of versions before 4 */
    bool open;
    unsigned port, workers;
    uint64_t received, answered, send_errors, counters[RESPOND_VERDICTS];
    uint64_t authenticated, kernel_stamps; /* answers with a MAC; requests stamped by the kernel */
    uint64_t versions[8], old_modes[8];    /* requests by version; those of version 1 by mode */
};

/* What only the daemon knows. */
struct report_input {
    const struct engine *engine;
    struct instant now;
    double uptime_s, true_error_s;
    long pid;
    const char *config_file, *language, *driver;
    const struct config *config;   /* in force; NULL: not told */
    const struct history *history; /* what the clock was like; NULL: not kept */
    const struct clients *clients; /* who asked us; NULL: not known */
    struct report_server server;
    uint64_t wakeups, good_wakeups; /* rounds of the loop, and those in which something was ready */
    struct clock_status kernel;     /* what the kernel says of its clock */
    double max_rate;                /* the largest that the clock can be set to */
};

struct report {
    struct report_input input;
    struct report_clock clock;
    unsigned source_count;
    struct report_source sources[SOURCES_MAX];
    struct client clients[REPORT_CLIENTS_MAX]; /* room to list them; report_fill() leaves it */
};

void report_fill(struct report *report, const struct report_input *input);

/* Do all sources that are wanted have one and the same reason, which then is the clock's, or does
 * one of them tell of all? */
bool report_common_code(const struct report *report, enum report_clock_code *out);

/* A reference id as people read it: letters for stratum 0 and 1, else a dotted quad. */
const char *report_refid(uint32_t refid, uint8_t stratum, char text[REPORT_REFID_MAX]);

#endif
