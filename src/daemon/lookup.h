/* SPDX-License-Identifier: BSD-2-Clause */
/* Names -> addresses, in a process of its own, because the system's resolver blocks and needs a
 * wide sandbox. Both ends of the channel are here; what comes over it is checked like any input. */
#ifndef TOKI_DAEMON_LOOKUP_H
#define TOKI_DAEMON_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/settings.h"
#include "daemon/role.h"
#include "os/names.h"

struct lookup_answer {
    uint16_t source;
    uint16_t count; /* 0: the look-up failed */
    uint32_t error; /* enum names_error: why */
    struct address addresses[NAMES_MAX];
    char name[SOURCE_NAME_MAX]; /* as it was asked */
};

/* From sync: false if the channel is full or broken. */
bool lookup_ask(int channel, uint16_t source, uint8_t family, const char *name);

/* Next answer; false if there is none. */
bool lookup_receive(int channel, struct lookup_answer *out);

/* The role itself: returns when its channel to sync is closed. A signal ends it wherever it is. */
int lookup_run(struct tokid *t, const struct role_start *start);

#endif
