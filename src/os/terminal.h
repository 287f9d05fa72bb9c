/* SPDX-License-Identifier: BSD-2-Clause */
/* The terminal of a tool: its size, its language, single keys. */
#ifndef TOKI_OS_TERMINAL_H
#define TOKI_OS_TERMINAL_H

#include <stdbool.h>

/* Is stdout (stderr) a terminal? */
bool terminal_is(void);
bool terminal_is_stderr(void);

/* Writes what of stdout is still in memory: 0, or -errno if some of all that was printed got lost.
 * A reader that closed a pipe early wanted no more: that is 0. */
int terminal_end_output(void);

/* Of stdout; false: it is no terminal, or does not say. */
bool terminal_size(unsigned *columns, unsigned *rows);

/* Does the user's locale write UTF-8? */
bool terminal_is_utf8(void);

/* Keys come at once and are not shown, until terminal_end(); that also happens when the program
 * ends or is killed by a signal that it can notice. Writes `leave` to the terminal at that time.
 * False: stdin or stdout is no terminal. */
bool terminal_begin(const char *leave);
void terminal_end(void);

/* The next key that was pressed, 0 if there is none, -1 if there will be none any more. */
int terminal_key(void);

/* True once after the window was resized. */
bool terminal_was_resized(void);

/* What to wait for keys on. */
int terminal_descriptor(void);

#endif
