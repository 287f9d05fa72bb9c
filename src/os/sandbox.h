/* SPDX-License-Identifier: BSD-2-Clause */
/* The last step of a role's start: no new privileges, and only the system calls it needs. */
#ifndef TOKI_OS_SANDBOX_H
#define TOKI_OS_SANDBOX_H

enum sandbox_role { SANDBOX_SYNC, SANDBOX_SERVE, SANDBOX_LOOKUP };

/* 0 or -errno; -ENOSYS where the kernel or the build has no seccomp: the caller warns and goes on. */
int sandbox_enter(enum sandbox_role role);

#endif
