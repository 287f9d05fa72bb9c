/* SPDX-License-Identifier: BSD-2-Clause */
/* The last step of a role's start: no new privileges, and only the system calls it needs. */
#ifndef TOKI_OS_SANDBOX_H
#define TOKI_OS_SANDBOX_H

enum sandbox_role { SANDBOX_SYNC, SANDBOX_SERVE, SANDBOX_LOOKUP };

/* 0 or -errno; -ENOSYS where the kernel has no seccomp: the caller warns and goes on. For processes
 * of one role only: with --one-process there is none (and clknetsim aborts on libseccomp's calls).
 * serve opens its sockets before; sync may open UDP client sockets, Unix sockets and files later.
 * */
int sandbox_enter(enum sandbox_role role);

#endif
