/* SPDX-License-Identifier: BSD-2-Clause */
/* What a configuration makes of the server's worker: its memory, and what a reload keeps of it. */
#include "daemon/server.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "config/config.h"

static struct config *load(enum config_dialect dialect, const char *text)
{
    struct config *c = config_new();

    assert_non_null(c);
    assert_true(config_load_text(c, "test.conf", text, strlen(text), dialect));
    return c;
}

static void forget(struct worker *worker)
{
    free(worker->ratelimit.clients);
    free(worker);
}

/* Clients that the limiter of a server with this configuration can tell apart. */
static size_t clients_of(enum config_dialect dialect, const char *text)
{
    static struct serve_page page;
    struct config *c = load(dialect, text);
    struct worker *worker = server_new_worker(&page, NULL, 0, c);
    size_t count;

    assert_non_null(worker);
    count = (worker->ratelimit.mask + 1) * RATELIMIT_WAYS;
    forget(worker);
    config_free(c);
    return count;
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
    struct worker *worker = server_new_worker(&page, NULL, 0, old);
    size_t before;

    (void)state;
    assert_non_null(worker);
    before = worker->ratelimit.mask;
    assert_true(worker->have_source_access && worker->source_access & ACCESS_NOSERVE);
    server_configure(worker, new);
    assert_ptr_equal(worker->acl, &new->access);
    assert_ptr_equal(worker->keys, &new->keys);
    assert_false(worker->have_source_access);
    assert_true(worker->ratelimit.mask > before);
    forget(worker);
    config_free(old);
    config_free(new);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_of_the_rate_limit),
        cmocka_unit_test(test_a_reload_changes_the_rules_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
