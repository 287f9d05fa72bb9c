/* SPDX-License-Identifier: BSD-2-Clause */
/* toki ntpdate: asks servers once and, unless -q, sets the clock: steps it if it is off by half a
 * second or more, else has the kernel slew it. Options, lines of output and exit codes are those of
 * ntpdate; requests leave from fresh ports even where it took port 123. */
#include "cli/others/ntpdate.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "cli/base/command.h"
#include "cli/base/daemon.h"
#include "cli/base/measured.h"
#include "cli/chronyc/chronyc.h"
#include "cli/others/tools.h"
#include "config/config.h"
#include "config/keys.h"
#include "control/report.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/process.h"
#include "os/udp.h"
#include "toki_build.h"

#define STEP_FROM_S 0.5
#define SAMPLES_DEFAULT 4
#define TIMEOUT_DEFAULT_S 1
#define TIMEOUT_MORE_S 1 /* a first request leaves some tenths of a second after the start */
#define SERVERS_MAX 64
#define KEYS_FILE "/etc/ntp.keys"

struct wanted {
    struct measure_options options;
    struct mac_keys *keys; /* those of the options */
    const char *key_file;
    struct args_words hosts;
    double ignored_s;
    bool query, debug, verbose, syslog, unprivileged, step, slew;
};

struct ntpdate {
    struct measure_target targets[SERVERS_MAX];
    unsigned count;
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

#define AT(member) offsetof(struct wanted, member)

static const struct args_argument arguments[] = {{"HOST", ARGS_HOST, AT(hosts), .optional = true,
                                                  .repeats = true, .help = "the servers to query"},
                                                 {.name = NULL}};

static const struct args_option options[] = {
    ARGS_IPV4(struct wanted, options.family, "use IPv4 only"),
    ARGS_IPV6(struct wanted, options.family, "use IPv6 only"),
    {'a', NULL, ARGS_COUNT, AT(options.key_id), .value = "KEY", .least = 1, .most = UINT32_MAX,
     .help = "authenticate with this key of the key file"},
    {'b', NULL, ARGS_FLAG, AT(step), .excludes = "B", .help = "always step the clock"},
    {'B', NULL, ARGS_FLAG, AT(slew), .help = "always slew the clock"},
    {'d', NULL, ARGS_FLAG, AT(debug), .help = "print the measurements; do not set the clock"},
    {'e', NULL, ARGS_SECONDS, AT(ignored_s), .most = 10, .expected = "a time from 0 to 10 s",
     .help = "authentication delay; accepted and ignored, because it is measured"},
    {'k', NULL, ARGS_PATH, AT(key_file), .fallback = KEYS_FILE, .help = "key file"},
    {'o', NULL, ARGS_COUNT, AT(options.version), .least = 1, .most = 4, .fallback = "4",
     .help = "NTP version"},
    {'p', NULL, ARGS_COUNT, AT(options.samples), .least = 1, .most = MEASURE_SAMPLES_MAX,
     .fallback = "4", .help = "samples to take from each server"},
    {'q', NULL, ARGS_FLAG, AT(query), .help = "print the measurements; do not set the clock"},
    {'s', NULL, ARGS_FLAG, AT(syslog), .help = "log to the system log"},
    {'t', NULL, ARGS_SECONDS, AT(options.timeout_s), .least = 0.05, .most = 60, .fallback = "1s",
     .expected = "a time from 0.05 to 60 s", .help = "time to wait for a reply"},
    {'u', NULL, ARGS_FLAG, AT(unprivileged), .help = "do not reserve port 123"},
    {'v', NULL, ARGS_FLAG, AT(verbose), .help = "print the version first"},
    {.help = NULL}};

/* The keys of the file, if one is wanted. */
static bool read_keys(struct wanted *w)
{
    const char *path = w->key_file ? w->key_file : KEYS_FILE;
    struct config *c;
    size_t length = 0;
    char *text = NULL;
    int error;

    if (w->options.key_id == 0) {
        return true;
    }
    c = calloc(1, sizeof *c);
    error = c ? file_read(path, KEYS_FILE_LIMIT, &text, &length) : -ENOMEM;
    if (error) {
        tell(w, "can't open key file %s: %s", path, strerror(-error));
    } else {
        keys_read_text(c, path, text, length, KEYS_NTP);
        w->keys = calloc(1, sizeof *w->keys);
        if (w->keys) {
            *w->keys = c->keys;
        }
        if (!mac_find(w->keys, w->options.key_id)) {
            tell(w, "authentication key %u unknown", w->options.key_id);
        }
    }
    free(text);
    free(c);
    w->options.keys = w->keys;
    return w->keys && mac_find(w->keys, w->options.key_id);
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

static bool is_good(const struct measure_target *t)
{
    return t->fate == MEASURE_GOOD;
}

static void print_servers(const struct ntpdate *n)
{
    char name[ADDRESS_TEXT_MAX];

    for (unsigned i = 0; i < n->count; i++) {
        const struct measure_target *t = &n->targets[i];
        bool good = is_good(t);

        printf("server %s, stratum %u, offset %+.6f, delay %.5f\n", measured_address(t, name),
               t->heard ? t->stratum : 0U, good ? t->offset_s : 0, good ? t->delay_s : 0);
    }
}

/* What -d shows of each server. */
static void print_details(const struct ntpdate *n)
{
    char name[ADDRESS_TEXT_MAX], refid[REPORT_REFID_MAX];

    for (unsigned i = 0; i < n->count; i++) {
        const struct measure_target *t = &n->targets[i];
        bool good = is_good(t);

        measured_address(t, name);
        if (!t->heard) {
            printf("%s: Server dropped: no data\n", name);
            continue;
        }
        printf(
            "server %s, port %u\n"
            "stratum %u, precision %d, leap %d%d, trust 000\n"
            "refid [%s], root delay %.6f, root dispersion %.6f\n",
            name, t->address.port, t->stratum, t->precision, t->leap >> 1 & 1, t->leap & 1,
            report_refid(t->refid, t->stratum, refid), t->root_delay_s, t->root_dispersion_s);
        fputs("filter delay: ", stdout);
        for (unsigned k = 0; k < t->sample_count; k++) {
            printf(" %.5f", t->samples[k].delay_s);
        }
        fputs("\nfilter offset:", stdout);
        for (unsigned k = 0; k < t->sample_count; k++) {
            printf(" %+.6f", t->samples[k].offset_s);
        }
        printf("\ndelay %.5f, dispersion %.5f, offset %+.6f\n\n", good ? t->delay_s : 0,
               good ? t->dispersion_s : 0, good ? t->offset_s : 0);
    }
}

/* Why servers that did not stay silent are of no use. */
static void tell_dropped(const struct wanted *w, const struct ntpdate *n)
{
    char name[ADDRESS_TEXT_MAX], words[MEASURED_WORDS_MAX];

    for (unsigned i = 0; i < n->count; i++) {
        const struct measure_target *t = &n->targets[i];

        if (!is_good(t) && t->fate != MEASURE_SILENT) {
            tell(w, "%s: Server dropped: %s", measured_address(t, name),
                 measured_words(t, w->options.timeout_s, words));
        }
    }
}

/* Can both be right? */
static bool agree(const struct measure_target *a, const struct measure_target *b)
{
    return fabs(a->offset_s - b->offset_s) <= a->root_distance_s + b->root_distance_s;
}

static bool is_better(const struct measure_target *a, const struct measure_target *b)
{
    if (a->stratum != b->stratum) {
        return a->stratum < b->stratum;
    }
    return a->root_distance_s < b->root_distance_s;
}

int ntpdate_choose(const struct measure_target *targets, unsigned count)
{
    unsigned usable = 0, most = 0;
    int chosen = -1;

    for (unsigned i = 0; i < count; i++) {
        usable += is_good(&targets[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned votes = 0;

        for (unsigned j = 0; is_good(&targets[i]) && j < count; j++) {
            votes += is_good(&targets[j]) && agree(&targets[i], &targets[j]);
        }
        if (votes > most ||
            (votes > 0 && votes == most && is_better(&targets[i], &targets[chosen]))) {
            most = votes;
            chosen = (int)i;
        }
    }
    return usable >= 3 && 2 * most <= usable ? -1 : chosen;
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
    double offset_s = chosen >= 0 ? n->targets[chosen].offset_s : 0;
    bool step = !w->slew && (w->step || fabs(offset_s) >= STEP_FROM_S);
    char name[ADDRESS_TEXT_MAX];
    int error = 0;

    if (chosen < 0 || w->query || w->debug) {
        tell_dropped(w, n);
    }
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
    tell(w, "%s time server %s offset %+.6f sec", step ? "step" : "adjust",
         measured_address(&n->targets[chosen], name), offset_s);
    return EXIT_GOOD;
}

static void look_up(const struct wanted *w, struct ntpdate *n, const char *host)
{
    struct measure_target *found = n->targets + n->count;
    unsigned count = measure_look_up(host, &w->options, found, SERVERS_MAX - n->count);

    if (count > 0 && found->fate == MEASURE_NO_ADDRESS) {
        tell(w, "Can't find host %s: %s", host, names_error_text(found->look_up_error));
    } else {
        n->count += count;
    }
}

static int ask_and_set(struct wanted *w, struct ntpdate *n)
{
    bool sets = !w->query && !w->debug;
    int held[2] = {-1, -1}, code = EXIT_BAD;

    if (w->verbose || w->debug) {
        tell(w, "ntpdate toki-" TOKI_VERSION);
    }
    for (int i = 0; i < w->hosts.count; i++) {
        look_up(w, n, w->hosts.words[i]);
    }
    if (n->count == 0) {
        tell(w, "no servers can be used, exiting");
        return EXIT_BAD;
    }
    if (!sets || w->unprivileged || hold_port(w, held)) {
        measure_run(&w->options, n->targets, n->count);
        if (w->debug) {
            print_details(n);
        } else if (w->query && !w->syslog) {
            print_servers(n);
        }
        code = adjust(w, n, ntpdate_choose(n->targets, n->count));
    }
    for (int i = 0; i < 2; i++) {
        if (held[i] >= 0) {
            udp_close(held[i]);
        }
    }
    return code;
}

static int run(const struct args_command *self, int argc, char **argv)
{
    static struct ntpdate n;
    struct clock_options clock = {.kind = CLOCK_NONE};
    struct wanted w = {.options = {.port = NTP_PORT,
                                   .version = 4,
                                   .samples = SAMPLES_DEFAULT,
                                   .timeout_s = TIMEOUT_DEFAULT_S}};
    int code = EXIT_BAD;

    if (!args_parse(self, argc, argv, &w, &code)) {
        return code;
    }
    clock_open(&clock);
    openlog("ntpdate", LOG_PID, LOG_DAEMON);
    if (w.hosts.count == 0) {
        tell(&w, "no servers can be used, exiting");
        return EXIT_BAD;
    }
    w.options.timeout_s += TIMEOUT_MORE_S;
    code = read_keys(&w) ? ask_and_set(&w, &n) : EXIT_BAD;
    free(w.keys);
    return code;
}

const struct args_command ntpdate_command = {
    .name = "ntpdate",
    .summary = "Query servers once and set the clock, as ntpdate does",
    .help =
        "Steps the clock if the offset is half a second or more, otherwise the kernel slews it.",
    .arguments = arguments,
    .options = options,
    .exits = {"at least one server was usable",
              "no server was usable, a daemon is running, or wrong usage", NULL},
    .examples = "toki ntpdate -q ntp.example.org",
    .run = run,
    .group = GROUP_TOOLS,
    .program = true,
    .wrong = EXIT_BAD,
};
