/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration in force, shared by all roles: loaded at the start and again on SIGHUP, with
 * what the command line overrides. Two slots in shared memory and a counter: a reader keeps its
 * slot until it looks again, and a file with errors changes nothing. */
#ifndef TOKI_DAEMON_CONFIGURATION_H
#define TOKI_DAEMON_CONFIGURATION_H

#include <stdatomic.h>

#include "config/config.h"
#include "daemon/options.h"

struct configuration {
    char file[CONFIG_PATH_MAX];
    struct config slots[2];
    _Atomic uint32_t generation; /* slot in force: generation & 1 */
};

/* In shared memory; NULL if there is none. */
struct configuration *configuration_new(void);

/* First load: messages go to stderr. False if the file is missing or has errors. */
bool configuration_load(struct configuration *c, const struct options *options);

/* Again: messages go to the log. False: the old one stays in force. */
bool configuration_reload(struct configuration *c, const struct options *options);

const struct config *configuration_current(struct configuration *c);

#endif
