/* SPDX-License-Identifier: BSD-2-Clause */
/* toki clients: the clients of this server, their request rates, and the reasons for limits. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/daemon.h"
#include "cli/clients.h"
#include "cli/draw/render.h"
#include "cli/draw/table.h"
#include "cli/toki.h"

#define LISTED_MAX 500
#define LISTED_DEFAULT 20

/* Why requests of this client go unanswered, if some do. */
static const char *reason_of(const json_t *client, char *out, size_t capacity)
{
    double requests = daemon_number(client, "requests"), limited = daemon_number(client, "limited");
    double refused = daemon_number(client, "refused"), kisses = daemon_number(client, "kisses");
    char interval[32], told[64] = "", by[256] = "";
    const json_t *flag;
    size_t index, used;

    out[0] = '\0';
    if (limited > 0) {
        if (kisses > 0) {
            snprintf(told, sizeof told, ", %.0f of them answered with RATE", kisses);
        }
        snprintf(out, capacity,
                 "limited: %.0f of %.0f requests exceeded the rate limit (recently one every "
                 "%s)%s; see ratelimit, or limited and discard",
                 limited, requests, render_seconds(daemon_number(client, "interval_s"), interval),
                 told);
    }
    if (refused > 0) {
        json_array_foreach(json_object_get(client, "flags"), index, flag)
        {
            used = strlen(by);
            snprintf(by + used, sizeof by - used, "%s%s",
                     used ? ", " : "; access rules: ", json_string_value(flag));
        }
        used = strlen(out);
        snprintf(out + used, capacity - used,
                 "%srefused: %.0f of %.0f requests, by access rules, key or format%s",
                 used ? "; " : "", refused, requests, by);
    }
    return out;
}

static void add_client(struct table *table, const json_t *client)
{
    char text[RENDER_TEXT_MAX], number[32];
    bool bad = daemon_number(client, "limited") > 0 || daemon_number(client, "refused") > 0;
    static const char *const counts[] = {"requests", "limited", "refused"};

    table_begin_row(table, bad ? STYLE_BAD : STYLE_PLAIN);
    table_cell(table, 0, daemon_text(client, "address"));
    for (unsigned i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "%.0f", daemon_number(client, counts[i]));
        table_cell(table, 1 + i, text);
    }
    table_cell(table, 4, render_seconds(daemon_number(client, "interval_s"), number));
    table_cell(table, 5, render_seconds(daemon_number(client, "last_age_s"), number));
    snprintf(text, sizeof text, "v%.0f mode %.0f", daemon_number(client, "version"),
             daemon_number(client, "mode"));
    table_cell(table, 6, text);
    table_note(table, reason_of(client, text, sizeof text));
}

void clients_print(const json_t *answer, unsigned width, FILE *out)
{
    static const struct table_column columns[] = {
        {"client", true, true},    {"requests", false, false}, {"limited", false, false},
        {"refused", false, false}, {"each", false, false},     {"last", false, false},
        {"packets", true, false}};
    struct table table;
    const json_t *client;
    size_t index;

    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    json_array_foreach(json_object_get(answer, "clients"), index, client)
    {
        add_client(&table, client);
    }
    table_print(&table, width, out);
    table_free(&table);
}

static void print_words(const json_t *answer)
{
    char text[RENDER_TEXT_MAX];
    bool enabled = json_is_true(json_object_get(answer, "enabled"));

    snprintf(text, sizeof text, "%.0f clients known, %.0f seen since the start (capacity %.0f)",
             daemon_number(answer, "known"), daemon_number(answer, "fresh"),
             daemon_number(answer, "room"));
    render_paragraph(
        enabled ? text
                : "No clients are recorded: the client table is disabled (noclientlog, disable "
                  "monitor, clientloglimit, mru), or this tokid serves no clients.",
        0, render_columns(), stdout);
    if (json_array_size(json_object_get(answer, "clients")) > 0) {
        putchar('\n');
        clients_print(answer, render_columns(), stdout);
    }
}

struct wanted {
    const char *order, *control;
    unsigned count;
    bool json;
};

static const char *const orders[] = {"busiest", "recent", "limited", NULL};

static const struct args_argument arguments[] = {
    {"ORDER", ARGS_CHOICE, offsetof(struct wanted, order), orders, .optional = true,
     .help = "busiest: those that sent the most requests (the default); recent: those seen last; "
             "limited: those above the rate limit"},
    {.name = NULL}};

static const struct args_option options[] = {
    {'n', "count", ARGS_COUNT, offsetof(struct wanted, count), .least = 1, .most = LISTED_MAX,
     .fallback = "20", .help = "number of clients to print"},
    ARGS_JSON(struct wanted, json),
    ARGS_CONTROL(struct wanted, control),
    {.help = NULL}};

static int run(const struct args_command *self, int argc, char **argv)
{
    struct wanted wanted = {.order = orders[0], .count = LISTED_DEFAULT};
    char request[64];
    json_t *answer;
    int code;

    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    snprintf(request, sizeof request, "clients %s %u", wanted.order, wanted.count);
    answer = daemon_report(wanted.control, request);
    if (!answer) {
        return EXIT_USAGE;
    }
    if (wanted.json) {
        render_json(answer);
    } else {
        print_words(answer);
    }
    json_decref(answer);
    return EXIT_GOOD;
}

const struct args_command clients_command = {
    .name = "clients",
    .summary = "List the clients of this server, and who is limited or refused",
    .arguments = arguments,
    .options = options,
    .exits = {"the clients were printed", NULL, "wrong usage, or the daemon cannot be reached"},
    .examples = "toki clients\ntoki clients limited --count 50",
    .run = run,
    .group = GROUP_STATE,
};
