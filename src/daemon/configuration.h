/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration in force: made by the parent, at the start and at each change, and published to
 * the roles in shared memory. Each process works with a copy of its own, which it renews when it
 * looks: nobody reads what is being written, however fast changes come. */
#ifndef TOKI_DAEMON_CONFIGURATION_H
#define TOKI_DAEMON_CONFIGURATION_H

#include <stdatomic.h>

#include "config/change.h"
#include "config/config.h"
#include "config/difference.h"
#include "daemon/options.h"

#define OUTCOME_MESSAGES_MAX 32768

/* The outcome of a requested change. */
struct change_outcome {
    bool applied;
    char problem[300]; /* why not, in a sentence */
    struct difference difference;
    unsigned message_count;
    size_t messages_length;
    char messages[OUTCOME_MESSAGES_MAX]; /* of the configuration, each ended by a NUL */
};

/* What all roles see and only the parent writes. */
struct configuration_shared {
    _Atomic uint32_t generation; /* slot in force: generation & 1 */
    uint32_t server_ports[2];    /* of the slots: where requests are answered; 0: nowhere */
    struct config slots[2];
    struct change_outcome outcome; /* of the last order of sync, valid once sync is notified */
};

struct configuration {
    char file[CONFIG_PATH_MAX];
    struct config *own;  /* in force in this process */
    struct config *next; /* prepared, not in force yet; NULL: none */
    struct configuration_shared *shared;
    uint32_t seen; /* generation of `own` */
    unsigned server_port;
};

/* NULL if there is no memory. To be called before any role is forked. */
struct configuration *configuration_new(void);

/* First load: messages go to stderr. False if the file is missing or has errors. */
bool configuration_load(struct configuration *c, const struct options *options);

const struct config *configuration_current(const struct configuration *c);

/* In a role: takes over what the parent published since the last time; true if there was anything.
 * What configuration_current() gives stays where it is, with new contents. */
bool configuration_refresh(struct configuration *c);

/* In the parent, or in one process. Reads and checks what the change asks for, and says in *outcome
 * what is wrong, or what would be different: false, or true with c->next made. Nothing is in force
 * yet. */
bool configuration_prepare(struct configuration *c, const struct options *options,
                           const struct change *change, struct change_outcome *outcome);

/* Puts c->next in force and publishes it; `server_port` as in the shared part. */
void configuration_commit(struct configuration *c, unsigned server_port);

/* Gives c->next up. */
void configuration_drop(struct configuration *c);

#endif
