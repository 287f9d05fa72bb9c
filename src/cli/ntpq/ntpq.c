/* SPDX-License-Identifier: BSD-2-Clause */
/* toki ntpq: asks any NTP daemon by mode 6 in the words, and with the output, of the ntpq that
 * people and their scripts know (NTPsec's; options and commands of both lineages). */
#include "cli/ntpq/ntpq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/command.h"
#include "cli/ntpq/ntpq_commands.h"
#include "toki_build.h"

#define COMMANDS_MAX 64
#define DEFAULT_HOST "localhost"

struct wanted {
    struct ntpq *q;
    const char *commands[COMMANDS_MAX];
    unsigned count;
    struct args_words hosts;
    uint8_t family;
    unsigned key_id, width; /* 0: not told */
    const char *key_file;
    bool wide, units, ignored;
    const char *ignored_word;
};

static bool set_command(const struct args_option *option, const char *text, void *out,
                        char *problem, size_t capacity)
{
    struct wanted *w = out;

    if (w->count == COMMANDS_MAX) {
        snprintf(problem, capacity, "more than %d commands", COMMANDS_MAX);
        return false;
    }
    w->commands[w->count++] = option->letter == 'p' ? "peers" : text;
    return true;
}

/* How hosts are called: the last of these options counts. */
static bool set_names(const struct args_option *option, const char *text, void *out, char *problem,
                      size_t capacity)
{
    struct ntpq *q = ((struct wanted *)out)->q;

    (void)text;
    (void)problem;
    (void)capacity;
    q->names = option->letter == 's';
    q->supplied = option->letter != 'n';
    return true;
}

#define AT(member) offsetof(struct wanted, member)

static const struct args_argument arguments[] = {
    {"HOST", ARGS_HOST, AT(hosts), .optional = true, .repeats = true,
     .help = "the hosts to query; without it, localhost"},
    {.name = NULL}};

static const struct args_option options[] = {
    {'4', "ipv4", ARGS_FLAG, AT(family), .set = args_set_family, .help = "use IPv4 only"},
    {'6', "ipv6", ARGS_FLAG, AT(family), .set = args_set_family, .help = "use IPv6 only"},
    {'a', "authentication", ARGS_COUNT, AT(key_id), .value = "KEY", .least = 1, .most = UINT32_MAX,
     .help = "sign with this key of the key file"},
    {'c', "command", ARGS_WORD, .value = "COMMAND", .set = set_command, .repeats = true,
     .help = "run this command; without it, commands are read from the terminal"},
    {'d', "debug", ARGS_FLAG, AT(ignored), .help = "accepted without effect"},
    {'D', "set-debug-level", ARGS_WORD, AT(ignored_word), .help = "accepted without effect"},
    {'i', "interactive", ARGS_FLAG, AT(ignored),
     .help = "accepted without effect: commands are read where there is no -c and no -p"},
    {'k', "keyfile", ARGS_PATH, AT(key_file), .help = "key file"},
    {'l', "logfile", ARGS_PATH, AT(ignored_word), .help = "accepted without effect"},
    {'n', "numeric", ARGS_FLAG, .set = set_names, .help = "print addresses instead of names"},
    {'O', "old-rv", ARGS_FLAG, AT(ignored), .help = "accepted without effect"},
    {'p', "peers", ARGS_FLAG, .set = set_command, .help = "print the billboard of peers"},
    {'s', "srcname", ARGS_FLAG, .set = set_names,
     .help = "print names, including those configured in the daemon"},
    {'S', "srcnumber", ARGS_FLAG, .set = set_names,
     .help = "print names as configured in the daemon"},
    {'u', "units", ARGS_FLAG, AT(units), .help = "accepted; columns are shown without units"},
    {'w', "wide", ARGS_FLAG, AT(wide), .help = "print long names on lines of their own"},
    {'W', "width", ARGS_COUNT, AT(width), .least = 1, .most = 10000,
     .help = "columns of the terminal"},
    {.help = NULL}};

/* What the options say, into the session. */
static void settle(struct ntpq *q, const struct wanted *w)
{
    q->family = w->family;
    q->key_id = w->key_id;
    q->key_file = w->key_file ? w->key_file : q->key_file;
    q->wide = w->wide;
    q->width = w->width > 0 ? w->width : q->width;
    if (w->units) {
        fputs("ntpq: -u: columns are shown without units\n", stderr);
    }
    for (int i = 0; i < w->hosts.count && q->host_count < NTPQ_LIST_MAX; i++) {
        size_t length = strlen(w->hosts.words[i]);

        q->hosts[q->host_count++] = w->hosts.words[i];
        q->host_width = length > q->host_width ? length : q->host_width;
    }
    if (q->host_count == 0) {
        q->hosts[q->host_count++] = DEFAULT_HOST;
    }
}

static int interact(struct ntpq *q)
{
    bool prompt = isatty(STDIN_FILENO) == 1;
    char *line = NULL;
    size_t capacity = 0;

    if (q->host_count > 1) {
        fputs("ntpq can only work interactively on one host.\n", stderr);
        q->host_count = 1;
    }
    ntpq_open(q, q->hosts[0]);
    for (;;) {
        if (prompt) {
            fputs("ntpq> ", stdout);
            fflush(stdout);
        }
        if (getline(&line, &capacity, stdin) < 0) {
            if (prompt) {
                putchar('\n');
            }
            break;
        }
        if (!ntpq_command_run(q, line)) {
            break;
        }
        fflush(stdout);
    }
    free(line);
    return 0;
}

static int run_commands(struct ntpq *q, const struct wanted *w)
{
    if (w->count == 0) {
        return interact(q);
    }
    for (unsigned h = 0; h < q->host_count; h++) {
        if (!ntpq_open(q, q->hosts[h])) {
            continue;
        }
        for (unsigned i = 0; i < w->count; i++) {
            char *line = strdup(w->commands[i]); /* taken apart */

            if (line) {
                ntpq_command_run(q, line);
            }
            free(line);
            fflush(stdout);
        }
    }
    return 0;
}

static int run(const struct args_command *self, int argc, char **argv)
{
    struct ntpq *q = calloc(1, sizeof *q);
    struct wanted w = {.q = q};
    int code = EXIT_BAD;

    if (!q) {
        return EXIT_BAD;
    }
    ntpq_start(q);
    if (q->keys && args_parse(self, argc, argv, &w, &code)) {
        settle(q, &w);
        code = run_commands(q, &w);
    }
    ntpq_end(q);
    free(q);
    return code;
}

const struct args_command ntpq_command = {
    .name = "ntpq",
    .summary = "Query an NTP daemon by mode 6, as ntpq does",
    .help =
        "For tokid and every daemon that answers ntpq, with its options, commands and output. "
        "'help' lists the commands.",
    .arguments = arguments,
    .options = options,
    .exits = {"done, whatever the hosts replied", "wrong usage", NULL},
    .examples = "toki ntpq -pn\ntoki ntpq -c rv ntp.example.org",
    .run = run,
    .group = GROUP_TOOLS,
    .program = true,
    .wrong = EXIT_BAD,
    .version = "ntpq toki-" TOKI_VERSION,
};
