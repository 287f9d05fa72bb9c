/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs of the control socket: one row for each. */
#include "control/command.h"

#include <stdio.h>
#include <string.h>

#include "control/clients_json.h"
#include "control/config_json.h"
#include "control/history_json.h"
#include "control/report_json.h"

#define MESSAGE_LENGTH_MAX 700

struct verb {
    const char *name, *usage;
    bool changes; /* only for who may change things */
    bool fills;   /* the answer needs all of the report */
    /* Either it is answered at once ... */
    void (*write)(struct document *d, const struct report *report);
    /* ... or it becomes an order: false if the rest of the line makes no sense. */
    bool (*order)(struct command_order *order, const char *rest);
    /* ... or it is answered at once by the rest of the line: likewise. */
    bool (*ask)(struct document *d, struct report *report, const char *rest);
};

/* The configuration in force, as `toki config show` shows it. */
static void write_config(struct document *d, const struct report *report)
{
    if (report->input.config) {
        config_json_write(d, report->input.config, report->input.config_file);
    } else {
        report_json_error(d, "no-config", "no configuration to show");
    }
}

static bool order_change(struct command_order *order, enum change_kind kind, const char *text)
{
    order->kind = ORDER_CHANGE;
    order->change.kind = kind;
    snprintf(order->change.text, sizeof order->change.text, "%s", text);
    return strlen(text) < sizeof order->change.text && change_is_sound(&order->change);
}

static bool is_one_word(const char *text)
{
    return text[0] != '\0' && text[strcspn(text, " \t")] == '\0';
}

static bool order_reload(struct command_order *order, const char *rest)
{
    return rest[0] == '\0' && order_change(order, CHANGE_RELOAD, "");
}

/* "add server HOST ...": what follows is a line of the configuration. */
static bool order_add(struct command_order *order, const char *rest)
{
    return rest[0] != '\0' && order_change(order, CHANGE_LINE, rest);
}

/* The verb itself is the first word of the line: "allow 192.0.2.0/24". */
static bool order_line(struct command_order *order, const char *rest)
{
    char line[CHANGE_TEXT_MAX];
    int length =
        snprintf(line, sizeof line, "%s%s%s", order->verb, rest[0] != '\0' ? " " : "", rest);

    return length < (int)sizeof line && order_change(order, CHANGE_LINE, line);
}

static bool order_delete(struct command_order *order, const char *rest)
{
    return is_one_word(rest) && order_change(order, CHANGE_DELETE, rest);
}

static bool order_offline(struct command_order *order, const char *rest)
{
    return (rest[0] == '\0' || is_one_word(rest)) && order_change(order, CHANGE_OFFLINE, rest);
}

static bool order_online(struct command_order *order, const char *rest)
{
    return (rest[0] == '\0' || is_one_word(rest)) && order_change(order, CHANGE_ONLINE, rest);
}

static bool order_burst(struct command_order *order, const char *rest)
{
    order->kind = ORDER_BURST;
    snprintf(order->source, sizeof order->source, "%s", rest);
    return (rest[0] == '\0' || is_one_word(rest)) && strlen(rest) < sizeof order->source;
}

static bool order_step(struct command_order *order, const char *rest)
{
    order->kind = ORDER_MAKE_STEP;
    return rest[0] == '\0';
}

static const struct verb verbs[] = {
    {.name = "status", .usage = "status", .fills = true, .write = report_json_status},
    {.name = "sources", .usage = "sources", .fills = true, .write = report_json_sources},
    {.name = "config", .usage = "config", .write = write_config},
    {.name = "clients",
     .usage = "clients [busiest|recent|limited] [COUNT]",
     .ask = clients_json_write},
    {.name = "history", .usage = "history [hour|day|month]", .ask = history_json_write},
    {.name = "reload", .usage = "reload", .changes = true, .order = order_reload},
    {.name = "add",
     .usage = "add server|pool|peer HOST [option...]",
     .changes = true,
     .order = order_add},
    {.name = "delete", .usage = "delete HOST", .changes = true, .order = order_delete},
    {.name = "allow", .usage = "allow [subnet]", .changes = true, .order = order_line},
    {.name = "deny", .usage = "deny [subnet]", .changes = true, .order = order_line},
    {.name = "restrict",
     .usage = "restrict ADDRESS [flag...]",
     .changes = true,
     .order = order_line},
    {.name = "unrestrict",
     .usage = "unrestrict ADDRESS [flag...]",
     .changes = true,
     .order = order_line},
    {.name = "offline", .usage = "offline [HOST]", .changes = true, .order = order_offline},
    {.name = "online", .usage = "online [HOST]", .changes = true, .order = order_online},
    {.name = "burst", .usage = "burst [HOST]", .changes = true, .order = order_burst},
    {.name = "makestep", .usage = "makestep", .changes = true, .order = order_step},
};

#define VERBS (sizeof verbs / sizeof verbs[0])

/* The row of the line's first word; *rest is what follows it. */
static const struct verb *find_verb(const char *line, const char **rest)
{
    size_t length = strcspn(line, " \t");

    *rest = line + length + strspn(line + length, " \t");
    for (size_t i = 0; i < VERBS; i++) {
        if (strlen(verbs[i].name) == length && strncmp(line, verbs[i].name, length) == 0) {
            return &verbs[i];
        }
    }
    return NULL;
}

static size_t write_error(const char *code, const char *message, char *out, size_t capacity)
{
    struct document d;

    document_begin(&d, out, capacity);
    report_json_error(&d, code, message);
    return document_finish(&d);
}

static size_t write_unknown(char *out, size_t capacity)
{
    char message[MESSAGE_LENGTH_MAX];
    size_t used = (size_t)snprintf(message, sizeof message, "known commands: %s", verbs[0].name);

    for (size_t i = 1; i < VERBS && used < sizeof message; i++) {
        used += (size_t)snprintf(message + used, sizeof message - used, ", %s", verbs[i].name);
    }
    return write_error("unknown-command", message, out, capacity);
}

/* Its length; 0 if the rest of the line makes no sense. */
static size_t write_report(const struct verb *verb, const char *rest,
                           const struct report_input *input, struct report *report, char *out,
                           size_t capacity)
{
    struct document d;
    size_t length;

    if (verb->fills) {
        report_fill(report, input);
    } else {
        report_start(report, input);
    }
    document_begin(&d, out, capacity);
    if (verb->ask ? !verb->ask(&d, report, rest) : rest[0] != '\0') {
        return 0;
    }
    if (verb->write) {
        verb->write(&d, report);
    }
    length = document_finish(&d);
    return length > 0 ? length
                      : write_error("too-long", "the answer exceeds the buffer of the daemon", out,
                                    capacity);
}

enum command_result command_run(const char *line, bool may_change, const struct report_input *input,
                                struct report *report, struct command_order *order, char *out,
                                size_t capacity, size_t *length)
{
    const char *rest;
    const struct verb *verb = find_verb(line, &rest);
    char message[MESSAGE_LENGTH_MAX];

    if (!verb) {
        *length = write_unknown(out, capacity);
        return COMMAND_ANSWERED;
    }
    if (verb->changes && !may_change) {
        snprintf(message, sizeof message,
                 "'%s' changes the daemon: permission denied (only root and the user who started "
                 "it may)",
                 verb->name);
        *length = write_error("not-permitted", message, out, capacity);
        return COMMAND_ANSWERED;
    }
    if (verb->order) {
        memset(order, 0, sizeof *order);
        order->verb = verb->name;
        if (verb->order(order, rest)) {
            return COMMAND_ORDERED;
        }
    } else if ((*length = write_report(verb, rest, input, report, out, capacity)) > 0) {
        return COMMAND_ANSWERED;
    }
    snprintf(message, sizeof message, "usage: %s", verb->usage);
    *length = write_error("usage", message, out, capacity);
    return COMMAND_ANSWERED;
}

/* ---- answers to orders ---- */

static void write_changes(struct document *d, const struct command_outcome *outcome)
{
    if (outcome->changes) {
        document_integer(d, "change_count", outcome->change_count);
        document_lines(d, "changes", outcome->changes);
    }
}

static void write_messages(struct document *d, const struct command_outcome *outcome)
{
    const char *message = outcome->messages;

    document_open_array(d, "messages");
    for (unsigned i = 0; i < outcome->message_count; i++) {
        document_string(d, NULL, message);
        message += strlen(message) + 1;
    }
    document_close_array(d);
}

size_t command_answer(const char *verb, const struct command_outcome *outcome, char *out,
                      size_t capacity)
{
    struct document d;
    size_t length;

    document_begin(&d, out, capacity);
    document_open_object(&d, NULL);
    document_integer(&d, "version", REPORT_JSON_VERSION);
    document_string(&d, "command", verb);
    document_bool(&d, "ok", outcome->error == NULL);
    if (outcome->error) {
        document_string(&d, "error", outcome->error);
        document_string(&d, "message", outcome->problem);
    } else {
        write_changes(&d, outcome);
        document_string(&d, "note", outcome->note);
    }
    write_messages(&d, outcome);
    document_close_object(&d);
    length = document_finish(&d);
    return length > 0 ? length
                      : write_error("too-long", "the answer exceeds the buffer of the daemon", out,
                                    capacity);
}
