/* SPDX-License-Identifier: BSD-2-Clause */
/* Those parts of os/process.h that Linux does in its own way: titles, the end of a parent, shared
 * and locked memory, /proc. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "os/posix/process_child.h"
#include "os/process.h"

void process_child_begins(const char *title)
{
    prctl(PR_SET_NAME, title);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Kernels from 5.1 on know F_SEAL_FUTURE_WRITE: this mapping stays writable, no other will be. */
static void *map_file(int fd, size_t length)
{
    void *p;

    if (ftruncate(fd, (off_t)length)) {
        return MAP_FAILED;
    }
    p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED) {
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
        fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL);
    }
    return p;
}

void *process_shared_memory(const char *name, size_t length, int *fd)
{
    int file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    void *p = file < 0
                  ? mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
                  : map_file(file, length);

    if (file >= 0 && (!fd || p == MAP_FAILED)) {
        close(file);
        file = -1;
    }
    if (fd) {
        *fd = file;
    }
    return p == MAP_FAILED ? NULL : p;
}

void process_unshare_memory(void *memory, size_t length)
{
    munmap(memory, length);
}

void process_protect(void *memory, size_t length)
{
    if (mprotect(memory, length, PROT_READ)) {
        abort(); /* only a wrong address can fail here */
    }
}

#define STACK_TOUCHED (1 << 20)

/* A locked stack may not grow beyond the limit, once the right to do so is gone. */
static void touch_stack(void)
{
    volatile char pages[STACK_TOUCHED];

    for (size_t i = 0; i < sizeof pages; i += 4096) {
        pages[i] = 0;
    }
}

int process_lock_memory(void)
{
    struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    bool raised = setrlimit(RLIMIT_MEMLOCK, &unlimited) == 0;

    touch_stack();
    /* What is to come counts against the limit, and would be refused when the rights are dropped.
     * */
    return mlockall(raised ? MCL_CURRENT | MCL_FUTURE : MCL_CURRENT) ? -errno : 0;
}

bool process_path(char *out, size_t capacity)
{
    ssize_t length = readlink("/proc/self/exe", out, capacity);

    if (length <= 0 || (size_t)length >= capacity) {
        return false;
    }
    out[length] = '\0';
    return true;
}
