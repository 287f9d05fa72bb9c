/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs of the control socket. A verb is a row of the table in command.c: its rights, its
 * usage, and the function that answers it at once from a report, or that makes of its words an
 * order which only the daemon can carry out. A new verb is a new row. */
#ifndef TOKI_CONTROL_COMMAND_H
#define TOKI_CONTROL_COMMAND_H

#include "config/change.h"
#include "control/report.h"

/* What a verb wants done. */
enum order_kind {
    ORDER_CHANGE,    /* the configuration, as config/change.h has it */
    ORDER_BURST,     /* a few quick requests to the source of this name or address; "": to all */
    ORDER_MAKE_STEP, /* the clock, by all that it is off */
    ORDER_KEEP,      /* what is worth keeping goes to its files now */
    ORDER_REFRESH,   /* names are looked up now */
    ORDER_RESELECT,  /* the best source is chosen anew */
    ORDER_FORGET,    /* all measurements are dropped */
    ORDER_FOLLOW_ROUTES, /* sources that there is a route to are online, the others not */
    ORDER_END,           /* the daemon ends */
};

struct command_order {
    enum order_kind kind;
    const char *verb; /* a constant */
    struct change change;
    char source[SOURCE_NAME_MAX];
    uint64_t chosen; /* ORDER_BURST: of the engine's sources these bits; 0: by `source` */
    unsigned requests, answers; /* likewise: as many at most, as many wanted; 0: the usual */
};

/* What came of it. */
struct command_outcome {
    const char *error;     /* code; NULL: done */
    const char *problem;   /* sentence, with an error */
    const char *note;      /* sentence; NULL: none */
    const char *changes;   /* lines, each ended by a newline; NULL: this order makes none */
    unsigned change_count; /* more than there are lines: the rest is not shown */
    const char *messages;  /* of the configuration, each ended by a NUL */
    unsigned message_count;
};

enum command_result {
    COMMAND_ANSWERED, /* *length bytes of answer are in `out` */
    COMMAND_ORDERED   /* *order is to be carried out; then command_answer() */
};

/* Takes one request line (no newline). `may_change`: the client may change the daemon.
 * `report` is room to work in; `capacity` at least 512. */
enum command_result command_run(const char *line, bool may_change, const struct report_input *input,
                                struct report *report, struct command_order *order, char *out,
                                size_t capacity, size_t *length);

/* The answer to an order as one JSON document; its length, never 0. */
size_t command_answer(const char *verb, const struct command_outcome *outcome, char *out,
                      size_t capacity);

#endif
