/* SPDX-License-Identifier: BSD-2-Clause */
/* The operations of mode 6: one row of the table for each. */
#include "control/mode6/mode6.h"

#include <stdio.h>
#include <string.h>

#include "control/mode6/mode6_lists.h"
#include "control/mode6/mode6_variables.h"
#include "core/bytes.h"
#include "wire/ntp_words.h"

#define MARK_INTERVAL_NS (3600 * NS_PER_S)

/* A request while it is worked on. */
struct work {
    struct mode6 *mode6;
    struct mode6_scope scope;
    struct report *report;
    const struct mode6_question *question;
    struct mode6_header in;
    struct mode6_parts parts;
    struct mode6_answer *answer;
    size_t capacity; /* of the answer's text */
    bool permitted;  /* it bears the control key */
    bool ordered;
};

void mode6_init(struct mode6 *mode6, const uint8_t key[16], struct mono_time now)
{
    *mode6 = (struct mode6){.started = now, .marked = now};
    memcpy(mode6->key, key, sizeof mode6->key);
    mode6->system_events = (struct mode6_events){.code = NTP_WORDS_SYSTEM_RESTART, .count = 1};
}

/* Of the same kind in a row, as ntpd counts them. */
static void add_event(struct mode6_events *events, unsigned code)
{
    unsigned before = events->code == code ? events->count : 0;

    events->code = (uint8_t)code;
    events->count = (uint8_t)(before + (before < NTP_WORDS_EVENTS_MAX));
}

void mode6_note(struct mode6 *mode6, const struct event *event, struct mono_time now)
{
    unsigned code = ntp_words_event_code(event);

    if (!(code & NTP_WORDS_PEER)) {
        if (code != NTP_WORDS_NO_EVENT) {
            add_event(&mode6->system_events, code);
        }
    } else if (event->source < SOURCES_MAX) {
        struct mode6_events *events = &mode6->source_events[event->source];

        if (event->type == EVENT_SOURCE_ADDED) {
            *events = (struct mode6_events){.count = 0};
        }
        if (event->type == EVENT_SOURCE_REACHABLE || event->type == EVENT_SOURCE_UNREACHABLE) {
            events->reach_at = now;
        }
        add_event(events, code);
    }
}

/* ---- operations ---- */

/* The association asked for, with all that is known of it; NULL: there is none of this number. */
static const struct report_source *asked_source(const struct work *w)
{
    for (unsigned i = 0; i < w->report->source_count; i++) {
        if (mode6_association(&w->report->sources[i]) == w->in.association) {
            report_fill_source(w->report, i);
            return &w->report->sources[i];
        }
    }
    return NULL;
}

static enum mode6_error read_nothing(struct work *w)
{
    w->answer->length = 0;
    return MODE6_NO_ERROR;
}

static enum mode6_error read_variables(struct work *w)
{
    const struct report_source *source = w->in.association != 0 ? asked_source(w) : NULL;
    struct mode6_names names;
    struct mode6_list list;

    if (w->in.association != 0 && !source) {
        return MODE6_ERROR_ASSOCIATION;
    }
    mode6_names_parse(&names, w->parts.data, w->in.count);
    mode6_list_begin(&list, w->answer->text, w->capacity, names.count > 0 ? &names : NULL);
    if (source) {
        mode6_list_source(&list, &w->scope, source);
        w->answer->header.status = mode6_source_status(&w->scope, source);
    } else {
        if (w->report->clock.selected >= 0) {
            report_fill_source(w->report, (unsigned)w->report->clock.selected);
        }
        mode6_list_system(&list, &w->scope);
    }
    if (names.count > 0 && !mode6_names_all_found(&names)) {
        return MODE6_ERROR_VARIABLE;
    }
    mode6_list_end(&list);
    w->answer->length = list.length;
    return MODE6_NO_ERROR;
}

static enum mode6_error read_status(struct work *w)
{
    struct bytes_writer out = bytes_writer((uint8_t *)w->answer->text, w->capacity);

    if (w->in.association != 0) {
        w->in.count = 0;
        return read_variables(w);
    }
    for (unsigned i = 0; i < w->report->source_count; i++) {
        const struct report_source *source = &w->report->sources[i];

        bytes_write_u16(&out, mode6_association(source));
        bytes_write_u16(&out, mode6_source_status(&w->scope, source));
    }
    w->answer->length = out.at;
    return MODE6_NO_ERROR;
}

/* Without a number: of the first reference clock that there is. */
static enum mode6_error read_clock(struct work *w)
{
    const struct report_source *source = asked_source(w);
    struct mode6_names names;
    struct mode6_list list;

    for (unsigned i = 0; w->in.association == 0 && !source && i < w->report->source_count; i++) {
        if (w->report->sources[i].kind == SOURCE_REFCLOCK) {
            report_fill_source(w->report, i);
            source = &w->report->sources[i];
        }
    }
    if (!source || source->kind != SOURCE_REFCLOCK) {
        return MODE6_ERROR_ASSOCIATION;
    }
    mode6_names_parse(&names, w->parts.data, w->in.count);
    mode6_list_begin(&list, w->answer->text, w->capacity, names.count > 0 ? &names : NULL);
    mode6_list_clock(&list, source);
    if (names.count > 0 && !mode6_names_all_found(&names)) {
        return MODE6_ERROR_VARIABLE;
    }
    mode6_list_end(&list);
    w->answer->length = list.length;
    w->answer->header.status = mode6_clock_status(source);
    return MODE6_NO_ERROR;
}

static enum mode6_error request_nonce(struct work *w)
{
    struct mode6_list list;

    mode6_list_begin(&list, w->answer->text, w->capacity, NULL);
    mode6_put_nonce(&list, w->mode6, w->report->input.now.wall, &w->question->peer);
    mode6_list_end(&list);
    w->answer->length = list.length;
    w->answer->header.status = 0;
    return MODE6_NO_ERROR;
}

static enum mode6_error read_clients(struct work *w)
{
    w->answer->header.status = 0;
    return mode6_list_clients(w->mode6, w->report, &w->question->peer, w->parts.data, w->in.count,
                              (unsigned)(w->capacity / MODE6_DATA_MAX), w->answer->text,
                              &w->answer->length);
}

static enum mode6_error read_list(struct work *w)
{
    struct mode6_list list;
    bool known;

    mode6_list_begin(&list, w->answer->text, w->capacity, NULL);
    known = mode6_list_named(&list, &w->scope, w->parts.data, w->in.count);
    mode6_list_end(&list);
    w->answer->length = list.length;
    w->answer->header.status = 0;
    return known ? MODE6_NO_ERROR : MODE6_ERROR_VARIABLE;
}

/* A line of the configuration's own language; "unpeer HOST" takes one away. */
static enum mode6_error configure(struct work *w)
{
    static const char *const removals[] = {"unpeer ", "unconfig "};
    struct command_order *order = &w->answer->order;
    size_t length = w->in.count;
    const char *text = (const char *)w->parts.data;

    *order = (struct command_order){.kind = ORDER_CHANGE, .verb = "configure"};
    order->change.kind = CHANGE_LINE;
    for (size_t i = 0; i < sizeof removals / sizeof removals[0]; i++) {
        size_t word = strlen(removals[i]);

        if (length > word && memcmp(text, removals[i], word) == 0) {
            order->change.kind = CHANGE_DELETE;
            text += word;
            length -= word;
            break;
        }
    }
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r' ||
                          text[length - 1] == '\0' || text[length - 1] == ' ')) {
        length--;
    }
    if (length == 0 || length >= sizeof order->change.text) {
        return MODE6_ERROR_FORMAT;
    }
    memcpy(order->change.text, text, length);
    order->change.text[length] = '\0';
    if (strlen(order->change.text) != length || !change_is_sound(&order->change)) {
        return MODE6_ERROR_FORMAT;
    }
    w->ordered = true;
    w->answer->header.status = 0;
    return MODE6_NO_ERROR;
}

static const struct {
    enum mode6_error (*run)(struct work *w);
    bool needs_key;
} operations[32] = {
    [MODE6_UNSPECIFIED] = {read_nothing, false},
    [MODE6_READ_STATUS] = {read_status, false},
    [MODE6_READ_VARIABLES] = {read_variables, false},
    [MODE6_READ_CLOCK] = {read_clock, false},
    [MODE6_CONFIGURE] = {configure, true},
    [MODE6_READ_CLIENTS] = {read_clients, false},
    [MODE6_READ_LIST] = {read_list, true},
    [MODE6_REQUEST_NONCE] = {request_nonce, false},
};

/* ---- requests ---- */

/* A MAC is proof only by the control key; any other is an error wherever one is needed. */
static bool find_permission(struct work *w, const struct config *config)
{
    struct mode6_seal *seal = &w->answer->seal;

    w->answer->keys = config ? &config->keys : NULL;
    if (!config || config->control_key == 0 ||
        !mode6_find_seal(w->question->data, &w->parts, &config->keys, seal)) {
        return false;
    }
    if (seal->key->id != config->control_key) {
        *seal = (struct mode6_seal){.key = NULL};
        return false;
    }
    w->answer->key_id = seal->key->id;
    return true;
}

static enum mode6_error run(struct work *w)
{
    if (!operations[w->in.operation].run) {
        return MODE6_ERROR_OPERATION;
    }
    if (operations[w->in.operation].needs_key && !w->permitted) {
        return MODE6_ERROR_PERMISSION;
    }
    return operations[w->in.operation].run(w);
}

static void answer_error(struct mode6_answer *answer, enum mode6_error error)
{
    answer->header.error = true;
    answer->header.status = (uint16_t)(error << 8);
    answer->length = 0;
}

/* Counters of the hour begin anew. */
static void move_mark(struct mode6 *mode6, const struct report_input *input)
{
    if (input->now.mono.ns - mode6->marked.ns >= MARK_INTERVAL_NS) {
        mode6->mark = input->server;
        mode6->marked = input->now.mono;
    }
}

enum mode6_result mode6_handle(struct mode6 *mode6, const struct report_input *input,
                               const struct mode6_question *question, struct report *report,
                               struct mode6_answer *answer)
{
    struct work w = {.mode6 = mode6,
                     .scope = {.mode6 = mode6, .report = report},
                     .report = report,
                     .question = question,
                     .answer = answer};
    enum mode6_error error = mode6_decode(question->data, question->length, &w.in, &w.parts);

    if (error == MODE6_ERROR_UNSPECIFIED || w.in.response || w.in.error || w.in.more ||
        w.in.offset != 0) {
        return MODE6_SILENT;
    }
    move_mark(mode6, input);
    report_start(report, input);
    report_fill_clock(report);
    memset(answer, 0, offsetof(struct mode6_answer, text));
    answer->header = (struct mode6_header){.leap = report->clock.leap,
                                           .version = w.in.version,
                                           .response = true,
                                           .operation = w.in.operation,
                                           .sequence = w.in.sequence,
                                           .association = w.in.association};
    answer->header.status = mode6_system_status(&w.scope);
    if (error == MODE6_NO_ERROR) {
        w.permitted = find_permission(&w, input->config);
        w.capacity = w.permitted || address_is_loopback(&question->peer) ? sizeof answer->text
                                                                         : MODE6_DATA_MAX;
        error = run(&w);
    }
    if (error == MODE6_ERROR_UNSPECIFIED) {
        return MODE6_SILENT;
    }
    if (error != MODE6_NO_ERROR) {
        answer_error(answer, error);
    }
    return error == MODE6_NO_ERROR && w.ordered ? MODE6_ORDERED : MODE6_ANSWERED;
}

void mode6_finish(struct mode6_answer *answer, const char *problem)
{
    int length = problem ? snprintf(answer->text, MODE6_DATA_MAX, "%s\r\n", problem)
                         : snprintf(answer->text, MODE6_DATA_MAX, "Config Succeeded\r\n");

    answer->length = length < MODE6_DATA_MAX ? (size_t)length : MODE6_DATA_MAX - 1;
    answer->seal.key = mac_find(answer->keys, answer->key_id); /* the table may be another now */
}

size_t mode6_next(struct mode6_answer *answer, uint8_t out[MODE6_DATAGRAM_MAX])
{
    size_t left = answer->length - answer->at;
    size_t part = left < MODE6_DATA_MAX ? left : MODE6_DATA_MAX;
    size_t length;

    if (answer->sent) {
        return 0;
    }
    answer->header.offset = (uint16_t)answer->at;
    answer->header.count = (uint16_t)part;
    answer->header.more = part < left;
    length =
        mode6_encode(&answer->header, answer->text + answer->at, answer->keys, &answer->seal, out);
    answer->at += part;
    answer->sent = answer->at == answer->length;
    return length;
}
