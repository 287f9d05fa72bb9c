/* SPDX-License-Identifier: BSD-2-Clause */
/* A change of the configuration as one step: prepared, then the sockets, then in force; and what is
 * said of it to the log and the service manager. */
#include "daemon/reload.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/log.h"
#include "os/clock.h"
#include "os/process.h"

void reload_begin(void)
{
    char state[80];

    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
             process_monotonic_ns() / 1000);
    process_notify(state);
}

void reload_end(void)
{
    process_notify("READY=1");
}

static void log_differences(const struct difference *difference)
{
    const char *line = difference->text;

    while (*line) {
        size_t length = strcspn(line, "\n");

        log_line(LEVEL_NOTICE, "changed text=\"%.*s\"", (int)length, line);
        line += length + (line[length] == '\n');
    }
    if (difference->count > difference->written) {
        log_line(LEVEL_NOTICE, "changed text=\"%u more\"", difference->count - difference->written);
    }
}

static void log_outcome(const struct tokid *t, const struct change *change,
                        const struct change_outcome *outcome)
{
    const char *what = change->kind == CHANGE_RELOAD ? "reload" : "change";

    if (!outcome->applied) {
        log_line(LEVEL_ERROR, "%s-refused file=%s text=\"%s\"", what, t->config->file,
                 outcome->problem);
        return;
    }
    log_differences(&outcome->difference);
    log_line(LEVEL_NOTICE, "%s file=%s changes=%u",
             change->kind == CHANGE_RELOAD ? "reloaded" : "changed-by-hand", t->config->file,
             outcome->difference.count);
}

bool reload_carry_out(struct tokid *t, const struct change *change, struct server *before,
                      struct change_outcome *outcome)
{
    struct server server;

    *before = t->server;
    outcome->applied = configuration_prepare(t->config, &t->options, change, outcome);
    if (outcome->applied && !server_open(&server, before, t->config->next, t->options.family,
                                         outcome->problem, sizeof outcome->problem)) {
        configuration_drop(t->config);
        outcome->applied = false;
    }
    if (outcome->applied) {
        t->server = server;
        server_retire_rest(before, &server);
        configuration_commit(t->config, server.port);
        server_resize_clients(t->clients, configuration_current(t->config));
        if (!server_renew_limits(&t->limits, configuration_current(t->config))) {
            log_line(LEVEL_WARNING, "limit-memory-unchanged text=\"out of memory\"");
        }
    }
    log_outcome(t, change, outcome);
    return outcome->applied;
}
