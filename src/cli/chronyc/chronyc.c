/* SPDX-License-Identifier: BSD-2-Clause */
/* toki chronyc: asks and changes any chronyd, or tokid, in the words and with the output of the
 * chronyc that people and their scripts know. */
#include "cli/chronyc/chronyc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/command.h"
#include "cli/base/keygen.h"
#include "toki_build.h"

#define LINE_LENGTH_MAX 2048

static chronyc_function dns, timeout, retries, keygen, help;

struct command {
    const char *name;
    chronyc_function *run; /* NULL: ends */
    const char *arguments, *text;
};

static const struct command commands[] = {
    {"tracking", chronyc_tracking, "",
     "show the state of the clock: its reference, offset and frequency"},
    {"makestep", chronyc_makestep, "[THRESHOLD UPDATES]",
     "step the clock now, or set when it may be stepped"},
    {"maxupdateskew", chronyc_number, "SKEW", "set the maximum skew (ppm) of a frequency update"},
    {"waitsync", chronyc_waitsync, "[TRIES [CORRECTION [SKEW [INTERVAL]]]]",
     "wait until the clock is synchronised"},
    {"sources", chronyc_sources, "[-a] [-v]", "list the sources and their last samples"},
    {"sourcestats", chronyc_sourcestats, "[-a] [-v]",
     "show the estimates made from the samples of each source"},
    {"selectdata", chronyc_selectdata, "[-a] [-v]", "show how sources were selected"},
    {"selectopts", chronyc_selectopts, "SOURCE [+|-OPTION ...]",
     "change the selection options of a source"},
    {"reselect", chronyc_simple, "", "select the sources again"},
    {"reselectdist", chronyc_number, "DISTANCE",
     "set the distance by which a new best source must be nearer"},
    {"activity", chronyc_activity, "", "count the sources that are online and offline"},
    {"authdata", chronyc_authdata, "[-a] [-v]", "show how sources are authenticated"},
    {"ntpdata", chronyc_ntpdata, "[ADDRESS]", "show the last packet and measurement of a source"},
    {"add", chronyc_add, "server|peer|pool NAME [OPTION ...]", "add a source"},
    {"delete", chronyc_delete, "ADDRESS", "remove a source"},
    {"burst", chronyc_burst, "GOOD/MAX [[MASK/]ADDRESS]", "send a burst of requests"},
    {"maxdelay", chronyc_source_number, "ADDRESS DELAY", "set the maximum delay of a sample"},
    {"maxdelayratio", chronyc_source_number, "ADDRESS RATIO",
     "set the maximum delay relative to the minimum"},
    {"maxdelaydevratio", chronyc_source_number, "ADDRESS RATIO",
     "set the maximum increase in delay relative to the deviation"},
    {"minpoll", chronyc_source_number, "ADDRESS LOG2", "set the minimum poll interval"},
    {"maxpoll", chronyc_source_number, "ADDRESS LOG2", "set the maximum poll interval"},
    {"minstratum", chronyc_source_number, "ADDRESS STRATUM", "set the minimum stratum"},
    {"offset", chronyc_offset, "SOURCE OFFSET", "set the correction of a constant error"},
    {"offline", chronyc_switch, "[[MASK/]ADDRESS]", "stop polling sources"},
    {"online", chronyc_switch, "[[MASK/]ADDRESS]", "resume polling sources"},
    {"onoffline", chronyc_simple, "", "set sources online that have a route, the others offline"},
    {"polltarget", chronyc_source_number, "ADDRESS N",
     "set the number of samples that the poll interval aims at"},
    {"refresh", chronyc_simple, "", "look up the names of sources again"},
    {"reload", chronyc_simple, "sources", "reload the *.sources files"},
    {"sourcename", chronyc_sourcename, "ADDRESS", "show the configured name of a source"},
    {"manual", chronyc_manual, "off|on|reset|list|delete INDEX", "control manual time input"},
    {"settime", chronyc_settime, "TIME", "enter the time, for example 16:30:05"},
    {"accheck", chronyc_check_access, "ADDRESS", "check whether a client may get time"},
    {"clients", chronyc_clients, "[-p PACKETS] [-k] [-r]", "list the clients"},
    {"serverstats", chronyc_serverstats, "", "show the counters of the server"},
    {"allow", chronyc_access, "[all] [SUBNET]", "serve time to clients"},
    {"deny", chronyc_access, "[all] [SUBNET]", "do not serve time to clients"},
    {"local", chronyc_local, "off | [OPTION ...]", "serve local time when unsynchronised"},
    {"smoothtime", chronyc_smoothtime, "reset|activate", "reset or activate time smoothing"},
    {"smoothing", chronyc_smoothing, "", "show the state of time smoothing"},
    {"cmdaccheck", chronyc_check_access, "ADDRESS", "check whether a host may ask for reports"},
    {"cmdallow", chronyc_access, "[all] [SUBNET]", "allow hosts to ask for reports"},
    {"cmddeny", chronyc_access, "[all] [SUBNET]", "do not allow hosts to ask for reports"},
    {"rtcdata", chronyc_rtcdata, "", "show the state of the real-time clock"},
    {"trimrtc", chronyc_simple, "", "set the real-time clock"},
    {"writertc", chronyc_simple, "", "save the parameters of the real-time clock"},
    {"cyclelogs", chronyc_simple, "", "reopen the log files"},
    {"dump", chronyc_simple, "", "save the measurements to files"},
    {"rekey", chronyc_simple, "", "reload the keys"},
    {"reset", chronyc_simple, "sources", "drop all measurements"},
    {"shutdown", chronyc_simple, "", "stop the daemon"},
    {"dfreq", chronyc_number, "PPM", "change the frequency"},
    {"doffset", chronyc_number, "SECONDS", "change the offset"},
    {"dns", dns, "-n|+n|-4|-6|-46", "show addresses or names; look up one address family"},
    {"timeout", timeout, "MS", "set the initial timeout of a request"},
    {"retries", retries, "N", "set the maximum number of retries"},
    {"keygen", keygen, "[ID [TYPE [BITS]]]", "generate a key, as a line of a key file"},
    {"help", help, "", "show this list"},
    {"exit", NULL, "", "end the session"},
    {"quit", NULL, "", "end the session"},
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static bool help(struct chronyc *c, const struct chronyc_line *line)
{
    char usage[96];

    (void)c;
    (void)line;
    for (size_t i = 0; i < COMMANDS; i++) {
        snprintf(usage, sizeof usage, "%s %s", commands[i].name, commands[i].arguments);
        printf(strlen(usage) < 28 ? "%-28s%s\n" : "%s\n                            %s\n", usage,
               commands[i].text);
    }
    return true;
}

static bool dns(struct chronyc *c, const struct chronyc_line *line)
{
    const char *word = line->count == 2 ? line->words[1] : "";

    if (strcmp(word, "-n") == 0 || strcmp(word, "+n") == 0) {
        c->numeric = *word == '-';
    } else if (strcmp(word, "-4") == 0 || strcmp(word, "-6") == 0) {
        c->family = word[1] == '4' ? ADDRESS_V4 : ADDRESS_V6;
    } else if (strcmp(word, "-46") == 0) {
        c->family = ADDRESS_NONE;
    } else {
        fputs("Unrecognized dns command\n", stderr);
        return false;
    }
    return true;
}

static bool read_count(const struct chronyc_line *line, unsigned long least, unsigned long *out)
{
    char *end = NULL;

    *out = line->count == 2 ? strtoul(line->words[1], &end, 10) : 0;
    return end && *end == '\0' && *out >= least && *out <= 1000000;
}

static bool timeout(struct chronyc *c, const struct chronyc_line *line)
{
    unsigned long ms;

    if (!read_count(line, 100, &ms)) {
        fputs("Invalid timeout value\n", stderr);
        return false;
    }
    c->timeout_s = (double)ms / 1000;
    return true;
}

static bool retries(struct chronyc *c, const struct chronyc_line *line)
{
    unsigned long count;

    if (!read_count(line, 0, &count)) {
        fputs("Invalid maximum number of retries\n", stderr);
        return false;
    }
    c->retries = (unsigned)count;
    return true;
}

static bool keygen(struct chronyc *c, const struct chronyc_line *line)
{
    char words[7][64] = {"keygen", "--id", "1", "--type", "SHA1", "--bits", "160"};
    char *argv[8] = {NULL};
    int argc = line->count > 2 && line->count < 4 ? 5 : 7; /* the bits that suit the type */

    (void)c;
    if (line->count > 4) {
        return chronyc_syntax_error("keygen command");
    }
    for (unsigned i = 1; i < line->count; i++) {
        snprintf(words[2 * i], sizeof words[0], "%s", line->words[i]);
    }
    for (int i = 0; i < argc; i++) {
        argv[i] = words[i];
    }
    return keygen_command.run(&keygen_command, argc, argv) == EXIT_GOOD;
}

bool chronyc_command_run(struct chronyc *c, char *text, bool *quit)
{
    struct chronyc_line line = {.count = 0};
    char *at = text;

    text[strcspn(text, "\r\n")] = '\0';
    at += strspn(at, " \t");
    while (*at && *at != '#' && *at != '!' && line.count < CHRONYC_WORDS_MAX) {
        line.words[line.count++] = at;
        at += strcspn(at, " \t");
        if (*at) {
            *at++ = '\0';
            at += strspn(at, " \t");
        }
    }
    if (line.count == 0) {
        return true;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(line.words[0], commands[i].name) == 0) {
            if (!commands[i].run) {
                *quit = true;
                return true;
            }
            return commands[i].run(c, &line);
        }
    }
    fflush(stdout);
    fputs("Unrecognized command\n", stderr);
    return false;
}

struct wanted {
    struct args_words words;
    const char *hosts, *ignored_word;
    unsigned port;
    uint8_t family;
    bool many, dots, numeric, by_name, csv, ignored;
};

#define AT(member) offsetof(struct wanted, member)

static const struct args_argument arguments[] = {
    {"COMMAND", ARGS_WORD, AT(words), .optional = true, .repeats = true,
     .help = "a command and its words; without it, commands are read from the terminal"},
    {.name = NULL}};

static const struct args_option options[] = {
    ARGS_IPV4(struct wanted, family, "use IPv4 only"),
    ARGS_IPV6(struct wanted, family, "use IPv6 only"),
    {'a', NULL, ARGS_FLAG, AT(ignored), .help = "accepted without effect, as d, f and q are"},
    {'c', NULL, ARGS_FLAG, AT(csv), .help = "print comma-separated values"},
    {'d', NULL, ARGS_FLAG, AT(ignored), .help = "accepted without effect"},
    {'e', NULL, ARGS_FLAG, AT(dots), .help = "print a line with a dot after each reply"},
    {'f', NULL, ARGS_PATH, AT(ignored_word), .help = "accepted without effect"},
    {'h', NULL, ARGS_HOST, AT(hosts), .fallback = CHRONYC_HOSTS,
     .help = "hosts or sockets to try in turn, separated by commas"},
    {'m', NULL, ARGS_FLAG, AT(many), .help = "each argument is a command"},
    {'n', NULL, ARGS_FLAG, AT(numeric), .help = "print addresses instead of names"},
    {'N', NULL, ARGS_FLAG, AT(by_name), .help = "print names as configured in the daemon"},
    {'p', NULL, ARGS_COUNT, AT(port), .least = 1, .most = 65535, .fallback = "323",
     .help = "UDP port"},
    {'q', NULL, ARGS_FLAG, AT(ignored), .help = "accepted without effect"},
    {.help = NULL}};

static bool run_line(struct chronyc *c, const struct wanted *w, char *text, bool *quit)
{
    bool good = chronyc_command_run(c, text, quit);

    if (w->dots) {
        puts(".");
    }
    fflush(stdout);
    return good;
}

static bool interact(struct chronyc *c, const struct wanted *w)
{
    bool prompt = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
    bool good = true, quit = false;
    size_t capacity = 0;
    char *line = NULL;

    while (!quit) {
        if (prompt) {
            fputs("chronyc> ", stdout);
            fflush(stdout);
        }
        if (getline(&line, &capacity, stdin) < 0) {
            if (prompt) {
                putchar('\n');
            }
            break;
        }
        good = run_line(c, w, line, &quit);
    }
    free(line);
    return good;
}

static bool run_words(struct chronyc *c, const struct wanted *w)
{
    char line[LINE_LENGTH_MAX] = "";
    char *const *words = w->words.words;
    int count = w->words.count;
    size_t used = 0;
    bool good = true, quit = false;

    if (count == 0) {
        return interact(c, w);
    }
    for (int i = 0; i < count && good && !quit; i++) {
        used +=
            (size_t)snprintf(line + used, sizeof line - used, "%s%s", used ? " " : "", words[i]);
        if (used >= sizeof line) {
            fputs("Command is too long\n", stderr);
            return false;
        }
        if (w->many || i + 1 == count) {
            good = run_line(c, w, line, &quit);
            used = 0;
        }
    }
    return good;
}

static int run(const struct args_command *self, int argc, char **argv)
{
    struct chronyc *c = calloc(1, sizeof *c);
    struct wanted w = {.hosts = CHRONYC_HOSTS, .port = CHRONY_PORT};
    int code = EXIT_BAD;

    if (!c) {
        return EXIT_BAD;
    }
    chronyc_start(c);
    if (args_parse(self, argc, argv, &w, &code)) {
        c->hosts = w.hosts;
        c->port = (uint16_t)w.port;
        c->family = w.family;
        c->csv = w.csv;
        c->numeric = w.numeric || w.csv;
        c->sources_by_name = w.by_name;
        code = run_words(c, &w) ? EXIT_GOOD : EXIT_BAD;
    }
    exchange_close(&c->exchange);
    free(c);
    return code;
}

const struct args_command chronyc_command = {
    .name = "chronyc",
    .summary = "Query and control chronyd or tokid, as chronyc does",
    .help = "With its options, commands and output. 'help' lists the commands.",
    .arguments = arguments,
    .options = options,
    .exits = {"done", "the daemon did not answer or refused, or wrong usage", NULL},
    .examples = "toki chronyc -n sources\ntoki chronyc -h ntp.example.org tracking",
    .run = run,
    .group = GROUP_TOOLS,
    .program = true,
    .options_first = true,
    .wrong = EXIT_BAD,
    .version = "chronyc (toki) version " TOKI_VERSION,
    .version_letter = 'v',
};
