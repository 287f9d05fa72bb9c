/* SPDX-License-Identifier: BSD-2-Clause */
/* Exit codes of toki and of its subcommands. */
#ifndef TOKI_CLI_BASE_EXITS_H
#define TOKI_CLI_BASE_EXITS_H

#define EXIT_GOOD 0
#define EXIT_BAD 1   /* not synchronised, no usable answer, ... */
#define EXIT_USAGE 2 /* wrong usage, no daemon, a file with errors */

#endif
