/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of tokid; one row of the table below for each long option. */
#include "daemon/options.h"

#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toki_build.h"

enum { /* options without a letter */
       OPTION_CHECK = 256,
       OPTION_COMMAND_PORT,
       OPTION_COMMAND_SOCKET,
       OPTION_CONTROL,
       OPTION_LANGUAGE,
       OPTION_NO_SANDBOX,
       OPTION_ONE_PROCESS,
       OPTION_PIDFILE,
       OPTION_PORT,
       OPTION_REMOTE_PORT,
       OPTION_USER,
       OPTION_VIRTUAL_CLOCK
};

static const char help[] =
    "Usage: tokid [OPTION]...\n"
    "Keeps the clock by NTP servers and serves the time, as its configuration says.\n"
    "\n"
    "  -f FILE                chrony.conf, ntp.conf or ntpd.conf; default: the first\n"
    "                         of /etc/toki/toki.conf, /etc/chrony/chrony.conf, /etc/chrony.conf,\n"
    "                         /etc/ntpsec/ntp.conf, /etc/ntp.conf, /etc/openntpd/ntpd.conf,\n"
    "                         /etc/ntpd.conf\n"
    "      --language NAME    chrony, ntp or openntpd, instead of judging by the content\n"
    "  -p, --check            only check the configuration: exit code 0, or 2 if it has errors\n"
    "  -d                     stay in the foreground, log to stderr\n"
    "  -x                     do not touch the clock: measure and serve only\n"
    "  -q                     set the clock once and exit\n"
    "  -Q                     print how far off the clock is and exit\n"
    "  -t SECONDS             give up -q or -Q after so long (20)\n"
    "  -g                     let the first correction be larger than the panic limit\n"
    "  -4, -6                 use IPv4 or IPv6 only\n"
    "      --port N           serve on this port (0: do not serve)\n"
    "      --control PATH     socket for the toki command; / for none\n"
    "      --command-port N       port of chrony's command protocol, which chronyc and monitors\n"
    "                         ask on this host (323; 0: none)\n"
    "      --command-socket PATH  its Unix socket; / for none\n"
    "      --pidfile PATH     file with our process id; / for none\n"
    "      --user NAME        run as this user\n"
    "      --no-sandbox       do not filter system calls\n"
    "      --one-process      all roles in one process, in the foreground\n"
    "      --virtual-clock offset=S,rate=R[,origin=WALL_NS:RAW_NS]\n"
    "                         steer a clock that exists in tokid only and starts S seconds fast,\n"
    "                         running fast by R (40e-6 = 40 ppm); the computer's is not touched\n"
    "      --remote-port N    ask this port of every server instead of 123\n"
    "  -V, --version          print the version\n"
    "  -h, --help             print this\n";

static const struct option long_options[] = {
    {"check", no_argument, NULL, OPTION_CHECK},
    {"command-port", required_argument, NULL, OPTION_COMMAND_PORT},
    {"command-socket", required_argument, NULL, OPTION_COMMAND_SOCKET},
    {"control", required_argument, NULL, OPTION_CONTROL},
    {"help", no_argument, NULL, 'h'},
    {"language", required_argument, NULL, OPTION_LANGUAGE},
    {"no-sandbox", no_argument, NULL, OPTION_NO_SANDBOX},
    {"one-process", no_argument, NULL, OPTION_ONE_PROCESS},
    {"pidfile", required_argument, NULL, OPTION_PIDFILE},
    {"port", required_argument, NULL, OPTION_PORT},
    {"remote-port", required_argument, NULL, OPTION_REMOTE_PORT},
    {"user", required_argument, NULL, OPTION_USER},
    {"version", no_argument, NULL, 'V'},
    {"virtual-clock", required_argument, NULL, OPTION_VIRTUAL_CLOCK},
    {NULL, 0, NULL, 0},
};

static bool parse_double(const char *text, double *out)
{
    char *end;

    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out);
}

static bool parse_port(const char *text, int *out)
{
    char *end;
    long value = strtol(text, &end, 10);

    *out = (int)value;
    return end != text && *end == '\0' && value >= 0 && value <= 65535;
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

static bool parse_language(const char *text, enum config_dialect *out)
{
    *out = config_dialect_parse(text);
    return *out != DIALECT_UNKNOWN;
}

/* One option with its argument; false if the argument is wrong. */
static bool take(struct options *o, int option, const char *argument)
{
    int port = 0;
    bool right = true;

    switch (option) {
    case 'f':
        o->config_file = argument;
        break;
    case 'd':
        o->foreground = true;
        break;
    case 'x':
        o->clock.kind = CLOCK_NONE;
        break;
    case 'q':
        o->set_once = o->foreground = true;
        break;
    case 'Q':
        o->print_offset = o->foreground = true;
        break;
    case 't':
        right = parse_double(argument, &o->timeout_s) && o->timeout_s > 0;
        break;
    case 'g':
        o->allow_panic = true;
        break;
    case 'p':
    case OPTION_CHECK:
        o->check = true;
        break;
    case '4':
    case '6':
        o->family = option == '4' ? ADDRESS_V4 : ADDRESS_V6;
        break;
    case OPTION_CONTROL:
        o->control = argument;
        break;
    case OPTION_COMMAND_PORT:
        right = parse_port(argument, &o->command_port);
        break;
    case OPTION_COMMAND_SOCKET:
        right = argument[0] == '/' && strlen(argument) < CONFIG_PATH_MAX;
        o->command_socket = argument;
        break;
    case OPTION_LANGUAGE:
        right = parse_language(argument, &o->dialect);
        break;
    case OPTION_NO_SANDBOX:
        o->no_sandbox = true;
        break;
    case OPTION_ONE_PROCESS:
        o->one_process = o->foreground = true;
        break;
    case OPTION_PIDFILE:
        o->pidfile = argument;
        break;
    case OPTION_PORT:
        right = parse_port(argument, &o->port);
        break;
    case OPTION_REMOTE_PORT:
        right = parse_port(argument, &port) && port > 0;
        o->remote_port = (uint16_t)port;
        break;
    case OPTION_USER:
        o->user = argument;
        break;
    case OPTION_VIRTUAL_CLOCK:
        right = options_parse_virtual_clock(argument, &o->clock);
        break;
    default:
        right = false;
        break;
    }
    return right;
}

int options_parse(int argc, char **argv, struct options *out)
{
    int option;

    *out = (struct options){
        .clock = {.kind = CLOCK_KERNEL}, .port = -1, .command_port = -1, .timeout_s = 20};
    while ((option = getopt_long(argc, argv, "f:dxqQt:gp46Vh", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return 0;
        }
        if (option == 'V') {
            puts("tokid " TOKI_VERSION);
            return 0;
        }
        if (option == '?') {
            fputs("Try 'tokid --help'.\n", stderr);
            return 2;
        }
        if (!take(out, option, optarg)) {
            fprintf(stderr, "tokid: cannot understand '%s'\nTry 'tokid --help'.\n", optarg);
            return 2;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "tokid: unexpected argument '%s'\nTry 'tokid --help'.\n", argv[optind]);
        return 2;
    }
    /* One process does everything then, name look-ups included: no filter fits that. */
    out->no_sandbox = out->no_sandbox || out->one_process || out->set_once || out->print_offset;
    return OPTIONS_GO_ON;
}
