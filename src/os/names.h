/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names -> addresses and back; blocks, so only the lookup role (or a tool) calls it. */
#ifndef TOKI_OS_NAMES_H
#define TOKI_OS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/address.h"

#define NAMES_MAX 16

/* Number of distinct addresses written (port 0), 0 if there is none or the look-up failed; *error
 * (may be NULL) is then a static sentence. family: enum address_family, ADDRESS_NONE = either. */
unsigned names_look_up(const char *name, uint8_t family, struct address *out, unsigned max,
                       const char **error);

/* The name of an address, in small letters; false: it has none. */
bool names_find(const struct address *a, char *out, size_t capacity);

#endif
