/* SPDX-License-Identifier: BSD-2-Clause */
/* The parent and its roles. sync is started once: when it dies the clock's history is gone, so the
 * parent ends too and the service manager starts all anew. lookup and serve hold nothing that is
 * worth keeping and are started again, slower each time. The parent parses nothing from outside but
 * the configuration file. */
#include "daemon/roles.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "daemon/log.h"
#include "daemon/lookup.h"
#include "daemon/parent.h"
#include "daemon/rights.h"
#include "daemon/sync.h"
#include "os/clock.h"
#include "os/process.h"
#include "os/stream.h"
#include "os/wait.h"

#define BACK_OFF_FIRST_S 1.0
#define BACK_OFF_MAX_S 60.0
/* A role that lived so long failed for another reason than the last time. */
#define BACK_OFF_FORGOTTEN_S 60.0
/* Roles that ignore SIGTERM for so long are killed: all is over in less than 2 s. */
#define END_PATIENCE_S 1.5

enum role_name { ROLE_SYNC, ROLE_LOOKUP, ROLE_SERVE, ROLES };

static const char *const titles[ROLES] = {
    [ROLE_SYNC] = "tokid: sync", [ROLE_LOOKUP] = "tokid: lookup", [ROLE_SERVE] = "tokid: serve"};

struct role {
    bool wanted;
    long pid; /* 0: not running */
    double back_off_s;
    struct mono_time started, next;
};

struct roles {
    struct tokid *t;
    struct role roles[ROLES];
    bool ending;
    int lookup[2]; /* [0] is sync's end */
    int parent[2]; /* [0] is sync's end */
};

static int run_role(struct roles *r, enum role_name name)
{
    struct tokid *t = r->t;

    if (name != ROLE_LOOKUP) { /* that one may sit in the resolver: it just dies */
        process_signals();
    }
    if (name != ROLE_SYNC && t->endpoint) {
        stream_close(t->endpoint->fd);
    }
    switch (name) {
    case ROLE_SYNC:
        return sync_run(t, r->lookup[0], r->parent[0]);
    case ROLE_LOOKUP:
        if (rights_drop(t, SANDBOX_LOOKUP)) {
            lookup_run(r->lookup[1]);
            return 0;
        }
        return 1;
    case ROLE_SERVE: {
        struct worker *worker = server_new_worker(t->page, configuration_current(t->config));

        if (worker && rights_drop(t, SANDBOX_SERVE)) {
            server_run(&t->server, worker, t->config);
            return 0;
        }
        return 1;
    }
    case ROLES:
        break;
    }
    return 1;
}

static void start_role(struct roles *r, enum role_name name)
{
    struct role *role = &r->roles[name];
    long pid = process_fork(titles[name]);

    if (pid == 0) {
        exit(run_role(r, name));
    }
    role->started = clock_now().mono;
    if (pid < 0) {
        log_line(LEVEL_ERROR, "role-not-started role=\"%s\" text=\"%s\"", titles[name],
                 strerror((int)-pid));
        role->next = mono_after(role->started, BACK_OFF_MAX_S);
        return;
    }
    role->pid = pid;
}

static void start_due_roles(struct roles *r)
{
    struct mono_time now = clock_now().mono;

    for (enum role_name name = ROLE_SYNC; name < ROLES; name++) {
        struct role *role = &r->roles[name];

        if (role->wanted && role->pid == 0 && role->next.ns <= now.ns) {
            start_role(r, name);
        }
    }
}

static void plan_restart(struct role *role)
{
    struct mono_time now = clock_now().mono;
    bool forgotten =
        role->back_off_s == 0 || s_from_ns(now.ns - role->started.ns) > BACK_OFF_FORGOTTEN_S;

    role->back_off_s = forgotten ? BACK_OFF_FIRST_S : role->back_off_s * 2;
    role->back_off_s = role->back_off_s > BACK_OFF_MAX_S ? BACK_OFF_MAX_S : role->back_off_s;
    role->next = mono_after(now, role->back_off_s);
}

/* Takes note of roles that ended. True as long as sync lives; else *code is how it ended. */
static bool reap_roles(struct roles *r, int *code)
{
    long pid;
    int status;

    while ((pid = process_reap(&status)) > 0) {
        for (enum role_name name = ROLE_SYNC; name < ROLES; name++) {
            struct role *role = &r->roles[name];

            if (role->pid != pid) {
                continue;
            }
            role->pid = 0;
            if (name == ROLE_SYNC) {
                *code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
            }
            if (!r->ending && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
                log_line(LEVEL_ERROR, "role-died role=\"%s\" pid=%ld %s=%d", titles[name], pid,
                         WIFSIGNALED(status) ? "signal" : "code",
                         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
            }
            plan_restart(role);
        }
    }
    return r->roles[ROLE_SYNC].pid != 0;
}

static unsigned running_roles(const struct roles *r)
{
    unsigned n = 0;

    for (enum role_name name = ROLE_SYNC; name < ROLES; name++) {
        n += r->roles[name].pid != 0;
    }
    return n;
}

static void signal_roles(const struct roles *r, int number)
{
    for (enum role_name name = ROLE_SYNC; name < ROLES; name++) {
        if (r->roles[name].pid) {
            process_kill(r->roles[name].pid, number);
        }
    }
}

/* Ends all roles; what sync leaves behind (the drift) is still taken in. */
static void end_roles(struct roles *r, struct wait_set *wait)
{
    struct mono_time limit = mono_after(clock_now().mono, END_PATIENCE_S);
    int code;

    r->ending = true;
    process_notify("STOPPING=1");
    while (running_roles(r) > 0 && clock_now().mono.ns < limit.ns) {
        signal_roles(r, SIGTERM);
        wait_until(wait, mono_after(clock_now().mono, 0.05));
        parent_serve(r->parent[1], configuration_current(r->t->config));
        reap_roles(r, &code);
    }
    signal_roles(r, SIGKILL);
    parent_serve(r->parent[1], configuration_current(r->t->config));
}

static int supervise(struct roles *r)
{
    struct wait_set wait = {0};
    int code = 1;

    wait_add(&wait, r->parent[1], WAIT_READ);
    for (;;) {
        start_due_roles(r);
        r->roles[ROLE_SYNC].wanted = false; /* once */
        wait_until(&wait, mono_after(clock_now().mono, 1.0));
        parent_serve(r->parent[1], configuration_current(r->t->config));
        if (process_take_signal(SIGNAL_END)) {
            end_roles(r, &wait);
            return 0;
        }
        if (process_take_signal(SIGNAL_RELOAD)) {
            process_notify("RELOADING=1");
            configuration_reload(r->t->config, &r->t->options);
            process_notify("READY=1");
        }
        if (!reap_roles(r, &code)) {
            end_roles(r, &wait);
            return code;
        }
    }
}

int roles_run(struct tokid *t)
{
    struct roles r = {.t = t};
    int error = process_channel(r.lookup);

    error = error < 0 ? error : process_channel(r.parent);
    if (error < 0) {
        log_line(LEVEL_ERROR, "no-channel text=\"%s\"", strerror(-error));
        return 1;
    }
    r.roles[ROLE_SYNC].wanted = true;
    r.roles[ROLE_LOOKUP].wanted = true;
    r.roles[ROLE_SERVE].wanted = t->page != NULL;
    return supervise(&r);
}
