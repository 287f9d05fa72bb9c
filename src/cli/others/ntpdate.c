/* SPDX-License-Identifier: BSD-2-Clause */
/* toki ntpdate: asks servers once and, unless -q, sets the clock: steps it if it is off by half a
 * second or more, else has the kernel slew it. Options, lines of output and exit codes are those of
 * ntpdate; requests leave from fresh ports even where it took port 123. */
#include "cli/others/ntpdate.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "cli/base/daemon.h"
#include "cli/base/exits.h"
#include "cli/chronyc/chronyc.h"
#include "cli/others/tools.h"
#include "config/config.h"
#include "config/keys.h"
#include "control/report.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/names.h"
#include "os/process.h"
#include "os/udp.h"
#include "toki_build.h"

#define STEP_FROM_S 0.5
#define SAMPLES_DEFAULT 4
#define SAMPLES_MAX 8
#define KEYS_FILE "/etc/ntp.keys"

struct wanted {
    struct ntpdate_wish wish;
    const char *key_file;
    bool query, debug, verbose, syslog, unprivileged, step, slew;
};

/* A line with the date and our pid, or to the system's log. */
static void tell(const struct wanted *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(const struct wanted *w, const char *format, ...)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = (time_t)(clock_now().wall.ns / NS_PER_S);
    struct tm date = {0};
    char line[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (w->syslog) {
        syslog(LOG_NOTICE, "%s", line);
        return;
    }
    localtime_r(&now, &date);
    printf("%2d %.3s %02d:%02d:%02d ntpdate[%ld]: %s\n", date.tm_mday, months + 3L * date.tm_mon,
           date.tm_hour, date.tm_min, date.tm_sec, process_id(), line);
    fflush(stdout);
}

static void print_usage(void)
{
    fputs(
        "usage: ntpdate [-46bBdqsuv] [-a key#] [-e delay] [-k file] [-p samples] [-o version#] "
        "[-t timeo] server ...\n",
        stderr);
}

static bool read_in(char option, const char *text, double least, double most, double *out)
{
    char *end;

    *out = strtod(text, &end);
    if (*end || end == text || !(*out >= least && *out <= most)) {
        fprintf(stderr, "ntpdate: -%c takes a number from %g to %g, not '%s'\n", option, least,
                most, text);
        return false;
    }
    return true;
}

static bool take_option(struct wanted *w, int option)
{
    double value = 0;

    switch (option) {
    case '4':
    case '6':
        w->wish.family = option == '4' ? ADDRESS_V4 : ADDRESS_V6;
        return true;
    case 'a':
        if (!read_in('a', optarg, 1, UINT32_MAX, &value)) {
            return false;
        }
        w->wish.key_id = (uint32_t)value;
        return true;
    case 'b':
        w->step = true;
        return true;
    case 'B':
        w->slew = true;
        return true;
    case 'd':
        w->debug = true;
        return true;
    case 'e': /* the time that signing takes is measured away today */
        return read_in('e', optarg, 0, 10, &value);
    case 'k':
        w->key_file = optarg;
        return true;
    case 'o':
        if (!read_in('o', optarg, 1, 4, &value)) {
            return false;
        }
        w->wish.version = (unsigned)value;
        return true;
    case 'p':
        if (!read_in('p', optarg, 1, SAMPLES_MAX, &value)) {
            return false;
        }
        w->wish.samples = (unsigned)value;
        return true;
    case 'q':
        w->query = true;
        return true;
    case 's':
        w->syslog = true;
        return true;
    case 't':
        return read_in('t', optarg, 0.05, 60, &w->wish.timeout_s);
    case 'u':
        w->unprivileged = true;
        return true;
    case 'v':
        w->verbose = true;
        return true;
    default:
        return false;
    }
}

static bool parse(struct wanted *w, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "46a:bBde:k:o:p:qst:uv")) != -1) {
        if (!take_option(w, option)) {
            print_usage();
            return false;
        }
    }
    if (w->step && w->slew) {
        fputs("ntpdate: -b steps the clock and -B slews it: give one of them\n", stderr);
        return false;
    }
    if (optind == argc) {
        tell(w, "no servers can be used, exiting");
        return false;
    }
    return true;
}

/* The keys of the file into w->wish.keys, if one is wanted. */
static bool read_keys(struct wanted *w)
{
    const char *path = w->key_file ? w->key_file : KEYS_FILE;
    struct config *c;
    size_t length = 0;
    char *text = NULL;
    int error;

    if (w->wish.key_id == 0) {
        return true;
    }
    c = calloc(1, sizeof *c);
    error = c ? file_read(path, KEYS_FILE_LIMIT, &text, &length) : -ENOMEM;
    if (error) {
        tell(w, "can't open key file %s: %s", path, strerror(-error));
    } else {
        keys_read_text(c, path, text, length, KEYS_NTP);
        w->wish.keys = calloc(1, sizeof *w->wish.keys);
        if (w->wish.keys) {
            *w->wish.keys = c->keys;
        }
        if (!mac_find(w->wish.keys, w->wish.key_id)) {
            tell(w, "authentication key %u unknown", w->wish.key_id);
        }
    }
    free(text);
    free(c);
    return w->wish.keys && mac_find(w->wish.keys, w->wish.key_id);
}

/* A daemon that keeps the clock without serving holds no port: tokid and chronyd tell by their own
 * sockets. */
static const char *find_daemon(void)
{
    char problem[512];
    json_t *answer = daemon_ask_json(NULL, "status", problem, sizeof problem);
    struct chronyc *c = answer ? NULL : calloc(1, sizeof *c);
    bool keeps, found = false;

    if (answer) {
        keeps = strcmp(daemon_text(json_object_get(answer, "clock"), "driver"), "kernel") == 0;
        json_decref(answer);
        return keeps ? "tokid" : NULL;
    }
    if (c) {
        chronyc_start(c);
        c->quiet = true;
        c->retries = 0;
        found = chronyc_ask(c, CHRONY_TRACKING, NULL);
        exchange_close(&c->exchange);
        free(c);
    }
    return found ? "chronyd" : NULL;
}

/* Holds port 123 while the clock is set, so that no daemon sets it too. False: one does. */
static bool hold_port(const struct wanted *w, int held[2])
{
    const char *daemon = find_daemon();

    if (daemon) {
        tell(w, "%s is running and keeps the clock, exiting", daemon);
        return false;
    }
    for (int i = 0; i < 2; i++) {
        struct address any = {.family = i == 0 ? ADDRESS_V4 : ADDRESS_V6, .port = NTP_PORT};

        held[i] = udp_listen(&any, NULL, false, 0);
        if (held[i] == -EADDRINUSE) {
            tell(w, "the NTP socket is in use, exiting");
            return false;
        }
        if (held[i] < 0 && i == 0) {
            tell(w, "bind() fails: %s", strerror(-held[i]));
            return false;
        }
    }
    return true;
}

static void print_servers(const struct ntpdate *n)
{
    for (unsigned i = 0; i < n->settings.spec_count; i++) {
        const struct ntpdate_answer *a = &n->answers[i];
        const struct source *s = a->source;

        printf("server %s, stratum %u, offset %+.6f, delay %.5f\n", n->settings.specs[i].name,
               s && s->heard ? s->stratum : 0U, a->offset_s, a->best ? a->best->delay_s : 0);
    }
}

/* What -d shows of each server. */
static void print_details(const struct ntpdate *n)
{
    char refid[REPORT_REFID_MAX];

    for (unsigned i = 0; i < n->settings.spec_count; i++) {
        const struct ntpdate_answer *a = &n->answers[i];
        const struct source *s = a->source;

        if (!s || !s->heard) {
            printf("%s: Server dropped: no data\n", n->settings.specs[i].name);
            continue;
        }
        printf(
            "server %s, port %u\n"
            "stratum %u, precision %d, leap %d%d, trust 000\n"
            "refid [%s], root delay %.6f, root dispersion %.6f\n",
            n->settings.specs[i].name, n->settings.specs[i].port, s->stratum, s->precision,
            s->leap >> 1 & 1, s->leap & 1, report_refid(s->refid, s->stratum, refid),
            s->root_delay_s, s->root_dispersion_s);
        fputs("filter delay: ", stdout);
        for (unsigned k = 0; k < s->filter.count && k < SAMPLES_MAX; k++) {
            printf(" %.5f", filter_sample(&s->filter, k)->delay_s);
        }
        fputs("\nfilter offset:", stdout);
        for (unsigned k = 0; k < s->filter.count && k < SAMPLES_MAX; k++) {
            printf(" %+.6f", timeline_clock_offset(&n->engine.timeline, clock_now().mono,
                                                   filter_sample(&s->filter, k)->offset_s));
        }
        printf("\ndelay %.5f, dispersion %.5f, offset %+.6f\n\n", a->best ? a->best->delay_s : 0,
               a->best ? a->best->dispersion_s : 0, a->offset_s);
    }
}

static int set_clock(double offset_s, bool step)
{
    struct clock_options kernel = {.kind = CLOCK_KERNEL};
    struct clock_command command, done;
    struct instant after;
    int error = clock_open(&kernel);

    if (error) {
        return error;
    }
    if (!step) {
        return clock_slew(offset_s);
    }
    command = (struct clock_command){
        .action = CLOCK_STEP, .rate = clock_initial_rate(), .step_ns = ns_from_s(offset_s)};
    return clock_adjust(&command, &done, &after);
}

static int adjust(const struct wanted *w, const struct ntpdate *n, int chosen)
{
    const char *name = chosen >= 0 ? n->settings.specs[chosen].name : "";
    double offset_s = chosen >= 0 ? n->answers[chosen].offset_s : 0;
    bool step = !w->slew && (w->step || fabs(offset_s) >= STEP_FROM_S);
    int error = 0;

    if (chosen < 0) {
        tell(w, "no server suitable for synchronization found");
        return EXIT_BAD;
    }
    if (!w->query && !w->debug) {
        error = set_clock(offset_s, step);
    }
    if (error) {
        tell(w, step ? "Can't set time of day: %s" : "Can't adjust the time of day: %s",
             strerror(-error));
        return EXIT_BAD;
    }
    tell(w, "%s time server %s offset %+.6f sec", step ? "step" : "adjust", name, offset_s);
    return EXIT_GOOD;
}

static int run(struct wanted *w, struct ntpdate *n, int argc, char **argv)
{
    bool sets = !w->query && !w->debug;
    int held[2] = {-1, -1}, code = EXIT_BAD;

    if (w->verbose || w->debug) {
        tell(w, "ntpdate toki-" TOKI_VERSION);
    }
    for (int i = optind; i < argc; i++) {
        int problem = ntpdate_add(n, &w->wish, argv[i]);

        if (problem) {
            tell(w, "Can't find host %s: %s", argv[i], names_error_text((enum names_error)problem));
        }
    }
    if (n->settings.spec_count == 0) {
        tell(w, "no servers can be used, exiting");
        return EXIT_BAD;
    }
    if (!sets || w->unprivileged || hold_port(w, held)) {
        ntpdate_measure(n, &w->wish);
        if (w->debug) {
            print_details(n);
        } else if (w->query && !w->syslog) {
            print_servers(n);
        }
        code = adjust(w, n, ntpdate_choose(n->answers, n->settings.spec_count));
    }
    for (int i = 0; i < 2; i++) {
        if (held[i] >= 0) {
            udp_close(held[i]);
        }
    }
    return code;
}

int ntpdate_run(int argc, char **argv)
{
    static struct ntpdate n;
    struct clock_options clock = {.kind = CLOCK_NONE};
    struct wanted w = {.wish = {.version = 4, .samples = SAMPLES_DEFAULT, .timeout_s = 1}};
    int code = EXIT_BAD;

    clock_open(&clock);
    openlog("ntpdate", LOG_PID, LOG_DAEMON);
    settings_default(&n.settings);
    if (parse(&w, argc, argv) && read_keys(&w)) {
        code = run(&w, &n, argc, argv);
    }
    free(w.wish.keys);
    return code;
}
