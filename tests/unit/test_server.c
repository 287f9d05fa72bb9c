/* SPDX-License-Identifier: BSD-2-Clause */
/* What a configuration makes of the server's worker: its memory, and what a reload keeps of it. */
#include "daemon/server.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "config/config.h"
#include "os/process.h"

static struct config *load(enum config_dialect dialect, const char *text)
{
    struct config *c = config_new();

    assert_non_null(c);
    assert_true(config_load_text(c, "test.conf", text, strlen(text), dialect));
    return c;
}

/* Clients that the limiter of a server with this configuration can tell apart. */
static size_t clients_of(enum config_dialect dialect, const char *text)
{
    struct server_limits limits = {.count = 0};
    struct config *c = load(dialect, text);

    assert_true(server_renew_limits(&limits, c));
    for (size_t i = 0; i < limits.count; i++) {
        assert_int_equal(limits.clients[i].seen, 0);
    }
    config_free(c);
    return limits.count;
}

static void test_memory_of_the_rate_limit(void **state)
{
    size_t usual = clients_of(DIALECT_CHRONY, "allow\nratelimit\n");

    (void)state;
    assert_true(clients_of(DIALECT_CHRONY, "allow\nratelimit\nclientloglimit 4194304\n") ==
                8 * usual);
    assert_true(clients_of(DIALECT_CHRONY, "allow\nratelimit\nclientloglimit 65536\n") < usual);
    assert_true(clients_of(DIALECT_CHRONY, "allow\nnoclientlog\n") <
                clients_of(DIALECT_CHRONY, "allow\nclientloglimit 65536\n"));
    assert_true(clients_of(DIALECT_NTP, "mru maxmem 8192\n") ==
                8 * clients_of(DIALECT_NTP, "mru maxmem 1024\n"));
    assert_true(clients_of(DIALECT_NTP, "driftfile /d\n") ==
                clients_of(DIALECT_NTP, "mru maxmem 1024\n"));
}

static void test_a_reload_changes_the_rules_at_once(void **state)
{
    static struct serve_page page;
    struct config *old = load(DIALECT_NTP, "restrict source noserve\n");
    struct config *new = load(DIALECT_NTP, "restrict default ignore\nmru maxmem 4096\n");
    struct server_limits limits = {.count = 0};
    struct worker *worker;
    size_t before;

    (void)state;
    assert_true(server_renew_limits(&limits, old));
    worker = server_new_worker(&page, NULL, &limits, 0, old);
    assert_non_null(worker);
    before = worker->ratelimit.mask;
    assert_true(worker->have_source_access && worker->source_access & ACCESS_NOSERVE);
    server_configure(worker, &limits, new);
    assert_ptr_equal(worker->acl, &new->access);
    assert_ptr_equal(worker->keys, &new->keys);
    assert_false(worker->have_source_access);
    assert_int_equal(worker->ratelimit.mask, before); /* until it gets the new memory */
    assert_true(server_renew_limits(&limits, new));
    server_configure(worker, &limits, new);
    assert_true(worker->ratelimit.mask > before);
    free(worker);
    config_free(old);
    config_free(new);
}

static const struct address client = {.family = ADDRESS_V4, .bytes = {192, 0, 2, 1}, .port = 123};
static const struct mono_time now = {1000 * NS_PER_S};

static bool is_answered(struct worker *worker)
{
    return ratelimit_check(&worker->ratelimit, &client, now) == RATELIMIT_ANSWER;
}

/* One limit for a client, whichever worker it meets; and it is not forgotten with a worker. */
static void test_workers_share_the_limit(void **state)
{
    static struct serve_page page;
    struct config *c = load(DIALECT_CHRONY, "allow\nratelimit interval 1 burst 4\n");
    struct server_limits limits = {.count = 0};
    struct worker *workers[2];

    (void)state;
    c->ratelimit.leak_log2 = 0;
    assert_true(server_renew_limits(&limits, c));
    for (unsigned i = 0; i < 2; i++) {
        workers[i] = server_new_worker(&page, NULL, &limits, i, c);
        assert_non_null(workers[i]);
    }
    assert_true(is_answered(workers[0]) && is_answered(workers[1]));
    free(workers[1]);
    assert_true(server_renew_limits(&limits, c)); /* nothing happens */
    workers[1] = server_new_worker(&page, NULL, &limits, 1, c);
    assert_non_null(workers[1]);
    assert_true(is_answered(workers[1]) && is_answered(workers[0]));
    for (unsigned i = 0; i < 64; i++) {
        assert_false(is_answered(workers[i % 2]));
    }
    server_configure(workers[0], &limits, c); /* of a reload, too */
    assert_false(is_answered(workers[0]));
    free(workers[0]);
    free(workers[1]);
    config_free(c);
}

#define RACE_ANSWERS 50000

static unsigned ask_all(struct worker *worker, struct mono_time at)
{
    unsigned answered = 0;

    for (unsigned i = 0; i < RACE_ANSWERS; i++) {
        answered += ratelimit_check(&worker->ratelimit, &client, at) == RATELIMIT_ANSWER;
    }
    return answered;
}

/* Two processes that ask for the same client at the same time: no answer too many or too few. */
static void test_workers_race(void **state)
{
    static struct serve_page page;
    struct config *c = load(DIALECT_CHRONY, "allow\nratelimit\n");
    struct server_limits limits = {.count = 0};
    _Atomic unsigned *answered, *ready;

    (void)state;
    c->ratelimit =
        (struct ratelimit_settings){.enabled = true, .interval_s = 1000, .burst = RACE_ANSWERS};
    assert_true(server_renew_limits(&limits, c));
    answered = process_shared_memory("test", 2 * sizeof *answered, NULL);
    assert_non_null(answered);
    ready = answered + 1;
    for (unsigned round = 1; round <= 10; round++) {
        struct worker *worker = server_new_worker(&page, NULL, &limits, 0, c);
        struct mono_time at = {(int64_t)round * RACE_ANSWERS * 2000 * NS_PER_S};
        pid_t child;

        assert_non_null(worker);
        /* known, so that the two do not meet a new client at the same moment */
        *answered = ratelimit_check(&worker->ratelimit, &client, at) == RATELIMIT_ANSWER;
        *ready = 0;
        child = fork();
        assert_true(child >= 0);
        atomic_fetch_add(ready, 1);
        while (atomic_load(ready) < 2) {
            sched_yield();
        }
        *answered += ask_all(worker, at);
        if (child == 0) {
            _exit(0);
        }
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_int_equal(*answered, RACE_ANSWERS);
        free(worker);
    }
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_of_the_rate_limit),
        cmocka_unit_test(test_a_reload_changes_the_rules_at_once),
        cmocka_unit_test(test_workers_share_the_limit),
        cmocka_unit_test(test_workers_race),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
