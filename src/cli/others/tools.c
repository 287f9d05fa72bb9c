/* SPDX-License-Identifier: BSD-2-Clause */
/* The tools of other daemons that toki stands in for: the table of their names, and toki
 * install-links, which puts them where the user wants to find them. */
#include "cli/others/tools.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/command.h"
#include "cli/chronyc/chronyc.h"
#include "cli/ntpq/ntpq.h"
#include "os/file.h"
#include "os/process.h"

static const struct args_command *const tools[] = {
    &ntpq_command, &chronyc_command, &ntpdate_command, &ntpctl_command, &ntpstat_command};

#define TOOLS (sizeof tools / sizeof tools[0])

static const char *tool_name(size_t i)
{
    return i < TOOLS ? tools[i]->name : NULL;
}

const struct args_command *tools_find(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t length = strlen(name);

    for (size_t i = 0; i < TOOLS; i++) {
        size_t end = strlen(tools[i]->name);

        if (length >= end && strcmp(name + length - end, tools[i]->name) == 0) {
            return tools[i];
        }
    }
    return NULL;
}

/* One link; false after saying what is wrong. */
static bool link_one(const char *program, const char *folder, const char *name)
{
    char path[4096];
    int error;

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        error = -ENAMETOOLONG;
    } else {
        error = file_link_symbolic(program, path);
    }
    if (error) {
        fprintf(stderr, "toki: no link %s/%s: %s%s\n", folder, name, strerror(-error),
                error == -EEXIST ? "; remove it or choose another folder" : "");
        return false;
    }
    printf("%s -> %s\n", path, program);
    return true;
}

struct wanted {
    const char *folder;
    struct args_words names;
};

static const struct args_argument arguments[] = {
    {"FOLDER", ARGS_FOLDER, offsetof(struct wanted, folder), .help = "where to make the links"},
    {"NAME", ARGS_CHOICE, offsetof(struct wanted, names), .choice = tool_name, .optional = true,
     .repeats = true, .help = "ntpq, chronyc, ntpdate, ntpctl, ntpstat; without it, all of them"},
    {.name = NULL}};

static int run(const struct args_command *self, int argc, char **argv)
{
    struct wanted wanted = {.folder = NULL};
    char program[4096];
    bool good = true;
    int code;

    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    if (!process_path(program, sizeof program) || !file_is_directory(wanted.folder)) {
        fprintf(stderr, "toki: no such folder: %s\n", wanted.folder);
        return EXIT_BAD;
    }
    for (int i = 0; i < wanted.names.count; i++) {
        good = link_one(program, wanted.folder, wanted.names.words[i]) && good;
    }
    for (size_t i = 0; wanted.names.count == 0 && i < TOOLS; i++) {
        good = link_one(program, wanted.folder, tools[i]->name) && good;
    }
    return good ? EXIT_GOOD : EXIT_BAD;
}

const struct args_command install_links_command = {
    .name = "install-links",
    .summary = "Link ntpq, chronyc, ntpdate, ntpctl and ntpstat to toki",
    .help = "Existing files are never replaced.",
    .arguments = arguments,
    .exits = {"the links exist", "a link could not be made", "wrong usage"},
    .examples = "toki install-links /usr/local/bin\ntoki install-links ~/bin ntpq",
    .run = run,
    .group = GROUP_TOOLS,
};
