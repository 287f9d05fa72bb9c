/* SPDX-License-Identifier: BSD-2-Clause */
/* A row of a language's table: what a directive and its parameters are called, which values they
 * take, where these go, and what toki makes of it. Read by the walker (directive.h), which goes by
 * the rows, and by usage.h, which puts them in words. */
#ifndef TOKI_CONFIG_TABLE_H
#define TOKI_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* What toki does with a word of the language. */
enum verdict {
    VERDICT_WORKS,
    VERDICT_NOTHING,  /* accepted in silence: toki needs nothing to be told, `reason` says why */
    VERDICT_LATER,    /* warning: not supported yet, does no harm; `reason`: what it would do */
    VERDICT_OBSOLETE, /* warning: has no effect, `reason` says why */
    VERDICT_REFUSED   /* error: to ignore it would be dangerous or not what was meant */
};

enum parameter_type {
    PARAMETER_FLAG, /* an option without a value */
    PARAMETER_INTEGER,
    PARAMETER_REAL,
    PARAMETER_WORD, /* a path, a name, ... */
    PARAMETER_REST  /* all further words, at least one unless it is optional */
};

enum parameter_store {
    STORE_NOTHING,
    STORE_BOOL,
    STORE_INT,
    STORE_UNSIGNED,
    STORE_U16,
    STORE_U32,
    STORE_SIZE,
    STORE_DOUBLE, /* times `scale` */
    STORE_TEXT
};

#define NO_LIMIT 1e15 /* as minimum (with -) or maximum */
#define PARAMETERS_MAX 48

/* An argument (found by its position) or an option (found by its name). Tables end with a row
 * without a name. */
struct parameter {
    const char *name;
    enum parameter_type type;
    const char *unit; /* "s", "log2 s", "ppm", ...; NULL: none */
    double minimum, maximum;
    bool optional;        /* of an argument: it may be left out */
    bool interface;       /* the word is the name of a network interface */
    bool live;            /* option of a source that may be changed while the daemon runs */
    const char *fallback; /* what holds without it, as documentation */
    enum parameter_store store;
    size_t offset;   /* in struct config, or in struct source_spec for options of a source */
    size_t capacity; /* STORE_TEXT */
    double scale;    /* 0: 1 */
    const size_t
        *sets; /* what else it governs in struct config, by the row's function; ends with 0 */
    enum verdict verdict;
    const char *reason, *instead, *doc; /* why it does nothing, and the nearest thing that works */
};

struct reader; /* directive.h */

struct directive {
    const char *keyword;
    const struct parameter *arguments, *options; /* NULL: none */
    bool family_prefix;                          /* -4 or -6 may come first (ntp.conf) */
    bool for_source; /* parameters are stored in reader.spec, and it may be in a *.sources file */
    bool repeats;    /* each line adds something: no word about an earlier one */
    void (*apply)(struct reader *r); /* after all were read without an error; NULL: none */
    const size_t *sets; /* what it governs in struct config beside its parameters; ends with 0 */
    enum verdict verdict;
    const char *reason, *instead, *doc;
};

/* Rows of a table of arguments or options; NULL has none. */
static inline unsigned parameter_count(const struct parameter *table)
{
    unsigned count = 0;
    while (table && table[count].name) {
        count++;
    }
    return count;
}

#endif
