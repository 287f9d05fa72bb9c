/* SPDX-License-Identifier: BSD-2-Clause */
/* The parent and its roles. sync is started once: when it dies the clock's history is gone, so the
 * parent ends too and the service manager starts all anew. lookup and serve hold nothing that is
 * worth keeping and are started again, slower each time. The parent parses nothing from outside but
 * the configuration file, and lines of it that an admin gave by hand.
 *
 * A reload is the parent's: it alone has the right to read the files and to open port 123. Access
 * rules, limits and keys reach the roles through shared memory. Where the sockets change, a new
 * serve is started on the new ones before the old one is told to end; what waits in the old ones is
 * still answered, and a socket that both have is one queue, so no request is lost. */
#include "daemon/roles.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "daemon/log.h"
#include "daemon/lookup.h"
#include "daemon/parent.h"
#include "daemon/reload.h"
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
/* A role that was told to end looks at that at least once a second. */
#define LEAVING_PATIENCE_S 2.5
/* Signals that come faster than this are one reload, with what the file says last. */
#define RELOAD_GAP_S 0.1

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
    int lookup[2];                /* [0] is sync's end */
    int parent[2];                /* [0] is sync's end */
    int queries[2];               /* [0] is sync's end, [1] all workers' */
    unsigned serve_number;        /* of the serve role that runs, for its counters */
    long leaving;                 /* pid of one that was replaced and is about to end, 0: none */
    struct mono_time next_reload; /* by a signal, not before this */
    bool reload_wanted;
    bool manager_waits;      /* for sync to have applied ... */
    uint32_t manager_awaits; /* ... this generation */
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
    if (name != ROLE_SERVE) { /* a port is free when the parent and serve have closed it */
        server_close_rest(&t->server, &(struct server){0});
    }
    if (name != ROLE_SYNC) {
        process_protect(t->history, sizeof *t->history);
    }
    process_protect(t->config->shared, sizeof *t->config->shared);
    if (name != ROLE_SERVE) {
        process_protect(t->clients, clients_size(t->clients->capacity));
    }
    switch (name) {
    case ROLE_SYNC:
        return sync_run(t, r->lookup[0], r->parent[0], r->queries[0]);
    case ROLE_LOOKUP:
        if (rights_drop(t, SANDBOX_LOOKUP)) {
            lookup_run(r->lookup[1]);
            return 0;
        }
        return 1;
    case ROLE_SERVE: {
        struct worker *worker = server_new_worker(t->page, t->clients, r->serve_number,
                                                  configuration_current(t->config));

        if (worker && rights_drop(t, SANDBOX_SERVE)) {
            server_run(&t->server, worker, t->config, r->queries[1]);
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
        r->leaving = r->leaving == pid ? 0 : r->leaving;
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

/* ---- changes of the configuration ---- */

/* Another serve on the sockets of now; the one of before answers what it has and ends. */
static void replace_serve(struct roles *r)
{
    struct role *role = &r->roles[ROLE_SERVE];
    long before = role->pid;

    role->wanted = r->t->server.count > 0;
    role->pid = 0;
    role->back_off_s = 0;
    if (role->wanted) {
        r->serve_number = !r->serve_number;
        start_role(r, ROLE_SERVE);
    }
    process_kill(before, SIGTERM);
    r->leaving = before;
}

/* The next change may want a port that the last one gave up. */
static void await_leaving(struct roles *r)
{
    struct wait_set nothing = {0};
    struct mono_time limit = mono_after(clock_now().mono, LEAVING_PATIENCE_S);
    int code;

    while (r->leaving != 0 && clock_now().mono.ns < limit.ns) {
        wait_until(&nothing, mono_after(clock_now().mono, 0.01));
        reap_roles(r, &code);
    }
    process_kill(r->leaving, SIGKILL);
}

/* The service manager hears that a reload is over when sync has applied it; of one that was refused
 * at once. */
static void change(struct roles *r, const struct change *wanted, struct change_outcome *outcome)
{
    struct tokid *t = r->t;
    struct server before;

    reload_begin();
    await_leaving(r);
    if (!reload_carry_out(t, wanted, &before, outcome)) {
        reload_end();
        return;
    }
    /* Closed here first: the new serve must not inherit what only the old one still answers on. */
    server_close_rest(&before, &t->server);
    if (!server_equal(&before, &t->server)) {
        replace_serve(r);
    }
    r->manager_waits = true;
    r->manager_awaits = t->config->seen;
}

static void reload_if_due(struct roles *r)
{
    static const struct change reload = {.kind = CHANGE_RELOAD};
    static struct change_outcome outcome; /* large; nobody asks for it */

    r->reload_wanted = process_take_signal(SIGNAL_RELOAD) || r->reload_wanted;
    if (r->reload_wanted && clock_now().mono.ns >= r->next_reload.ns) {
        r->reload_wanted = false;
        change(r, &reload, &outcome);
        parent_answer(r->parent[1], 0);
        r->next_reload = mono_after(clock_now().mono, RELOAD_GAP_S);
    }
}

static void serve_sync(struct roles *r)
{
    struct parent_news news;

    do {
        parent_serve(r->parent[1], configuration_current(r->t->config), &news);
        if (news.serial != 0 && !r->ending) {
            change(r, &news.change, &r->t->config->shared->outcome);
            parent_answer(r->parent[1], news.serial);
        }
        if (news.store_history) {
            parent_store_history(-1, configuration_current(r->t->config), r->t->history);
        }
        if (news.applied && r->manager_waits && news.generation >= r->manager_awaits) {
            r->manager_waits = false;
            reload_end();
        }
    } while (news.serial != 0);
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
        serve_sync(r);
        reap_roles(r, &code);
    }
    signal_roles(r, SIGKILL);
    serve_sync(r);
}

static int supervise(struct roles *r)
{
    struct wait_set wait = {0};
    int code = 1;

    wait_add(&wait, r->parent[1], WAIT_READ);
    for (;;) {
        struct mono_time until = mono_after(clock_now().mono, 1.0);

        start_due_roles(r);
        r->roles[ROLE_SYNC].wanted = false; /* once */
        wait_until(&wait, r->reload_wanted ? r->next_reload : until);
        serve_sync(r);
        if (process_take_signal(SIGNAL_END)) {
            end_roles(r, &wait);
            return 0;
        }
        reload_if_due(r);
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
    error = error < 0 ? error : process_channel(r.queries);
    if (error < 0) {
        log_line(LEVEL_ERROR, "no-channel text=\"%s\"", strerror(-error));
        return 1;
    }
    r.roles[ROLE_SYNC].wanted = true;
    r.roles[ROLE_LOOKUP].wanted = true;
    r.roles[ROLE_SERVE].wanted = t->server.count > 0;
    return supervise(&r);
}
