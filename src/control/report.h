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

/* A measurement as it stands now: the oscillator went on since, and was corrected. */
struct report_sample {
    double offset_s, delay_s, dispersion_s;
};

/* Of the newest measurements, as many as ntpd's clock filter has. */
#define REPORT_SAMPLES 8

struct report_source {
    /* report_start() */
    uint16_t slot; /* in the engine, below SOURCES_MAX: the same as long as the source lives */
    enum source_kind kind;
    enum source_status status;
    const struct source_spec *spec; /* as configured; valid until the engine's next input */
    struct address remote, local;   /* with ports; ADDRESS_NONE: not known yet */
    bool heard;                     /* stratum, refid, leap and root_* hold */
    bool bursting;
    uint8_t reach;
    uint32_t sent, received, missed, verdicts[REPLY_VERDICTS];
    enum reply_verdict last_verdict; /* of the last reply to a request */
    uint32_t key;                    /* 0: none */

    /* report_fill_source() */
    char name[SOURCE_NAME_MAX];
    char address[ADDRESS_TEXT_MAX]; /* "": not known yet */
    uint16_t port;
    const char *address_from; /* "configuration", "name-service", "last-run"; NULL: none yet */
    int poll;
    struct mono_time heard_at, next; /* the last reply, the next request */
    struct wall_time asked_at;       /* the last request; 0: none yet */
    char kiss[REPORT_REFID_MAX];     /* "": none */
    enum names_error lookup_error;   /* of the last look-up */
    int send_error;                  /* errno that the last request met; 0: none */
    uint32_t rejected;               /* replies since the last good one, ... */
    enum reply_verdict rejection;    /* and why the last of them */
    bool crypto_nak;

    /* the last valid packet */
    uint8_t stratum, leap, version, mode;
    int8_t server_poll, precision; /* log2 s */
    uint32_t refid_number;         /* 0: none yet */
    char refid[REPORT_REFID_MAX];
    struct wall_time reference_time; /* 0: never */
    double root_delay_s, root_dispersion_s;
    double turnaround_s;
    enum stamp receive_stamp, transmit_stamp; /* of the last valid packet and its request */
    bool interleaved;
    uint32_t kernel_sent, kernel_received;

    /* what was measured; NAN without a sample */
    unsigned samples;
    double last_sample_age_s, offset_s, offset_sd_s, delay_s, jitter_s, frequency, frequency_sd;
    double root_distance_s;
    struct sample last;         /* the newest; zero: none */
    double last_clock_offset_s; /* what it said of the clock when it came, ... */
    double last_offset_s;       /* and its present offset */
    double span_s, slope;       /* of the samples kept; core/filter.h */
    unsigned runs;              /* of samples on one side of the line through them */
    unsigned newest_count;      /* of newest[], newest first */
    struct report_sample newest[REPORT_SAMPLES];

    /* as chrony has it (wire/chrony_words.h), which looks at more than is here */
    char chrony_state;
    uint16_t chrony_tests; /* of the last reply */

    enum mac_algorithm key_algorithm; /* and bits of the key; 0: it has none, or an unknown one */
    uint16_t key_bits;

    double max_distance_s, max_jitter_s; /* the limits it was judged by */
    double combined_offset_s;            /* what all together say; to compare */

    /* report_fill() */
    enum report_source_code code;      /* why it has that status */
    unsigned others, others_answering; /* sources beside this one */
    bool rival;                        /* it is one of two that contradict each other */
    struct report_words words;
};

struct report_clock {
    bool synchronised;
    bool local; /* it serves its own time as a reference */
    enum discipline_state state;
    int selected; /* index in report.sources, -1: none */
    uint8_t stratum, leap;
    uint32_t refid_number;
    char refid[REPORT_REFID_MAX];
    struct wall_time reference_time; /* 0: never */
    double offset_s, offset_sd_s, error_bound_s, frequency, frequency_sd;
    double drift, drift_sd; /* the frequency in use, also where it is not known yet */
    struct engine_corrections corrections;
    double root_delay_s, root_dispersion_s, precision_s, refused_s;
    unsigned updates, steps, min_sources, selectable, used;
    double true_error_s;

    /* report_fill() */
    enum report_clock_code code;
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
    struct clock_status kernel;     /* state of the kernel's clock */
    double max_rate;                /* the largest that the clock can be set to */
};

struct report {
    struct report_input input;
    struct report_clock clock;
    unsigned spec_count; /* lines of the configuration that name sources */
    unsigned source_count;
    struct report_source sources[SOURCES_MAX];
    struct client clients[REPORT_CLIENTS_MAX]; /* room to list them; nothing here fills it */
};

/* A report is filled as far as the answer needs it; what is not filled is left as it was.
 * report_start() first: the sources that there are, with what costs nothing. */
void report_start(struct report *report, const struct report_input *input);

/* The clock, without code and words; sources[index], index < source_count, likewise. */
void report_fill_clock(struct report *report);
void report_fill_source(struct report *report, unsigned index);

/* Everything, with codes and words, which each need all sources. */
void report_fill(struct report *report, const struct report_input *input);

/* Do all sources that are wanted have one and the same reason, which then is the clock's, or does
 * one of them tell of all? */
bool report_common_code(const struct report *report, enum report_clock_code *out);

/* A reference id as people read it: letters for stratum 0 and 1, else a dotted quad. */
const char *report_refid(uint32_t refid, uint8_t stratum, char text[REPORT_REFID_MAX]);

#endif
