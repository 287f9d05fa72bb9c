/* SPDX-License-Identifier: BSD-2-Clause */
/* The last step of a role's start: priority and locked memory first, while there is the right to
 * them, then the user, then the filter of system calls. */
#include "daemon/rights.h"

#include <errno.h>
#include <string.h>

#include "daemon/log.h"
#include "os/process.h"

#define RESERVED_PORTS 1024
#define PRIORITY_MAX 99

/* What the daemon needs at all; requests may leave in a way of their own. */
static unsigned needed_rights(const struct tokid *t)
{
    const struct config *config = configuration_current(t->config);
    bool low_port = config->acquisition_port > 0 && config->acquisition_port < RESERVED_PORTS;

    /* In one process there is no parent to open the sockets of a reload. */
    return (t->clock_control ? RIGHT_SET_CLOCK : 0u) |
           (low_port || t->options.one_process ? RIGHT_BIND_PORT : 0u) |
           (config->acquisition_device[0] ? RIGHT_RAW_DEVICE : 0u);
}

/* Both are of a process, and not of its children. Without the right to them it runs on as it is. */
static void raise_process(const struct config *config)
{
    int priority = config->priority < PRIORITY_MAX ? config->priority : PRIORITY_MAX, error;

    error = config->lock_memory ? process_lock_memory() : 0;
    if (error < 0) {
        log_line(LEVEL_WARNING, "memory-not-locked text=\"%s\"", strerror(-error));
    }
    error = priority > 0 ? process_set_priority(priority) : 0;
    if (error < 0) {
        log_line(LEVEL_WARNING, "priority-not-set priority=%d text=\"%s\"", priority,
                 strerror(-error));
    }
}

const char *rights_user(const struct tokid *t)
{
    const char *user = configuration_current(t->config)->user;

    if (!process_is_root()) {
        return NULL;
    }
    return user[0] ? user : process_user_exists(CONFIG_USER) ? CONFIG_USER : NULL;
}

bool rights_drop(const struct tokid *t, const struct role *role)
{
    const char *user = rights_user(t);
    int error;

    if (role->urgent) {
        raise_process(configuration_current(t->config));
    }
    error = process_drop(user, role->rights & needed_rights(t));
    if (error < 0) {
        log_line(LEVEL_ERROR, "rights-not-dropped user=%s text=\"%s\"", user ? user : "-",
                 error == -ENOENT ? "no such user" : strerror(-error));
        return false;
    }
    error = t->options.no_sandbox ? 0 : sandbox_enter(role->sandbox);
    if (error == -ENOSYS) {
        log_line(LEVEL_WARNING, "no-sandbox text=\"this kernel cannot filter system calls\"");
    } else if (error < 0) {
        log_line(LEVEL_ERROR, "sandbox-failed text=\"%s\"", strerror(-error));
        return false;
    }
    return true;
}
