/* SPDX-License-Identifier: BSD-2-Clause */
/* Carrying out what the engine wants: the complete list of what it can do to the world. Beside it
 * sync only answers requests (of time and control) and has the parent keep what it learnt:
 * addresses that work (loop.c) and the history (chronicle.c). */
#ifndef TOKI_DAEMON_EFFECTS_H
#define TOKI_DAEMON_EFFECTS_H

struct loop;

/* Carries out all that the engine wants done, in order, until it wants nothing more. */
void effects_carry_out(struct loop *loop);

/* Gives the reference to the workers, with a new date of expiry. */
void effects_publish(struct loop *loop);

#endif
