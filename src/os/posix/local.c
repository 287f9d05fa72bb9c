/* SPDX-License-Identifier: BSD-2-Clause */
/* os/local.h: Unix datagram sockets. Who may reach one is a matter of the rights of its folder and
 * of its own: both are given before anybody else can have seen it. */
#include "os/local.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/posix/sockaddr.h"

#define FOLDER_MODE 0770
#define SOCKET_MODE 0660

static int open_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    return fd < 0 ? -errno : fd;
}

/* The folder of a path; false: it names none. */
static bool find_folder(const char *path, char folder[LOCAL_PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;

    if (length == 0 || length >= LOCAL_PATH_MAX) {
        return false;
    }
    memcpy(folder, path, length);
    folder[length] = '\0';
    return true;
}

struct ids {
    uid_t user;
    gid_t group;
};

static struct ids find_ids(const struct local_owner *owner)
{
    const struct passwd *who = owner->user ? getpwnam(owner->user) : NULL;
    struct ids ids = {who ? who->pw_uid : geteuid(), who ? who->pw_gid : getegid()};

    for (const char *const *name = owner->groups; name && *name; name++) {
        const struct group *group = getgrnam(*name);

        if (group) {
            ids.group = group->gr_gid;
            break;
        }
    }
    return ids;
}

/* A folder that is already there stays the administrator's. Without the right to give it away it
 * is at least ours. */
static int make_folder(const char *path, const struct ids *ids)
{
    char folder[LOCAL_PATH_MAX];
    mode_t mask;
    int error;

    if (!find_folder(path, folder)) {
        return 0;
    }
    mask = umask((mode_t)(~FOLDER_MODE & 0777));
    error = mkdir(folder, FOLDER_MODE) ? -errno : 0;
    umask(mask);
    if (error) {
        return error == -EEXIST ? 0 : error;
    }
    return lchown(folder, ids->user, ids->group) && errno != EPERM ? -errno : 0;
}

/* Removes what a dead daemon left. 0, or -EADDRINUSE: alive, or no socket at all. */
static int remove_dead(const char *path, const union socket_address *name)
{
    struct stat s;
    int fd, error;

    if (lstat(path, &s)) {
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    }
    if (!S_ISSOCK(s.st_mode)) {
        return -EADDRINUSE;
    }
    fd = open_socket();
    if (fd < 0) {
        return fd;
    }
    error = connect(fd, &name->any, sizeof(name->un)) ? -errno : 0;
    close(fd);
    if (error != -ECONNREFUSED) {
        return -EADDRINUSE;
    }
    return unlink(path) && errno != ENOENT ? -errno : 0;
}

static int bind_socket(int fd, const char *path, const union socket_address *name,
                       const struct ids *ids)
{
    mode_t mask = umask((mode_t)(~SOCKET_MODE & 0777));
    int error = bind(fd, &name->any, sizeof(name->un)) ? -errno : 0;

    umask(mask);
    if (!error && lchown(path, ids->user, ids->group) && errno != EPERM) {
        error = -errno;
        unlink(path);
    }
    return error;
}

int local_listen(const char *path, const struct local_owner *owner)
{
    struct ids ids = find_ids(owner);
    union socket_address name;
    int error = sockaddr_from_path(path, &name), fd;

    if (error) {
        return error;
    }
    error = make_folder(path, &ids);
    if (!error) {
        error = remove_dead(path, &name);
    }
    fd = error ? error : open_socket();
    if (fd < 0) {
        return fd;
    }
    error = bind_socket(fd, path, &name, &ids);
    if (error) {
        close(fd);
        return error;
    }
    return fd;
}

long local_folder_group(const char *path)
{
    char folder[LOCAL_PATH_MAX];
    struct stat s;

    return find_folder(path, folder) && !stat(folder, &s) ? (long)s.st_gid : -1;
}

long local_receive(int fd, void *data, size_t capacity, struct local_peer *from)
{
    union socket_address name;
    struct iovec room = {.iov_base = data, .iov_len = capacity};
    struct msghdr m = {
        .msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = &room, .msg_iovlen = 1};
    ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
    size_t head = offsetof(struct sockaddr_un, sun_path);

    *from = (struct local_peer){.length = 0};
    if (n < 0) {
        return errno == EINTR ? -EAGAIN : -errno;
    }
    if (m.msg_namelen > head && m.msg_namelen <= sizeof(name.un) && name.any.sa_family == AF_UNIX) {
        from->length = (unsigned)(m.msg_namelen - head);
        memcpy(from->path, name.un.sun_path, from->length);
    }
    return n;
}

int local_send(int fd, const void *data, size_t length, const struct local_peer *to)
{
    union {
        const void *given;
        void *wanted; /* struct iovec has no const; sending does not write */
    } bytes = {.given = data};
    union socket_address name = {.un = {.sun_family = AF_UNIX}};
    struct iovec room = {.iov_base = bytes.wanted, .iov_len = length};
    struct msghdr m = {.msg_name = &name, .msg_iov = &room, .msg_iovlen = 1};

    if (to->length == 0 || to->length > sizeof(name.un.sun_path)) {
        return -EDESTADDRREQ;
    }
    memcpy(name.un.sun_path, to->path, to->length);
    m.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + to->length);
    return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

void local_close(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}
