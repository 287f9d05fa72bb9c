/* SPDX-License-Identifier: BSD-2-Clause */
/* Regular looks at the engine for the history. The ring lies in memory that the parent sees, too,
 * so that only a word has to go to it when the file is due. */
#include "daemon/chronicle.h"

#include "daemon/parent.h"

/* What a crash costs at most: 300 kB more often than this would wear out small flash disks. */
#define STORE_S 3600.0

void chronicle_keep(struct loop *loop, struct instant now)
{
    struct history *h = loop->setup.history;
    struct history_look look;

    if (!h || loop->next_look.ns > now.mono.ns) {
        return;
    }
    if (loop->next_look.ns == 0) { /* the first */
        h->steps_seen = 0;
        loop->next_chronicle = mono_after(now.mono, STORE_S);
    }
    history_look_at(&loop->engine, now, &look);
    look.steps = loop->engine.discipline.steps - h->steps_seen;
    h->steps_seen = loop->engine.discipline.steps;
    history_add(h, now.wall, &look);
    loop->next_look = mono_after(now.mono, HISTORY_LOOK_S);
    if (loop->next_chronicle.ns <= now.mono.ns) {
        chronicle_store(loop);
        loop->next_chronicle = mono_after(now.mono, STORE_S);
    }
}

void chronicle_store(struct loop *loop)
{
    if (loop->setup.history) {
        parent_store_history(loop->setup.parent, loop->setup.config, loop->setup.history);
    }
}
