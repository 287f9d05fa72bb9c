/* SPDX-License-Identifier: BSD-2-Clause */
/* The numbered lists of mode 6 (READ_ORDLIST): the sockets that requests come in by, and the access
 * rules. */
#ifndef TOKI_CONTROL_MODE6_MODE6_LISTS_H
#define TOKI_CONTROL_MODE6_MODE6_LISTS_H

#include "control/mode6/mode6_state.h"

/* `name` is the data of the request: "ifstats" or nothing, or "addr_restrictions". False: it is
 * anything else. */
bool mode6_list_named(struct mode6_list *list, const struct mode6_scope *scope, const uint8_t *name,
                      size_t length);

#endif
