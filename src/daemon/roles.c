/* SPDX-License-Identifier: BSD-2-Clause */
/* The parent and its roles: one table, from which all of them are forked, supervised, replaced and
 * ended. sync is started once: when it dies the clock's history is gone, so the parent ends too and
 * the service manager starts all anew. The others hold nothing that is worth keeping and are
 * started again, slower each time. The parent parses nothing from outside but the configuration
 * file, and lines of it that an admin gave by hand.
 *
 * A reload is the parent's: it alone has the right to read the files and to open port 123. Access
 * rules, limits and keys reach the roles through shared memory. Where the sockets change, new
 * workers are started on the new ones before the old ones are told to end; what waits in the old
 * ones is still answered, and a socket that both have is one queue, so no request is lost. */
#include "daemon/roles.h"

#include <assert.h>
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
#include "daemon/role.h"
#include "daemon/sync.h"
#include "os/clock.h"
#include "os/process.h"
#include "os/stream.h"
#include "os/wait.h"

#define BACK_OFF_FIRST_S 1.0
#define BACK_OFF_MAX_S 60.0
/* A role that lived longer than this failed for another reason than the last time. */
#define BACK_OFF_FORGOTTEN_S 60.0
/* Roles that ignore SIGTERM longer than this are killed: all is over in less than 2 s. */
#define END_PATIENCE_S 1.5
/* A role that was told to end looks at that at least once a second. */
#define LEAVING_PATIENCE_S 2.5
/* Signals that come faster than this are one reload, with what the file says last. */
#define RELOAD_GAP_S 0.1

static unsigned one(const struct tokid *t)
{
    (void)t;
    return 1;
}

static unsigned workers(const struct tokid *t)
{
    return t->options.workers;
}

/* All but sync have one channel each, to sync. */
static const struct role table[] = {
    [ROLE_SYNC] = {.title = "tokid: sync",
                   .run = sync_run,
                   .places = one,
                   .sandbox = SANDBOX_SYNC,
                   .rights = RIGHT_SET_CLOCK | RIGHT_BIND_PORT | RIGHT_RAW_DEVICE,
                   .keeps = ROLE_KEEPS_CONTROL | ROLE_WRITES_PAGE | ROLE_WRITES_HISTORY,
                   .opens = true,
                   .essential = true,
                   .finishes = true,
                   .urgent = true},
    [ROLE_LOOKUP] = {.title = "tokid: lookup", /* may sit in the resolver: it just dies */
                     .run = lookup_run,
                     .places = one,
                     .sandbox = SANDBOX_LOOKUP},
    [ROLE_SERVE] = {.title = "tokid: serve",
                    .run = server_run,
                    .places = workers,
                    .sandbox = SANDBOX_SERVE,
                    .keeps = ROLE_KEEPS_SERVER | ROLE_WRITES_PAGE | ROLE_WRITES_CLIENTS |
                             ROLE_WRITES_LIMITS,
                    .opens = true,
                    .finishes = true,
                    .urgent = true},
};

static_assert(sizeof table / sizeof table[0] == ROLES, "each role has a row");

/* Where a process of a role runs, runs again, or is relieved by the next one. */
struct place {
    const struct role *role;
    unsigned number; /* of its role, from 0 */
    long pid;        /* 0: not running */
    long leaving;    /* pid of one that was relieved and is about to end, 0: none */
    bool started_before, odd;
    double back_off_s;
    struct mono_time started, next;
    int channel[2]; /* [0] is sync's end; the next process here has the same one */
};

#define PLACES ((size_t)ROLES * ROLE_PLACES_MAX)

struct roles {
    struct tokid *t;
    struct place places[PLACES]; /* role by role */
    bool ending;
    int parent[2];                /* [0] is sync's end */
    struct mono_time next_reload; /* by a signal, not before this */
    bool reload_wanted;
    bool manager_waits;      /* for sync to have applied ... */
    uint32_t manager_awaits; /* ... this generation */
};

/* The place behind this one, the first for NULL; NULL: there are no more. */
static struct place *next_place(struct roles *r, const struct place *p)
{
    size_t next = p ? (size_t)(p - r->places) + 1 : 0;

    return next < PLACES ? &r->places[next] : NULL;
}

static bool is_server(const struct role *role)
{
    return (role->keeps & ROLE_KEEPS_SERVER) != 0;
}

static bool is_wanted(const struct roles *r, const struct place *p)
{
    return p->number < p->role->places(r->t) && (!is_server(p->role) || r->t->server.count > 0) &&
           !(p->role->essential && p->started_before);
}

/* In a role that was just forked. */
static void let_go(struct tokid *t, const struct role *role)
{
    if (!(role->keeps & ROLE_KEEPS_CONTROL) && t->endpoint) {
        stream_close(t->endpoint->fd);
    }
    if (!is_server(role)) { /* a port is free when all that had it closed it */
        server_close_rest(&t->server, &(struct server){0});
    }
    if (!(role->keeps & ROLE_WRITES_PAGE)) {
        process_protect(t->page, sizeof *t->page);
    }
    if (!(role->keeps & ROLE_WRITES_CLIENTS)) {
        process_protect(t->clients, clients_size(t->clients->capacity));
    }
    if (!(role->keeps & ROLE_WRITES_LIMITS)) {
        process_protect(t->limits.clients, t->limits.count * sizeof *t->limits.clients);
    }
    if (!(role->keeps & ROLE_WRITES_HISTORY)) {
        process_protect(t->history, sizeof *t->history);
    }
    process_protect(t->config->shared, sizeof *t->config->shared);
}

static int run_role(struct roles *r, const struct place *p)
{
    struct role_start start = {.role = p->role,
                               .place = p->number,
                               .odd = p->odd,
                               .sync = p->channel[1],
                               .parent = r->parent[0]};

    for (size_t i = 0; i < PLACES; i++) {
        start.others[i / ROLE_PLACES_MAX][i % ROLE_PLACES_MAX] = r->places[i].channel[0];
    }
    let_go(r->t, p->role);
    if (!p->role->opens && !rights_drop(r->t, p->role)) {
        return 1;
    }
    return p->role->run(r->t, &start);
}

static void start_role(struct roles *r, struct place *p)
{
    long pid = process_fork(p->role->title, p->role->finishes);

    if (pid == 0) {
        exit(run_role(r, p));
    }
    p->started = clock_now().mono;
    p->started_before = true;
    if (pid < 0) {
        log_line(LEVEL_ERROR, "role-not-started role=\"%s\" text=\"%s\"", p->role->title,
                 strerror((int)-pid));
        p->next = mono_after(p->started, BACK_OFF_MAX_S);
        return;
    }
    p->pid = pid;
}

static void start_due_roles(struct roles *r)
{
    struct mono_time now = clock_now().mono;

    for (struct place *p = next_place(r, NULL); p; p = next_place(r, p)) {
        if (is_wanted(r, p) && p->pid == 0 && p->next.ns <= now.ns) {
            start_role(r, p);
        }
    }
}

static void plan_restart(struct place *p)
{
    struct mono_time now = clock_now().mono;
    bool forgotten = p->back_off_s == 0 || s_from_ns(now.ns - p->started.ns) > BACK_OFF_FORGOTTEN_S;

    p->back_off_s = forgotten ? BACK_OFF_FIRST_S : p->back_off_s * 2;
    p->back_off_s = p->back_off_s > BACK_OFF_MAX_S ? BACK_OFF_MAX_S : p->back_off_s;
    p->next = mono_after(now, p->back_off_s);
}

/* The process of this place ended: *code is how, if the daemon ends with it. */
static void note_end(struct roles *r, struct place *p, int status, int *code)
{
    if (p->role->essential) {
        *code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }
    if (!r->ending && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
        log_line(LEVEL_ERROR, "role-died role=\"%s\" pid=%ld %s=%d", p->role->title, p->pid,
                 WIFSIGNALED(status) ? "signal" : "code",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    p->pid = 0;
    plan_restart(p);
}

/* Takes note of roles that ended. False: one of them was essential, and *code is how it ended. */
static bool reap_roles(struct roles *r, int *code)
{
    bool whole = true;
    long pid;
    int status;

    while ((pid = process_reap(&status)) > 0) {
        for (struct place *p = next_place(r, NULL); p; p = next_place(r, p)) {
            if (p->pid == pid) {
                note_end(r, p, status, code);
            }
            p->leaving = p->leaving == pid ? 0 : p->leaving;
        }
    }
    for (struct place *p = next_place(r, NULL); p; p = next_place(r, p)) {
        whole = whole && !(p->role->essential && p->started_before && p->pid == 0);
    }
    return whole;
}

static unsigned running_roles(struct roles *r)
{
    unsigned n = 0;

    for (const struct place *p = next_place(r, NULL); p; p = next_place(r, p)) {
        n += p->pid != 0;
    }
    return n;
}

static void signal_roles(struct roles *r, int number)
{
    for (const struct place *p = next_place(r, NULL); p; p = next_place(r, p)) {
        process_kill(p->pid, number);
    }
}

/* ---- changes of the configuration ---- */

/* Other processes on the sockets of now; those of before answer what they have and end. */
static void relieve_servers(struct roles *r)
{
    for (struct place *p = next_place(r, NULL); p; p = next_place(r, p)) {
        long before = p->pid;

        if (!is_server(p->role)) {
            continue;
        }
        p->pid = 0;
        p->back_off_s = 0;
        if (is_wanted(r, p)) {
            p->odd = !p->odd;
            start_role(r, p);
        }
        process_kill(before, SIGTERM);
        p->leaving = before;
    }
}

static bool some_leave(struct roles *r)
{
    bool some = false;

    for (const struct place *p = next_place(r, NULL); p; p = next_place(r, p)) {
        some = some || p->leaving != 0;
    }
    return some;
}

/* The next change may want a port that the last one gave up. */
static void await_leaving(struct roles *r)
{
    struct wait_set nothing = {0};
    struct mono_time limit = mono_after(clock_now().mono, LEAVING_PATIENCE_S);
    int code;

    while (some_leave(r) && clock_now().mono.ns < limit.ns) {
        wait_until(&nothing, mono_after(clock_now().mono, 0.01));
        reap_roles(r, &code);
    }
    for (const struct place *p = next_place(r, NULL); p; p = next_place(r, p)) {
        process_kill(p->leaving, SIGKILL);
    }
}

/* The service manager hears that a reload is over when sync has applied it; of one that was refused
 * at once. */
static void change(struct roles *r, const struct change *wanted, struct change_outcome *outcome)
{
    struct tokid *t = r->t;
    const struct ratelimit_client *limits = t->limits.clients;
    struct server before;

    reload_begin();
    await_leaving(r);
    if (!reload_carry_out(t, wanted, &before, outcome)) {
        reload_end();
        return;
    }
    /* Closed here first: new workers must not inherit what only the old ones still answer on. */
    server_close_rest(&before, &t->server);
    if (!server_equal(&before, &t->server) || limits != t->limits.clients) {
        relieve_servers(r);
    }
    r->manager_waits = true;
    r->manager_awaits = t->config->seen;
}

static void reload_if_due(struct roles *r)
{
    static const struct change reload = {.kind = CHANGE_RELOAD};
    static struct change_outcome outcome; /* large; not reported */

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

/* A channel for each place that may ever be taken: sync, which has the other ends, is forked once.
 * 0 or -errno. */
static int make_places(struct roles *r)
{
    int error = process_channel(r->parent);

    for (size_t i = 0; i < PLACES; i++) {
        const struct role *role = &table[i / ROLE_PLACES_MAX];
        struct place *p = &r->places[i];

        *p = (struct place){.role = role, .number = i % ROLE_PLACES_MAX, .channel = {-1, -1}};
        if (error == 0 && role != &table[ROLE_SYNC] && p->number < role->places(r->t)) {
            error = process_channel(p->channel);
        }
    }
    return error;
}

static void start_alone(struct role_start *start)
{
    *start = (struct role_start){.role = &table[ROLE_SYNC], .sync = -1, .parent = -1};
    for (size_t i = 0; i < PLACES; i++) {
        start->others[i / ROLE_PLACES_MAX][i % ROLE_PLACES_MAX] = -1;
    }
}

int roles_run(struct tokid *t)
{
    struct roles r = {.t = t};
    int error;

    if (t->options.one_process) {
        struct role_start start;

        start_alone(&start);
        return sync_run(t, &start);
    }
    error = make_places(&r);
    if (error < 0) {
        log_line(LEVEL_ERROR, "no-channel text=\"%s\"", strerror(-error));
        return 1;
    }
    return supervise(&r);
}

int roles_run_once(struct tokid *t)
{
    struct role_start start;

    start_alone(&start);
    return sync_run_once(t, &start);
}
