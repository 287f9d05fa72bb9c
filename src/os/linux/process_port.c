/* SPDX-License-Identifier: BSD-2-Clause */
/* Who holds a UDP port: from the port to socket inodes (/proc/net/udp, udp6), from those to a
 * process (/proc/PID/fd). Without root only our own processes can be seen. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/file.h"
#include "os/process.h"

#define INODES_MAX 64

struct inodes {
    unsigned long list[INODES_MAX];
    unsigned count;
};

/* Lines such as "12: 00000000:007B 00000000:0000 07 0:0 0:0 0 0 0 INODE 2 ...". */
static void collect_inodes(const char *path, unsigned port, struct inodes *out)
{
    char line[512];
    FILE *f = fopen(path, "re");

    while (f && fgets(line, sizeof(line), f) && out->count < INODES_MAX) {
        unsigned p;
        unsigned long inode;

        if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*s %*s %*s %*s %*s %*s %*s %lu", &p, &inode) ==
                2 &&
            p == port && inode != 0) {
            out->list[out->count++] = inode;
        }
    }
    if (f) {
        fclose(f);
    }
}

static bool is_wanted(const char *link, const struct inodes *wanted)
{
    unsigned long inode;

    if (sscanf(link, "socket:[%lu]", &inode) != 1) {
        return false;
    }
    for (unsigned i = 0; i < wanted->count; i++) {
        if (wanted->list[i] == inode) {
            return true;
        }
    }
    return false;
}

static bool holds_one(long pid, const struct inodes *wanted)
{
    char path[64], link[64];
    const struct dirent *entry;
    bool found = false;
    DIR *folder;

    snprintf(path, sizeof(path), "/proc/%ld/fd", pid);
    folder = opendir(path);
    while (folder && !found && (entry = readdir(folder)) != NULL) {
        ssize_t n = readlinkat(dirfd(folder), entry->d_name, link, sizeof(link) - 1);

        if (n > 0) {
            link[n] = '\0';
            found = is_wanted(link, wanted);
        }
    }
    if (folder) {
        closedir(folder);
    }
    return found;
}

static void read_name(long pid, char *name, size_t capacity)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
    file_read_into(path, name, capacity);
    name[strcspn(name, "\n")] = '\0';
}

long process_port_holder(unsigned port, char *name, size_t capacity)
{
    struct inodes wanted = {.count = 0};
    const struct dirent *entry;
    long holder = 0;
    DIR *proc;

    name[0] = '\0';
    collect_inodes("/proc/net/udp", port, &wanted);
    collect_inodes("/proc/net/udp6", port, &wanted);
    proc = wanted.count ? opendir("/proc") : NULL;
    while (proc && !holder && (entry = readdir(proc)) != NULL) {
        long pid = strtol(entry->d_name, NULL, 10);

        if (pid > 0 && holds_one(pid, &wanted)) {
            holder = pid;
        }
    }
    if (proc) {
        closedir(proc);
    }
    if (holder) {
        read_name(holder, name, capacity);
    }
    return holder;
}
