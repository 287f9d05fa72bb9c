/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole files. Errors are -errno; nothing here follows a symbolic link when it writes. */
#ifndef TOKI_OS_FILE_H
#define TOKI_OS_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Reads a regular file into malloc'ed memory with a NUL behind it (not counted in *length). Not for
 * use after the loop has started. -EFBIG above `limit`, -EISDIR, -EINVAL for FIFOs and devices
 * (never blocks on one). */
int file_read(const char *path, size_t limit, char **text, size_t *length);

/* Reads up to `capacity` - 1 bytes into a buffer, adds a NUL: length or -errno. */
long file_read_into(const char *path, char *buffer, size_t capacity);

/* Replaces a file as a whole: temporary file beside it (O_EXCL | O_NOFOLLOW), fsync, rename. On any
 * error the old file is untouched. -EINVAL: it is a device, a FIFO or a socket. */
int file_replace(const char *path, const char *data, size_t length, unsigned mode);

/* Adds to the end of a regular file with one name or two, which is made if it is not there:
 * *before is how long it was. All of it or nothing: what a full disk left is cut off again. The
 * file is opened for each call, so a program that moves it away needs to tell nobody. */
int file_append(const char *path, const char *data, size_t length, unsigned mode, size_t *before);

/* Makes `name` a second name of the file `path`. What had that name before is given up if it has
 * other names still (a link of before), else it is renamed to `aside`. 0 or -errno. */
int file_link(const char *path, const char *name, const char *aside);

/* Opens, locks and writes our pid: descriptor to keep open, or -errno. -EWOULDBLOCK: another
 * process holds it, *holder is its pid (0: unknown). The lock is this process's alone: take it
 * after process_daemonize(), and do not open the file a second time (closing it would end the
 * lock). */
int file_lock_pid(const char *path, long *holder);
void file_unlock_pid(int fd, const char *path);

/* Paths that match a pattern, sorted; free with file_list_free. A folder with a suffix:
 * file_glob("DIR/" "*.conf"). 0 or -errno; no match is 0 with count 0. */
struct file_list {
    char **paths;
    size_t count;
};
int file_glob(const char *pattern, struct file_list *out);
void file_list_free(struct file_list *list);

bool file_is_directory(const char *path);

/* Makes a symbolic link; one that leads there already is good. 0 or -errno (-EEXIST: something else
 * is in its place). */
int file_link_symbolic(const char *target, const char *path);

/* Permission bits of a file, or -errno. */
long file_mode(const char *path);

int file_make_directory(const char *path, unsigned mode, const char *user);
void file_remove(const char *path);

#endif
