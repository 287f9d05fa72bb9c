/* SPDX-License-Identifier: BSD-2-Clause */
/* What each system adds to the start of a forked role (process.c): os/SYSTEM/process_system.c. */
#ifndef TOKI_OS_POSIX_PROCESS_CHILD_H
#define TOKI_OS_POSIX_PROCESS_CHILD_H

/* In the child: from now on it has this title and is killed when its parent ends. */
void process_child_begins(const char *title);

#endif
