/* SPDX-License-Identifier: BSD-2-Clause */
/* The rest of os/ for simulated machines: a few files in memory, which outlive a restart; one
 * process, which can neither fork nor be signalled; no Unix sockets. What is not here, no part of
 * the daemon's loop calls. */
#include <errno.h>
#include <string.h>

#include "os/file.h"
#include "os/local.h"
#include "os/process.h"
#include "os/shm.h"
#include "os/stream.h"
#include "sim/os_sim.h"

/* ---- os/file.h ---- */

static struct os_sim_file *find_file(const char *path, bool create)
{
    struct os_sim *os = os_sim_current();

    for (unsigned i = 0; i < OS_SIM_FILES; i++) {
        if (os->files[i].present && strcmp(os->files[i].path, path) == 0) {
            return &os->files[i];
        }
    }
    for (unsigned i = 0; create && i < OS_SIM_FILES; i++) {
        struct os_sim_file *file = &os->files[i];

        if (!file->present && strlen(path) < sizeof file->path) {
            file->present = true;
            memcpy(file->path, path, strlen(path) + 1);
            return file;
        }
    }
    return NULL;
}

long file_read_into(const char *path, char *buffer, size_t capacity)
{
    const struct os_sim_file *file = find_file(path, false);
    size_t length;

    if (!file || capacity == 0) {
        return -ENOENT;
    }
    length = file->length < capacity - 1 ? file->length : capacity - 1;
    memcpy(buffer, file->text, length);
    buffer[length] = '\0';
    return (long)length;
}

int file_replace(const char *path, const char *data, size_t length, unsigned mode)
{
    struct os_sim_file *file = find_file(path, true);

    (void)mode;
    if (!file || length > sizeof file->text) {
        return -ENOSPC;
    }
    memcpy(file->text, data, length);
    file->length = length;
    return 0;
}

int file_append(const char *path, const char *data, size_t length, unsigned mode, size_t *before)
{
    struct os_sim_file *file = find_file(path, true);

    (void)mode;
    *before = file ? file->length : 0;
    if (!file || file->length + length > sizeof file->text) {
        return -ENOSPC;
    }
    memcpy(file->text + file->length, data, length);
    file->length += length;
    return 0;
}

int file_link(const char *path, const char *name, const char *aside)
{
    (void)path;
    (void)name;
    (void)aside;
    return -EPERM;
}

int file_make_directory(const char *path, unsigned mode, const char *user)
{
    (void)path;
    (void)mode;
    (void)user;
    return -EPERM;
}

int file_read(const char *path, size_t limit, char **text, size_t *length)
{
    (void)path;
    (void)limit;
    (void)text;
    (void)length;
    return -ENOENT;
}

int file_glob(const char *pattern, struct file_list *out)
{
    (void)pattern;
    *out = (struct file_list){0};
    return 0;
}

void file_list_free(struct file_list *list)
{
    *list = (struct file_list){0};
}

long file_mode(const char *path)
{
    (void)path;
    return -ENOENT;
}

bool file_is_directory(const char *path)
{
    (void)path;
    return false;
}

void file_remove(const char *path)
{
    (void)path;
}

/* ---- os/process.h: one process, with no parent and no children ---- */

bool process_take_signal(enum process_signal which)
{
    (void)which;
    return false;
}

long process_id(void)
{
    return 1 + (long)os_sim_current()->node->index;
}

long process_user(void)
{
    return 0;
}

bool process_is_root(void)
{
    return true;
}

void process_join_group(long group)
{
    (void)group;
}

long process_parent_id(void)
{
    return 0;
}

void process_ready(void)
{
}

void process_notify(const char *state)
{
    (void)state;
}

long process_send(int fd, const void *message, size_t length)
{
    (void)fd;
    (void)message;
    (void)length;
    return -EPIPE;
}

long process_receive(int fd, void *message, size_t capacity)
{
    (void)fd;
    (void)message;
    (void)capacity;
    return -EPIPE;
}

/* ---- os/stream.h: nobody listens, nobody connects ---- */

int stream_listen_unix(const char *path, unsigned mode)
{
    (void)path;
    (void)mode;
    return -ENOTSUP;
}

int stream_accept(int fd, struct stream_peer *peer)
{
    (void)fd;
    (void)peer;
    return -EAGAIN;
}

long stream_read(int fd, void *data, size_t length)
{
    (void)fd;
    (void)data;
    (void)length;
    return 0;
}

long stream_write(int fd, const void *data, size_t length)
{
    (void)fd;
    (void)data;
    (void)length;
    return -EPIPE;
}

void stream_close(int fd)
{
    (void)fd;
}

/* ---- os/local.h: likewise ---- */

int local_listen(const char *path, const struct local_owner *owner)
{
    (void)path;
    (void)owner;
    return -ENOTSUP;
}

long local_folder_group(const char *path)
{
    (void)path;
    return -1;
}

long local_receive(int fd, void *data, size_t capacity, struct local_peer *from)
{
    (void)fd;
    (void)data;
    (void)capacity;
    (void)from;
    return -EAGAIN;
}

int local_send(int fd, const void *data, size_t length, const struct local_peer *to)
{
    (void)fd;
    (void)data;
    (void)length;
    (void)to;
    return -EPIPE;
}

void local_close(int fd)
{
    (void)fd;
}

/* ---- os/shm.h: no clock is attached; engine nodes have reference clocks ---- */

int shm_attach(uint32_t key, size_t size, unsigned mode, void **segment)
{
    (void)key;
    (void)size;
    (void)mode;
    (void)segment;
    return -ENOSYS;
}

void shm_detach(void *segment)
{
    (void)segment;
}
