/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of tokid. */
#ifndef TOKI_DAEMON_OPTIONS_H
#define TOKI_DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "os/clock.h"

#define OPTIONS_GO_ON (-1)

struct options {
    const char *config_file;       /* NULL: the first of the usual places that exists */
    const char *control, *pidfile; /* NULL: default; "/": none */
    const char *user;              /* NULL: as configured */
    enum config_dialect dialect;   /* DIALECT_UNKNOWN: by content */
    struct clock_options clock;
    bool foreground, set_once, print_offset, check, allow_panic, one_process, no_sandbox;
    uint8_t family;             /* enum address_family; ADDRESS_NONE: both */
    int port;                   /* of the server; -1: as configured */
    int command_port;           /* of chrony's protocol; -1: as configured, 0: none */
    const char *command_socket; /* likewise; NULL: as configured, "/": none */
    unsigned remote_port;       /* 0: as configured */
    double timeout_s;           /* of -q and -Q */
    unsigned workers;           /* processes that serve */
};

/* OPTIONS_GO_ON, or the code to exit with (help and errors are printed). */
int options_parse(int argc, char **argv, struct options *out);

/* "offset=S,rate=R[,origin=WALL_NS:RAW_NS]"; false if it is anything else. */
bool options_parse_virtual_clock(const char *text, struct clock_options *out);

#endif
