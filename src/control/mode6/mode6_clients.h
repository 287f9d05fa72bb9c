/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of clients (READ_MRU) and the nonces that it takes to ask for it: proof that the one who
 * asks receives what is sent to his address. The list is longer than an answer; a client goes on
 * from rows that it has, and starts anew if they have changed meanwhile. */
#ifndef TOKI_CONTROL_MODE6_MODE6_CLIENTS_H
#define TOKI_CONTROL_MODE6_MODE6_CLIENTS_H

#include "control/mode6/mode6_state.h"
#include "wire/mode6_mru.h"

#define MODE6_ANSWER_FRAGMENTS 128 /* at most */

/* "nonce=..." for this address and port, good for 16 s. */
void mode6_put_nonce(struct mode6_list *list, const struct mode6 *mode6, struct wall_time now,
                     const struct address *peer);

/* Writes what the request asks for, into `out`; `fragments_max` datagrams at most. MODE6_NO_ERROR,
 * an error to be sent, or MODE6_ERROR_UNSPECIFIED for silence: there is no good nonce. Works in
 * report->clients, remembers in *mode6 by which clock a list was begun. */
enum mode6_error mode6_list_clients(struct mode6 *mode6, struct report *report,
                                    const struct address *peer, const uint8_t *data, size_t length,
                                    unsigned fragments_max, char *out, size_t *written);

#endif
