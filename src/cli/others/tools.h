/* SPDX-License-Identifier: BSD-2-Clause */
/* The tools of other daemons that toki stands in for, by name. */
#ifndef TOKI_CLI_OTHERS_TOOLS_H
#define TOKI_CLI_OTHERS_TOOLS_H

typedef int tools_function(int argc, char **argv);

/* The tool that a program of this path is: its last part ends in the tool's name ("toki-ntpq" is
 * ntpq). NULL: none. */
tools_function *tools_find(const char *path);

/* Each like main(), gives an exit code. */
int install_links_run(int argc, char **argv);
int ntpctl_run(int argc, char **argv);
int ntpdate_run(int argc, char **argv);
int ntpstat_run(int argc, char **argv);

#endif
