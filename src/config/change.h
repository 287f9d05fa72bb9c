/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes to a configuration while the daemon runs: its file read again, or one directive given by
 * hand. A directive is a line of the configuration's own language, read by the same tables, on top
 * of what is in force; it may only add sources and change access rules, whatever the sender. */
#ifndef TOKI_CONFIG_CHANGE_H
#define TOKI_CONFIG_CHANGE_H

#include "config/config.h"

#define CHANGE_TEXT_MAX 1024

enum change_kind {
    CHANGE_RELOAD,  /* the file again; no text */
    CHANGE_LINE,    /* a line: server, pool, peer, allow, deny, restrict, unrestrict */
    CHANGE_DELETE,  /* a source, by its name or address */
    CHANGE_OFFLINE, /* no more requests to the sources of these names or addresses; "": to all */
    CHANGE_ONLINE,  /* and again */
    CHANGE_ROUTES,  /* these sources are online, all others offline */
    CHANGE_OPTION,  /* "HOST OPTION VALUE [OPTION VALUE]...": of a source, see config/option.h */
    CHANGE_CHRONY_LINE, /* a line in chrony.conf's language, whatever that of the file is: server,
                           pool, peer, allow, deny, cmdallow, cmddeny, makestep, maxupdateskew,
                           reselectdist, local; and "local off" */
    CHANGE_KEYS,        /* the file again, of which only the keys are taken; no text */
    CHANGE_SOURCES,     /* the sources of *.sources files */
    CHANGE_KINDS
};

/* Goes from process to process as it is. */
struct change {
    uint32_t kind; /* enum change_kind */
    char text[CHANGE_TEXT_MAX];
};

/* Is it a change at all (it may come from another process)? */
bool change_is_sound(const struct change *change);

/* Is the file read again for it? */
bool change_reads_file(const struct change *change);

/* Takes into `c` what a change of CHANGE_KEYS or CHANGE_SOURCES wants of the file as it is now. */
void change_take(struct config *c, const struct config *file, const struct change *change);

/* Makes any change that reads no file to `c`, which must be right. False: c->error_count > 0, its
 * messages say why, and nothing else of it may be used. */
bool change_apply(struct config *c, const struct change *change);

#endif
