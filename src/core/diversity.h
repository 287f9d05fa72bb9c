/* SPDX-License-Identifier: BSD-2-Clause */
/* The limit of votes for one network: the owner of one /24 (IPv4) or /48 (IPv6) that gets all of
 * its addresses into a pool's name must not outvote all others. */
#ifndef TOKI_CORE_DIVERSITY_H
#define TOKI_CORE_DIVERSITY_H

#include <stdbool.h>

#include "core/address.h"

#define DIVERSITY_VOTES 2        /* of one network */
#define DIVERSITY_NETWORKS_MIN 3 /* with fewer no limit: there is nobody to protect */

struct diversity_voter {
    struct address address; /* ADDRESS_NONE: a reference clock, a network of its own */
    bool pool;              /* it came by the name of a pool line: nobody chose it by hand */
};

/* Sets excess[i] for each voter that is one too many of its network. Only voters of pools are, the
 * last ones first; private, link-local and loopback networks have no limit, and nobody has where
 * all voters come from fewer than DIVERSITY_NETWORKS_MIN networks. */
void diversity_limit(const struct diversity_voter *voters, unsigned count, bool *excess);

#endif
