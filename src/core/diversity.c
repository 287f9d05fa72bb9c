/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts the votes of each network and marks the sources beyond the limit. Called by judge.c before
 * each vote. */
#include "core/diversity.h"

#define V4_LENGTH 24
#define V6_LENGTH 48

/* Networks that are one site by their nature: their servers are as many as the site has. */
static bool diversity_exempt(const struct address *a)
{
    static const struct {
        struct address prefix;
        unsigned length;
    } exempt[] = {{{.family = ADDRESS_V4, .bytes = {10}}, 8},
                  {{.family = ADDRESS_V4, .bytes = {127}}, 8},
                  {{.family = ADDRESS_V4, .bytes = {169, 254}}, 16},
                  {{.family = ADDRESS_V4, .bytes = {172, 16}}, 12},
                  {{.family = ADDRESS_V4, .bytes = {192, 168}}, 16},
                  {{.family = ADDRESS_V6, .bytes = {0xfc}}, 7},
                  {{.family = ADDRESS_V6, .bytes = {0xfe, 0x80}}, 10},
                  {{.family = ADDRESS_V6, .bytes = {[15] = 1}}, 128}};

    for (unsigned i = 0; i < sizeof exempt / sizeof *exempt; i++) {
        if (address_in_prefix(a, &exempt[i].prefix, exempt[i].length)) {
            return true;
        }
    }
    return a->family == ADDRESS_NONE;
}

static bool diversity_neighbours(const struct address *a, const struct address *b)
{
    return a->family != ADDRESS_NONE &&
           address_in_prefix(a, b, a->family == ADDRESS_V4 ? V4_LENGTH : V6_LENGTH);
}

static unsigned diversity_networks(const struct diversity_voter *voters, unsigned count)
{
    unsigned networks = 0;

    for (unsigned i = 0; i < count; i++) {
        bool known = false;

        for (unsigned j = 0; j < i && !known; j++) {
            known = diversity_neighbours(&voters[i].address, &voters[j].address);
        }
        networks += !known;
    }
    return networks;
}

/* Votes of this voter's network: of all that were chosen by hand, and of those of pools that come
 * before it and vote. */
static unsigned diversity_before(const struct diversity_voter *voters, unsigned count,
                                 const bool *excess, unsigned i)
{
    unsigned votes = 0;

    for (unsigned j = 0; j < count; j++) {
        votes += j != i && (!voters[j].pool || (j < i && !excess[j])) &&
                 diversity_neighbours(&voters[i].address, &voters[j].address);
    }
    return votes;
}

void diversity_limit(const struct diversity_voter *voters, unsigned count, bool *excess)
{
    bool limited = diversity_networks(voters, count) >= DIVERSITY_NETWORKS_MIN;

    for (unsigned i = 0; i < count; i++) {
        excess[i] = limited && voters[i].pool && !diversity_exempt(&voters[i].address) &&
                    diversity_before(voters, count, excess, i) >= DIVERSITY_VOTES;
    }
}
