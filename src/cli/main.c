/* SPDX-License-Identifier: BSD-2-Clause */
/* toki: the table of subcommands. Adding one is a row here and a file beside this one. */
#include <stdio.h>
#include <string.h>

#include "cli/base/keygen.h"
#include "cli/chronyc/chronyc.h"
#include "cli/ntpq/ntpq.h"
#include "cli/others/tools.h"
#include "cli/simulate/simulate.h"
#include "cli/toki.h"
#include "os/terminal.h"
#include "toki_build.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help; /* NULL: told with the one before */
} commands[] = {
    {"status", status_run,
     "status [--probe|--no-probe] [--json] [--control PATH]\n"
     "    Is the clock synchronised, to what, and how far off can it be; and for each source, why\n"
     "    it is used or not. If nothing answers, a few packets of its own find out why. Exit code\n"
     "    0: synchronised, 1: not, 2: no daemon.\n"},
    {"sources", sources_run,
     "sources [-v] [--json] [--control PATH]\n"
     "    The sources with their measurements; -v: all that is known of each. Exit code 0, or 2: "
     "no\n"
     "    daemon.\n"},
    {"tracking", tracking_run,
     "tracking [--json] [--control PATH]\n"
     "    All numbers of the clock.\n"},
    {"clients", clients_run,
     "clients [busiest|recent|limited] [--count N] [--json] [--control PATH]\n"
     "    Who asks this server most, last, or more than the rate limit allows; who is limited or\n"
     "    refused, and why.\n"},
    {"top", top_run,
     "top [--interval TIME] [--control PATH]\n"
     "    Clock, sources and clients on the whole screen, again each second: q quits, w says why,\n"
     "    c hides the clients.\n"},
    {"wait", wait_run,
     "wait [--bound TIME] [--timeout TIME] [--quiet] [--json] [--control PATH]\n"
     "    Waits until the clock is synchronised, with --bound until it is known to be that good:\n"
     "    toki wait --bound 50ms --timeout 60. Exit code 0: reached, 1: time over, 2: time over "
     "and\n"
     "    no daemon.\n"},
    {"query", query_run,
     "query HOST... [--port N] [--samples N] [-4|-6] [--timeout TIME] [--json]\n"
     "  query HOST... --watch [--interval TIME] [--count N] [--plot FILE.svg]\n"
     "    Asks any number of servers at once, without a daemon and without touching the clock; "
     "with\n"
     "    --watch again and again (each 10 s); --plot draws their offsets over time. Exit code 0:\n"
     "    there is a usable answer, 1: none, 2: wrong use.\n"},
    {"trace", trace_run,
     "trace HOST [-4|-6] [--timeout TIME] [--json]\n"
     "    From a server to the one that it follows, and so on to stratum 1. Exit code 0: got "
     "there.\n"},
    {"check", check_run,
     "check FILE [--json] [--language chrony|ntp|openntpd]\n"
     "    Reads a configuration as tokid would. Exit code 0: fine (there may be warnings), 2: it "
     "has\n"
     "    errors.\n"},
    {"config", config_run,
     "config show FILE|--daemon [--json] [--language NAME] [--control PATH]\n"
     "  config diff FILE FILE [--json] [--language NAME]\n"
     "    What is in effect and where it comes from, of a file or of the daemon; what differs\n"
     "    between two files of any language. Exit code 1: they differ, 2: a file has errors.\n"},
    {"explain", explain_run,
     "explain [CODE|DIRECTIVE|OPTION] [--json]\n"
     "    What a code means, with a cure: of a message of 'check', or of the clock or a source in\n"
     "    'status --json'; without one: all codes.\n"
     "    What a directive or an option does here, with units, ranges and defaults.\n"},
    {"reload", change_run,
     "reload [--json] [--control PATH]\n"
     "    Has the daemon read its configuration again: shows what changed. Exit code 0: it is in "
     "force,\n"
     "    1: refused, and nothing has changed, 2: no daemon. This and the next need root, or the "
     "user\n"
     "    who started tokid; what they change holds until the next reload or start.\n"},
    {"add", change_run,
     "add server|pool|peer HOST [option...]\n"
     "    One more source, in the words of the configuration's language.\n"},
    {"delete", change_run, "delete HOST\n    One source less.\n"},
    {"allow", change_run,
     "allow|deny [SUBNET]\n"
     "    Who is served; restrict and unrestrict where the configuration is an ntp.conf.\n"},
    {"deny", change_run, NULL},
    {"restrict", change_run, NULL},
    {"unrestrict", change_run, NULL},
    {"online", change_run,
     "online|offline [HOST]\n    Sends requests to a source (all of them) again, or no more.\n"},
    {"offline", change_run, NULL},
    {"burst", change_run,
     "burst [HOST]\n    Asks a source (all of them) a few times in a row now.\n"},
    {"makestep", change_run,
     "makestep\n    Steps the clock now by all that it is known to be off.\n"},
    {"keygen", keygen_run,
     "keygen [--type AES128|AES256|SHA256|...] [--id N] [--bits N] [--format chrony|ntp]\n"
     "    Prints a line with a new key for the file that 'keyfile' (chrony.conf) or 'keys' "
     "(ntp.conf)\n"
     "    names. Both sides need the same line.\n"},
    {"simulate", simulate_run,
     "simulate [--config FILE] [--delay 20ms] [--jitter 1ms] [--days 3] [--plot out.svg] ...\n"
     "    Predicts accuracy, packets and convergence for a configuration on a network, and "
     "compares\n"
     "    choices; 'toki simulate --help' has all options and typical values.\n"},
    {"ntpq", ntpq_run,
     "ntpq [-p] [-n] [-c COMMAND] ... [HOST...]\n"
     "    As ntpq, with its options, commands and output, and for any daemon that answers it; "
     "also\n"
     "    when called by that name.\n"},
    {"chronyc", chronyc_run,
     "chronyc [-n] [-c] [-h HOST] ... [COMMAND]\n"
     "    As chronyc, with its options, commands and output, for chronyd and tokid; also when "
     "called\n"
     "    by that name.\n"},
    {"history", history_run,
     "history [--layer hour|day|month] [--plot FILE.svg | --json] [--control PATH]\n"
     "    What the clock was like: its offset, bound, frequency and sources, as a table or a\n"
     "    picture. It is kept over restarts.\n"},
    {"exporter", exporter_run,
     "exporter [--listen ADDRESS[:PORT] | --textfile PATH] [--control PATH]\n"
     "    Metrics of the daemon for Prometheus: over HTTP, on 127.0.0.1:9923 unless told\n"
     "    otherwise, or once into a file for node_exporter. See doc/exporter.md.\n"},
    {"ntpdate", ntpdate_run,
     "ntpdate [-q] [-b|-B] [-u] [-p SAMPLES] ... HOST...\n"
     "    As ntpdate: asks servers once and sets the clock, which -q leaves alone. Exit code 0: a\n"
     "    server was believed, 1: none, or a daemon is running.\n"},
    {"ntpctl", ntpctl_run,
     "ntpctl -s all|peers|Sensors|status [--control PATH]\n"
     "    What tokid says of itself in the lines of OpenNTPD's ntpctl.\n"},
    {"ntpstat", ntpstat_run,
     "ntpstat [--control PATH]\n"
     "    As ntpstat, of tokid, chronyd or an ntpd on this computer. Exit code 0: synchronised, 1: "
     "not,\n"
     "    2: no daemon.\n"},
    {"install-links", install_links_run,
     "install-links FOLDER [NAME]...\n"
     "    Links in a folder that make toki ntpq, chronyc, ntpdate, ntpctl and ntpstat (or the "
     "named\n"
     "    ones) there. Nothing that exists is replaced.\n"},
    {"demo", demo_run,
     "demo [--seconds N]\n"
     "    Five servers on this computer, one of which lies, and a client with a wrong clock of "
     "its\n"
     "    own: watch it find the time. Changes nothing outside of itself.\n"},
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static int print_help(void)
{
    puts("Usage: toki COMMAND ...\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        if (commands[i].help) {
            printf("  %s", commands[i].help);
        }
    }
    puts("  version\n  help");
    return EXIT_GOOD;
}

static int run(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    tools_function *own = tools_find(argc > 0 ? argv[0] : "");

    if (own) {
        return own(argc, argv);
    }

    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        puts("toki " TOKI_VERSION);
        return EXIT_GOOD;
    }
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        return print_help();
    }
    fprintf(stderr,
            argc > 1 ? "toki: there is no command '%s'; try 'toki help'\n"
                     : "toki: which command%s? Try 'toki help'\n",
            name);
    return EXIT_USAGE;
}

/* A report that was not written whole is no report: a script must see it by the code. Whoever reads
 * only the head of it closed the pipe and knows. */
int main(int argc, char **argv)
{
    int code = run(argc, argv), error;

    error = terminal_end_output();
    if (error) {
        fprintf(stderr, "toki: the output could not be written: %s\n", strerror(-error));
        return code == EXIT_GOOD ? EXIT_BAD : code;
    }
    return code;
}
