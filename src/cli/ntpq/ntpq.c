/* SPDX-License-Identifier: BSD-2-Clause */
/* toki ntpq: asks any NTP daemon by mode 6 in the words, and with the output, of the ntpq that
 * people and their scripts know (NTPsec's; options and commands of both lineages). */
#include "cli/ntpq/ntpq.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/exits.h"
#include "cli/ntpq/ntpq_commands.h"
#include "toki_build.h"

#define COMMANDS_MAX 64
#define DEFAULT_HOST "localhost"

struct wanted {
    const char *commands[COMMANDS_MAX];
    unsigned count;
};

static void print_usage(FILE *to)
{
    fputs(
        "USAGE: ntpq [-46hnpsSVw] [-a keyid] [-c command] [-k keyfile] [-W columns] [host ...]\n"
        "  -4, -6  ask by IPv4, IPv6 only    -n  addresses instead of names\n"
        "  -p      print the billboard       -s  names and the ones the daemon was given\n"
        "  -c STR  run a command and exit    -S  the names that the daemon was given\n"
        "  -a NUM  sign with this key        -w  long names on lines of their own\n"
        "  -k FILE keys are in this file     -W  columns of the screen\n"
        "  -V      version                   -h  this help\n"
        "Without -c and -p: commands from the terminal; 'help' lists them.\n",
        to);
}

static bool add_command(struct wanted *w, const char *command)
{
    if (w->count == COMMANDS_MAX) {
        fprintf(stderr, "ntpq: more than %d commands\n", COMMANDS_MAX);
        return false;
    }
    w->commands[w->count++] = command;
    return true;
}

static bool number(const char *option, const char *text, unsigned long max, unsigned long *out)
{
    char *end;

    *out = strtoul(text, &end, 10);
    if (*text == '\0' || *end || *out > max) {
        fprintf(stderr, "Error: %s parameter '%s' not a number\n", option, text);
        return false;
    }
    return true;
}

/* False: *code is what to exit with. */
static bool take_option(struct ntpq *q, struct wanted *w, int option, int *code)
{
    unsigned long value = 0;

    *code = 1;
    switch (option) {
    case '4':
    case '6':
        q->family = option == '4' ? ADDRESS_V4 : ADDRESS_V6;
        return true;
    case 'a':
        q->key_id = number("-a", optarg, UINT32_MAX, &value) ? (uint32_t)value : 0;
        return q->key_id != 0;
    case 'c':
        return add_command(w, optarg);
    case 'p':
        return add_command(w, "peers");
    case 'k':
        q->key_file = optarg;
        return true;
    case 'n':
        q->names = q->supplied = false;
        return true;
    case 's':
        q->names = q->supplied = true;
        return true;
    case 'S':
        q->names = false;
        q->supplied = true;
        return true;
    case 'w':
        q->wide = true;
        return true;
    case 'W':
        q->width = number("-W", optarg, 10000, &value) ? (unsigned)value : 0;
        return q->width != 0;
    case 'V':
        puts("ntpq toki-" TOKI_VERSION);
        *code = 0;
        return false;
    case 'd': /* what others print for their authors, and where to */
    case 'D':
    case 'l':
    case 'i': /* interactive: where there is no command */
    case 'O':
        return true;
    case 'u':
        fputs("ntpq: -u: columns are shown without units\n", stderr);
        return true;
    default:
        *code = option == 'h' ? 0 : 1;
        print_usage(option == 'h' ? stdout : stderr);
        return false;
    }
}

static bool parse(struct ntpq *q, struct wanted *w, int argc, char **argv, int *code)
{
    static const struct option options[] = {{"ipv4", no_argument, NULL, '4'},
                                            {"ipv6", no_argument, NULL, '6'},
                                            {"authentication", required_argument, NULL, 'a'},
                                            {"command", required_argument, NULL, 'c'},
                                            {"debug", no_argument, NULL, 'd'},
                                            {"set-debug-level", required_argument, NULL, 'D'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"interactive", no_argument, NULL, 'i'},
                                            {"keyfile", required_argument, NULL, 'k'},
                                            {"logfile", required_argument, NULL, 'l'},
                                            {"numeric", no_argument, NULL, 'n'},
                                            {"old-rv", no_argument, NULL, 'O'},
                                            {"peers", no_argument, NULL, 'p'},
                                            {"srcname", no_argument, NULL, 's'},
                                            {"srcnumber", no_argument, NULL, 'S'},
                                            {"units", no_argument, NULL, 'u'},
                                            {"version", no_argument, NULL, 'V'},
                                            {"wide", no_argument, NULL, 'w'},
                                            {"width", required_argument, NULL, 'W'},
                                            {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "46a:c:dD:hik:l:nOpsSuVwW:", options, NULL)) != -1) {
        if (!take_option(q, w, option, code)) {
            return false;
        }
    }
    for (int i = optind; i < argc && q->host_count < NTPQ_LIST_MAX; i++) {
        size_t length = strlen(argv[i]);

        q->hosts[q->host_count++] = argv[i];
        q->host_width = length > q->host_width ? length : q->host_width;
    }
    if (q->host_count == 0) {
        q->hosts[q->host_count++] = DEFAULT_HOST;
    }
    return true;
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

static int run(struct ntpq *q, const struct wanted *w)
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

int ntpq_run(int argc, char **argv)
{
    struct ntpq *q = calloc(1, sizeof *q);
    struct wanted w = {.count = 0};
    int code = 1;

    if (!q) {
        return EXIT_BAD;
    }
    ntpq_start(q);
    if (q->keys && parse(q, &w, argc, argv, &code)) {
        code = run(q, &w);
    }
    ntpq_end(q);
    free(q);
    return code;
}
