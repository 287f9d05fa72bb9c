/* SPDX-License-Identifier: BSD-2-Clause */
/* os/process.h: signals, forked roles, the daemon's start, programs. Signals set plain flags by
 * handlers: neither signalfd nor a self-pipe works under clknetsim. */
#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/posix/process_child.h"

#define SIGNALS 3

extern char **environ;

static volatile sig_atomic_t taken[SIGNALS];
static int ready_pipe = -1; /* to the starter, until process_ready() */

static const struct {
    int number;
    enum process_signal flag;
} handled[] = {{SIGTERM, SIGNAL_END},
               {SIGINT, SIGNAL_END},
               {SIGQUIT, SIGNAL_END},
               {SIGHUP, SIGNAL_RELOAD},
               {SIGCHLD, SIGNAL_CHILD}};

static void on_signal(int number)
{
    for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++) {
        if (handled[i].number == number) {
            taken[handled[i].flag] = 1;
        }
    }
}

/* Without SA_RESTART: a wait must return so that the loop looks at the flags. */
static void set_handlers(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++) {
        sigaction(handled[i].number, &action, NULL);
    }
}

void process_signals(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGUSR1, &ignore, NULL); /* "open your logs anew": each line does (file_append) */
    set_handlers(on_signal);
}

bool process_take_signal(enum process_signal which)
{
    bool was = taken[which] != 0;

    taken[which] = 0;
    return was;
}

static void replace_by_null(int first, int last)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int fd = first; null >= 0 && fd <= last; fd++) {
        dup2(null, fd);
    }
    if (null > STDERR_FILENO) {
        close(null);
    }
}

long process_fork(const char *title, bool handles)
{
    pid_t parent = getpid(), pid;
    sigset_t all, before;
    int error;

    /* A signal that comes before the child is itself must not set a flag that it then clears. */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid = fork();
    error = pid < 0 ? -errno : 0;
    if (pid != 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        return pid < 0 ? error : pid;
    }
    if (!handles) {
        set_handlers(SIG_DFL);
    }
    for (int i = 0; i < SIGNALS; i++) {
        taken[i] = 0;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (ready_pipe >= 0) { /* a role of a daemon: a reader of its stderr must not wait for us */
        replace_by_null(STDERR_FILENO, STDERR_FILENO);
        close(ready_pipe);
        ready_pipe = -1;
    }
    process_child_begins(title);
    if (getppid() != parent) { /* it died before we asked to be told */
        _exit(EXIT_FAILURE);
    }
    return 0;
}

long process_reap(int *status)
{
    pid_t pid = waitpid(-1, status, WNOHANG);

    return pid > 0 ? pid : 0;
}

void process_kill(long pid, int signal_number)
{
    if (pid > 0) { /* 0 and below mean groups */
        kill((pid_t)pid, signal_number);
    }
}

long process_id(void)
{
    return getpid();
}

long process_user(void)
{
    return geteuid();
}

long process_parent_id(void)
{
    return getppid();
}

bool process_exists(long pid)
{
    return pid > 0 && (!kill((pid_t)pid, 0) || errno == EPERM);
}

/* The starter: waits for the daemon's word, or for its end. Never returns. */
static _Noreturn void wait_for_daemon(pid_t daemon, int from_daemon)
{
    char word;
    ssize_t n;
    int status = 0;

    do {
        n = read(from_daemon, &word, 1);
    } while (n < 0 && errno == EINTR);
    if (n == 1) {
        _exit(EXIT_SUCCESS);
    }
    while (waitpid(daemon, &status, 0) < 0 && errno == EINTR) {
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

int process_daemonize(void)
{
    int ends[2];
    pid_t pid;

    if (pipe(ends)) {
        return -errno;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    pid = fork();
    if (pid < 0) {
        int error = -errno;

        close(ends[0]);
        close(ends[1]);
        return error;
    }
    if (pid > 0) {
        close(ends[1]);
        wait_for_daemon(pid, ends[0]);
    }
    close(ends[0]);
    ready_pipe = ends[1];
    setsid();
    if (chdir("/")) {
        return -errno;
    }
    /* stderr stays until process_ready(): the starter's terminal shows why a start fails. */
    replace_by_null(STDIN_FILENO, STDOUT_FILENO);
    return 0;
}

void process_ready(void)
{
    ssize_t n;

    if (ready_pipe < 0) {
        return;
    }
    replace_by_null(STDERR_FILENO, STDERR_FILENO);
    do {
        n = write(ready_pipe, "", 1);
    } while (n < 0 && errno == EINTR);
    close(ready_pipe);
    ready_pipe = -1;
}

long process_spawn(const char *path, char *const argv[], bool quiet)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    pid_t pid;
    int error;

    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions);
    if (quiet) {
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    }
    error = posix_spawn(&pid, path, &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error ? -error : pid;
}

void process_system_names(char system[65], char release[65], char machine[65])
{
    struct utsname names;

    if (uname(&names)) {
        memset(&names, 0, sizeof names);
    }
    snprintf(system, 65, "%s", names.sysname);
    snprintf(release, 65, "%s", names.release);
    snprintf(machine, 65, "%s", names.machine);
}

int process_set_priority(int priority)
{
    struct sched_param p = {.sched_priority = priority};

    return sched_setscheduler(0, priority > 0 ? SCHED_FIFO : SCHED_OTHER, &p) ? -errno : 0;
}

bool process_is_root(void)
{
    return geteuid() == 0;
}

bool process_user_exists(const char *user)
{
    return getpwnam(user) != NULL;
}
