/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of sources that may be changed while the daemon runs, by their names in chrony.conf:
 * minpoll, maxpoll, maxdelay, maxdelayratio, maxdelaydevratio, minstratum, polltarget, offset,
 * noselect, prefer, trust, require: the rows of chrony_conf.c that are `live`. They are the same
 * whatever the language of the file. */
#ifndef TOKI_CONFIG_OPTION_H
#define TOKI_CONFIG_OPTION_H

#include <stddef.h>

#include "core/settings.h"

/* Sets an option of a source; a flag is 0 or 1. False: nothing is changed, and `problem` says why.
 */
bool option_set(struct source_spec *spec, const char *name, const char *value, char *problem,
                size_t capacity);

#endif
