/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon knows, as plain data: filled from the engine in one place, written by
 * report_json.c, explained in words by explain.c. Units as in doc/control.md; NAN = not known. */
#ifndef TOKI_CONTROL_REPORT_H
#define TOKI_CONTROL_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "core/clients.h"
#include "core/engine.h"
#include "core/respond.h"

#define REPORT_REFID_MAX 20
#define REPORT_SENTENCE_MAX 512
#define REPORT_CLIENTS_MAX 500

/* Why the clock is, or is not, synchronised. The sentences are in explain.c. */
enum report_clock_code {
    CLOCK_SYNCHRONISED,
    CLOCK_MEASURING, /* the time is known, but the clock is not ours to set */
    CLOCK_LOCAL,     /* serves its own clock as a reference */
    CLOCK_HOLDOVER,
    CLOCK_STEP_WAITING, /* a large offset has to last before it is believed */
    CLOCK_PANICKED,
    CLOCK_NO_SOURCES,
    CLOCK_UNRESOLVED, /* no source has an address */
    CLOCK_NO_REPLIES, /* no source answers */
    CLOCK_DISAGREEMENT,
    CLOCK_TOO_FEW,  /* fewer selectable sources than minsources */
    CLOCK_UNUSABLE, /* they answer, and none is good enough */
    CLOCK_STARTING,
    CLOCK_CODES
};

const char *report_clock_code_name(enum report_clock_code code);

struct report_source {
    char name[SOURCE_NAME_MAX];
    char address[ADDRESS_TEXT_MAX]; /* "": not known yet */
    uint16_t port;
    enum source_kind kind;
    enum source_status status;
    bool heard; /* stratum, refid, leap and root_* hold */
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
    char sentence[REPORT_SENTENCE_MAX];
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
    char sentence[REPORT_SENTENCE_MAX];
};

struct report_server {
    bool open;
    unsigned port, workers;
    uint64_t received, answered, counters[RESPOND_VERDICTS];
};

/* What only the daemon knows. */
struct report_input {
    const struct engine *engine;
    struct instant now;
    double uptime_s, true_error_s;
    long pid;
    const char *config_file, *language, *driver;
    const struct config *config;   /* in force; NULL: not told */
    const struct clients *clients; /* who asked us; NULL: not known */
    struct report_server server;
};

struct report {
    struct report_input input;
    struct report_clock clock;
    unsigned source_count;
    struct report_source sources[SOURCES_MAX];
    struct client clients[REPORT_CLIENTS_MAX]; /* room to list them; report_fill() leaves it */
};

void report_fill(struct report *report, const struct report_input *input);

/* A reference id as people read it: letters for stratum 0 and 1, else a dotted quad. */
const char *report_refid(uint32_t refid, uint8_t stratum, char text[REPORT_REFID_MAX]);

#endif
