/* SPDX-License-Identifier: BSD-2-Clause */
/* toki reload, add, delete, allow, deny, restrict, unrestrict, offline, online, burst, makestep:
 * what changes a running tokid. The words go to the daemon as they are: it knows its own language,
 * and says what it made of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/daemon.h"
#include "cli/draw/render.h"
#include "cli/toki.h"
#include "config/change.h"

static void print_changes(const json_t *answer)
{
    const json_t *changes = json_object_get(answer, "changes"), *line;
    double count = daemon_number(answer, "change_count");
    char text[RENDER_TEXT_MAX];
    size_t i;

    json_array_foreach(changes, i, line)
    {
        puts(render_clean(json_string_value(line), text, sizeof text));
    }
    if (count > (double)json_array_size(changes)) {
        printf("... and %.0f more\n", count - (double)json_array_size(changes));
    } else if (changes && json_array_size(changes) == 0) {
        puts("nothing has changed");
    }
    if (daemon_text(answer, "note")[0] != '\0') {
        printf("(%s)\n", render_clean(daemon_text(answer, "note"), text, sizeof text));
    }
}

/* Messages of a configuration have lines of their own, with a caret; they are the daemon's, cleaned
 * by it. */
static void print_messages(const json_t *answer)
{
    const json_t *messages = json_object_get(answer, "messages"), *message;
    size_t i;

    json_array_foreach(messages, i, message)
    {
        fputs(json_string_value(message) ? json_string_value(message) : "", stderr);
    }
}

static int show(const char *text, bool raw)
{
    json_t *answer = json_loads(text, 0, NULL);
    char clean[RENDER_TEXT_MAX];
    int code = EXIT_GOOD;

    if (!answer) {
        fputs("toki: invalid answer from tokid\n", stderr);
        return EXIT_USAGE;
    }
    if (raw) {
        fputs(text, stdout);
    } else {
        print_messages(answer);
    }
    if (json_object_get(answer, "error")) {
        code = EXIT_BAD;
        if (!raw) {
            fprintf(stderr, "toki: tokid says: %s\n",
                    render_clean(daemon_text(answer, "message"), clean, sizeof clean));
        }
    } else if (!raw) {
        print_changes(answer);
    }
    json_decref(answer);
    return code;
}

struct wanted {
    const char *first, *host; /* `first`: a kind of source, or what it is about */
    struct args_words rest;
    const char *control;
    bool json;
};

/* The line for the daemon. False: it is too long for a request. */
static bool join(const char *verb, const struct wanted *w, char *line, size_t capacity)
{
    const char *const front[] = {verb, w->first, w->host};
    size_t used = 0;

    for (int i = 0; i < 3 + w->rest.count && used < capacity; i++) {
        const char *word = i < 3 ? front[i] : w->rest.words[i - 3];

        if (word) {
            used += (size_t)snprintf(line + used, capacity - used, "%s%s", i > 0 ? " " : "", word);
        }
    }
    return used < capacity && !strpbrk(line, "\r\n");
}

static int run(const struct args_command *self, int argc, char **argv)
{
    char line[CHANGE_TEXT_MAX + 64], problem[512];
    struct wanted wanted = {.control = NULL};
    char *text;
    int code;

    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    if (!join(self->name, &wanted, line, sizeof line)) {
        return args_complain(self, "too many words, or a word with a line break");
    }
    text = daemon_order(wanted.control, line, problem, sizeof problem);
    if (!text) {
        fprintf(stderr, "toki: %s\n", problem);
        return EXIT_USAGE;
    }
    code = show(text, wanted.json);
    free(text);
    return code;
}

/* ---- the tables ---- */

#define AT(member) offsetof(struct wanted, member)
#define RIGHTS "Needs root, or the user who started tokid."
#define UNTIL " The change holds until the next reload or start. " RIGHTS

static const struct args_option options[] = {
    ARGS_JSON(struct wanted, json), ARGS_CONTROL(struct wanted, control), {.help = NULL}};

#define CHANGE(verb, what, more, words, example)                                                   \
    {                                                                                              \
        .name = verb, .summary = what, .help = more, .arguments = words, .options = options,       \
        .exits = {"the change is in force", "refused by the daemon; nothing has changed",          \
                  "wrong usage, or the daemon cannot be reached"},                                 \
        .examples = example, .run = run, .group = GROUP_CHANGE                                     \
    }

const struct args_command reload_command =
    CHANGE("reload", "Reload the configuration of the daemon, and print what changed", RIGHTS, NULL,
           "toki reload");

static const char *const kinds[] = {"server", "pool", "peer", NULL};

static const struct args_argument add_arguments[] = {
    {"KIND", ARGS_WORD, AT(first), kinds, .help = "server, pool or peer"},
    {"HOST", ARGS_HOST, AT(host), .help = "its name or address"},
    {"WORD", ARGS_WORD, AT(rest), .optional = true, .repeats = true,
     .help = "options in the language of the configuration, such as iburst"},
    {.name = NULL}};

const struct args_command add_command =
    CHANGE("add", "Add a source", "Takes the same words as a line of the configuration." UNTIL,
           add_arguments, "toki add server ntp.example.org iburst");

static const struct args_argument delete_arguments[] = {
    {"SOURCE", ARGS_SOURCE, AT(first), .help = "its name or address, as 'toki sources' prints it"},
    {.name = NULL}};

const struct args_command delete_command = CHANGE(
    "delete", "Delete a source", "It may come from the configuration or from 'toki add'." UNTIL,
    delete_arguments, "toki delete ntp.example.org");

static const struct args_argument subnet_arguments[] = {
    {"SUBNET", ARGS_WORD, AT(rest), .optional = true, .repeats = true,
     .help = "an address or a subnet, such as 192.0.2.0/24; without it, all hosts"},
    {.name = NULL}};

const struct args_command allow_command =
    CHANGE("allow", "Serve a subnet, or all hosts",
           "Takes the same words as a line of the configuration." UNTIL, subnet_arguments,
           "toki allow 192.0.2.0/24");

const struct args_command deny_command =
    CHANGE("deny", "Stop serving a subnet, or all hosts",
           "Takes the same words as a line of the configuration." UNTIL, subnet_arguments,
           "toki deny 192.0.2.99");

static const struct args_argument restrict_arguments[] = {
    {"ADDRESS", ARGS_WORD, AT(first), .help = "an address, a subnet or 'default'"},
    {"FLAG", ARGS_WORD, AT(rest), .optional = true, .repeats = true,
     .help = "flags of ntp.conf's restrict, such as noquery"},
    {.name = NULL}};

const struct args_command restrict_command =
    CHANGE("restrict", "Add an access rule (ntp.conf)",
           "For a daemon whose configuration is an ntp.conf, in its words." UNTIL,
           restrict_arguments, "toki restrict 192.0.2.0/24 kod limited nomodify");

const struct args_command unrestrict_command =
    CHANGE("unrestrict", "Remove an access rule, or flags of it (ntp.conf)",
           "For a daemon whose configuration is an ntp.conf, in its words." UNTIL,
           restrict_arguments, "toki unrestrict 192.0.2.0/24");

static const struct args_argument source_arguments[] = {
    {"SOURCE", ARGS_SOURCE, AT(first), .optional = true,
     .help = "its name or address, as 'toki sources' prints it; without it, all sources"},
    {.name = NULL}};

const struct args_command online_command =
    CHANGE("online", "Resume sending requests to a source, or to all",
           "Reverses 'toki offline'." UNTIL, source_arguments, "toki online");

const struct args_command offline_command =
    CHANGE("offline", "Stop sending requests to a source, or to all",
           "For a host whose network is down. The clock continues at its last frequency." UNTIL,
           source_arguments, "toki offline ntp.example.org");

const struct args_command burst_command =
    CHANGE("burst", "Send a burst of requests to a source, or to all", RIGHTS, source_arguments,
           "toki burst");

const struct args_command makestep_command = CHANGE(
    "makestep", "Step the clock now by its whole estimated error", RIGHTS, NULL, "toki makestep");
