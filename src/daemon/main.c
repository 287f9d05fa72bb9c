/* SPDX-License-Identifier: BSD-2-Clause */
/* tokid: start_tokid() is the order in which it starts, one line for each step. What it does then
 * is in loop.c and effects.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/roles.h"
#include "daemon/state_files.h"
#include "daemon/tokid.h"
#include "os/file.h"
#include "os/process.h"
#include "os/stream.h"

#define GO_ON OPTIONS_GO_ON

/* Everybody may ask how the clock is; who may change anything is decided by uid. */
#define CONTROL_MODE 0666

static struct tokid tokid;

/* Errors of the start go to the terminal or the log of the starter. */
#define FAIL(...) (fprintf(stderr, "tokid: " __VA_ARGS__), fputc('\n', stderr), 1)

static int load_config(struct tokid *t)
{
    t->config = configuration_new();
    if (!t->config) {
        return FAIL("no memory");
    }
    if (!configuration_load(t->config, &t->options)) {
        return 2;
    }
    if (t->options.check) {
        printf("%s: ok (%s)\n", t->config->file,
               config_dialect_name(configuration_current(t->config)->dialect));
        return 0;
    }
    return GO_ON;
}

static int lock_pid(struct tokid *t)
{
    const char *configured = configuration_current(t->config)->pidfile;
    long holder = 0;

    t->pid_lock = -1;
    snprintf(t->pid_path, sizeof t->pid_path, "%s",
             configured[0]       ? configured
             : process_is_root() ? CONFIG_PIDFILE
                                 : "/");
    if (strcmp(t->pid_path, "/") == 0 || t->options.print_offset) {
        return GO_ON;
    }
    t->pid_lock = file_lock_pid(t->pid_path, &holder);
    if (t->pid_lock == -EWOULDBLOCK) {
        return holder > 0 ? FAIL("another tokid is running (pid %ld, lock %s): stop it first",
                                 holder, t->pid_path)
                          : FAIL("another tokid is running (lock %s): stop it first", t->pid_path);
    }
    if (t->pid_lock < 0) {
        log_line(LEVEL_WARNING, "no-pid-file file=%s text=\"%s\"", t->pid_path,
                 strerror(-t->pid_lock));
    }
    return GO_ON;
}

static const char *driver_name(enum clock_kind kind)
{
    switch (kind) {
    case CLOCK_KERNEL: return "kernel";
    case CLOCK_VIRTUAL: return "virtual";
    case CLOCK_NONE: break;
    }
    return "none";
}

static int open_clock(struct tokid *t)
{
    int error;

    if (t->options.print_offset && t->options.clock.kind == CLOCK_KERNEL) {
        t->options.clock.kind = CLOCK_NONE;
    }
    error = clock_open(&t->options.clock);
    if (error == -EPERM && t->options.set_once) {
        return FAIL("no permission to set the clock: run as root (CAP_SYS_TIME)");
    }
    if (error == -EPERM) {
        log_line(LEVEL_WARNING,
                 "no-clock-control text=\"no permission to set the clock (CAP_SYS_TIME): measuring "
                 "and serving only, as with -x\"");
        t->options.clock.kind = CLOCK_NONE;
        error = clock_open(&t->options.clock);
    }
    if (error < 0) {
        return FAIL("the clock cannot be used: %s", strerror(-error));
    }
    t->clock_control = t->options.clock.kind != CLOCK_NONE && !t->options.print_offset;
    t->driver = driver_name(t->options.clock.kind);
    return GO_ON;
}

/* Before the clock is touched: a second tokid stops here and leaves the first undisturbed. */
static int open_server(struct tokid *t)
{
    char problem[256] = "";

    if (!server_open(&t->server, NULL, configuration_current(t->config), t->options.family, problem,
                     sizeof problem)) {
        return FAIL("%s", problem);
    }
    t->config->server_port = t->server.port;
    return GO_ON;
}

/* Also if nothing is served yet: a change of the configuration may start the server. */
static int make_page(struct tokid *t)
{
    struct reference unsynchronised;
    int named; /* stays open: what others find the page by */

    t->page = process_shared_memory(PAGE_NAME, sizeof *t->page, &named);
    t->clients = server_new_clients(configuration_current(t->config));
    t->history = process_shared_memory("toki-history", sizeof *t->history, NULL);
    if (!t->page || !t->clients || !t->history ||
        !server_renew_limits(&t->limits, configuration_current(t->config))) {
        return FAIL("no memory");
    }
    state_files_read_history(configuration_current(t->config), t->history);
    reference_init(&unsynchronised, (int8_t)log2_from_s(clock_precision()));
    page_init(t->page, &unsynchronised);
    if (t->options.one_process && t->server.count > 0) {
        t->worker =
            server_new_worker(t->page, t->clients, &t->limits, 0, configuration_current(t->config));
        return t->worker ? GO_ON : FAIL("no memory");
    }
    return GO_ON;
}

static void default_control_path(char *out, size_t capacity)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");

    if (process_is_root()) {
        snprintf(out, capacity, "/run/toki/tokid.sock");
    } else if (runtime && runtime[0] == '/') {
        snprintf(out, capacity, "%s/toki/tokid.sock", runtime);
    } else {
        snprintf(out, capacity, "/tmp/toki-%ld/tokid.sock", (long)getuid());
    }
}

/* Where it cannot be written, the lines go where they went. */
static void open_log_file(const struct tokid *t)
{
    const char *path = configuration_current(t->config)->log_file;

    if (path[0] && !log_to_file(path)) {
        log_line(LEVEL_WARNING, "no-log-file path=%s text=\"cannot be opened for writing\"", path);
    }
}

/* Without it the daemon works all the same: a failure is only a line in the log. */
static int open_control(struct tokid *t)
{
    int error;

    if (t->options.control) {
        snprintf(t->control_path, sizeof t->control_path, "%s", t->options.control);
    } else {
        default_control_path(t->control_path, sizeof t->control_path);
    }
    if (strcmp(t->control_path, "/") == 0) {
        return GO_ON;
    }
    t->endpoint = calloc(1, sizeof *t->endpoint);
    error = t->endpoint ? endpoint_open(t->endpoint, t->control_path, CONTROL_MODE) : -ENOMEM;
    if (error < 0) {
        log_line(LEVEL_WARNING, "no-control-socket path=%s text=\"%s\"", t->control_path,
                 strerror(-error));
        free(t->endpoint);
        t->endpoint = NULL;
    }
    return GO_ON;
}

/* The lock belongs to a process: the one that goes on takes it anew. */
static int become_daemon(struct tokid *t)
{
    long holder;
    int error;

    if (t->options.foreground) {
        return GO_ON;
    }
    error = process_daemonize();
    if (error < 0) {
        return FAIL("cannot become a daemon: %s", strerror(-error));
    }
    log_open(false, LEVEL_INFO);
    if (t->pid_lock >= 0) {
        file_unlock_pid(t->pid_lock, t->pid_path);
        t->pid_lock = file_lock_pid(t->pid_path, &holder);
    }
    return t->pid_lock == -EWOULDBLOCK ? 1 : GO_ON;
}

static int start_tokid(struct tokid *t, int argc, char **argv)
{
    int code;

    if ((code = options_parse(argc, argv, &t->options)) != GO_ON) {
        return code;
    }
    log_open(true, t->options.set_once || t->options.print_offset ? LEVEL_WARNING : LEVEL_INFO);
    process_signals(); /* before the file is read: a SIGHUP as early as that is a reload, too */
    if ((code = load_config(t)) != GO_ON) {
        return code;
    }
    if ((code = lock_pid(t)) != GO_ON) {
        return code;
    }
    if (t->options.set_once || t->options.print_offset) {
        return (code = open_clock(t)) != GO_ON ? code : roles_run_once(t);
    }
    open_log_file(t);
    if ((code = open_server(t)) != GO_ON || (code = open_clock(t)) != GO_ON ||
        (code = make_page(t)) != GO_ON || (code = open_control(t)) != GO_ON ||
        (code = become_daemon(t)) != GO_ON) {
        return code;
    }
    return roles_run(t);
}

int main(int argc, char **argv)
{
    int code = start_tokid(&tokid, argc, argv);

    if (tokid.pid_path[0] && tokid.pid_lock >= 0) {
        file_unlock_pid(tokid.pid_lock, tokid.pid_path);
    }
    if (tokid.endpoint) {
        file_remove(tokid.control_path);
    }
    return code;
}
