/* SPDX-License-Identifier: BSD-2-Clause */
/* Which language a configuration is written in, told by words that only one of them has. */
#ifndef TOKI_CONFIG_DIALECT_H
#define TOKI_CONFIG_DIALECT_H

#include "config/directive.h"

/* First line that shows a language. */
struct dialect_evidence {
    unsigned line; /* 0: none */
    unsigned column, width;
    const char *source; /* in the text */
    size_t source_length;
    char word[64];
};

struct dialect_finding {
    enum config_dialect dialect; /* DIALECT_UNKNOWN: nothing tells, or `mixed` */
    bool mixed;                  /* lines of more than one */
    struct dialect_evidence evidence[CONFIG_DIALECTS];
};

/* `name` is the file's: it decides where the content does not. */
void dialect_find(const char *name, const char *text, size_t length, struct dialect_finding *found);

#endif
