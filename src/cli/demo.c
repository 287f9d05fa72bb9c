/* SPDX-License-Identifier: BSD-2-Clause */
/* toki demo: the real tokid, six times, on this computer alone. Five serve the time on loopback,
 * one of them wrong by 80 ms; the sixth is given an ordinary ntp.conf and a virtual clock that is
 * 0.7 s and 40 ppm wrong. Needs no root and no network, and changes nothing outside its own folder.
 */
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/base/daemon.h"
#include "cli/draw/render.h"
#include "cli/source_table.h"
#include "cli/toki.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/process.h"
#include "os/udp.h"
#include "os/wait.h"

#define UPSTREAMS 5
#define LIAR (UPSTREAMS - 1)
#define LIE_S 0.08
#define WRONG_OFFSET_S 0.7
#define WRONG_RATE 40e-6
#define GOAL_S 1e-3 /* the clock has found the time */
#define FIRST_PORT 11123
#define PORT_TRIES 200
#define START_LIMIT_S 5.0
#define DEFAULT_SECONDS 30.0
#define BOARD_EVERY_S 5.0 /* without a terminal */

struct demo {
    char tokid[PATH_MAX], folder[80], socket[108];
    unsigned port;
    char origin[64];
    long pids[UPSTREAMS + 1]; /* 0: not running */
    struct instant started;
    double error_s; /* of the virtual clock, as last seen */
    bool liar_rejected;
    double seconds; /* 0: not told */
};

static struct address upstream_address(unsigned i, unsigned port)
{
    struct address a = {
        .family = ADDRESS_V4, .bytes = {127, 0, 0, (uint8_t)(11 + i)}, .port = (uint16_t)port};

    return a;
}

/* A port that is free on all five addresses. */
static bool find_port(struct demo *d)
{
    for (d->port = FIRST_PORT; d->port < FIRST_PORT + PORT_TRIES; d->port++) {
        unsigned free = 0;

        for (unsigned i = 0; i < UPSTREAMS; i++) {
            struct address a = upstream_address(i, d->port);
            int fd = udp_listen(&a, NULL, false, 0);

            if (fd >= 0) {
                udp_close(fd);
                free++;
            }
        }
        if (free == UPSTREAMS) {
            return true;
        }
    }
    return false;
}

/* tokid lies beside toki, or where programs for root are. */
static bool find_tokid(struct demo *d)
{
    static const char *const places[] = {"/usr/local/sbin/tokid", "/usr/sbin/tokid"};
    ssize_t length = readlink("/proc/self/exe", d->tokid, sizeof d->tokid - 8);
    char *slash;

    if (length > 0) {
        d->tokid[length] = '\0';
        slash = strrchr(d->tokid, '/');
        length = slash ? slash + 1 - d->tokid : 0;
        snprintf(d->tokid + length, sizeof d->tokid - (size_t)length, "tokid");
        if (access(d->tokid, X_OK) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (access(places[i], X_OK) == 0) {
            snprintf(d->tokid, sizeof d->tokid, "%s", places[i]);
            return true;
        }
    }
    return false;
}

static bool make_folder(struct demo *d)
{
    const char *temporary = getenv("TMPDIR");

    /* the path of a socket must be short */
    snprintf(d->folder, sizeof d->folder, "%s/toki-demo-XXXXXX",
             temporary && temporary[0] == '/' && strlen(temporary) < 40 ? temporary : "/tmp");
    if (!mkdtemp(d->folder)) {
        d->folder[0] = '\0';
        return false;
    }
    snprintf(d->socket, sizeof d->socket, "%s/tokid.sock", d->folder);
    return true;
}

static const char *path_in(const struct demo *d, const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", d->folder, name);
    return out;
}

static bool write_file(const struct demo *d, const char *name, const char *text)
{
    char path[128];

    return file_replace(path_in(d, name, path), text, strlen(text), 0644) == 0;
}

/* All six share one true time: what the system clock says now, carried on by the raw oscillator.
 * Monotonic time stands in for the raw one: their difference since the boot only shifts the true
 * time a little, for all alike. */
static void set_origin(struct demo *d)
{
    struct instant now = clock_now();

    snprintf(d->origin, sizeof d->origin, "%lld:1", (long long)(now.wall.ns - now.mono.ns));
}

static bool start_upstream(struct demo *d, unsigned i)
{
    struct address address = upstream_address(i, d->port);
    char name[32], path[128], clock[128], config[256], ip[ADDRESS_TEXT_MAX];
    char *argv[] = {d->tokid,
                    (char[]){"-d"},
                    (char[]){"--one-process"},
                    (char[]){"--control"},
                    (char[]){"/"},
                    (char[]){"--virtual-clock"},
                    clock,
                    (char[]){"-f"},
                    path,
                    NULL};

    snprintf(name, sizeof name, "upstream%u.conf", i + 1);
    snprintf(config, sizeof config,
             "local stratum 1\nallow\nbindaddress %s\nport %u\ncmdport 0\n"
             "bindcmdaddress /\npidfile /\n",
             address_format(&address, ip), d->port);
    snprintf(clock, sizeof clock, "offset=%g,rate=0,origin=%s", i == LIAR ? LIE_S : 0.0, d->origin);
    if (!write_file(d, name, config)) {
        return false;
    }
    path_in(d, name, path);
    d->pids[i] = process_spawn(d->tokid, argv, true);
    return d->pids[i] > 0;
}

static bool start_client(struct demo *d)
{
    char path[128], clock[128], port[16], config[512];
    char *argv[] = {d->tokid,
                    (char[]){"-d"},
                    (char[]){"--control"},
                    d->socket,
                    (char[]){"--pidfile"},
                    (char[]){"/"},
                    (char[]){"--port"},
                    (char[]){"0"},
                    (char[]){"--command-port"},
                    (char[]){"0"},
                    (char[]){"--remote-port"},
                    port,
                    (char[]){"--virtual-clock"},
                    clock,
                    (char[]){"-f"},
                    path,
                    NULL};
    int length = snprintf(config, sizeof config, "driftfile %s/ntp.drift\n", d->folder);

    for (unsigned i = 0; i < UPSTREAMS; i++) {
        length += snprintf(config + length, sizeof config - (size_t)length,
                           "server 127.0.0.%u iburst\n", 11 + i);
    }
    snprintf(port, sizeof port, "%u", d->port);
    snprintf(clock, sizeof clock, "offset=%g,rate=%g,origin=%s", WRONG_OFFSET_S, WRONG_RATE,
             d->origin);
    if (!write_file(d, "ntp.conf", config)) {
        return false;
    }
    path_in(d, "ntp.conf", path);
    d->pids[UPSTREAMS] = process_spawn(d->tokid, argv, true);
    return d->pids[UPSTREAMS] > 0;
}

/* Waits, but not longer than until Ctrl-C. False: it came. */
static bool pass_time(double s)
{
    struct wait_set nothing = {0};
    struct mono_time end = mono_after(clock_now().mono, s);
    bool asked_to_end = false;

    while (!asked_to_end && clock_now().mono.ns < end.ns) {
        struct mono_time soon = mono_after(clock_now().mono, 0.2);

        wait_until(&nothing, soon.ns < end.ns ? soon : end);
        asked_to_end = process_take_signal(SIGNAL_END);
    }
    return !asked_to_end;
}

/* A bar for an error on a logarithmic scale, 100 ns to 1 s. */
static void print_bar(double error_s)
{
    enum { WIDTH = 35 };
    double decades = log10(fmax(fabs(error_s), 1e-7)) + 7;
    int filled = (int)lround(fmin(decades / 7, 1.0) * WIDTH);

    printf("[%.*s%.*s]", filled, "###################################", WIDTH - filled,
           "                                   ");
}

static void look_at_liar(struct demo *d, const json_t *sources)
{
    struct address address = upstream_address(LIAR, 0);
    char liar[ADDRESS_TEXT_MAX];
    size_t index;
    const json_t *source;

    address_format(&address, liar);
    d->liar_rejected = false;
    json_array_foreach(sources, index, source)
    {
        if (strcmp(daemon_text(source, "address"), liar) == 0) {
            d->liar_rejected = daemon_text(source, "tally")[0] == 'x';
        }
    }
    printf("\nThe liar is %s (80 ms fast): %s%s%s\n", liar,
           render_style(d->liar_rejected ? STYLE_GOOD : STYLE_BAD),
           d->liar_rejected ? "rejected (x)" : "not found out yet", render_style(STYLE_PLAIN));
}

static bool print_board(struct demo *d)
{
    char problem[256], text[32], sentence[RENDER_TEXT_MAX];
    json_t *answer = daemon_ask_json(d->socket, "status", problem, sizeof problem);
    const json_t *clock = json_object_get(answer, "clock");

    if (!answer) {
        printf("%s\n", problem);
        return false;
    }
    d->error_s = daemon_number(clock, "true_error_s");
    if (render_is_terminal()) {
        fputs("\033[H\033[2J", stdout);
    }
    printf("%s%3.0f s   clock error %12s%s  ", render_style(STYLE_BOLD),
           s_from_ns(clock_now().mono.ns - d->started.mono.ns), render_offset(d->error_s, text),
           render_style(STYLE_PLAIN));
    print_bar(d->error_s);
    if (!isnan(daemon_number(clock, "frequency_ppm"))) {
        printf("  frequency corrected by %+.2f ppm", daemon_number(clock, "frequency_ppm"));
    }
    printf("\n%s\n\n", render_clean(daemon_text(clock, "sentence"), sentence, sizeof sentence));
    source_table_print(json_object_get(answer, "sources"), false, render_columns(), stdout);
    look_at_liar(d, json_object_get(answer, "sources"));
    puts("");
    fflush(stdout);
    json_decref(answer);
    return true;
}

static bool wait_for_client(const struct demo *d)
{
    char problem[256] = "";
    struct mono_time limit = mono_after(clock_now().mono, START_LIMIT_S);

    while (clock_now().mono.ns < limit.ns) {
        char *answer = daemon_ask(d->socket, "status", problem, sizeof problem);

        if (answer) {
            free(answer);
            return true;
        }
        if (!pass_time(0.1)) {
            return false;
        }
    }
    fprintf(stderr, "toki: the demonstration's client did not start: %s\n", problem);
    return false;
}

static bool start_all(struct demo *d)
{
    if (!find_tokid(d) || !find_port(d) || !make_folder(d)) {
        fputs(
            "toki: cannot prepare the demonstration (tokid beside toki, a free port, a folder in "
            "/tmp)\n",
            stderr);
        return false;
    }
    set_origin(d);
    for (unsigned i = 0; i < UPSTREAMS; i++) {
        if (!start_upstream(d, i)) {
            fprintf(stderr, "toki: cannot start %s\n", d->tokid);
            return false;
        }
    }
    /* servers first: a client that meets closed ports has to ask again */
    return pass_time(0.5) && start_client(d) && wait_for_client(d);
}

static void end_all(struct demo *d)
{
    static const char *const files[] = {"ntp.conf", "ntp.drift", "toki.history", "tokid.sock"};
    struct mono_time limit = mono_after(clock_now().mono, 3.0);
    struct wait_set nothing = {0};
    unsigned running = 0;
    char path[128], name[32];
    int status;
    long pid;

    for (unsigned i = 0; i <= UPSTREAMS; i++) {
        process_kill(d->pids[i], SIGTERM);
        running += d->pids[i] > 0;
    }
    while (running > 0) {
        while ((pid = process_reap(&status)) > 0) {
            for (unsigned i = 0; i <= UPSTREAMS; i++) {
                if (d->pids[i] == pid) {
                    d->pids[i] = 0;
                    running--;
                }
            }
        }
        for (unsigned i = 0; clock_now().mono.ns > limit.ns && i <= UPSTREAMS; i++) {
            process_kill(d->pids[i], SIGKILL);
        }
        wait_until(&nothing, mono_after(clock_now().mono, 0.02));
    }
    if (!d->folder[0]) {
        return;
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        file_remove(path_in(d, files[i], path));
    }
    for (unsigned i = 0; i < UPSTREAMS; i++) {
        snprintf(name, sizeof name, "upstream%u.conf", i + 1);
        file_remove(path_in(d, name, path));
    }
    remove(d->folder);
}

static void print_end(const struct demo *d, bool good)
{
    char text[32];

    if (good) {
        printf("The clock found the time: error %s, and the liar was rejected.\n",
               render_offset(d->error_s, text));
    } else {
        printf("%sThe demonstration failed: clock error %s (wanted: below 1 ms), liar %s.%s\n",
               render_style(STYLE_BAD), render_offset(d->error_s, text),
               d->liar_rejected ? "rejected" : "not rejected", render_style(STYLE_PLAIN));
    }
    puts(
        "\nTo run it for real, with the configuration that you have (chrony.conf or ntp.conf):\n"
        "  toki check /etc/ntp.conf           does tokid understand it?\n"
        "  sudo tokid -f /etc/ntp.conf        keep the clock\n"
        "  toki status                        how is it?");
}

static const struct args_option options[] = {
    {0, "seconds", ARGS_SECONDS, offsetof(struct demo, seconds), .least = 1e-3,
     .most = 366 * 86400.0, .expected = "a time, such as 30s",
     .help = "end after this time; without it, at Ctrl-C on a terminal, else after 30 s"},
    {.help = NULL}};

static int run(const struct args_command *self, int argc, char **argv)
{
    static struct demo d;
    struct clock_options clock = {.kind = CLOCK_NONE};
    double seconds;
    bool good = false;
    int code;

    if (!args_parse(self, argc, argv, &d, &code)) {
        return code;
    }
    seconds = d.seconds > 0 ? d.seconds : render_is_terminal() ? (double)INFINITY : DEFAULT_SECONDS;
    clock_open(&clock);
    process_signals();
    d.started = clock_now();
    d.error_s = (double)NAN;
    if (start_all(&d)) {
        double every_s = render_is_terminal() ? 1.0 : BOARD_EVERY_S, passed_s = 0;

        d.started = clock_now();
        while (print_board(&d) && passed_s < seconds &&
               pass_time(fmin(every_s, seconds - passed_s))) {
            passed_s = s_from_ns(clock_now().mono.ns - d.started.mono.ns);
        }
        good = fabs(d.error_s) < GOAL_S && d.liar_rejected;
    }
    end_all(&d);
    print_end(&d, good);
    return good ? EXIT_GOOD : EXIT_BAD;
}

const struct args_command demo_command = {
    .name = "demo",
    .summary = "Demonstrate tokid: a wrong clock and five servers, one lying",
    .help =
        "The servers and a client with a virtual clock run on this computer, without root. "
        "Nothing else on it is changed.",
    .options = options,
    .exits = {"the clock found the time, and the liar was rejected", "it did not", "wrong usage"},
    .examples = "toki demo\ntoki demo --seconds 10",
    .run = run,
    .group = GROUP_OTHER,
};
