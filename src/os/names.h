/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names -> addresses and back; blocks, so only the lookup role (or a tool) calls it. */
#ifndef TOKI_OS_NAMES_H
#define TOKI_OS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/address.h"

#define NAMES_MAX 16

enum names_error {
    NAMES_FOUND,
    NAMES_UNKNOWN,    /* there is no such name */
    NAMES_NO_ADDRESS, /* it has none, or none of the wanted family */
    NAMES_SILENT,     /* the name service did not answer, or could not at the moment */
    NAMES_BROKEN      /* it failed otherwise, or the resolver did */
};

/* Number of distinct addresses written (port 0), 0 if there is none or the look-up failed; *error
 * (may be NULL) tells why. family: enum address_family, ADDRESS_NONE = either. */
unsigned names_look_up(const char *name, uint8_t family, struct address *out, unsigned max,
                       enum names_error *error);

/* In the words of the system's resolver: "Temporary failure in name resolution". */
const char *names_error_text(enum names_error error);

/* The name of an address, in small letters; false: it has none. */
bool names_find(const struct address *a, char *out, size_t capacity);

#endif
