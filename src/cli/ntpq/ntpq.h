/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of our ntpq share: the session with one host, and how results are shown. */
#ifndef TOKI_CLI_NTPQ_NTPQ_H
#define TOKI_CLI_NTPQ_NTPQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "args/args.h"
#include "client/exchange.h"
#include "wire/mode6_packet.h"
#include "wire/mode6_reply.h"
#include "wire/mode6_variables.h"

#define NTPQ_ASSOCIATIONS_MAX 16384
#define NTPQ_LIST_MAX 128

/* What came of a request: 0, the server's error code + NTPQ_REFUSED, or one of these. */
enum ntpq_result {
    NTPQ_DONE = 0,
    NTPQ_NO_HOST,
    NTPQ_TIMED_OUT,
    NTPQ_INCOMPLETE,
    NTPQ_SOCKET,
    NTPQ_NO_KEY,
    NTPQ_TOO_LONG,
    NTPQ_REFUSED = 100
};

struct ntpq_association {
    uint16_t id, status;
};

struct ntpq {
    struct exchange exchange;
    char host[EXCHANGE_TEXT_MAX]; /* as it was asked for */
    const char *hosts[NTPQ_LIST_MAX];
    unsigned host_count;
    size_t host_width; /* of the longest */

    uint8_t family, version;
    uint16_t sequence;
    double timeout_s, later_timeout_s;
    int socket_error; /* -errno behind NTPQ_SOCKET */

    bool names;    /* look up the names of addresses */
    bool supplied; /* show the names that the daemon was given */
    bool wide, raw, direct, authenticate;
    unsigned width; /* columns of the screen */

    uint32_t key_id; /* 0: none yet */
    enum mac_algorithm key_type;
    const char *key_file;
    struct mac_keys *keys;

    unsigned listed; /* names for rl and cl */
    char list[NTPQ_LIST_MAX][128];

    struct mode6_reply reply;
    struct variables variables;
    unsigned association_count;
    struct ntpq_association associations[NTPQ_ASSOCIATIONS_MAX];
};

/* A session as the options leave it alone; its keys are NULL where there is no memory. */
void ntpq_start(struct ntpq *q);
void ntpq_end(struct ntpq *q);

/* Talks to `host` from now on; says what is wrong if that fails. */
bool ntpq_open(struct ntpq *q, const char *host);

/* Asks and waits for the whole answer (q->reply). A request is repeated once. */
int ntpq_ask(struct ntpq *q, enum mode6_operation opcode, uint16_t association, const char *text,
             bool authenticated);

/* Asks for a list of variables; q->variables. */
int ntpq_ask_variables(struct ntpq *q, enum mode6_operation opcode, uint16_t association,
                       const char *names);

/* Fills q->associations, by ascending id. False: it has said why not. */
bool ntpq_ask_associations(struct ntpq *q);

/* Says what went wrong, on stderr. */
void ntpq_complain(const struct ntpq *q, int result);

/* Has a key to sign with: from the key file, or asked for. False: it has said why not. */
bool ntpq_need_key(struct ntpq *q);

/* The key of the file, or what the user types: replaces what is there. */
bool ntpq_ask_password(struct ntpq *q);

/* "17", "&2": an association's id, 0 for none; -1 after saying what is wrong. */
long ntpq_read_association(struct ntpq *q, const char *word);

/* A command by its whole name; `words` has what follows it, NULL at its end, `rest` the same
 * unsplit. */
struct ntpq_line {
    const char *command;
    const char *words[NTPQ_LIST_MAX];
    unsigned count;
    const char *rest;
};
typedef void ntpq_function(struct ntpq *q, const struct ntpq_line *line);

ntpq_function ntpq_peers, ntpq_apeers, ntpq_opeers; /* ntpq_peers.c */
ntpq_function ntpq_associations, ntpq_passociations;
ntpq_function ntpq_readvar, ntpq_readlist, ntpq_clockvar; /* ntpq_variables.c */
ntpq_function ntpq_clocklist, ntpq_mreadvar, ntpq_mreadlist;
ntpq_function ntpq_addvars, ntpq_rmvars, ntpq_clearvars, ntpq_showvars;
ntpq_function ntpq_group, ntpq_sysstats, ntpq_pstats;   /* ntpq_groups.c */
ntpq_function ntpq_mrulist, ntpq_ifstats, ntpq_reslist; /* ntpq_lists.c */
ntpq_function ntpq_config, ntpq_config_from_file;

extern const struct args_command ntpq_command;

#endif
