/* SPDX-License-Identifier: BSD-2-Clause */
/* The subcommands of toki: each gets what follows its name, like main(), and gives an exit code. */
#ifndef TOKI_CLI_TOKI_H
#define TOKI_CLI_TOKI_H

#define EXIT_GOOD 0
#define EXIT_BAD 1   /* not synchronised, no usable answer, ... */
#define EXIT_USAGE 2 /* wrong use, no daemon, a file with errors */

int status_run(int argc, char **argv);
int sources_run(int argc, char **argv);
int tracking_run(int argc, char **argv);
int clients_run(int argc, char **argv);
int wait_run(int argc, char **argv);
int top_run(int argc, char **argv);
int query_run(int argc, char **argv);
int trace_run(int argc, char **argv);
int change_run(int argc, char **argv);
int config_run(int argc, char **argv);
int explain_run(int argc, char **argv);
int check_run(int argc, char **argv);
int keygen_run(int argc, char **argv);
int simulate_run(int argc, char **argv);
int history_run(int argc, char **argv);
int exporter_run(int argc, char **argv);
int demo_run(int argc, char **argv);
int install_links_run(int argc, char **argv);
int ntpctl_run(int argc, char **argv);
int ntpq_run(int argc, char **argv);
int ntpstat_run(int argc, char **argv);
int ntpdate_run(int argc, char **argv);
int chronyc_run(int argc, char **argv);

#endif
