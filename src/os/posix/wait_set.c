/* SPDX-License-Identifier: BSD-2-Clause */
/* The set of os/wait.h. No system call: the simulated system has it too. */
#include <assert.h>
#include <string.h>

#include "os/wait.h"

static struct wait_entry *find(struct wait_set *set, int fd)
{
    for (unsigned i = 0; i < set->count; i++) {
        if (set->entries[i].fd == fd) {
            return &set->entries[i];
        }
    }
    return NULL;
}

bool wait_add(struct wait_set *set, int fd, unsigned want)
{
    struct wait_entry *e = find(set, fd);

    assert(fd >= 0);
    if (e) {
        e->want = want;
        return true;
    }
    if (set->count == WAIT_MAX) {
        return false;
    }
    set->entries[set->count++] = (struct wait_entry){.fd = fd, .want = want};
    return true;
}

void wait_remove(struct wait_set *set, int fd)
{
    struct wait_entry *e = find(set, fd);

    if (e) {
        size_t behind = (size_t)(set->entries + set->count - (e + 1));

        memmove(e, e + 1, behind * sizeof(*e));
        set->count--;
    }
}

unsigned wait_ready(const struct wait_set *set, int fd)
{
    for (unsigned i = 0; i < set->count; i++) {
        if (set->entries[i].fd == fd) {
            return set->entries[i].ready;
        }
    }
    return 0;
}
