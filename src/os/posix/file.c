/* SPDX-License-Identifier: BSD-2-Clause */
/* os/file.h: whole files read, replaced, locked, listed. Plain open(2) is used throughout: it is
 * the one that clknetsim knows. */
#include "os/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_ROOM 4096

/* A regular file opened for reading; never waits for a FIFO's writer or a device. */
static int open_regular(const char *path)
{
    struct stat s;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), error = 0;

    if (fd < 0) {
        return -errno;
    }
    if (fstat(fd, &s)) {
        error = -errno;
    } else if (S_ISDIR(s.st_mode)) {
        error = -EISDIR;
    } else if (!S_ISREG(s.st_mode)) {
        error = -EINVAL;
    }
    if (error) {
        close(fd);
        return error;
    }
    return fd;
}

/* Reads until the end or until the buffer is full. */
static long read_all(int fd, char *buffer, size_t capacity)
{
    size_t length = 0;

    while (length < capacity) {
        ssize_t n = read(fd, buffer + length, capacity - length);

        if (n == 0) {
            break;
        }
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        length += n > 0 ? (size_t)n : 0;
    }
    return (long)length;
}

static int write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, data, length);

        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n > 0) {
            data += n;
            length -= (size_t)n;
        }
    }
    return 0;
}

/* Grows by doubling: files of /proc do not tell their size. */
static int read_growing(int fd, size_t limit, char **text, size_t *length)
{
    char *buffer = NULL, *larger;
    size_t room = 0, used = 0;
    long n;

    do {
        room = room ? room * 2 : FIRST_ROOM;
        larger = realloc(buffer, room + 1);
        n = larger ? read_all(fd, larger + used, room - used) : -ENOMEM;
        buffer = larger ? larger : buffer;
        used += n > 0 ? (size_t)n : 0;
        if (n >= 0 && used > limit) {
            n = -EFBIG;
        }
    } while (n >= 0 && used == room);
    if (n < 0) {
        free(buffer);
        return (int)n;
    }
    buffer[used] = '\0';
    *text = buffer;
    *length = used;
    return 0;
}

int file_read(const char *path, size_t limit, char **text, size_t *length)
{
    int fd = open_regular(path), error;

    *text = NULL;
    *length = 0;
    if (fd < 0) {
        return fd;
    }
    error = read_growing(fd, limit, text, length);
    close(fd);
    return error;
}

long file_read_into(const char *path, char *buffer, size_t capacity)
{
    int fd = open_regular(path);
    long n;

    assert(capacity > 0);
    buffer[0] = '\0';
    if (fd < 0) {
        return fd;
    }
    n = read_all(fd, buffer, capacity - 1);
    close(fd);
    buffer[n > 0 ? n : 0] = '\0';
    return n;
}

/* The name of a rename lasts only once its folder is on disk too. */
static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    int fd;

    if (length == 0) {
        strcpy(folder, ".");
    } else if (length < sizeof(folder)) {
        memcpy(folder, path, length);
        folder[length] = '\0';
    } else {
        return;
    }
    fd = open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

static int write_new(const char *path, const char *data, size_t length, unsigned mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), error;

    if (fd < 0) {
        return -errno;
    }
    error = write_all(fd, data, length);
    if (!error && (fchmod(fd, (mode_t)(mode & 0777)) || fsync(fd))) {
        error = -errno;
    }
    if (close(fd) && !error) {
        error = -errno;
    }
    return error;
}

int file_replace(const char *path, const char *data, size_t length, unsigned mode)
{
    char temporary[PATH_MAX];
    struct stat s;
    int n = snprintf(temporary, sizeof(temporary), "%s.tmp", path), error;

    if (n < 0 || (size_t)n >= sizeof(temporary)) {
        return -ENAMETOOLONG;
    }
    if (!lstat(path, &s) && !S_ISREG(s.st_mode) && !S_ISLNK(s.st_mode)) {
        return S_ISDIR(s.st_mode) ? -EISDIR : -EINVAL; /* root could replace /dev/null */
    }
    /* What a crash left, or a link that somebody laid for us: unlink removes the link itself, and
     * O_EXCL refuses one that comes back. */
    if (unlink(temporary) && errno != ENOENT) {
        return -errno;
    }
    error = write_new(temporary, data, length, mode);
    if (error == -EEXIST) {
        return error; /* not ours: leave it */
    }
    if (!error && rename(temporary, path)) {
        error = -errno;
    }
    if (error) {
        unlink(temporary);
        return error;
    }
    sync_folder(path);
    return 0;
}

/* A log file of a folder that may belong to another user: no links, no devices, and no file that
 * somebody gave more names than file_link() does. */
static int open_log(const char *path, unsigned mode, struct stat *s)
{
    int fd =
        open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
             (mode_t)(mode & 0777));
    int error = 0;

    if (fd < 0) {
        return -errno;
    }
    if (fstat(fd, s)) {
        error = -errno;
    } else if (!S_ISREG(s->st_mode) || s->st_nlink > 2) {
        error = -EINVAL;
    }
    if (error) {
        close(fd);
        return error;
    }
    return fd;
}

int file_append(const char *path, const char *data, size_t length, unsigned mode, size_t *before)
{
    struct stat s = {0};
    int fd = open_log(path, mode, &s), error;

    *before = 0;
    if (fd < 0) {
        return fd;
    }
    *before = (size_t)s.st_size;
    error = write_all(fd, data, length);
    if (error && ftruncate(fd, s.st_size)) {
        error = -errno;
    }
    if (close(fd) && !error) {
        error = -errno;
    }
    return error;
}

int file_link(const char *path, const char *name, const char *aside)
{
    struct stat ours, named;

    if (stat(path, &ours)) {
        return -errno;
    }
    if (!lstat(name, &named)) {
        if (named.st_dev == ours.st_dev && named.st_ino == ours.st_ino) {
            return 0;
        }
        if (named.st_nlink > 1 || S_ISLNK(named.st_mode) ? unlink(name) : rename(name, aside)) {
            return -errno;
        }
    }
    return link(path, name) ? -errno : 0;
}

/* Somebody may have removed the file between our opening and locking it: then the lock is worth
 * nothing. */
static bool is_still_there(int fd, const char *path)
{
    struct stat ours, named;

    return !fstat(fd, &ours) && !lstat(path, &named) && ours.st_dev == named.st_dev &&
           ours.st_ino == named.st_ino;
}

/* A lock of fcntl(2) belongs to this process alone: forked roles do not hold it on after us, and
 * the kernel tells who has it. */
int file_lock_pid(const char *path, long *holder)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char text[32];
    int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid()), error = 0;
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0644);

    *holder = 0;
    if (fd < 0) {
        return -errno;
    }
    if (fcntl(fd, F_SETLK, &lock)) {
        error = errno == EACCES || errno == EAGAIN ? -EWOULDBLOCK : -errno;
        if (error == -EWOULDBLOCK && !fcntl(fd, F_GETLK, &lock) && lock.l_type != F_UNLCK) {
            *holder = lock.l_pid;
        }
    } else if (!is_still_there(fd, path)) {
        error = -EWOULDBLOCK;
    } else if (ftruncate(fd, 0)) {
        error = -errno;
    } else {
        error = write_all(fd, text, (size_t)n);
    }
    if (error) {
        close(fd);
        return error;
    }
    return fd;
}

void file_unlock_pid(int fd, const char *path)
{
    if (is_still_there(fd, path)) {
        unlink(path);
    }
    close(fd);
}

int file_glob(const char *pattern, struct file_list *out)
{
    glob_t g = {0};
    int failed, error = 0;

    *out = (struct file_list){0};
    errno = 0;
    failed = glob(pattern, GLOB_ERR, NULL, &g);
    if (failed) {
        /* A folder that does not exist holds nothing; one that we may not read is an error. */
        if (failed == GLOB_ABORTED && errno != ENOENT) {
            error = errno ? -errno : -EIO;
        } else if (failed == GLOB_NOSPACE) {
            error = -ENOMEM;
        }
        globfree(&g);
        return error;
    }
    out->paths = calloc(g.gl_pathc, sizeof(*out->paths));
    for (size_t i = 0; out->paths && i < g.gl_pathc && !error; i++) {
        out->paths[i] = strdup(g.gl_pathv[i]);
        error = out->paths[i] ? 0 : -ENOMEM;
        out->count += out->paths[i] != NULL;
    }
    globfree(&g);
    if (error || !out->paths) {
        file_list_free(out);
        return -ENOMEM;
    }
    return 0;
}

void file_list_free(struct file_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->paths[i]);
    }
    free(list->paths);
    *list = (struct file_list){0};
}

bool file_is_directory(const char *path)
{
    struct stat s;

    return !stat(path, &s) && S_ISDIR(s.st_mode);
}

long file_mode(const char *path)
{
    struct stat s;

    return stat(path, &s) ? -errno : (long)(s.st_mode & 07777);
}

/* Owner and mode of a folder that is already there are the administrator's. */
int file_make_directory(const char *path, unsigned mode, const char *user)
{
    const struct passwd *who;
    int fd, error = 0;

    if (mkdir(path, (mode_t)(mode & 0777))) {
        return errno == EEXIST && file_is_directory(path) ? 0 : -errno;
    }
    who = user && geteuid() == 0 ? getpwnam(user) : NULL;
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    if (fchmod(fd, (mode_t)(mode & 0777)) || (who && fchown(fd, who->pw_uid, who->pw_gid))) {
        error = -errno;
    }
    close(fd);
    return error;
}

void file_remove(const char *path)
{
    unlink(path);
}

int file_link_symbolic(const char *target, const char *path)
{
    char there[4096];
    ssize_t length;

    if (symlink(target, path) == 0) {
        return 0;
    }
    if (errno != EEXIST) {
        return -errno;
    }
    length = readlink(path, there, sizeof(there));
    return length >= 0 && (size_t)length == strlen(target) &&
                   memcmp(there, target, (size_t)length) == 0
               ? 0
               : -EEXIST;
}
