/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the `interface` lines of ntp.conf let requests be answered. Each address of ours goes by
 * the last line that matches it; where none does it is served. */
#ifndef TOKI_CONFIG_LISTEN_H
#define TOKI_CONFIG_LISTEN_H

#include "config/config.h"

/* Do the lines leave out nothing of this family, whatever addresses there are or may come? */
bool listen_is_everywhere(const struct config *c, uint8_t family);

/* Whether this address of this interface is served. `device` NULL: it is on none (yet). */
bool listen_allows(const struct config *c, const char *device, const struct address *a);

/* Addresses that a line names in full and that are to be served, on this computer or not. */
unsigned listen_named(const struct config *c, struct address *out, unsigned max);

#endif
