/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports as JSON: the schema of doc/control.md, member by member and in its order. */
#include "control/report_json.h"

#include <math.h>

#include "toki_build.h"

#define PPM 1e6

const char *report_tally(enum source_status status)
{
    static const char *const tallies[SOURCE_STATUSES] = {[SOURCE_SELECTED] = "*",
                                                         [SOURCE_COMBINED] = "+",
                                                         [SOURCE_OUTLYING] = "-",
                                                         [SOURCE_FALSETICKER] = "x"};

    return status < SOURCE_STATUSES && tallies[status] ? tallies[status] : " ";
}

const char *report_leap_name(uint8_t leap)
{
    static const char *const names[] = {[LEAP_NONE] = "none",
                                        [LEAP_INSERT] = "insert",
                                        [LEAP_DELETE] = "delete",
                                        [LEAP_UNSYNCHRONISED] = "unsynchronised"};

    return names[leap & 3];
}

const char *report_kind_name(enum source_kind kind)
{
    static const char *const names[] = {[SOURCE_SERVER] = "server",
                                        [SOURCE_POOL] = "pool",
                                        [SOURCE_PEER] = "peer",
                                        [SOURCE_REFCLOCK] = "refclock"};

    return kind <= SOURCE_REFCLOCK ? names[kind] : "unknown";
}

static void open_document(struct json *j, const char *command)
{
    json_open_object(j, NULL);
    json_integer(j, "version", REPORT_JSON_VERSION);
    json_string(j, "command", command);
}

static void write_source(struct json *j, const struct report_source *s)
{
    json_open_object(j, NULL);
    json_string(j, "name", s->name);
    json_string(j, "address", s->address[0] ? s->address : NULL);
    json_integer(j, "port", s->port);
    json_string(j, "kind", report_kind_name(s->kind));
    json_string(j, "status", source_status_name(s->status));
    json_string(j, "tally", report_tally(s->status));
    json_string(j, "sentence", s->sentence);
    if (s->heard) {
        json_integer(j, "stratum", s->stratum);
    } else {
        json_null(j, "stratum");
    }
    json_string(j, "refid", s->heard ? s->refid : NULL);
    json_string(j, "leap", s->heard ? report_leap_name(s->leap) : NULL);
    json_integer(j, "poll", s->poll);
    json_integer(j, "reach", s->reach);
    json_integer(j, "sent", s->sent);
    json_integer(j, "received", s->received);
    json_integer(j, "missed", s->missed);
    json_number(j, "last_sample_age_s", s->last_sample_age_s);
    json_number(j, "offset_s", s->offset_s);
    json_number(j, "offset_sd_s", s->offset_sd_s);
    json_number(j, "delay_s", s->delay_s);
    json_number(j, "jitter_s", s->jitter_s);
    json_number(j, "frequency_ppm", s->frequency * PPM);
    json_number(j, "root_delay_s", s->root_delay_s);
    json_number(j, "root_dispersion_s", s->root_dispersion_s);
    json_number(j, "root_distance_s", s->root_distance_s);
    json_integer(j, "samples", s->samples);
    json_string(j, "kiss", s->kiss[0] ? s->kiss : NULL);
    json_string(j, "timestamps", s->kernel_stamps ? "kernel" : "daemon");
    json_open_object(j, "verdicts");
    for (unsigned v = 0; v < REPLY_VERDICTS; v++) {
        if (s->verdicts[v]) {
            json_integer(j, reply_verdict_name((enum reply_verdict)v), s->verdicts[v]);
        }
    }
    json_close_object(j);
    json_close_object(j);
}

static void write_sources(struct json *j, const struct report *report)
{
    json_open_array(j, "sources");
    for (unsigned i = 0; i < report->source_count; i++) {
        write_source(j, &report->sources[i]);
    }
    json_close_array(j);
}

static void write_clock(struct json *j, const struct report *report)
{
    const struct report_clock *c = &report->clock;

    json_open_object(j, "clock");
    json_bool(j, "synchronised", c->synchronised);
    json_string(j, "code", report_clock_code_name(c->code));
    json_string(j, "sentence", c->sentence);
    json_string(j, "driver", report->input.driver);
    json_string(j, "state", discipline_state_name(c->state));
    json_string(j, "selected", c->selected < 0 ? NULL : report->sources[c->selected].name);
    json_integer(j, "stratum", c->stratum);
    json_string(j, "refid", c->refid[0] ? c->refid : NULL);
    if (c->reference_time.ns > 0) {
        json_instant(j, "reference_time", c->reference_time);
    } else {
        json_null(j, "reference_time");
    }
    json_string(j, "leap", report_leap_name(c->leap));
    json_number(j, "offset_s", c->offset_s);
    json_number(j, "offset_sd_s", c->offset_sd_s);
    json_number(j, "error_bound_s", c->error_bound_s);
    json_number(j, "frequency_ppm", c->frequency * PPM);
    json_number(j, "frequency_sd_ppm", c->frequency_sd * PPM);
    json_number(j, "root_delay_s", c->root_delay_s);
    json_number(j, "root_dispersion_s", c->root_dispersion_s);
    json_number(j, "precision_s", c->precision_s);
    json_integer(j, "updates", c->updates);
    json_integer(j, "steps", c->steps);
    json_number(j, "true_error_s", c->true_error_s);
    json_close_object(j);
}

static void write_server(struct json *j, const struct report_server *s)
{
    json_open_object(j, "server");
    json_bool(j, "open", s->open);
    json_integer(j, "port", s->port);
    json_integer(j, "workers", s->workers);
    json_integer(j, "received", (int64_t)s->received);
    json_integer(j, "answered", (int64_t)s->answered);
    json_open_object(j, "counters");
    for (unsigned v = 0; v < RESPOND_VERDICTS; v++) {
        json_integer(j, respond_verdict_name((enum respond_verdict)v), (int64_t)s->counters[v]);
    }
    json_close_object(j);
    json_close_object(j);
}

void report_json_status(struct json *j, const struct report *report)
{
    open_document(j, "status");
    json_string(j, "daemon", "tokid " TOKI_VERSION);
    json_integer(j, "pid", report->input.pid);
    json_number(j, "uptime_s", report->input.uptime_s);
    json_instant(j, "now", report->input.now.wall);
    json_open_object(j, "config");
    json_string(j, "file", report->input.config_file);
    json_string(j, "language", report->input.language);
    json_close_object(j);
    write_clock(j, report);
    write_sources(j, report);
    write_server(j, &report->input.server);
    json_close_object(j);
}

void report_json_sources(struct json *j, const struct report *report)
{
    open_document(j, "sources");
    write_sources(j, report);
    json_close_object(j);
}

void report_json_error(struct json *j, const char *code, const char *message)
{
    json_open_object(j, NULL);
    json_integer(j, "version", REPORT_JSON_VERSION);
    json_string(j, "error", code);
    json_string(j, "message", message);
    json_close_object(j);
}
