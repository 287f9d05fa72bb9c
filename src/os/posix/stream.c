/* SPDX-License-Identifier: BSD-2-Clause */
/* os/stream.h but for stream_accept(), which tells who came and is the system's own. A failure to
 * open one is the caller's to report: under clknetsim, which has none, every open fails and the
 * daemon goes on without. */
#include "os/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/posix/sockaddr.h"

#define BACKLOG 16
#define FOLDER_MODE 0755

static int open_socket(const char *path, union socket_address *name)
{
    int fd = sockaddr_from_path(path, name);

    if (fd) {
        return fd;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd < 0 ? -errno : fd;
}

int stream_connect_unix(const char *path)
{
    union socket_address name;
    int fd = open_socket(path, &name), error;

    if (fd >= 0 && connect(fd, &name.any, sizeof(name.un))) {
        error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

int stream_connect_tcp(const struct address *to)
{
    union socket_address name;
    socklen_t length = sockaddr_from_address(to, &name);
    int fd = socket(name.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

    if (fd < 0) {
        return -errno;
    }
    if (connect(fd, &name.any, length) && errno != EINPROGRESS) {
        error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

int stream_error(int fd)
{
    int error = 0;
    socklen_t length = sizeof(error);

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) ? errno : error;
}

static void make_folder(const char *path)
{
    char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;

    if (length > 0 && length < sizeof(folder)) {
        memcpy(folder, path, length);
        folder[length] = '\0';
        mkdir(folder, FOLDER_MODE); /* if it fails, bind() will say what is wrong */
    }
}

/* Removes what a dead daemon left. 0, or -EADDRINUSE: alive, or no socket at all (a link, a file):
 * that is not ours to remove. */
static int remove_dead(const char *path)
{
    struct stat s;
    int fd;

    if (lstat(path, &s)) {
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    }
    if (!S_ISSOCK(s.st_mode)) {
        return -EADDRINUSE;
    }
    fd = stream_connect_unix(path);
    if (fd >= 0 || fd != -ECONNREFUSED) {
        stream_close(fd);
        return -EADDRINUSE;
    }
    return unlink(path) && errno != ENOENT ? -errno : 0;
}

int stream_listen_unix(const char *path, unsigned mode)
{
    union socket_address name;
    mode_t mask;
    int fd = open_socket(path, &name), error;

    if (fd < 0) {
        return fd;
    }
    make_folder(path);
    error = remove_dead(path);
    if (!error) {
        mask = umask((mode_t)(~mode & 0777)); /* right from the first moment on */
        error = bind(fd, &name.any, sizeof(name.un)) ? -errno : 0;
        umask(mask);
    }
    if (!error && listen(fd, BACKLOG)) {
        error = -errno;
    }
    if (error) {
        close(fd);
        return error;
    }
    return fd;
}

long stream_read(int fd, void *data, size_t length)
{
    ssize_t n = recv(fd, data, length, MSG_DONTWAIT);

    return n < 0 ? (errno == EINTR ? -EAGAIN : -errno) : n;
}

long stream_write(int fd, const void *data, size_t length)
{
    ssize_t n = send(fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);

    return n < 0 ? (errno == EINTR ? -EAGAIN : -errno) : n;
}

void stream_close(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}
