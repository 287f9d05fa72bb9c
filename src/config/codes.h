/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of messages about configurations: a code, which does not change from version to
 * version, and a paragraph with an example, for `toki explain` and doc/directives.md. Each message
 * names its code at the call that makes it. */
#ifndef TOKI_CONFIG_CODES_H
#define TOKI_CONFIG_CODES_H

struct message_code {
    const char *code;  /* "E001", "W001" */
    const char *title; /* a few words */
    const char *text;  /* what it means, why it matters, and what to write instead */
};

/* All of them, in order; the last one has no code. */
extern const struct message_code message_codes[];

/* In any case of letters; NULL: there is none. */
const struct message_code *message_code_find(const char *code);

#endif
