/* SPDX-License-Identifier: BSD-2-Clause */
/* Collects what is wrong with a configuration. Counts go on when the table is full, so that a file
 * of a million errors costs neither memory nor time. Formatting is config_message_format(). */
#ifndef TOKI_CONFIG_MESSAGE_H
#define TOKI_CONFIG_MESSAGE_H

#include <stdarg.h>
#include <stdbool.h>

#include "config/config.h"

/* What a message points at. */
struct message_place {
    const char *file;
    unsigned line, column, width; /* line 0: the file as a whole */
    const char *source;           /* the whole line as read; NULL: none */
    size_t source_length;
};

/* Would a message still be kept? If not, do not work for its hint. */
bool message_wanted(const struct config *c);

/* The format begins with the code of the message (config/codes.h) and a blank. */
void message_add(struct config *c, enum config_severity severity, const struct message_place *place,
                 const char *hint, const char *format, va_list arguments)
    __attribute__((format(printf, 5, 0)));

#endif
