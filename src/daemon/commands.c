/* SPDX-License-Identifier: BSD-2-Clause */
/* The sockets of chrony's protocol: opened with the rights of the start, and failures reported by
 * path or address with what to do about them. */
#include "daemon/commands.h"

#include <errno.h>
#include <string.h>

#include "daemon/log.h"
#include "os/process.h"
#include "os/random.h"

static void tell_of_path(const struct chronyc_socket *s, enum log_level level)
{
    log_line(level, "no-command-socket path=%s text=\"%s\"", s->path,
             s->error == -EADDRINUSE ? "in use by another daemon, or not a socket: stop that "
                                       "daemon, or set another path with bindcmdaddress"
                                     : strerror(-s->error));
}

static void tell_of_port(const struct chronyc_socket *s, enum log_level level)
{
    char text[ADDRESS_TEXT_MAX];

    log_line(level, "no-command-port address=%s text=\"%s\"",
             address_format_port(&s->address, text),
             s->error == -EADDRINUSE
                 ? "port in use by another daemon: stop it, or set another port with cmdport"
                 : strerror(-s->error));
}

/* A host without IPv6 has no loopback address of it; that is as it should be. */
static bool is_expected(const struct chronyc_socket *s)
{
    return address_is_loopback(&s->address) &&
           (s->error == -EADDRNOTAVAIL || s->error == -EAFNOSUPPORT);
}

void commands_tell(const struct chronyc_endpoint *endpoint, bool starting)
{
    for (unsigned i = 0; i < CHRONYC_SOCKETS; i++) {
        const struct chronyc_socket *s = &endpoint->sockets[i];
        bool missing_right = s->error == -EACCES && !process_is_root();
        enum log_level level = starting && missing_right ? LEVEL_INFO : LEVEL_WARNING;

        if (s->error == 0 || is_expected(s)) {
            continue;
        }
        if (s->fd >= 0) {
            log_line(LEVEL_WARNING,
                     "command-port-waits text=\"a port below 1024 can be opened only at the start: "
                     "no change until the next start\"");
            continue;
        }
        if (s->path[0]) {
            tell_of_path(s, level);
        } else {
            tell_of_port(s, level);
        }
    }
}

void commands_open(struct chronyc_endpoint *endpoint, const struct config *config, const char *user)
{
    uint8_t seed[32];
    long group;

    random_system(seed, sizeof seed);
    chronyc_endpoint_open(endpoint, config, user, seed);
    group = config->command_socket[0] ? local_folder_group(config->command_socket) : -1;
    process_join_group(group > 0 ? group : -1); /* root's would be too much */
    commands_tell(endpoint, true);
}
