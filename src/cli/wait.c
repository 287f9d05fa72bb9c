/* SPDX-License-Identifier: BSD-2-Clause */
/* toki wait: until the clock is synchronised and known to be as good as is wanted, or the time is
 * over. For what must not start before: units of a service manager, databases, tests. */
#include <math.h>
#include <stdio.h>

#include "cli/base/daemon.h"
#include "cli/draw/render.h"
#include "cli/toki.h"
#include "os/clock.h"
#include "os/terminal.h"
#include "os/wait.h"

#define ASK_AGAIN_S 0.25
#define TIME_MAX_S (366 * 86400.0)

struct wanted {
    const char *control;
    double bound_s, timeout_s; /* INFINITY: any, for ever */
    bool json, quiet;
};

#define AT(member) offsetof(struct wanted, member)

static const struct args_option options[] = {
    {'b', "bound", ARGS_TIME, AT(bound_s), .least = 1e-9, .most = TIME_MAX_S,
     .expected = "a time with its unit, such as 50ms",
     .help = "also wait until the error is known to be at most this"},
    {'t', "timeout", ARGS_SECONDS, AT(timeout_s), .least = 1e-3, .most = TIME_MAX_S,
     .expected = "a time, such as 60s", .help = "give up after this time; without it, never"},
    {'q', "quiet", ARGS_FLAG, AT(quiet), .help = "print only the reason for a failure"},
    ARGS_JSON(struct wanted, json),
    ARGS_CONTROL(struct wanted, control),
    {.help = NULL}};

static bool is_reached(const json_t *clock, double bound_s)
{
    double bound = daemon_number(clock, "error_bound_s");

    return json_is_true(json_object_get(clock, "synchronised")) &&
           (isinf(bound_s) || bound <= bound_s);
}

/* Is known to the clock of the daemon, for people: how long, what is known. */
static void describe(const json_t *clock, const char *problem, double waited_s, char *out,
                     size_t capacity)
{
    char number[2][32];

    if (!clock) {
        snprintf(out, capacity, "%.0f s: %s", waited_s, problem);
    } else if (json_is_true(json_object_get(clock, "synchronised"))) {
        snprintf(out, capacity, "%.0f s: synchronised, error at most %s, estimated %s", waited_s,
                 render_seconds(daemon_number(clock, "error_bound_s"), number[0]),
                 render_offset(-daemon_number(clock, "offset_s"), number[1]));
    } else {
        snprintf(out, capacity, "%.0f s: %s", waited_s, daemon_text(clock, "cause"));
    }
}

/* One line that is written over again; nothing unless somebody watches. */
static void show_progress(const struct wanted *w, const char *line)
{
    char clean[RENDER_TEXT_MAX];
    unsigned columns = 80, rows;

    if (w->quiet || !terminal_is_stderr()) {
        return;
    }
    terminal_size(&columns, &rows);
    render_clean(line, clean, sizeof clean);
    fprintf(stderr, "\r\033[K%.*s", (int)columns - 1, clean);
}

static void print_json(const struct wanted *w, const json_t *clock, bool reached, double waited_s)
{
    json_t *bound = isinf(w->bound_s) ? json_null() : json_real(w->bound_s);
    json_t *timeout = isinf(w->timeout_s) ? json_null() : json_real(w->timeout_s);
    json_t *document = json_pack("{s:i, s:s, s:b, s:f, s:o, s:o, s:O?}", "version", 1, "command",
                                 "wait", "reached", reached, "waited_s", waited_s, "bound_s", bound,
                                 "timeout_s", timeout, "clock", clock);

    render_json(document);
    json_decref(document);
}

/* The last word: to stdout if it is good, with the reason if it is not. */
static int finish(const struct wanted *w, const json_t *clock, bool reached, const char *line,
                  double waited_s)
{
    char clean[RENDER_TEXT_MAX];

    if (!w->quiet && terminal_is_stderr()) {
        fputs("\r\033[K", stderr);
    }
    render_clean(line, clean, sizeof clean);
    if (w->json) {
        print_json(w, clock, reached, waited_s);
    } else if (reached && !w->quiet) {
        puts(clean);
    } else if (!reached) {
        fprintf(stderr, "toki: not reached: %s\n", clean);
    }
    return reached ? EXIT_GOOD : clock ? EXIT_BAD : EXIT_USAGE;
}

static int run(const struct args_command *self, int argc, char **argv)
{
    struct clock_options clock_options = {.kind = CLOCK_NONE};
    struct wait_set nothing = {0};
    struct wanted wanted = {.bound_s = (double)INFINITY, .timeout_s = (double)INFINITY};
    struct mono_time begun;
    int code;

    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    clock_open(&clock_options);
    begun = clock_now().mono;
    for (;;) {
        char problem[512] = "", line[RENDER_TEXT_MAX];
        json_t *answer = daemon_ask_json(wanted.control, "status", problem, sizeof problem);
        const json_t *clock = json_object_get(answer, "clock");
        double waited_s = s_from_ns(clock_now().mono.ns - begun.ns);
        bool reached = clock && is_reached(clock, wanted.bound_s);

        describe(clock, problem, waited_s, line, sizeof line);
        if (reached || waited_s >= wanted.timeout_s) {
            code = finish(&wanted, clock, reached, line, waited_s);
            json_decref(answer);
            return code;
        }
        show_progress(&wanted, line);
        json_decref(answer);
        wait_until(&nothing,
                   mono_after(clock_now().mono, fmin(ASK_AGAIN_S, wanted.timeout_s - waited_s)));
    }
}

const struct args_command wait_command = {
    .name = "wait",
    .summary = "Wait until the clock is synchronised",
    .help = "For services, databases and tests that need the right time.",
    .options = options,
    .exits = {"reached", "timed out", "wrong usage, or timed out and the daemon cannot be reached"},
    .examples = "toki wait --bound 50ms --timeout 60s",
    .run = run,
    .group = GROUP_STATE,
};
