/* SPDX-License-Identifier: BSD-2-Clause */
/* The client's side of interleaved client/server mode (RFC 9769 section 2). A server knows when an
 * answer really left only after it has left, so it tells with the next answer.
 *
 *   server     t2  t3              t6  t7         request:  origin  t2 (the cookie that shows which
 *          ----+----+--------------+----+---                        exchange we have in mind)
 *             /      \            /      \                  receive  a nonce (RFC: t4)
 *   client --+--------+----------+--------+-                transmit another nonce (RFC: t1)
 *            t1       t4         t5       t8      answer:   origin  the first nonce: interleaved
 *                                                           receive t6,  transmit t3
 *
 * Nonces in place of t4 and t1 do not reveal our clock, and an attacker off the path has
 * one chance in 2^64 to hit the one of the mode in question.
 *
 * Such an answer completes the exchange before it, (t1, t2, t3, t4): exact, and a poll interval
 * old. The exchange at hand lacks t7 alone, and what a server needs from t2 to t3 it needs from t6
 * to t7: (t5, t6, t6 + usual turnaround, t8) is fresh, and wrong by half of what the turnaround
 * differs from usual. interleave_prefers_old() says which of the two is worth more. */
#ifndef TOKI_CORE_INTERLEAVE_H
#define TOKI_CORE_INTERLEAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/time.h"

#define INTERLEAVE_WINDOW 16

struct interleave {
    bool valid;                      /* there is an exchange to come back to: */
    uint64_t cookie;                 /* t2 as it was in the packet */
    struct wall_time server_receive; /* t2 */
    struct free_time sent, came;     /* t1, t4 */
    unsigned requests;               /* that named it */

    /* completed exchanges, a ring */
    double turnaround_s[INTERLEAVE_WINDOW], delay_s[INTERLEAVE_WINDOW];
    unsigned count, newest;
    bool old; /* what interleave_prefers_old() said last */
};

/* Forgets all: another server, or another time. */
void interleave_reset(struct interleave *x);

/* May the next request name the last exchange? Not when it was named several times without an
 * answer: the server has forgotten it. */
bool interleave_may_ask(const struct interleave *x);

/* Remembers an exchange that was answered, for the next request. */
void interleave_keep(struct interleave *x, uint64_t cookie, struct wall_time server_receive,
                     struct free_time sent, struct free_time came);

/* The exchange was completed: what it taught of the server and the path. */
void interleave_learn(struct interleave *x, double turnaround_s, double delay_s);

/* Expected turnaround of an exchange that took `total_s` in all. Needs count > 0. */
double interleave_turnaround(const struct interleave *x, double total_s);

/* Which of both samples to take. `reading_s`: error of the stamps themselves; `aging`: factor by
 * which a poll interval more of age raises the variance of what we know. */
bool interleave_prefers_old(struct interleave *x, double reading_s, double aging);

#endif
