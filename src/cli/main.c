/* SPDX-License-Identifier: BSD-2-Clause */
/* toki: the list of its commands. Adding one is a line here and a file beside this one with its
 * table (args/args.h): parsing, --help, man page and completion follow from that. */
#include <stdio.h>
#include <string.h>

#include "args/args_help.h"
#include "args/args_json.h"
#include "cli/base/keygen.h"
#include "cli/chronyc/chronyc.h"
#include "cli/ntpq/ntpq.h"
#include "cli/others/tools.h"
#include "cli/simulate/simulate.h"
#include "cli/toki.h"
#include "config/text.h"
#include "os/terminal.h"
#include "toki_build.h"

static const struct args_command help_command, version_command;

static const struct args_command *const commands[] = {
    &status_command,   &sources_command,    &tracking_command, &clients_command,
    &history_command,  &top_command,        &wait_command,     &exporter_command,
    &query_command,    &trace_command,      &check_command,    &config_command,
    &explain_command,  &simulate_command,   &keygen_command,   &reload_command,
    &add_command,      &delete_command,     &allow_command,    &deny_command,
    &restrict_command, &unrestrict_command, &online_command,   &offline_command,
    &burst_command,    &makestep_command,   &ntpq_command,     &chronyc_command,
    &ntpdate_command,  &ntpctl_command,     &ntpstat_command,  &install_links_command,
    &demo_command,     &help_command,       &version_command,  NULL,
};

#define COMMANDS (sizeof commands / sizeof commands[0] - 1)

static const struct args_command root = {.name = "toki", .parts = commands, .program = true};

static const char *group_title(enum command_group group)
{
    switch (group) {
    case GROUP_STATE: return "State of the clock and of the daemon";
    case GROUP_SERVERS: return "Other servers";
    case GROUP_CONFIGURATION: return "Configuration";
    case GROUP_CHANGE: return "Changes to the running daemon, for root";
    case GROUP_TOOLS: return "Tools of other daemons";
    case GROUP_OTHER:
    case COMMAND_GROUPS: break;
    }
    return "Other";
}

static int print_overview(void)
{
    puts(
        "Usage: toki COMMAND [OPTION]... [ARGUMENT]...\n\n"
        "Reports on the NTP daemon tokid and controls it, queries time servers and checks\n"
        "configurations.");
    for (enum command_group group = 0; group < COMMAND_GROUPS; group++) {
        printf("\n%s:\n", group_title(group));
        for (size_t i = 0; i < COMMANDS; i++) {
            if (commands[i]->group == group) {
                printf("  %-14s%s\n", commands[i]->name, commands[i]->summary);
            }
        }
    }
    puts("\n'toki COMMAND --help' lists the options of a command.");
    return EXIT_GOOD;
}

static int run_command(const struct args_command *c, int argc, char **argv)
{
    int code = EXIT_GOOD;

    if (c->parts) {
        c = args_part(c, argc, argv, &code);
        argc--;
        argv++;
    }
    return c ? c->run(c, argc, argv) : code;
}

/* ---- help and version ---- */

struct wanted {
    const char *command, *part;
    bool json;
};

static const struct args_argument help_arguments[] = {
    {"COMMAND", ARGS_COMMAND, offsetof(struct wanted, command), .optional = true,
     .help = "the command to describe; without it, all are listed"},
    {"SUB-COMMAND", ARGS_WORD, offsetof(struct wanted, part), .optional = true},
    {.name = NULL}};

static const struct args_option help_options[] = {
    {'j', "json", ARGS_FLAG, offsetof(struct wanted, json),
     .help = "print the tables of all commands as JSON, for programs"},
    {.help = NULL}};

static int run_help(const struct args_command *self, int argc, char **argv)
{
    struct wanted wanted = {.command = NULL};
    const struct args_command *c;
    int code;

    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    if (wanted.json) {
        args_json_print(commands, COMMANDS);
        return EXIT_GOOD;
    }
    if (!wanted.command) {
        return print_overview();
    }
    c = args_part(&root, argc, argv, &code);
    if (c && wanted.part && c->parts) {
        c = args_part(c, argc - 1, argv + 1, &code);
    } else if (c && wanted.part) {
        return args_complain(self, "'%s' has no sub-commands", c->name);
    }
    if (c) {
        args_help_print(c);
    }
    return code;
}

static const struct args_command help_command = {
    .name = "help",
    .summary = "List the commands, or describe one",
    .arguments = help_arguments,
    .options = help_options,
    .exits = {"printed", NULL, "wrong usage, or no such command"},
    .examples = "toki help wait\ntoki help config diff",
    .run = run_help,
    .group = GROUP_OTHER,
};

static int run_version(const struct args_command *self, int argc, char **argv)
{
    int code;

    if (!args_parse(self, argc, argv, NULL, &code)) {
        return code;
    }
    puts("toki " TOKI_VERSION);
    return EXIT_GOOD;
}

static const struct args_command version_command = {
    .name = "version",
    .summary = "Print the version",
    .exits = {"printed", NULL, "wrong usage"},
    .run = run_version,
    .group = GROUP_OTHER,
};

static int run(int argc, char **argv)
{
    const struct args_command *c = tools_find(argc > 0 ? argv[0] : "");
    const char *word = argc > 1 ? argv[1] : "";
    int code = EXIT_GOOD;

    if (c) {
        return run_command(c, argc, argv);
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        c = &version_command;
    } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        c = &help_command;
    } else {
        c = args_part(&root, argc, argv, &code);
    }
    return c ? run_command(c, argc - 1, argv + 1) : code;
}

/* A report that was not written whole is no report: a script must see it by the code. Whoever reads
 * only the head of it closed the pipe and knows. */
int main(int argc, char **argv)
{
    int code = run(argc, argv), error;

    error = terminal_end_output();
    if (error) {
        fprintf(stderr, "toki: the output could not be written: %s\n", strerror(-error));
        return code == EXIT_GOOD ? EXIT_BAD : code;
    }
    return code;
}
