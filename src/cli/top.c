/* SPDX-License-Identifier: BSD-2-Clause */
/* toki top: clock, sources and clients on the whole screen, again each second. A frame is made of
 * parts (head, sources, clients) that are written to memory first: what there is no room for is
 * left out by whole lines, and the screen is drawn over without being cleared. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/base/daemon.h"
#include "cli/clients.h"
#include "cli/draw/render.h"
#include "cli/source_table.h"
#include "cli/toki.h"
#include "os/clock.h"
#include "os/terminal.h"
#include "os/wait.h"

#define HISTORY 512      /* offsets kept, one for each frame */
#define CLIENTS_LEAST 4  /* lines that clients get if there are many sources */
#define CLIENTS_ASKED 50 /* more fit on no screen */

/* Another screen, without cursor and without wrapping; and back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

struct top {
    const char *control;
    double interval_s;
    bool reasons, hide_clients, paused;
    unsigned columns, rows;
    double history[HISTORY]; /* ring */
    unsigned history_count;
    json_t *status, *clients; /* of the last answer; NULL: none */
    char problem[512];
};

/* Lines of a part of the screen. */
struct part {
    char *text;
    size_t length;
    FILE *out;
};

static void open_part(struct part *p)
{
    *p = (struct part){0};
    p->out = open_memstream(&p->text, &p->length);
    if (!p->out) {
        fputs("toki: out of memory\n", stderr);
        exit(EXIT_USAGE);
    }
}

static unsigned close_part(struct part *p)
{
    unsigned lines = 0;

    fclose(p->out);
    for (const char *s = p->text; *s; s++) {
        lines += *s == '\n';
    }
    return lines;
}

/* ---- what there is ---- */

static void ask(struct top *t)
{
    char request[32], ignored[512];

    json_decref(t->status);
    json_decref(t->clients);
    snprintf(request, sizeof request, "clients busiest %d", CLIENTS_ASKED);
    t->clients = NULL;
    t->status = daemon_ask_json(t->control, "status", t->problem, sizeof t->problem);
    if (t->status) {
        t->clients = daemon_ask_json(t->control, request, ignored, sizeof ignored);
        t->history[t->history_count++ % HISTORY] =
            daemon_number(json_object_get(t->status, "clock"), "offset_s");
    }
}

/* ---- head ---- */

/* The last offsets as a line of blocks: the middle is zero, the ends are the largest of them. */
static void put_history(const struct top *t, unsigned width, FILE *out)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const ascii[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
    unsigned kept = t->history_count < HISTORY ? t->history_count : HISTORY;
    unsigned shown = kept < width ? kept : width;
    double most = 0;

    for (unsigned i = 0; i < shown; i++) {
        double value = t->history[(t->history_count - shown + i) % HISTORY];

        most = isnan(value) ? most : fmax(most, fabs(value));
    }
    for (unsigned i = 0; i < shown; i++) {
        double value = t->history[(t->history_count - shown + i) % HISTORY];
        int level = most > 0 ? (int)lround((value / most + 1) * 3.5) : 4;

        fputs(isnan(value) ? " " : terminal_is_utf8() ? blocks[level] : ascii[level], out);
    }
}

static void put_numbers(const json_t *clock, unsigned width, FILE *out)
{
    char text[RENDER_TEXT_MAX], number[5][32];
    double frequency = daemon_number(clock, "frequency_ppm");

    snprintf(number[4], sizeof number[4], isnan(frequency) ? "-" : "%+.3f ppm", frequency);
    snprintf(text, sizeof text,
             "offset %s  sd %s  error at most %s  frequency %s  stratum %.0f  steps %.0f",
             render_offset(daemon_number(clock, "offset_s"), number[0]),
             render_seconds(daemon_number(clock, "offset_sd_s"), number[1]),
             render_seconds(daemon_number(clock, "error_bound_s"), number[2]), number[4],
             daemon_number(clock, "stratum"), daemon_number(clock, "steps"));
    render_paragraph(text, 0, width, out);
}

static void put_server(const json_t *server, unsigned width, FILE *out)
{
    char text[RENDER_TEXT_MAX];

    if (json_is_true(json_object_get(server, "open"))) {
        snprintf(text, sizeof text, "serves on UDP port %.0f: %.0f requests, %.0f answered",
                 daemon_number(server, "port"), daemon_number(server, "received"),
                 daemon_number(server, "answered"));
        render_paragraph(text, 0, width, out);
    }
}

static void put_head(const struct top *t, FILE *out)
{
    const json_t *clock = json_object_get(t->status, "clock");
    bool good = json_is_true(json_object_get(clock, "synchronised"));
    char text[RENDER_TEXT_MAX], date[32], up[32];
    time_t now = (time_t)daemon_number(t->status, "now");
    struct tm parts;

    if (!t->status) {
        fputs(render_style(STYLE_BAD), out);
        render_paragraph(render_clean(t->problem, text, sizeof text), 0, t->columns, out);
        fputs(render_style(STYLE_PLAIN), out);
        return;
    }
    date[0] = '\0';
    if (gmtime_r(&now, &parts)) {
        strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S UTC", &parts);
    }
    fprintf(out, "%s%s  %s  up %s%s\n", render_style(STYLE_BOLD), daemon_text(t->status, "daemon"),
            date, render_seconds(daemon_number(t->status, "uptime_s"), up),
            render_style(STYLE_PLAIN));
    fputs(render_style(good ? STYLE_GOOD : STYLE_BAD), out);
    render_paragraph(render_clean(daemon_text(clock, "sentence"), text, sizeof text), 0, t->columns,
                     out);
    fputs(render_style(STYLE_PLAIN), out);
    put_numbers(clock, t->columns, out);
    put_server(json_object_get(t->status, "server"), t->columns, out);
    put_history(t, t->columns - 1, out);
    fputs("\n\n", out);
}

/* ---- the screen ---- */

/* At most `most` lines of a part; where it has more, the last one says how many. */
static unsigned draw(const struct part *p, unsigned lines, unsigned most)
{
    const char *s = p->text;
    unsigned shown = lines <= most ? lines : most > 0 ? most - 1 : 0;

    for (unsigned i = 0; i < shown; i++) {
        size_t length = strcspn(s, "\n");

        printf("%.*s\033[K\r\n", (int)length, s);
        s += length + 1;
    }
    if (shown < lines && most > 0) {
        printf("%s... %u more lines%s\033[K\r\n", render_style(STYLE_DIM), lines - shown,
               render_style(STYLE_PLAIN));
        shown++;
    }
    return shown;
}

static void draw_frame(const struct top *t)
{
    struct part head, sources, clients;
    unsigned room = t->rows > 1 ? t->rows - 1 : 0, lines[3], kept;

    open_part(&head);
    put_head(t, head.out);
    lines[0] = close_part(&head);
    open_part(&sources);
    if (t->status) {
        source_table_print(json_object_get(t->status, "sources"), t->reasons, t->columns,
                           sources.out);
    }
    lines[1] = close_part(&sources);
    open_part(&clients);
    if (!t->hide_clients && json_array_size(json_object_get(t->clients, "clients")) > 0) {
        putc('\n', clients.out);
        clients_print(t->clients, t->columns, clients.out);
    }
    lines[2] = close_part(&clients);
    fputs("\033[H", stdout);
    room -= draw(&head, lines[0], room);
    kept = lines[2] < CLIENTS_LEAST ? lines[2] : CLIENTS_LEAST;
    room -= draw(&sources, lines[1], room > kept ? room - kept : 0);
    draw(&clients, lines[2], room);
    printf("\033[J\033[%u;1H%sq quit  w why  c clients  p pause%s%s\033[K", t->rows,
           render_style(STYLE_DIM), t->paused ? "d" : "", render_style(STYLE_PLAIN));
    fflush(stdout);
    free(head.text);
    free(sources.text);
    free(clients.text);
}

/* False: it is to end. */
static bool take_keys(struct top *t)
{
    int key;

    while ((key = terminal_key()) != 0) {
        switch (key) {
        case -1:
        case 'q':
        case 'Q': return false;
        case 'w': t->reasons = !t->reasons; break;
        case 'c': t->hide_clients = !t->hide_clients; break;
        case 'p': t->paused = !t->paused; break;
        default: break;
        }
    }
    return true;
}

static void run(struct top *t)
{
    struct wait_set wait = {0};
    bool pressed = false;

    wait_add(&wait, terminal_descriptor(), WAIT_READ);
    do {
        struct mono_time next = mono_after(clock_now().mono, t->interval_s);

        if (!t->paused && !pressed) {
            ask(t);
        }
        if (!terminal_size(&t->columns, &t->rows)) {
            t->columns = RENDER_WIDTH;
            t->rows = 24;
        }
        draw_frame(t);
        do {
            wait_until(&wait, next);
            pressed = wait_ready(&wait, terminal_descriptor()) != 0;
        } while (!pressed && !terminal_was_resized() && clock_now().mono.ns < next.ns);
    } while (take_keys(t));
}

static const struct args_option options[] = {
    {'i', "interval", ARGS_SECONDS, offsetof(struct top, interval_s), .least = 1e-3, .most = 86400,
     .expected = "a time up to 1 d, such as 2s", .fallback = "1s",
     .help = "time between two updates"},
    ARGS_CONTROL(struct top, control),
    {.help = NULL}};

static int top_run(const struct args_command *self, int argc, char **argv)
{
    static struct top t = {.interval_s = 1};
    struct clock_options clock = {.kind = CLOCK_NONE};
    int code;

    if (!args_parse(self, argc, argv, &t, &code)) {
        return code;
    }
    clock_open(&clock);
    if (!terminal_begin(LEAVE)) {
        fputs("toki: top needs a terminal; without one: toki status, toki sources, toki clients\n",
              stderr);
        return EXIT_USAGE;
    }
    fputs(ENTER, stdout);
    run(&t);
    fflush(stdout);
    terminal_end();
    json_decref(t.status);
    json_decref(t.clients);
    return EXIT_GOOD;
}

const struct args_command top_command = {
    .name = "top",
    .summary = "Watch clock, sources and clients on the whole screen",
    .help = "Keys: q quits, w shows the reasons, c hides the clients.",
    .options = options,
    .exits = {"ended by a key", NULL, "wrong usage, or no terminal"},
    .run = top_run,
    .group = GROUP_STATE,
};
