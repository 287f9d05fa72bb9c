/* SPDX-License-Identifier: BSD-2-Clause */
/* The languages of configurations. A language is one row of CONFIG_LANGUAGES and one
 * file, which defines its `struct language`; all others look it up here or walk over all of them.
 */
#ifndef TOKI_CONFIG_LANGUAGE_H
#define TOKI_CONFIG_LANGUAGE_H

#include "config/language_list.h"
#include "config/line.h"
#include "config/table.h"
#include "core/settings.h"

struct language {
    enum config_dialect dialect;
    const char *name;                   /* "chrony.conf" */
    const char *label;                  /* "chrony": what options of commands call it */
    const struct directive *directives; /* ends with a row without a keyword */
    const struct source_spec *source_defaults;
    const char *file_name;     /* part of the names of its files: helps where no word tells */
    const char *path_name;     /* likewise of their paths; or NULL */
    const char *folder_beside; /* *.conf of a folder beside the file are read after it; or NULL */
    struct line_style style;
    bool any_case;
    /* Does a line look like this language, though others have its keyword as well? May be NULL */
    bool (*resembles)(const struct line *line);
    void (*defaults)(struct reader *r); /* that differ from those of all (config.c); may be NULL */
    void (*finish)(struct reader *r);   /* after the last line; may be NULL */
    void (*settle)(struct reader *r);   /* after a line by hand (config/change.h); may be NULL */
};

#define LANGUAGE_DECLARE(dialect, row) extern const struct language row;
CONFIG_LANGUAGES(LANGUAGE_DECLARE)
#undef LANGUAGE_DECLARE

/* NULL: DIALECT_UNKNOWN. */
const struct language *language_of(enum config_dialect dialect);

/* All of them in turn: the first one behind NULL, NULL behind the last one. */
const struct language *language_next(const struct language *language);

#endif
