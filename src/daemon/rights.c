/* SPDX-License-Identifier: BSD-2-Clause */
/* The last step of a role's start; see the header. */
#include "daemon/rights.h"

#include <errno.h>
#include <string.h>

#include "daemon/log.h"
#include "os/process.h"

#define DEFAULT_USER "toki"

bool rights_drop(const struct tokid *t, enum sandbox_role role)
{
    const char *user = configuration_current(t->config)->user;
    unsigned rights = role == SANDBOX_SYNC && t->clock_control ? RIGHT_SET_CLOCK : 0;
    int error;

    if (!user[0]) {
        user = process_user_exists(DEFAULT_USER) ? DEFAULT_USER : NULL;
    }
    error = process_drop(process_is_root() ? user : NULL, rights);
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
