/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes note of where each setting comes from, while a configuration is read: what a line stores is
 * of that line, and so is what changes by its function. */
#ifndef TOKI_CONFIG_PLACE_H
#define TOKI_CONFIG_PLACE_H

#include "config/directive.h"

/* The present line, or the main file as a whole behind its last line, or "command" for a line by
 * hand. */
struct config_place place_here(struct reader *r);

/* Before a line (or the end of the file) does anything, and after. */
void place_begin(struct reader *r);
void place_note_changes(struct reader *r);

/* The present line stores something at this offset of struct config. */
void place_note_field(struct reader *r, size_t offset);

/* The present line is that of source `spec`, or of an access rule. */
void place_note_source(struct reader *r, unsigned spec);
void place_note_access(struct reader *r, bool command, const struct address *prefix,
                       unsigned length, bool ntp_port);

/* Name of the file, NULL for the default of the language. */
const char *place_file(const struct config *c, const struct config_place *place);

/* The directive, and its option, of the line that a setting at `offset` of struct config comes
 * from; of a default: the one that would set it, "" if the language has none. */
void place_directive(const struct config *c, const struct config_place *place, size_t offset,
                     char *out, size_t capacity);

/* The same place in another configuration. */
struct config_place place_copy(struct config *to, const struct config *from,
                               const struct config_place *place);

/* Where the rule comes from; the default place if it was not noted. */
struct config_place place_of_access(const struct config *c, bool command,
                                    const struct address *prefix, unsigned length, bool ntp_port);

#endif
