/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports as JSON: the schema of doc/control.md, member by member and in its order. */
#include "control/report_json.h"

#include <math.h>
#include <string.h>

#include "config/describe.h"
#include "toki_build.h"
#include "wire/ntp_words.h"

#define PPM 1e6

const char *report_leap_name(uint8_t leap)
{
    switch ((enum packet_leap)(leap & 3)) {
    case LEAP_NONE: return "none";
    case LEAP_INSERT: return "insert";
    case LEAP_DELETE: return "delete";
    case LEAP_UNSYNCHRONISED: return "unsynchronised";
    }
    return "unknown";
}

static void open_document(struct document *d, const char *command)
{
    document_open_object(d, NULL);
    document_integer(d, "version", REPORT_JSON_VERSION);
    document_string(d, "command", command);
}

static void write_words(struct document *d, const struct report_words *words)
{
    document_string(d, "sentence", words->sentence);
    document_string(d, "cause", words->cause);
    document_string(d, "remedy", words->remedy[0] ? words->remedy : NULL);
}

static void write_source(struct document *d, const struct report_source *s)
{
    const char tally[] = {ntp_words_tally(ntp_words_selection(s->status)), '\0'};

    document_open_object(d, NULL);
    document_string(d, "name", s->name);
    document_string(d, "address", s->address[0] ? s->address : NULL);
    document_string(d, "address_from", s->address_from);
    document_integer(d, "port", s->port);
    document_string(d, "kind", describe_kind(s->spec));
    document_string(d, "status", source_status_name(s->status));
    document_string(d, "code", report_source_code_name(s->code));
    document_string(d, "tally", tally);
    write_words(d, &s->words);
    document_integer_if(d, "stratum", s->heard, s->stratum);
    document_string(d, "refid", s->heard ? s->refid : NULL);
    document_string(d, "leap", s->heard ? report_leap_name(s->leap) : NULL);
    document_integer(d, "poll", s->poll);
    document_integer(d, "reach", s->reach);
    document_integer(d, "sent", s->sent);
    document_integer(d, "received", s->received);
    document_integer(d, "missed", s->missed);
    document_number(d, "last_sample_age_s", s->last_sample_age_s);
    document_number(d, "offset_s", s->offset_s);
    document_number(d, "offset_sd_s", s->offset_sd_s);
    document_number(d, "delay_s", s->delay_s);
    document_number(d, "jitter_s", s->jitter_s);
    document_number(d, "frequency_ppm", s->frequency * PPM);
    document_number(d, "root_delay_s", s->root_delay_s);
    document_number(d, "root_dispersion_s", s->root_dispersion_s);
    document_number(d, "root_distance_s", s->root_distance_s);
    document_integer(d, "samples", s->samples);
    document_string(d, "kiss", s->kiss[0] ? s->kiss : NULL);
    document_string(d, "error", s->send_error ? strerror(s->send_error) : NULL);
    if (s->key) {
        document_integer(d, "key", s->key);
    } else {
        document_null(d, "key");
    }
    document_string(d, "timestamps",
                    s->receive_stamp != STAMP_DAEMON && s->transmit_stamp != STAMP_DAEMON
                        ? "kernel"
                        : "daemon");
    document_bool(d, "interleaved", s->interleaved);
    document_open_object(d, "verdicts");
    for (unsigned v = 0; v < REPLY_VERDICTS; v++) {
        if (s->verdicts[v]) {
            document_integer(d, reply_verdict_name((enum reply_verdict)v), s->verdicts[v]);
        }
    }
    document_close_object(d);
    document_close_object(d);
}

static void write_sources(struct document *d, const struct report *report)
{
    document_open_array(d, "sources");
    for (unsigned i = 0; i < report->source_count; i++) {
        write_source(d, &report->sources[i]);
    }
    document_close_array(d);
}

static void write_clock(struct document *d, const struct report *report)
{
    const struct report_clock *c = &report->clock;

    document_open_object(d, "clock");
    document_bool(d, "synchronised", c->synchronised);
    document_string(d, "code", report_clock_code_name(c->code));
    write_words(d, &c->words);
    document_string(d, "driver", report->input.driver);
    document_string(d, "state", discipline_state_name(c->state));
    document_string(d, "selected", c->selected < 0 ? NULL : report->sources[c->selected].name);
    document_integer(d, "stratum", c->stratum);
    document_string(d, "refid", c->refid[0] ? c->refid : NULL);
    if (c->reference_time.ns > 0) {
        document_instant(d, "reference_time", c->reference_time);
    } else {
        document_null(d, "reference_time");
    }
    document_string(d, "leap", report_leap_name(c->leap));
    document_number(d, "offset_s", c->offset_s);
    document_number(d, "offset_sd_s", c->offset_sd_s);
    document_number(d, "error_bound_s", c->error_bound_s);
    document_number(d, "frequency_ppm", c->frequency * PPM);
    document_number(d, "frequency_sd_ppm", c->frequency_sd * PPM);
    document_number(d, "root_delay_s", c->root_delay_s);
    document_number(d, "root_dispersion_s", c->root_dispersion_s);
    document_number(d, "precision_s", c->precision_s);
    document_integer(d, "updates", c->updates);
    document_integer(d, "steps", c->steps);
    document_number(d, "true_error_s", c->true_error_s);
    document_close_object(d);
}

static void write_server(struct document *d, const struct report_server *s)
{
    document_open_object(d, "server");
    document_bool(d, "open", s->open);
    document_integer(d, "port", s->port);
    document_integer(d, "workers", s->workers);
    document_integer(d, "received", (int64_t)s->received);
    document_integer(d, "answered", (int64_t)s->answered);
    document_open_object(d, "counters");
    for (unsigned v = 0; v < RESPOND_VERDICTS; v++) {
        document_integer(d, respond_verdict_name((enum respond_verdict)v), (int64_t)s->counters[v]);
    }
    document_close_object(d);
    document_close_object(d);
}

void report_json_status(struct document *d, const struct report *report)
{
    open_document(d, "status");
    document_string(d, "daemon", "tokid " TOKI_VERSION);
    document_integer(d, "pid", report->input.pid);
    document_number(d, "uptime_s", report->input.uptime_s);
    document_instant(d, "now", report->input.now.wall);
    document_open_object(d, "config");
    document_string(d, "file", report->input.config_file);
    document_string(d, "language", report->input.language);
    document_close_object(d);
    write_clock(d, report);
    write_sources(d, report);
    write_server(d, &report->input.server);
    document_close_object(d);
}

void report_json_sources(struct document *d, const struct report *report)
{
    open_document(d, "sources");
    write_sources(d, report);
    document_close_object(d);
}

void report_json_error(struct document *d, const char *code, const char *message)
{
    document_open_object(d, NULL);
    document_integer(d, "version", REPORT_JSON_VERSION);
    document_string(d, "error", code);
    document_string(d, "message", message);
    document_close_object(d);
}
