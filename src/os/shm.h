/* SPDX-License-Identifier: BSD-2-Clause */
/* System V shared memory: the oldest way by which other programs hand over time (gpsd and friends,
 * see refclock/shm.c). POSIX shared memory is another thing and not meant. */
#ifndef TOKI_OS_SHM_H
#define TOKI_OS_SHM_H

#include <stddef.h>
#include <stdint.h>

/* Maps the segment of this key for reading and writing, and makes it, zeroed, with these
 * permissions if there is none. 0 or -errno: -EACCES (not ours to write), -EINVAL (it is smaller
 * than `size`), -ENOSYS (no such thing here). It outlives the process, as everybody who uses these
 * expects. */
int shm_attach(uint32_t key, size_t size, unsigned mode, void **segment);

/* Unmaps it; it stays for others. */
void shm_detach(void *segment);

#endif
