/* SPDX-License-Identifier: BSD-2-Clause */
/* Evidence for what the daemon cannot know: it sees that nothing comes back, and not why. A plain
 * NTP request from another port and a knock on two closed ports of the same computers tell a filter
 * from a dead server, and a wrong key from both. A few packets, to configured servers only. */
#ifndef TOKI_CLI_PROBE_H
#define TOKI_CLI_PROBE_H

#include <jansson.h>
#include <stdbool.h>

/* Is there a silence to be explained in this answer to `status`, and is it worth asking? */
bool probe_is_wanted(const json_t *answer);

/* Asks the silent sources (for about a second) and writes what was found into the answer: their
 * code, sentence, cause and remedy, the clock's, and a member `probe` of each that was asked. */
void probe_sources(json_t *answer);

#endif
