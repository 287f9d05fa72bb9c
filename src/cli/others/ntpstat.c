/* SPDX-License-Identifier: BSD-2-Clause */
/* toki ntpstat: is the clock synchronised, in ntpstat's three lines and exit codes (0: yes, 1: no,
 * 2: no daemon). Queries the daemon that runs here: tokid, chronyd, or an ntpd. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/command.h"
#include "cli/base/daemon.h"
#include "cli/chronyc/chronyc.h"
#include "cli/chronyc/chronyc_format.h"
#include "cli/draw/render.h"
#include "cli/ntpq/ntpq.h"
#include "cli/ntpq/ntpq_format.h"
#include "cli/others/tools.h"
#include "core/packet.h"
#include "wire/ntp_words.h"

#define NAME_MAX_LENGTH 256
#define LOCAL_REFID UINT32_C(0x7f7f0101)
#define NTPD_HOST "127.0.0.1"

struct state {
    bool synchronised;
    char source[NAME_MAX_LENGTH];    /* "NTP server (192.0.2.1)" */
    double stratum, error_s, poll_s; /* NAN: unknown */
};

static void set_source(struct state *state, bool is_clock, const char *name)
{
    snprintf(state->source, sizeof state->source, "%s (%.200s)",
             is_clock ? "reference clock" : "NTP server", name);
}

/* The poll interval of the source in use or, where there is none, the shortest one. */
static void take_poll(struct state *state, bool selected, double poll_s)
{
    if (selected || (!state->synchronised && !(state->poll_s <= poll_s))) {
        state->poll_s = poll_s;
    }
}

static bool ask_tokid(const char *control, struct state *state)
{
    const json_t *clock, *source;
    char problem[512], name[NAME_MAX_LENGTH];
    json_t *answer = daemon_ask_json(control, "status", problem, sizeof problem);
    size_t i;

    if (!answer) {
        return false;
    }
    clock = json_object_get(answer, "clock");
    state->synchronised = json_is_true(json_object_get(clock, "synchronised"));
    state->stratum = daemon_number(clock, "stratum");
    state->error_s = daemon_number(clock, "error_bound_s");
    json_array_foreach(json_object_get(answer, "sources"), i, source)
    {
        bool is_clock = strcmp(daemon_text(source, "kind"), "refclock") == 0;
        bool selected = strcmp(daemon_text(source, "tally"), "*") == 0;

        if (selected) {
            render_clean(daemon_text(source, is_clock ? "refid" : "address"), name, sizeof name);
            set_source(state, is_clock, name);
        }
        take_poll(state, selected, exp2(daemon_number(source, "poll")));
    }
    json_decref(answer);
    return true;
}

static void ask_chronyd_poll(struct chronyc *c, struct state *state)
{
    uint32_t count;

    if (!chronyc_count_sources(c, &count)) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!chronyc_ask(c, CHRONY_SOURCE_DATA, &(union chrony_request_body){.number = i}) ||
            c->response.reply != CHRONY_REPLY_SOURCE_DATA) {
            return;
        }
        take_poll(state, c->reply.source.state == CHRONY_STATE_SELECTED,
                  exp2(c->reply.source.poll));
    }
}

static bool ask_chronyd(struct state *state)
{
    struct chronyc *c = calloc(1, sizeof *c);
    struct chrony_tracking t;
    char name[CHRONYC_NAME_SHOWN_MAX];
    bool is_clock, found;

    if (!c) {
        return false;
    }
    chronyc_start(c);
    c->quiet = c->numeric = true;
    found = chronyc_ask(c, CHRONY_TRACKING, NULL) && c->response.reply == CHRONY_REPLY_TRACKING;
    if (found) {
        t = c->reply.tracking;
        is_clock = t.host.family == CHRONY_FAMILY_NONE;
        state->synchronised = t.leap < LEAP_UNSYNCHRONISED;
        state->stratum = t.stratum;
        state->error_s = fabs(t.correction_s) + t.root_dispersion_s + t.root_delay_s / 2;
        chronyc_name(c, &t.host, t.refid, is_clock, 0, name);
        if (t.refid == LOCAL_REFID && is_clock) {
            snprintf(state->source, sizeof state->source, "local net");
        } else {
            set_source(state, is_clock, name);
        }
        ask_chronyd_poll(c, state);
    }
    exchange_close(&c->exchange);
    free(c);
    return found;
}

/* The source in use, from the peers of an ntpd. */
static void ask_ntpd_peer(struct ntpq *q, struct state *state)
{
    for (unsigned i = 0; i < q->association_count; i++) {
        enum ntp_words_selection selection = ntp_words_selection_of(q->associations[i].status);
        bool selected = selection == NTP_WORDS_SYSTEM_PEER || selection == NTP_WORDS_PPS_PEER;
        const char *address, *name;

        if (ntpq_ask_variables(q, MODE6_READ_VARIABLES, q->associations[i].id,
                               "srcadr,srchost,hpoll") &&
            ntpq_ask_variables(q, MODE6_READ_VARIABLES, q->associations[i].id, "")) {
            continue;
        }
        address = variables_text(&q->variables, "srcadr");
        name = variables_text(&q->variables, "srchost");
        if (selected) {
            bool is_clock = strncmp(address, "127.127.", 8) == 0;

            set_source(state, is_clock, is_clock && *name ? name : address);
        }
        take_poll(state, selected, exp2(variables_number(&q->variables, "hpoll")));
    }
}

static bool ask_ntpd(struct state *state)
{
    struct ntpq *q = calloc(1, sizeof *q);
    bool found;

    if (!q) {
        return false;
    }
    ntpq_start(q);
    q->timeout_s = 1;
    found = q->keys && ntpq_open(q, NTPD_HOST) &&
            ntpq_ask_variables(q, MODE6_READ_VARIABLES, 0, "") == NTPQ_DONE;
    if (found) {
        state->synchronised = ntp_words_leap_of(q->reply.status) != LEAP_UNSYNCHRONISED;
        state->stratum = variables_number(&q->variables, "stratum");
        state->error_s = (variables_number(&q->variables, "rootdelay") / 2 +
                          variables_number(&q->variables, "rootdisp")) /
                         1e3;
        if (ntpq_ask_associations(q)) {
            ask_ntpd_peer(q, state);
        }
    }
    ntpq_end(q);
    free(q);
    return found;
}

struct wanted {
    const char *control;
};

static const struct args_option options[] = {ARGS_CONTROL(struct wanted, control), {.help = NULL}};

static int run(const struct args_command *self, int argc, char **argv)
{
    struct state state = {.stratum = (double)NAN, .error_s = (double)NAN, .poll_s = (double)NAN};
    struct wanted wanted = {.control = NULL};
    int code;

    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    if (!ask_tokid(wanted.control, &state) && !ask_chronyd(&state) && !ask_ntpd(&state)) {
        fputs("Unable to talk to NTP daemon. Is it running?\n", stderr);
        return EXIT_USAGE;
    }
    if (state.synchronised) {
        printf("synchronised to %s at stratum %.0f\n", *state.source ? state.source : "unspecified",
               state.stratum);
        if (!isnan(state.error_s)) {
            printf("   time correct to within %.0f ms\n", ceil(state.error_s * 1e3));
        }
    } else {
        puts("unsynchronised");
    }
    if (!isnan(state.poll_s)) {
        printf("   polling server every %.0f s\n", state.poll_s);
    }
    return state.synchronised ? EXIT_GOOD : EXIT_BAD;
}

const struct args_command ntpstat_command = {
    .name = "ntpstat",
    .summary = "Report the state of the clock in the format of ntpstat",
    .help = "Queries the daemon that runs here: tokid, chronyd or an ntpd.",
    .options = options,
    .exits = {"synchronised", "not synchronised", "wrong usage, or the daemon cannot be reached"},
    .examples = "toki ntpstat",
    .run = run,
    .group = GROUP_TOOLS,
    .program = true,
};
