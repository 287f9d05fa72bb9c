/* SPDX-License-Identifier: BSD-2-Clause */
/* Symmetric keys: the file that holds them, which of them are trusted, and which source uses which.
 *
 *   chrony   ID [TYPE] KEY    KEY is text, or HEX: or ASCII: and what follows; TYPE is MD5
 *   ntp      ID TYPE KEY      KEY is text of at most 20 characters, or hexadecimal digits
 *
 * A line that is wrong costs its own key and nothing else: it is a warning. A source whose key is
 * missing for it is an error. No message shows a secret. */
#ifndef TOKI_CONFIG_KEYS_H
#define TOKI_CONFIG_KEYS_H

#include "config/directive.h"

#define KEYS_FILE_LIMIT 1000000 /* bytes */

enum keys_format { KEYS_CHRONY, KEYS_NTP };

/* Adds the keys of a text to c->keys; what is wrong becomes messages with the file's name. */
void keys_read_text(struct config *c, const char *name, const char *text, size_t length,
                    enum keys_format format);

/* The name of an algorithm in a line of this format, as both the other daemons and toki read it;
 * NULL: there is none. */
const char *keys_type_name(enum keys_format format, enum mac_algorithm algorithm);

/* The algorithm of this name, in capitals or not; MAC_ALGORITHMS: none. */
enum mac_algorithm keys_find_type(const char *name);

/* A line for a key file, in hexadecimal and without its end, that toki and the daemon of the format
 * read alike. Its length; 0: this format cannot hold such a key, or there is no room. */
size_t keys_write_line(enum keys_format format, uint32_t id, enum mac_algorithm algorithm,
                       const uint8_t *secret, size_t length, char *out, size_t capacity);

/* Records the key that a source line names; called when it becomes settings.specs[spec]. */
void keys_note_source(struct reader *r, unsigned spec);

/* After the last line: reads the key file, keeps the trusted ones. */
void keys_load(struct reader *r);

/* After keys_load(), or when lines were added to what is in force: holds the sources of the lines
 * read against the keys. */
void keys_check_sources(struct reader *r);

/* Functions of rows. */
void keys_file(struct reader *r); /* keyfile FILE, keys FILE */
void keys_trusted(struct reader *r);

/* The rest of a controlkey line. */
void keys_control(struct reader *r); /* trustedkey 1 3 (5 ... 9) */

#endif
