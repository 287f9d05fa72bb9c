/* SPDX-License-Identifier: BSD-2-Clause */
/* os/shm.h over shmget(2). A segment that exists keeps its permissions; the name of the key is the
 * whole agreement between the programs. */
#include "os/shm.h"

#include <errno.h>
#include <sys/ipc.h>
#include <sys/shm.h>

int shm_attach(uint32_t key, size_t size, unsigned mode, void **segment)
{
    int id = shmget((key_t)key, size, IPC_CREAT | (int)(mode & 0777));
    void *memory;

    if (id < 0) {
        return -errno;
    }
    memory = shmat(id, NULL, 0);
    if ((intptr_t)memory == -1) {
        return -errno;
    }
    *segment = memory;
    return 0;
}

void shm_detach(void *segment)
{
    if (segment) {
        shmdt(segment);
    }
}
