/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of our chronyc share: the session with a daemon, and how results are shown. */
#ifndef TOKI_CLI_CHRONYC_CHRONYC_H
#define TOKI_CLI_CHRONYC_CHRONYC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "args/args.h"
#include "client/exchange.h"
#include "core/random.h"
#include "wire/chrony_packet.h"

#define CHRONYC_HOSTS "/run/chrony/chronyd.sock,127.0.0.1,::1"
#define CHRONYC_WORDS_MAX 64
#define CHRONYC_NAME_SHOWN_MAX 512

struct chronyc {
    struct exchange exchange;
    const char *hosts; /* with commas between */
    unsigned tried;    /* of them, since the last answer */
    bool opened;       /* one of them could be connected to at all */
    uint16_t port;
    uint8_t family;
    bool numeric, sources_by_name, csv;
    bool quiet; /* no message when no daemon answers */
    double timeout_s;
    unsigned retries;
    struct random random;

    uint8_t answer[CHRONY_PACKET_MAX];
    size_t answer_length;
    struct chrony_response response; /* to the last request */
    union chrony_reply_body reply;   /* of that, by response.reply */
};

/* One line of input. */
struct chronyc_line {
    const char *words[CHRONYC_WORDS_MAX]; /* words[0] is the command */
    unsigned count;
};

/* True: it went well, which is exit code 0. */
typedef bool chronyc_function(struct chronyc *c, const struct chronyc_line *line);

/* A session with the daemon of this host, by the usual ways; to be ended by exchange_close(). */
void chronyc_start(struct chronyc *c);

/* Sends a request with this body (NULL: none) and waits for its answer: c->response, c->reply.
 * False: none came, and that has been said. */
bool chronyc_ask(struct chronyc *c, unsigned command, const union chrony_request_body *body);

/* The same, and says why if the daemon refuses; for requests that have a reply of this kind. */
bool chronyc_ask_for(struct chronyc *c, unsigned command, const union chrony_request_body *body,
                     unsigned reply);

/* The same for a change: prints the daemon's status, "200 OK" too. */
bool chronyc_order(struct chronyc *c, unsigned command, const union chrony_request_body *body);

/* Prints the status of the last answer; true if it is a good one. */
bool chronyc_print_status(const struct chronyc *c);

/* The same for one of the daemon's list of sources. */
bool chronyc_ask_number(struct chronyc *c, unsigned command, uint32_t number, unsigned reply);

/* Is this option among the words behind the command? */
bool chronyc_has_option(const struct chronyc_line *line, const char *option);

/* How many sources there are; false: it has said why not. */
bool chronyc_count_sources(struct chronyc *c, uint32_t *count);

/* A source by the name that it is shown by: its reference id for clocks (`host` NULL or empty),
 * else its name, cut to `width` if that is not 0. */
const char *chronyc_name(struct chronyc *c, const struct chrony_host *host, uint32_t refid,
                         bool is_clock, size_t width, char out[CHRONYC_NAME_SHOWN_MAX]);

/* The host of a word: an address, ID#..., or a name to look up; false: none. */
bool chronyc_read_host(const struct chronyc *c, const char *word, struct chrony_host *out);

chronyc_function chronyc_tracking, chronyc_sources, chronyc_sourcestats; /* chronyc_reports.c */
chronyc_function chronyc_activity, chronyc_smoothing, chronyc_rtcdata, chronyc_sourcename;
chronyc_function chronyc_waitsync, chronyc_manual;
chronyc_function chronyc_ntpdata, chronyc_selectdata, chronyc_authdata; /* chronyc_details.c */
chronyc_function chronyc_serverstats, chronyc_clients;
chronyc_function chronyc_simple, chronyc_number, chronyc_source_number; /* chronyc_orders.c */
chronyc_function chronyc_access, chronyc_check_access, chronyc_switch, chronyc_burst;
chronyc_function chronyc_makestep, chronyc_local, chronyc_settime, chronyc_delete;
chronyc_function chronyc_smoothtime, chronyc_selectopts, chronyc_offset;
chronyc_function chronyc_add; /* chronyc_add.c */

/* Carries out one line of input, taken apart; *quit: it was told to end. */
bool chronyc_command_run(struct chronyc *c, char *text, bool *quit);

/* "Invalid syntax for ..."; gives false. */
bool chronyc_syntax_error(const char *what);

extern const struct args_command chronyc_command;

#endif
