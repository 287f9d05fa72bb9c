/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers requests in batches: the same function in a worker process, inside the main loop (no
 * workers) and in the simulator. Allocates nothing. */
#ifndef TOKI_SERVE_WORKER_H
#define TOKI_SERVE_WORKER_H

#include <stdbool.h>

#include "core/acl.h"
#include "core/clients.h"
#include "core/mac.h"
#include "core/random.h"
#include "core/ratelimit.h"
#include "os/udp.h"
#include "serve/page.h"

/* Who may send control requests (mode 6), beside being let through by ACCESS_IGNORE. */
struct worker_queries {
    bool by_rules; /* clients without ACCESS_NOQUERY */
    bool local[2]; /* this machine itself (IPv4, IPv6), unless a rule for its address says no */
};

struct worker {
    struct serve_page *page;
    unsigned number; /* which counters are ours */
    const struct acl *acl;
    const struct mac_keys *keys; /* symmetric keys; NULL, as worker_init() leaves it: none */
    struct clients *clients; /* the client table; NULL, as worker_init() leaves it: not recorded */
    bool have_source_access; /* flags of our sources' addresses without a rule of their own */
    uint32_t source_access;
    struct worker_queries queries; /* worker_init() leaves it: by rules alone */
    uint8_t controls[UDP_BATCH];   /* which of `requests` are for the caller: RESPOND_CONTROL */
    unsigned control_count;        /* ... of the last batch */
    struct ratelimit ratelimit;    /* of clients with ACCESS_LIMITED, its kisses of those with
                                      ACCESS_KOD too; worker_init() leaves it: no limit */
    struct random random;
    struct datagram requests[UDP_BATCH], replies[UDP_BATCH];
};

/* `number` < PAGE_WORKERS_MAX. */
void worker_init(struct worker *w, struct serve_page *page, unsigned number, const struct acl *acl,
                 const uint8_t seed[RANDOM_SEED_LENGTH]);

/* Receives what waits on fd (one batch), answers it; number of datagrams handled. */
unsigned worker_batch(struct worker *w, int fd);

#endif
