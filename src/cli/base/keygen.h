/* SPDX-License-Identifier: BSD-2-Clause */
/* toki keygen, which chronyc's keygen is, too. */
#ifndef TOKI_CLI_BASE_KEYGEN_H
#define TOKI_CLI_BASE_KEYGEN_H

/* Like main(), gives an exit code. */
int keygen_run(int argc, char **argv);

#endif
