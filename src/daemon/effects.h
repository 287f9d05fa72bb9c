/* SPDX-License-Identifier: BSD-2-Clause */
/* Carrying out what the engine wants: the complete list of what toki can do to the world. */
#ifndef TOKI_DAEMON_EFFECTS_H
#define TOKI_DAEMON_EFFECTS_H

struct loop;

/* Carries out all that the engine wants done, in order, until it wants nothing more. */
void effects_carry_out(struct loop *loop);

/* Gives the reference to the workers, with a new date of expiry. */
void effects_publish(struct loop *loop);

#endif
