/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers requests of NTP's mode 6, as ntpq and its relatives send them: bytes in, datagrams out,
 * from a report; no input or output of its own. Who may ask is decided before
 * (serve/worker.h). Reading needs no key; changes and the lists of interfaces and access rules need
 * the control key of the configuration. Somebody elsewhere without that key gets one datagram at
 * most. Mode 7 is not here, and never answered. */
#ifndef TOKI_CONTROL_MODE6_MODE6_H
#define TOKI_CONTROL_MODE6_MODE6_H

#include "control/command.h"
#include "control/mode6/mode6_clients.h"
#include "control/mode6/mode6_state.h"
#include "wire/mode6_packet.h"

#define MODE6_TEXT_MAX (MODE6_ANSWER_FRAGMENTS * MODE6_DATA_MAX)

struct mode6_question {
    struct address peer;
    const uint8_t *data;
    size_t length;
};

struct mode6_answer {
    struct mode6_header header;
    struct mode6_seal seal;
    uint32_t key_id; /* of the seal; 0: none */
    const struct mac_keys *keys;
    struct command_order order; /* with MODE6_ORDERED */
    bool sent;                  /* the last datagram was taken */
    size_t length, at;
    char text[MODE6_TEXT_MAX];
};

enum mode6_result {
    MODE6_SILENT,   /* it is to be dropped */
    MODE6_ANSWERED, /* take the answer by mode6_next() */
    MODE6_ORDERED   /* answer->order is to be carried out; then mode6_finish() and mode6_next() */
};

/* `key`: random. The names of the system come from the daemon. */
void mode6_init(struct mode6 *mode6, const uint8_t key[16], struct mono_time now);

/* Something happened: for the status words. */
void mode6_note(struct mode6 *mode6, const struct event *event, struct mono_time now);

/* `report` is room to work in. */
enum mode6_result mode6_handle(struct mode6 *mode6, const struct report_input *input,
                               const struct mode6_question *question, struct report *report,
                               struct mode6_answer *answer);

/* What came of an order: NULL: it was carried out, else why not, in a sentence. */
void mode6_finish(struct mode6_answer *answer, const char *problem);

/* The next datagram of the answer: its length; 0: there are no more. */
size_t mode6_next(struct mode6_answer *answer, uint8_t out[MODE6_DATAGRAM_MAX]);

#endif
