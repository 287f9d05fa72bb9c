/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes, their channels, signals and rights. */
#ifndef TOKI_OS_PROCESS_H
#define TOKI_OS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Flags set by signal handlers; process_signals() installs them, process_take_signal() reads and
 * clears one. Interrupted waits return, so a loop looks at these each round. */
enum process_signal { SIGNAL_END /* TERM, INT, QUIT */, SIGNAL_RELOAD /* HUP */, SIGNAL_CHILD };
void process_signals(void);
bool process_take_signal(enum process_signal which);

/* Forks a role. In the child: no flag set, dies with its parent, title set; gives 0 there, the pid
 * in the parent, or -errno. `handles`: signals set flags there too, from its first moment on; else
 * they end it. */
long process_fork(const char *title, bool handles);

/* Next child that ended: pid and wait status, or 0 if none. */
long process_reap(int *status);
void process_kill(long pid, int signal_number);
long process_id(void);
bool process_path(char *out, size_t capacity); /* of the program that we are */
long process_user(void);                       /* uid that we act as */
long process_parent_id(void);
bool process_exists(long pid);

/* Becomes a daemon: new session, / as folder, null descriptors (stderr only in process_ready(), so
 * that the starter's terminal shows why a start fails). The starter exits 0 as soon as
 * process_ready() is called in the daemon, or with the daemon's status if it ends before. */
int process_daemonize(void);
void process_ready(void);

/* A pair of connected SOCK_SEQPACKET sockets, non-blocking. 0 or -errno. */
int process_channel(int pair[2]);
/* Whole messages; length, 0 = other end closed, -EAGAIN, -errno (-EMSGSIZE: longer than that). */
long process_send(int fd, const void *message, size_t length);
long process_receive(int fd, void *message, size_t capacity);

/* Memory shared with processes forked later; zeroed. NULL on failure. Where the system can, it is
 * called `name` in /proc/PID/maps and keeps its size; with `fd` not NULL a descriptor of it stays
 * open (-1: there is none), by which others can map it, but only for reading. */
void *process_shared_memory(const char *name, size_t length, int *fd);
/* Gives it back; other processes keep it. */
void process_unshare_memory(void *memory, size_t length);
/* Makes it read-only in this process. */
void process_protect(void *memory, size_t length);

/* Changes to `user` keeping only these rights. 0 or -errno (-ENOENT: no such user). `user` NULL:
 * stay who we are but drop all other capabilities. Without root: nothing to drop, 0. */
enum process_right {
    RIGHT_SET_CLOCK = 1, /* CAP_SYS_TIME */
    RIGHT_BIND_PORT = 2, /* CAP_NET_BIND_SERVICE */
    RIGHT_RAW_DEVICE = 4 /* CAP_NET_RAW: SO_BINDTODEVICE */
};
int process_drop(const char *user, unsigned rights);
/* The next process_drop() keeps us in this group, too; -1: in none. */
void process_join_group(long group);
bool process_is_root(void);
bool process_user_exists(const char *user);

/* CLOCK_MONOTONIC, which the service manager counts by (our own clock is the raw one). */
int64_t process_monotonic_ns(void);

/* sd_notify(3) protocol over $NOTIFY_SOCKET; silent without it. */
void process_notify(const char *state);

/* Runs a program with stdout and stderr to /dev/null or inherited; pid or -errno. For tools. */
long process_spawn(const char *path, char *const argv[], bool quiet);

/* Pid that is bound to this UDP port in our network namespace, and its name; 0 if it cannot be
 * found out. To say who holds port 123. */
long process_port_holder(unsigned port, char *name, size_t capacity);

/* What uname(2) says: "Linux", its release, "x86_64". */
void process_system_names(char system[65], char release[65], char machine[65]);

int process_lock_memory(void);
int process_set_priority(int priority);

#endif
