/* SPDX-License-Identifier: BSD-2-Clause */
/* The last step of a role's start; see the header. */
#include "daemon/rights.h"

#include <errno.h>
#include <string.h>

#include "daemon/log.h"
#include "os/process.h"

#define RESERVED_PORTS 1024
#define PRIORITY_MAX 99

/* Beyond the clock: what sync needs for requests that leave in a way of their own. */
static unsigned request_rights(const struct config *config)
{
    unsigned rights = config->acquisition_device[0] ? RIGHT_RAW_DEVICE : 0;

    return config->acquisition_port > 0 && config->acquisition_port < RESERVED_PORTS
               ? rights | RIGHT_BIND_PORT
               : rights;
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

bool rights_drop(const struct tokid *t, enum sandbox_role role)
{
    const char *user = rights_user(t);
    unsigned rights = role == SANDBOX_SYNC && t->clock_control ? RIGHT_SET_CLOCK : 0;
    int error;

    if (t->options.one_process) { /* there is no parent to open the sockets of a reload */
        rights |= RIGHT_BIND_PORT;
    }
    if (role == SANDBOX_SYNC) {
        rights |= request_rights(configuration_current(t->config));
    }
    if (role != SANDBOX_LOOKUP) {
        raise_process(configuration_current(t->config));
    }
    error = process_drop(user, rights);
    if (error < 0) {
        log_line(LEVEL_ERROR, "rights-not-dropped user=%s text=\"%s\"", user ? user : "-",
                 error == -ENOENT ? "there is no such user" : strerror(-error));
        return false;
    }
    error = t->options.no_sandbox ? 0 : sandbox_enter(role);
    if (error == -ENOSYS) {
        log_line(LEVEL_WARNING, "no-sandbox text=\"this kernel cannot filter system calls\"");
    } else if (error < 0) {
        log_line(LEVEL_ERROR, "sandbox-failed text=\"%s\"", strerror(-error));
        return false;
    }
    return true;
}
