/* SPDX-License-Identifier: BSD-2-Clause */
/* The tools of other daemons that toki stands in for: the table of their names, and toki
 * install-links, which puts them where the user wants to find them. */
#include "cli/others/tools.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/exits.h"
#include "cli/chronyc/chronyc.h"
#include "cli/ntpq/ntpq.h"
#include "os/file.h"
#include "os/process.h"

static const struct {
    const char *name;
    tools_function *run;
} tools[] = {{"ntpq", ntpq_run},
             {"chronyc", chronyc_run},
             {"ntpdate", ntpdate_run},
             {"ntpctl", ntpctl_run},
             {"ntpstat", ntpstat_run}};

#define TOOLS (sizeof tools / sizeof tools[0])

tools_function *tools_find(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t length = strlen(name);

    for (size_t i = 0; i < TOOLS; i++) {
        size_t end = strlen(tools[i].name);

        if (length >= end && strcmp(name + length - end, tools[i].name) == 0) {
            return tools[i].run;
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
                error == -EEXIST ? "; remove it, or name another folder, if toki shall stand in"
                                 : "");
        return false;
    }
    printf("%s -> %s\n", path, program);
    return true;
}

int install_links_run(int argc, char **argv)
{
    char program[4096];
    bool good = true;

    if (argc < 2 || argv[1][0] == '-') {
        fputs("toki: usage: toki install-links FOLDER [ntpq|chronyc|ntpdate|ntpctl|ntpstat]...\n",
              stderr);
        return EXIT_USAGE;
    }
    for (int a = 2; a < argc; a++) {
        size_t i = 0;

        while (i < TOOLS && strcmp(argv[a], tools[i].name) != 0) {
            i++;
        }
        if (i == TOOLS) {
            fprintf(stderr, "toki: toki does not stand in for '%s'\n", argv[a]);
            return EXIT_USAGE;
        }
    }
    if (!process_path(program, sizeof program) || !file_is_directory(argv[1])) {
        fprintf(stderr, "toki: there is no folder %s\n", argv[1]);
        return EXIT_BAD;
    }
    for (int a = 2; a < argc; a++) {
        good = link_one(program, argv[1], argv[a]) && good;
    }
    for (size_t i = 0; argc == 2 && i < TOOLS; i++) {
        good = link_one(program, argv[1], tools[i].name) && good;
    }
    return good ? EXIT_GOOD : EXIT_BAD;
}
