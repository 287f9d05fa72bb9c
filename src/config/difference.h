/* SPDX-License-Identifier: BSD-2-Clause */
/* What a new configuration changes in effect, one line per change, for the log and for the
 * sender of the reload request: "+ server ...", "- server ...", "~ access 192.0.2.0/24: deny ->
 * allow". Of two files in different languages only what they mean is compared. */
#ifndef TOKI_CONFIG_DIFFERENCE_H
#define TOKI_CONFIG_DIFFERENCE_H

#include "config/config.h"

#define DIFFERENCE_TEXT_MAX 16384

struct difference {
    char text[DIFFERENCE_TEXT_MAX]; /* lines, each ended by a newline; then a NUL */
    size_t length;
    unsigned count;   /* of changes; lines beyond the room are counted all the same */
    unsigned written; /* of lines in `text` */
};

/* Both must be right (config_load() gave true). */
void difference_find(struct difference *d, const struct config *old, const struct config *new);

#endif
