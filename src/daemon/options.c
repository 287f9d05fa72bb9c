/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of tokid; one row of the table below for each long option. */
#include "daemon/options.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/args_common.h"
#include "daemon/role.h"
#include "toki_build.h"

static bool parse_double(const char *text, double *out)
{
    char *end;

    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out);
}

/* "WALL_NS:RAW_NS" */
static bool parse_origin(const char *text, struct clock_options *out)
{
    char *colon, *end;

    out->origin_wall_ns = strtoimax(text, &colon, 10);
    if (colon == text || *colon != ':') {
        return false;
    }
    out->origin_raw_ns = strtoimax(colon + 1, &end, 10);
    return end != colon + 1 && *end == '\0';
}

bool options_parse_virtual_clock(const char *text, struct clock_options *out)
{
    char copy[256], *rest = copy, *word;

    *out = (struct clock_options){.kind = CLOCK_VIRTUAL};
    if ((size_t)snprintf(copy, sizeof copy, "%s", text) >= sizeof copy) {
        return false;
    }
    while ((word = strsep(&rest, ",")) != NULL) {
        if (strncmp(word, "offset=", 7) == 0) {
            if (!parse_double(word + 7, &out->virtual_offset_s)) {
                return false;
            }
        } else if (strncmp(word, "rate=", 5) == 0) {
            if (!parse_double(word + 5, &out->virtual_rate) || fabs(out->virtual_rate) > 0.1) {
                return false;
            }
        } else if (strncmp(word, "origin=", 7) == 0) {
            if (!parse_origin(word + 7, out)) {
                return false;
            }
        } else {
            return false;
        }
    }
    return true;
}

static bool set_virtual_clock(const struct args_option *option, const char *text, void *out,
                              char *problem, size_t capacity)
{
    struct options *o = out;

    if (!options_parse_virtual_clock(text, &o->clock)) {
        snprintf(problem, capacity, "'%.80s' is not a virtual clock: expected %s", text,
                 option->expected);
        return false;
    }
    return true;
}

/* A path, or / for none. */
static bool set_command_socket(const struct args_option *option, const char *text, void *out,
                               char *problem, size_t capacity)
{
    struct options *o = out;

    if (text[0] != '/' || strlen(text) >= CONFIG_PATH_MAX) {
        snprintf(problem, capacity, "'%.80s' is not usable: expected %s", text, option->expected);
        return false;
    }
    o->command_socket = text;
    return true;
}

static bool set_no_clock(const struct args_option *option, const char *text, void *out,
                         char *problem, size_t capacity)
{
    (void)option;
    (void)text;
    (void)problem;
    (void)capacity;
    ((struct options *)out)->clock.kind = CLOCK_NONE;
    return true;
}

#define AT(member) offsetof(struct options, member)

static const struct args_option rows[] = {
    {'f', NULL, ARGS_PATH, AT(config_file),
     .help = "read this chrony.conf, ntp.conf or ntpd.conf; without it, the first of "
             "/etc/toki/toki.conf, /etc/chrony/chrony.conf, /etc/chrony.conf, "
             "/etc/ntpsec/ntp.conf, /etc/ntp.conf, /etc/openntpd/ntpd.conf, /etc/ntpd.conf"},
    ARGS_LANGUAGE(struct options, dialect),
    {'p', "check", ARGS_FLAG, AT(check), .help = "check the configuration and exit"},
    {'d', NULL, ARGS_FLAG, AT(foreground), .help = "stay in the foreground and log to stderr"},
    {'x', NULL, ARGS_FLAG, .set = set_no_clock, .help = "leave the clock alone: measure and serve"},
    {'q', NULL, ARGS_FLAG, AT(set_once), .help = "set the clock once and exit"},
    {'Q', NULL, ARGS_FLAG, AT(print_offset), .help = "print how far off the clock is and exit"},
    {'t', NULL, ARGS_SECONDS, AT(timeout_s), .least = 1e-3, .most = 1e9,
     .expected = "a time, such as 20s", .fallback = "20s", .help = "give up -q or -Q after this"},
    {'g', NULL, ARGS_FLAG, AT(allow_panic),
     .help = "allow the first correction to exceed the panic threshold"},
    ARGS_IPV4(struct options, family, "use IPv4 only"),
    ARGS_IPV6(struct options, family, "use IPv6 only"),
    {0, "port", ARGS_COUNT, AT(port), .most = 65535, .fallback = "as configured",
     .help = "serve on this port; 0: do not serve"},
    {0, "control", ARGS_PATH, AT(control), .fallback = "/run/toki/tokid.sock",
     .help = "socket for the toki command; /: none"},
    {0, "command-port", ARGS_COUNT, AT(command_port), .most = 65535, .fallback = "as configured",
     .help = "port of chrony's command protocol (chronyc, monitoring tools); 0: none"},
    {0, "command-socket", ARGS_PATH, .set = set_command_socket,
     .expected = "an absolute path, or / for none", .fallback = "as configured",
     .help = "Unix socket of that protocol; /: none"},
    {0, "pidfile", ARGS_PATH, AT(pidfile), .fallback = "/run/tokid.pid",
     .help = "file with the process ID; /: none"},
    {0, "user", ARGS_WORD, AT(user), .value = "NAME", .fallback = "as configured",
     .help = "run as this user"},
    {0, "no-sandbox", ARGS_FLAG, AT(no_sandbox), .help = "do not filter system calls"},
    {0, "one-process", ARGS_FLAG, AT(one_process),
     .help = "run all roles in one process, in the foreground"},
    {0, "virtual-clock", ARGS_WORD, .set = set_virtual_clock,
     .value = "offset=S,rate=R[,origin=WALL_NS:RAW_NS]",
     .expected = "offset=SECONDS,rate=NUMBER, such as offset=0.7,rate=40e-6",
     .help = "adjust a virtual clock inside tokid. It starts S seconds fast and runs fast by R "
             "(40e-6 is 40 ppm); the clock of the computer is left alone"},
    {0, "remote-port", ARGS_COUNT, AT(remote_port), .least = 1, .most = 65535, .fallback = "123",
     .help = "query this port on every server"},
    {.help = NULL}};

static const struct args_command command = {
    .name = "tokid",
    .summary = "Synchronise the clock to NTP servers and serve the time",
    .options = rows,
    .exits = {"ended by a signal; or -p, -q or -Q succeeded",
              "it could not start or continue; or -q or -Q failed",
              "wrong usage, or a configuration with errors"},
    .examples = "tokid -f /etc/ntp.conf\ntokid -p -f /etc/chrony/chrony.conf\ntokid -Q",
    .program = true,
    .version = "tokid " TOKI_VERSION,
};

/* Until the configuration can say it, tests say how many workers there are; else there is one. */
static bool take_workers(unsigned *out)
{
    const char *text = getenv("TOKI_WORKERS");
    char *end;
    unsigned long value = text ? strtoul(text, &end, 10) : 1;

    if (text && (end == text || *end != '\0' || value < 1 || value > ROLE_PLACES_MAX)) {
        fprintf(stderr, "tokid: TOKI_WORKERS is '%.20s': expected a number from 1 to %d\n", text,
                ROLE_PLACES_MAX);
        return false;
    }
    *out = (unsigned)value;
    return true;
}

int options_parse(int argc, char **argv, struct options *out)
{
    int code;

    *out = (struct options){
        .clock = {.kind = CLOCK_KERNEL}, .port = -1, .command_port = -1, .timeout_s = 20};
    if (!args_parse(&command, argc, argv, out, &code)) {
        return code;
    }
    if (!take_workers(&out->workers)) {
        return ARGS_WRONG;
    }
    out->foreground = out->foreground || out->set_once || out->print_offset || out->one_process;
    /* One process does everything then, name look-ups included: no filter fits that. */
    out->no_sandbox = out->no_sandbox || out->one_process || out->set_once || out->print_offset;
    return OPTIONS_GO_ON;
}
